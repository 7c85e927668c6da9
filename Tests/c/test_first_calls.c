/* Forks while another thread makes the first calls of the process: types and globals are being made, and a child that found
 * one half made would wait for it for ever. A process of its own for each moment. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 300 };

static void *first_calls(void *data) {
  const int64_t length = LENGTH;
  double u[LENGTH], y[LENGTH];
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  for (int t = 0; t < LENGTH; t++) u[t] = t % 7, y[t] = t % 5;
  *(int *)data = bt_network_create(1, &network) != BT_OK ||
                 bt_network_add_unit(network, "linear", NULL, 1, NULL, NULL) != BT_OK ||
                 bt_network_randomize(network, 1) != BT_OK || bt_estimator_create(network, &estimator) != BT_OK ||
                 bt_estimator_set_data(estimator, 1, &length, u, length, y, length, NULL, 0) != BT_OK ||
                 bt_estimator_set_option(estimator, "max_iterations", 1) != BT_OK ||
                 bt_estimator_run(estimator, NULL, NULL, NULL) != BT_OK || bt_estimator_free(estimator) != BT_OK ||
                 bt_network_free(network) != BT_OK;
  return NULL;
}

/* Forks so many nanoseconds after the thread was made: 0 where the child, and the thread, did what they do. */
static int trial(long moment) {
  pthread_t thread;
  struct timespec began, now;
  int failed = 1, status = 1;
  if (pthread_create(&thread, NULL, first_calls, &failed) != 0) return 1;
  clock_gettime(CLOCK_MONOTONIC, &began);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - began.tv_sec) * 1000000000L + now.tv_nsec - began.tv_nsec < moment);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20); /* rather than a hang */
    first_calls(&failed);
    _exit(failed);
  }
  return waitpid(child, &status, 0) != child || status != 0 || pthread_join(thread, NULL) != 0 || failed;
}

int main(int count, char **arguments) {
  if (count > 1) return trial(atol(arguments[1]));
  if (is_small()) return check_report(); /* valgrind takes a second to start */
  const int trials = getenv("BACKTUNE_TEST_SANITIZED") == NULL ? 150 : 30;
  for (int k = 0; k < trials; k++) {
    char moment[40];
    int status = 1;
    snprintf(moment, sizeof moment, "%ld", 1000000L * k / trials);
    const pid_t process = fork();
    if (process == 0) {
      execl("/proc/self/exe", arguments[0], moment, (char *)NULL);
      _exit(1);
    }
    if (!CHECK(waitpid(process, &status, 0) == process && status == 0)) printf("  %s ns after the thread began\n", moment);
  }
  return check_report();
}
