/* Wrong values: not finite, out of range, unknown names, bytes that are no text, sizes that overflow. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double not_finite[] = {NAN, INFINITY, -INFINITY};
/* Lone continuation, cut sequence, overlong slash, surrogate, beyond Unicode, Latin 1. */
static const char *const no_text[] = {"\x80", "a\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "n\xe9t"};

static void doubles(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t T = 3;
  double out[STANDARD_WEIGHTS], last[3], before = 0, after = 0;
  CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
  for (int64_t k = 0; k < COUNT(not_finite); k++) {
    const double bad = not_finite[k];
    for (int64_t place = 0; place < T; place++) {
      double u[] = {1, 2, 3}, x0[] = {0, 0, 0}, y[] = {1, 2, 3, 4, 5, 6}, kappa[] = {1, 1, 1, 1, 1, 1};
      char where[60];
      snprintf(where, sizeof where, "inputs|sequence 0, step %d, channel 0|finite", (int)place);
      u[place] = bad;
      fill(out, STANDARD_WEIGHTS);
      fill(last, 3);
      CHECK_ERROR(bt_simulate(network, 1, &T, u, 3, NULL, 0, out, 6, NULL, 0, last, 3), BT_ERROR_ARGUMENT, where);
      CHECK_ERROR(bt_gradient(network, 1, &T, u, 3, NULL, 0, y, 6, out, 10, last, 3), BT_ERROR_ARGUMENT, where);
      CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, NULL, 0), BT_ERROR_ARGUMENT, where);
      u[place] = 1;
      x0[place] = bad;
      CHECK_ERROR(bt_simulate(network, 1, &T, u, 3, x0, 3, out, 6, NULL, 0, last, 3), BT_ERROR_ARGUMENT,
                  "initial|finite");
      CHECK_ERROR(bt_gradient(network, 1, &T, u, 3, x0, 3, y, 6, out, 10, last, 3), BT_ERROR_ARGUMENT,
                  "initial|finite");
      y[2 * place + 1] = bad;
      snprintf(where, sizeof where, "|sequence 0, step %d, channel 1|", (int)place);
      CHECK_ERROR(bt_gradient(network, 1, &T, u, 3, NULL, 0, y, 6, out, 10, last, 3), BT_ERROR_ARGUMENT, where);
      if (!isnan(bad)) {
        CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, NULL, 0), BT_ERROR_ARGUMENT, where);
      }
      y[2 * place + 1] = 1;
      kappa[2 * place + 1] = bad;
      CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, kappa, 6), BT_ERROR_ARGUMENT, where);
      kappa[2 * place + 1] = -1e-300;
      CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, kappa, 6), BT_ERROR_ARGUMENT, "gains|-1e-300");
      CHECK(is_untouched(out, STANDARD_WEIGHTS) && is_untouched(last, 3));
    }
    int64_t term = 9;
    CHECK_ERROR(bt_network_add_term(network, 2, bad, &term), BT_ERROR_ARGUMENT, "coefficient|u.x|finite");
    CHECK(term == 9);
    const double pair[] = {bad, 1}, other[] = {-1, bad};
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", pair, 2, 2, 1), BT_ERROR_ARGUMENT, "zeta|a is");
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", other, 2, 2, 1), BT_ERROR_ARGUMENT, "zeta|b is");
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, "softplus", pair, 1, 2, 1), BT_ERROR_ARGUMENT, "softplus|eps is");
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, "upsilon", pair, 1, 2, 1), BT_ERROR_ARGUMENT, "upsilon|w is");
  }
  const double gains[6] = {0, 0, 0, 0, 0, 0}, u[3] = {0, 0, 0}, y[6] = {0, 0, 0, 0, 0, 0};
  CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, gains, 6), BT_ERROR_ARGUMENT,
              "none of the 6|observed");
  const double huge[6] = {1e308, 1e308, 1e308, 1e308, 1e308, 1e308};
  CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, y, 6, huge, 6), BT_ERROR_ARGUMENT, "gains|sum");
  CHECK_OK(bt_estimator_cost(estimator, &after, NULL));
  CHECK(before == after);
  const double same[] = {1, 1}, swapped[] = {1, -1}, wide[] = {-1.7e308, 1.7e308}, zero = 0;
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", same, 2, 2, 1), BT_ERROR_ARGUMENT, "a < b");
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", swapped, 2, 2, 1), BT_ERROR_ARGUMENT, "a < b");
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, "zeta", wide, 2, 2, 1), BT_ERROR_ARGUMENT, "zeta");
  CHECK_ERROR(bt_network_add_factor(network, 2, 0, "softplus", &zero, 1, 2, 1), BT_ERROR_ARGUMENT, "eps is 0");
  CHECK_OK(bt_estimator_free(estimator));
}

