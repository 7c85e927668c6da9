/* Library, error texts, making, copying and freeing. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void library(void) {
  const char *version = bt_version();
  CHECK(version != NULL && strcmp(version, BT_VERSION) == 0);
  int major = -1, minor = -1, patch = -1;
  CHECK(sscanf(BT_VERSION, "%d.%d.%d", &major, &minor, &patch) == 3);
  CHECK(major == BT_VERSION_MAJOR && minor == BT_VERSION_MINOR && patch == BT_VERSION_PATCH);
  CHECK(BT_VERSION_NUMBER == 10000 * major + 100 * minor + patch);
  CHECK(bt_version() == version);
  CHECK(bt_abi_number() == BT_ABI_NUMBER);
}

/* Every number has its own words; all others are unknown. */
static void names(void) {
  for (int32_t a = BT_ERROR_LOADER; a <= 0; a++) {
    CHECK(strcmp(bt_status_string(a), "unknown") != 0);
    for (int32_t b = BT_ERROR_LOADER; b < a; b++) CHECK(strcmp(bt_status_string(a), bt_status_string(b)) != 0);
  }
  for (int32_t a = 0; a <= 8; a++) {
    CHECK(strcmp(bt_stop_string(a), "unknown") != 0);
    for (int32_t b = 0; b < a; b++) CHECK(strcmp(bt_stop_string(a), bt_stop_string(b)) != 0);
  }
  const int32_t others[] = {1, BT_ERROR_LOADER - 1, 10, INT32_MAX, INT32_MIN};
  for (int64_t k = 0; k < COUNT(others); k++) {
    if (others[k] != 1) CHECK(strcmp(bt_stop_string(others[k]), "unknown") == 0);
    if (others[k] != -1) CHECK(strcmp(bt_status_string(others[k]), "unknown") == 0);
  }
  CHECK(strcmp(bt_stop_string(-1), "unknown") == 0);
}

static void error_text(void) {
  char whole[200] = "x", part[6];
  CHECK(bt_last_error(NULL, 0) == 0);
  CHECK(bt_last_error(whole, sizeof whole) == 0 && whole[0] == 0);

  CHECK_ERROR(bt_network_create(-3, NULL), BT_ERROR_NULL, "network|NULL");
  const int64_t length = bt_last_error(whole, sizeof whole);
  CHECK(length == (int64_t)strlen(whole) && length > 5);

  /* What fits, always ended; nothing where there is no place. */
  memset(part, 'x', sizeof part);
  CHECK(bt_last_error(part, sizeof part) == length);
  CHECK(part[5] == 0 && strncmp(part, whole, 5) == 0);
  memset(part, 'x', sizeof part);
  CHECK(bt_last_error(part, 1) == length && part[0] == 0 && part[1] == 'x');
  memset(part, 'x', sizeof part);
  const int64_t none[] = {0, -1, INT64_MIN};
  for (int64_t k = 0; k < COUNT(none); k++) CHECK(bt_last_error(part, none[k]) == length && part[0] == 'x');
  CHECK(bt_last_error(NULL, 100) == length);

  /* It stays until the next failure. */
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(0, &network));
  CHECK(bt_last_error(NULL, 0) == length);
  CHECK_OK(bt_network_free(network));
}

static void making(void) {
  bt_network *network = NULL, *other = NULL;
  int64_t inputs = 9;
  CHECK_OK(bt_network_create(0, &network));
  CHECK(network != NULL);
  CHECK_OK(bt_network_inputs(network, &inputs));
  CHECK(inputs == 0);
  CHECK_OK(bt_network_create(5, &other));
  CHECK(other != network);
  CHECK_OK(bt_network_inputs(other, &inputs));
  CHECK(inputs == 5);
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(other));
  CHECK_OK(bt_network_free(NULL));
  CHECK_OK(bt_estimator_free(NULL));
}

