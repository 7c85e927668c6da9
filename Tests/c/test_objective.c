/* Criteria: costs computed again by hand, their scale nu, and which steps are compared. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 17, SECOND = 9, TOTAL = FIRST + SECOND, OUTPUTS = STANDARD_OUTPUTS, VALUES = TOTAL * OUTPUTS };

static const int64_t lengths[2] = {FIRST, SECOND};

/* Two sequences with gaps, gains and an outlier. */
typedef struct {
  double inputs[TOTAL], desired[VALUES], gains[VALUES];
} task;

static task make_task(void) {
  task t;
  CHECK_OK(bt_random_normal(1, "inputs", t.inputs, TOTAL));
  CHECK_OK(bt_random_normal(1, "desired", t.desired, VALUES));
  CHECK_OK(bt_random_uniform(1, "gains", t.gains, VALUES));
  t.desired[5] = t.desired[FIRST * OUTPUTS] = NAN;
  t.gains[8] = t.gains[VALUES - 1] = 0;
  t.desired[11] = 50;
  t.desired[12] = 0.5;
  return t;
}

static bt_estimator *estimator_for(bt_network *network, const task *t) {
  bt_estimator *estimator = NULL;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, t->inputs, TOTAL, t->desired, VALUES, t->gains, VALUES));
  return estimator;
}

static void simulate(const bt_network *network, const task *t, double *outputs) {
  CHECK_OK(bt_simulate(network, 2, lengths, t->inputs, TOTAL, NULL, 0, outputs, VALUES, NULL, 0, NULL, 0));
}

static int is_observed(const task *t, int k) { return t->gains[k] > 0 && !isnan(t->desired[k]); }

/* The criteria that compare one value with another. */
static double least_squares(double x, double o, double nu) { return (void)nu, (x - o) * (x - o) / 2; }
static double l1(double x, double o, double nu) { return fabs(x - o) - nu * log(1 + fabs(x - o) / nu); }
static double l0(double x, double o, double nu) { return log(1 + (x - o) * (x - o) / nu) / 2; }
static double huber(double x, double o, double nu) {
  const double e = fabs(x - o);
  return e < nu ? e * e / (2 * nu) : e - nu / 2;
}
static double biweight(double x, double o, double nu) {
  const double u = (x - o) / nu;
  return fabs(u) < 1 ? pow(u, 6) - 3 * pow(u, 4) + 3 * u * u : 1;
}
static double boolean(double x, double o, double nu) {
  const double side = o > 0.5 ? 1 : o < 0.5 ? -1 : 0, lack = fmax(nu - side * (x - 0.5), 0);
  return lack * lack / 2;
}

/* nu = factor s^power, s being the scale of the errors. */
typedef struct {
  const char *name, *alias;
  double (*rho)(double, double, double);
  double factor, power;
} criterion;
static const criterion criteria[] = {
    {"least-squares", "2", least_squares, 0, 0}, {"l1", "1", l1, 1e-3, 1},
    {"l0", "0", l0, 1, 2},                       {"huber", "a", huber, 1.345, 1},
    {"biweight", "b", biweight, 4.685, 1},       {"boolean", "h", boolean, 0.1, 0}};

