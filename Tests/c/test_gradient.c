/* Gradients against central differences of simulations. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 3, SUM = 17 };
static const int64_t lengths[SEQUENCES] = {9, 1, 7};

/* The standard network with a linear readout by sparse and shared weights, a product, and two lags. */
static bt_network *mixed_network(void) {
  bt_network *network = standard_network();
  const int64_t shared[] = {0, 1, 1, 0, 2, -1};
  const uint8_t mask[] = {1, 0, 1, 0, 1, 1};
  const int64_t groups[] = {3, 4}, counts[] = {3, 1};
  CHECK_OK(bt_network_add_learnware(network, "v", 3, NULL));
  CHECK_OK(bt_network_add_bias(network, 3, NULL, NULL, 0));
  CHECK_OK(bt_network_connect_shared(network, 3, 2, 0, "S", shared, 6));
  CHECK_OK(bt_network_connect_sparse(network, 3, 2, 2, "P", mask, 6));
  CHECK_OK(bt_network_connect_dense(network, 3, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_connect_diagonal(network, 3, 3, 1, "D"));
  CHECK_OK(bt_network_add_firmware(network, "f", 3, NULL));
  CHECK_OK(bt_network_add_term(network, 4, 0.7, NULL));
  CHECK_OK(bt_network_add_factor(network, 4, 0, "square", NULL, 0, 3, 1));
  CHECK_OK(bt_network_add_factor(network, 4, 0, "logistic", NULL, 0, BT_INPUT, 0));
  CHECK_OK(bt_network_observe(network, groups, counts, 2));
  CHECK_OK(bt_network_randomize(network, 21));
  return network;
}

/* The sum that bt_gradient differentiates. */
static double weighted_sum(const bt_network *network, const double *inputs, const double *initial, int64_t state,
                           const double *slopes, int64_t outputs) {
  double *values = exact_doubles(SUM * outputs, 0), sum = 0;
  CHECK_OK(bt_simulate(network, SEQUENCES, lengths, inputs, SUM, initial, SEQUENCES * state, values, SUM * outputs,
                       NULL, 0, NULL, 0));
  for (int64_t k = 0; k < SUM * outputs; k++) sum += slopes[k] * values[k];
  free(values);
  return sum;
}

static void by_differences(void) {
  bt_network *network = mixed_network();
  int64_t count = 0, state = 0, outputs = 0;
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK_OK(bt_network_state_size(network, &state));
  CHECK_OK(bt_network_outputs(network, &outputs));
  double *weights = exact_doubles(count, 0), *gradient = exact_doubles(count, SENTINEL);
  double *initial = exact_doubles(SEQUENCES * state, 0), *past = exact_doubles(SEQUENCES * state, SENTINEL);
  double *slopes = exact_doubles(SUM * outputs, 0), inputs[SUM];
  CHECK_OK(bt_random_normal(1, "inputs", inputs, SUM));
  CHECK_OK(bt_random_normal(1, "slopes", slopes, SUM * outputs));
  CHECK_OK(bt_random_uniform(1, "initial", initial, SEQUENCES * state));
  CHECK_OK(bt_network_get_weights(network, weights, count));
  CHECK_OK(bt_gradient(network, SEQUENCES, lengths, inputs, SUM, initial, SEQUENCES * state, slopes, SUM * outputs,
                       gradient, count, past, SEQUENCES * state));
  const double h = 1e-5;
  for (int64_t k = 0; k < count; k++) {
    const double weight = weights[k];
    double difference = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
      weights[k] = weight + sign * h;
      CHECK_OK(bt_network_set_weights(network, weights, count));
      difference += sign * weighted_sum(network, inputs, initial, state, slopes, outputs);
    }
    weights[k] = weight;
    CHECK_CLOSE(gradient[k], difference / (2 * h), 1e-8);
  }
  CHECK_OK(bt_network_set_weights(network, weights, count));
  int64_t depth = 0;
  CHECK_OK(bt_network_group_depth(network, BT_INPUT, &depth));
  for (int64_t k = 0; k < SEQUENCES * state; k++) {
    const double value = initial[k];
    double difference = 0;
    /* The input's part is 0 by definition. */
    if (k % state < depth) {
      CHECK(past[k] == 0);
      continue;
    }
    for (int sign = -1; sign <= 1; sign += 2) {
      initial[k] = value + sign * h;
      difference += sign * weighted_sum(network, inputs, initial, state, slopes, outputs);
    }
    initial[k] = value;
    CHECK_CLOSE(past[k], difference / (2 * h), 1e-8);
  }
  CHECK_OK(bt_network_free(network));
  free(weights), free(gradient), free(initial), free(past), free(slopes);
}

