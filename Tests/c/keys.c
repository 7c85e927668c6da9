/* The library loaded where the process has no thread-specific key left, and loaded, failing once and closed more often
 * than there are keys. */
#include <backtune.h>
#include <pthread.h>
#include <string.h>

#include "loaded.h"

/* Two calls that fail, each with its message. */
static void *fail(void *unused) {
  bt_status (*create)(int64_t, bt_network **);
  int64_t (*last_error)(char *, int64_t);
  char message[200] = "";
  bt_network *network = NULL;
  find("bt_network_create", &create);
  find("bt_last_error", &last_error);
  if (failed != 0) return unused;
  check(last_error(message, sizeof message) == 0, "no error yet");
  check(create(-1, &network) == BT_ERROR_SIZE, "a negative number of inputs");
  check(last_error(message, sizeof message) > 0 && strstr(message, "-1") != NULL, "its message");
  check(create(1, NULL) == BT_ERROR_NULL, "no pointer");
  check(last_error(message, sizeof message) > 0 && strstr(message, "NULL") != NULL, "its message");
  return unused;
}

static int keys_left(void) {
  pthread_key_t keys[2000];
  int count = 0;
  while (count < 2000 && pthread_key_create(&keys[count], NULL) == 0) count++;
  for (int k = 0; k < count; k++) pthread_key_delete(keys[k]);
  return count;
}

int main(int argc, char **argv) {
  pthread_key_t keys[2000];
  pthread_t thread;
  int count = 0;
  const int before = keys_left();
  if (argc != 2) return 2;
  for (int round = 0; round < 1200 && failed == 0; round++) {
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    check(library != NULL, "dlopen");
    if (library == NULL) break;
    fail(NULL);
    check(dlclose(library) == 0, "dlclose");
    /* One key a load is the Swift run-time's, which keeps it; the library gives its own back. */
    if (round == 299) check(before - keys_left() <= 301, "the library gives its key back");
  }
  /* What the keys of others hold is theirs. */
  while (count < 2000 && pthread_key_create(&keys[count], NULL) == 0) {
    pthread_setspecific(keys[count], keys);
    count++;
  }
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  check(library != NULL, "dlopen without keys");
  if (library != NULL) {
    for (int k = 0; k < 200; k++) {
      check(pthread_create(&thread, NULL, fail, NULL) == 0 && pthread_join(thread, NULL) == 0, "a thread");
      if (k == 100) fail(NULL);
    }
    check(dlclose(library) == 0, "dlclose without keys");
  }
  for (int k = 0; k < count; k++) check(pthread_getspecific(keys[k]) == keys, "a key of the host");
  return report();
}
