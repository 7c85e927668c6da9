/* Softmax groups, and initial states: learnt by the network, or one for each sequence. */
#include "check.h"
#include "support.h"

#include <math.h>

static void softmax(void) {
  bt_network *network = NULL;
  const int64_t steps = 2;
  const double inputs[] = {1e4, 0, -1e4, 0, 0, 0};
  double outputs[6];
  int64_t group = -7;
  CHECK_OK(bt_network_create(3, &network));
  CHECK_ERROR(bt_network_add_softmax(network, NULL, BT_INPUT, 0, 1, &group), BT_ERROR_NULL, "name");
  CHECK_ERROR(bt_network_add_softmax(network, "s", 5, 0, 1, &group), BT_ERROR_ARGUMENT, "group 5");
  CHECK_ERROR(bt_network_add_softmax(network, "s", BT_INPUT, -1, 1, &group), BT_ERROR_ARGUMENT, "lag|-1");
  CHECK_ERROR(bt_network_add_softmax(network, "s", BT_INPUT, 0, 0, &group), BT_ERROR_ARGUMENT, "temperature|0.0");
  CHECK_ERROR(bt_network_add_softmax(network, "s", BT_INPUT, 0, NAN, &group), BT_ERROR_ARGUMENT, "temperature|nan");
  CHECK(group == -7);
  CHECK_OK(bt_network_add_softmax(network, "s", BT_INPUT, 0, 2, &group));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 6, NULL, 0, outputs, 6, NULL, 0, NULL, 0));
  CHECK(outputs[0] == 1 && outputs[1] == 0 && outputs[2] == 0);
  CHECK_CLOSE(outputs[4], 1.0 / 3, 1e-15);
  CHECK_OK(bt_network_free(network));
}

static void learnt_by_the_network(void) {
  bt_network *network = standard_network();
  const int64_t steps = 1;
  const double input = 0, start[2] = {0.5, -0.25}, given[STANDARD_STATE] = {0, 0.5, -0.25};
  double zero[2], learnt[2], same[2];
  int64_t group = -7, count = 0;
  CHECK_OK(bt_network_find_group(network, "u.x", &group));
  CHECK_OK(bt_simulate(network, 1, &steps, &input, 1, NULL, 0, zero, 2, NULL, 0, NULL, 0));
  CHECK_ERROR(bt_network_learn_initial_state(network, 9, 1), BT_ERROR_ARGUMENT, "group 9");
  CHECK_ERROR(bt_network_learn_initial_state(network, group, 0), BT_ERROR_ARGUMENT, "depth|0");
  CHECK_ERROR(bt_network_learn_initial_state(network, group, HUGE_LENGTH), BT_ERROR_ARGUMENT, "depth");
  CHECK_OK(bt_network_learn_initial_state(network, group, 1));
  CHECK_ERROR(bt_network_learn_initial_state(network, group, 1), BT_ERROR_ARGUMENT, "learnt already");
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK(count == STANDARD_WEIGHTS + 2);
  CHECK_OK(bt_simulate(network, 1, &steps, &input, 1, NULL, 0, learnt, 2, NULL, 0, NULL, 0));
  CHECK(learnt[0] == zero[0] && learnt[1] == zero[1]);
  CHECK_OK(bt_network_set_array(network, "u.x.x0", start, 2));
  CHECK_OK(bt_simulate(network, 1, &steps, &input, 1, NULL, 0, learnt, 2, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, 1, &steps, &input, 1, given, STANDARD_STATE, same, 2, NULL, 0, NULL, 0));
  CHECK(learnt[0] != zero[0] && learnt[0] == same[0] && learnt[1] == same[1]);
  CHECK_OK(bt_network_free(network));
}

