/* Text that is no JSON, JSON that is no network, networks that cannot be; options of units likewise. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused(const char *text, int64_t length, const char *pieces) {
  int place = 0;
  bt_network *made = (bt_network *)&place;
  const bt_status status = bt_network_from_json(text, length, &made);
  CHECK(status == BT_ERROR_ARGUMENT || status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY ||
        status == BT_ERROR_NETWORK);
  check_status(status, status, pieces, __FILE__, __LINE__, "bt_network_from_json");
  CHECK(made == NULL);
  if (status == BT_OK) CHECK_OK(bt_network_free(made));
}

/* Every prefix of a network's text, and every byte of it replaced: never more than an error. */
static void broken(void) {
  bt_network *network = standard_network();
  int64_t length = 0;
  CHECK_OK(bt_network_add_unit(network, "linear", "y", 1, "{\"sources\": [{\"source\": \"u.x\", \"lag\": 0}]}", NULL));
  CHECK_OK(bt_network_to_json(network, NULL, 0, &length));
  char *text = exact((size_t)length + 1), *changed = exact((size_t)length);
  CHECK_OK(bt_network_to_json(network, text, length + 1, NULL));
  const int64_t stride = is_small() ? 197 : 1;
  for (int64_t n = 0; n < length; n += stride) refused(text, n, "JSON");
  const char bytes[] = {0, '"', '{', ']', ',', '9', '-', 'x', (char)0xff};
  for (int64_t k = 0; k < length; k += stride) {
    for (int64_t i = 0; i < COUNT(bytes); i++) {
      bt_network *made = NULL;
      memcpy(changed, text, (size_t)length);
      changed[k] = bytes[i];
      const bt_status status = bt_network_from_json(changed, length, &made);
      CHECK((status == BT_OK) == (made != NULL));
      CHECK(bt_network_free(made) == BT_OK);
    }
  }
  free(text), free(changed);
  CHECK_OK(bt_network_free(network));
}

/* A network around some groups, weights and other members. */
static const char *wrapped(const char *inputs, const char *groups, const char *weights, const char *more) {
  static char text[3000];
  snprintf(text, sizeof text,
           "{\"format\": \"backtune-network\", \"version\": 1, \"inputs\": %s, \"groups\": [%s], \"weights\": [%s]%s}",
           inputs, groups, weights, more);
  return text;
}

#define V "{\"name\": \"v\", \"kind\": \"learnware\", \"size\": 2"
#define W(more) "{\"name\": \"w\", \"values\": [1, 2, 3, 4]" more "}"
#define DENSE ", \"connections\": [{\"weight\": \"w\", \"source\": \"v\", \"lag\": 1, \"form\": \"dense\"}]}"
#define LINK(source, lag, form, more)                                                                               \
  V ", \"connections\": [{\"weight\": \"w\", \"source\": " source ", \"lag\": " lag ", \"form\": \"" form "\"" more \
    "}]}"
#define FACTOR(f, source, lag)                                                                     \
  "{\"name\": \"f\", \"kind\": \"firmware\", \"size\": 1, \"terms\": [{\"coef\": 1, \"factors\": " \
  "[{\"f\": " f ", \"source\": \"" source "\", \"lag\": " lag "}]}]}"

