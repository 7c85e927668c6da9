/* NULL for every pointer of every function: an error where it may not be, and nothing else is written. */
#include "check.h"
#include "support.h"

static const int64_t one = 1, two = 2, length = STEPS;
static int64_t out, shape[2];
static double data[4 * STEPS], more[4 * STEPS];

static void making(bt_network *network) {
  bt_network *made = network;
  CHECK_ERROR(bt_network_create(1, NULL), BT_ERROR_NULL, "network|NULL");
  CHECK_ERROR(bt_network_copy(network, NULL), BT_ERROR_NULL, "network|NULL");
  CHECK_ERROR(bt_network_copy(NULL, &made), BT_ERROR_NULL, "network is NULL");
  CHECK(made == NULL);
  made = network;
  CHECK_ERROR(bt_network_from_json(NULL, 5, &made), BT_ERROR_NULL, "text is NULL");
  CHECK(made == NULL);
  CHECK_ERROR(bt_network_from_json("{}", 2, NULL), BT_ERROR_NULL, "network|NULL");
  made = network;
  CHECK_ERROR(bt_network_load(NULL, &made), BT_ERROR_NULL, "path is NULL");
  CHECK(made == NULL);
  CHECK_ERROR(bt_network_load("/dev/null", NULL), BT_ERROR_NULL, "network|NULL");
  CHECK_ERROR(bt_network_save(network, NULL), BT_ERROR_NULL, "path is NULL");
  CHECK_ERROR(bt_estimator_create(network, NULL), BT_ERROR_NULL, "estimator|NULL");
}

static void building(bt_network *network) {
  int64_t before = 0, after = 0;
  CHECK_OK(bt_network_weight_count(network, &before));
  CHECK_ERROR(bt_network_add_unit(network, NULL, "n", 1, NULL, &out), BT_ERROR_NULL, "kind is NULL");
  CHECK_ERROR(bt_network_add_learnware(network, NULL, 1, &out), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_add_firmware(network, NULL, 1, &out), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_add_bias(network, 1, "r", NULL, 2), BT_ERROR_NULL, "index is NULL");
  CHECK_ERROR(bt_network_connect_dense(network, 0, 2, 2, NULL), BT_ERROR_NULL, "role is NULL");
  CHECK_ERROR(bt_network_connect_diagonal(network, 0, 2, 2, NULL), BT_ERROR_NULL, "role is NULL");
  const uint8_t mask[4] = {1, 1, 1, 1};
  const int64_t index[4] = {0, 0, 0, 0};
  CHECK_ERROR(bt_network_connect_sparse(network, 0, 2, 2, NULL, mask, 4), BT_ERROR_NULL, "role is NULL");
  CHECK_ERROR(bt_network_connect_sparse(network, 0, 2, 2, "r", NULL, 4), BT_ERROR_NULL, "mask is NULL");
  CHECK_ERROR(bt_network_connect_shared(network, 0, 2, 2, NULL, index, 4), BT_ERROR_NULL, "role is NULL");
  CHECK_ERROR(bt_network_connect_shared(network, 0, 2, 2, "r", NULL, 4), BT_ERROR_NULL, "index is NULL");
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, NULL, NULL, 0, 2, 1), BT_ERROR_NULL, "function is NULL");
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", NULL, 2, 2, 1), BT_ERROR_NULL, "parameters is NULL");
  CHECK_ERROR(bt_network_observe(network, NULL, &one, 1), BT_ERROR_NULL, "groups is NULL");
  CHECK_ERROR(bt_network_observe(network, &two, NULL, 1), BT_ERROR_NULL, "counts is NULL");
  CHECK_OK(bt_network_weight_count(network, &after));
  CHECK(before == after);
}