/* sum kappa rho / sum kappa. */
static double cost_by_hand(const criterion *c, const task *t, const double *outputs, double nu) {
  double sum = 0, gains = 0;
  for (int k = 0; k < VALUES; k++) {
    if (!is_observed(t, k)) continue;
    sum += t->gains[k] * c->rho(outputs[k], t->desired[k], nu);
    gains += t->gains[k];
  }
  return sum / gains;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* 1.4826 times the median of the absolute errors. */
static double scale_by_hand(const task *t, const double *outputs) {
  double errors[VALUES];
  int count = 0;
  for (int k = 0; k < VALUES; k++) {
    if (is_observed(t, k)) errors[count++] = fabs(outputs[k] - t->desired[k]);
  }
  qsort(errors, (size_t)count, sizeof *errors, ascending);
  return 1.4826 * (errors[(count - 1) / 2] + errors[count / 2]) / 2;
}

/* One criterion: its names, and every entry of the trace. nu is given, or follows the errors where it is 0. */
static void one(const criterion *c, double given) {
  task t = make_task();
  bt_network *network = standard_network();
  set_own_weights(network);
  bt_estimator *estimator = estimator_for(network, &t);
  double first[VALUES], last[VALUES], value = 0, nmse = 0;
  char text[30];
  int64_t length = 0;
  check_about(c->name);
  simulate(network, &t, first);
  CHECK_OK(bt_estimator_set_criterion(estimator, c->alias));
  CHECK_OK(bt_estimator_get_criterion(estimator, text, sizeof text, &length));
  CHECK(strcmp(text, c->name) == 0 && length == (int64_t)strlen(c->name));
  CHECK_OK(bt_estimator_set_criterion(estimator, c->name));
  CHECK_OK(bt_estimator_set_option(estimator, "nu", given));
  CHECK_OK(bt_estimator_get_option(estimator, "nu", &value));
  CHECK(value == given);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 15));
  const double start = given > 0 ? given : c->factor * pow(scale_by_hand(&t, first), c->power);
  CHECK_OK(bt_estimator_cost(estimator, &value, &nmse));
  CHECK_CLOSE(value, cost_by_hand(c, &t, first, start), 1e-12);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  simulate(network, &t, last);

  double *costs = trace_column(estimator, "cost", &length), *nu = trace_column(estimator, "nu", &length);
  double *firsts = trace_column(estimator, "first_cost", &length);
  const int has_nu = c->factor > 0, follows = c->power > 0 && given == 0;
  CHECK(length > 2 && costs[0] == value && firsts[0] == value);
  CHECK_CLOSE(nu[0], has_nu ? start : 0, 1e-12);
  for (int64_t k = 1; k < length; k++) {
    CHECK(nu[k] == nu[k - 1] ? costs[k] <= costs[k - 1] : nu[k] < nu[k - 1]);
    CHECK(costs[k] <= firsts[k]);
    CHECK(follows || nu[k] == nu[0]);
    CHECK_CLOSE(firsts[k], cost_by_hand(c, &t, first, nu[k]), 1e-12);
  }
  CHECK(costs[length - 1] < firsts[length - 1] && (!follows || nu[length - 1] < nu[0]));
  CHECK_OK(bt_estimator_cost(estimator, &value, &nmse));
  CHECK(value == costs[length - 1]);
  CHECK_CLOSE(value, cost_by_hand(c, &t, last, nu[length - 1]), 1e-12);
  check_about(NULL);
  free(costs), free(nu), free(firsts);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* -o log x of softmax outputs, and where it cannot be. */
static void cross_entropy(void) {
  bt_network *network = standard_network();
  task t = make_task();
  int64_t group = -1, length = 0;
  const int64_t two = 2;
  double outputs[VALUES], sum = 0, gains = 0, cost = SENTINEL;
  bt_estimator *plain = estimator_for(network, &t);
  CHECK_OK(bt_estimator_set_criterion(plain, "cross-entropy"));
  CHECK_ERROR(bt_estimator_cost(plain, &cost, NULL), BT_ERROR_NETWORK, "cross-entropy|u.x|softmax");
  CHECK_ERROR(bt_estimator_step(plain, NULL, NULL, NULL), BT_ERROR_NETWORK, "cross-entropy|u.x|softmax");
  CHECK(cost == SENTINEL);
  CHECK_OK(bt_estimator_set_criterion(plain, "least-squares"));
  CHECK_OK(bt_estimator_step(plain, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(plain));
  CHECK_OK(bt_network_add_softmax(network, "p", 2, 0, 0.5, &group));
  CHECK_OK(bt_network_observe(network, &group, &two, 1));
  bt_estimator *estimator = estimator_for(network, &t);
  CHECK_OK(bt_estimator_set_criterion(estimator, "cross-entropy"));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "desired|cross-entropy|0 or more");
  CHECK(cost == SENTINEL);
  for (int k = 0; k < VALUES; k++) t.desired[k] = fabs(t.desired[k]);
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, t.inputs, TOTAL, t.desired, VALUES, t.gains, VALUES));
  simulate(network, &t, outputs);
  for (int k = 0; k < VALUES; k++) {
    if (!is_observed(&t, k)) continue;
    sum -= t.gains[k] * t.desired[k] * log(outputs[k]);
    gains += t.gains[k];
  }
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, sum / gains, 1e-12);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 10));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  double *costs = trace_column(estimator, "cost", &length);
  CHECK(length > 2 && costs[0] == cost && costs[length - 1] < costs[0]);
  for (int64_t k = 1; k < length; k++) CHECK(costs[k] <= costs[k - 1]);
  free(costs);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Spikes and counts: costs of outputs between 0 and 1, and what may be desired. */