static void of_each_sequence(void) {
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  const int64_t lengths[2] = {20, 20};
  double desired[40], starts[2] = {SENTINEL, SENTINEL}, value = SENTINEL;
  CHECK_OK(bt_network_create(0, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 1, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  for (int t = 0; t < 20; t++) {
    desired[t] = 2 * pow(0.8, t + 1);
    desired[20 + t] = -3 * pow(0.8, t + 1);
  }
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, NULL, 0, desired, 40, NULL, 0));
  CHECK_ERROR(bt_estimator_get_initial_states(estimator, starts, 2), BT_ERROR_STATE, "initial_states");
  CHECK_OK(bt_estimator_get_option(estimator, "initial_states", &value));
  CHECK(value == 0);
  CHECK_ERROR(bt_estimator_set_option(estimator, "initial_states", 2), BT_ERROR_ARGUMENT, "0 or 1");
  CHECK_OK(bt_estimator_set_option(estimator, "initial_states", 1));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_ERROR(bt_estimator_get_initial_states(estimator, NULL, 2), BT_ERROR_NULL, "values");
  CHECK_ERROR(bt_estimator_get_initial_states(estimator, starts, 3), BT_ERROR_SIZE, "3|expected 2");
  CHECK(starts[0] == SENTINEL && starts[1] == SENTINEL);
  CHECK_OK(bt_estimator_get_initial_states(estimator, starts, 2));
  CHECK_CLOSE(starts[0], 2, 1e-2);
  CHECK_CLOSE(starts[1], -3, 1e-2);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* The second half of a sequence, from the state that the first half left. */
static void given(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  const int64_t half = STEPS / 2;
  double inputs[STEPS], desired[STEPS * 2], state[STANDARD_STATE], cost = SENTINEL, gradient[STANDARD_WEIGHTS];
  standard_data(network, inputs, desired);
  CHECK_OK(bt_simulate(network, 1, &half, inputs, half, NULL, 0, NULL, 0, NULL, 0, state, STANDARD_STATE));
  const int64_t steps = STEPS;
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, STEPS, NULL, 0, desired, STEPS * 2, NULL, 0, NULL, 0));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_ERROR(bt_estimator_set_initial_states(estimator, state, STANDARD_STATE), BT_ERROR_STATE, "no data");
  CHECK_OK(bt_estimator_set_data(estimator, 1, &half, inputs + half, half, desired + half * 2, half * 2, NULL, 0));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost > 1e-12);
  CHECK_ERROR(bt_estimator_set_initial_states(estimator, state, 2), BT_ERROR_SIZE, "2 values|1 sequences x 3");
  CHECK_ERROR(bt_estimator_set_initial_states(estimator, state, -1), BT_ERROR_SIZE, "-1");
  CHECK_ERROR(bt_estimator_set_initial_states(estimator, NULL, STANDARD_STATE), BT_ERROR_NULL, "values");
  state[1] += 1;
  CHECK_OK(bt_estimator_set_initial_states(estimator, state, STANDARD_STATE));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost > 1e-6);
  state[1] = NAN;
  CHECK_ERROR(bt_estimator_set_initial_states(estimator, state, STANDARD_STATE), BT_ERROR_ARGUMENT, "value 1|nan");
  CHECK_OK(bt_simulate(network, 1, &half, inputs, half, NULL, 0, NULL, 0, NULL, 0, state, STANDARD_STATE));
  CHECK_OK(bt_estimator_set_initial_states(estimator, state, STANDARD_STATE));
  CHECK_OK(bt_estimator_gradient(estimator, &cost, gradient, STANDARD_WEIGHTS));
  /* Nothing is left but the rounding of the units of the data. */
  CHECK(cost >= 0 && cost < 1e-30 && fabs(gradient[0]) < 1e-15);
  /* From the states given on, where they are learnt too. */
  CHECK_OK(bt_estimator_set_option(estimator, "initial_states", 1));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost >= 0 && cost < 1e-30);
  CHECK_OK(bt_estimator_set_initial_states(estimator, NULL, 0));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost > 1e-12);
  /* A network that changes afterwards. */
  CHECK_OK(bt_estimator_set_initial_states(estimator, state, STANDARD_STATE));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 2, NULL, NULL));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_STATE, "structure has changed");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  softmax();
  learnt_by_the_network();
  of_each_sequence();
  given();
  return check_report();
}
