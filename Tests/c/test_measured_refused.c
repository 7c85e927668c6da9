/* What is refused of groups that are read as measured: nothing is written, nothing changes. */
#include "check.h"
#include "measured_model.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused_groups(const model *m) {
  int64_t group = -7;
  const int64_t strange[] = {-2, 4, INT64_MIN, INT64_MAX, HUGE_LENGTH};
#define ADD(name, source, lag, is_input) bt_network_add_measured(m->network, name, source, lag, is_input, &group)
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
  /* Without a name: what there is already, else a new one. */
  int64_t first = -1, again = -1, input = -1;
  CHECK_OK(bt_network_add_measured(copy, NULL, m->out, 7, 0, &first));
  CHECK_OK(bt_network_add_measured(copy, NULL, m->out, 7, 0, &again));
  CHECK_OK(bt_network_add_measured(copy, NULL, m->out, 7, 1, &input));
  CHECK(first == again && input != first);
  CHECK_ERROR(bt_network_add_measured(copy, NULL, BT_INPUT, 1, 0, &group), BT_ERROR_ARGUMENT, "group");
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
  bt_predict(m->network, 1, lengths, inputs, a, known, b, 1, start, c, groups, d, values, e, outputs, f, last, g, NULL, NULL, NULL)
  CHECK_ERROR(PREDICT(NULL, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "lengths");
  CHECK_ERROR(PREDICT(&steps, NULL, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "inputs");
  CHECK_ERROR(PREDICT(&steps, u, T, NULL, T, zeros, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "measured");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, NULL, 6, &m->hidden, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "initial");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, NULL, 1, h, T, o, T, final, 6), BT_ERROR_NULL, "groups");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, NULL, T, o, T, final, 6), BT_ERROR_NULL, "values");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, NULL, T, final, 6), BT_ERROR_NULL, "outputs");
  CHECK_ERROR(PREDICT(&steps, u, T, y, T, zeros, 6, &m->hidden, 1, h, T, o, T, NULL, 6), BT_ERROR_NULL, "final");
  CHECK_ERROR(bt_predict(NULL, 1, &steps, u, T, y, T, 1, NULL, 0, NULL, 0, NULL, 0, o, T, NULL, 0, NULL, NULL, NULL), BT_ERROR_NULL,
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
  CHECK_ERROR(bt_predict(plain, 1, &steps, u, T, two, 2 * T, 1, NULL, 0, NULL, 0, NULL, 0, two, 2 * T, NULL, 0, NULL, NULL, NULL),
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
  refused_groups(&m);
  refused_predictions(&m);
  documents(&m);
  CHECK_OK(bt_network_free(m.network));
  return check_report();
}
