/* Simulation: several sequences, states, what goes on from what. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 12, NODES = 6 };

/* The equations of the standard network, written down again: x = g x(t-1) + zeta01(a + W x(t-1) + B i(t-1)). */
static void by_hand(const double *w, const double *inputs, int64_t steps, const double *initial, double *outputs) {
  double x[2] = {initial[1], initial[2]}, i = initial[0];
  for (int64_t t = 0; t < steps; t++) {
    double next[2];
    for (int n = 0; n < 2; n++) {
      const double v = w[n] + w[2 + 2 * n] * x[0] + w[3 + 2 * n] * x[1] + w[6 + n] * i;
      next[n] = w[8 + n] * x[n] + 1 / (1 + exp(-4 * v));
    }
    for (int n = 0; n < 2; n++) outputs[2 * t + n] = x[n] = next[n];
    i = inputs[t];
  }
}

static void equations(void) {
  bt_network *network = standard_network();
  const int64_t steps = T;
  const double initial[] = {0.5, -0.25, 0.75}, zero[] = {0, 0, 0};
  double weights[STANDARD_WEIGHTS], inputs[T], outputs[2 * T], expected[2 * T];
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_random_normal(5, "inputs", inputs, T));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, T, initial, 3, outputs, 2 * T, NULL, 0, NULL, 0));
  by_hand(weights, inputs, T, initial, expected);
  for (int k = 0; k < 2 * T; k++) CHECK_CLOSE(outputs[k], expected[k], 1e-14);
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, T, NULL, 0, outputs, 2 * T, NULL, 0, NULL, 0));
  by_hand(weights, inputs, T, zero, expected);
  for (int k = 0; k < 2 * T; k++) CHECK_CLOSE(outputs[k], expected[k], 1e-14);
  CHECK_OK(bt_network_free(network));
}

/* Side by side or one by one, the same up to rounding; in one go or in two, or in another order, the same bits. */
static void several(void) {
  bt_network *network = standard_network();
  const int64_t lengths[] = {3, 0, 7, 1, 1}, sum = 12;
  const int64_t sequences = COUNT(lengths);
  double inputs[12], initial[15], outputs[24], states[12 * NODES], final[15];
  CHECK_OK(bt_random_normal(6, "inputs", inputs, sum));
  CHECK_OK(bt_random_uniform(6, "initial", initial, 15));
  CHECK_OK(
      bt_simulate(network, sequences, lengths, inputs, sum, initial, 15, outputs, 24, states, 12 * NODES, final, 15));
  for (int64_t s = 0, first = 0; s < sequences; first += lengths[s++]) {
    double one[14], past[3];
    const int64_t n = lengths[s];
    CHECK_OK(bt_simulate(network, 1, &n, inputs + first, n, initial + 3 * s, 3, one, 2 * n, NULL, 0, past, 3));
    for (int64_t k = 0; k < 2 * n; k++) CHECK_CLOSE(one[k], outputs[2 * first + k], 1e-15);
    for (int64_t k = 0; k < 3; k++) CHECK_CLOSE(past[k], final[3 * s + k], 1e-15);
    if (n == 0) CHECK(memcmp(past, initial + 3 * s, sizeof past) == 0);
    for (int64_t t = 0; t < n; t++) {
      CHECK(states[(first + t) * NODES + 4] == outputs[2 * (first + t)]);
      CHECK(states[(first + t) * NODES + 5] == outputs[2 * (first + t) + 1]);
    }
    if (n > 0) CHECK(past[0] == inputs[first + n - 1] && past[2] == one[2 * n - 1]);
  }
  /* The third sequence put first. */
  const int64_t moved[] = {7, 3, 0, 1, 1};
  double moved_inputs[12], moved_outputs[24];
  memcpy(moved_inputs, inputs + 3, 7 * sizeof(double));
  memcpy(moved_inputs + 7, inputs, 3 * sizeof(double));
  memcpy(moved_inputs + 10, inputs + 10, 2 * sizeof(double));
  CHECK_OK(bt_simulate(network, sequences, lengths, inputs, sum, NULL, 0, outputs, 24, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, sequences, moved, moved_inputs, sum, NULL, 0, moved_outputs, 24, NULL, 0, NULL, 0));
  CHECK(memcmp(moved_outputs, outputs + 6, 14 * sizeof(double)) == 0);
  CHECK(memcmp(moved_outputs + 14, outputs, 6 * sizeof(double)) == 0);

  const int64_t whole = sum, half = sum / 2;
  double all[24], parts[24], past[3];
  CHECK_OK(bt_simulate(network, 1, &whole, inputs, sum, NULL, 0, all, 24, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, 1, &half, inputs, half, NULL, 0, parts, 12, NULL, 0, past, 3));
  CHECK_OK(bt_simulate(network, 1, &half, inputs + half, half, past, 3, parts + 12, 12, NULL, 0, past, 3));
  CHECK(memcmp(all, parts, sizeof all) == 0);
  CHECK_OK(bt_network_free(network));
}