static void nonsense(void) {
  const char *cases[][5] = {
      /* inputs, groups, weights, more, what the message names */
      {"-1", "", "", "", "inputs"},
      {"1.5", "", "", "", "inputs"},
      {"1e300", "", "", "", "inputs"},
      {"9223372036854775807", "", "", "", "inputs"},
      {"4611686018427387904", "", "", "", "inputs"},
      {"99999999999999999999", "", "", "", "inputs"},
      {"null", "", "", "", "inputs"},
      {"1", "7", "", "", "groups"},
      {"1", "{}", "", "", "groups"},
      {"1", "{\"name\": \"v\", \"kind\": \"nothing\", \"size\": 2}", "", "", "v|nothing|learnware"},
      {"1", "{\"name\": \"v\", \"kind\": \"learnware\", \"size\": 0}", "", "", "v|0|1 or more"},
      {"1", "{\"name\": \"v\", \"kind\": \"learnware\", \"size\": 4611686018427387904}", "", "", "v|memory"},
      {"1", "{\"name\": \"\", \"kind\": \"learnware\", \"size\": 1}", "", "", "group name"},
      {"1", "{\"name\": \"input\", \"kind\": \"learnware\", \"size\": 1}", "", "", "group name"},
      {"1", "{\"name\": \"a\\u0000b\", \"kind\": \"learnware\", \"size\": 1}", "", "", "zero bytes"},
      {"1", V "}, " V "}", "", "", "'v'|already"},
      {"1", V DENSE, W("") ", " W(""), "", "'w' twice"},
      {"1", V DENSE, "{\"name\": \"z\", \"values\": []}", "", "'z'|unknown"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1]}, {\"name\": \"w\", \"values\": [1]}", "", "weights"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1, 2, 3]}", "", "w|3 values|2 x 2"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1, 2, 3, 1e400]}", "", "JSON"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1, 2, 3, NaN]}", "", "JSON"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1, 2, 3, null]}", "", "JSON"},
      {"1", V DENSE, "{\"name\": \"w\", \"values\": [1, 2, 3, \"4\"]}", "", "JSON"},
      {"1", V DENSE, W(", \"lower\": [1, 2]"), "", "w|lower"},
      {"1", V DENSE, W(", \"lower\": [2, 2, 2, 2], \"upper\": [1, 1, 1, 1]"), "", "w|lower"},
      {"1", V DENSE, W(", \"upper\": [0, 0, 0, 0]"), "", "w|"},
      {"1", V DENSE, W(", \"fixed\": [true]") ", 3", "", "JSON"},
      {"1", V DENSE, W(", \"fixed\": [1, 2, 3, 4]"), "", "JSON"},
      {"1", V DENSE, W(", \"draw\": [1]"), "", "draw"},
      {"1", V DENSE, W(", \"draw\": [2, 1]"), "", "draw"},
      {"1", LINK("\"nobody\"", "1", "dense", ""), W(""), "", "'nobody'|unknown"},
      {"1", LINK("7", "1", "dense", ""), W(""), "", "JSON"},
      {"1", LINK("\"v\"", "0", "dense", ""), W(""), "", "cycle"},
      {"1", LINK("\"v\"", "-1", "dense", ""), W(""), "", "lag"},
      {"1", LINK("\"v\"", "4611686018427387904", "dense", ""), W(""), "", "lag"},
      {"1", LINK("\"v\"", "1.5", "dense", ""), W(""), "", "JSON"},
      {"1", LINK("\"input\"", "1", "diagonal", ""), W(""), "", "diagonal"},
      {"1", LINK("\"v\"", "1", "crooked", ""), W(""), "", "crooked|dense"},
      {"1", LINK("\"v\"", "1", "sparse", ""), W(""), "", "mask|2 rows"},
      {"1", LINK("\"v\"", "1", "sparse", ", \"mask\": [[1, 0], [1]]"), W(""), "", "mask|2 rows"},
      {"1", LINK("\"v\"", "1", "sparse", ", \"mask\": [[1], [0]]"), W(""), "", "mask|2 rows"},
      {"1", LINK("\"v\"", "1", "shared", ", \"index\": [[0, 5], [0, 0]]"), W(""), "", "slot"},
      {"1", LINK("\"v\"", "1", "shared", ", \"index\": [[0, 2], [0, 0]]"), W(""), "", "slot 1"},
      {"1", LINK("\"v\"", "1", "shared", ", \"index\": [[0, -9], [0, 0]]"), W(""), "", "slot"},
      {"1", LINK("\"v\"", "1", "shared", ", \"index\": [[0, 9223372036854775807], [0, 0]]"), W(""), "", "slot"},
      {"1", V ", \"bias\": {\"weight\": \"b\", \"index\": [0]}}", "", "", "1 values, expected 2"},
      {"1", V ", \"bias\": {\"weight\": \"b\", \"index\": [0, 7]}}", "", "", "slot"},
      {"1", V ", \"bias\": {\"weight\": \"a\\u0000\"}}", "", "", "zero bytes"},
      {"1",
       V ", \"bias\": {\"weight\": \"w\"}"
         ", \"connections\": [{\"weight\": \"w\", \"source\": \"v\", \"lag\": 1, \"form\": \"dense\"}]}",
       W(""), "", "'w'|shape"},
      {"1", V ", \"terms\": []}", W(""), "", "weights lists 1"},
      {"1", FACTOR("{\"name\": \"sine\"}", "input", "1"), "", "", "sine|unknown"},
      {"1", FACTOR("{\"name\": \"zeta\", \"a\": 1}", "input", "1"), "", "", "b is missing"},
      {"1", FACTOR("{\"name\": \"zeta\", \"a\": 1, \"b\": 1}", "input", "1"), "", "", "a < b"},
      {"1", FACTOR("{\"name\": \"softplus\", \"eps\": -1}", "input", "1"), "", "", "eps"},
      {"1", FACTOR("\"exp\"", "input", "1"), "", "", "JSON"},
      {"1", FACTOR("{\"name\": \"exp\"}", "f", "0"), "", "", "cycle"},
      {"1", FACTOR("{\"name\": \"exp\"}", "f", "99999999"), "", "", "lag"},
      {"3", FACTOR("{\"name\": \"exp\"}", "input", "1"), "", "", "size 3|expected 1"},
      {"1", V "}", "", ", \"observe\": []", "observe"},
      {"1", V "}", "", ", \"observe\": [{\"group\": \"v\", \"outputs\": 3}]", "v|3|1 to 2"},
      {"1", V "}", "", ", \"observe\": [{\"group\": \"v\", \"outputs\": -1}]", "v|-1"},
      {"1", V "}", "", ", \"observe\": [{\"group\": \"input\", \"outputs\": 1}]", "group"},
      {"1", V "}", "", ", \"output\": \"nobody\"", "nobody|unknown"},
      {"1", V "}", "", ", \"output\": \"input\"", "output"},
  };
  for (int64_t k = 0; k < COUNT(cases); k++) {
    const char *text = wrapped(cases[k][0], cases[k][1], cases[k][2], cases[k][3]);
    check_about(text);
    refused(text, (int64_t)strlen(text), cases[k][4]);
  }
  const char *whole[] = {"",
                         " ",
                         "null",
                         "true",
                         "1",
                         "\"text\"",
                         "[]",
                         "{}",
                         "{\"inputs\": 1}",
                         "\xef\xbb\xbf{}",
                         "{} {}",
                         "{,}",
                         "{'a': 1}",
                         "[1,]",
                         "\"\\ud800\"",
                         "nul",
                         "{\"format\": \"backtune-network\"}"};
  for (int64_t k = 0; k < COUNT(whole); k++) {
    check_about(whole[k]);
    refused(whole[k], (int64_t)strlen(whole[k]), "JSON");
  }
  check_about(NULL);
  const char *old = "{\"format\": \"other\", \"version\": 1, \"inputs\": 1, \"groups\": []}";
  refused(old, (int64_t)strlen(old), "other|backtune-network");
  old = "{\"format\": \"backtune-network\", \"version\": 4, \"inputs\": 1, \"groups\": []}";
  refused(old, (int64_t)strlen(old), "version is 4|expected 1 to 3");
  refused("{\"a\": \"\x80\"}", 9, "JSON");
  refused("{}\0{}", 5, "JSON");
}

