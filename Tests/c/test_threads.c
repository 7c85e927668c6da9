/* Threads and forked children. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* A run that waits inside its callback until it is told to go on. */
typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int is_inside, may_leave;
  bt_estimator *estimator;
  bt_status status;
} waiting_run;

static void change(waiting_run *run, int *flag) {
  pthread_mutex_lock(&run->mutex);
  *flag = 1;
  pthread_cond_broadcast(&run->changed);
  pthread_mutex_unlock(&run->mutex);
}

static void await(waiting_run *run, const int *flag) {
  pthread_mutex_lock(&run->mutex);
  while (!*flag) pthread_cond_wait(&run->changed, &run->mutex);
  pthread_mutex_unlock(&run->mutex);
}

static int32_t wait_inside(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator;
  if (event != BT_EVENT_ITERATION) return 0;
  change(user_data, &((waiting_run *)user_data)->is_inside);
  await(user_data, &((waiting_run *)user_data)->may_leave);
  return 0;
}

static void *run_waiting(void *argument) {
  waiting_run *run = argument;
  run->status = bt_estimator_step(run->estimator, wait_inside, run, NULL);
  return NULL;
}

/* While one thread runs, every call of another one answers BUSY, and nothing changes. */
static void busy(void) {
  bt_network *network = standard_network();
  waiting_run run = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, standard_estimator(network), 1};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, run_waiting, &run) == 0);
  await(&run, &run.is_inside);
  for (int64_t k = 0; k < handle_call_count; k++) {
    const handle_call *c = &handle_calls[k];
    check_about(c->name);
    CHECK_ERROR(c->call(c->kind == USES_NETWORK ? (void *)network : (void *)run.estimator), BT_ERROR_BUSY,
                c->kind == USES_NETWORK ? "network|in use" : "estimator|in use");
  }
  check_about(NULL);
  /* A child made now never sees the end of that run: its handles stay busy, others work. */
  fflush(stdout);
  /* What the run holds on the stack of its thread is lost in the child: valgrind would count it. */
  const int is_native = getenv("BACKTUNE_TEST_SMALL") == NULL;
  const pid_t child = is_native ? fork() : -1;
  if (child == 0) {
    check_begin_child();
    CHECK_ERROR(bt_network_free(network), BT_ERROR_BUSY, "network|in use");
    CHECK_ERROR(bt_estimator_free(run.estimator), BT_ERROR_BUSY, "estimator|in use");
    bt_network *own = standard_network();
    bt_estimator *estimator = standard_estimator(own);
    CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
    check_end_child();
  }
  if (is_native) check_child(child, "fork beside a run");
  change(&run, &run.may_leave);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(run.status == BT_OK);
  CHECK_OK(bt_estimator_step(run.estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(run.estimator));
  CHECK_OK(bt_network_free(network));
}

/* Different handles in different threads; messages belong to their thread. */
typedef struct {
  int64_t number;
  int failures;
  double weights[STANDARD_WEIGHTS];
} worker;

static void *work(void *argument) {
  worker *w = argument;
  char message[200];
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  int32_t stop = 0;
  for (int k = 0; k < 5; k++) {
    w->failures += bt_network_group_size(network, -w->number - 2, NULL) == BT_OK;
    w->failures += bt_estimator_step(estimator, NULL, NULL, &stop) != BT_OK;
  }
  bt_network *none = NULL;
  char name[40];
  snprintf(name, sizeof name, "kind-%d", (int)w->number);
  w->failures += bt_network_add_unit(network, name, NULL, 1, NULL, NULL) != BT_ERROR_ARGUMENT;
  sched_yield();
  bt_last_error(message, sizeof message);
  w->failures += strstr(message, name) == NULL;
  w->failures += bt_network_create(1, &none) != BT_OK || bt_network_free(none) != BT_OK;
  w->failures += bt_network_get_weights(network, w->weights, STANDARD_WEIGHTS) != BT_OK;
  w->failures += bt_estimator_free(estimator) != BT_OK || bt_network_free(network) != BT_OK;
  return NULL;
}

static void apart(void) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  worker workers[THREADS];
  for (int k = 0; k < THREADS; k++) {
    workers[k].number = k;
    workers[k].failures = 0;
    CHECK(pthread_create(&threads[k], NULL, work, &workers[k]) == 0);
  }
  for (int k = 0; k < THREADS; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
    CHECK(workers[k].failures == 0);
    /* The same work gives the same bits, whoever does it. */
    CHECK(memcmp(workers[k].weights, workers[0].weights, sizeof workers[k].weights) == 0);
  }
}

