/* The flat vector, named arrays, bounds, fixed flags, draws. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <string.h>

static void flat(void) {
  bt_network *network = standard_network();
  double weights[STANDARD_WEIGHTS], back[STANDARD_WEIGHTS], array[4];
  int64_t count = 0;
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK(count == STANDARD_WEIGHTS);
  for (int k = 0; k < STANDARD_WEIGHTS; k++) weights[k] = 0.01 * (k + 1);
  CHECK_OK(bt_network_set_weights(network, weights, count));
  CHECK_OK(bt_network_get_weights(network, back, count));
  CHECK(memcmp(weights, back, sizeof back) == 0);

  /* Arrays follow one another: u.x2.a, u.x2.W, u.x2.B, u.x1.g. */
  const char *names[] = {"u.x2.a", "u.x2.W", "u.x2.B", "u.x1.g"};
  const int64_t sizes[] = {2, 4, 2, 2};
  int64_t place = 0;
  for (int64_t k = 0; k < 4; k++) {
    char name[20];
    int64_t length = 0;
    CHECK_OK(bt_network_array_name(network, k, name, sizeof name, &length));
    CHECK(strcmp(name, names[k]) == 0 && length == 6);
    CHECK_OK(bt_network_get_array(network, name, array, sizes[k]));
    CHECK(memcmp(array, weights + place, (size_t)sizes[k] * sizeof(double)) == 0);
    place += sizes[k];
  }
  CHECK_OK(bt_network_array_count(network, &count));
  CHECK(count == 4);
  CHECK_OK(bt_network_free(network));
}

static void fixing(void) {
  bt_network *network = standard_network();
  const uint8_t some[] = {0, 1, 1, 0}, all = 9;
  uint8_t flags[4];
  double weights[STANDARD_WEIGHTS], free_ones[STANDARD_WEIGHTS];
  int64_t count = 0;
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_set_fixed(network, "u.x2.W", some, 4));
  CHECK_OK(bt_network_get_fixed(network, "u.x2.W", flags, 4));
  CHECK(memcmp(flags, some, 4) == 0);
  CHECK_OK(bt_network_weight_count(network, &count));
  CHECK(count == STANDARD_WEIGHTS - 2);
  CHECK_OK(bt_network_get_weights(network, free_ones, count));
  CHECK(free_ones[2] == weights[2] && free_ones[3] == weights[5]);
  /* Not 0 is 1, for all of them at once. */
  CHECK_OK(bt_network_set_fixed(network, "u.x2.W", &all, 1));
  CHECK_OK(bt_network_get_fixed(network, "u.x2.W", flags, 4));
  CHECK(flags[0] == 1 && flags[3] == 1);
  /* Fixed weights are not drawn anew, and do not change the draw of others. */
  double before[4], after[4];
  CHECK_OK(bt_network_get_array(network, "u.x2.W", before, 4));
  CHECK_OK(bt_network_randomize(network, 77));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", after, 4));
  CHECK(memcmp(before, after, sizeof before) == 0);
  CHECK_OK(bt_network_free(network));
}

