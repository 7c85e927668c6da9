#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int is_small(void) {
  const char *value = getenv("BACKTUNE_TEST_SMALL");
  return value != NULL && strcmp(value, "1") == 0;
}

static void need(bt_status status, const char *what) {
  char message[500];
  if (status == BT_OK) return;
  bt_last_error(message, sizeof message);
  printf("cannot prepare a test: %s: %s\n", what, message);
  exit(2);
}

bt_network *standard_network(void) {
  bt_network *network = NULL;
  need(bt_network_create(1, &network), "create");
  need(bt_network_add_unit(network, "lnl", "u", 2, "{\"leak\": \"adjust\"}", NULL), "unit");
  need(bt_network_randomize(network, 1), "randomize");
  return network;
}

void set_own_weights(bt_network *network) {
  int64_t count = 0;
  need(bt_network_weight_count(network, &count), "weight count");
  double *weights = exact_doubles(count, 0);
  need(bt_network_get_weights(network, weights, count), "weights");
  for (int64_t k = 0; k < count; k++) weights[k] *= 0.9;
  need(bt_network_set_weights(network, weights, count), "own weights");
  free(weights);
}

void standard_data(const bt_network *network, double *inputs, double *desired) {
  const int64_t steps = STEPS;
  int64_t outputs = 0;
  bt_network *root = NULL;
  need(bt_network_outputs(network, &outputs), "outputs");
  need(bt_network_copy(network, &root), "copy");
  need(bt_network_randomize(root, 2), "randomize");
  need(bt_random_normal(3, "u", inputs, steps), "inputs");
  need(bt_simulate(root, 1, &steps, inputs, steps, NULL, 0, desired, steps * outputs, NULL, 0, NULL, 0), "simulate");
  need(bt_network_free(root), "free");
}

bt_estimator *standard_estimator(bt_network *network) {
  const int64_t steps = STEPS;
  int64_t outputs = 0;
  double inputs[STEPS], desired[STEPS * 16];
  bt_estimator *estimator = NULL;
  need(bt_network_outputs(network, &outputs), "outputs");
  standard_data(network, inputs, desired);
  need(bt_estimator_create(network, &estimator), "estimator");
  need(bt_estimator_set_data(estimator, 1, &steps, inputs, steps, desired, steps * outputs, NULL, 0), "data");
  return estimator;
}

double *trace_column(const bt_estimator *estimator, const char *name, int64_t *length) {
  need(bt_estimator_trace_length(estimator, length), "trace length");
  double *values = exact_doubles(*length, SENTINEL);
  need(bt_estimator_trace(estimator, name, values, *length), name);
  return values;
}

void fill(double *values, int64_t count) {
  for (int64_t k = 0; k < count; k++) values[k] = SENTINEL;
}

int is_untouched(const double *values, int64_t count) {
  for (int64_t k = 0; k < count; k++) {
    if (values[k] != SENTINEL) return 0;
  }
  return 1;
}

void *exact(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (memory == NULL) exit(2);
  return memory;
}

double *exact_doubles(int64_t count, double value) {
  double *values = exact((size_t)count * sizeof(double));
  for (int64_t k = 0; k < count; k++) values[k] = value;
  return values;
}

bt_status from_text(const char *text, bt_network **network) {
  return bt_network_from_json(text, (int64_t)strlen(text), network);
}