/* Several threads make, read and free at once: only the documented answers come. */
static bt_network *shared;

static void *race(void *argument) {
  int *failures = argument;
  const int rounds = is_small() ? 50 : 2000;
  for (int k = 0; k < rounds; k++) {
    double weights[STANDARD_WEIGHTS];
    bt_network *copy = NULL;
    bt_status status = bt_network_get_weights(shared, weights, STANDARD_WEIGHTS);
    *failures += status != BT_OK && status != BT_ERROR_BUSY;
    status = bt_network_randomize(shared, (uint64_t)k);
    *failures += status != BT_OK && status != BT_ERROR_BUSY;
    status = bt_network_copy(shared, &copy);
    *failures += status != BT_OK && status != BT_ERROR_BUSY;
    *failures += bt_network_free(copy) != BT_OK;
  }
  return NULL;
}

static void races(void) {
  enum { THREADS = 3 };
  pthread_t threads[THREADS];
  int failures[THREADS] = {0};
  shared = standard_network();
  for (int k = 0; k < THREADS; k++) CHECK(pthread_create(&threads[k], NULL, race, &failures[k]) == 0);
  for (int k = 0; k < THREADS; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
    CHECK(failures[k] == 0);
  }
  CHECK_OK(bt_network_free(shared));
}

/* How many threads: set, read, refused. */
static void numbers(void) {
  int64_t first = -1, number = -1;
  CHECK_OK(bt_get_threads(&first));
  CHECK(first >= 1 && first <= 1024);
  const int64_t allowed[] = {1, 2, 5, 1024};
  for (int64_t k = 0; k < COUNT(allowed); k++) {
    CHECK_OK(bt_set_threads(allowed[k]));
    CHECK_OK(bt_get_threads(&number));
    CHECK(number == allowed[k]);
  }
  const int64_t refused[] = {-1, 1025, INT64_MIN, INT64_MAX};
  const char *pieces[] = {"threads|-1|1 to 1024", "threads|1025", "threads|-9223372036854775808", "threads|9223372036854775807"};
  for (int64_t k = 0; k < COUNT(refused); k++) CHECK_ERROR(bt_set_threads(refused[k]), BT_ERROR_ARGUMENT, pieces[k]);
  CHECK_OK(bt_get_threads(&number));
  CHECK(number == 1024);
  CHECK_ERROR(bt_get_threads(NULL), BT_ERROR_NULL, "threads is NULL");
  CHECK_OK(bt_set_threads(0));
  CHECK_OK(bt_get_threads(&number));
  CHECK(number == first);
}

/* A child uses what it inherited; the parent goes on. */
static void forked(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  double cost = 0, later = 0;
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(estimator, &cost, NULL));
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    check_begin_child();
    bt_network *own = standard_network();
    bt_estimator *other = standard_estimator(own);
    CHECK_OK(bt_estimator_step(other, NULL, NULL, NULL));
    CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
    CHECK_OK(bt_estimator_cost(estimator, &later, NULL));
    CHECK(later <= cost);
    CHECK_OK(bt_estimator_free(estimator));
    CHECK_OK(bt_network_free(network));
    CHECK_OK(bt_estimator_free(other));
    CHECK_OK(bt_network_free(own));
    check_end_child();
  }
  CHECK(child > 0);
  CHECK_OK(bt_estimator_cost(estimator, &later, NULL));
  CHECK(later == cost);
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  check_child(child, "fork");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Forked inside a callback, while another thread computes. */
static int32_t fork_inside(bt_estimator *estimator, int32_t event, void *user_data) {
  pid_t *child = user_data;
  if (event != BT_EVENT_ITERATION || *child != 0) return 0;
  fflush(stdout);
  const pid_t made = fork();
  if (made == 0) {
    check_begin_child();
    int64_t length = 0;
    CHECK_OK(bt_estimator_trace_length(estimator, &length));
    CHECK(length == 2);
    CHECK(bt_estimator_free(estimator) == BT_ERROR_BUSY);
    /* It goes on in the child, which ends below. */
    *child = -1;
    return 0;
  }
  *child = made;
  return 0;
}

static void forked_inside(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  pid_t child = 0;
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 3));
  CHECK_OK(bt_estimator_run(estimator, fork_inside, &child, NULL));
  if (child > 0) check_child(child, "fork inside a callback");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  if (child < 0) check_end_child();
}

int main(void) {
  numbers();
  /* More than there may be processors. */
  CHECK_OK(bt_set_threads(3));
  busy();
  apart();
  races();
  forked();
  forked_inside();
  return check_report();
}
