/* The criterion "observables": means computed again by hand, what is desired of them, Gibbs weights, divergence. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 30, SECOND = 12, TOTAL = FIRST + SECOND, OUTPUTS = 2, VALUES = TOTAL * OUTPUTS, KINDS = 8 };

static const int64_t lengths[2] = {FIRST, SECOND};
static double inputs[TOTAL];

/* An estimator without desired outputs. */
static bt_estimator *make_estimator(bt_network *network) {
  bt_estimator *estimator = NULL;
  CHECK_OK(bt_random_normal(1, "inputs", inputs, TOTAL));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, inputs, TOTAL, NULL, 0, NULL, 0));
  CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
  return estimator;
}

typedef struct {
  const char *kind;
  int64_t count;
  double parameters[4];
} observable;
static const observable kinds[KINDS] = {{"mean", 1, {1}},
                                        {"mean_at", 2, {0, 7}},
                                        {"mean_at", 2, {1, 20}},
                                        {"product", 2, {1, 0}},
                                        {"autocorrelation", 2, {0, 3}},
                                        {"normalised_autocorrelation", 4, {1, 2, 0.25, 0.5}},
                                        {"standardised_moment", 4, {0, 3, -0.5, 2}},
                                        {"standardised_moment", 4, {1, 4, 0.25, 0.5}}};

static void add(bt_estimator *estimator, const observable *o, double desired) {
  CHECK_OK(bt_estimator_add_observable(estimator, o->kind, o->parameters, o->count, desired));
}

/* Mean and deviation of an output, gaps left out. */
static void standard(const double *x, int k, double *m, double *s) {
  double sum = 0, square = 0, count = 0;
  for (; k < VALUES; k += OUTPUTS) {
    if (!isnan(x[k])) sum += x[k], square += x[k] * x[k], count++;
  }
  *m = sum / count;
  *s = sqrt(square / count - *m * *m);
}

/* The mean of omega over the terms without a gap from step `washout` on. */
static double by_hand(const observable *o, const double *x, int washout) {
  const int k = (int)o->parameters[0], p = o->count > 1 ? (int)o->parameters[1] : 0;
  const int is_lagged = strstr(o->kind, "autocorrelation") != NULL, is_at = strcmp(o->kind, "mean_at") == 0;
  const int is_standard = o->kind[0] == 'n' || o->kind[0] == 's', is_power = o->kind[0] == 's';
  const int other = strcmp(o->kind, "product") == 0 ? p : k;
  double sum = 0, count = 0, m = 0, s = 1;
  if (is_standard && o->count == 2) standard(x, k, &m, &s);
  if (is_standard && o->count == 4) m = o->parameters[2], s = o->parameters[3];
  for (int sequence = 0, first = 0; sequence < 2; first += (int)lengths[sequence++]) {
    for (int t = washout; t < lengths[sequence]; t++) {
      if ((is_at && t != p) || (is_lagged && t - p < washout)) continue;
      const double a = (x[(first + t) * OUTPUTS + k] - m) / s;
      const double b = (x[(first + t - (is_lagged ? p : 0)) * OUTPUTS + other] - m) / s;
      const double omega = is_power ? pow(a, p) : is_lagged || o->kind[0] == 'p' ? a * b : a;
      if (!isnan(omega)) sum += omega, count++;
    }
  }
  return sum / count;
}

