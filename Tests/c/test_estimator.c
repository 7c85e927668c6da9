/* Estimation: costs go down, options, trace, reasons to stop, hard cases. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether all adjustable weights are finite. */
static int has_finite_weights(const bt_network *network) {
  int64_t count = 0;
  CHECK_OK(bt_network_weight_count(network, &count));
  double *weights = exact_doubles(count, NAN);
  CHECK_OK(bt_network_get_weights(network, weights, count));
  int finite = 1;
  for (int64_t k = 0; k < count; k++) finite = finite && isfinite(weights[k]);
  free(weights);
  return finite;
}

static void descent(void) {
  bt_network *network = standard_network();
  set_own_weights(network);
  bt_estimator *estimator = standard_estimator(network);
  double a[STANDARD_WEIGHTS], b[STANDARD_WEIGHTS], first = 0, cost = 0, nmse = 0;
  int32_t stop = 77, reported = 77;
  int64_t length = 0;
  CHECK_OK(bt_estimator_set_method(estimator, "backward-tuning"));
  CHECK_OK(bt_estimator_cost(estimator, &first, &nmse));
  CHECK(first > 0 && nmse > 0);
  for (int k = 0; k < 3; k++) {
    const double before = cost;
    CHECK_OK(bt_estimator_step(estimator, NULL, NULL, &stop));
    CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
    CHECK(stop == BT_STOP_NONE && cost < first && (k == 0 || cost <= before));
  }
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 5));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_ITERATIONS);
  CHECK_OK(bt_estimator_stop_reason(estimator, &reported));
  CHECK(reported == stop);
  CHECK_OK(bt_estimator_get_weights(estimator, a, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_get_weights(network, b, STANDARD_WEIGHTS));
  CHECK(memcmp(a, b, sizeof a) == 0);

  double *costs = trace_column(estimator, "cost", &length), *orders = trace_column(estimator, "order", &length);
  CHECK_OK(bt_estimator_cost(estimator, &cost, &nmse));
  CHECK(length == 9 && costs[0] == first && costs[8] == cost && orders[0] == 0);
  for (int64_t k = 1; k < length; k++) CHECK(costs[k] <= costs[k - 1]);
  free(costs);
  free(orders);
  const char *names[] = {"nmse",   "penalty",   "nu",          "first_cost", "variant", "step",
                         "raised", "saturated", "simulations", "seconds"};
  for (int64_t k = 0; k < COUNT(names); k++) {
    double *values = trace_column(estimator, names[k], &length);
    for (int64_t i = 0; i < length; i++) CHECK(isfinite(values[i]) && values[i] >= 0);
    free(values);
  }
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void stopping(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  const uint8_t fixed = 1;
  const char *arrays[] = {"u.x2.a", "u.x2.W", "u.x2.B", "u.x1.g"};
  int32_t stop = 77;
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_ITERATIONS);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 1e15));
  CHECK_OK(bt_estimator_set_option(estimator, "tolerance", 0.9));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_TOLERANCE);
  CHECK_OK(bt_estimator_set_option(estimator, "target", 1e6));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_TARGET);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  for (int64_t k = 0; k < 4; k++) CHECK_OK(bt_network_set_fixed(network, arrays[k], &fixed, 1));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_NOTHING);
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_NOTHING);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* The draws of a race: the best is what was found; none where no race took place. */
static void restarts(void) {
  bt_network *network = standard_network();
  /* From some draws the first weights are good enough, and no race takes place. */
  CHECK_OK(bt_network_randomize(network, 3));
  bt_estimator *estimator = standard_estimator(network);
  double cost = 0, costs[200];
  int64_t count = 77;
  CHECK_OK(bt_estimator_restart_count(estimator, &count));
  CHECK(count == 0);
  CHECK_OK(bt_estimator_set_option(estimator, "restarts", 4));
  CHECK_OK(bt_estimator_set_option(estimator, "tolerance", 0));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 60));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_restart_count(estimator, &count));
  CHECK(count > 1 && count <= COUNT(costs));
  CHECK_OK(bt_estimator_restarts(estimator, costs, count));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(costs[0] == cost);
  for (int64_t k = 1; k < count; k++) CHECK(costs[k] >= costs[k - 1]);
  /* The spread belongs to the race: it goes with it. */
  CHECK_OK(bt_estimator_set_option(estimator, "restarts", 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_restart_count(estimator, &count));
  CHECK(count == 0);
  CHECK_OK(bt_estimator_restarts(estimator, NULL, 0));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void options(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  const char *names[] = {"max_iterations", "tolerance", "target", "guard", "reestimation", "nu", "washout", "static"};
  const double bad[] = {NAN, INFINITY, -INFINITY, -1};
  char text[30];
  int64_t length = 0;
  CHECK_OK(bt_estimator_create(network, &estimator));
  for (int64_t k = 0; k < COUNT(names); k++) {
    double initial = SENTINEL, value = SENTINEL;
    check_about(names[k]);
    CHECK_OK(bt_estimator_get_option(estimator, names[k], &initial));
    CHECK(initial >= 0);
    for (int64_t i = 0; i < COUNT(bad); i++) {
      CHECK_ERROR(bt_estimator_set_option(estimator, names[k], bad[i]), BT_ERROR_ARGUMENT, names[k]);
    }
    CHECK_OK(bt_estimator_get_option(estimator, names[k], &value));
    CHECK(value == initial);
    CHECK_OK(bt_estimator_set_option(estimator, names[k], 0));
    CHECK_OK(bt_estimator_get_option(estimator, names[k], &value));
    CHECK(value == 0);
  }
  check_about(NULL);
  CHECK_ERROR(bt_estimator_set_option(estimator, "guard", 0.5), BT_ERROR_ARGUMENT, "guard|0.5|0 or 1");
  CHECK_ERROR(bt_estimator_set_option(estimator, "max_iterations", 1.5), BT_ERROR_ARGUMENT,
              "max_iterations|1.5|integer");
  CHECK_ERROR(bt_estimator_set_option(estimator, "max_iterations", 1e300), BT_ERROR_ARGUMENT, "max_iterations|1e+300");
  CHECK_ERROR(bt_estimator_set_option(estimator, "tolerance", 1), BT_ERROR_ARGUMENT, "tolerance|1|[0, 1)");
  CHECK_ERROR(bt_estimator_set_option(estimator, "speed", 1), BT_ERROR_ARGUMENT, "speed|unknown|tolerance");
  CHECK_OK(bt_estimator_set_criterion(estimator, "2"));
  CHECK_OK(bt_estimator_get_criterion(estimator, text, sizeof text, &length));
  CHECK(strcmp(text, "least-squares") == 0 && length == 13);
  CHECK_ERROR(bt_estimator_set_criterion(estimator, "L1"), BT_ERROR_ARGUMENT,
              "'L1'|unknown|least-squares or 2, l1 or 1, l0 or 0, huber or a, biweight or b, boolean or h, "
              "bernoulli, poisson, cross-entropy, observables");
  CHECK_OK(bt_estimator_get_criterion(estimator, text, sizeof text, &length));
  CHECK(strcmp(text, "least-squares") == 0);
  CHECK_OK(bt_estimator_set_method(estimator, "backward-tuning"));
  CHECK_OK(bt_estimator_get_method(estimator, text, sizeof text, &length));
  CHECK(strcmp(text, "backward-tuning") == 0);
  CHECK_ERROR(bt_estimator_set_method(estimator, "magic"), BT_ERROR_ARGUMENT, "magic|unknown|auto");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* One sequence of desired values through the standard network; `length` steps of input 0 unless given. */
static void hard(const char *about, int64_t steps, double target, double input, bt_status expected) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  double *inputs = exact_doubles(steps, input), *desired = exact_doubles(2 * steps, target);
  double first = NAN, cost = NAN, nmse = 0;
  int32_t stop = 77;
  check_about(about);
  CHECK_OK(bt_estimator_create(network, &estimator));
  if (check_status(bt_estimator_set_data(estimator, 1, &steps, inputs, steps, desired, 2 * steps, NULL, 0), expected,
                   NULL, __FILE__, __LINE__, "set_data") &&
      expected == BT_OK) {
    CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 20));
    CHECK_OK(bt_estimator_cost(estimator, &first, &nmse));
    CHECK(isnan(nmse));
    CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
    CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
    CHECK(cost <= first && stop != BT_STOP_NONE && has_finite_weights(network));
  }
  check_about(NULL);
  free(inputs);
  free(desired);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Targets whose squares no double holds. */
