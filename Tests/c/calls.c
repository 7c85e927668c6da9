/* Every function that takes a handle, called with arguments that fit the standard network and its estimator. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

static const int64_t steps = 3;
static const double inputs[3] = {0.1, -0.2, 0.3};
static const double slopes[6] = {1, 1, 1, 1, 1, 1};
/* Squares of the second output on both sides of what is desired of them. */
static const double samples[6] = {0, 0.1, 0, 0.9, 0, 0.2};

#define NETWORK ((bt_network *)handle)
#define ESTIMATOR ((bt_estimator *)handle)
#define CALL(name, expression) \
  static bt_status call_##name(void *handle) { return (expression); }

/* New handles that a call made are given back at once. */
static bt_status copied(bt_network *network) {
  bt_network *copy = NULL;
  bt_status status = bt_network_copy(network, &copy);
  bt_network_free(copy);
  return status;
}

static bt_status estimated(bt_network *network) {
  bt_estimator *estimator = NULL;
  bt_status status = bt_estimator_create(network, &estimator);
  bt_estimator_free(estimator);
  return status;
}

static int32_t load(int64_t sequence, double *own_inputs, double *desired, double *gains, void *user_data) {
  (void)sequence, (void)gains, (void)user_data;
  for (int64_t t = 0; t < steps; t++) own_inputs[t] = inputs[t];
  for (int64_t k = 0; k < 2 * steps; k++) desired[k] = slopes[k];
  return 0;
}

static char text[20000];
static int64_t number;
static int64_t shape[2];
static double values[64], more[64];
static double square_matrix[STANDARD_WEIGHTS * STANDARD_WEIGHTS], trajectory[STANDARD_OUTPUTS * STEPS];
static const double zeros[64];
static uint8_t flags[64];
static int32_t stop;
static const int64_t group = 2, count = 2;
static const uint8_t mask[4] = {1, 0, 0, 1};
static const int64_t slots[4] = {0, 1, 1, 0};
static const int8_t signs[4] = {1, 0, -1, 0};
static const uint8_t all[4] = {1, 1, 1, 1};
static const char *const names[1] = {"voltage"};
static const double square[2] = {1, 0};
static const double free_run = INFINITY;

