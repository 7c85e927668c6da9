/* Names, units and sampling time of the data: what is kept, what is refused, when those of outputs go. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const char *const two[] = {"flow", "level \303\251\n"};
static const char *const units[] = {"m3/s", ""};

static int is_label(const bt_network *network, const char *kind, int64_t channel, const char *expected) {
  char text[50] = "untouched";
  int64_t length = -1;
  CHECK_OK(bt_network_label(network, kind, channel, text, sizeof text, &length));
  return strcmp(text, expected) == 0 && length == (int64_t)strlen(expected);
}

static int64_t version(const bt_network *network) {
  int64_t value = -1;
  CHECK_OK(bt_network_version(network, &value));
  return value;
}

static void kept(void) {
  bt_network *network = standard_network(), *copy = NULL;
  double seconds = -1;
  int64_t before = version(network), structure[2] = {-1, -1};
  CHECK(is_label(network, "input names", 0, "") && is_label(network, "output units", 1, ""));
  CHECK_OK(bt_network_sampling_time(network, &seconds));
  CHECK(seconds == 0);
  CHECK_OK(bt_network_set_labels(network, "input names", two, 1));
  CHECK(version(network) != before);
  before = version(network);
  CHECK_OK(bt_network_set_labels(network, "output names", two, 2));
  CHECK_OK(bt_network_set_labels(network, "output units", units, 2));
  CHECK_OK(bt_network_set_sampling_time(network, 0.25));
  CHECK(version(network) != before);

  /* Weights are no part of it, but which of them are fixed. */
  before = version(network);
  CHECK_OK(bt_network_randomize(network, 3));
  CHECK(version(network) == before);
  const uint8_t flag = 0;
  char name[50];
  CHECK_OK(bt_network_array_name(network, 0, name, sizeof name, NULL));
  CHECK_OK(bt_network_set_fixed(network, name, &flag, 1));
  CHECK(version(network) != before);
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK(version(network) == version(copy));
  CHECK_OK(bt_network_free(copy));

  CHECK_OK(bt_network_copy(network, &copy));
  CHECK_OK(bt_network_free(network));
  char text[5000];
  int64_t length = 0;
  CHECK_OK(bt_network_to_json(copy, text, sizeof text, &length));
  CHECK(strstr(text, "\"version\":2") != NULL);
  CHECK_OK(bt_network_from_json(text, length, &network));
  CHECK(is_label(network, "input names", 0, "flow") && is_label(network, "output names", 0, "flow"));
  CHECK(is_label(network, "output names", 1, two[1]) && is_label(network, "output units", 0, "m3/s"));
  CHECK(is_label(network, "output units", 1, "") && is_label(network, "input units", 0, ""));
  CHECK_OK(bt_network_sampling_time(network, &seconds));
  CHECK(seconds == 0.25);

  /* The network gives the same as without them. */
  const int64_t steps = 5;
  double inputs[5], a[10], b[10];
  CHECK_OK(bt_random_normal(1, "x", inputs, 5));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 5, NULL, 0, a, 10, NULL, 0, NULL, 0));
  CHECK_OK(bt_network_set_labels(network, "input names", NULL, 0));
  CHECK_OK(bt_network_set_sampling_time(network, 0));
  CHECK(is_label(network, "input names", 0, ""));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 5, NULL, 0, b, 10, NULL, 0, NULL, 0));
  CHECK(memcmp(a, b, sizeof a) == 0);

  /* Those of outputs belong to what is observed. */
  const int64_t group = 2, one = 1;
  CHECK_OK(bt_network_output_node(network, 1, &structure[0], &structure[1]));
  CHECK(structure[0] == 2 && structure[1] == 1);
  CHECK_OK(bt_network_observe(network, &group, &one, 1));
  CHECK(is_label(network, "output names", 0, "") && is_label(network, "output units", 0, ""));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 2, NULL, NULL));
  CHECK(is_label(network, "output names", 0, ""));
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(copy));
}

