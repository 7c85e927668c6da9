/* Numbers at the ends of what a double can be: the same fit in any unit of the data, and errors that name the place. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGE 0x1p498
#define SMALL 0x1p-498

/* A hidden layer that a linear group reads, so that units of inputs and outputs can be followed. */
static bt_network *linear_readout(void) {
  const char *options = "{\"sources\": [{\"source\": \"h.x\", \"lag\": 0}]}";
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", "h", 2, "{\"activation\": \"tanh\"}", NULL));
  CHECK_OK(bt_network_add_unit(network, "linear", "y", 1, options, NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  return network;
}

static void data(double *u, double *y, double b) {
  CHECK_OK(bt_random_normal(3, "u", u, STEPS));
  CHECK_OK(bt_random_normal(3, "noise", y, STEPS));
  for (int t = 0; t < STEPS; t++) y[t] = b * (0.5 * (t > 0 ? tanh(u[t - 1]) : 0.1) - 0.2 + 0.1 * y[t]);
}

/* Runs a fit of data times a and b; NMSE at its end. Costs must not grow, and weights be numbers. */
static double fitted(double a, double b, double gain, double dense) {
  bt_network *network = linear_readout();
  bt_estimator *estimator = NULL;
  const int64_t T = STEPS;
  double u[STEPS], y[STEPS], gains[STEPS], weights[32], cost = NAN, nmse = NAN;
  int64_t count = 0, length = 0;
  data(u, y, b);
  for (int t = 0; t < STEPS; t++) u[t] *= a, gains[t] = gain;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &T, u, STEPS, y, STEPS, gains, STEPS));
  CHECK_OK(bt_estimator_set_option(estimator, "dense", dense));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 6));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  double *costs = trace_column(estimator, "cost", &length);
  for (int64_t k = 1; k < length; k++) CHECK(costs[k] <= costs[k - 1]);
  free(costs);
  CHECK_OK(bt_estimator_cost(estimator, &cost, &nmse));
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK(count < COUNT(weights));
  CHECK_OK(bt_estimator_get_weights(estimator, weights, count));
  for (int64_t k = 0; k < count; k++) CHECK(isfinite(weights[k]));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  return nmse;
}

static void units(void) {
  for (int dense = 0; dense < 2; dense++) {
    const double expected = fitted(1, 1, 1, dense);
    CHECK(expected < 0.2);
    CHECK(fitted(LARGE, 1, 1, dense) == expected);
    CHECK(fitted(SMALL, LARGE, 1, dense) == expected);
    CHECK(fitted(1, SMALL, 1, dense) == expected);
    CHECK(fitted(1, 1, 0x1p-1000, dense) == expected);
    CHECK(fitted(1, 1, 0x1p1000, dense) == expected);
  }
}

/* What no cost can be made of: every call that would make one says so, and which value it is. */
static void refused(double a, double b, double gain, const char *pieces) {
  bt_network *network = linear_readout();
  bt_estimator *estimator = NULL;
  const int64_t T[2] = {3, STEPS - 3};
  double u[STEPS], y[STEPS], gains[STEPS], gradient[32], out = SENTINEL, before[32], after[32];
  int64_t count = 0, entries = 9;
  int32_t stop = 77;
  data(u, y, 0.1 * b);
  y[8] = b;
  for (int t = 0; t < STEPS; t++) u[t] *= a, gains[t] = gain;
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK_OK(bt_network_get_weights(network, before, count));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, T, u, STEPS, y, STEPS, gains, STEPS));
  CHECK_ERROR(bt_estimator_step(estimator, NULL, NULL, &stop), BT_ERROR_ARGUMENT, pieces);
  CHECK_ERROR(bt_estimator_run(estimator, NULL, NULL, &stop), BT_ERROR_ARGUMENT, pieces);
  if (a == 1) {
    CHECK_ERROR(bt_estimator_cost(estimator, &out, NULL), BT_ERROR_ARGUMENT, pieces);
    CHECK_ERROR(bt_estimator_gradient(estimator, NULL, gradient, count), BT_ERROR_ARGUMENT, pieces);
  }
  CHECK(stop == 77 && out == SENTINEL);
  CHECK_OK(bt_estimator_trace_length(estimator, &entries));
  CHECK_OK(bt_network_get_weights(network, after, count));
  CHECK(entries == 0 && memcmp(before, after, sizeof before[0] * (size_t)count) == 0);
  /* Other data, and it goes on. */
  data(u, y, 1);
  CHECK_OK(bt_estimator_set_data(estimator, 2, T, u, STEPS, y, STEPS, NULL, 0));
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void places(void) {
  refused(1, 1e300, 1, "desired|1e+300|sequence 1, step 5, output 0|infinite");
  refused(1, 1e-200, 1, "desired|1e-200|sequence 1, step 5, output 0|vanish");
  refused(1, 1e-320, 1, "desired|1e-320|sequence 1, step 5, output 0|vanish");
  refused(1, 1, 5e-324, "gains|mean is 5e-324|2.2250738585072014e-308");
  refused(1e-320, 1, 1, "input 0|deviation|e-320|h.x2.B");
}

/* A run that diverges says where, and leaves the weights. */
static void divergence(void) {
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  const int64_t T[2] = {2, STEPS - 2};
  const double large = 1e200;
  const uint8_t fixed = 1;
  double u[STEPS], y[STEPS], before[2] = {0.5, 0.25}, after[2];
  int64_t count = 0, length = 0;
  int32_t stop = 77, kind = 0;
  char text[200];
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", "y", 1, NULL, NULL));
  CHECK_OK(bt_network_set_array(network, "y.x.W1", &large, 1));
  CHECK_OK(bt_network_set_fixed(network, "y.x.W1", &fixed, 1));
  CHECK_OK(bt_network_set_weights(network, before, 2));
  CHECK_OK(bt_estimator_create(network, &estimator));
  data(u, y, 1);
  CHECK_OK(bt_estimator_set_data(estimator, 2, T, u, STEPS, y, STEPS, NULL, 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_DIVERGED);
  CHECK_OK(bt_estimator_note_count(estimator, &count));
  CHECK(count > 0);
  CHECK_OK(bt_estimator_note(estimator, count - 1, &kind, text, sizeof text, &length));
  CHECK(kind == BT_NOTE_DIVERGED && strncmp(text, "group y.x, node 0, is ", 22) == 0);
  check_about(text);
  CHECK(strstr(text, " at step 2 of sequence 1") != NULL);
  check_about(NULL);
  CHECK_OK(bt_network_get_weights(network, after, 2));
  CHECK(memcmp(before, after, sizeof before) == 0);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  units();
  places();
  divergence();
  return check_report();
}
