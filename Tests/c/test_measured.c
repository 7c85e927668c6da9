/* Groups that are read as measured: predictions, horizons, streams; what is refused. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double forever = INFINITY;


/* o(t) = u(t) + m(t)/2 + h(t - 1), m what was measured of o at t - 1, h = 0 a group of its own: measured at lag 2. */
typedef struct {
  bt_network *network;
  int64_t out, hidden, measured, other;
} model;

static model make(void) {
  model m = {NULL, -7, -7, -7, -7};
  const double one = 1, half = 0.5;
  const int64_t count = 1;
  CHECK_OK(bt_network_create(1, &m.network));
  CHECK_OK(bt_network_add_learnware(m.network, "out", 1, &m.out));
  CHECK_OK(bt_network_add_learnware(m.network, "hidden", 1, &m.hidden));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_add_measured(m.network, "out.m1", m.out, 1, 0, &m.measured));
  CHECK_OK(bt_network_add_measured(m.network, "hidden.m2", m.hidden, 2, 0, &m.other));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, m.measured, 0, "K"));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, m.other, 0, "H"));
  CHECK_OK(bt_network_set_array(m.network, "out.B", &one, 1));
  CHECK_OK(bt_network_set_array(m.network, "out.K", &half, 1));
  CHECK_OK(bt_network_set_array(m.network, "out.H", &one, 1));
  CHECK_OK(bt_network_observe(m.network, &m.out, &count, 1));
  CHECK(m.measured == 2 && m.other == 3);
  return m;
}

#define T 4
static const int64_t steps = T;
static const double u[T] = {1, 0, 0, 2}, y[T] = {4, 2, NAN, 6}, h[T] = {10, NAN, 30, 40};

static bt_status predict(const model *m, double horizon, const double *measured, const double *values, double *outputs,
                         double *final) {
  return bt_predict(m->network, 1, &steps, u, T, measured, measured == NULL ? 0 : T, horizon, NULL, 0, &m->hidden,
                    values == NULL ? 0 : 1, values, values == NULL ? 0 : T, outputs, T, final, final == NULL ? 0 : 6);
}

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
  CHECK_OK(bt_predict(m->network, 1, &steps, u, T, y, T, 1, NULL, 0, both, 2, values, 2 * T, o, T, NULL, 0));
  expect(o, 1, 4, 4, 6);
  /* From the state in between. */
  const int64_t first = 2, last = 2, none = 0;
  double *middle = exact_doubles(6, SENTINEL);
  CHECK_OK(bt_predict(m->network, 1, &first, u, 2, y, 2, 1, NULL, 0, &m->hidden, 1, h, 2, o, 2, middle, 6));
  CHECK_OK(bt_predict(m->network, 1, &last, u + 2, 2, y + 2, 2, 1, middle, 6, &m->hidden, 1, h + 2, 2, o + 2, 2, NULL, 0));
  expect(o, 1, 2, 11, 7.5);
  CHECK_OK(bt_predict(m->network, 1, &none, NULL, 0, NULL, 0, 3, middle, 6, NULL, 0, NULL, 0, NULL, 0, final, 6));
  CHECK(memcmp(final, middle, 6 * sizeof *final) == 0);
  CHECK_ERROR(bt_predict(m->network, 0, NULL, NULL, 0, NULL, 0, 3, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0),
              BT_ERROR_SIZE, "sequences|at least one");
  free(o), free(final), free(again), free(middle);
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
  CHECK_ERROR(bt_estimator_set_horizons(estimator, two, 0), BT_ERROR_ARGUMENT, "at least one");
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