static void without_squares(double target) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  const int64_t steps = 30;
  double *inputs = exact_doubles(steps, 1), *desired = exact_doubles(2 * steps, target), cost = SENTINEL;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, steps, desired, 2 * steps, NULL, 0));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT,
              "desired: the largest value|sequence 0, step 0, output 0|other units");
  CHECK_ERROR(bt_estimator_run(estimator, NULL, NULL, NULL), BT_ERROR_ARGUMENT, "desired: the largest value");
  CHECK(cost == SENTINEL && has_finite_weights(network));
  free(inputs);
  free(desired);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* A linear unit whose self-weight is 1.5 explodes; targets are a million. */
static void diverging(double self_weight, double target, int64_t steps) {
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  const double weights[] = {self_weight, 1};
  double *inputs = exact_doubles(steps, 1), *desired = exact_doubles(steps, target), first = NAN, cost = NAN;
  int32_t stop = 77;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 1, "{\"bias\": false}", NULL));
  CHECK_OK(bt_network_set_weights(network, weights, 2));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, steps, desired, steps, NULL, 0));
  CHECK_OK(bt_estimator_cost(estimator, &first, NULL));
  CHECK(!isnan(first) && first > 0);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 30));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost <= first && has_finite_weights(network));
  CHECK(isfinite(cost) || stop == BT_STOP_DIVERGED);
  if (!isfinite(cost)) {
    /* Said again when asked again. */
    CHECK_OK(bt_estimator_step(estimator, NULL, NULL, &stop));
    CHECK(stop == BT_STOP_DIVERGED);
  }
  CHECK(stop != BT_STOP_NONE && stop != BT_STOP_TARGET && (stop != BT_STOP_TOLERANCE || cost < 1e-6 * first));
  free(inputs);
  free(desired);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* NMSE of each output, from what the estimator simulates; a constant one has none. */
