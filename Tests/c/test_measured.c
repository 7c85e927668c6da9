/* Groups that are read as measured: predictions, horizons, streams. */
#include "check.h"
#include "measured_model.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static void expect(const double *found, double a, double b, double c, double d) {
  CHECK_CLOSE(found[0], a, 1e-15);
  CHECK_CLOSE(found[1], b, 1e-15);
  CHECK_CLOSE(found[2], c, 1e-15);
  CHECK_CLOSE(found[3], d, 1e-15);
}

static void predictions(const model *m) {
  double *o = exact_doubles(T, SENTINEL), *final = exact_doubles(6, SENTINEL);
  CHECK_OK(predict(m, 1, y, NULL, o, final));
  expect(o, 1, 2, 1, 2.5);
  /* out 1; hidden 2; what was measured of out 1, of hidden 2, its own values where nothing was. */
  CHECK(final[0] == 2.5 && final[1] == 0 && final[2] == 0 && final[3] == 6 && final[4] == 0 && final[5] == 0);
  CHECK_OK(predict(m, 1, y, h, o, final));
  expect(o, 1, 2, 11, 2 + 11 / 2.0);
  CHECK(final[4] == 40 && final[5] == 30);
  CHECK_OK(predict(m, 2, y, NULL, o, NULL));
  expect(o, 1, 0.5, 1, 2.5);
  CHECK_OK(predict(m, 3, y, h, o, NULL));
  expect(o, 1, 0.5, 0.25, 7.5);
  CHECK_OK(predict(m, forever, y, h, o, final));
  expect(o, 1, 0.5, 0.25, 2.125);
  CHECK(final[3] == 6 && final[4] == 40);
  CHECK_OK(predict(m, 1, NULL, NULL, o, NULL));
  expect(o, 1, 0.5, 0.25, 2.125);
  double *again = exact_doubles(T, SENTINEL);
  CHECK_OK(bt_simulate(m->network, 1, &steps, u, T, NULL, 0, again, T, NULL, 0, NULL, 0));
  CHECK(memcmp(o, again, T * sizeof *o) == 0);
  /* The output itself, given apart: it goes before y. */
  const int64_t both[2] = {1, 0};
  double values[2 * T] = {NAN, NAN, NAN, NAN, 8, 8, 8, 8};
  CHECK_OK(bt_predict(m->network, 1, &steps, u, T, y, T, 1, NULL, 0, both, 2, values, 2 * T, o, T, NULL, 0, NULL, NULL, NULL));
  expect(o, 1, 4, 4, 6);
  /* From the state in between. */
  const int64_t first = 2, last = 2, none = 0;
  double *middle = exact_doubles(6, SENTINEL);
  CHECK_OK(bt_predict(m->network, 1, &first, u, 2, y, 2, 1, NULL, 0, &m->hidden, 1, h, 2, o, 2, middle, 6, NULL, NULL, NULL));
  CHECK_OK(bt_predict(m->network, 1, &last, u + 2, 2, y + 2, 2, 1, middle, 6, &m->hidden, 1, h + 2, 2, o + 2, 2, NULL, 0, NULL, NULL, NULL));
  expect(o, 1, 2, 11, 7.5);
  CHECK_OK(bt_predict(m->network, 1, &none, NULL, 0, NULL, 0, 3, middle, 6, NULL, 0, NULL, 0, NULL, 0, final, 6, NULL, NULL, NULL));
  CHECK(memcmp(final, middle, 6 * sizeof *final) == 0);
  CHECK_ERROR(bt_predict(m->network, 0, NULL, NULL, 0, NULL, 0, 3, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, NULL),
              BT_ERROR_SIZE, "sequences|at least one");
  free(o), free(final), free(again), free(middle);
}

static int32_t stop_at_once(bt_estimator *estimator, int32_t event, void *asked) {
  CHECK(estimator == NULL && event == BT_EVENT_POLL);
  ++*(int32_t *)asked;
  return 1;
}

static int32_t go_on(bt_estimator *estimator, int32_t event, void *asked) {
  CHECK(estimator == NULL && event == BT_EVENT_POLL);
  ++*(int32_t *)asked;
  return 0;
}

/* A callback that stops it leaves the outputs as they are. */
static void polled_prediction(const model *m) {
  double *o = exact_doubles(T, SENTINEL);
  const int64_t steps = T;
  int32_t asked = 0, stop = -1;
  CHECK_OK(bt_predict(m->network, 1, &steps, u, T, y, T, 2, NULL, 0, NULL, 0, NULL, 0, o, T, NULL, 0, stop_at_once, &asked,
                      &stop));
  CHECK(asked > 0 && stop == BT_STOP_CALLBACK && is_untouched(o, T));
  CHECK_OK(bt_predict(m->network, 1, &steps, u, T, y, T, 2, NULL, 0, NULL, 0, NULL, 0, o, T, NULL, 0, go_on, &asked, &stop));
  CHECK(asked > 1 && stop == BT_STOP_NONE && !is_untouched(o, T));
  free(o);
}