/* Empty sequences, single steps, no input at all. */
static void edges(void) {
  bt_network *network = standard_network(), *alone = NULL;
  const int64_t zero = 0, one = 1, zeros[] = {0, 0, 0}, five = 5;
  double input = 0.5, outputs[10], final[9], initial[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK_OK(bt_simulate(network, 1, &zero, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, 3, zeros, NULL, 0, initial, 9, NULL, 0, NULL, 0, final, 9));
  CHECK(memcmp(initial, final, sizeof final) == 0);
  CHECK_OK(bt_simulate(network, 1, &one, &input, 1, NULL, 0, outputs, 2, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(network, 1, &one, &input, 1, NULL, 0, NULL, 0, NULL, 0, NULL, 0));
  CHECK_ERROR(bt_simulate(network, 0, NULL, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_SIZE, "sequences");

  CHECK_OK(bt_network_create(0, &alone));
  CHECK_ERROR(bt_simulate(alone, 1, &one, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_NETWORK, "no group");
  CHECK_OK(bt_network_add_unit(alone, "lnl", NULL, 2, NULL, NULL));
  CHECK_OK(bt_simulate(alone, 1, &five, NULL, 0, NULL, 0, outputs, 10, NULL, 0, NULL, 0));
  for (int k = 0; k < 10; k++) CHECK(outputs[k] == 0.5);
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(alone));
}

/* What diverges is infinite or NaN, no error; zero weights and inputs give zero. */
static void divergence(void) {
  bt_network *network = NULL;
  const int64_t steps = 5000;
  const double weights[] = {1.5, 1}, none[] = {0, 0};
  double *inputs = exact_doubles(steps, 1), *outputs = exact_doubles(steps, 0);
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 1, "{\"bias\": false}", NULL));
  CHECK_OK(bt_network_set_weights(network, weights, 2));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, steps, NULL, 0, outputs, steps, NULL, 0, NULL, 0));
  CHECK(outputs[0] == 0 && outputs[1] == 1 && outputs[2] == 2.5 && !isfinite(outputs[steps - 1]));
  CHECK_OK(bt_network_set_weights(network, none, 2));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, steps, NULL, 0, outputs, steps, NULL, 0, NULL, 0));
  CHECK(outputs[1] == 0 && outputs[steps - 1] == 0);
  free(inputs);
  free(outputs);
  CHECK_OK(bt_network_free(network));
}

/* Every function over its whole range, infinities included by way of huge inputs. */
static void functions(void) {
  const char *names[] = {"identity", "zeta",       "logistic", "relu",    "softplus", "exp",
                         "log",      "reciprocal", "square",   "upsilon", "step"};
  const int64_t counts[] = {0, 2, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  const double parameters[] = {0.1, 2}, inputs[] = {0, -0.0, 1, -1, 0.5, 1e-310, 1e308, -1e308, 750, -750};
  const int64_t steps = COUNT(inputs);
  for (int64_t k = 0; k < COUNT(names); k++) {
    bt_network *network = NULL;
    double outputs[COUNT(inputs)];
    check_about(names[k]);
    CHECK_OK(bt_network_create(1, &network));
    CHECK_OK(bt_network_add_firmware(network, "f", 1, NULL));
    CHECK_OK(bt_network_add_term(network, 0, 1, NULL));
    CHECK_OK(bt_network_add_factor(network, 0, 0, names[k], parameters, counts[k], BT_INPUT, 0));
    CHECK_OK(bt_simulate(network, 1, &steps, inputs, steps, NULL, 0, outputs, steps, NULL, 0, NULL, 0));
    if (strcmp(names[k], "log") != 0) {
      for (int64_t t = 0; t < steps; t++) CHECK(!isnan(outputs[t]));
    }
    CHECK_OK(bt_network_free(network));
  }
  check_about(NULL);
}

int main(void) {
  equations();
  several();
  edges();
  divergence();
  functions();
  return check_report();
}