static void likelihoods(void) {
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "dense", NULL, 1, "{\"activation\": \"logistic\"}", NULL));
  const double u[2] = {0, 1}, weights[2] = {0.5, -1};
  CHECK_OK(bt_network_set_weights(network, weights, 2));
  const int64_t length = 2;
  double desired[2] = {1, 0.25}, cost = SENTINEL;
  const double x[2] = {1 / (1 + exp(-0.5)), 1 / (1 + exp(0.5))};
  bt_estimator *estimator = NULL;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &length, u, 2, desired, 2, NULL, 0));
  CHECK_OK(bt_estimator_set_criterion(estimator, "bernoulli"));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, (-log(x[0]) - 0.25 * log(x[1]) - 0.75 * log(1 - x[1])) / 2, 1e-12);
  CHECK_OK(bt_estimator_set_criterion(estimator, "poisson"));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, (x[0] - log(x[0]) - 1 + x[1] - 0.25 * log(x[1]) + 0.25 * log(0.25) - 0.25) / 2, 1e-12);
  desired[0] = 3;
  CHECK_OK(bt_estimator_set_data(estimator, 1, &length, u, 2, desired, 2, NULL, 0));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_OK(bt_estimator_set_criterion(estimator, "bernoulli"));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "desired|3|bernoulli");
  desired[1] = -2;
  CHECK_OK(bt_estimator_set_data(estimator, 1, &length, u, 2, desired, 2, NULL, 0));
  CHECK_OK(bt_estimator_set_criterion(estimator, "poisson"));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "desired|-2|poisson|0 or more");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Steps that are not compared are as if their desired values were NaN, to the bit. */
static void left_out(int washout, int is_static) {
  task t = make_task(), masked = t;
  for (int k = 0; k < VALUES; k++) {
    const int step = k / OUTPUTS, in = step < FIRST ? step : step - FIRST, T = step < FIRST ? FIRST : SECOND;
    if (in < washout || (is_static && in < T - 1)) masked.desired[k] = NAN;
  }
  bt_network *network[2] = {standard_network(), standard_network()};
  bt_estimator *estimator[2] = {estimator_for(network[0], &t), estimator_for(network[1], &masked)};
  double weights[2][STANDARD_WEIGHTS], cost[2], nmse[2], outputs[VALUES], given = 0;
  /* A change counts at once, also after steps. */
  CHECK_OK(bt_estimator_set_criterion(estimator[0], "huber"));
  CHECK_OK(bt_estimator_set_criterion(estimator[1], "huber"));
  CHECK_OK(bt_estimator_step(estimator[0], NULL, NULL, NULL));
  CHECK_OK(bt_estimator_set_option(estimator[0], "washout", washout));
  CHECK_OK(bt_estimator_set_option(estimator[0], "static", is_static));
  CHECK_OK(bt_estimator_set_option(estimator[0], "nu", 0.25));
  CHECK_OK(bt_estimator_cost(estimator[0], &given, NULL));
  simulate(network[0], &t, outputs);
  CHECK_CLOSE(given, cost_by_hand(&criteria[3], &masked, outputs, 0.25), 1e-12);
  CHECK_OK(bt_estimator_set_option(estimator[0], "nu", 0));
  CHECK_OK(bt_network_randomize(network[0], 1));
  for (int k = 0; k < 2; k++) {
    CHECK_OK(bt_estimator_set_option(estimator[k], "max_iterations", 5));
    CHECK_OK(bt_estimator_run(estimator[k], NULL, NULL, NULL));
    CHECK_OK(bt_estimator_cost(estimator[k], &cost[k], &nmse[k]));
    CHECK_OK(bt_estimator_get_weights(estimator[k], weights[k], STANDARD_WEIGHTS));
  }
  CHECK(cost[0] == cost[1] && memcmp(&nmse[0], &nmse[1], sizeof *nmse) == 0);
  CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);
  cost[0] = SENTINEL;
  CHECK_OK(bt_estimator_set_option(estimator[0], "washout", FIRST));
  CHECK_ERROR(bt_estimator_cost(estimator[0], &cost[0], NULL), BT_ERROR_ARGUMENT, "desired|washout|17|at least one");
  CHECK(cost[0] == SENTINEL);
  CHECK_OK(bt_estimator_set_option(estimator[0], "washout", washout));
  CHECK_OK(bt_estimator_cost(estimator[0], &cost[0], NULL));
  for (int k = 0; k < 2; k++) {
    CHECK_OK(bt_estimator_free(estimator[k]));
    CHECK_OK(bt_network_free(network[k]));
  }
}

int main(void) {
  for (int64_t k = 0; k < COUNT(criteria); k++) {
    one(&criteria[k], 0);
    one(&criteria[k], 0.75);
  }
  cross_entropy();
  likelihoods();
  left_out(0, 1);
  left_out(4, 0);
  left_out(SECOND, 0);
  left_out(SECOND, 1);
  return check_report();
}
