/* JSON text and files. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/backtune-test-XXXXXX";

static const char *path_of(const char *name) {
  static char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static char *json_of(const bt_network *network, int64_t *length) {
  CHECK_OK(bt_network_to_json(network, NULL, 0, length));
  char *text = exact((size_t)*length + 1);
  int64_t again = -1;
  CHECK_OK(bt_network_to_json(network, text, *length + 1, &again));
  CHECK(again == *length && (int64_t)strlen(text) == again);
  return text;
}

/* Structure, weights, bounds and flags come back to the same bits. */
static void round_trip(void) {
  bt_network *network = standard_network(), *back = NULL;
  const uint8_t flags[] = {1, 0, 0, 1};
  const double lower[] = {-3, -1e308, -2, 0.1}, upper[] = {0.3, 1, 2, 1.0 / 3};
  const int64_t groups[] = {2, 0}, counts[] = {1, 2};
  int64_t length = 0, second_length = 0;
  CHECK_OK(bt_network_set_bounds(network, "u.x2.W", lower, upper, 4));
  CHECK_OK(bt_network_set_fixed(network, "u.x2.W", flags, 4));
  CHECK_OK(
      bt_network_add_unit(network, "linear", "\303\251\342\202\254\"\\", 2, "{\"density\": 0.5, \"range\": 3}", NULL));
  CHECK_OK(bt_network_observe(network, groups, counts, 2));
  CHECK_OK(bt_network_randomize(network, 11));
  char *text = json_of(network, &length);
  CHECK_OK(bt_network_from_json(text, length, &back));
  char *second = json_of(back, &second_length);
  CHECK(length == second_length && memcmp(text, second, (size_t)length) == 0);

  const int64_t steps = 5;
  double inputs[5], a[15], b[15];
  CHECK_OK(bt_random_normal(1, "x", inputs, 5));
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 5, NULL, 0, a, 15, NULL, 0, NULL, 0));
  CHECK_OK(bt_simulate(back, 1, &steps, inputs, 5, NULL, 0, b, 15, NULL, 0, NULL, 0));
  CHECK(memcmp(a, b, sizeof a) == 0);
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(back));
  free(text);
  free(second);
}

/* As much as fits, always ended by zero. */
static void capacities(void) {
  bt_network *network = standard_network();
  int64_t length = 0, reported = 0;
  char *text = json_of(network, &length), *part = exact((size_t)length + 2);
  const int64_t sizes[] = {1, 2, 10, length - 1, length, length + 1, length + 2};
  for (int64_t k = 0; k < COUNT(sizes); k++) {
    memset(part, 'x', (size_t)length + 2);
    reported = -1;
    CHECK_OK(bt_network_to_json(network, part, sizes[k], &reported));
    const size_t fits = (size_t)(sizes[k] - 1 < length ? sizes[k] - 1 : length);
    CHECK(reported == length && strlen(part) == fits && memcmp(part, text, fits) == 0);
    if (sizes[k] < length + 2) CHECK(part[length + 1] == 'x');
  }
  part[0] = 'x';
  CHECK_OK(bt_network_to_json(network, part, 0, &reported));
  CHECK(part[0] == 'x');
  CHECK_OK(bt_network_to_json(network, part, length + 2, NULL));
  free(text);
  free(part);
  CHECK_OK(bt_network_free(network));
}