/* Means, the desired ones that were given, and the cost. */
static void means(int washout) {
  bt_network *network = standard_network();
  bt_estimator *estimator = make_estimator(network);
  double x[VALUES], found[KINDS], desired[KINDS], lambda[KINDS], cost = 0, nmse = 0, sum = 0;
  int64_t count = 0;
  CHECK_OK(bt_simulate(network, 2, lengths, inputs, TOTAL, NULL, 0, x, VALUES, NULL, 0, NULL, 0));
  for (int k = 0; k < KINDS; k++) add(estimator, &kinds[k], 0.1 * k);
  CHECK(bt_estimator_observable_count(estimator, &count) == BT_OK && count == KINDS);
  CHECK_OK(bt_estimator_set_option(estimator, "washout", washout));
  CHECK_OK(bt_estimator_observables(estimator, found, desired, lambda, KINDS));
  for (int k = 0; k < KINDS; k++) {
    check_about(kinds[k].kind);
    CHECK_CLOSE(found[k], by_hand(&kinds[k], x, washout), 1e-12);
    CHECK(desired[k] == 0.1 * k && lambda[k] == 1);
    sum += fabs(found[k] - desired[k]);
  }
  check_about(NULL);
  CHECK(bt_estimator_cost(estimator, &cost, &nmse) == BT_OK && isnan(nmse));
  CHECK_CLOSE(cost, sum, 1e-12);
  CHECK_OK(bt_estimator_clear_observables(estimator));
  CHECK(bt_estimator_observable_count(estimator, &count) == BT_OK && count == 0);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Desired means, m and s that were left out are those of a reference with gaps: given as such, or as desired outputs. */
static void measured(void) {
  static const observable left_out[] = {{"normalised_autocorrelation", 2, {0, 1}}, {"standardised_moment", 2, {1, 3}}};
  bt_network *network = standard_network(), *root = standard_network();
  bt_estimator *estimator[2] = {make_estimator(network), make_estimator(network)};
  double reference[VALUES], x[VALUES], found[KINDS + 2], desired[KINDS + 2], cost[2], m = 0, s = 0;
  CHECK_OK(bt_network_randomize(root, 9));
  CHECK_OK(bt_simulate(root, 2, lengths, inputs, TOTAL, NULL, 0, reference, VALUES, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, 2, lengths, inputs, TOTAL, NULL, 0, x, VALUES, NULL, 0, NULL, 0));
  for (int k = 0; k < VALUES; k += 11) reference[k] = NAN;
  CHECK_OK(bt_estimator_set_reference(estimator[0], 2, lengths, reference, VALUES));
  CHECK_OK(bt_estimator_set_data(estimator[1], 2, lengths, inputs, TOTAL, reference, VALUES, NULL, 0));
  for (int k = 0; k < 2; k++) {
    for (int i = 0; i < KINDS; i++) add(estimator[k], &kinds[i], i == 3 ? 0.75 : NAN);
    for (int i = 0; i < 2; i++) add(estimator[k], &left_out[i], NAN);
    CHECK_OK(bt_estimator_observables(estimator[k], found, desired, NULL, KINDS + 2));
    for (int i = 0; i < KINDS + 2; i++) {
      const observable *o = i < KINDS ? &kinds[i] : &left_out[i - KINDS];
      observable frozen = *o;
      if (i >= KINDS) {
        standard(reference, (int)o->parameters[0], &m, &s);
        frozen.count = 4, frozen.parameters[2] = m, frozen.parameters[3] = s;
      }
      check_about(o->kind);
      CHECK_CLOSE(desired[i], i == 3 ? 0.75 : by_hand(o, reference, 0), 1e-12);
      CHECK_CLOSE(found[i], by_hand(&frozen, x, 0), 1e-12);
    }
    check_about(NULL);
    CHECK_OK(bt_estimator_cost(estimator[k], &cost[k], NULL));
  }
  CHECK(cost[0] == cost[1]);
  for (int k = 0; k < 2; k++) CHECK_OK(bt_estimator_free(estimator[k]));
  CHECK(bt_network_free(network) == BT_OK && bt_network_free(root) == BT_OK);
}

/* The cost never grows, and one mean is met. */
static void run(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = make_estimator(network);
  double found[1], desired[1], cost = 0;
  int64_t length = 0;
  add(estimator, &kinds[0], 0.3);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  double *costs = trace_column(estimator, "cost", &length);
  for (int64_t k = 1; k < length; k++) CHECK(costs[k] <= costs[k - 1]);
  CHECK_OK(bt_estimator_observables(estimator, found, desired, NULL, 1));
  CHECK_CLOSE(found[0], 0.3, 1e-3);
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(length > 1 && cost == costs[length - 1] && cost == fabs(found[0] - desired[0]));
  free(costs);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Samples 0 and 1 of output 1, one in four being 1: lambda and the divergence are known. */
static void gibbs(void) {
  const double p = 0.6, biased = 0.3;
  const int64_t steps = 4, ten = 10;
  const double samples[8] = {NAN, 0, NAN, 1, NAN, 0, NAN, 0}, u[10] = {0}, weights[STANDARD_WEIGHTS] = {0};
  bt_network *network = standard_network();
  bt_estimator *estimator = make_estimator(network);
  double lambda[1] = {SENTINEL}, q = 0, divergence = SENTINEL;
  CHECK_OK(bt_estimator_set_data(estimator, 1, &ten, u, 10, NULL, 0, NULL, 0));
  add(estimator, &kinds[0], p);
  CHECK_ERROR(bt_estimator_divergence(estimator, &divergence), BT_ERROR_STATE, "divergence|samples|reference");
  CHECK_OK(bt_estimator_set_samples(estimator, 1, &steps, samples, 8));
  CHECK_OK(bt_estimator_observables(estimator, NULL, NULL, lambda, 1));
  CHECK_CLOSE(lambda[0], log(p / (1 - p) * 3), 1e-8);
  /* No connection and no leak: the output is zeta01 of the bias, at all times. */
  CHECK_OK(bt_network_set_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_set_array(network, "u.x2.a", &biased, 1));
  CHECK_OK(bt_estimator_observables(estimator, &q, NULL, NULL, 1));
  CHECK(q > 0.01 && q < 0.99);
  CHECK_OK(bt_estimator_divergence(estimator, &divergence));
  CHECK_CLOSE(divergence, p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)), 1e-8);
  /* Desired means on the border of what samples reach, and beyond. */
  for (int k = 0; k < 3; k++) {
    const double beyond[] = {1, 1.5, -0.25};
    lambda[0] = divergence = SENTINEL;
    CHECK_OK(bt_estimator_clear_observables(estimator));
    add(estimator, &kinds[0], beyond[k]);
    CHECK_ERROR(bt_estimator_observables(estimator, NULL, NULL, lambda, 1), BT_ERROR_ARGUMENT, "samples|outside");
    CHECK_ERROR(bt_estimator_divergence(estimator, &divergence), BT_ERROR_ARGUMENT, "samples|outside");
    CHECK(lambda[0] == SENTINEL && divergence == SENTINEL);
  }
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* What cannot be is said when the cost is asked for, and nothing is written. */
static void refused(void) {
  static const struct {
    observable o;
    double desired;
    bt_status status;
    const char *pieces;
  } wrong[] = {{{"mean", 1, {0}}, NAN, BT_ERROR_STATE, "observable 0|desired mean|reference"},
               {{"standardised_moment", 2, {0, 3}}, 1, BT_ERROR_STATE, "standardised_moment (0, 3)|m and s"},
               {{"mean_at", 2, {0, FIRST}}, 1, BT_ERROR_ARGUMENT, "mean_at (0, 30)|has 30 steps|more than 30"},
               {{"mean_at", 2, {0, 9e18}}, 1, BT_ERROR_ARGUMENT, "mean_at|no term|has 30 steps"},
               {{"autocorrelation", 2, {0, 9e18}}, 1, BT_ERROR_ARGUMENT, "autocorrelation|no term|has 30 steps"}};
  bt_network *network = standard_network();
  bt_estimator *estimator = make_estimator(network);
  double value = SENTINEL, series[VALUES];
  const int64_t none = 0, group = 2, one = 1, two = 2;
  CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_ARGUMENT, "observables|at least one");
  for (int64_t k = 0; k < COUNT(wrong); k++) {
    add(estimator, &wrong[k].o, wrong[k].desired);
    CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), wrong[k].status, wrong[k].pieces);
    CHECK_ERROR(bt_estimator_observables(estimator, &value, NULL, NULL, 1), wrong[k].status, wrong[k].pieces);
    CHECK_ERROR(bt_estimator_run(estimator, NULL, NULL, NULL), wrong[k].status, wrong[k].pieces);
    CHECK_OK(bt_estimator_clear_observables(estimator));
  }
  add(estimator, &kinds[1], 1);
  CHECK_OK(bt_estimator_set_option(estimator, "washout", 8));
  CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_ARGUMENT, "mean_at (0, 7)|washout of 8");
  CHECK_OK(bt_estimator_set_option(estimator, "washout", 0));
  CHECK_OK(bt_estimator_set_reference(estimator, 1, &none, NULL, 0));
  CHECK_OK(bt_estimator_clear_observables(estimator));
  add(estimator, &kinds[0], NAN);
  CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_STATE, "desired mean");
  CHECK_OK(bt_estimator_set_criterion(estimator, "least-squares"));
  CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_STATE, "desired|criterion");
  CHECK_ERROR(bt_estimator_observables(estimator, &value, NULL, NULL, 1), BT_ERROR_STATE, "desired|criterion");
  CHECK_OK(bt_estimator_free(estimator));
  /* Fewer outputs, before there were data, than when observables and reference came. */
  for (int k = 0; k < VALUES; k++) series[k] = k;
  for (int has_reference = 0; has_reference < 2; has_reference++) {
    CHECK_OK(bt_estimator_create(network, &estimator));
    CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
    add(estimator, has_reference ? &kinds[4] : &kinds[3], has_reference ? NAN : 1);
    if (has_reference) CHECK_OK(bt_estimator_set_reference(estimator, 2, lengths, series, VALUES));
    CHECK_OK(bt_network_observe(network, &group, &one, 1));
    CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, inputs, TOTAL, NULL, 0, NULL, 0));
    CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_SIZE,
                has_reference ? "reference|2 outputs|has 1 now" : "product (1, 0)|output 1|has 1 now");
    CHECK_OK(bt_estimator_free(estimator));
    CHECK_OK(bt_network_observe(network, &group, &two, 1));
  }
  CHECK(value == SENTINEL);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  means(0);
  means(5);
  measured();
  run();
  gibbs();
  refused();
  return check_report();
}
