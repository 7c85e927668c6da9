/* Covariance, standard errors and undetermined weights, by hand on a linear network. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>

enum { T = 4, P = 2 };

/* v = B i(t) + C i(t - 1), or with a lag of 0 of both. */
static bt_network *linear_network(int64_t lag) {
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_learnware(network, "v", 1, NULL));
  CHECK_OK(bt_network_connect_dense(network, 0, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_connect_dense(network, 0, BT_INPUT, lag, "C"));
  return network;
}

/* Inputs 1, 0, 1, 0: columns (1, 0, 1, 0) and (0, 1, 0, 1), X^T X = 2; best weights 2 and 3, errors of 1, -1, -1, 1. */
static bt_estimator *fitted(bt_network *network) {
  static const double inputs[T] = {1, 0, 1, 0}, desired[T] = {1, 4, 3, 2};
  const int64_t length = T;
  bt_estimator *estimator = NULL;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &length, inputs, T, desired, T, NULL, 0));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  return estimator;
}

static void by_hand(void) {
  bt_network *network = linear_network(1);
  bt_estimator *estimator = fitted(network);
  double *covariance = exact_doubles(P * P, SENTINEL), *errors = exact_doubles(P, SENTINEL);
  double *freedom = exact_doubles(P, SENTINEL), *deviation = exact_doubles(T, SENTINEL), noise = SENTINEL;
  int64_t rank = -1;
  CHECK_OK(bt_estimator_uncertainty(estimator, covariance, P * P, errors, freedom, P, &noise, &rank));
  /* s^2 = 4 / (4 - 2) */
  CHECK_CLOSE(noise, sqrt(2), 1e-12);
  CHECK(rank == 2);
  for (int k = 0; k < P; k++) {
    CHECK_CLOSE(errors[k], 1, 1e-12);
    CHECK_CLOSE(covariance[3 * k], 1, 1e-12);
    CHECK_CLOSE(covariance[2 - k], 0, 1e-12);
    CHECK(freedom[k] == 0);
  }
  CHECK_OK(bt_estimator_prediction_deviation(estimator, deviation, T));
  for (int t = 0; t < T; t++) CHECK_CLOSE(deviation[t], 1, 1e-12);
  /* What is not wanted. */
  rank = -1, noise = SENTINEL;
  CHECK_OK(bt_estimator_uncertainty(estimator, NULL, 0, NULL, NULL, 0, NULL, NULL));
  CHECK_OK(bt_estimator_uncertainty(estimator, NULL, 0, NULL, NULL, 0, NULL, &rank));
  CHECK(rank == 2);
  free(covariance), free(errors), free(freedom), free(deviation);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Two weights of one source: only their sum is determined. */
static void one_sum(void) {
  bt_network *network = linear_network(0);
  bt_estimator *estimator = fitted(network);
  double covariance[P * P], errors[P], freedom[P], deviation[T], sum = 0, noise = 0;
  int64_t rank = -1;
  CHECK_OK(bt_estimator_uncertainty(estimator, covariance, P * P, errors, freedom, P, &noise, &rank));
  CHECK(rank == 1 && isinf(errors[0]) && isinf(errors[1]));
  CHECK_CLOSE(freedom[0], sqrt(0.5), 1e-12);
  CHECK_CLOSE(freedom[1], sqrt(0.5), 1e-12);
  for (int k = 0; k < P * P; k++) sum += covariance[k];
  /* X^T X of the sum is 2. */
  CHECK_CLOSE(sum, noise * noise / 2, 1e-12);
  CHECK_OK(bt_estimator_prediction_deviation(estimator, deviation, T));
  CHECK_CLOSE(deviation[0], noise / sqrt(2), 1e-12);
  CHECK(deviation[1] == 0);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Other inputs (2, -1): v is 4 and 2 (-1) + 3 2, its deviations those of columns of independent weights of deviation 1. */
static int32_t stop_at_once(bt_estimator *estimator, int32_t event, void *user) {
  (void)estimator, (void)event, (void)user;
  return 1;
}

static void at_other_inputs(void) {
  static const double inputs[] = {2, -1};
  const int64_t length = 2;
  bt_network *network = linear_network(1);
  bt_estimator *estimator = fitted(network);
  double directions[P * P], deviations[P], outputs[T], deviation[T], noise = SENTINEL;
  int64_t count = -1;
  int32_t stop = -1;
  CHECK_OK(bt_estimator_find_uncertainty(estimator, stop_at_once, NULL, &stop));
  CHECK(stop == BT_STOP_NONE || stop == BT_STOP_CALLBACK);
  CHECK_OK(bt_estimator_find_uncertainty(estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_NONE);
  CHECK_OK(bt_estimator_fitted_outputs(estimator, outputs, T, &noise, 1));
  CHECK_CLOSE(outputs[0], 2, 1e-8);
  CHECK_CLOSE(outputs[1], 3, 1e-8);
  CHECK_CLOSE(noise, sqrt(2), 1e-12);
  CHECK_OK(bt_estimator_combination_count(estimator, &count));
  CHECK(count == P);
  CHECK_OK(bt_estimator_combinations(estimator, directions, P * P, deviations, P));
  CHECK_OK(bt_uncertainty_predict(network, 1, &length, inputs, 2, NULL, 0, directions, P * P, deviations, P, outputs,
                                  deviation, 2, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_NONE);
  CHECK_CLOSE(outputs[0], 4, 1e-8);
  CHECK_CLOSE(outputs[1], 4, 1e-8);
  CHECK_CLOSE(deviation[0], 2, 1e-12);
  CHECK_CLOSE(deviation[1], sqrt(5), 1e-12);
  CHECK_ERROR(bt_estimator_combinations(estimator, directions, 3, deviations, P), BT_ERROR_SIZE, "directions_length");
  CHECK_ERROR(bt_estimator_fitted_outputs(estimator, outputs, 3, NULL, 0), BT_ERROR_SIZE, "outputs_length");
  CHECK_ERROR(bt_uncertainty_predict(network, 1, &length, inputs, 2, NULL, 0, directions, 3, deviations, P, outputs,
                                     deviation, 2, NULL, NULL, NULL), BT_ERROR_SIZE, "directions|expected 2");
  CHECK_ERROR(bt_uncertainty_predict(network, 1, &length, inputs, 2, NULL, 0, directions, P * P, deviations, P, outputs,
                                     deviation, 3, NULL, NULL, NULL), BT_ERROR_SIZE, "outputs_length|expected 2");
  deviations[0] = -1;
  CHECK_ERROR(bt_uncertainty_predict(network, 1, &length, inputs, 2, NULL, 0, directions, P * P, deviations, P, outputs,
                                     deviation, 2, NULL, NULL, NULL), BT_ERROR_ARGUMENT, "deviations|-1");
  directions[1] = NAN;
  CHECK_ERROR(bt_uncertainty_predict(network, 1, &length, inputs, 2, NULL, 0, directions, P * P, deviations, P, outputs,
                                     deviation, 2, NULL, NULL, NULL), BT_ERROR_ARGUMENT, "directions|finite");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Wrong lengths and NULL: nothing is written. */
static void refused(void) {
  bt_network *network = linear_network(1);
  bt_estimator *estimator = fitted(network), *empty = NULL;
  double values[P * P], errors[P], deviation[T], noise = SENTINEL;
  int64_t rank = -7;
  const int64_t wrong[] = {-1, 0, 1, 3, 5, HUGE_LENGTH, INT64_MIN, INT64_MAX};
  fill(values, P * P), fill(errors, P), fill(deviation, T);
  for (int64_t k = 0; k < COUNT(wrong); k++) {
    CHECK_ERROR(bt_estimator_uncertainty(estimator, values, wrong[k], errors, NULL, P, &noise, &rank), BT_ERROR_SIZE,
                "covariance_length|expected 4");
    CHECK_ERROR(bt_estimator_uncertainty(estimator, values, P * P, errors, NULL, wrong[k], &noise, &rank),
                BT_ERROR_SIZE, "weights_length|expected 2");
    CHECK_ERROR(bt_estimator_uncertainty(estimator, values, P * P, NULL, errors, wrong[k], &noise, &rank),
                BT_ERROR_SIZE, "weights_length|expected 2");
    CHECK_ERROR(bt_estimator_prediction_deviation(estimator, deviation, wrong[k]), BT_ERROR_SIZE,
                "deviation_length|expected 4");
  }
  CHECK_ERROR(bt_estimator_uncertainty(estimator, NULL, P * P, errors, NULL, P, &noise, &rank), BT_ERROR_NULL,
              "covariance is NULL");
  CHECK_ERROR(bt_estimator_prediction_deviation(estimator, NULL, T), BT_ERROR_NULL, "deviation is NULL");
  CHECK_OK(bt_estimator_create(network, &empty));
  CHECK_ERROR(bt_estimator_uncertainty(empty, values, P * P, errors, NULL, P, &noise, &rank), BT_ERROR_STATE, "no data");
  CHECK_ERROR(bt_estimator_prediction_deviation(empty, deviation, T), BT_ERROR_STATE, "no data");
  CHECK(is_untouched(values, P * P) && is_untouched(errors, P) && is_untouched(deviation, T));
  CHECK(noise == SENTINEL && rank == -7);
  CHECK_OK(bt_estimator_free(empty));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  by_hand();
  one_sum();
  at_other_inputs();
  refused();
  return check_report();
}