static void streams(const model *m) {
  bt_stream *stream = NULL;
  double o[T], state[6];
  CHECK_OK(bt_stream_create(m->network, NULL, 0, &stream));
  for (int t = 0; t < T; t++) {
    CHECK_OK(bt_stream_set_measured(stream, m->hidden, h + t, 1));
    CHECK_OK(bt_stream_step(stream, u + t, 1, y + t, 1, o + t, 1));
  }
  expect(o, 1, 2, 11, 7.5);
  CHECK_OK(bt_stream_get_state(stream, state, 6));
  CHECK(state[3] == 6 && state[4] == 40 && state[5] == 30);
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_run(stream, T, u, T, y, T, o, T));
  expect(o, 1, 2, 1, 2.5);
  /* An output that comes by itself, and is not in y. */
  const double eight = 8;
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_set_measured(stream, m->out, &eight, 1));
  CHECK_OK(bt_stream_run(stream, T, u, T, NULL, 0, o, T));
  expect(o, 1, 4, 2, 3);
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_set_measured(stream, m->out, &eight, 1));
  CHECK_OK(bt_stream_run(stream, T, u, T, y, T, o, T));
  expect(o, 1, 4, 1, 2.5);
  /* What is refused changes nothing: the value that was set is still to come. */
  const double infinite = forever;
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_set_measured(stream, m->out, &eight, 1));
  CHECK_ERROR(bt_stream_set_measured(stream, m->out, &infinite, 1), BT_ERROR_ARGUMENT, "inf|finite number, or NaN");
  CHECK_ERROR(bt_stream_set_measured(stream, m->out, &eight, 2), BT_ERROR_SIZE, "values_length is 2|expected 1");
  CHECK_ERROR(bt_stream_set_measured(stream, m->out, NULL, 1), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_stream_set_measured(NULL, m->out, &eight, 1), BT_ERROR_NULL, "stream is NULL");
  CHECK_ERROR(bt_stream_set_measured((bt_stream *)m->network, m->out, &eight, 1), BT_ERROR_HANDLE, "stream");
  const int64_t others[] = {BT_INPUT, 2, 3, 4, -2, INT64_MIN, INT64_MAX};
  for (int64_t k = 0; k < COUNT(others); k++)
    CHECK_ERROR(bt_stream_set_measured(stream, others[k], &eight, 1), BT_ERROR_ARGUMENT, "group is|measured");
  fill(o, T);
  CHECK_ERROR(bt_stream_step(stream, u, 1, &infinite, 1, o, 1), BT_ERROR_ARGUMENT, "measured: step 0, output 0 is inf");
  CHECK_ERROR(bt_stream_step(stream, u, 1, y, 0, o, 1), BT_ERROR_SIZE, "measured_length is 0|expected 1");
  CHECK_ERROR(bt_stream_step(stream, u, 1, NULL, 1, o, 1), BT_ERROR_NULL, "measured is NULL");
  CHECK_ERROR(bt_stream_run(stream, 2, u, 2, y, 3, o, 2), BT_ERROR_SIZE, "measured_length is 3|expected 2 x 1");
  CHECK_ERROR(bt_stream_run(stream, 2, u, 2, y, HUGE_LENGTH, o, 2), BT_ERROR_SIZE, "measured_length");
  CHECK(is_untouched(o, T));
  CHECK_OK(bt_stream_run(stream, T, u, T, NULL, 0, o, T));
  expect(o, 1, 4, 2, 3);
  CHECK_OK(bt_stream_free(stream));
  CHECK_ERROR(bt_stream_set_measured(stream, m->out, &eight, 1), BT_ERROR_HANDLE, "stream");
  bt_network *plain = standard_network();
  CHECK_OK(bt_stream_create(plain, NULL, 0, &stream));
  CHECK_ERROR(bt_stream_step(stream, u, 1, y, 2, o, 2), BT_ERROR_ARGUMENT, "measured|no measured group");
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(plain));
}