static void describing(bt_network *network) {
  bt_status (*calls[])(const bt_network *, int64_t *) = {
      bt_network_inputs,     bt_network_outputs,      bt_network_range,      bt_network_group_count,
      bt_network_state_size, bt_network_weight_count, bt_network_array_count};
  for (int64_t k = 0; k < COUNT(calls); k++) CHECK_ERROR(calls[k](network, NULL), BT_ERROR_NULL, "NULL");
  CHECK_ERROR(bt_network_group_name(network, 0, NULL, 10, &out), BT_ERROR_NULL, "buffer is NULL");
  CHECK_OK(bt_network_group_name(network, 0, NULL, 0, NULL));
  CHECK_ERROR(bt_network_group_size(network, 0, NULL), BT_ERROR_NULL, "size is NULL");
  CHECK_ERROR(bt_network_group_depth(network, 0, NULL), BT_ERROR_NULL, "depth is NULL");
  CHECK_ERROR(bt_network_find_group(network, NULL, &out), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_find_group(network, "u.x", NULL), BT_ERROR_NULL, "group is NULL");
  CHECK_ERROR(bt_network_array_name(network, 0, NULL, 10, &out), BT_ERROR_NULL, "buffer is NULL");
  CHECK_OK(bt_network_array_name(network, 0, NULL, 0, NULL));
  CHECK_ERROR(bt_network_array_shape(network, NULL, shape), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_array_shape(network, "u.x2.W", NULL), BT_ERROR_NULL, "shape is NULL");
  CHECK_ERROR(bt_network_to_json(network, NULL, 10, &out), BT_ERROR_NULL, "buffer is NULL");
}

