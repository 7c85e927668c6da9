/* Regularisations computed again by hand, sparse estimation and what it takes away, signs and masks of weights. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 4, TIMES = 60 };

/* One unit of 4 nodes, all observed; groups u.x2, u.x1, u.x; arrays u.x2.a, u.x2.W (4 x 4), u.x2.B (4 x 2). */
static bt_network *make_network(uint64_t seed) {
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(2, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", "u", NODES, "{\"activation\": \"tanh\"}", NULL));
  CHECK_OK(bt_network_randomize(network, seed));
  return network;
}

static const int64_t lengths[2] = {TIMES - 20, 20};
static double inputs[TIMES * 2], desired[TIMES * NODES];

/* Data of a root network with few connections. */
static bt_estimator *make_estimator(bt_network *network) {
  bt_network *root = make_network(77);
  bt_estimator *estimator = NULL;
  double sparse[NODES * NODES] = {0};
  sparse[1] = 1.5, sparse[7] = -1.2, sparse[8] = 0.9, sparse[14] = 1.1;
  CHECK_OK(bt_network_set_array(root, "u.x2.W", sparse, NODES * NODES));
  CHECK_OK(bt_random_normal(5, "inputs", inputs, TIMES * 2));
  CHECK_OK(bt_simulate(root, 2, lengths, inputs, TIMES * 2, NULL, 0, desired, TIMES * NODES, NULL, 0, NULL, 0));
  CHECK_OK(bt_network_free(root));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, inputs, TIMES * 2, desired, TIMES * NODES, NULL, 0));
  return estimator;
}

/* |x| - eps log(1 + |x|/eps), summed. */
static double magnitudes(const double *x, int count, double eps) {
  double sum = 0;
  for (int k = 0; k < count; k++) sum += fabs(x[k]) - eps * log(1 + fabs(x[k]) / eps);
  return sum;
}

static double squares(const double *x, int count) {
  double sum = 0;
  for (int k = 0; k < count; k++) sum += x[k] * x[k];
  return sum;
}

static double overlaps(const double *x) {
  double sum = 0;
  for (int n = 0; n < NODES; n++) {
    for (int m = 0; m < NODES; m++) {
      double product = 0;
      for (int t = 0; n != m && t < TIMES; t++) product += x[t * NODES + n] * x[t * NODES + m];
      sum += product * product;
    }
  }
  return sum;
}

static double bounded(const double *x, double bound, double steepness) {
  double sum = 0;
  for (int k = 0; k < TIMES * NODES; k++) sum += exp(steepness * (x[k] - bound));
  return sum;
}

