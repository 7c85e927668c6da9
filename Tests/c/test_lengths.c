/* Wrong lengths for every buffer of every function: 0, negative, one too few, one too many, and far too many. Buffers
 * are exactly as long as they should be, so that valgrind and the sanitizers see whoever believes the length. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs `call`, which uses `n` as a length whose right value is `right`: every other one is an error of size (or of
 * memory) that names `what`, where one is given. */
#define WRONG_LENGTHS(right, what, call)                                                                            \
  do {                                                                                                              \
    const int64_t wrong[] = {0,                                                                                     \
                             -1,                                                                                    \
                             INT64_MIN,                                                                             \
                             (right) - 1,                                                                           \
                             (right) + 1,                                                                           \
                             (right) * 2,                                                                           \
                             HUGE_LENGTH,                                                                           \
                             INT64_MAX,                                                                             \
                             (int64_t)1 << 30,                                                                      \
                             (int64_t)1 << 40,                                                                      \
                             INT32_MAX,                                                                             \
                             INT32_MIN,                                                                             \
                             HUGE_LENGTH / 8 + (right),                                                             \
                             HUGE_LENGTH + (right)};                                                                \
    for (int64_t k_ = 0; k_ < COUNT(wrong); k_++) {                                                                 \
      const int64_t n = wrong[k_];                                                                                  \
      char about_[60];                                                                                              \
      if (n == (right)) continue;                                                                                   \
      snprintf(about_, sizeof about_, "length %lld", (long long)n);                                                 \
      check_about(about_);                                                                                          \
      const bt_status status_ = (call);                                                                             \
      check_status(status_, status_ == BT_ERROR_MEMORY ? BT_ERROR_MEMORY : BT_ERROR_SIZE, what, __FILE__, __LINE__, \
                   #call);                                                                                          \
    }                                                                                                               \
    check_about(NULL);                                                                                              \
  } while (0)

static void weights(bt_network *network) {
  double *all = exact_doubles(STANDARD_WEIGHTS, SENTINEL), *four = exact_doubles(4, 0), *other = exact_doubles(4, 0);
  uint8_t *flags = exact(4);
  for (int k = 0; k < 4; k++) flags[k] = 7;
  WRONG_LENGTHS(STANDARD_WEIGHTS, "weights|expected 10", bt_network_get_weights(network, all, n));
  CHECK(is_untouched(all, STANDARD_WEIGHTS));
  WRONG_LENGTHS(STANDARD_WEIGHTS, "weights", bt_network_set_weights(network, all, n));
  fill(four, 4);
  fill(other, 4);
  WRONG_LENGTHS(4, "values|expected 4", bt_network_get_array(network, "u.x2.W", four, n));
  WRONG_LENGTHS(4, "values", bt_network_set_array(network, "u.x2.W", four, n));
  WRONG_LENGTHS(4, "bounds|expected 4", bt_network_get_bounds(network, "u.x2.W", four, other, n));
  WRONG_LENGTHS(4, "lower", bt_network_set_bounds(network, "u.x2.W", four, other, n));
  WRONG_LENGTHS(4, "fixed|expected 4", bt_network_get_fixed(network, "u.x2.W", flags, n));
  WRONG_LENGTHS(4, "fixed", bt_network_set_fixed(network, "u.x2.W", flags, n));
  CHECK(is_untouched(four, 4) && is_untouched(other, 4) && flags[0] == 7 && flags[3] == 7);
  int8_t *signs = exact(4);
  for (int k = 0; k < 4; k++) signs[k] = -1, flags[k] = 0;
  CHECK_OK(bt_network_get_array(network, "u.x2.W", four, 4));
  WRONG_LENGTHS(4, "signs", bt_network_set_signs(network, "u.x2.W", signs, n));
  WRONG_LENGTHS(4, "mask", bt_network_set_mask(network, "u.x2.W", flags, n));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", other, 4));
  CHECK(memcmp(four, other, 4 * sizeof *four) == 0);
  double *rest = exact_doubles(1, 0);
  WRONG_LENGTHS(1, NULL, bt_network_set_rest(network, rest, n));
  WRONG_LENGTHS(1, "values|expected 1", bt_network_get_rest(network, rest, n));
  free(rest);
  free(signs);
  free(all), free(four), free(other), free(flags);
}

static void predictions(const bt_network *network) {
  const int64_t steps = 1;
  double *directions = exact_doubles(2 * STANDARD_WEIGHTS, 0), *deviations = exact_doubles(2, 0), input = 1;
  double outputs[STANDARD_OUTPUTS], deviation[STANDARD_OUTPUTS];
  fill(outputs, STANDARD_OUTPUTS);
  WRONG_LENGTHS(2 * STANDARD_WEIGHTS, "directions",
                bt_uncertainty_predict(network, 1, &steps, &input, 1, NULL, 0, directions, n, deviations, 2, outputs,
                                       deviation, STANDARD_OUTPUTS, NULL, NULL, NULL));
  WRONG_LENGTHS(2, NULL,
                bt_uncertainty_predict(network, 1, &steps, &input, 1, NULL, 0, directions, 2 * STANDARD_WEIGHTS,
                                       deviations, n, outputs, deviation, STANDARD_OUTPUTS, NULL, NULL, NULL));
  CHECK(is_untouched(outputs, STANDARD_OUTPUTS));
  free(directions), free(deviations);
}

static void building(bt_network *network) {
  uint8_t *mask = exact(4);
  int64_t *index = exact(4 * sizeof *index), *groups = exact(sizeof *groups), *counts = exact(sizeof *counts);
  double *parameters = exact_doubles(2, 0.5);
  for (int k = 0; k < 4; k++) index[k] = mask[k] = 1;
  groups[0] = 2;
  counts[0] = 1;
  WRONG_LENGTHS(4, "mask", bt_network_connect_sparse(network, 0, 2, 2, "m", mask, n));
  WRONG_LENGTHS(4, "index", bt_network_connect_shared(network, 0, 2, 2, "m", index, n));
  /* NULL with length 0 is no index. */
  WRONG_LENGTHS(
      2, "index",
      n == 0 ? bt_network_add_bias(network, 1, "m", index, -1) : bt_network_add_bias(network, 1, "m", index, n));
  WRONG_LENGTHS(2, "parameters", bt_network_add_factor(network, 2, 0, "zeta", parameters, n, 2, 1));
  const int64_t too_many[] = {-1, INT64_MIN, 4, 1000, (int64_t)1 << 30, HUGE_LENGTH, INT64_MAX};
  for (int64_t k = 0; k < COUNT(too_many); k++) {
    const bt_status status = bt_network_observe(network, groups, counts, too_many[k]);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
  }
  CHECK_ERROR(bt_network_observe(network, groups, counts, 0), BT_ERROR_ARGUMENT, "at least one");
  free(mask), free(index), free(groups), free(counts), free(parameters);
}

static void simulating(bt_network *network) {
  const int64_t T = 5;
  double *u = exact_doubles(T, 0), *x0 = exact_doubles(3, 0), *y = exact_doubles(2 * T, SENTINEL);
  double *s = exact_doubles(6 * T, SENTINEL), *last = exact_doubles(3, SENTINEL), *slopes = exact_doubles(2 * T, 1);
  double *g = exact_doubles(STANDARD_WEIGHTS, SENTINEL);
#define SIMULATE(a, b, c, d, e) bt_simulate(network, 1, &T, u, a, x0, b, y, c, s, d, last, e)
  WRONG_LENGTHS(T, "inputs", SIMULATE(n, 3, 2 * T, 6 * T, 3));
  WRONG_LENGTHS(3, "initial", SIMULATE(T, n, 2 * T, 6 * T, 3));
  WRONG_LENGTHS(2 * T, "outputs", SIMULATE(T, 3, n, 6 * T, 3));
  WRONG_LENGTHS(6 * T, "states", SIMULATE(T, 3, 2 * T, n, 3));
  WRONG_LENGTHS(3, "final", SIMULATE(T, 3, 2 * T, 6 * T, n));
  CHECK(is_untouched(y, 2 * T) && is_untouched(s, 6 * T) && is_untouched(last, 3));
#define GRADIENT(a, b, c, d, e) bt_gradient(network, 1, &T, u, a, x0, b, slopes, c, g, d, last, e)
  WRONG_LENGTHS(T, "inputs", GRADIENT(n, 3, 2 * T, STANDARD_WEIGHTS, 3));
  WRONG_LENGTHS(3, "initial", GRADIENT(T, n, 2 * T, STANDARD_WEIGHTS, 3));
  WRONG_LENGTHS(2 * T, "slopes", GRADIENT(T, 3, n, STANDARD_WEIGHTS, 3));
  WRONG_LENGTHS(STANDARD_WEIGHTS, "gradient", GRADIENT(T, 3, 2 * T, n, 3));
  WRONG_LENGTHS(3, "initial_gradient", GRADIENT(T, 3, 2 * T, STANDARD_WEIGHTS, n));
  CHECK(is_untouched(g, STANDARD_WEIGHTS) && is_untouched(last, 3));

  /* Lengths of sequences themselves, and their number. */
  const int64_t lengths[] = {-1, INT64_MIN, HUGE_LENGTH, INT64_MAX, 6, 4};
  for (int64_t k = 0; k < COUNT(lengths); k++) {
    bt_status status = bt_simulate(network, 1, &lengths[k], u, T, NULL, 0, y, 2 * T, NULL, 0, NULL, 0);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
    status = bt_gradient(network, 1, &lengths[k], u, T, NULL, 0, slopes, 2 * T, g, STANDARD_WEIGHTS, NULL, 0);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
  }
  const int64_t two[] = {HUGE_LENGTH, HUGE_LENGTH}, three[] = {INT64_MAX, INT64_MAX, 7};
  CHECK_ERROR(bt_simulate(network, 2, two, u, T, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_MEMORY, "lengths");
  CHECK_ERROR(bt_simulate(network, 3, three, u, T, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_MEMORY, "lengths");
  CHECK_ERROR(bt_gradient(network, 2, two, u, T, NULL, 0, slopes, 0, NULL, 0, NULL, 0), BT_ERROR_MEMORY, "");
  const int64_t counts[] = {-1, INT64_MIN, HUGE_LENGTH, INT64_MAX};
  for (int64_t k = 0; k < COUNT(counts); k++) {
    bt_status status = bt_simulate(network, counts[k], &T, u, T, NULL, 0, y, 2 * T, NULL, 0, NULL, 0);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
  }
  CHECK(is_untouched(y, 2 * T) && is_untouched(g, STANDARD_WEIGHTS));
  free(u), free(x0), free(y), free(s), free(last), free(slopes), free(g);
}

static void estimating(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t T = 4;
  double *u = exact_doubles(T, 0), *y = exact_doubles(2 * T, 1), *kappa = exact_doubles(2 * T, 1);
  double *g = exact_doubles(STANDARD_WEIGHTS, SENTINEL), *trace = exact_doubles(2, SENTINEL), before = 0, after = 0;
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
#define SET_DATA(a, b, c) bt_estimator_set_data(estimator, 1, &T, u, a, y, b, kappa, c)
  WRONG_LENGTHS(T, "inputs", SET_DATA(n, 2 * T, 2 * T));
  WRONG_LENGTHS(2 * T, "desired", SET_DATA(T, n, 2 * T));
  WRONG_LENGTHS(2 * T, "gains", SET_DATA(T, 2 * T, n));
  const int64_t lengths[] = {-1, INT64_MIN, HUGE_LENGTH, INT64_MAX, 3, 5, 0};
  for (int64_t k = 0; k < COUNT(lengths); k++) {
    bt_status status = bt_estimator_set_data(estimator, 1, &lengths[k], u, T, y, 2 * T, NULL, 0);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
    if (lengths[k] == 3 || lengths[k] == 5) continue;
    status = bt_estimator_set_data(estimator, lengths[k], &T, u, T, y, 2 * T, NULL, 0);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
  }
  CHECK_OK(bt_estimator_cost(estimator, &after, NULL));
  CHECK(before == after);
  WRONG_LENGTHS(STANDARD_WEIGHTS, "weights", bt_estimator_get_weights(estimator, g, n));
  WRONG_LENGTHS(STANDARD_WEIGHTS, "gradient", bt_estimator_gradient(estimator, &after, g, n));
  WRONG_LENGTHS(2, "nmse|expected 2", bt_estimator_output_nmse(estimator, trace, n));
  WRONG_LENGTHS(2 * STEPS, "outputs|expected 80", bt_estimator_simulate(estimator, y, n));
  WRONG_LENGTHS(2, "values", bt_estimator_trace(estimator, "cost", trace, n));
  /* One draw so far. */
  WRONG_LENGTHS(1, "costs", bt_estimator_restarts(estimator, trace, n));
  CHECK(is_untouched(g, STANDARD_WEIGHTS) && is_untouched(trace, 2) && before == after);
  free(u), free(y), free(kappa), free(g), free(trace);
  CHECK_OK(bt_estimator_free(estimator));
}

static void uncertain(bt_network *network) {
  const int64_t T = 4, P = STANDARD_WEIGHTS, count = 2;
  double *u = exact_doubles(T, 0), *y = exact_doubles(2 * T, SENTINEL), *spread = exact_doubles(2 * T, SENTINEL);
  double *directions = exact_doubles(count * P, 0.5), *deviations = exact_doubles(count, 1);
#define PREDICT(a, b, c, d)                                                                                             \
  bt_uncertainty_predict(network, 1, &T, u, a, NULL, 0, directions, b, deviations, c, y, spread, d, NULL, NULL, NULL)
  WRONG_LENGTHS(T, "inputs", PREDICT(n, count * P, count, 2 * T));
  WRONG_LENGTHS(count * P, "directions", PREDICT(T, n, count, 2 * T));
  WRONG_LENGTHS(count, "d", PREDICT(T, count * P, n, 2 * T));
  WRONG_LENGTHS(2 * T, "outputs", PREDICT(T, count * P, count, n));
  CHECK(is_untouched(y, 2 * T) && is_untouched(spread, 2 * T));
  CHECK_OK(PREDICT(T, count * P, count, 2 * T));
  free(u), free(y), free(spread), free(directions), free(deviations);
}

/* Parameters of observables, series of the outputs, and what is told of them. */
static void asking(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t T = 4;
  double *two = exact_doubles(2, 1), *series = exact_doubles(2 * T, 0.5), *means = exact_doubles(1, SENTINEL);
  double *desired = exact_doubles(1, SENTINEL), *lambda = exact_doubles(1, SENTINEL), before = 0, after = 0;
  uint8_t *flags = exact(4);
  int64_t count = -1;
  for (int k = 0; k < 4; k++) flags[k] = 7;
  WRONG_LENGTHS(4, "removed|expected 4", bt_estimator_removed(estimator, "u.x2.W", flags, n));
  CHECK(flags[0] == 7 && flags[3] == 7);
  WRONG_LENGTHS(2, "parameters", bt_estimator_add_observable(estimator, "product", two, n, 0));
  CHECK_OK(bt_estimator_observable_count(estimator, &count));
  CHECK(count == 0);
  CHECK_OK(bt_estimator_add_observable(estimator, "product", two, 2, 0.125));
  CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
  CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
#define EACH_SERIES(call)                                                                            \
  WRONG_LENGTHS(2 * T, "values", call(estimator, 1, &T, series, n));                                 \
  for (int64_t k = 0; k < COUNT(lengths); k++) {                                                     \
    bt_status status = call(estimator, 1, &lengths[k], series, 2 * T);                               \
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);                                     \
    if (lengths[k] == 3 || lengths[k] == 5) continue;                                                \
    status = call(estimator, lengths[k], &T, series, 2 * T);                                         \
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);                                     \
  }                                                                                                  \
  CHECK_ERROR(call(estimator, 3, many, series, 2 * T), BT_ERROR_MEMORY, "lengths");                  \
  CHECK_ERROR(call(estimator, 0, NULL, NULL, 0), BT_ERROR_SIZE, "sequences: none came|at least one")
  const int64_t lengths[] = {-1, INT64_MIN, HUGE_LENGTH, INT64_MAX, 3, 5, 0}, many[] = {INT64_MAX, INT64_MAX, 7};
  EACH_SERIES(bt_estimator_set_reference);
  EACH_SERIES(bt_estimator_set_samples);
  WRONG_LENGTHS(1, "length|expected 1", bt_estimator_observables(estimator, means, desired, lambda, n));
  WRONG_LENGTHS(1, "length|expected 1", bt_estimator_observables(estimator, NULL, NULL, lambda, n));
  CHECK(is_untouched(means, 1) && is_untouched(desired, 1) && is_untouched(lambda, 1));
  CHECK_OK(bt_estimator_cost(estimator, &after, NULL));
  CHECK(before == after);
  free(two), free(series), free(means), free(desired), free(lambda), free(flags);
  CHECK_OK(bt_estimator_free(estimator));
}

/* Functions that take what comes: only what cannot be is wrong. */
static void tools(void) {
  double one = SENTINEL, tau = SENTINEL, beta = SENTINEL, alpha = SENTINEL;
  const int64_t wrong[] = {-1, INT64_MIN, HUGE_LENGTH, INT64_MAX, (int64_t)1 << 50};
  bt_network *made = NULL;
  for (int64_t k = 0; k < COUNT(wrong); k++) {
    bt_status status = bt_random_normal(1, "s", &one, wrong[k]);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
    status = bt_random_uniform(1, "s", &one, wrong[k]);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
    status = bt_decay_fit(&one, wrong[k], 0, &tau, &beta, &alpha);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
    status = bt_network_from_json("{}", wrong[k], &made);
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);
  }
  CHECK_ERROR(bt_decay_fit(&one, 1, -1, &tau, &beta, &alpha), BT_ERROR_ARGUMENT, "window|-1");
  CHECK(one == SENTINEL && tau == SENTINEL && beta == SENTINEL && alpha == SENTINEL);
  CHECK_OK(bt_decay_fit(NULL, 0, 0, &tau, &beta, &alpha));
  CHECK(tau != tau && beta != beta && alpha != alpha);
  tau = SENTINEL;
  CHECK_OK(bt_decay_fit(&one, 1, INT64_MAX, &tau, &beta, NULL));
  CHECK(tau != tau);
  CHECK_ERROR(bt_network_from_json("", 0, &made), BT_ERROR_ARGUMENT, "JSON");
}

static void texts(bt_network *network) {
  char name[5] = "abcd";
  int64_t length = 9;
  CHECK_ERROR(bt_network_group_name(network, 0, name, -1, &length), BT_ERROR_SIZE, "capacity|-1");
  CHECK_ERROR(bt_network_array_name(network, 0, name, INT64_MIN, &length), BT_ERROR_SIZE, "capacity");
  CHECK_ERROR(bt_network_to_json(network, name, -1, &length), BT_ERROR_SIZE, "capacity|-1");
  CHECK(length == 9 && name[0] == 'a');
}

int main(void) {
  bt_network *network = standard_network();
  weights(network);
  predictions(network);
  building(network);
  simulating(network);
  estimating(network);
  uncertain(network);
  asking(network);
  tools();
  texts(network);
  CHECK_OK(bt_network_free(network));
  return check_report();
}
