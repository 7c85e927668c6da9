/* Forks at any moment of a run on another thread, and of one's own: the child makes, trains and frees what is its own, and
 * frees what it inherited. BACKTUNE_TEST_FORKS of them, 12 by default. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 3000, UNITS = 12 };
static double u[LENGTH], y[LENGTH * UNITS];
static int ends; /* by atomic loads and stores alone */

static int wanted(void) {
  const char *text = getenv("BACKTUNE_TEST_FORKS");
  return text == NULL ? 12 : atoi(text);
}

static bt_estimator *make(bt_network **network, int64_t steps) {
  bt_estimator *estimator = NULL;
  CHECK_OK(bt_network_create(1, network));
  CHECK_OK(bt_network_add_unit(*network, "lnl", NULL, UNITS, "{\"leak\": \"adjust\"}", NULL));
  CHECK_OK(bt_network_randomize(*network, 1));
  CHECK_OK(bt_estimator_create(*network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, u, steps, y, steps * UNITS, NULL, 0));
  return estimator;
}

/* What the parent found before: a child finds the same. */
static double expected[200], found[200];
static int64_t weights;

static void train(double *result) {
  bt_network *network = NULL;
  bt_estimator *estimator = make(&network, 400);
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 3));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK(weights <= COUNT(expected));
  CHECK_OK(bt_network_get_weights(network, result, weights));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void be_a_child(bt_estimator *inherited, bt_network *network) {
  const int64_t steps = 50;
  double outputs[50 * UNITS];
  alarm(300); /* rather than a hang */
  check_begin_child();
  CHECK_OK(bt_simulate(network, 1, &steps, u, steps, NULL, 0, outputs, steps * UNITS, NULL, 0, NULL, 0));
  CHECK_OK(bt_estimator_step(inherited, NULL, NULL, NULL));
  train(found);
  CHECK(memcmp(found, expected, (size_t)weights * sizeof(double)) == 0);
  CHECK_OK(bt_estimator_free(inherited));
  CHECK_OK(bt_network_free(network));
  check_end_child();
}

/* One run after the other, until it is told to end. */
static int32_t until_told(bt_estimator *estimator, int32_t event, void *data) {
  (void)estimator, (void)event, (void)data;
  return __atomic_load_n(&ends, __ATOMIC_RELAXED);
}

static void *run(void *data) {
  int64_t *runs = data;
  while (!__atomic_load_n(&ends, __ATOMIC_RELAXED)) {
    bt_network *network = NULL;
    bt_estimator *estimator = make(&network, LENGTH);
    if (bt_estimator_run(estimator, until_told, NULL, NULL) != BT_OK) *runs = -1000000;
    if (bt_estimator_free(estimator) != BT_OK || bt_network_free(network) != BT_OK) *runs = -1000000;
    *runs += 1;
  }
  return NULL;
}

static void beside(void) {
  pthread_t thread;
  int64_t runs = 0;
  bt_network *network = NULL;
  bt_estimator *estimator = make(&network, 200);
  __atomic_store_n(&ends, 0, __ATOMIC_RELAXED);
  CHECK(pthread_create(&thread, NULL, run, &runs) == 0);
  for (int k = 0; k < wanted(); k++) {
    double moment = 0;
    bt_random_normal((uint64_t)k, "moment", &moment, 1);
    const struct timespec wait = {0, (long)(moment * moment * 5e6) % 30000000};
    nanosleep(&wait, NULL);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) be_a_child(estimator, network);
    check_child(child, "a fork beside a run");
  }
  __atomic_store_n(&ends, 1, __ATOMIC_RELAXED);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(runs > 0);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* In polls of one's own: parent and child both go on, and find the same. */
typedef struct {
  int at, polls;
  pid_t child;
} forking;

static int32_t fork_at(bt_estimator *estimator, int32_t event, void *data) {
  forking *f = data;
  (void)estimator, (void)event;
  if (f->polls++ != f->at) return 0;
  fflush(stdout);
  f->child = fork();
  if (f->child == 0) {
    alarm(300);
    check_begin_child();
  }
  return 0;
}

static void inside(int is_uncertainty) {
  double before[200], after[200];
  int most = 1;
  for (int k = 0; k <= wanted() / 2; k++) {
    bt_network *network = NULL;
    bt_estimator *estimator = make(&network, LENGTH);
    forking f = {k == 0 ? -1 : (k * 7919) % most, 0, -1};
    CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 2));
    if (is_uncertainty)
      CHECK_OK(bt_estimator_find_uncertainty(estimator, fork_at, &f, NULL));
    else
      CHECK_OK(bt_estimator_run(estimator, fork_at, &f, NULL));
    if (is_uncertainty)
      CHECK_OK(bt_estimator_uncertainty(estimator, NULL, 0, after, NULL, weights, NULL, NULL));
    else
      CHECK_OK(bt_network_get_weights(network, after, weights));
    if (k == 0) {
      memcpy(before, after, sizeof before);
      most = f.polls > 0 ? f.polls : 1;
    }
    CHECK(memcmp(before, after, (size_t)weights * sizeof(double)) == 0);
    CHECK_OK(bt_estimator_free(estimator));
    CHECK_OK(bt_network_free(network));
    if (f.child == 0) check_end_child();
    if (f.child > 0) check_child(f.child, "a fork in a poll");
  }
}

int main(void) {
  /* What the threads of the parent hold is lost in a child: valgrind would count it. */
  if (is_small()) return check_report();
  CHECK_OK(bt_random_normal(1, "inputs", u, LENGTH));
  CHECK_OK(bt_random_normal(1, "desired", y, LENGTH * UNITS));
  CHECK_OK(bt_set_threads(3));
  train(expected);
  check_about("beside a run");
  beside();
  check_about("in the polls of a run");
  inside(0);
  check_about("in the polls of an uncertainty");
  inside(1);
  check_about(NULL);
  return check_report();
}
