/* Building networks from units, groups and connections, and what they then say of themselves. */
#include "check.h"
#include "support.h"

#include <string.h>

static int64_t number(bt_status (*call)(const bt_network *, int64_t *), const bt_network *network) {
  int64_t value = -77;
  CHECK_OK(call(network, &value));
  return value;
}

static int is_named(const bt_network *network, int64_t group, const char *expected) {
  char name[50];
  int64_t length = -1;
  CHECK_OK(bt_network_group_name(network, group, name, sizeof name, &length));
  return strcmp(name, expected) == 0 && length == (int64_t)strlen(expected);
}

static void units(void) {
  bt_network *network = NULL;
  int64_t output = -1, size = -1, depth = -1, group = -1;
  CHECK_OK(bt_network_create(2, &network));
  CHECK(number(bt_network_group_count, network) == 0);
  CHECK(number(bt_network_outputs, network) == 0);
  CHECK(number(bt_network_state_size, network) == 0);
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 3, "{\"leak\": 0.5, \"activation\": \"tanh\"}", &output));
  CHECK(output == 2 && is_named(network, 0, "lnl.x2") && is_named(network, 1, "lnl.x1") &&
        is_named(network, 2, "lnl.x"));
  CHECK(number(bt_network_outputs, network) == 3);
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 1, "", NULL));
  CHECK(is_named(network, 3, "lnl2.x2"));
  CHECK_OK(bt_network_add_unit(network, "linear", "y", 2,
                               "{\"sources\": [{\"source\": \"lnl.x\", \"lag\": 0}, {\"source\": 4, \"lag\": 2},"
                               " {\"source\": \"self\", \"lag\": 4}, {\"source\": \"input\", \"lag\": 0}]}",
                               &output));
  CHECK(is_named(network, output, "y.x") && number(bt_network_outputs, network) == 2);
  CHECK(number(bt_network_range, network) == 4);

  CHECK_OK(bt_network_group_size(network, output, &size));
  CHECK(size == 2);
  CHECK_OK(bt_network_group_size(network, BT_INPUT, &size));
  CHECK(size == 2);
  CHECK_OK(bt_network_group_depth(network, output, &depth));
  CHECK(depth == 4);
  CHECK_OK(bt_network_group_depth(network, BT_INPUT, &depth));
  CHECK(depth == 1);
  CHECK_OK(bt_network_group_depth(network, 4, &depth));
  CHECK(depth == 2);
  CHECK_OK(bt_network_group_depth(network, 0, &depth));
  CHECK(depth == 0);
  /* 1 x 2 of the input, 1 x 3 of lnl.x, 2 x 1 of lnl2.x, 4 x 2 of y.x. */
  CHECK(number(bt_network_state_size, network) == 2 + 3 + 2 + 8);
  CHECK_OK(bt_network_find_group(network, "y.x", &group));
  CHECK(group == output);
  CHECK_OK(bt_network_find_group(network, "input", &group));
  CHECK(group == BT_INPUT);
  CHECK_OK(bt_network_free(network));
}

/* v(t) = v(t-1) + 2 i(t), f(t) = 3 v(t)^2 - 1, by hand. */
static void groups(void) {
  bt_network *network = NULL;
  int64_t v = -1, f = -1, term = -1;
  const int64_t steps = 3;
  const double inputs[] = {1, 0, -2}, one[] = {1}, two[] = {2};
  double outputs[3];
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_learnware(network, "v", 1, &v));
  CHECK_OK(bt_network_add_firmware(network, "f", 1, &f));
  CHECK(v == 0 && f == 1);
  CHECK_OK(bt_network_connect_diagonal(network, v, v, 1, "R"));
  CHECK_OK(bt_network_connect_dense(network, v, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_set_array(network, "v.R", one, 1));
  CHECK_OK(bt_network_set_array(network, "v.B", two, 1));
  CHECK_OK(bt_network_add_term(network, f, 3, &term));
  CHECK(term == 0);
  CHECK_OK(bt_network_add_factor(network, f, term, "square", NULL, 0, v, 0));
  CHECK_OK(bt_network_add_term(network, f, -1, &term));
  CHECK(term == 1);
  CHECK_OK(bt_network_add_term(network, f, 100, &term));
  CHECK_OK(bt_network_remove_term(network, f, term));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 3, NULL, 0, outputs, 3, NULL, 0, NULL, 0));
  CHECK(outputs[0] == 11 && outputs[1] == 11 && outputs[2] == 11);
  CHECK_OK(bt_network_remove_term(network, f, 0));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 3, NULL, 0, outputs, 3, NULL, 0, NULL, 0));
  CHECK(outputs[0] == -1 && outputs[2] == -1);
  CHECK_ERROR(bt_network_remove_term(network, f, 1), BT_ERROR_ARGUMENT, "term|1|f");
  CHECK_OK(bt_network_free(network));
}