static void estimations(const model *m) {
  bt_estimator *estimator = NULL;
  double cost = 0, o[T], gradient[3];
  CHECK_OK(bt_estimator_create(m->network, &estimator));
  CHECK_ERROR(bt_estimator_set_measured(estimator, m->hidden, h, T), BT_ERROR_STATE, "data");
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, u, T, y, T, NULL, 0));
  /* (1 - 4)^2, (2 - 2)^2, (6 - 2.5)^2, or 2.125 in the free run; three values. */
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, (9 + 2.25 + 3.875 * 3.875) / 6, 1e-14);
  CHECK_OK(bt_estimator_set_option(estimator, "horizon", 1));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "hidden|none is known");
  const double unknown[T] = {NAN, NAN, NAN, NAN}, some[T] = {0, NAN, NAN, NAN};
  CHECK_OK(bt_estimator_set_measured(estimator, m->hidden, unknown, T));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "hidden|none is known");
  CHECK_OK(bt_estimator_set_measured(estimator, m->hidden, some, T));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, (9 + 0 + 3.5 * 3.5) / 6, 1e-14);
  CHECK_OK(bt_estimator_simulate(estimator, o, T));
  expect(o, 1, 2, 1, 2.5);
  const double two[2] = {1, forever};
  CHECK_OK(bt_estimator_set_horizons(estimator, two, 2));
  CHECK_OK(bt_estimator_gradient(estimator, &cost, gradient, 3));
  CHECK_CLOSE(cost, (9 + 12.25 + 9 + 2.25 + 3.875 * 3.875) / 12, 1e-14);
  double value = 0;
  CHECK_OK(bt_estimator_get_option(estimator, "horizon", &value));
  CHECK(value != value);
  CHECK_OK(bt_estimator_simulate(estimator, o, T));
  expect(o, 1, 2, 1, 2.5);
  /* What is refused. */
  const double wrong[] = {0, -1, 0.5, 1.5, NAN, -forever, -0.0};
  for (int64_t k = 0; k < COUNT(wrong); k++) {
    const double pair[2] = {1, wrong[k]};
    CHECK_ERROR(bt_estimator_set_horizons(estimator, pair, 2), BT_ERROR_ARGUMENT, "value 1|whole number of 1 or more");
    if (wrong[k] == wrong[k])
      CHECK_ERROR(bt_estimator_set_option(estimator, "horizon", wrong[k]), BT_ERROR_ARGUMENT, "horizon|whole number");
  }
  static const double many[65] = {1};
  CHECK_ERROR(bt_estimator_set_horizons(estimator, two, 0), BT_ERROR_ARGUMENT, "0 came|1 to 64");
  CHECK_ERROR(bt_estimator_set_horizons(estimator, NULL, 1), BT_ERROR_NULL, "values is NULL");
  CHECK_ERROR(bt_estimator_set_horizons(estimator, two, -1), BT_ERROR_SIZE, "values_length is -1");
  CHECK_ERROR(bt_estimator_set_horizons(estimator, many, 65), BT_ERROR_SIZE, "values_length is 65|64");
  CHECK(bt_estimator_set_horizons(estimator, two, HUGE_LENGTH) != BT_OK);
  CHECK(bt_estimator_set_horizons(estimator, two, INT64_MAX) != BT_OK);
  CHECK_ERROR(bt_estimator_set_horizons(NULL, two, 2), BT_ERROR_NULL, "estimator is NULL");
  CHECK_OK(bt_estimator_get_option(estimator, "horizon", &value));
  CHECK(value != value);
  CHECK_ERROR(bt_estimator_set_measured(estimator, m->hidden, h, T - 1), BT_ERROR_SIZE, "hidden|3 values|4");
  CHECK_ERROR(bt_estimator_set_measured(estimator, m->hidden, h, -1), BT_ERROR_SIZE, "values_length");
  CHECK_ERROR(bt_estimator_set_measured(estimator, m->hidden, NULL, T), BT_ERROR_NULL, "values is NULL");
  CHECK(bt_estimator_set_measured(estimator, m->hidden, h, HUGE_LENGTH) != BT_OK);
  CHECK_ERROR(bt_estimator_set_measured(NULL, m->hidden, h, T), BT_ERROR_NULL, "estimator is NULL");
  const double infinite[T] = {0, 0, -forever, 0};
  CHECK_ERROR(bt_estimator_set_measured(estimator, m->hidden, infinite, T), BT_ERROR_ARGUMENT, "hidden|value 2 is -inf");
  const int64_t others[] = {BT_INPUT, m->measured, m->other, 4, -2, INT64_MIN, INT64_MAX};
  for (int64_t k = 0; k < COUNT(others); k++)
    CHECK_ERROR(bt_estimator_set_measured(estimator, others[k], h, T), BT_ERROR_ARGUMENT, "group");
  CHECK_OK(bt_estimator_set_measured(estimator, m->hidden, NULL, 0));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "hidden|none is known");
  CHECK_OK(bt_estimator_set_option(estimator, "horizon", forever));
  CHECK_OK(bt_estimator_get_option(estimator, "horizon", &value));
  CHECK(value == forever);
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  /* Data make what was measured forgotten. */
  CHECK_OK(bt_estimator_set_measured(estimator, m->hidden, some, T));
  CHECK_OK(bt_estimator_set_option(estimator, "horizon", 1e300));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK_CLOSE(cost, (9 + 2.25 + 3.875 * 3.875) / 6, 1e-14);
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, u, T, y, T, NULL, 0));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "hidden|none is known");
  CHECK_OK(bt_estimator_free(estimator));
  bt_network *plain = standard_network();
  estimator = standard_estimator(plain);
  CHECK_OK(bt_estimator_set_option(estimator, "horizon", 2));
  CHECK_ERROR(bt_estimator_cost(estimator, &cost, NULL), BT_ERROR_ARGUMENT, "horizon|no measured group");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(plain));
}

int main(void) {
  model m = make();
  int64_t size = 0;
  CHECK_OK(bt_network_state_size(m.network, &size));
  CHECK(size == 6);
  predictions(&m);
  polled_prediction(&m);
  streams(&m);
  estimations(&m);
  CHECK_OK(bt_network_free(m.network));
  return check_report();
}