static void files(void) {
  bt_network *network = standard_network(), *back = NULL;
  double a[STANDARD_WEIGHTS], b[STANDARD_WEIGHTS];
  struct stat info;
  CHECK_OK(bt_network_get_weights(network, a, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_save(network, path_of("net.json")));
  CHECK_OK(bt_network_load(path_of("net.json"), &back));
  CHECK_OK(bt_network_get_weights(back, b, STANDARD_WEIGHTS));
  CHECK(memcmp(a, b, sizeof a) == 0);
  CHECK_OK(bt_network_free(back));

  /* Rights of the old file are kept, links are followed, nothing is left lying about. */
  CHECK(chmod(path_of("net.json"), 0600) == 0);
  char link[300];
  snprintf(link, sizeof link, "%s", path_of("link.json"));
  CHECK(symlink(path_of("net.json"), link) == 0);
  CHECK_OK(bt_network_randomize(network, 8));
  CHECK_OK(bt_network_save(network, link));
  CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
  CHECK(stat(path_of("net.json"), &info) == 0 && (info.st_mode & 0777) == 0600);
  CHECK_OK(bt_network_load(path_of("net.json"), &back));
  CHECK_OK(bt_network_get_weights(back, b, STANDARD_WEIGHTS));
  CHECK(memcmp(a, b, sizeof a) != 0);
  CHECK_OK(bt_network_free(back));
  CHECK(unlink(link) == 0 && unlink(path_of("net.json")) == 0);
  CHECK(rmdir(folder) == 0 && mkdir(folder, 0700) == 0);
  CHECK_OK(bt_network_free(network));
}

/* Whether a file holds these bytes. */
static int file_holds(const char *path, const char *text) {
  char buffer[100];
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  const size_t count = fread(buffer, 1, sizeof buffer, file);
  fclose(file);
  return count == strlen(text) && memcmp(buffer, text, count) == 0;
}

static void bad_paths(void) {
  bt_network *network = standard_network(), *back = network;
  char deep[400];
  CHECK_ERROR(bt_network_save(network, folder), BT_ERROR_FILE, "cannot write|backtune-test|directory");
  CHECK_ERROR(bt_network_save(network, path_of("no/such/folder")), BT_ERROR_FILE, "no/such/folder|No such file");
  CHECK_ERROR(bt_network_save(network, ""), BT_ERROR_FILE, "cannot write");
  CHECK_ERROR(bt_network_load(folder, &back), BT_ERROR_FILE, "cannot read|directory");
  CHECK(back == NULL);
  CHECK_ERROR(bt_network_load("", &back), BT_ERROR_FILE, "cannot read");
  memset(deep, 'a', sizeof deep);
  deep[sizeof deep - 1] = 0;
  CHECK_ERROR(bt_network_save(network, deep), BT_ERROR_FILE, "cannot write|too long");
  CHECK_ERROR(bt_network_load(deep, &back), BT_ERROR_FILE, "cannot read|too long");
  /* The longest name that a folder takes. */
  char name[256];
  memset(name, 'n', 255);
  name[255] = 0;
  CHECK_OK(bt_network_save(network, path_of(name)));
  CHECK_OK(bt_network_load(path_of(name), &back));
  CHECK_OK(bt_network_free(back));
  CHECK(unlink(path_of(name)) == 0);

  FILE *file = fopen(path_of("binary"), "wb");
  CHECK(file != NULL && fwrite("{\"a\":\0}", 1, 7, file) == 7 && fclose(file) == 0);
  CHECK_ERROR(bt_network_load(path_of("binary"), &back), BT_ERROR_ARGUMENT, "binary|zero bytes");
  CHECK(unlink(path_of("binary")) == 0);
  CHECK_OK(bt_network_free(network));
}

/* Devices are written to and stay what they are; a full one is an error, one without end too. */
static void devices(void) {
  bt_network *network = standard_network(), *back = NULL;
  struct stat info;
  CHECK_ERROR(bt_network_save(network, "/dev/full"), BT_ERROR_FILE, "/dev/full|No space");
  CHECK(stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode));
  CHECK_OK(bt_network_save(network, "/dev/null"));
  CHECK(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
  CHECK_ERROR(bt_network_load("/dev/null", &back), BT_ERROR_ARGUMENT, "JSON");
  CHECK_ERROR(bt_network_load("/dev/zero", &back), BT_ERROR_ARGUMENT, "/dev/zero|zero bytes");
  CHECK(back == NULL);
  CHECK_OK(bt_network_free(network));
}

/* A failed write leaves the old file whole. Root may write anywhere, so the folder itself goes. */
static void failed_write(void) {
  bt_network *network = standard_network();
  FILE *file = fopen(path_of("old"), "w");
  CHECK(file != NULL && fputs("old", file) >= 0 && fclose(file) == 0);
  CHECK(file_holds(path_of("old"), "old"));
  if (geteuid() != 0) {
    CHECK(chmod(folder, 0500) == 0);
    CHECK_ERROR(bt_network_save(network, path_of("old")), BT_ERROR_FILE, "old|denied");
    CHECK_ERROR(bt_network_save(network, path_of("new")), BT_ERROR_FILE, "new|denied");
    CHECK(chmod(folder, 0700) == 0);
  }
  CHECK_ERROR(bt_network_save(network, path_of("old/inside")), BT_ERROR_FILE, "old/inside|Not a directory");
  CHECK(file_holds(path_of("old"), "old"));
  CHECK(unlink(path_of("old")) == 0 && rmdir(folder) == 0);
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  if (mkdtemp(folder) == NULL) return 2;
  round_trip();
  capacities();
  files();
  bad_paths();
  devices();
  failed_write();
  return check_report();
}