static void refused(void) {
  bt_network *network = standard_network(), *made = NULL;
  char text[20];
  int64_t length = 0;
  const char *const equal[] = {"a", "a"}, *const empty[] = {"a", ""}, *const missing[] = {"a", NULL};
  const char *const broken[] = {"\xff\xfe"};
  CHECK_OK(bt_network_set_labels(network, "output names", two, 2));
  CHECK_ERROR(bt_network_set_labels(network, "output names", two, 1), BT_ERROR_SIZE, "labels: 1 values|0 or 2");
  CHECK_ERROR(bt_network_set_labels(network, "output names", two, -1), BT_ERROR_SIZE, "labels_length is -1");
  CHECK_ERROR(bt_network_set_labels(network, "output names", NULL, 2), BT_ERROR_NULL, "labels is NULL");
  CHECK_ERROR(bt_network_set_labels(network, "output names", two, HUGE_LENGTH), BT_ERROR_MEMORY, "labels");
  CHECK_ERROR(bt_network_set_labels(network, "output names", equal, 2), BT_ERROR_ARGUMENT, "output names|'a'|twice");
  CHECK_ERROR(bt_network_set_labels(network, "output names", empty, 2), BT_ERROR_ARGUMENT, "channel 1|empty");
  CHECK_ERROR(bt_network_set_labels(network, "output names", missing, 2), BT_ERROR_NULL, "labels[1] is NULL");
  CHECK_ERROR(bt_network_set_labels(network, "input names", broken, 1), BT_ERROR_ARGUMENT, "labels[0]|UTF-8");
  CHECK_ERROR(bt_network_set_labels(network, "names", two, 2), BT_ERROR_ARGUMENT, "kind 'names'|'output units'");
  CHECK_ERROR(bt_network_set_labels(network, NULL, two, 2), BT_ERROR_NULL, "kind is NULL");
  CHECK(is_label(network, "output names", 0, "flow") && is_label(network, "input names", 0, ""));
  CHECK_ERROR(bt_network_label(network, "output names", 2, text, 20, &length), BT_ERROR_ARGUMENT, "channel 2|2");
  CHECK_ERROR(bt_network_label(network, "input names", -1, text, 20, &length), BT_ERROR_ARGUMENT, "channel -1|1");
  CHECK_ERROR(bt_network_label(network, "x", 0, text, 20, &length), BT_ERROR_ARGUMENT, "kind 'x'");
  const double wrong[] = {-1, NAN, INFINITY};
  for (int64_t k = 0; k < COUNT(wrong); k++)
    CHECK_ERROR(bt_network_set_sampling_time(network, wrong[k]), BT_ERROR_ARGUMENT, "sampling time|above 0");
  CHECK_ERROR(bt_network_sampling_time(network, NULL), BT_ERROR_NULL, "seconds is NULL");
  CHECK_ERROR(bt_network_version(network, NULL), BT_ERROR_NULL, "version is NULL");
  CHECK_ERROR(bt_network_output_node(network, 0, &length, NULL), BT_ERROR_NULL, "node is NULL");
  CHECK_ERROR(bt_network_output_node(network, 0, NULL, &length), BT_ERROR_NULL, "group is NULL");
  for (int64_t output = -1; output < 4; output += 3)
    CHECK_ERROR(bt_network_output_node(network, output, &length, &length), BT_ERROR_ARGUMENT, "output|there are 2");
  CHECK_OK(bt_network_free(network));

  /* In text. */
  CHECK_OK(from_text("{\"format\":\"backtune-network\",\"version\":1,\"inputs\":1,\"groups\":[]}", &made));
  CHECK_OK(bt_network_free(made));
  CHECK(from_text("{\"format\":\"backtune-network\",\"version\":4,\"inputs\":1,\"groups\":[]}", &made) ==
        BT_ERROR_ARGUMENT);
  CHECK(from_text("{\"format\":\"backtune-network\",\"version\":2,\"inputs\":1,\"groups\":[],"
                  "\"data\":{\"inputNames\":[\"a\",\"b\"]}}",
                  &made) == BT_ERROR_SIZE);
  CHECK(from_text("{\"format\":\"backtune-network\",\"version\":2,\"inputs\":1,\"groups\":[],"
                  "\"data\":{\"samplingTime\":0}}",
                  &made) == BT_ERROR_ARGUMENT);
}

int main(void) {
  kept();
  refused();
  return check_report();
}