/* Numbers of groups, terms, arrays; lags; counts. */
static void numbers(bt_network *network) {
  const int64_t bad[] = {-2, 3, 1000, INT64_MAX, INT64_MIN, HUGE_LENGTH, INT32_MIN};
  int64_t out = 9;
  char name[20] = "kept";
  for (int64_t k = 0; k < COUNT(bad); k++) {
    const int64_t n = bad[k], one = 1;
    const uint8_t mask[4] = {1, 1, 1, 1};
    CHECK_ERROR(bt_network_group_name(network, n, name, 20, &out), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_group_size(network, n, &out), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_group_depth(network, n, &out), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_add_bias(network, n, NULL, NULL, 0), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_connect_dense(network, n, 2, 2, "r"), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_connect_dense(network, 0, n, 2, "r"), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_connect_diagonal(network, 0, n, 2, "r"), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_connect_sparse(network, n, 2, 2, "r", mask, 4), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_connect_shared(network, 0, n, 2, "r", &out, 4), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_add_term(network, n, 1, &out), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_add_factor(network, n, 0, "exp", NULL, 0, 2, 1), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_add_factor(network, 2, n, "exp", NULL, 0, 2, 1), BT_ERROR_ARGUMENT, "term");
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, "exp", NULL, 0, n, 1), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_remove_term(network, n, 0), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_remove_term(network, 2, n), BT_ERROR_ARGUMENT, "term");
    CHECK_ERROR(bt_network_observe(network, &n, &one, 1), BT_ERROR_ARGUMENT, "group");
    CHECK_ERROR(bt_network_array_name(network, n == 3 ? 4 : n, name, 20, &out), BT_ERROR_ARGUMENT, "index|4 weight");
    if (n != 3 && n != 1000) {
      CHECK_ERROR(bt_network_connect_dense(network, 0, 2, n, "r"), BT_ERROR_ARGUMENT, "lag|0 to");
      CHECK_ERROR(bt_network_add_factor(network, 2, 0, "exp", NULL, 0, 2, n), BT_ERROR_ARGUMENT, "lag|0 to");
    }
    const int64_t two = 2, shared[4] = {0, 0, n, 0}, tied[2] = {n, 0};
    CHECK_ERROR(bt_network_observe(network, &two, &n, 1), BT_ERROR_SIZE, "u.x|1 to 2");
    CHECK_ERROR(bt_network_connect_shared(network, 0, 2, 2, "r", shared, 4), BT_ERROR_ARGUMENT, "slot");
    CHECK_ERROR(bt_network_add_bias(network, 1, "r", tied, 2), BT_ERROR_ARGUMENT, "slot");
  }
  const int64_t input = BT_INPUT, one = 1, twice[] = {2, 2}, ones[] = {1, 1}, gap[] = {0, 2, 2, 0};
  CHECK_ERROR(bt_network_group_name(network, BT_INPUT, name, 20, &out), BT_ERROR_ARGUMENT, "group -1");
  CHECK_ERROR(bt_network_observe(network, &input, &one, 1), BT_ERROR_ARGUMENT, "group -1");
  CHECK_ERROR(bt_network_observe(network, twice, ones, 2), BT_ERROR_ARGUMENT, "u.x|twice");
  CHECK_ERROR(bt_network_connect_shared(network, 0, 2, 2, "r", gap, 4), BT_ERROR_ARGUMENT, "slot 1|nowhere");
  CHECK(out == 9 && strcmp(name, "kept") == 0);
}