static void refused_groups(const model *m) {
  int64_t group = -7;
  const int64_t strange[] = {-2, 4, INT64_MIN, INT64_MAX, HUGE_LENGTH};
#define ADD(name, source, lag, is_input) bt_network_add_measured(m->network, name, source, lag, is_input, &group)
  CHECK_ERROR(ADD(NULL, m->out, 1, 0), BT_ERROR_NULL, "name is NULL");
  CHECK_ERROR(ADD("out", m->out, 1, 0), BT_ERROR_ARGUMENT, "out");
  CHECK_ERROR(ADD("", m->out, 1, 0), BT_ERROR_ARGUMENT, "name");
  CHECK_ERROR(ADD("new", BT_INPUT, 1, 0), BT_ERROR_ARGUMENT, "new|input");
  CHECK_ERROR(ADD("new", m->measured, 1, 0), BT_ERROR_ARGUMENT, "new|out.m1|measured itself");
  CHECK_ERROR(ADD("new", m->out, 0, 0), BT_ERROR_ARGUMENT, "new|lag|0|1 to 1048576");
  CHECK_ERROR(ADD("new", m->out, -1, 1), BT_ERROR_ARGUMENT, "new|lag|-1|0 to 1048576");
  CHECK_ERROR(ADD("new", m->out, INT64_MIN, 1), BT_ERROR_ARGUMENT, "new|lag");
  CHECK_ERROR(ADD("new", m->out, INT64_MAX, 0), BT_ERROR_ARGUMENT, "new|lag");
  CHECK_ERROR(ADD("new", m->out, (1 << 20) + 1, 0), BT_ERROR_ARGUMENT, "new|lag");
  CHECK_ERROR(ADD("new", m->out, 1, 2), BT_ERROR_ARGUMENT, "stands_for_input is 2");
  CHECK_ERROR(ADD("new", m->out, 1, INT32_MIN), BT_ERROR_ARGUMENT, "stands_for_input");
  for (int64_t k = 0; k < COUNT(strange); k++) CHECK_ERROR(ADD("new", strange[k], 1, 0), BT_ERROR_ARGUMENT, "new|group");
  CHECK_ERROR(bt_network_add_measured(NULL, "new", 0, 1, 0, &group), BT_ERROR_NULL, "network is NULL");
  CHECK(group == -7);
  int64_t count = 0;
  CHECK_OK(bt_network_group_count(m->network, &count));
  CHECK(count == 4);
  /* A reader of its own source at lag 0. */
  bt_network *copy = NULL;
  CHECK_OK(bt_network_copy(m->network, &copy));
  CHECK_OK(bt_network_add_measured(copy, "out.k0", m->out, 0, 1, &group));
  CHECK_ERROR(bt_network_connect_dense(copy, m->out, group, 0, "L"), BT_ERROR_NETWORK, "cycle|out.k0");
  CHECK_OK(bt_network_connect_dense(copy, m->out, group, 1, "L"));
  CHECK_OK(bt_network_add_measured(copy, "far", m->out, 1000, 0, NULL));
  CHECK_OK(bt_network_free(copy));
}

static void refused_predictions(const model *m) {
  double *o = exact_doubles(T, SENTINEL), *final = exact_doubles(6, SENTINEL);
  const double wrong[] = {0, -1, 0.5, 1.5, NAN, -forever, -0.0};
  for (int64_t k = 0; k < COUNT(wrong); k++)
    CHECK_ERROR(predict(m, wrong[k], y, h, o, final), BT_ERROR_ARGUMENT, "horizon|whole number of 1 or more");
  const double infinite[T] = {0, forever, 0, 0};
  CHECK_ERROR(predict(m, 1, infinite, NULL, o, final), BT_ERROR_ARGUMENT, "measured|step 1|inf");
  CHECK_ERROR(predict(m, 1, NULL, infinite, o, final), BT_ERROR_ARGUMENT, "hidden|value 1");
  static const double zeros[6];
#define PREDICT(lengths, inputs, a, known, b, start, c, groups, d, values, e, outputs, f, last, g)                     \
  bt_predict(m->network, 1, lengths, inputs, a, known, b, 1, start, c, groups, d, values, e, outputs, f, last, g)
  CHECK_ERROR(PREDICT(NULL, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "lengths");
  CHECK_ERROR(PREDICT(&steps, NULL, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "inputs");
  CHECK_ERROR(PREDICT(&steps, u, T, NULL, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "measured");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, NULL, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "initial");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, NULL, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "groups");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, NULL, T, o, T, final, 6), BT_ERROR_NULL, "values");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, NULL, T, final, 6), BT_ERROR_NULL, "outputs");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, NULL, 6), BT_ERROR_NULL, "final");
  CHECK_ERROR(bt_predict(NULL, 1, &steps, u, T, y, T, 1, NULL, 0, NULL, 0, NULL, 0, o, T, NULL, 0), BT_ERROR_NULL,
              "network is NULL");
  const int64_t lengths[] = {0, -1, INT64_MIN, 1, 5, 7, 1000, (int64_t)1 << 40, HUGE_LENGTH, INT64_MAX};
  for (int64_t k = 0; k < COUNT(lengths); k++) {
    const int64_t n = lengths[k];
    check_about("a wrong length");
#define WRONG(call, right)                                                        \
  if (n != (right)) {                                                             \
    const bt_status status = (call);                                              \
    CHECK(status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY);                  \
  }
    WRONG(PREDICT(&steps, u, n, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), T)
    WRONG(PREDICT(&steps, u, T, y, n, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), T)
    WRONG(PREDICT(&steps, u, T, y, T, zeros, n, &m->hidden, 1, h, T, o, T, final, 6), 6)
    WRONG(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, n, h, T, o, T, final, 6), 1)
    WRONG(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, n, o, T, final, 6), T)
    WRONG(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, n, final, 6), T)
    WRONG(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, n), 6)
    if (n != 0 && n != T && (n < 0 || n >= (int64_t)1 << 40 || n == 1000)) {
      WRONG(PREDICT(&n, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), T)
    }
    const int64_t group = n;
    if (n != m->hidden && n != m->out)
      CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &group, 1, h, T, o, T, final, 6), BT_ERROR_ARGUMENT, "group");
  }
  check_about(NULL);
  const int64_t twice[2] = {1, 1}, read[1] = {2};
  const double values[2 * T] = {0};
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, twice, 2, values, 2 * T, o, T, final, 6), BT_ERROR_ARGUMENT, "twice");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, read, 1, h, T, o, T, final, 6), BT_ERROR_ARGUMENT, "out.m1");
  CHECK(is_untouched(o, T) && is_untouched(final, 6));
  bt_network *plain = standard_network();
  double two[2 * T] = {0};
  CHECK_ERROR(bt_predict(plain, 1, &steps, u, T, two, 2 * T, 1, NULL, 0, NULL, 0, NULL, 0, two, 2 * T, NULL, 0),
              BT_ERROR_ARGUMENT, "measured|no measured group");
  CHECK_OK(bt_network_free(plain));
  free(o), free(final);
}