static void bounds(void) {
  bt_network *network = standard_network();
  const double low = -0.1, high = 0.1, lows[] = {-1, 0, -INFINITY, 0.5}, highs[] = {-0.5, 0, 0, INFINITY};
  double lower[4], upper[4], values[4];
  CHECK_OK(bt_network_get_bounds(network, "u.x1.g", lower, upper, 2));
  CHECK(lower[0] == 0 && upper[1] == 0.999);
  CHECK_OK(bt_network_get_bounds(network, "u.x2.W", lower, upper, 4));
  CHECK(lower[0] == -INFINITY && upper[3] == INFINITY);
  CHECK_OK(bt_network_set_bounds(network, "u.x2.W", &low, &high, 1));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", values, 4));
  for (int k = 0; k < 4; k++) CHECK(values[k] >= low && values[k] <= high);
  CHECK_OK(bt_network_set_bounds(network, "u.x2.W", lows, highs, 4));
  CHECK_OK(bt_network_get_bounds(network, "u.x2.W", lower, upper, 4));
  CHECK(memcmp(lower, lows, sizeof lows) == 0 && memcmp(upper, highs, sizeof highs) == 0);
  CHECK_OK(bt_network_get_array(network, "u.x2.W", values, 4));
  for (int k = 0; k < 4; k++) CHECK(values[k] >= lows[k] && values[k] <= highs[k]);

  /* What fails changes nothing. */
  double again[4];
  const double wrong_low[] = {0, 0, 0, 1}, wrong_high[] = {1, 1, 1, 0}, nan_value = NAN, infinite = INFINITY;
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", wrong_low, wrong_high, 4), BT_ERROR_ARGUMENT, "u.x2.W|lower");
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", &nan_value, &high, 1), BT_ERROR_ARGUMENT, "u.x2.W|nan");
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", &low, &nan_value, 1), BT_ERROR_ARGUMENT, "u.x2.W|nan");
  CHECK_ERROR(bt_network_set_bounds(network, "u.x2.W", &infinite, &infinite, 1), BT_ERROR_ARGUMENT, "u.x2.W|inf");
  CHECK_OK(bt_network_get_array(network, "u.x2.W", again, 4));
  CHECK(memcmp(values, again, sizeof values) == 0);
  const double outside[] = {-0.7, 0, 0, 0.4};
  CHECK_ERROR(bt_network_set_array(network, "u.x2.W", outside, 4), BT_ERROR_ARGUMENT, "u.x2.W|0.4|[0.5, inf]");
  CHECK_OK(bt_network_get_array(network, "u.x2.W", again, 4));
  CHECK(memcmp(values, again, sizeof values) == 0);
  CHECK_OK(bt_network_free(network));
}

/* Weights that are not finite are refused, one and all. */
static void not_finite(void) {
  bt_network *network = standard_network();
  double before[STANDARD_WEIGHTS], weights[STANDARD_WEIGHTS];
  const double bad[] = {NAN, INFINITY, -INFINITY};
  CHECK_OK(bt_network_get_weights(network, before, STANDARD_WEIGHTS));
  for (int64_t k = 0; k < COUNT(bad); k++) {
    for (int place = 0; place < STANDARD_WEIGHTS; place++) {
      memcpy(weights, before, sizeof weights);
      weights[place] = bad[k];
      CHECK_ERROR(bt_network_set_weights(network, weights, STANDARD_WEIGHTS), BT_ERROR_ARGUMENT, "weight u.x|finite");
    }
    CHECK_ERROR(bt_network_set_array(network, "u.x2.a", &bad[k], 1), BT_ERROR_ARGUMENT, "u.x2.a|finite");
  }
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK(memcmp(before, weights, sizeof weights) == 0);
  CHECK_OK(bt_network_free(network));
}

/* Drawn weights are finite and inside their bounds, however far these are. */
static void draws(void) {
  const double extremes[][2] = {
      {1e308, INFINITY}, {-INFINITY, -1e308}, {-1.7e308, 1.7e308}, {3, 3}, {-INFINITY, INFINITY}};
  double a[STANDARD_WEIGHTS], b[STANDARD_WEIGHTS], values[4];
  bt_network *network = standard_network(), *other = standard_network();
  CHECK_OK(bt_network_randomize(network, UINT64_MAX));
  CHECK_OK(bt_network_randomize(other, UINT64_MAX));
  CHECK_OK(bt_network_get_weights(network, a, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_get_weights(other, b, STANDARD_WEIGHTS));
  CHECK(memcmp(a, b, sizeof a) == 0);
  for (int64_t k = 0; k < COUNT(extremes); k++) {
    const double *bound = extremes[k];
    CHECK_OK(bt_network_set_bounds(network, "u.x2.W", &bound[0], &bound[1], 1));
    for (uint64_t seed = 0; seed < 20; seed++) {
      CHECK_OK(bt_network_randomize(network, seed));
      CHECK_OK(bt_network_get_array(network, "u.x2.W", values, 4));
      for (int i = 0; i < 4; i++) CHECK(isfinite(values[i]) && values[i] >= bound[0] && values[i] <= bound[1]);
    }
  }
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(other));
}

