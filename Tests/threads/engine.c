/* Estimations on several threads, under the thread sanitizer: the same weights to the bit on any number of them.
 *
 * usage: engine LIBRARY */
#include "../c/loaded.h"

#include <backtune.h>
#include <math.h>
#include <stdlib.h>

static bt_status (*set_threads)(int64_t);
static bt_status (*create)(int64_t, bt_network **);
static bt_status (*add_unit)(bt_network *, const char *, const char *, int64_t, const char *, int64_t *);
static bt_status (*observe)(bt_network *, const int64_t *, const int64_t *, int64_t);
static bt_status (*randomize)(bt_network *, uint64_t);
static bt_status (*weight_count)(const bt_network *, int64_t *);
static bt_status (*get_weights)(const bt_network *, double *, int64_t);
static bt_status (*free_network)(bt_network *);
static bt_status (*create_estimator)(bt_network *, bt_estimator **);
static bt_status (*set_data)(bt_estimator *, int64_t, const int64_t *, const double *, int64_t, const double *, int64_t,
                             const double *, int64_t);
static bt_status (*set_method)(bt_estimator *, const char *);
static bt_status (*set_option)(bt_estimator *, const char *, double);
static bt_status (*run)(bt_estimator *, bt_callback, void *, int32_t *);
static bt_status (*deviation)(bt_estimator *, double *, int64_t);
static bt_status (*free_estimator)(bt_estimator *);

#define UNITS 12
#define STEPS 500
#define MOST 1000

/* Weights after some iterations, then the deviation of every output; their number. */
static int64_t fit(const char *method, int64_t outputs, int64_t threads, double *result) {
  const int64_t lengths[] = {STEPS - 120, 40, 40, 40};
  static double inputs[STEPS], desired[STEPS * UNITS];
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  int64_t count = 0, group = 0;
  for (int t = 0; t < STEPS; t++) {
    inputs[t] = sin(1.7 * t) + cos(0.31 * t * t);
    for (int64_t k = 0; k < outputs; k++) desired[t * outputs + k] = 0.3 * sin(0.4 * t + (double)k) * inputs[t];
  }
  check(set_threads(threads) == BT_OK, "threads");
  check(create(1, &network) == BT_OK && add_unit(network, "lnl", NULL, UNITS, "{\"leak\": \"adjust\"}", &group) == BT_OK,
        "network");
  check(observe(network, &group, &outputs, 1) == BT_OK && randomize(network, 1) == BT_OK, "outputs");
  check(create_estimator(network, &estimator) == BT_OK, "estimator");
  check(set_data(estimator, 4, lengths, inputs, STEPS, desired, STEPS * outputs, NULL, 0) == BT_OK, "data");
  check(set_method(estimator, method) == BT_OK && set_option(estimator, "max_iterations", 3) == BT_OK, "options");
  check(run(estimator, NULL, NULL, NULL) == BT_OK, "run");
  check(weight_count(network, &count) == BT_OK && get_weights(network, result, count) == BT_OK, "weights");
  check(outputs > 1 || deviation(estimator, result + count, STEPS) == BT_OK, "deviation");
  check(free_estimator(estimator) == BT_OK && free_network(network) == BT_OK, "free");
  return outputs > 1 ? count : count + STEPS;
}

int main(int argc, char **argv) {
  static double one[MOST], other[MOST];
  library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (library == NULL) {
    printf("%s\n0 passed, 1 failed\n", dlerror());
    return 1;
  }
  find("bt_set_threads", &set_threads);
  find("bt_network_create", &create);
  find("bt_network_add_unit", &add_unit);
  find("bt_network_observe", &observe);
  find("bt_network_randomize", &randomize);
  find("bt_network_weight_count", &weight_count);
  find("bt_network_get_weights", &get_weights);
  find("bt_network_free", &free_network);
  find("bt_estimator_create", &create_estimator);
  find("bt_estimator_set_data", &set_data);
  find("bt_estimator_set_method", &set_method);
  find("bt_estimator_set_option", &set_option);
  find("bt_estimator_run", &run);
  find("bt_estimator_prediction_deviation", &deviation);
  find("bt_estimator_free", &free_estimator);
  const char *methods[] = {"gauss-newton", "gauss-newton", "backward-tuning"};
  /* Impulse responses, tangents, systems of nodes. */
  const int64_t outputs[] = {1, UNITS, 1};
  for (int k = 0; k < 3; k++) {
    const int64_t count = fit(methods[k], outputs[k], 1, one);
    for (int64_t threads = 2; threads <= 5; threads += 3) {
      check(fit(methods[k], outputs[k], threads, other) == count, "number of values");
      check(memcmp(one, other, (size_t)count * sizeof *one) == 0, methods[k]);
    }
  }
  return report();
}