/* Text that describes groups that cannot be. */
static void documents(const model *m) {
  static const char *const wrong[][2] = {
      {"\"kind\": \"measured\", \"lag\": 1", "source or lag is missing"},
      {"\"kind\": \"measured\", \"source\": \"v\"", "source or lag is missing"},
      {"\"kind\": \"measured\", \"source\": \"none\", \"lag\": 1", "none"},
      {"\"kind\": \"measured\", \"source\": \"input\", \"lag\": 1", "input"},
      {"\"kind\": \"measured\", \"source\": \"m\", \"lag\": 1", "m|measured itself"},
      {"\"kind\": \"measured\", \"source\": \"n\", \"lag\": 1", "n|measured itself"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 0", "lag|1 to"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": -1", "lag"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1048577", "lag"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 9223372036854775807", "lag"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1.5", "integer|JSON"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 0, \"standsForInput\": true", "cycle"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1, \"standsForInput\": 1", ""},
      {"\"kind\": \"measured\", \"source\": \"w\", \"lag\": 1", "size"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1, \"bias\": {\"weight\": \"b\"}", "m"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1, \"terms\": [{\"coef\": 1, \"factors\": []}]", "m"},
      {"\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1, \"connections\": [{\"weight\": \"q\", \"source\": \"v\", "
       "\"lag\": 1, \"form\": \"dense\"}]",
       "m"},
      {"\"kind\": \"Measured\", \"source\": \"v\", \"lag\": 1", "kind is 'Measured'|measured"}};
  char text[900];
  bt_network *made = NULL;
  for (int64_t k = -1; k < COUNT(wrong); k++) {
    snprintf(text, sizeof text,
             "{\"format\": \"backtune-network\", \"version\": 3, \"inputs\": 1, \"groups\": [{\"name\": \"m\", \"size\": 1, "
             "%s}, {\"name\": \"v\", \"kind\": \"learnware\", \"size\": 1, \"connections\": [{\"weight\": \"a\", \"source\": "
             "\"m\", \"lag\": 0, \"form\": \"dense\"}]}, {\"name\": \"w\", \"kind\": \"learnware\", \"size\": 2}, {\"name\": "
             "\"n\", \"kind\": \"measured\", \"size\": 1, \"source\": \"v\", \"lag\": 2}]}",
             k < 0 ? "\"kind\": \"measured\", \"source\": \"v\", \"lag\": 1" : wrong[k][0]);
    check_about(text);
    const bt_status status = from_text(text, &made);
    if (k < 0) {
      CHECK_OK(status);
      CHECK_OK(bt_network_free(made));
      made = NULL;
    } else {
      CHECK(status == BT_ERROR_ARGUMENT || status == BT_ERROR_NETWORK || status == BT_ERROR_SIZE);
      check_status(status, status, wrong[k][1], __FILE__, __LINE__, "document");
      CHECK(made == NULL);
    }
  }
  check_about(NULL);
  /* And back. */
  int64_t length = 0, size = 0;
  CHECK_OK(bt_network_to_json(m->network, NULL, 0, &length));
  char *json = exact((size_t)length + 1);
  CHECK_OK(bt_network_to_json(m->network, json, length + 1, &length));
  CHECK(strstr(json, "\"version\":3") != NULL && strstr(json, "\"kind\":\"measured\"") != NULL);
  CHECK_OK(bt_network_from_json(json, length, &made));
  CHECK_OK(bt_network_state_size(made, &size));
  CHECK(size == 6);
  CHECK_OK(bt_network_free(made));
  free(json);
}

int main(void) {
  model m = make();
  int64_t size = 0;
  CHECK_OK(bt_network_state_size(m.network, &size));
  CHECK(size == 6);
  refused_groups(&m);
  predictions(&m);
  streams(&m);
  estimations(&m);
  refused_predictions(&m);
  documents(&m);
  CHECK_OK(bt_network_free(m.network));
  return check_report();
}
