/* Sequences of calls with hostile arguments, for libFuzzer: a program of records of RECORD bytes, the first of which says what
 * there is, others what is called: Tests/c/fuzz_*.h take from them what is called with what. What a record is too short for is
 * drawn, from a number that the record says: the same bytes do the same. */
#include "../c/fuzz_arguments.h"
#include "../c/fuzz_build.h"
#include "../c/fuzz_calls.h"
#include "../c/fuzz_more.h"

enum { RECORD = 32, MOST = 40 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* Callbacks end by what they draw. */
static int is_time_over(void) { return 0; }

/* What is asked of an estimator: mostly a criterion with nothing else. */
static void ask_first(fuzzer *f, bt_estimator *e) {
  static const char *const criteria[] = {"least-squares", "l1", "l0", "huber", "biweight", "boolean", "bernoulli", "poisson",
                                         "cross-entropy", "observables"};
  static const char *const rules[] = {"sparse-weights", "ridge", "sparse-activity", "orthogonal-activity", "activity-bound"};
  static const char *const numbers[] = {"restarts", "dense", "initial_states", "washout", "static", "balanced", "nu",
                                        "guard", "reestimation", "horizon"};
  static const char *const means[] = {"mean", "product", "autocorrelation", "normalised_autocorrelation",
                                      "standardised_moment"};
  const int criterion = below(f, 10);
  bt_estimator_set_criterion(e, criteria[criterion]);
  for (int k = chance(f, criterion == 9 ? 95 : 5) ? 2 : 0; k > 0; k--) {
    const double parameters[2] = {below(f, 2), below(f, 3)};
    const int which = below(f, 5);
    bt_estimator_add_observable(e, means[which], parameters, which == 0 ? 1 : 2, chance(f, 50) ? NAN : 0.3);
  }
  if (chance(f, 40)) bt_estimator_set_method(e, "backward-tuning");
  if (chance(f, 30)) bt_estimator_add_regularisation(e, rules[below(f, 5)], "{\"strength\": 0.01}");
  for (int k = below(f, 3); k > 0; k--) bt_estimator_set_option(e, numbers[below(f, 10)], below(f, 3));
  bt_estimator_set_option(e, "max_iterations", 1 + below(f, 4));
}

/* What most calls are about: a network of a unit or two, an estimator with data, a stream. */
static void prepare(fuzzer *f) {
  bt_network *n = NULL;
  bt_estimator *e = NULL;
  const int units = 1 + chance(f, 30), sequences = 1 + below(f, 2), gaps = chance(f, 30);
  bt_network_create(below(f, 4), &n);
  for (int k = 0; k < units; k++) {
    const char *name = kind(f), *given = options(f);
    const int64_t nodes = 1 + below(f, 3);
    if (bt_network_add_unit(n, name, NULL, nodes, given, NULL) != BT_OK) bt_network_add_unit(n, name, NULL, nodes, NULL, NULL);
  }
  if (chance(f, 30)) bt_network_add_measured(n, NULL, below(f, 3), 1, 0, NULL);
  if (!chance(f, 30)) bt_network_randomize(n, (uint64_t)below(f, 8));
  keep(n, NULL, NULL, 0);
  if (bt_estimator_create(n, &e) == BT_OK) keep(NULL, e, n, 0);
  const int64_t lengths[2] = {1 + below(f, 20), below(f, 9)}, sum = lengths[0] + (sequences == 2 ? lengths[1] : 0);
  const int64_t inputs = sum * ask(bt_network_inputs, n), outputs = sum * ask(bt_network_outputs, n);
  double *u = exact_doubles(inputs, 0), *y = exact_doubles(outputs, 0);
  fuzzer own = {.random = (uint64_t)below(f, 256) + 1};
  for (int64_t k = 0; k < inputs; k++) u[k] = below(&own, 2001) / 1000.0 - 1;
  /* Half of them as probabilities are, which some criteria want. */
  const double low = chance(f, 50) ? 0 : -1;
  for (int64_t k = 0; k < outputs; k++)
    y[k] = gaps && chance(&own, 20) ? NAN : low + (1 - low) * below(&own, 2001) / 2000.0;
  bt_estimator_set_data(e, sequences, lengths, u, inputs, y, outputs, NULL, 0);
  keep_data(0, sequences, sum);
  if (e != NULL) ask_first(f, e);
  free(u), free(y);
  if (bt_stream_create(n, NULL, 0, &streams[0]) == BT_OK) streamed[0] = n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  long failures = 0;
  for (size_t at = 0; at < size && at < RECORD * MOST; at += RECORD) {
    const size_t left = size - at < RECORD ? size - at : RECORD;
    fuzzer f = {.random = 1, .bytes = data + at, .left = left, .call = "nothing"};
    for (size_t k = 0; k < left; k++) f.random = (f.random ^ data[at + k]) * 0x100000001B3ULL;
    f.random |= 1;
    if (at == 0)
      prepare(&f);
    else
      one_call(&f);
    failures += f.failures;
  }
  free_all();
  bt_set_threads(1);
  if (failures > 0) abort();
  return 0;
}

/* Records are moved, copied and dropped as a whole half of the time. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  fuzzer f = {.random = seed * 0x9E3779B97F4A7C15ULL + 1};
  const int records = (int)(size / RECORD);
  uint8_t one[RECORD], other[RECORD];
  if (records < 2 || chance(&f, 50)) return LLVMFuzzerMutate(data, size, most);
  uint8_t *a = data + (size_t)below(&f, records) * RECORD, *b = data + (size_t)below(&f, records) * RECORD;
  memcpy(one, a, RECORD);
  memcpy(other, b, RECORD);
  switch (below(&f, 4)) {
    case 0:
      memcpy(a, other, RECORD);
      memcpy(b, one, RECORD);
      return size;
    case 1:
      memmove(a, a + RECORD, size - (size_t)(a - data) - RECORD);
      return size - RECORD;
    case 2: LLVMFuzzerMutate(a, RECORD, RECORD); return size;
    default:
      if (size + RECORD > most) return size;
      memmove(a + RECORD, a, size - (size_t)(a - data));
      memcpy(a, other, RECORD);
      return size + RECORD;
  }
}
