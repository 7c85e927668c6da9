/* Processes killed while they save: what stands there is the old file or the new one, whole. BACKTUNE_TEST_KILLS of them,
 * 20 by default. And a limit on the size of files: an error, not the signal that it sends. */
#include "check.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 20 };
static char folder[] = "backtune-saves-XXXXXX", path[100];
static bt_network *networks[2];
static char texts[2][MOST], found[MOST];
static size_t lengths[2];

typedef bt_status (*saving)(int which);

static bt_status save(int which) { return bt_network_save(networks[which], path); }
static bt_status export_code(int which) {
  return bt_network_export(networks[which], "c", path, "{\"prefix\": \"kept\"}", NULL, 0, NULL);
}
static bt_status export_onnx(int which) { return bt_network_export(networks[which], "onnx", path, NULL, NULL, 0, NULL); }

static size_t read_file(char *text) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 0;
  const size_t count = fread(text, 1, MOST, file);
  fclose(file);
  return count;
}

/* What killed processes left beside. */
static void clear(void) {
  char name[400];
  DIR *directory = opendir(folder);
  if (directory == NULL) return;
  for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    if (strncmp(entry->d_name, ".backtune-", 10) != 0) continue;
    snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
    unlink(name);
  }
  closedir(directory);
}

static void killed(const char *suffix, saving write) {
  const char *wanted = getenv("BACKTUNE_TEST_KILLS");
  const int kills = wanted == NULL ? 20 : atoi(wanted);
  int seen[2] = {0, 0};
  snprintf(path, sizeof path, "%s/kept%s", folder, suffix);
  for (int which = 0; which < 2; which++) {
    CHECK_OK(write(which));
    lengths[which] = read_file(texts[which]);
    CHECK(lengths[which] > 1000 && lengths[which] < MOST);
  }
  for (int k = 0; k < kills; k++) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      for (int which = 0;; which ^= 1)
        if (write(which) != BT_OK) _exit(1);
    }
    double moment = 0;
    int status = 0;
    bt_random_normal((uint64_t)k, "moment", &moment, 1);
    const struct timespec wait = {0, 1000000 + (long)(moment * moment * 5e6) % 40000000};
    nanosleep(&wait, NULL);
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    const size_t count = read_file(found);
    const int is_first = count == lengths[0] && memcmp(found, texts[0], count) == 0;
    const int is_second = count == lengths[1] && memcmp(found, texts[1], count) == 0;
    CHECK(is_first || is_second);
    seen[0] += is_first;
    seen[1] += is_second;
    clear();
  }
  CHECK(kills < 100 || (seen[0] > 0 && seen[1] > 0));
  CHECK_OK(write(0));
  CHECK(read_file(found) == lengths[0] && memcmp(found, texts[0], lengths[0]) == 0);
}

/* By default a process dies of it. */
static void limited(void) {
  struct rlimit old, limit;
  sigset_t waiting;
  CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
  limit = old;
  limit.rlim_cur = 1000;
  CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const bt_status status = save(1);
  CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
  CHECK(status == BT_ERROR_FILE);
  CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGXFSZ) == 0);
  CHECK(read_file(found) == lengths[0] && memcmp(found, texts[0], lengths[0]) == 0);
}

int main(void) {
  if (mkdtemp(folder) == NULL) return 2;
  for (int which = 0; which < 2; which++) {
    networks[which] = standard_network();
    CHECK_OK(bt_network_add_unit(networks[which], "lnl", NULL, 30, NULL, NULL));
    CHECK_OK(bt_network_randomize(networks[which], (uint64_t)which));
  }
  /* What a killed process had is lost to valgrind. */
  if (!is_small()) {
    const struct {
      const char *suffix;
      saving write;
    } kinds[] = {{".c", export_code}, {".onnx", export_onnx}, {".json", save}};
    for (int64_t k = 0; k < COUNT(kinds); k++) {
      check_about(kinds[k].suffix);
      killed(kinds[k].suffix, kinds[k].write);
    }
    check_about("a limit on the size of files");
    limited();
    check_about(NULL);
    const char *names[] = {"kept.c", "kept.h", "kept.onnx", "kept.json"};
    for (int64_t k = 0; k < COUNT(names); k++) {
      snprintf(path, sizeof path, "%s/%s", folder, names[k]);
      CHECK(unlink(path) == 0);
    }
  }
  CHECK(rmdir(folder) == 0);
  for (int which = 0; which < 2; which++) CHECK_OK(bt_network_free(networks[which]));
  return check_report();
}