/* Sparse and shared connections, shared biases. */
static void forms(void) {
  bt_network *network = NULL;
  int64_t v = -1;
  const uint8_t mask[] = {0, 7, 255, 0};
  const int64_t shared[] = {0, 1, 1, -1}, tied[] = {0, 0};
  double values[4];
  int64_t shape[2];
  CHECK_OK(bt_network_create(0, &network));
  CHECK_OK(bt_network_add_learnware(network, "v", 2, &v));
  CHECK_OK(bt_network_connect_sparse(network, v, v, 1, "S", mask, 4));
  CHECK_OK(bt_network_connect_shared(network, v, v, 2, "T", shared, 4));
  CHECK_OK(bt_network_add_bias(network, v, "b", tied, 2));
  CHECK(number(bt_network_weight_count, network) == 2 + 2 + 1);
  CHECK_OK(bt_network_array_shape(network, "v.S", shape));
  CHECK(shape[0] == 2 && shape[1] == 2);
  CHECK_OK(bt_network_array_shape(network, "v.T", shape));
  CHECK(shape[0] == 2 && shape[1] == 0);
  CHECK_OK(bt_network_array_shape(network, "v.b", shape));
  CHECK(shape[0] == 1 && shape[1] == 0);
  CHECK_OK(bt_network_randomize(network, 5));
  CHECK_OK(bt_network_get_array(network, "v.S", values, 4));
  CHECK(values[0] == 0 && values[1] != 0 && values[2] != 0 && values[3] == 0);
  CHECK_OK(bt_network_free(network));
}

static void observing(void) {
  bt_network *network = standard_network();
  const int64_t list[] = {2, 0}, counts[] = {1, 2}, steps = 2, size = 2;
  double inputs[] = {1, -1}, outputs[6], states[12];
  CHECK_OK(bt_network_observe(network, list, counts, 2));
  CHECK(number(bt_network_outputs, network) == 3);
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 2, NULL, 0, outputs, 6, states, 12, NULL, 0));
  for (int64_t t = 0; t < steps; t++) {
    CHECK(outputs[3 * t] == states[6 * t + 4]);
    CHECK(outputs[3 * t + 1] == states[6 * t] && outputs[3 * t + 2] == states[6 * t + 1]);
  }
  /* Another unit does not change what was chosen. */
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 5, NULL, NULL));
  CHECK(number(bt_network_outputs, network) == 3);
  CHECK_OK(bt_network_observe(network, list, &size, 1));
  CHECK(number(bt_network_outputs, network) == 2);
  CHECK_OK(bt_network_free(network));
}

/* A failed call leaves the network as it was. */
static void failures(void) {
  bt_network *network = standard_network();
  int64_t out = 55;
  const char *wrong[] = {"{\"leak\": 2}",
                         "{\"leek\": 0}",
                         "{\"sources\": [{\"source\": \"nobody\", \"lag\": 1}]}",
                         "{\"sources\": [{\"source\": \"input\", \"lag\": -1}]}",
                         "[]",
                         "{"};
  for (int64_t k = 0; k < COUNT(wrong); k++) {
    check_about(wrong[k]);
    CHECK_ERROR(bt_network_add_unit(network, "lnl", "w", 2, wrong[k], &out), BT_ERROR_ARGUMENT, "");
    CHECK(out == 55 && number(bt_network_group_count, network) == 3 && number(bt_network_array_count, network) == 4);
  }
  check_about(NULL);
  const char *mask = "{\"mask\": [[1]]}";
  CHECK_ERROR(bt_network_add_unit(network, "lnl", "w", 2, mask, &out), BT_ERROR_SIZE, "mask|1 rows|2 rows");
  CHECK(out == 55 && number(bt_network_group_count, network) == 3 && number(bt_network_array_count, network) == 4);
  CHECK_ERROR(bt_network_add_unit(network, "lnl", "u", 2, NULL, &out), BT_ERROR_ARGUMENT, "u.x2|already");
  CHECK_ERROR(bt_network_add_unit(network, "lstn", NULL, 2, NULL, &out), BT_ERROR_ARGUMENT, "lstn|lnl|linear");
  CHECK_ERROR(bt_network_add_unit(network, "lnl", NULL, 0, NULL, &out), BT_ERROR_SIZE, "size|0|expected 1");
  CHECK_ERROR(bt_network_add_bias(network, 0, NULL, NULL, 0), BT_ERROR_ARGUMENT, "u.x2|bias already");
  CHECK_ERROR(bt_network_add_bias(network, 2, NULL, NULL, 0), BT_ERROR_ARGUMENT, "u.x|firmware|learnware");
  CHECK_ERROR(bt_network_add_term(network, 0, 1, &out), BT_ERROR_ARGUMENT, "u.x2|learnware|firmware");
  CHECK_ERROR(bt_network_connect_dense(network, 0, 2, 0, "Z"), BT_ERROR_NETWORK, "cycle|u.x2|u.x");
  CHECK_ERROR(bt_network_connect_dense(network, 0, 0, 0, "Z"), BT_ERROR_NETWORK, "cycle|u.x2");
  CHECK_ERROR(bt_network_connect_dense(network, 0, 2, 1, "W"), BT_ERROR_ARGUMENT, "u.x2.W|already");
  CHECK_ERROR(bt_network_connect_diagonal(network, 0, BT_INPUT, 1, "Z"), BT_ERROR_SIZE, "equal size|1|2");
  CHECK(out == 55 && number(bt_network_weight_count, network) == STANDARD_WEIGHTS);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  units();
  groups();
  forms();
  observing();
  failures();
  return check_report();
}