/* A group of constants alone has no factor that could be looked at. */
static void of_constants(void) {
  bt_network *network = NULL;
  int64_t x = 0, f = 0;
  const int64_t steps = 3, one = 1;
  const double u[] = {1, 2, 3}, slopes[] = {1, 1, 1};
  double gradient[2] = {SENTINEL, SENTINEL};
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_firmware(network, "constant", 1, &f));
  CHECK_OK(bt_network_add_term(network, f, 2.5, NULL));
  CHECK_OK(bt_network_add_learnware(network, "x", 1, &x));
  CHECK_OK(bt_network_connect_dense(network, x, f, 0, "W"));
  CHECK_OK(bt_network_connect_dense(network, x, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_observe(network, &x, &one, 1));
  CHECK_OK(bt_gradient(network, 1, &steps, u, steps, NULL, 0, slopes, steps, gradient, 2, NULL, 0));
  CHECK_CLOSE(gradient[0], 7.5, 1e-15);
  CHECK_CLOSE(gradient[1], 6, 1e-15);
  CHECK_OK(bt_network_free(network));
}

/* That of the estimator's cost, at the network's weights. */
static void of_the_cost(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  double weights[STANDARD_WEIGHTS], gradient[STANDARD_WEIGHTS], cost = 0, alone = 0, reported = 0;
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_estimator_gradient(estimator, &cost, gradient, STANDARD_WEIGHTS));
  CHECK_OK(bt_estimator_gradient(estimator, &alone, NULL, 0));
  CHECK_OK(bt_estimator_cost(estimator, &reported, NULL));
  CHECK(cost == alone && cost == reported && cost > 0);
  CHECK_OK(bt_estimator_gradient(estimator, NULL, NULL, 0));
  const double h = 1e-5;
  for (int k = 0; k < STANDARD_WEIGHTS; k++) {
    double moved[STANDARD_WEIGHTS], difference = 0;
    memcpy(moved, weights, sizeof moved);
    for (int sign = -1; sign <= 1; sign += 2) {
      double value = 0;
      moved[k] = weights[k] + sign * h;
      CHECK_OK(bt_network_set_weights(network, moved, STANDARD_WEIGHTS));
      CHECK_OK(bt_estimator_cost(estimator, &value, NULL));
      difference += sign * value;
    }
    CHECK_CLOSE(gradient[k], difference / (2 * h), 1e-8);
  }
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void edges(void) {
  bt_network *network = standard_network();
  const int64_t zero = 0;
  double gradient[STANDARD_WEIGHTS], past[3];
  fill(gradient, STANDARD_WEIGHTS);
  CHECK_OK(bt_gradient(network, 1, &zero, NULL, 0, NULL, 0, NULL, 0, gradient, STANDARD_WEIGHTS, past, 3));
  for (int k = 0; k < STANDARD_WEIGHTS; k++) CHECK(gradient[k] == 0);
  CHECK(past[0] == 0 && past[1] == 0 && past[2] == 0);
  CHECK_OK(bt_gradient(network, 1, &zero, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0));
  const int64_t one = 1;
  const double input = 1, slopes[] = {1, NAN};
  fill(gradient, STANDARD_WEIGHTS);
  CHECK_ERROR(bt_gradient(network, 1, &one, &input, 1, NULL, 0, slopes, 2, gradient, STANDARD_WEIGHTS, NULL, 0),
              BT_ERROR_ARGUMENT, "slopes|nan|finite");
  CHECK(is_untouched(gradient, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  by_differences();
  of_constants();
  of_the_cost();
  edges();
  return check_report();
}
