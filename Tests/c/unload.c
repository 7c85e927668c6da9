/* The library loaded at run time, used, closed while a thread that has used it still lives, and loaded again. Not linked
 * with it, unlike the other programs. */
#include <backtune.h>
#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loaded.h"

static pthread_barrier_t used, closed;

static void *fail_and_wait(void *argument) {
  bt_status (*create)(int64_t, bt_network **);
  find("bt_network_create", &create);
  /* Its message is freed when the thread ends, after the library is gone. */
  check(create(-1, argument) == BT_ERROR_SIZE, "an error in a thread");
  pthread_barrier_wait(&used);
  pthread_barrier_wait(&closed);
  return NULL;
}

static void work(void) {
  bt_status (*create)(int64_t, bt_network **), (*free_network)(bt_network *), (*randomize)(bt_network *, uint64_t);
  bt_status (*add_unit)(bt_network *, const char *, const char *, int64_t, const char *, int64_t *);
  bt_status (*create_estimator)(bt_network *, bt_estimator **), (*free_estimator)(bt_estimator *);
  bt_status (*set_data)(bt_estimator *, int64_t, const int64_t *, const double *, int64_t, const double *, int64_t,
                        const double *, int64_t);
  bt_status (*step)(bt_estimator *, bt_callback, void *, int32_t *);
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  const int64_t steps = 4;
  const double inputs[] = {1, 0, -1, 1}, desired[] = {0.1, 0.2, 0.3, 0.4};
  find("bt_network_create", &create);
  find("bt_network_free", &free_network);
  find("bt_network_randomize", &randomize);
  find("bt_network_add_unit", &add_unit);
  find("bt_estimator_create", &create_estimator);
  find("bt_estimator_free", &free_estimator);
  find("bt_estimator_set_data", &set_data);
  find("bt_estimator_step", &step);
  if (failed != 0) return;
  check(create(1, &network) == BT_OK, "create");
  check(add_unit(network, "lnl", NULL, 1, "{\"leak\": 0.5}", NULL) == BT_OK, "unit");
  check(randomize(network, 1) == BT_OK, "randomize");
  check(create_estimator(network, &estimator) == BT_OK, "estimator");
  check(set_data(estimator, 1, &steps, inputs, 4, desired, 4, NULL, 0) == BT_OK, "data");
  check(step(estimator, NULL, NULL, NULL) == BT_OK, "step");
  check(free_estimator(estimator) == BT_OK && free_network(network) == BT_OK, "free");
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  for (int round = 0; round < 3; round++) {
    pthread_t thread;
    void *unused = NULL;
    int status = 1;
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    check(library != NULL, "dlopen");
    if (library == NULL) break;
    work();
    pthread_barrier_init(&used, NULL, 2);
    pthread_barrier_init(&closed, NULL, 2);
    pthread_create(&thread, NULL, fail_and_wait, &unused);
    pthread_barrier_wait(&used);
    check(dlclose(library) == 0, "dlclose");
    pthread_barrier_wait(&closed);
    check(pthread_join(thread, NULL) == 0, "the thread ends");
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) _exit(0);
    check(waitpid(child, &status, 0) == child && status == 0, "fork");
  }
  return report();
}