CALL(copy, copied(NETWORK))
CALL(network_free, bt_network_free(NETWORK))
CALL(add_unit, bt_network_add_unit(NETWORK, "linear", NULL, 1, NULL, &number))
CALL(add_learnware, bt_network_add_learnware(NETWORK, "v", 2, &number))
CALL(add_firmware, bt_network_add_firmware(NETWORK, "f", 2, &number))
CALL(add_softmax, bt_network_add_softmax(NETWORK, "s", 2, 1, 1, &number))
CALL(add_measured, bt_network_add_measured(NETWORK, "m", 2, 1, 0, &number))
CALL(learn_initial, bt_network_learn_initial_state(NETWORK, 2, 1))
CALL(add_bias, bt_network_add_bias(NETWORK, 1, NULL, NULL, 0))
CALL(dense, bt_network_connect_dense(NETWORK, 0, 2, 3, "D"))
CALL(diagonal, bt_network_connect_diagonal(NETWORK, 0, 2, 3, "E"))
CALL(sparse, bt_network_connect_sparse(NETWORK, 0, 2, 3, "F", mask, 4))
CALL(shared, bt_network_connect_shared(NETWORK, 0, 2, 3, "G", slots, 4))
CALL(add_term, bt_network_add_term(NETWORK, 2, 1.5, &number))
CALL(add_factor, bt_network_add_factor(NETWORK, 2, 0, "square", NULL, 0, 2, 1))
CALL(remove_term, bt_network_remove_term(NETWORK, 2, 0))
CALL(observe, bt_network_observe(NETWORK, &group, &count, 1))
CALL(inputs, bt_network_inputs(NETWORK, &number))
CALL(outputs, bt_network_outputs(NETWORK, &number))
CALL(set_rest, bt_network_set_rest(NETWORK, slopes, 1))
CALL(get_rest, bt_network_get_rest(NETWORK, values, 1))
CALL(range, bt_network_range(NETWORK, &number))
CALL(group_count, bt_network_group_count(NETWORK, &number))
CALL(group_name, bt_network_group_name(NETWORK, 0, text, sizeof text, &number))
CALL(set_labels, bt_network_set_labels(NETWORK, "input names", names, 1))
CALL(label, bt_network_label(NETWORK, "input names", 0, text, sizeof text, &number))
CALL(set_sampling_time, bt_network_set_sampling_time(NETWORK, 0.1))
CALL(sampling_time, bt_network_sampling_time(NETWORK, values))
CALL(output_node, bt_network_output_node(NETWORK, 1, &number, shape))
CALL(version, bt_network_version(NETWORK, &number))
CALL(group_size, bt_network_group_size(NETWORK, 0, &number))
CALL(find_group, bt_network_find_group(NETWORK, "u.x", &number))
CALL(state_size, bt_network_state_size(NETWORK, &number))
CALL(group_depth, bt_network_group_depth(NETWORK, 0, &number))
CALL(weight_count, bt_network_weight_count(NETWORK, &number))
CALL(get_weights, bt_network_get_weights(NETWORK, values, STANDARD_WEIGHTS))
CALL(set_weights, bt_network_set_weights(NETWORK, zeros, STANDARD_WEIGHTS))
CALL(array_count, bt_network_array_count(NETWORK, &number))
CALL(array_name, bt_network_array_name(NETWORK, 0, text, sizeof text, &number))
CALL(array_shape, bt_network_array_shape(NETWORK, "u.x2.W", shape))
CALL(get_array, bt_network_get_array(NETWORK, "u.x2.W", values, 4))
CALL(set_array, bt_network_set_array(NETWORK, "u.x2.W", zeros, 4))
CALL(get_bounds, bt_network_get_bounds(NETWORK, "u.x2.W", values, more, 4))
CALL(set_bounds, bt_network_set_bounds(NETWORK, "u.x2.W", inputs + 1, inputs, 1))
CALL(get_fixed, bt_network_get_fixed(NETWORK, "u.x2.W", flags, 4))
CALL(set_fixed, bt_network_set_fixed(NETWORK, "u.x2.W", flags, 1))
CALL(set_signs, bt_network_set_signs(NETWORK, "u.x2.W", signs, 4))
CALL(set_mask, bt_network_set_mask(NETWORK, "u.x2.W", all, 4))
CALL(randomize, bt_network_randomize(NETWORK, 7))
CALL(get_origin, bt_network_get_origin(NETWORK, &stop, NULL))
CALL(to_json, bt_network_to_json(NETWORK, text, sizeof text, &number))
CALL(save, bt_network_save(NETWORK, "/dev/null"))
CALL(export_text, bt_network_export(NETWORK, "c", NULL, NULL, text, sizeof text, &number))
CALL(simulate, bt_simulate(NETWORK, 1, &steps, inputs, 3, NULL, 0, values, 6, NULL, 0, NULL, 0))
CALL(gradient, bt_gradient(NETWORK, 1, &steps, inputs, 3, NULL, 0, slopes, 6, values, STANDARD_WEIGHTS, NULL, 0))
CALL(predict, bt_predict(NETWORK, 1, &steps, inputs, 3, NULL, 0, 2, NULL, 0, NULL, 0, NULL, 0, values, 6, NULL, 0, NULL, NULL, NULL))
CALL(estimator_create, estimated(NETWORK))

