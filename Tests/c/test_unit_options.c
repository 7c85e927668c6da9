/* The table of the options of units: one kind, all kinds, what is refused; what it says is what is taken. */
#include "check.h"
#include "support.h"

#include <math.h>
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
  CHECK(strstr(text, "{\"example\":{\"inputs\":1,\"options\":\"{\\\"spectral_radius\\\": 0.8, \\\"seed\\\": 1}\",\"size\":50,") ==
        text);
  CHECK(strstr(text, ",\"kind\":\"reservoir\",\"notes\":\"Appendix A of RR-9100. Groups `x2`, ") != NULL);
  CHECK(strstr(text, ",\"options\":[{\"default\":1,\"least\":1,\"name\":\"outputs\",") != NULL);
  CHECK(strstr(text, ",\"output\":\"The readout y.\",\"size\":\"Number N of nodes.\",\"summary\":\"an `lnl` of ") != NULL);
  /* What every unit has comes last. */
  CHECK(strstr(text, "\"words\":[\"zero\",\"learn\"]}],\"output\":") != NULL);
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
  CHECK(strcmp(text, "{\"example\":{\"inputs") == 0);
}

/* h = (b + F x + G i)^3, y = c + C x + D i + H h: a linear state and a cubic layer. */
static void cubic_layer(void) {
  const char *const cubic = "{\"hidden\": 1, \"activation\": \"identity\", \"degree\": 3}";
  /* A, B, E, b, F, G, c, C, D, H. */
  const double weights[] = {0.5, 1, 0.25, 0.5, 1, -1, 2, 3, -0.5, 2};
  const double inputs[] = {1, 2, -1}, expected[] = {1.25, 3.60638427734375, 132.8096786813993};
  const int64_t steps = 3;
  bt_network *network = NULL;
  double outputs[3];
  CHECK_OK(bt_network_create(1, &network));
  CHECK_ERROR(bt_network_add_unit(network, "state_space", "s", 1, "{\"degree\": 10}", NULL), BT_ERROR_ARGUMENT,
              "degree of unit state_space: 10.0 came, expected an integer of 1 to 9");
  CHECK_OK(bt_network_add_unit(network, "state_space", "s", 1, cubic, NULL));
  CHECK_OK(bt_network_set_weights(network, weights, 10));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 3, NULL, 0, outputs, 3, NULL, 0, NULL, 0));
  for (int t = 0; t < 3; t++) CHECK(fabs(outputs[t] - expected[t]) <= 1e-15 * expected[t]);
  CHECK_OK(bt_network_free(network));
  char *text = options_of("state_space");
  if (text == NULL) return;
  CHECK(strstr(text, "{\"default\":1,\"least\":1,\"most\":9,\"name\":\"degree\",\"text\":") != NULL);
  CHECK(strstr(text, "{\"default\":\"tanh\",\"form\":\"a name, or an object with ") != NULL);
  free(text);
}

int main(void) {
  one_kind();
  all_kinds();
  cubic_layer();
  refused();
  return check_report();
}
