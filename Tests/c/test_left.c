/* Runs that their callback leaves without returning, and what can still be done with their handles. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <stdio.h>

static jmp_buf above;
static bt_estimator *shared;
static bt_network *shared_network;
static bt_status inside, inside_network, elsewhere;

static void *try_to_free(void *unused) {
  elsewhere = bt_estimator_free(shared);
  return unused;
}

/* Nobody may free a run that lives. */
static int32_t leave(bt_estimator *estimator, int32_t event, void *data) {
  pthread_t thread;
  (void)event;
  shared = estimator;
  inside = bt_estimator_free(estimator);
  inside_network = bt_network_free(shared_network);
  pthread_create(&thread, NULL, try_to_free, NULL);
  pthread_join(thread, NULL);
  if (data == NULL) longjmp(above, 1);
  pthread_exit(NULL);
  return 0;
}

static void *run_to_exit(void *data) {
  bt_estimator_run(shared, leave, data, NULL);
  return NULL;
}

static int polled;

static int32_t leave_at_once(bt_estimator *estimator, int32_t event, void *data) {
  (void)estimator, (void)event, (void)data;
  polled++;
  longjmp(above, 1);
  return 0;
}

static int32_t go_on(bt_estimator *estimator, int32_t event, void *data) {
  (void)estimator, (void)event, (void)data;
  polled++;
  return 0;
}

/* What the thread is asked: it can be asked again. */
static void leave_a_poll(void) {
  enum { LONG = 2000000 };
  const int64_t steps = LONG;
  bt_network *volatile left = standard_network();
  bt_network *other = standard_network();
  double *u = exact_doubles(LONG, 0.1), *y = exact_doubles(STANDARD_OUTPUTS * LONG, 0);
  CHECK_OK(bt_set_poll(leave_at_once, NULL));
  if (setjmp(above) == 0) {
    bt_simulate(left, 1, &steps, u, LONG, NULL, 0, y, STANDARD_OUTPUTS * LONG, NULL, 0, NULL, 0);
    CHECK(0);
  }
  CHECK(polled == 1);
  CHECK_ERROR(bt_network_randomize(left, 1), BT_ERROR_BUSY, "network|in use");
  CHECK_OK(bt_network_free(left));
  CHECK_OK(bt_set_poll(go_on, NULL));
  CHECK_OK(bt_simulate(other, 1, &steps, u, LONG, NULL, 0, y, STANDARD_OUTPUTS * LONG, NULL, 0, NULL, 0));
  CHECK(polled > 1);
  CHECK_OK(bt_set_poll(NULL, NULL));
  CHECK_OK(bt_network_free(other));
  free(u), free(y);
}

int main(void) {
  /* What is left by longjmp is lost: valgrind, which the variable stands for, and the sanitizers would count it. */
  if (is_small() || getenv("BACKTUNE_TEST_SANITIZED") != NULL) return check_report();
  pthread_t thread;
  int here = 0;
  for (volatile int round = 0; round < 20; round++) {
    bt_network *volatile network = shared_network = standard_network();
    bt_estimator *volatile estimator = standard_estimator(network);
    if (setjmp(above) == 0) {
      bt_estimator_run(estimator, leave, NULL, NULL);
      CHECK(0);
    }
    CHECK(inside == BT_ERROR_BUSY && inside_network == BT_ERROR_BUSY && elsewhere == BT_ERROR_BUSY);
    CHECK(bt_estimator_run(estimator, NULL, NULL, NULL) == BT_ERROR_BUSY);
    /* The thread that left lives: nobody else may free. */
    shared = estimator;
    pthread_create(&thread, NULL, try_to_free, NULL);
    pthread_join(thread, NULL);
    CHECK(elsewhere == BT_ERROR_BUSY);
    CHECK_OK(bt_estimator_free(estimator));
    CHECK_OK(bt_network_free(network));

    /* A thread that ends. */
    shared_network = standard_network();
    shared = standard_estimator(shared_network);
    pthread_create(&thread, NULL, run_to_exit, &here);
    pthread_join(thread, NULL);
    CHECK(inside == BT_ERROR_BUSY && elsewhere == BT_ERROR_BUSY);
    CHECK(bt_estimator_run(shared, NULL, NULL, NULL) == BT_ERROR_BUSY);
    CHECK_OK(bt_estimator_free(shared));
    CHECK_OK(bt_network_free(shared_network));
  }
  leave_a_poll();
  /* All else works as before. */
  shared_network = standard_network();
  shared = standard_estimator(shared_network);
  CHECK_OK(bt_estimator_run(shared, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(shared));
  CHECK_OK(bt_network_free(shared_network));
  return check_report();
}