static void weights(bt_network *network) {
  const uint8_t flags[4] = {0, 0, 0, 0};
  uint8_t back[4];
  CHECK_ERROR(bt_network_get_weights(network, NULL, STANDARD_WEIGHTS), BT_ERROR_NULL, "weights is NULL");
  CHECK_ERROR(bt_network_set_weights(network, NULL, STANDARD_WEIGHTS), BT_ERROR_NULL, "weights is NULL");
  CHECK_ERROR(bt_network_get_array(network, NULL, data, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_get_array(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_network_set_array(network, NULL, data, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_set_array(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "values is NULL");
  fill(more, 4);
  CHECK_ERROR(bt_network_get_bounds(network, NULL, data, more, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_get_bounds(network, "u.x2.W", NULL, more, 4), BT_ERROR_NULL, "lower is NULL");
  CHECK_ERROR(bt_network_get_bounds(network, "u.x2.W", more, NULL, 4), BT_ERROR_NULL, "upper is NULL");
  CHECK(is_untouched(more, 4));
  CHECK_ERROR(bt_network_set_bounds(network, NULL, data, data, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", NULL, data, 4), BT_ERROR_NULL, "lower is NULL");
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", data, NULL, 4), BT_ERROR_NULL, "upper is NULL");
  CHECK_ERROR(bt_network_get_fixed(network, NULL, back, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_get_fixed(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "fixed is NULL");
  CHECK_ERROR(bt_network_set_fixed(network, NULL, flags, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_set_fixed(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "fixed is NULL");
  const int8_t signs[4] = {0, 0, 0, 0};
  CHECK_ERROR(bt_network_set_signs(network, NULL, signs, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_set_signs(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "signs is NULL");
  CHECK_ERROR(bt_network_set_mask(network, NULL, flags, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_network_set_mask(network, "u.x2.W", NULL, 4), BT_ERROR_NULL, "mask is NULL");
}

static void simulating(bt_network *network) {
  const int64_t n = length;
  double final[3];
  fill(data, 2 * n);
  fill(final, 3);
#define SIMULATE(lengths, inputs, initial, outputs, states, last) \
  bt_simulate(network, 1, lengths, inputs, n, initial, 3, outputs, 2 * n, states, 6 * n, last, 3)
  static double states[6 * STEPS], zeros[STEPS];
  fill(states, 6 * n);
  CHECK_ERROR(SIMULATE(NULL, zeros, zeros, data, states, final), BT_ERROR_NULL, "lengths is NULL");
  CHECK_ERROR(SIMULATE(&n, NULL, zeros, data, states, final), BT_ERROR_NULL, "inputs is NULL");
  CHECK_ERROR(SIMULATE(&n, zeros, NULL, data, states, final), BT_ERROR_NULL, "initial is NULL");
  CHECK_ERROR(SIMULATE(&n, zeros, zeros, NULL, states, final), BT_ERROR_NULL, "outputs is NULL");
  CHECK_ERROR(SIMULATE(&n, zeros, zeros, data, NULL, final), BT_ERROR_NULL, "states is NULL");
  CHECK_ERROR(SIMULATE(&n, zeros, zeros, data, states, NULL), BT_ERROR_NULL, "final is NULL");
  CHECK(is_untouched(data, 2 * n) && is_untouched(states, 6 * n) && is_untouched(final, 3));

#define GRADIENT(lengths, inputs, initial, slopes, gradient, past) \
  bt_gradient(network, 1, lengths, inputs, n, initial, 3, slopes, 2 * n, gradient, STANDARD_WEIGHTS, past, 3)
  fill(final, 3);
  static double slopes[2 * STEPS];
  CHECK_ERROR(GRADIENT(NULL, zeros, zeros, slopes, data, final), BT_ERROR_NULL, "lengths is NULL");
  CHECK_ERROR(GRADIENT(&n, NULL, zeros, slopes, data, final), BT_ERROR_NULL, "inputs is NULL");
  CHECK_ERROR(GRADIENT(&n, zeros, NULL, slopes, data, final), BT_ERROR_NULL, "initial is NULL");
  CHECK_ERROR(GRADIENT(&n, zeros, zeros, NULL, data, final), BT_ERROR_NULL, "slopes is NULL");
  CHECK_ERROR(GRADIENT(&n, zeros, zeros, slopes, NULL, final), BT_ERROR_NULL, "gradient is NULL");
  CHECK_ERROR(GRADIENT(&n, zeros, zeros, slopes, data, NULL), BT_ERROR_NULL, "initial_gradient is NULL");
  CHECK(is_untouched(data, STANDARD_WEIGHTS) && is_untouched(final, 3));
}

static void estimating(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t n = length;
  double value = SENTINEL, before = 0, after = 0;
  static const double zeros[2 * STEPS];
  CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
#define SET_DATA(lengths, inputs, desired, gains) \
  bt_estimator_set_data(estimator, 1, lengths, inputs, n, desired, 2 * n, gains, 2 * n)
  CHECK_ERROR(SET_DATA(NULL, zeros, zeros, zeros), BT_ERROR_NULL, "lengths is NULL");
  CHECK_ERROR(SET_DATA(&n, NULL, zeros, zeros), BT_ERROR_NULL, "inputs is NULL");
  CHECK_ERROR(SET_DATA(&n, zeros, NULL, zeros), BT_ERROR_NULL, "desired is NULL");
  CHECK_ERROR(SET_DATA(&n, zeros, zeros, NULL), BT_ERROR_NULL, "gains is NULL");
  CHECK_OK(bt_estimator_cost(estimator, &after, NULL));
  CHECK(before == after);
  CHECK_ERROR(bt_estimator_set_criterion(estimator, NULL), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_get_criterion(estimator, NULL, 10, &out), BT_ERROR_NULL, "buffer is NULL");
  CHECK_OK(bt_estimator_get_criterion(estimator, NULL, 0, NULL));
  CHECK_ERROR(bt_estimator_set_method(estimator, NULL), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_get_method(estimator, NULL, 10, &out), BT_ERROR_NULL, "buffer is NULL");
  CHECK_ERROR(bt_estimator_set_option(estimator, NULL, 0), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_get_option(estimator, NULL, &value), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_get_option(estimator, "guard", NULL), BT_ERROR_NULL, "value is NULL");
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(estimator, NULL, NULL));
  CHECK_ERROR(bt_estimator_get_weights(estimator, NULL, STANDARD_WEIGHTS), BT_ERROR_NULL, "weights is NULL");
  CHECK_ERROR(bt_estimator_output_nmse(estimator, NULL, STANDARD_OUTPUTS), BT_ERROR_NULL, "nmse is NULL");
  CHECK_ERROR(bt_estimator_simulate(estimator, NULL, STANDARD_OUTPUTS * STEPS), BT_ERROR_NULL, "outputs is NULL");
  CHECK_ERROR(bt_estimator_gradient(estimator, &value, NULL, STANDARD_WEIGHTS), BT_ERROR_NULL, "gradient is NULL");
  CHECK_ERROR(bt_estimator_trace_length(estimator, NULL), BT_ERROR_NULL, "length is NULL");
  CHECK_ERROR(bt_estimator_trace(estimator, NULL, &value, 1), BT_ERROR_NULL, "column is NULL");
  CHECK_ERROR(bt_estimator_trace(estimator, "cost", NULL, 2), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_estimator_restart_count(estimator, NULL), BT_ERROR_NULL, "count is NULL");
  CHECK_ERROR(bt_estimator_restarts(estimator, NULL, 1), BT_ERROR_NULL, "costs is NULL");
  CHECK_ERROR(bt_estimator_stop_reason(estimator, NULL), BT_ERROR_NULL, "stop is NULL");
  CHECK(value == SENTINEL);
  CHECK_OK(bt_estimator_free(estimator));
}

/* What is asked of the outputs; each part of a report may be left out. */
static void asking(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t n = length;
  const double number = 0;
  static const double series[2 * STEPS];
  uint8_t flags[4] = {7, 7, 7, 7};
  double value = SENTINEL, one_mean = SENTINEL;
  CHECK_ERROR(bt_estimator_add_regularisation(estimator, NULL, "{\"strength\": 1}"), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_add_regularisation(estimator, "ridge", NULL), BT_ERROR_ARGUMENT, "ridge|strength");
  CHECK_ERROR(bt_estimator_removed(estimator, NULL, flags, 4), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(bt_estimator_removed(estimator, "u.x2.W", NULL, 4), BT_ERROR_NULL, "removed is NULL");
  CHECK(flags[0] == 7 && flags[3] == 7);
  CHECK_ERROR(bt_estimator_add_observable(estimator, NULL, &number, 1, 0), BT_ERROR_NULL, "kind is NULL");
  CHECK_ERROR(bt_estimator_add_observable(estimator, "mean", NULL, 1, 0), BT_ERROR_NULL, "parameters is NULL");
  CHECK_ERROR(bt_estimator_add_observable(estimator, "mean", NULL, 0, 0), BT_ERROR_SIZE, "mean|0 parameters|1 (k)");
  CHECK_ERROR(bt_estimator_observable_count(estimator, NULL), BT_ERROR_NULL, "count is NULL");
  CHECK_ERROR(bt_estimator_set_reference(estimator, 1, NULL, series, 2 * n), BT_ERROR_NULL, "lengths is NULL");
  CHECK_ERROR(bt_estimator_set_reference(estimator, 1, &n, NULL, 2 * n), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_estimator_set_samples(estimator, 1, NULL, series, 2 * n), BT_ERROR_NULL, "lengths is NULL");
  CHECK_ERROR(bt_estimator_set_samples(estimator, 1, &n, NULL, 2 * n), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_estimator_divergence(estimator, NULL), BT_ERROR_STATE, "criterion|observables");
  CHECK_OK(bt_estimator_add_observable(estimator, "mean", &number, 1, 0.25));
  CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
  CHECK_ERROR(bt_estimator_divergence(estimator, NULL), BT_ERROR_NULL, "divergence is NULL");
  CHECK_OK(bt_estimator_observables(estimator, NULL, NULL, NULL, 1));
  CHECK_OK(bt_estimator_observables(estimator, NULL, &value, NULL, 1));
  CHECK(value == 0.25);
  CHECK_OK(bt_estimator_observables(estimator, NULL, NULL, &value, 1));
  CHECK(value == 1);
  CHECK_OK(bt_estimator_observables(estimator, &one_mean, NULL, NULL, 1));
  CHECK(one_mean != SENTINEL && one_mean == one_mean);
  CHECK_OK(bt_estimator_free(estimator));
}

static void tools(void) {
  double a = SENTINEL, b = SENTINEL, c = SENTINEL;
  CHECK_ERROR(bt_decay_fit(NULL, 3, 0, &a, &b, &c), BT_ERROR_NULL, "costs is NULL");
  CHECK(a == SENTINEL && b == SENTINEL && c == SENTINEL);
  const double costs[] = {4, 2, 1, 0.5, 0.25};
  CHECK_OK(bt_decay_fit(costs, 5, 0, NULL, NULL, NULL));
  CHECK_OK(bt_decay_fit(costs, 5, 0, &a, NULL, NULL));
  CHECK_OK(bt_decay_fit(costs, 5, 0, NULL, NULL, &c));
  CHECK_CLOSE(a, 1.4426950408889634, 1e-12);
  CHECK_CLOSE(c, 4, 1e-12);
  CHECK_ERROR(bt_random_normal(1, NULL, &a, 1), BT_ERROR_NULL, "stream is NULL");
  CHECK_ERROR(bt_random_normal(1, "s", NULL, 1), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_random_uniform(1, NULL, &a, 1), BT_ERROR_NULL, "stream is NULL");
  CHECK_ERROR(bt_random_uniform(1, "s", NULL, 1), BT_ERROR_NULL, "values is NULL");
  CHECK_OK(bt_random_uniform(1, "s", NULL, 0));
}

int main(void) {
  bt_network *network = standard_network();
  making(network);
  building(network);
  describing(network);
  weights(network);
  simulating(network);
  estimating(network);
  asking(network);
  tools();
  CHECK_OK(bt_network_free(network));
  return check_report();
}