CALL(estimator_free, bt_estimator_free(ESTIMATOR))
CALL(set_data, bt_estimator_set_data(ESTIMATOR, 1, &steps, inputs, 3, slopes, 6, NULL, 0))
CALL(set_initial, bt_estimator_set_initial_states(ESTIMATOR, zeros, STANDARD_STATE))
CALL(set_loader, bt_estimator_set_loader(ESTIMATOR, 1, &steps, 1, 0, load, NULL))
CALL(set_reduction, bt_estimator_set_reduction(ESTIMATOR, NULL, NULL, 0, 0))
CALL(set_horizons, bt_estimator_set_horizons(ESTIMATOR, &free_run, 1))
CALL(set_criterion, bt_estimator_set_criterion(ESTIMATOR, "2"))
CALL(in_distribution, bt_estimator_set_criterion(ESTIMATOR, "observables"))
CALL(get_criterion, bt_estimator_get_criterion(ESTIMATOR, text, sizeof text, &number))
CALL(set_method, bt_estimator_set_method(ESTIMATOR, "auto"))
CALL(get_method, bt_estimator_get_method(ESTIMATOR, text, sizeof text, &number))
CALL(set_option, bt_estimator_set_option(ESTIMATOR, "guard", 1))
CALL(get_option, bt_estimator_get_option(ESTIMATOR, "guard", values))
CALL(step, bt_estimator_step(ESTIMATOR, NULL, NULL, &stop))
CALL(run, bt_estimator_run(ESTIMATOR, NULL, NULL, &stop))
CALL(cost, bt_estimator_cost(ESTIMATOR, values, more))
CALL(best_weights, bt_estimator_get_weights(ESTIMATOR, values, STANDARD_WEIGHTS))
CALL(cost_gradient, bt_estimator_gradient(ESTIMATOR, values, more, STANDARD_WEIGHTS))
CALL(uncertainty, bt_estimator_uncertainty(ESTIMATOR, square_matrix, STANDARD_WEIGHTS *STANDARD_WEIGHTS, values, more,
                                           STANDARD_WEIGHTS, NULL, &number))
CALL(removed, bt_estimator_removed(ESTIMATOR, "u.x2.W", flags, 4))
CALL(add_regularisation, bt_estimator_add_regularisation(ESTIMATOR, "ridge", "{\"strength\": 0.1}"))
CALL(clear_regularisation, bt_estimator_clear_regularisation(ESTIMATOR))
CALL(add_observable, bt_estimator_add_observable(ESTIMATOR, "autocorrelation", square, 2, 0.5))
CALL(clear_observables, bt_estimator_clear_observables(ESTIMATOR))
CALL(observable_count, bt_estimator_observable_count(ESTIMATOR, &number))
CALL(set_reference, bt_estimator_set_reference(ESTIMATOR, 1, &steps, slopes, 6))
CALL(set_samples, bt_estimator_set_samples(ESTIMATOR, 1, &steps, samples, 6))
CALL(observables, bt_estimator_observables(ESTIMATOR, values, more, NULL, 1))
CALL(divergence, bt_estimator_divergence(ESTIMATOR, values))
CALL(trace_length, bt_estimator_trace_length(ESTIMATOR, &number))
CALL(restart_count, bt_estimator_restart_count(ESTIMATOR, &number))
CALL(output_nmse, bt_estimator_output_nmse(ESTIMATOR, values, STANDARD_OUTPUTS))
CALL(fitted, bt_estimator_simulate(ESTIMATOR, trajectory, STANDARD_OUTPUTS * STEPS))
CALL(note_count, bt_estimator_note_count(ESTIMATOR, &number))
CALL(parting, bt_estimator_parting(ESTIMATOR, values, &number))
CALL(find_parting, bt_estimator_find_parting(ESTIMATOR, values, &number))
CALL(stop_reason, bt_estimator_stop_reason(ESTIMATOR, &stop))

/* The whole trace: its length is asked first. */
static bt_status call_trace(void *handle) {
  int64_t length = 0;
  bt_status status = bt_estimator_trace_length(ESTIMATOR, &length);
  double *column = exact_doubles(length, 0);
  if (status == BT_OK || handle == NULL) status = bt_estimator_trace(ESTIMATOR, "cost", column, length);
  free(column);
  return status;
}

/* All draws: their number is asked first. */
static bt_status call_restarts(void *handle) {
  int64_t draws = 0;
  bt_status status = bt_estimator_restart_count(ESTIMATOR, &draws);
  double *costs = exact_doubles(draws, 0);
  if (status == BT_OK || handle == NULL) status = bt_estimator_restarts(ESTIMATOR, costs, draws);
  free(costs);
  return status;
}

/* Of the data of the standard estimator, or those that set_data above gave it. */
static bt_status call_deviation(void *handle) {
  bt_status status = bt_estimator_prediction_deviation(ESTIMATOR, trajectory, STANDARD_OUTPUTS * STEPS);
  if (status == BT_ERROR_SIZE) status = bt_estimator_prediction_deviation(ESTIMATOR, trajectory, STANDARD_OUTPUTS * steps);
  return status;
}

/* The standard network reads no measurements. */
static bt_status call_set_measured(void *handle) {
  const bt_status status = bt_estimator_set_measured(ESTIMATOR, 2, slopes, 6);
  return status == BT_ERROR_ARGUMENT ? BT_OK : status;
}