static void names(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const double p = 1;
  const uint8_t flag = 0;
  double value = SENTINEL;
  int64_t out = 9, shape[2];
  bt_network *made = NULL;
  for (int64_t k = 0; k < COUNT(no_text); k++) {
    const char *bad = no_text[k];
#define NO_TEXT(what, call) CHECK_ERROR(call, BT_ERROR_ARGUMENT, what "|UTF-8")
    NO_TEXT("kind", bt_network_add_unit(network, bad, NULL, 1, NULL, &out));
    NO_TEXT("name", bt_network_add_unit(network, "lnl", bad, 1, NULL, &out));
    NO_TEXT("options", bt_network_add_unit(network, "lnl", NULL, 1, bad, &out));
    NO_TEXT("name", bt_network_add_learnware(network, bad, 1, &out));
    NO_TEXT("name", bt_network_add_firmware(network, bad, 1, &out));
    NO_TEXT("role", bt_network_add_bias(network, 1, bad, NULL, 0));
    NO_TEXT("role", bt_network_connect_dense(network, 0, 2, 2, bad));
    NO_TEXT("role", bt_network_connect_diagonal(network, 0, 2, 2, bad));
    NO_TEXT("role", bt_network_connect_sparse(network, 0, 2, 2, bad, &flag, 1));
    NO_TEXT("role", bt_network_connect_shared(network, 0, 2, 2, bad, &out, 1));
    NO_TEXT("function", bt_network_add_factor(network, 2, 0, bad, NULL, 0, 2, 1));
    NO_TEXT("name", bt_network_find_group(network, bad, &out));
    NO_TEXT("name", bt_network_array_shape(network, bad, shape));
    NO_TEXT("name", bt_network_get_array(network, bad, &value, 1));
    NO_TEXT("name", bt_network_set_array(network, bad, &p, 1));
    NO_TEXT("name", bt_network_get_bounds(network, bad, &value, &value, 1));
    NO_TEXT("name", bt_network_set_bounds(network, bad, &p, &p, 1));
    NO_TEXT("name", bt_network_get_fixed(network, bad, (uint8_t *)&out, 1));
    NO_TEXT("name", bt_network_set_fixed(network, bad, &flag, 1));
    NO_TEXT("path", bt_network_save(network, bad));
    NO_TEXT("path", bt_network_export(network, "c", bad, NULL, NULL, 0, &out));
    NO_TEXT("format", bt_network_export(network, bad, NULL, NULL, NULL, 0, &out));
    NO_TEXT("options", bt_network_export(network, "c", NULL, bad, NULL, 0, &out));
    NO_TEXT("path", bt_network_load(bad, &made));
    NO_TEXT("name", bt_estimator_set_criterion(estimator, bad));
    NO_TEXT("name", bt_estimator_set_method(estimator, bad));
    NO_TEXT("name", bt_estimator_set_option(estimator, bad, 1));
    NO_TEXT("name", bt_estimator_get_option(estimator, bad, &value));
    NO_TEXT("name", bt_network_set_signs(network, bad, (const int8_t *)&flag, 1));
    NO_TEXT("name", bt_network_set_mask(network, bad, &flag, 1));
    NO_TEXT("name", bt_estimator_removed(estimator, bad, (uint8_t *)&out, 1));
    NO_TEXT("name", bt_estimator_add_regularisation(estimator, bad, "{\"strength\": 1}"));
    NO_TEXT("options", bt_estimator_add_regularisation(estimator, "ridge", bad));
    NO_TEXT("kind", bt_estimator_add_observable(estimator, bad, &p, 1, 0));
    NO_TEXT("column", bt_estimator_trace(estimator, bad, &value, 1));
    NO_TEXT("stream", bt_random_normal(1, bad, &value, 1));
    NO_TEXT("stream", bt_random_uniform(1, bad, &value, 1));
  }
  const char *strangers[] = {"", "u", "nobody", "U.X", "u.x2.w "};
  for (int64_t k = 0; k < COUNT(strangers); k++) {
    const char *bad = strangers[k];
    CHECK_ERROR(bt_network_find_group(network, bad, &out), BT_ERROR_ARGUMENT, "unknown|u.x2, u.x1, u.x");
    CHECK_ERROR(bt_network_get_array(network, bad, &value, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_network_set_array(network, bad, &p, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_network_set_fixed(network, bad, &flag, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_network_array_shape(network, bad, shape), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_network_add_factor(network, 2, 0, bad, NULL, 0, 2, 1), BT_ERROR_ARGUMENT, "unknown|zeta");
    CHECK_ERROR(bt_estimator_trace(estimator, bad, &value, 1), BT_ERROR_ARGUMENT, "unknown|nmse");
    CHECK_ERROR(bt_estimator_set_option(estimator, bad, 1), BT_ERROR_ARGUMENT, "unknown|tolerance");
    CHECK_ERROR(bt_estimator_set_criterion(estimator, bad), BT_ERROR_ARGUMENT, "unknown|least-squares");
    CHECK_ERROR(bt_estimator_set_method(estimator, bad), BT_ERROR_ARGUMENT, "unknown|auto");
    CHECK_ERROR(bt_network_set_signs(network, bad, (const int8_t *)&flag, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_network_set_mask(network, bad, &flag, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_estimator_removed(estimator, bad, (uint8_t *)&out, 1), BT_ERROR_ARGUMENT, "unknown|u.x2.a");
    CHECK_ERROR(bt_estimator_add_regularisation(estimator, bad, "{\"strength\": 1}"), BT_ERROR_ARGUMENT,
                "unknown|sparse-weights, ridge, sparse-activity, orthogonal-activity, activity-bound");
    CHECK_ERROR(bt_estimator_add_observable(estimator, bad, &p, 1, 0), BT_ERROR_ARGUMENT,
                "unknown|mean, mean_at, product, autocorrelation, normalised_autocorrelation, standardised_moment");
  }
  const char *reserved[] = {"", "input", "self", "u.x"};
  for (int64_t k = 0; k < COUNT(reserved); k++) {
    CHECK_ERROR(bt_network_add_learnware(network, reserved[k], 1, &out), BT_ERROR_ARGUMENT, "group name");
    CHECK_ERROR(bt_network_add_firmware(network, reserved[k], 1, &out), BT_ERROR_ARGUMENT, "group name");
  }
  CHECK(out == 9 && value == SENTINEL);
  CHECK_OK(bt_estimator_free(estimator));
}

/* Options, signs, series and parameters that say what is asked. */
static void asking(bt_network *network) {
  bt_estimator *estimator = standard_estimator(network);
  const int64_t T = 3;
  double before = 0, after = 0, weights[4], later[4];
  int64_t count = -1;
  CHECK_OK(bt_estimator_cost(estimator, &before, NULL));
  CHECK_OK(bt_network_get_array(network, "u.x2.W", weights, 4));
  /* A sign beside good ones, and one for all. */
  const int8_t bad_signs[] = {2, -2, 127, -128};
  for (int64_t k = 0; k < COUNT(bad_signs); k++) {
    const int8_t signs[4] = {1, -1, 0, bad_signs[k]};
    char what[60];
    snprintf(what, sizeof what, "sign|u.x2.W|%d|1, -1 or 0", bad_signs[k]);
    CHECK_ERROR(bt_network_set_signs(network, "u.x2.W", signs, 4), BT_ERROR_ARGUMENT, what);
    CHECK_ERROR(bt_network_set_signs(network, "u.x2.W", signs + 3, 1), BT_ERROR_ARGUMENT, what);
  }
  CHECK_OK(bt_network_get_array(network, "u.x2.W", later, 4));
  CHECK(memcmp(weights, later, sizeof weights) == 0);

  static const struct {
    const char *name;
    double value;
    const char *pieces;
  } options[] = {{"nu", NAN, "nu|nan|1e-100"},           {"nu", INFINITY, "nu|inf|1e100"},
                 {"nu", -1e-300, "nu|-1e-300|1e-100"},   {"washout", -1, "washout|-1|0 or more"},
                 {"washout", 1.5, "washout|1.5|integer"}, {"washout", NAN, "washout|nan|integer"},
                 {"washout", 1e300, "washout|1e+300"},    {"washout", INFINITY, "washout|inf"},
                 {"static", 0.5, "static|0.5|0 or 1"},    {"static", NAN, "static|nan|0 or 1"},
                 {"static", -1, "static|-1|0 or 1"},      {"Washout", 1, "Washout|unknown|nu, washout, static"}};
  for (int64_t k = 0; k < COUNT(options); k++)
    CHECK_ERROR(bt_estimator_set_option(estimator, options[k].name, options[k].value), BT_ERROR_ARGUMENT,
                options[k].pieces);

  static const struct {
    const char *name, *options, *pieces;
  } rules[] = {{"ridge", "", "ridge|strength"},
               {"ridge", "{}", "ridge|strength"},
               {"ridge", "{", "ridge"},
               {"ridge", "[1]", "ridge"},
               {"ridge", "{\"strength\": -1}", "ridge|strength|-1"},
               {"ridge", "{\"strength\": \"much\"}", "ridge|strength|much"},
               {"ridge", "{\"strength\": NaN}", "ridge"},
               {"ridge", "{\"strength\": 1e999}", "ridge"},
               {"ridge", "{\"strength\": 1, \"eps\": 1}", "ridge|eps|weights"},
               {"ridge", "{\"strength\": 1, \"weights\": []}", "ridge|weights|list of names"},
               {"ridge", "{\"strength\": 1, \"weights\": \"u.x2.W\"}", "ridge|weights|list of names"},
               {"ridge", "{\"strength\": 1, \"weights\": [1]}", "ridge|weights|list of names"},
               {"sparse-weights", "{\"strength\": 1, \"eps\": 0}", "sparse-weights|eps|0"},
               {"sparse-weights", "{\"strength\": 1, \"remove\": 3}", "sparse-weights|remove|3"},
               {"sparse-activity", "{\"strength\": 1, \"eps\": -0.5}", "sparse-activity|eps|-0.5"},
               {"orthogonal-activity", "{\"strength\": 1, \"groups\": {}}", "orthogonal-activity|groups"},
               {"activity-bound", "{\"strength\": 1, \"bound\": 1e101}", "activity-bound|bound|1e+101"},
               {"activity-bound", "{\"strength\": 1, \"steepness\": true}", "activity-bound|steepness|true"}};
  for (int64_t k = 0; k < COUNT(rules); k++) {
    check_about(rules[k].options);
    CHECK_ERROR(bt_estimator_add_regularisation(estimator, rules[k].name, rules[k].options), BT_ERROR_ARGUMENT,
                rules[k].pieces);
  }
  check_about(NULL);

  static const struct {
    const char *kind;
    int64_t count;
    double parameters[4];
    const char *pieces;
  } asked[] = {{"mean", 1, {2}, "mean|k is 2|below 2"},
               {"mean", 1, {-1}, "mean|k is -1|integer"},
               {"mean", 1, {0.5}, "mean|k is 0.5|integer"},
               {"mean", 1, {NAN}, "mean|k is nan|finite"},
               {"mean", 1, {1e300}, "mean|k is 1e+300"},
               {"mean_at", 2, {0, -1}, "mean_at|t is -1|0 or more"},
               {"mean_at", 2, {0, INFINITY}, "mean_at|t is inf|finite"},
               {"product", 2, {0, 2}, "product|k' is 2"},
               {"autocorrelation", 2, {0, 1e19}, "autocorrelation|tau is 1e+19|integer"},
               {"autocorrelation", 2, {0, 1.5}, "autocorrelation|tau is 1.5|integer"},
               {"normalised_autocorrelation", 4, {0, 1, 0, 0}, "s is 0|above 0"},
               {"normalised_autocorrelation", 4, {0, 1, 0, 1e-300}, "s is 1e-300|larger"},
               {"normalised_autocorrelation", 4, {0, 1, NAN, 1}, "m is nan|finite"},
               {"standardised_moment", 2, {0, 0}, "power is 0|1 to 20"},
               {"standardised_moment", 2, {0, 21}, "power is 21|1 to 20"},
               {"standardised_moment", 4, {0, 3, 0, -1}, "s is -1|above 0"}};
  for (int64_t k = 0; k < COUNT(asked); k++) {
    check_about(asked[k].pieces);
    CHECK_ERROR(bt_estimator_add_observable(estimator, asked[k].kind, asked[k].parameters, asked[k].count, 0),
                BT_ERROR_ARGUMENT, asked[k].pieces);
  }
  check_about(NULL);
  const double zero = 0;
  CHECK_ERROR(bt_estimator_add_observable(estimator, "mean", &zero, 1, INFINITY), BT_ERROR_ARGUMENT,
              "desired|mean|inf|finite");
  CHECK_ERROR(bt_estimator_add_observable(estimator, "mean", &zero, 1, -INFINITY), BT_ERROR_ARGUMENT, "desired|-inf");
  CHECK_OK(bt_estimator_observable_count(estimator, &count));
  CHECK(count == 0);
  for (int place = 0; place < 6; place++) {
    double series[6] = {0, 1, 2, NAN, 4, 5};
    char what[60];
    series[place] = place % 2 == 0 ? INFINITY : -INFINITY;
    snprintf(what, sizeof what, "reference|value %d|inf|NaN where missing", place);
    CHECK_ERROR(bt_estimator_set_reference(estimator, 1, &T, series, 6), BT_ERROR_ARGUMENT, what);
    snprintf(what, sizeof what, "samples|value %d|inf|NaN where missing", place);
    CHECK_ERROR(bt_estimator_set_samples(estimator, 1, &T, series, 6), BT_ERROR_ARGUMENT, what);
  }
  const double u[3] = {0, 0, 0}, gains[6] = {1, 1, 1, 1, 1, 1};
  CHECK_ERROR(bt_estimator_set_data(estimator, 1, &T, u, 3, NULL, 0, gains, 6), BT_ERROR_ARGUMENT, "gains|without");
  CHECK_OK(bt_estimator_cost(estimator, &after, NULL));
  CHECK(before == after);
  CHECK_OK(bt_estimator_free(estimator));
}

/* Sizes whose products or sums overflow, or that no machine has the memory for. */
static void sizes(void) {
  const int64_t bad[] = {0, -1, INT64_MIN, HUGE_LENGTH, INT64_MAX, (int64_t)1 << 40, HUGE_LENGTH + 1};
  const char *options[] = {NULL, "{\"density\": 0.5}", "{\"density\": 1e-300}", "{\"leak\": 0.5}", "{\"bias\": false}"};
  bt_network *network = NULL;
  int64_t out = 9;
  CHECK_OK(bt_network_create(1, &network));
  for (int64_t k = 0; k < COUNT(bad); k++) {
    const bt_status expected = bad[k] < 1 ? BT_ERROR_SIZE : BT_ERROR_MEMORY;
    for (int64_t i = 0; i < COUNT(options); i++) {
      CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, bad[k], options[i], &out), expected, "lnl");
      if (i == 3) continue;
      CHECK_ERROR(bt_network_add_unit(network, "linear", NULL, bad[k], options[i], &out), expected, "linear");
    }
    CHECK_ERROR(bt_network_add_learnware(network, "g", bad[k], &out), expected, "g");
    CHECK_ERROR(bt_network_add_firmware(network, "g", bad[k], &out), expected, "g");
  }
  CHECK_OK(bt_network_group_count(network, &out));
  CHECK(out == 0);
  /* Two groups that exist, but not what connects them; a past longer than any memory. */
  const int64_t n = 1 << 20, lag = 1 << 20, T = 1;
  double u = 0, x0 = 0;
  CHECK_OK(bt_network_add_learnware(network, "v", n, NULL));
  CHECK_OK(bt_network_add_firmware(network, "f", n, NULL));
  CHECK_ERROR(bt_network_connect_dense(network, 0, 1, 1, "W"), BT_ERROR_MEMORY, "connection");
  CHECK_ERROR(bt_network_connect_sparse(network, 0, 1, 1, "W", NULL, 0), BT_ERROR_MEMORY, "connection");
  CHECK_OK(bt_network_add_term(network, 1, 1, NULL));
  CHECK_OK(bt_network_add_factor(network, 1, 0, "identity", NULL, 0, 1, lag));
  CHECK_OK(bt_network_state_size(network, &out));
  CHECK(out == n * lag);
  CHECK_ERROR(bt_simulate(network, 1, &T, &u, 1, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_MEMORY, "");
  CHECK_ERROR(bt_simulate(network, 1, &T, &u, 1, &x0, 1, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_SIZE, "initial");
  CHECK_ERROR(bt_simulate(network, 1, &T, &u, 1, NULL, 0, NULL, 0, NULL, 0, &x0, 1), BT_ERROR_MEMORY, "final");
  enum { MANY = 1 << 23 };
  if (!is_small()) {
    /* Sequences times that state pass 2^63. */
    int64_t *lengths = exact(MANY * sizeof *lengths);
    memset(lengths, 0, MANY * sizeof *lengths);
    const bt_status status = bt_simulate(network, MANY, lengths, NULL, 0, &x0, 1, NULL, 0, NULL, 0, NULL, 0);
    CHECK(status == BT_ERROR_SIZE);
    CHECK(bt_simulate(network, MANY, lengths, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0) == BT_ERROR_MEMORY);
    CHECK(bt_gradient(network, MANY, lengths, NULL, 0, NULL, 0, NULL, 0, NULL, 0, &x0, 1) == BT_ERROR_MEMORY);
    free(lengths);
  }
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  bt_network *network = standard_network();
  doubles(network);
  numbers(network);
  names(network);
  asking(network);
  sizes();
  CHECK_OK(bt_network_free(network));
  return check_report();
}