static void each_output(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  const int64_t steps = STEPS;
  double inputs[STEPS], desired[2 * STEPS], outputs[2 * STEPS], again[2 * STEPS], nmse[2], mean = 0, errors = 0, spread = 0;
  standard_data(network, inputs, desired);
  for (int t = 0; t < STEPS; t++) desired[2 * t + 1] = 0.25;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_ERROR(bt_estimator_output_nmse(estimator, nmse, 2), BT_ERROR_STATE, "data");
  CHECK_ERROR(bt_estimator_simulate(estimator, outputs, 2 * STEPS), BT_ERROR_STATE, "data");
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, STEPS, desired, 2 * STEPS, NULL, 0));
  for (int run = 0; run < 2; run++) {
    CHECK_OK(bt_estimator_simulate(estimator, outputs, 2 * STEPS));
    CHECK_OK(bt_simulate(network, 1, &steps, inputs, STEPS, NULL, 0, again, 2 * STEPS, NULL, 0, NULL, 0));
    mean = errors = spread = 0;
    for (int t = 0; t < STEPS; t++) mean += desired[2 * t] / STEPS;
    for (int t = 0; t < STEPS; t++) {
      CHECK_CLOSE(outputs[2 * t], again[2 * t], 1e-14);
      CHECK_CLOSE(outputs[2 * t + 1], again[2 * t + 1], 1e-14);
      errors += pow(outputs[2 * t] - desired[2 * t], 2);
      spread += pow(desired[2 * t] - mean, 2);
    }
    CHECK_OK(bt_estimator_output_nmse(estimator, nmse, 2));
    CHECK_CLOSE(nmse[0], errors / spread, 1e-12);
    CHECK(isnan(nmse[1]));
    CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  }
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Inputs that say nothing of the outputs: nothing better than the best constant is found. */
static void saddle(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  const int64_t steps = STEPS;
  double inputs[STEPS], desired[2 * STEPS], nmse = 0;
  int32_t stop = -1;
  const uint8_t fixed = 1;
  const double zero = 0;
  standard_data(network, inputs, desired);
  CHECK_OK(bt_network_set_array(network, "u.x2.W", &zero, 1));
  CHECK_OK(bt_network_set_array(network, "u.x1.g", &zero, 1));
  CHECK_OK(bt_network_set_fixed(network, "u.x2.W", &fixed, 1));
  CHECK_OK(bt_network_set_fixed(network, "u.x1.g", &fixed, 1));
  for (int t = 0; t < STEPS; t++) inputs[t] = 0;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, STEPS, desired, 2 * STEPS, NULL, 0));
  CHECK_OK(bt_estimator_set_option(estimator, "restarts", 0));
  CHECK_OK(bt_estimator_set_option(estimator, "tolerance", 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_cost(estimator, NULL, &nmse));
  CHECK(stop == BT_STOP_SADDLE && nmse >= 1 - 1e-9);
  CHECK(strstr(bt_stop_string(BT_STOP_SADDLE), "saddle") != NULL);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  const int64_t steps = is_small() ? 500 : 5000;
  descent();
  stopping();
  restarts();
  options();
  hard("empty", 0, 1, 0, BT_ERROR_ARGUMENT);
  hard("one step", 1, 0.3, 0.5, BT_OK);
  hard("two steps", 2, 0.3, 0.5, BT_OK);
  hard("constant outputs", 30, 0.25, 1, BT_OK);
  hard("constant outputs for long", 3000, 0.3, 1, BT_OK);
  hard("zero inputs", 30, 0.25, 0, BT_OK);
  hard("zero outputs", 30, 0, 0, BT_OK);
  without_squares(1e200);
  without_squares(1e-300);
  hard("huge inputs", 30, 0.5, 1e300, BT_OK);
  hard("nothing observed", 30, NAN, 1, BT_ERROR_ARGUMENT);
  hard("infinite targets", 30, INFINITY, 1, BT_ERROR_ARGUMENT);
  hard("infinite inputs", 30, 1, -INFINITY, BT_ERROR_ARGUMENT);
  diverging(1.5, 1e6, steps);
  diverging(1e300, 1, steps);
  each_output();
  saddle();
  return check_report();
}