/* Untouched, drawn, set; and what an estimator makes of weights that nobody gave. */
static void origins(void) {
  bt_network *network = standard_network(), *copy = NULL;
  bt_estimator *estimator = NULL;
  const int64_t steps = 4;
  const double inputs[] = {0.5, -1, 0.25, 2}, desired[] = {0.1, 0.2, 0.3, 0.1, 0.6, 0.2, 0.4, 0.5};
  double weights[STANDARD_WEIGHTS], drawn[STANDARD_WEIGHTS];
  char text[200];
  int32_t origin = -1, kind = -1, stop = -1;
  int64_t count = -1, length = 0;
  uint64_t seed = 7;
  CHECK_OK(bt_network_get_origin(network, &origin, &seed));
  CHECK(origin == BT_WEIGHTS_DRAWN && seed == 1);
  CHECK_OK(bt_network_randomize(network, UINT64_MAX));
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_set_weights(network, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK_OK(bt_network_get_origin(copy, &origin, &seed));
  CHECK(origin == BT_WEIGHTS_DRAWN && seed == UINT64_MAX);
  weights[0] += 1;
  CHECK_OK(bt_network_set_weights(copy, weights, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_get_origin(copy, &origin, NULL));
  CHECK(origin == BT_WEIGHTS_SET);
  CHECK_ERROR(bt_network_get_origin(copy, NULL, NULL), BT_ERROR_NULL, "origin");
  CHECK_OK(bt_network_free(copy));
  CHECK_OK(bt_network_free(network));

  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", "u", 2, "{\"leak\": \"adjust\"}", NULL));
  CHECK_OK(bt_network_get_origin(network, &origin, NULL));
  CHECK(origin == BT_WEIGHTS_UNTOUCHED);
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK_OK(bt_network_randomize(copy, 0));
  CHECK_OK(bt_network_get_weights(copy, drawn, STANDARD_WEIGHTS));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, 4, desired, 8, NULL, 0));
  CHECK_OK(bt_estimator_note_count(estimator, &count));
  CHECK(count == 0);
  CHECK_ERROR(bt_estimator_note(estimator, 0, &kind, text, sizeof text, &length), BT_ERROR_ARGUMENT, "index is 0");
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK(stop == BT_STOP_ITERATIONS);
  /* As `randomize` draws them, but for the weights from the input (B), which are per deviation of it, and for the biases (a),
   * which make up for its mean. */
  double mean = 0, variance = 0;
  for (int t = 0; t < steps; t++) mean += inputs[t] / (double)steps;
  for (int t = 0; t < steps; t++) variance += (inputs[t] - mean) * (inputs[t] - mean) / (double)steps;
  for (int k = 0; k < STANDARD_WEIGHTS; k++) {
    double expected = drawn[k];
    if (k < 2) expected -= drawn[6 + k] * mean / sqrt(variance);
    if (k == 6 || k == 7) expected /= sqrt(variance);
    CHECK_CLOSE(weights[k], expected, 1e-15);
  }
  CHECK_OK(bt_estimator_note_count(estimator, &count));
  CHECK(count >= 1);
  CHECK_OK(bt_estimator_note(estimator, 0, &kind, text, sizeof text, &length));
  CHECK(kind == BT_NOTE_DRAWN && strstr(text, "drawn with seed 0") && (size_t)length == strlen(text));
  CHECK_ERROR(bt_estimator_note(estimator, -1, &kind, text, sizeof text, &length), BT_ERROR_ARGUMENT, "index is -1");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(copy));
  CHECK_OK(bt_network_free(network));
}