/* `count` times `open`, then the middle, then `count` times `close`. */
static char *nested(const char *open, const char *middle, const char *close, size_t count) {
  const size_t a = strlen(open), b = strlen(middle), c = strlen(close);
  char *text = exact((a + c) * count + b + 1);
  for (size_t k = 0; k < count; k++) {
    memcpy(text + a * k, open, a);
    memcpy(text + a * count + b + c * k, close, c);
  }
  memcpy(text + a * count, middle, b);
  text[(a + c) * count + b] = 0;
  return text;
}

static void deep(void) {
  bt_network *network = standard_network();
  const size_t depths[] = {2, 200, 510, 600, 5000, 1000000};
  for (int64_t k = 0; k < (is_small() ? 4 : COUNT(depths)); k++) {
    char *texts[] = {nested("[", "", "]", depths[k]), nested("[", "", "", depths[k]),
                     nested("{\"a\":", "1", "}", depths[k]), nested("{\"a\":[", "", "]}", depths[k]),
                     nested("{\"groups\":[", "", "", depths[k])};
    for (int64_t i = 0; i < COUNT(texts); i++) {
      refused(texts[i], (int64_t)strlen(texts[i]), "JSON");
      CHECK(bt_network_add_unit(network, "lnl", NULL, 1, texts[i], NULL) == BT_ERROR_ARGUMENT);
      free(texts[i]);
    }
    char *option = nested("{\"mask\": ", "[]", "}", 1);
    CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, 1, option, NULL), BT_ERROR_SIZE, "mask|0 rows|expected 1 rows");
    free(option);
  }
  CHECK_OK(bt_network_free(network));
}