#define NETWORK_CALL(function, effect, name) {#function, USES_NETWORK, effect, call_##name}
#define ESTIMATOR_CALL(function, effect, name) {#function, USES_ESTIMATOR, effect, call_##name}

/* The calls that change the structure come last but one, those that free last: the table may be run in order. */
const handle_call handle_calls[] = {
    NETWORK_CALL(bt_network_copy, READS, copy),
    NETWORK_CALL(bt_network_inputs, READS, inputs),
    NETWORK_CALL(bt_network_outputs, READS, outputs),
    NETWORK_CALL(bt_network_range, READS, range),
    NETWORK_CALL(bt_network_group_count, READS, group_count),
    NETWORK_CALL(bt_network_group_name, READS, group_name),
    NETWORK_CALL(bt_network_group_size, READS, group_size),
    NETWORK_CALL(bt_network_set_labels, WRITES, set_labels),
    NETWORK_CALL(bt_network_label, READS, label),
    NETWORK_CALL(bt_network_set_sampling_time, WRITES, set_sampling_time),
    NETWORK_CALL(bt_network_sampling_time, READS, sampling_time),
    NETWORK_CALL(bt_network_output_node, READS, output_node),
    NETWORK_CALL(bt_network_version, READS, version),
    NETWORK_CALL(bt_network_find_group, READS, find_group),
    NETWORK_CALL(bt_network_state_size, READS, state_size),
    NETWORK_CALL(bt_network_group_depth, READS, group_depth),
    NETWORK_CALL(bt_network_weight_count, READS, weight_count),
    NETWORK_CALL(bt_network_get_rest, READS, get_rest),
    NETWORK_CALL(bt_network_get_weights, READS, get_weights),
    NETWORK_CALL(bt_network_array_count, READS, array_count),
    NETWORK_CALL(bt_network_array_name, READS, array_name),
    NETWORK_CALL(bt_network_array_shape, READS, array_shape),
    NETWORK_CALL(bt_network_get_array, READS, get_array),
    NETWORK_CALL(bt_network_get_bounds, READS, get_bounds),
    NETWORK_CALL(bt_network_get_fixed, READS, get_fixed),
    NETWORK_CALL(bt_network_get_origin, READS, get_origin),
    NETWORK_CALL(bt_network_to_json, READS, to_json),
    NETWORK_CALL(bt_network_save, READS, save),
    NETWORK_CALL(bt_network_export, READS, export_text),
    NETWORK_CALL(bt_simulate, READS, simulate),
    NETWORK_CALL(bt_gradient, READS, gradient),
    NETWORK_CALL(bt_predict, READS, predict),
    NETWORK_CALL(bt_estimator_create, READS, estimator_create),
    NETWORK_CALL(bt_network_set_weights, WRITES, set_weights),
    NETWORK_CALL(bt_network_set_array, WRITES, set_array),
    NETWORK_CALL(bt_network_set_bounds, WRITES, set_bounds),
    NETWORK_CALL(bt_network_set_fixed, WRITES, set_fixed),
    NETWORK_CALL(bt_network_set_signs, WRITES, set_signs),
    NETWORK_CALL(bt_network_set_mask, WRITES, set_mask),
    NETWORK_CALL(bt_network_randomize, WRITES, randomize),
    NETWORK_CALL(bt_network_set_rest, WRITES, set_rest),
    NETWORK_CALL(bt_network_observe, WRITES, observe),
    NETWORK_CALL(bt_network_connect_dense, WRITES, dense),
    NETWORK_CALL(bt_network_connect_diagonal, WRITES, diagonal),
    NETWORK_CALL(bt_network_connect_sparse, WRITES, sparse),
    NETWORK_CALL(bt_network_connect_shared, WRITES, shared),
    NETWORK_CALL(bt_network_add_term, WRITES, add_term),
    NETWORK_CALL(bt_network_add_factor, WRITES, add_factor),
    NETWORK_CALL(bt_network_remove_term, WRITES, remove_term),
    NETWORK_CALL(bt_network_add_bias, WRITES, add_bias),
    NETWORK_CALL(bt_network_add_learnware, WRITES, add_learnware),
    NETWORK_CALL(bt_network_add_firmware, WRITES, add_firmware),
    NETWORK_CALL(bt_network_add_softmax, WRITES, add_softmax),
    NETWORK_CALL(bt_network_add_measured, WRITES, add_measured),
    NETWORK_CALL(bt_network_learn_initial_state, WRITES, learn_initial),
    NETWORK_CALL(bt_network_add_unit, WRITES, add_unit),
    NETWORK_CALL(bt_network_free, WRITES, network_free),
    ESTIMATOR_CALL(bt_estimator_get_criterion, READS, get_criterion),
    ESTIMATOR_CALL(bt_estimator_get_method, READS, get_method),
    ESTIMATOR_CALL(bt_estimator_get_option, READS, get_option),
    ESTIMATOR_CALL(bt_estimator_get_weights, READS, best_weights),
    ESTIMATOR_CALL(bt_estimator_trace_length, READS, trace_length),
    ESTIMATOR_CALL(bt_estimator_trace, READS, trace),
    ESTIMATOR_CALL(bt_estimator_restart_count, READS, restart_count),
    ESTIMATOR_CALL(bt_estimator_restarts, READS, restarts),
    ESTIMATOR_CALL(bt_estimator_output_nmse, WRITES, output_nmse),
    ESTIMATOR_CALL(bt_estimator_simulate, WRITES, fitted),
    ESTIMATOR_CALL(bt_estimator_note_count, READS, note_count),
    ESTIMATOR_CALL(bt_estimator_parting, READS, parting),
    ESTIMATOR_CALL(bt_estimator_find_parting, WRITES, find_parting),
    ESTIMATOR_CALL(bt_estimator_stop_reason, READS, stop_reason),
    ESTIMATOR_CALL(bt_estimator_cost, READS, cost),
    ESTIMATOR_CALL(bt_estimator_removed, READS, removed),
    ESTIMATOR_CALL(bt_estimator_observable_count, READS, observable_count),
    ESTIMATOR_CALL(bt_estimator_gradient, WRITES, cost_gradient),
    ESTIMATOR_CALL(bt_estimator_uncertainty, WRITES, uncertainty),
    ESTIMATOR_CALL(bt_estimator_prediction_deviation, WRITES, deviation),
    ESTIMATOR_CALL(bt_estimator_step, WRITES, step),
    ESTIMATOR_CALL(bt_estimator_run, WRITES, run),
    ESTIMATOR_CALL(bt_estimator_set_option, WRITES, set_option),
    ESTIMATOR_CALL(bt_estimator_set_method, WRITES, set_method),
    ESTIMATOR_CALL(bt_estimator_add_regularisation, WRITES, add_regularisation),
    ESTIMATOR_CALL(bt_estimator_clear_regularisation, WRITES, clear_regularisation),
    ESTIMATOR_CALL(bt_estimator_add_observable, WRITES, add_observable),
    ESTIMATOR_CALL(bt_estimator_set_reference, WRITES, set_reference),
    ESTIMATOR_CALL(bt_estimator_set_samples, WRITES, set_samples),
    ESTIMATOR_CALL(bt_estimator_set_criterion, WRITES, in_distribution),
    ESTIMATOR_CALL(bt_estimator_observables, WRITES, observables),
    ESTIMATOR_CALL(bt_estimator_divergence, WRITES, divergence),
    ESTIMATOR_CALL(bt_estimator_clear_observables, WRITES, clear_observables),
    ESTIMATOR_CALL(bt_estimator_set_criterion, WRITES, set_criterion),
    ESTIMATOR_CALL(bt_estimator_set_data, WRITES, set_data),
    ESTIMATOR_CALL(bt_estimator_set_horizons, WRITES, set_horizons),
    ESTIMATOR_CALL(bt_estimator_set_loader, WRITES, set_loader),
    ESTIMATOR_CALL(bt_estimator_set_reduction, WRITES, set_reduction),
    ESTIMATOR_CALL(bt_estimator_set_measured, WRITES, set_measured),
    ESTIMATOR_CALL(bt_estimator_set_initial_states, WRITES, set_initial),
    ESTIMATOR_CALL(bt_estimator_free, WRITES, estimator_free),
};
const int64_t handle_call_count = COUNT(handle_calls);