/* What inputs are before t = 0: x(t) = 0.5 x(t - 1) + 2 u(t - 1). */
static void rest(void) {
  bt_network *network = NULL, *copy = NULL;
  const char *unit = "{\"sources\": [{\"source\": \"self\", \"lag\": 1}, {\"source\": \"input\", \"lag\": 1}]}";
  const double weights[] = {0, 0.5, 2}, level = 3, inputs[] = {10, 20, 30}, bad[] = {NAN, INFINITY, -INFINITY};
  const int64_t steps = 3, lengths[] = {-1, INT64_MIN, INT64_MAX, HUGE_LENGTH, 0, 2};
  double outputs[3], value = SENTINEL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", "l", 1, unit, NULL));
  CHECK_OK(bt_network_set_weights(network, weights, 3));
  CHECK_OK(bt_network_get_rest(network, &value, 1));
  CHECK(value == 0);
  CHECK_OK(bt_network_set_rest(network, &level, 1));
  CHECK_OK(bt_network_copy(network, &copy));
  for (int k = 0; k < 2; k++) {
    bt_network *one = k == 0 ? network : copy;
    CHECK_OK(bt_network_get_rest(one, &value, 1));
    CHECK(value == 3);
    CHECK_OK(bt_simulate(one, 1, &steps, inputs, 3, NULL, 0, outputs, 3, NULL, 0, NULL, 0));
    CHECK(outputs[0] == 6 && outputs[1] == 23 && outputs[2] == 51.5);
  }
  CHECK_OK(bt_network_free(copy));

  /* What fails changes nothing. */
  for (int64_t k = 0; k < COUNT(bad); k++)
    CHECK_ERROR(bt_network_set_rest(network, &bad[k], 1), BT_ERROR_ARGUMENT, "rest: value 0|finite");
  value = SENTINEL;
  for (int64_t k = 0; k < COUNT(lengths); k++) {
    CHECK(bt_network_set_rest(network, &level, lengths[k]) < BT_OK);
    CHECK(bt_network_get_rest(network, &value, lengths[k]) < BT_OK);
  }
  CHECK_ERROR(bt_network_set_rest(network, bad, 2), BT_ERROR_SIZE, "rest|2|expected 1");
  CHECK_ERROR(bt_network_set_rest(network, NULL, 1), BT_ERROR_NULL, "is NULL");
  CHECK_ERROR(bt_network_get_rest(network, NULL, 1), BT_ERROR_NULL, "is NULL");
  CHECK(value == SENTINEL);
  CHECK_OK(bt_network_get_rest(network, &value, 1));
  CHECK(value == 3);
  CHECK_OK(bt_network_set_rest(network, NULL, 0));
  CHECK_OK(bt_network_get_rest(network, &value, 1));
  CHECK(value == 0);
  CHECK_OK(bt_network_free(network));
}

/* An estimation from weights as drawn takes the mean of an input that never changes its sign, where nobody set a rest. */
static void taken_rest(void) {
  const int64_t steps = 4;
  const double inputs[] = {5, 7, 6, 8}, mixed[] = {5, 7, -6, 8}, desired[] = {0.1, 0.2, 0.3, 0.1, 0.6, 0.2, 0.4, 0.5};
  const double level = 3, expected[] = {6.5, 0, 3};
  for (int k = 0; k < 3; k++) {
    bt_network *network = standard_network();
    bt_estimator *estimator = NULL;
    double value = SENTINEL;
    if (k == 2) CHECK_OK(bt_network_set_rest(network, &level, 1));
    CHECK_OK(bt_estimator_create(network, &estimator));
    CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, k == 1 ? mixed : inputs, 4, desired, 8, NULL, 0));
    CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 0));
    CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
    CHECK_OK(bt_network_get_rest(network, &value, 1));
    CHECK(value == expected[k]);
    CHECK_OK(bt_estimator_free(estimator));
    CHECK_OK(bt_network_free(network));
  }
}

int main(void) {
  flat();
  fixing();
  bounds();
  not_finite();
  draws();
  origins();
  rest();
  taken_rest();
  return check_report();
}