/* A failed create call writes NULL. */
static void failed_making(void) {
  bt_network *network = standard_network();
  bt_network *made = network;
  CHECK_ERROR(bt_network_create(-1, &made), BT_ERROR_SIZE, "inputs|-1|expected 0 or more");
  CHECK(made == NULL);
  made = network;
  CHECK_ERROR(bt_network_create(HUGE_LENGTH, &made), BT_ERROR_MEMORY, "inputs|4611686018427387904");
  CHECK(made == NULL);
  made = network;
  CHECK_ERROR(bt_network_copy(NULL, &made), BT_ERROR_NULL, "network");
  CHECK(made == NULL);
  made = network;
  CHECK_ERROR(from_text("{}", &made), BT_ERROR_ARGUMENT, "JSON|inputs");
  CHECK(made == NULL);
  made = network;
  CHECK_ERROR(bt_network_load("/no/such/file", &made), BT_ERROR_FILE, "/no/such/file");
  CHECK(made == NULL);
  bt_estimator *estimator = (bt_estimator *)network;
  CHECK_ERROR(bt_estimator_create(NULL, &estimator), BT_ERROR_NULL, "network");
  CHECK(estimator == NULL);
  CHECK_OK(bt_network_free(network));
}

/* Text is cut between characters. */
static void cut_text(void) {
  bt_network *network = NULL;
  const char *name = "a\303\251\342\202\254\360\237\230\200"; /* of 1, 2, 3 and 4 bytes */
  const size_t fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_learnware(network, name, 1, NULL));
  for (int64_t capacity = 1; capacity <= COUNT(fits); capacity++) {
    char text[12];
    int64_t length = 0;
    CHECK_OK(bt_network_group_name(network, 0, text, capacity, &length));
    CHECK(length == 10 && strlen(text) == fits[capacity - 1] && memcmp(text, name, strlen(text)) == 0);
  }
  CHECK_OK(bt_network_free(network));
}

/* A copy lives on its own. */
static void copying(void) {
  bt_network *network = standard_network(), *copy = NULL;
  double before[STANDARD_WEIGHTS], after[STANDARD_WEIGHTS];
  int64_t groups = 0;
  CHECK_OK(bt_network_get_weights(network, before, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK(copy != network);
  CHECK_OK(bt_network_get_weights(copy, after, STANDARD_WEIGHTS));
  CHECK(memcmp(before, after, sizeof before) == 0);
  CHECK_OK(bt_network_randomize(network, 99));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 1, NULL, NULL));
  CHECK_OK(bt_network_get_weights(copy, after, STANDARD_WEIGHTS));
  CHECK(memcmp(before, after, sizeof before) == 0);
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_group_count(copy, &groups));
  CHECK(groups == 3);
  CHECK_OK(bt_network_free(copy));
}

/* An estimator keeps its network alive. */
static void outliving(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  double cost = -1;
  CHECK_OK(bt_network_free(network));
  CHECK_ERROR(bt_network_randomize(network, 1), BT_ERROR_HANDLE, "network");
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  CHECK(cost >= 0);
  CHECK_OK(bt_estimator_free(estimator));
}

/* Places of freed handles are used again, under other tokens. */
static void many(void) {
  enum { MANY = 500 };
  bt_network **networks = exact(MANY * sizeof *networks);
  bt_network *freed = NULL;
  CHECK_OK(bt_network_create(1, &freed));
  CHECK_OK(bt_network_free(freed));
  for (int64_t k = 0; k < MANY; k++) {
    CHECK_OK(bt_network_create(k, &networks[k]));
    CHECK(networks[k] != freed);
  }
  CHECK_ERROR(bt_network_free(freed), BT_ERROR_HANDLE, "network|freed");
  for (int64_t k = 0; k < MANY; k++) {
    int64_t inputs = -1;
    CHECK_OK(bt_network_inputs(networks[k], &inputs));
    CHECK(inputs == k);
  }
  for (int64_t k = 0; k < MANY; k++) CHECK_OK(bt_network_free(networks[k]));
  for (int64_t k = 0; k < MANY; k++) CHECK(bt_network_free(networks[k]) == BT_ERROR_HANDLE);
  free(networks);
}

int main(void) {
  error_text();
  library();
  names();
  making();
  failed_making();
  cut_text();
  copying();
  outliving();
  many();
  return check_report();
}