/* The cost with a regularisation is that without it and the penalty. */
static void penalties(void) {
  bt_network *network = make_network(1);
  set_own_weights(network);
  bt_estimator *estimator = make_estimator(network);
  double x[TIMES * NODES], W[NODES * NODES], B[NODES * 2], plain = 0, cost = 0, sum = 0;
  int64_t length = 0;
  CHECK_OK(bt_simulate(network, 2, lengths, inputs, TIMES * 2, NULL, 0, x, TIMES * NODES, NULL, 0, NULL, 0));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", W, NODES * NODES));
  CHECK_OK(bt_network_get_array(network, "u.x2.B", B, NODES * 2));
  CHECK_OK(bt_estimator_cost(estimator, &plain, NULL));
  const struct {
    const char *name, *options;
    double expected;
  } rules[] = {
      {"ridge", "{\"strength\": 0.5}", 0.5 * (squares(W, NODES * NODES) + squares(B, NODES * 2))},
      {"ridge", "{\"strength\": 2, \"weights\": [\"u.x2.B\"]}", 2 * squares(B, NODES * 2)},
      {"sparse-weights", "{\"strength\": 3}",
       2 * 3 * (magnitudes(W, NODES * NODES, 1e-5) + magnitudes(B, NODES * 2, 1e-5))},
      {"sparse-weights", "{\"strength\": 1, \"eps\": 0.2, \"weights\": [\"u.x2.W\", \"u.x2.W\"]}",
       2 * magnitudes(W, NODES * NODES, 0.2)},
      {"sparse-activity", "{\"strength\": 0.25}", 2 * 0.25 * magnitudes(x, TIMES * NODES, 0.01)},
      {"sparse-activity", "{\"strength\": 1, \"eps\": 1, \"groups\": [\"u.x\"]}", 2 * magnitudes(x, TIMES * NODES, 1)},
      {"orthogonal-activity", "{\"strength\": 0.1}", 0.1 / 2 * overlaps(x)},
      {"activity-bound", "{\"strength\": 10}", 10 * bounded(x, 1, 10)},
      {"activity-bound", "{\"strength\": 0.1, \"bound\": -0.5, \"steepness\": -3}", 0.1 * bounded(x, -0.5, -3)}};
  for (int64_t k = 0; k < COUNT(rules); k++) {
    check_about(rules[k].options);
    CHECK_OK(bt_estimator_add_regularisation(estimator, rules[k].name, rules[k].options));
    CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
    CHECK(rules[k].expected > 0.01);
    CHECK_CLOSE((cost - plain) * TIMES * NODES, rules[k].expected, 1e-10);
    CHECK_OK(bt_estimator_clear_regularisation(estimator));
    sum += rules[k].expected;
  }
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost == plain);
  /* All together, in the trace too. */
  check_about("all together");
  for (int64_t k = 0; k < COUNT(rules); k++)
    CHECK_OK(bt_estimator_add_regularisation(estimator, rules[k].name, rules[k].options));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 5));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  double *costs = trace_column(estimator, "cost", &length), *penalty = trace_column(estimator, "penalty", &length);
  CHECK_CLOSE(penalty[0] * TIMES * NODES, sum, 1e-10);
  CHECK_CLOSE(costs[0], plain + penalty[0], 1e-12);
  for (int64_t k = 1; k < length; k++) CHECK(costs[k] <= costs[k - 1] && penalty[k] >= 0 && penalty[k] <= costs[k]);
  check_about(NULL);
  free(costs), free(penalty);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Names are looked up at once. */
static void strangers(void) {
  bt_network *network = make_network(1);
  bt_estimator *estimator = make_estimator(network);
  const struct {
    const char *name, *options, *pieces;
  } rules[] = {{"ridge", "{\"strength\": 1, \"weights\": [\"none\"]}", "'none'|unknown|u.x2.W"},
               {"sparse-weights", "{\"strength\": 1, \"weights\": [\"u.x2.W\", \"\"]}", "''|unknown|u.x2.W"},
               {"sparse-activity", "{\"strength\": 1, \"groups\": [\"u.x2.W\"]}", "'u.x2.W'|unknown|u.x2, u.x"},
               {"activity-bound", "{\"strength\": 1, \"groups\": [\"input\"]}", "activity-bound|input"}};
  for (int64_t k = 0; k < COUNT(rules); k++) {
    double before = 0, cost = SENTINEL;
    check_about(rules[k].options);
    CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
    CHECK_ERROR(bt_estimator_add_regularisation(estimator, rules[k].name, rules[k].options), BT_ERROR_ARGUMENT,
                rules[k].pieces);
    CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
    CHECK(cost == before);
  }
  check_about(NULL);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Weights taken away are 0, fixed and no weights of the flat vector; new weights are a new beginning. */
static void sparse(void) {
  bt_network *network = make_network(2);
  bt_estimator *estimator = make_estimator(network);
  uint8_t removed[NODES * NODES], fixed[NODES * NODES];
  double W[NODES * NODES];
  int64_t before = 0, after = 0, length = 0, count = 0, removals = 0;
  CHECK_OK(bt_network_weight_count(network, &before));
  CHECK_OK(bt_estimator_add_regularisation(estimator, "sparse-weights",
                                           "{\"strength\": 0.1, \"weights\": [\"u.x2.W\"]}"));
  memset(removed, 9, sizeof removed);
  CHECK_OK(bt_estimator_removed(estimator, "u.x2.W", removed, NODES * NODES));
  for (int k = 0; k < NODES * NODES; k++) CHECK(removed[k] == 0);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 60));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_removed(estimator, "u.x2.W", removed, NODES * NODES));
  CHECK_OK(bt_network_get_fixed(network, "u.x2.W", fixed, NODES * NODES));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", W, NODES * NODES));
  for (int k = 0; k < NODES * NODES; k++) {
    CHECK(removed[k] == fixed[k] && (removed[k] == 1) == (W[k] == 0));
    count += removed[k];
  }
  CHECK_OK(bt_network_weight_count(network, &after));
  CHECK(count > 0 && count < NODES * NODES && after == before - count);
  double *orders = trace_column(estimator, "order", &length), *costs = trace_column(estimator, "cost", &length);
  CHECK(length <= 61);
  for (int64_t k = 1; k < length; k++) {
    removals += orders[k] == 3;
    CHECK(costs[k] <= (orders[k] == 3 ? 1.01 : 1) * costs[k - 1]);
  }
  CHECK(removals > 0);
  CHECK_OK(bt_network_randomize(network, 3));
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_removed(estimator, "u.x2.W", removed, NODES * NODES));
  for (int k = 0; k < NODES * NODES; k++) CHECK(removed[k] == fixed[k]);
  free(orders), free(costs);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static const int8_t signs[NODES * NODES] = {1, -1, 0, 1, 1, -1, 0, -1, 1, 1, -1, -1, 0, 0, 1, -1};
