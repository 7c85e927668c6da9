/* Networks written for other programs: in files, whole or not at all, and as a text. What they compute is tested from
 * Python. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[100];

static const char *path_of(const char *name) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* The text of a file, to be freed; empty where there is none. */
static char *read_file(const char *name) {
  char *text = calloc(1, 20000);
  FILE *file = fopen(path_of(name), "r");
  if (text != NULL && file != NULL) text[fread(text, 1, 19999, file)] = 0;
  if (file != NULL) fclose(file);
  return text;
}

static int holds(const char *name, const char *part) {
  char *text = read_file(name);
  const int found = text != NULL && strstr(text, part) != NULL;
  free(text);
  return found;
}

static void as_text(const bt_network *network) {
  int64_t length = 0, again = 0;
  CHECK_OK(bt_network_export(network, "c", NULL, NULL, NULL, 0, &length));
  CHECK(length > 1000);
  char *text = exact((size_t)length + 1), *part = exact(10);
  CHECK_OK(bt_network_export(network, "c", NULL, NULL, text, length + 1, &again));
  CHECK(again == length && (int64_t)strlen(text) == length);
  CHECK(strstr(text, "u.x(t) = u.x1(t) + zeta01(u.x2(t))") != NULL);
  CHECK(strstr(text, "void model_step(model_state *state, const double u[], double y[]);") != NULL);
  CHECK_OK(bt_network_export(network, "c", NULL, "{}", part, 10, &again));
  CHECK(again == length && strlen(part) == 9 && memcmp(part, text, 9) == 0);
  CHECK_OK(bt_network_export(network, "c", NULL, "{\"precision\": \"float\", \"prefix\": \"plant\"}", text, length, NULL));
  CHECK(strstr(text, "void plant_step(plant_state *state, const float u[], float y[]);") != NULL);
  free(text);
  free(part);
}

static void files(const bt_network *network) {
  int64_t length = 5;
  CHECK_OK(bt_network_export(network, NULL, path_of("plant.c"), NULL, NULL, 0, &length));
  CHECK(length == 0);
  CHECK(holds("plant.c", "#include \"plant.h\"") && holds("plant.c", "void plant_init(plant_state *state)\n{"));
  CHECK(holds("plant.h", "#ifndef PLANT_H"));
  /* Rights of old files stay. */
  CHECK(chmod(path_of("plant.h"), 0600) == 0);
  CHECK_OK(bt_network_export(network, "c", path_of("plant.c"), "{\"prefix\": \"p\"}", NULL, 0, NULL));
  struct stat info;
  CHECK(stat(path_of("plant.h"), &info) == 0 && (info.st_mode & 0777) == 0600);
  CHECK(holds("plant.h", "#ifndef P_H"));
  /* A header that cannot be written leaves the source. */
  CHECK(unlink(path_of("plant.h")) == 0 && mkdir(path_of("plant.h"), 0700) == 0);
  CHECK_ERROR(bt_network_export(network, NULL, path_of("plant.c"), NULL, NULL, 0, NULL), BT_ERROR_FILE, "plant.h");
  CHECK(holds("plant.c", "p_init"));
  CHECK(rmdir(path_of("plant.h")) == 0 && unlink(path_of("plant.c")) == 0);
  CHECK_OK(bt_network_export(network, "c", "/dev/null", NULL, NULL, 0, NULL));
  CHECK_ERROR(bt_network_export(network, "c", "/dev/full", NULL, NULL, 0, NULL), BT_ERROR_FILE, "No space");
  CHECK_ERROR(bt_network_export(network, "c", path_of("no/such"), NULL, NULL, 0, NULL), BT_ERROR_FILE, "no/such");
}

/* An archive, whose bytes may be zero. */
static void as_bytes(const bt_network *network) {
  int64_t length = 0, again = 0;
  CHECK_OK(bt_network_export(network, "fmu", NULL, NULL, NULL, 0, &length));
  CHECK(length > 20000);
  char *bytes = exact((size_t)length + 1);
  CHECK_OK(bt_network_export(network, "fmu", NULL, "{\"version\": \"3.0\"}", bytes, length + 1, &again));
  CHECK(again == length && memcmp(bytes, "PK\3\4", 4) == 0);
  /* An archive ends with the table of its files. */
  CHECK(memcmp(bytes + length - 22, "PK\5\6", 4) == 0);
  free(bytes);
  CHECK_ERROR(bt_network_export(network, "fmu", NULL, "{\"version\": \"1.0\"}", NULL, 0, &length), BT_ERROR_ARGUMENT,
              "option version of format fmu|'1.0'|'3.0' or '2.0'");
  CHECK_OK(bt_network_export(network, NULL, path_of("plant.fmu"), NULL, NULL, 0, NULL));
  CHECK(holds("plant.fmu", "PK"));
  CHECK(unlink(path_of("plant.fmu")) == 0);
}

static void refused(const bt_network *network) {
  char text[20] = "untouched";
  int64_t length = 9;
  CHECK_ERROR(bt_network_export(NULL, "c", NULL, NULL, text, 20, &length), BT_ERROR_NULL, "network is NULL");
  CHECK_ERROR(bt_network_export(network, NULL, NULL, NULL, text, 20, &length), BT_ERROR_ARGUMENT, "format: NULL came");
  CHECK_ERROR(bt_network_export(network, "d", NULL, NULL, text, 20, &length), BT_ERROR_ARGUMENT, "format 'd'|one of c, fmu");
  CHECK_ERROR(bt_network_export(network, "c", NULL, "[", text, 20, &length), BT_ERROR_ARGUMENT, "options of format c");
  CHECK_ERROR(bt_network_export(network, "c", NULL, "{\"a\": 1}", text, 20, &length), BT_ERROR_ARGUMENT,
              "unknown option 'a'|precision, prefix");
  CHECK_ERROR(bt_network_export(network, "c", NULL, "{\"input_scale\": [1, 2]}", text, 20, &length), BT_ERROR_SIZE,
              "input_scale|2 values|expected 1");
  CHECK_ERROR(bt_network_export(network, "c", NULL, NULL, text, -1, &length), BT_ERROR_SIZE, "capacity is -1");
  CHECK_ERROR(bt_network_export(network, "c", NULL, NULL, NULL, 20, &length), BT_ERROR_NULL, "buffer is NULL");
  CHECK_ERROR(bt_network_export(network, "c", path_of("a.c"), NULL, text, 20, &length), BT_ERROR_ARGUMENT,
              "buffer|with a path");
  CHECK_ERROR(bt_network_export(network, NULL, path_of("a"), NULL, NULL, 0, &length), BT_ERROR_ARGUMENT,
              "its suffix says no format");
  bt_network *empty = NULL;
  CHECK_OK(bt_network_create(1, &empty));
  CHECK_ERROR(bt_network_export(empty, "c", path_of("a.c"), NULL, NULL, 0, &length), BT_ERROR_NETWORK, "group");
  CHECK_OK(bt_network_free(empty));
  CHECK(strcmp(text, "untouched") == 0 && length == 9);
}

int main(void) {
  bt_network *network = standard_network();
  snprintf(folder, sizeof folder, "export-%ld", (long)getpid());
  CHECK(mkdir(folder, 0700) == 0);
  as_text(network);
  files(network);
  as_bytes(network);
  refused(network);
  /* Nothing is left. */
  CHECK(rmdir(folder) == 0);
  CHECK_OK(bt_network_free(network));
  return check_report();
}
