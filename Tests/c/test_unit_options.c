/* The table of the options of units: one kind, all kinds, what is refused; what it says is what is taken. */
#include "check.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static char *options_of(const char *kind) {
  int64_t length = -1, again = -1;
  CHECK_OK(bt_unit_options(kind, NULL, 0, &length));
  CHECK(length > 0);
  char *text = malloc((size_t)length + 1);
  if (text == NULL) return NULL;
  CHECK_OK(bt_unit_options(kind, text, length + 1, &again));
  CHECK(again == length && (int64_t)strlen(text) == length);
  return text;
}

static void one_kind(void) {
  char *text = options_of("reservoir");
  if (text == NULL) return;
  CHECK(strstr(text, "{\"kind\":\"reservoir\",\"options\":[{\"default\":\"zero\",") == text);
  CHECK(strstr(text, "{\"default\":0.9,\"least\":0,\"most\":1000000,\"name\":\"spectral_radius\",\"text\":") != NULL);
  CHECK(strstr(text, "\"words\":[\"adjust\"]") != NULL && strstr(text, "peephole") == NULL);
  free(text);
  text = options_of("lstm");
  if (text == NULL) return;
  CHECK(strstr(text, "{\"default\":false,\"name\":\"peephole\",\"text\":") != NULL);
  CHECK(strstr(text, "\"words\":[\"zeta\",\"logistic\"]") != NULL);
  free(text);
}

static void all_kinds(void) {
  const char *const kinds[] = {"linear", "lnl",   "sparse_lnl", "lstm",        "gru",   "strongly_typed", "aif",    "softmax",
                               "reservoir", "state_space", "dense", "conv1d", "gate", "product", "versatile"};
  char *all = options_of(NULL), *place = all;
  if (all == NULL) return;
  CHECK(all[0] == '[' && all[strlen(all) - 1] == ']');
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    check_about(kinds[k]);
    char *one = options_of(kinds[k]);
    if (one == NULL) break;
    /* In the order of the header, each as it is alone. */
    place = strstr(place, one);
    CHECK(place != NULL);
    free(one);
    if (place == NULL) break;
  }
  check_about(NULL);
  free(all);
}

static void refused(void) {
  char text[20] = "untouched";
  int64_t length = -1;
  CHECK_ERROR(bt_unit_options("nosuch", text, 20, &length), BT_ERROR_ARGUMENT, "unit 'nosuch'|lnl, sparse_lnl");
  CHECK_ERROR(bt_unit_options("\377", text, 20, &length), BT_ERROR_ARGUMENT, "kind is not valid UTF-8");
  CHECK_ERROR(bt_unit_options("lnl", text, -1, &length), BT_ERROR_SIZE, "capacity is -1");
  CHECK_ERROR(bt_unit_options("lnl", NULL, 20, &length), BT_ERROR_NULL, "buffer is NULL");
  CHECK(strcmp(text, "untouched") == 0 && length == -1);
  /* What fits of it. */
  CHECK_OK(bt_unit_options("lnl", text, 20, NULL));
  CHECK(strcmp(text, "{\"kind\":\"lnl\",\"opti") == 0);
}

int main(void) {
  one_kind();
  all_kinds();
  refused();
  return check_report();
}
