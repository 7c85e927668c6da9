/* The floating-point arithmetic of the host: other rounding, small values taken for zero, traps. Results are those of the
 * usual one, to the bit, and what was set is there afterwards and in callbacks. */
#include "check.h"
#include "support.h"

#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) || defined(__aarch64__)
#ifdef __SSE2__
#include <xmmintrin.h>

#define USUAL 0x1F80ULL
#define FLAGS 0x3FULL
/* Up, down, to zero; small results and small arguments zero; everything traps; all of it. */
static const unsigned long long modes[] = {USUAL | 2u << 13, USUAL | 1u << 13, USUAL | 3u << 13, USUAL | 0x8040, 0,
                                           0x8040 | 3u << 13};

static unsigned long long arithmetic(void) { return _mm_getcsr(); }
static void set_arithmetic(unsigned long long mode) { _mm_setcsr((unsigned)mode); }
#else
#define USUAL 0ULL
#define FLAGS 0xFFFFFFFF00000000ULL
/* The same, in FPCR, with FPSR above it; processors may know no traps. */
static const unsigned long long modes[] = {1u << 22, 2u << 22, 3u << 22, 1u << 24, 0x9F00, 0x9F00 | 1u << 24 | 3u << 22};

static unsigned long long arithmetic(void) {
  unsigned long long control, status;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(status));
  return (control & 0xFFFFFFFFULL) | status << 32;
}
static void set_arithmetic(unsigned long long mode) {
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(mode & 0xFFFFFFFFULL), "r"(mode >> 32) : "memory");
}
#endif

enum { LENGTH = 60, MOST = 1 << 18 };

static const char *const kinds[] = {"linear", "lnl", "lstm", "gru", "aif", "softmax", "reservoir", "state_space", "product"};
static double u[LENGTH], results[2][MOST];
static char text[MOST];
static int64_t count;
static unsigned long long expected, differences;

static void keep(double *target, const double *values, int64_t length) {
  if (count + length > MOST) exit(2);
  memcpy(target + count, values, (size_t)length * sizeof *values);
  count += length;
}

static void keep_text(double *target, int64_t length) {
  CHECK(length > 0 && length < MOST);
  memset(text + length, 0, 8);
  keep(target, (const double *)(const void *)text, length / 8 + 1);
}

static int32_t look(bt_estimator *estimator, int32_t event, void *data) {
  (void)estimator, (void)event, (void)data;
  /* Flags are whatever they were when the call began. */
  differences += (arithmetic() & ~FLAGS) != (expected & ~FLAGS);
  return 0;
}

/* Every result of a network, one after the other. */
static void use(const char *kind, double *target) {
  const int64_t steps = LENGTH;
  int64_t outputs = 0, weights = 0, length = 0;
  bt_network *network = NULL, *again = NULL;
  bt_estimator *estimator = NULL;
  bt_stream *stream = NULL;
  double y[8 * LENGTH], gradient[200], cost = 0;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, kind, NULL, 3, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  CHECK_OK(bt_network_outputs(network, &outputs));
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK_OK(bt_network_to_json(network, text, sizeof text, &length));
  keep_text(target, length);
  CHECK_OK(bt_network_from_json(text, length, &again));
  CHECK_OK(bt_network_export(again, "c", NULL, NULL, text, sizeof text, &length));
  keep_text(target, length);
  CHECK_OK(bt_simulate(again, 1, &steps, u, steps, NULL, 0, y, outputs * steps, NULL, 0, NULL, 0));
  keep(target, y, outputs * steps);
  CHECK_OK(bt_gradient(again, 1, &steps, u, steps, NULL, 0, y, outputs * steps, gradient, weights, NULL, 0));
  keep(target, gradient, weights);
  CHECK_OK(bt_stream_create(again, NULL, 0, &stream));
  CHECK_OK(bt_stream_run(stream, steps, u, steps, NULL, 0, y, outputs * steps));
  keep(target, y, outputs * steps);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_randomize(network, 2));
  for (int method = 0; method < 2; method++) {
    CHECK_OK(bt_estimator_create(network, &estimator));
    CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, u, steps, y, outputs * steps, NULL, 0));
    CHECK_OK(bt_estimator_set_method(estimator, method == 0 ? "gauss-newton" : "backward-tuning"));
    CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 4));
    CHECK_OK(bt_estimator_run(estimator, look, NULL, NULL));
    CHECK_OK(bt_network_get_weights(network, gradient, weights));
    keep(target, gradient, weights);
    CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
    keep(target, &cost, 1);
    if (bt_estimator_uncertainty(estimator, NULL, 0, gradient, NULL, weights, NULL, NULL) == BT_OK)
      keep(target, gradient, weights);
    CHECK_OK(bt_estimator_free(estimator));
  }
  CHECK_OK(bt_network_free(again));
  CHECK_OK(bt_network_free(network));
}

static void use_all(double *target, unsigned long long mode) {
  count = 0;
  for (int64_t k = 0; k < COUNT(kinds); k++) {
    set_arithmetic(mode);
    /* As far as the processor knows it. */
    expected = arithmetic();
    use(kinds[k], target);
    const unsigned long long left = arithmetic();
    /* The checks compute too, but what they set is flags. */
    set_arithmetic(USUAL);
    CHECK((left & ~FLAGS) == (expected & ~FLAGS));
  }
}

/* A call leaves no flag behind that was not there, but for those of streams. */
static void flags(void) {
  bt_network *network = standard_network();
  const int64_t steps = LENGTH;
  double y[2 * LENGTH];
  set_arithmetic(USUAL);
  const bt_status status = bt_simulate(network, 1, &steps, u, steps, NULL, 0, y, 2 * steps, NULL, 0, NULL, 0);
  const unsigned long long left = arithmetic();
  set_arithmetic(USUAL);
  CHECK(status == BT_OK && left == USUAL);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  if (is_small()) return check_report(); /* valgrind knows one arithmetic */
  CHECK_OK(bt_random_normal(1, "inputs", u, LENGTH));
  for (int t = 3; t < LENGTH; t += 7) u[t] *= 1e-310;
  for (int threads = 1; threads <= 3; threads += 2) {
    CHECK_OK(bt_set_threads(threads));
    use_all(results[0], USUAL);
    const int64_t length = count;
    for (int64_t k = 0; k < COUNT(modes); k++) {
      use_all(results[1], modes[k]);
      CHECK(count == length && memcmp(results[0], results[1], (size_t)length * sizeof(double)) == 0);
    }
  }
  CHECK(differences == 0);
  flags();
  return check_report();
}
#else
int main(void) { return check_report(); }
#endif
