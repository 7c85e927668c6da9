/* Arrays that a call reads and writes: the results are those of arrays apart. */
#include "check.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Two inputs, two outputs that are measured, one more group of measured values: a state of its own. */
static bt_network *make_network(void) {
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(2, &network));
  CHECK_OK(bt_network_add_unit(network, "state_space", "u", 3, "{\"outputs\": 2, \"feedback\": \"measured\"}", NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  return network;
}

enum { T = 40, VALUES = 2 * T };
static const int64_t steps = T;
static double inputs[VALUES], measured[VALUES], apart[VALUES], array[VALUES];

static void simulated(bt_network *network) {
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, VALUES, NULL, 0, apart, VALUES, NULL, 0, NULL, 0));
  memcpy(array, inputs, sizeof array);
  CHECK_OK(bt_simulate(network, 1, &steps, array, VALUES, NULL, 0, array, VALUES, NULL, 0, NULL, 0));
  CHECK(memcmp(array, apart, sizeof array) == 0);
}

static void state_in_place(bt_network *network) {
  double before[50], after[50];
  int64_t size = 0;
  CHECK_OK(bt_network_state_size(network, &size));
  CHECK(size <= 50);
  CHECK_OK(bt_random_normal(4, "state", before, size));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, VALUES, before, size, NULL, 0, NULL, 0, after, size));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, VALUES, before, size, NULL, 0, NULL, 0, before, size));
  CHECK(memcmp(before, after, sizeof(double) * (size_t)size) == 0);
}

static void differentiated(bt_network *network) {
  int64_t weights = 0;
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK(weights <= VALUES);
  CHECK_OK(bt_gradient(network, 1, &steps, inputs, VALUES, NULL, 0, measured, VALUES, apart, weights, NULL, 0));
  memcpy(array, measured, sizeof array);
  CHECK_OK(bt_gradient(network, 1, &steps, inputs, VALUES, NULL, 0, array, VALUES, array, weights, NULL, 0));
  CHECK(memcmp(array, apart, sizeof(double) * (size_t)weights) == 0);
}

static void predicted(bt_network *network) {
  for (int k = 0; k < 2; k++) {
    const double *source = k == 0 ? inputs : measured;
    CHECK_OK(bt_predict(network, 1, &steps, inputs, VALUES, measured, VALUES, 3, NULL, 0, NULL, 0, NULL, 0, apart, VALUES,
                        NULL, 0, NULL, NULL, NULL));
    memcpy(array, source, sizeof array);
    CHECK_OK(bt_predict(network, 1, &steps, k == 0 ? array : inputs, VALUES, k == 0 ? measured : array, VALUES, 3, NULL, 0,
                        NULL, 0, NULL, 0, array, VALUES, NULL, 0, NULL, NULL, NULL));
    CHECK(memcmp(array, apart, sizeof array) == 0);
  }
}

static void uncertain(bt_network *network) {
  bt_estimator *estimator = NULL;
  int64_t weights = 0, count = 0;
  double spread[VALUES];
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, VALUES, measured, VALUES, NULL, 0));
  CHECK_OK(bt_estimator_combination_count(estimator, &count));
  double *directions = exact_doubles(count * weights, 0), *deviations = exact_doubles(count, 0);
  CHECK_OK(bt_estimator_combinations(estimator, directions, count * weights, deviations, count));
  CHECK_OK(bt_uncertainty_predict(network, 1, &steps, inputs, VALUES, NULL, 0, directions, count * weights, deviations, count,
                                  apart, spread, VALUES, NULL, NULL, NULL));
  memcpy(array, inputs, sizeof array);
  CHECK_OK(bt_uncertainty_predict(network, 1, &steps, array, VALUES, NULL, 0, directions, count * weights, deviations, count,
                                  array, spread, VALUES, NULL, NULL, NULL));
  CHECK(memcmp(array, apart, sizeof array) == 0);
  free(directions), free(deviations);
  CHECK_OK(bt_estimator_free(estimator));
}

static void streamed(bt_network *network) {
  bt_stream *stream = NULL;
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  CHECK_OK(bt_stream_run(stream, T, inputs, VALUES, measured, VALUES, apart, VALUES));
  for (int k = 0; k < 2; k++) {
    memcpy(array, k == 0 ? inputs : measured, sizeof array);
    CHECK_OK(bt_stream_reset(stream));
    CHECK_OK(bt_stream_run(stream, T, k == 0 ? array : inputs, VALUES, k == 0 ? measured : array, VALUES, array, VALUES));
    CHECK(memcmp(array, apart, sizeof array) == 0);
  }
  CHECK_OK(bt_stream_free(stream));
}

int main(void) {
  bt_network *network = make_network();
  CHECK_OK(bt_random_normal(2, "inputs", inputs, VALUES));
  CHECK_OK(bt_random_normal(3, "measured", measured, VALUES));
  simulated(network);
  state_in_place(network);
  differentiated(network);
  predicted(network);
  streamed(network);
  uncertain(network);
  CHECK_OK(bt_network_free(network));
  return check_report();
}