static const uint8_t mask[NODES * NODES] = {0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 200, 1, 1, 0};

/* Whether the weights obey both. */
static int obeys(const bt_network *network) {
  double W[NODES * NODES];
  int good = bt_network_get_array(network, "u.x2.W", W, NODES * NODES) == BT_OK;
  for (int k = 0; k < NODES * NODES; k++) good = good && W[k] * signs[k] >= 0 && (mask[k] != 0 || W[k] == 0);
  return good;
}

static int32_t watch(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator;
  if (event == BT_EVENT_ITERATION) CHECK(obeys(user_data));
  return 0;
}

static void constraints(void) {
  bt_network *network = make_network(4);
  double before[NODES * NODES], W[NODES * NODES], lower[NODES * NODES], upper[NODES * NODES];
  uint8_t fixed[NODES * NODES];
  const double low = 0.5, high = 2;
  int64_t length = 0;
  CHECK_OK(bt_network_get_array(network, "u.x2.W", before, NODES * NODES));
  CHECK_OK(bt_network_set_signs(network, "u.x2.W", signs, NODES * NODES));
  CHECK_OK(bt_network_set_mask(network, "u.x2.W", mask, NODES * NODES));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", W, NODES * NODES));
  CHECK_OK(bt_network_get_bounds(network, "u.x2.W", lower, upper, NODES * NODES));
  CHECK_OK(bt_network_get_fixed(network, "u.x2.W", fixed, NODES * NODES));
  for (int k = 0; k < NODES * NODES; k++) {
    CHECK(W[k] == (mask[k] == 0 || before[k] * signs[k] < 0 ? 0 : before[k]));
    CHECK(lower[k] == (mask[k] == 0 || signs[k] > 0 ? 0 : -INFINITY));
    CHECK(upper[k] == (mask[k] == 0 || signs[k] < 0 ? 0 : INFINITY));
    CHECK(fixed[k] == (mask[k] == 0));
  }
  CHECK_OK(bt_network_randomize(network, 5));
  CHECK(obeys(network));
  bt_estimator *estimator = make_estimator(network);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 20));
  CHECK_OK(bt_estimator_run(estimator, watch, network, NULL));
  CHECK_OK(bt_estimator_trace_length(estimator, &length));
  CHECK(obeys(network) && length > 5);
  CHECK_OK(bt_estimator_free(estimator));
  /* Bounds that exclude 0: nothing is left of a sign, nothing can be taken away. */
  const int8_t inhibitory = -1;
  const uint8_t none = 0;
  CHECK_OK(bt_network_set_bounds(network, "u.x2.B", &low, &high, 1));
  CHECK_ERROR(bt_network_set_signs(network, "u.x2.B", &inhibitory, 1), BT_ERROR_ARGUMENT, "u.x2.B|0.5");
  CHECK_ERROR(bt_network_set_mask(network, "u.x2.B", &none, 1), BT_ERROR_ARGUMENT, "u.x2.B[0]|[0.5, 2.0]");
  CHECK_OK(bt_network_get_array(network, "u.x2.B", W, NODES * 2));
  CHECK_OK(bt_network_get_fixed(network, "u.x2.B", fixed, NODES * 2));
  for (int k = 0; k < NODES * 2; k++) CHECK(W[k] >= low && W[k] <= high && fixed[k] == 0);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  penalties();
  strangers();
  sparse();
  constraints();
  return check_report();
}
