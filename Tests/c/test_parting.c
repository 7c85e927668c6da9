/* What is told of a network that predicts, whose free run parts from the data: the logistic map. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { TIMES = 400 };

/* o = w m + v m^2, m the measured output of lag 1. */
static bt_network *parabola(double w, double v) {
  bt_network *network = NULL;
  const double weights[] = {w, v};
  const int64_t one = 1;
  int64_t out = 0, square = 0, measured = 0, term = 0;
  CHECK_OK(bt_network_create(0, &network));
  CHECK_OK(bt_network_add_learnware(network, "out", 1, &out));
  CHECK_OK(bt_network_add_firmware(network, "square", 1, &square));
  CHECK_OK(bt_network_add_measured(network, "out.m1", out, 1, 0, &measured));
  CHECK_OK(bt_network_add_term(network, square, 1, &term));
  CHECK_OK(bt_network_add_factor(network, square, term, "square", NULL, 0, measured, 0));
  CHECK_OK(bt_network_connect_dense(network, out, measured, 0, "W"));
  CHECK_OK(bt_network_connect_dense(network, out, square, 0, "V"));
  CHECK_OK(bt_network_observe(network, &out, &one, 1));
  CHECK_OK(bt_network_set_weights(network, weights, 2));
  return network;
}

static void told(void) {
  bt_network *network = parabola(4 - 4e-6, -4 + 4e-6);
  bt_estimator *estimator = NULL;
  const int64_t steps = TIMES;
  double desired[TIMES] = {0.3}, one_step = SENTINEL, again = SENTINEL;
  int64_t horizon = -7, count = 0, length = 0;
  int32_t kind = 0, stop = 0;
  char text[200];
  for (int t = 1; t < TIMES; t++) desired[t] = 4 * desired[t - 1] * (1 - desired[t - 1]);
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_ERROR(bt_estimator_find_parting(estimator, &one_step, &horizon), BT_ERROR_STATE, "no data");
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, NULL, 0, desired, TIMES, NULL, 0));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 0));
  CHECK_OK(bt_estimator_parting(estimator, &one_step, &horizon));
  CHECK(isnan(one_step) && horizon == 0);
  CHECK_OK(bt_estimator_find_parting(estimator, &again, &horizon));
  CHECK(again > 1e-12 && again < 5e-12 && horizon >= 15 && horizon <= 21);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_parting(estimator, &one_step, NULL));
  CHECK(one_step == again && stop == BT_STOP_ITERATIONS);
  CHECK_OK(bt_estimator_note_count(estimator, &count));
  CHECK(count == 1);
  CHECK_OK(bt_estimator_note(estimator, 0, &kind, text, sizeof text, &length));
  CHECK(kind == BT_NOTE_PARTING && strstr(text, "trajectories part: one-step NMSE ") && strstr(text, " steps"));
  /* The one-step predictor is not told so. */
  CHECK_OK(bt_estimator_set_option(estimator, "horizon", 1));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_note_count(estimator, &count));
  CHECK_OK(bt_estimator_parting(estimator, NULL, &horizon));
  CHECK(count == 0 && horizon == 0);
  CHECK_ERROR(bt_estimator_parting(NULL, &one_step, &horizon), BT_ERROR_NULL, "estimator");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  told();
  return check_report();
}
