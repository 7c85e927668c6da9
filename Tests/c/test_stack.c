/* How much of its thread's stack a call takes: what the header says, STACK bytes. A stack is painted, and looked at after;
 * then the same on a stack of just that size. */
#include "check.h"
#include "support.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the header: "128 KiB of stack". What is painted is more. */
enum { STACK = 128 << 10, PAINTED = 1 << 20, LENGTH = 300, PAINT = 0xA5 };

static const char *const kinds[] = {"linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax",
                                    "reservoir", "state_space", "dense", "conv1d", "gate", "product", "versatile"};
static double u[4 * LENGTH], y[16 * LENGTH], deviation[16 * LENGTH];
static char text[1 << 20];

static void ignore(bt_status status) { (void)status; }

static int32_t go_on(bt_estimator *estimator, int32_t event, void *data) {
  (void)estimator, (void)event, (void)data;
  return 0;
}

/* How sure outputs are, at other inputs too, and predictions. */
static void be_sure(bt_network *network, bt_estimator *estimator, int64_t inputs, int64_t outputs, int64_t weights) {
  const int64_t steps = 100;
  int64_t count = 0;
  ignore(bt_predict(network, 1, &steps, u, inputs * steps, NULL, 0, 4, NULL, 0, NULL, 0, NULL, 0, y, outputs * steps, NULL, 0,
                    go_on, NULL, NULL));
  if (bt_estimator_find_uncertainty(estimator, go_on, NULL, NULL) != BT_OK) return;
  CHECK_OK(bt_estimator_combination_count(estimator, &count));
  double *directions = exact_doubles(count * weights, 0), *deviations = exact_doubles(count, 0);
  CHECK_OK(bt_estimator_combinations(estimator, directions, count * weights, deviations, count));
  CHECK_OK(bt_uncertainty_predict(network, 1, &steps, u, inputs * steps, NULL, 0, directions, count * weights, deviations,
                                  count, y, deviation, outputs * steps, go_on, NULL, NULL));
  free(directions);
  free(deviations);
}

/* Everything that works on a network. */
static void use(bt_network *network, int64_t inputs) {
  const int64_t steps = LENGTH;
  int64_t outputs = 0, weights = 0, length = 0;
  bt_network *again = NULL;
  bt_stream *stream = NULL;
  bt_estimator *estimator = NULL;
  bt_network_randomize(network, 1);
  bt_network_outputs(network, &outputs);
  bt_network_weight_count(network, &weights);
  double *gradient = exact_doubles(weights, 0);
  CHECK_OK(bt_network_to_json(network, text, sizeof text, &length));
  CHECK_OK(bt_network_from_json(text, length, &again));
  for (int k = 0; k < 3; k++)
    ignore(bt_network_export(network, k == 0 ? "c" : k == 1 ? "onnx" : "fmu", NULL, NULL, text, sizeof text, NULL));
  CHECK_OK(bt_simulate(again, 1, &steps, u, inputs * steps, NULL, 0, y, outputs * steps, NULL, 0, NULL, 0));
  CHECK_OK(bt_gradient(again, 1, &steps, u, inputs * steps, NULL, 0, y, outputs * steps, gradient, weights, NULL, 0));
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  CHECK_OK(bt_stream_run(stream, steps, u, inputs * steps, NULL, 0, y, outputs * steps));
  CHECK_OK(bt_network_randomize(again, 2));
  for (int k = 0; k < 2; k++) {
    CHECK_OK(bt_estimator_create(again, &estimator));
    CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, u, inputs * steps, y, outputs * steps, NULL, 0));
    CHECK_OK(bt_estimator_set_method(estimator, k == 0 ? "gauss-newton" : "backward-tuning"));
    CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 3));
    ignore(bt_estimator_run(estimator, go_on, NULL, NULL));
    be_sure(again, estimator, inputs, outputs, weights);
    ignore(bt_estimator_uncertainty(estimator, NULL, 0, gradient, NULL, weights, NULL, NULL));
    ignore(bt_estimator_prediction_deviation(estimator, deviation, outputs * steps));
    CHECK_OK(bt_estimator_free(estimator));
  }
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(again));
  free(gradient);
}

static void *work(void *unused) {
  char deep[100], name[20];
  bt_network *network = NULL;
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    check_about(kinds[k]);
    CHECK_OK(bt_network_create(4, &network));
    CHECK_OK(bt_network_add_unit(network, kinds[k], NULL, 3, NULL, NULL));
    use(network, 4);
    CHECK_OK(bt_network_free(network));
  }
  /* Factors of matrices of order 200: another way through LAPACK. */
  check_about("many weights");
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 13, NULL, NULL));
  use(network, 1);
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "reservoir", NULL, 220, NULL, NULL));
  use(network, 1);
  CHECK_OK(bt_network_free(network));
  check_about("a chain of many groups");
  CHECK_OK(bt_network_create(1, &network));
  for (int k = 0; k < 300; k++) {
    int64_t group = 0;
    snprintf(name, sizeof name, "g%d", k);
    CHECK_OK(bt_network_add_learnware(network, name, 1, &group));
    CHECK_OK(bt_network_connect_dense(network, group, k == 0 ? BT_INPUT : group - 1, 0, "W"));
  }
  use(network, 1);
  check_about("nested JSON");
  /* 31 lists in an object: as deep as is read. */
  memset(deep, 0, sizeof deep);
  memcpy(deep, "{\"mask\": ", 9);
  memset(deep + 9, '[', 31);
  memset(deep + 40, ']', 31);
  deep[71] = '}';
  CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, 2, deep, NULL), BT_ERROR_ARGUMENT, "mask");
  bt_network *none = NULL;
  memcpy(deep, "{\"other\":", 9);
  ignore(bt_network_from_json(deep, 72, &none));
  CHECK(none == NULL);
  check_about(NULL);
  CHECK_OK(bt_network_free(network));
  return unused;
}

int main(void) {
  void *stack = NULL;
  pthread_attr_t attributes;
  pthread_t thread;
  /* Under valgrind it takes half a minute, and says nothing else. */
  if (is_small()) return check_report();
  CHECK(posix_memalign(&stack, 4096, PAINTED) == 0);
  memset(stack, PAINT, PAINTED);
  bt_random_normal(1, "inputs", u, 4 * LENGTH);
  /* All on the thread itself. */
  CHECK_OK(bt_set_threads(1));
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstack(&attributes, stack, PAINTED) == 0);
  /* Counted when the thread, which counts too, has ended. */
  const int failure = pthread_create(&thread, &attributes, work, NULL);
  CHECK(failure == 0 && pthread_join(thread, NULL) == 0);
  const unsigned char *bytes = (const unsigned char *)stack;
  size_t untouched = 0;
  while (untouched < PAINTED && bytes[untouched] == PAINT) untouched++;
  if (getenv("BACKTUNE_TEST_SHOW") != NULL) printf("%d bytes of stack\n", (int)(PAINTED - untouched));
  if (getenv("BACKTUNE_TEST_SANITIZED") == NULL) CHECK(PAINTED - untouched < STACK);
  pthread_attr_destroy(&attributes);
  free(stack);
  /* Sanitizers make frames larger. */
  if (getenv("BACKTUNE_TEST_SANITIZED") == NULL) {
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, work, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
  }
  return check_report();
}