/* A key that stands twice is an error that names it, however it is written; unknown members are none. */
static void doubled(void) {
  bt_network *made = NULL, *network = standard_network();
  CHECK_OK(from_text("{\"format\": \"backtune-network\", \"version\": 1, \"inputs\": 1, \"groups\": [], "
                     "\"x\": {\"inputs\": [\"inputs\", \"inputs\"], \"y\": \"inputs\"}}",
                     &made));
  CHECK_OK(bt_network_free(made));
  CHECK_ERROR(from_text("{\"format\": \"backtune-network\", \"version\": 1, \"inputs\": 1, \"inputs\" : 2, \"groups\": []}",
                        &made),
              BT_ERROR_ARGUMENT, "'inputs' stands twice");
  CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, 1, "{\"leak\": 0.5, \"le\\u0061k\": 0.1}", NULL),
              BT_ERROR_ARGUMENT, "unit lnl|'leak' stands twice");
  CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, 1,
                                  "{\"sources\": [{\"source\": \"self\", \"lag\": 1, \"lag\": 2}]}", NULL),
              BT_ERROR_ARGUMENT, "'lag' stands twice");
  bt_estimator *estimator = standard_estimator(network);
  CHECK_ERROR(bt_estimator_add_regularisation(estimator, "ridge", "{\"strength\": 1, \"strength\": 0}"),
              BT_ERROR_ARGUMENT, "ridge|'strength' stands twice");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* The same text in UTF-16 and UTF-32, with and without mark, and in Latin-1. */
static void encodings(void) {
  bt_network *network = standard_network();
  int64_t length = 0;
  CHECK_OK(bt_network_to_json(network, NULL, 0, &length));
  char *text = exact((size_t)length + 1), *wide = exact((size_t)length * 4 + 4);
  CHECK_OK(bt_network_to_json(network, text, length + 1, NULL));
  for (int64_t width = 2; width <= 4; width += 2) {
    for (int64_t place = 0; place < width; place += width - 1) {
      memset(wide, 0, (size_t)length * 4 + 4);
      for (int64_t k = 0; k < length; k++) wide[k * width + place] = text[k];
      refused(wide, length * width, "JSON|UTF-8");
    }
  }
  wide[0] = (char)0xff, wide[1] = (char)0xfe;
  for (int64_t k = 0; k < length; k++) wide[2 * k + 2] = text[k], wide[2 * k + 3] = 0;
  refused(wide, 2 * length + 2, "JSON|UTF-8");
  memcpy(wide, text, (size_t)length);
  *strchr(wide, 'u') = (char)0xfc;
  refused(wide, length, "JSON|UTF-8");
  free(text), free(wide);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  broken();
  nonsense();
  deep();
  doubled();
  encodings();
  return check_report();
}
