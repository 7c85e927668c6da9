/* What is done with any network that was accepted. */
#ifndef USE_NETWORK_H
#define USE_NETWORK_H

#include <backtune.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEED(condition)                                                  \
  do {                                                                   \
    if (!(condition)) {                                                  \
      char why_[300] = "";                                               \
      bt_last_error(why_, sizeof why_);                                  \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, why_);  \
      abort();                                                           \
    }                                                                    \
  } while (0)

/* A status that is documented, with a text where it is none of success. */
static inline bt_status told(bt_status status) {
  char text[8];
  NEED(status <= BT_OK && status >= BT_ERROR_LOADER);
  NEED(status == BT_OK || bt_last_error(text, sizeof text) > 5);
  return status;
}

/* The JSON of a network, to be freed. */
static inline char *json_of(const bt_network *network, int64_t *length) {
  NEED(bt_network_to_json(network, NULL, 0, length) == BT_OK);
  char *text = malloc((size_t)*length + 1);
  NEED(bt_network_to_json(network, text, *length + 1, length) == BT_OK);
  return text;
}

/* What is accepted is written back, and reads to the same text. */
static inline void write_back(const bt_network *network) {
  bt_network *again = NULL;
  int64_t length = 0, other = 0;
  char *text = json_of(network, &length);
  NEED(bt_network_from_json(text, length, &again) == BT_OK);
  char *same = json_of(again, &other);
  NEED(length == other && memcmp(text, same, (size_t)length) == 0);
  NEED(bt_network_free(again) == BT_OK);
  free(text), free(same);
}

/* Runs it over a few steps, where it is small: outputs, derivatives, one step ahead, a stream, an export, an iteration. */
static inline void run(bt_network *network) {
  enum { STEPS = 5, MOST = 2000 };
  const int64_t steps = STEPS;
  int64_t inputs = 0, outputs = 0, weights = 0, state = 0, groups = 0, nodes = 0, one = 0, terms = 0;
  bt_stream *stream = NULL;
  bt_estimator *estimator = NULL;
  NEED(bt_network_inputs(network, &inputs) == BT_OK && bt_network_group_count(network, &groups) == BT_OK);
  NEED(bt_network_weight_count(network, &weights) == BT_OK);
  told(bt_network_range(network, &terms));
  for (int64_t k = 0; k < groups && nodes < MOST; k++) {
    NEED(bt_network_group_size(network, k, &one) == BT_OK);
    nodes = one > MOST ? MOST : nodes + one;
  }
  if (told(bt_network_outputs(network, &outputs)) != BT_OK || told(bt_network_state_size(network, &state)) != BT_OK)
    return;
  if (inputs > MOST / STEPS || nodes > MOST / STEPS || weights > MOST || state > MOST || outputs > MOST / STEPS) return;
  double *u = calloc(MOST, sizeof *u), *y = calloc(MOST, sizeof *y), *x = calloc(MOST, sizeof *x);
  double *w = calloc(MOST, sizeof *w);
  for (int k = 0; k < MOST; k++) u[k] = sin(1.3 * k), y[k] = cos(0.9 * k);
  const int64_t m = inputs * STEPS, o = outputs * STEPS;
  told(bt_gradient(network, 1, &steps, u, m, NULL, 0, y, o, w, weights, NULL, 0));
  if (told(bt_simulate(network, 1, &steps, u, m, NULL, 0, x, o, NULL, 0, NULL, 0)) == BT_OK) {
    told(bt_predict(network, 1, &steps, u, m, y, o, 1, NULL, 0, NULL, 0, NULL, 0, w, o, NULL, 0, NULL, NULL, NULL));
    if (told(bt_stream_create(network, NULL, 0, &stream)) == BT_OK)
      told(bt_stream_run(stream, 2, u, inputs * 2, NULL, 0, w, outputs * 2));
    NEED(bt_stream_free(stream) == BT_OK);
    told(bt_network_export(network, "c", NULL, NULL, NULL, 0, &one));
    if (told(bt_estimator_create(network, &estimator)) == BT_OK &&
        told(bt_estimator_set_data(estimator, 1, &steps, u, m, y, o, NULL, 0)) == BT_OK)
      told(bt_estimator_step(estimator, NULL, NULL, NULL));
    NEED(bt_estimator_free(estimator) == BT_OK);
  }
  free(u), free(y), free(x), free(w);
}

#endif
