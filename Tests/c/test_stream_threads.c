/* Streams, threads and forked children: one thread at a time, without waiting. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bt_stream *stream;
static const double one = 1;

static bt_status step(double *outputs) {
  return bt_stream_step(stream, &one, 1, NULL, 0, outputs, STANDARD_OUTPUTS);
}

/* ---- Several threads on one stream: each step is taken by one of them, whole, or refused. */

typedef struct {
  int tries;
  int taken, refused, others;
} counter;

static void *step_often(void *argument) {
  counter *c = argument;
  double y[STANDARD_OUTPUTS];
  for (int k = 0; k < c->tries; k++) {
    const bt_status status = step(y);
    c->taken += status == BT_OK;
    c->refused += status == BT_ERROR_BUSY;
    c->others += status != BT_OK && status != BT_ERROR_BUSY;
  }
  return NULL;
}

static void together(void) {
  enum { THREADS = 3 };
  pthread_t threads[THREADS];
  counter counters[THREADS];
  double state[STANDARD_STATE], expected[STANDARD_STATE];
  const int tries = is_small() ? 500 : 100000;
  bt_network *network = standard_network();
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  for (int k = 0; k < THREADS; k++) {
    counters[k] = (counter){tries, 0, 0, 0};
    CHECK(pthread_create(&threads[k], NULL, step_often, &counters[k]) == 0);
  }
  int64_t taken = 0;
  for (int k = 0; k < THREADS; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
    CHECK(counters[k].others == 0);
    CHECK(counters[k].taken + counters[k].refused == tries);
    taken += counters[k].taken;
  }
  CHECK(taken >= tries);
  CHECK_OK(bt_stream_get_state(stream, state, STANDARD_STATE));
  CHECK_OK(bt_stream_reset(stream));
  for (int64_t k = 0; k < taken; k++) step(expected);
  CHECK_OK(bt_stream_get_state(stream, expected, STANDARD_STATE));
  CHECK(memcmp(state, expected, sizeof state) == 0);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(network));
}

/* ---- A long run of another thread */

static int64_t run_steps;

static void *run_long(void *argument) {
  bt_status *status = argument;
  double *inputs = exact_doubles(run_steps, 1);
  /* Tried again where the other thread's own step is under way. */
  do *status = bt_stream_run(stream, run_steps, inputs, run_steps, NULL, 0, NULL, 0);
  while (*status == BT_ERROR_BUSY);
  free(inputs);
  return NULL;
}

/* While it lasts every call answers BUSY at once; so it does in a child, for ever, where others work. */
static void busy(void) {
  bt_network *network = standard_network();
  pthread_t thread;
  bt_status status = 1;
  double y[STANDARD_OUTPUTS], state[STANDARD_STATE] = {0, 0, 0};
  run_steps = is_small() ? 200000 : 8000000;
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  CHECK(pthread_create(&thread, NULL, run_long, &status) == 0);
  while (step(y) == BT_OK) {
  }
  CHECK_ERROR(step(y), BT_ERROR_BUSY, "stream|in use");
  CHECK_ERROR(bt_stream_run(stream, 1, &one, 1, NULL, 0, y, 2), BT_ERROR_BUSY, "stream|in use");
  CHECK_ERROR(bt_stream_get_state(stream, state, 3), BT_ERROR_BUSY, "stream|in use");
  CHECK_ERROR(bt_stream_set_state(stream, state, 3), BT_ERROR_BUSY, "stream|in use");
  CHECK_ERROR(bt_stream_reset(stream), BT_ERROR_BUSY, "stream|in use");
  CHECK_ERROR(bt_stream_free(stream), BT_ERROR_BUSY, "stream|in use");
  /* Another one, and the network, are free. */
  bt_stream *other = NULL;
  CHECK_OK(bt_stream_create(network, NULL, 0, &other));
  CHECK_OK(bt_stream_step(other, &one, 1, NULL, 0, y, 2));
  CHECK_OK(bt_network_randomize(network, 7));
  fflush(stdout);
  const int is_native = !is_small();
  const pid_t child = is_native ? fork() : -1;
  if (child == 0) {
    check_begin_child();
    CHECK_ERROR(step(y), BT_ERROR_BUSY, "stream|in use");
    CHECK_ERROR(bt_stream_free(stream), BT_ERROR_BUSY, "stream|in use");
    CHECK_OK(bt_stream_step(other, &one, 1, NULL, 0, y, 2));
    CHECK_OK(bt_network_randomize(network, 8));
    CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
    CHECK_OK(step(y));
    CHECK_OK(bt_stream_free(stream));
    CHECK_OK(bt_stream_free(other));
    check_end_child();
  }
  if (is_native) check_child(child, "fork beside a run");
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(status == BT_OK);
  CHECK_OK(step(y));
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_stream_free(other));
  CHECK_OK(bt_network_free(network));
}

/* A child goes on from where its parent was. */
static void forked(void) {
  bt_network *network = standard_network();
  double y[STANDARD_OUTPUTS], expected[STANDARD_OUTPUTS];
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  CHECK_OK(step(y));
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    check_begin_child();
    const int64_t steps = 2;
    const double ones[] = {1, 1};
    double both[2 * STANDARD_OUTPUTS];
    CHECK_OK(step(y));
    CHECK_OK(bt_simulate(network, 1, &steps, ones, 2, NULL, 0, both, 4, NULL, 0, NULL, 0));
    CHECK(memcmp(y, both + STANDARD_OUTPUTS, sizeof y) == 0);
    CHECK_OK(bt_network_randomize(network, 5));
    CHECK_OK(bt_stream_free(stream));
    CHECK_OK(bt_network_free(network));
    check_end_child();
  }
  check_child(child, "fork");
  CHECK_OK(step(y));
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(step(expected));
  CHECK_OK(step(expected));
  CHECK(memcmp(y, expected, sizeof y) == 0);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(network));
}

/* ---- Weights set by another thread */

enum { SIZE = 8 };
static int is_over;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int has_ended(void) {
  pthread_mutex_lock(&mutex);
  const int ended = is_over;
  pthread_mutex_unlock(&mutex);
  return ended;
}

static int unset;

static void *set_weights(void *argument) {
  bt_network *network = argument;
  double values[SIZE * SIZE];
  for (int k = 0; !has_ended(); k++) {
    for (int j = 0; j < SIZE * SIZE; j++) values[j] = k % 7;
    unset += bt_network_set_array(network, "dense.x2.B", values, SIZE * SIZE) != BT_OK;
  }
  return NULL;
}

/* A step runs with one weight vector, never with parts of two; it is never refused. */
static void weights(void) {
  bt_network *network = NULL;
  pthread_t thread;
  double y[SIZE], u[SIZE];
  int mixed = 0, refused = 0;
  long changes = 0;
  const int steps = is_small() ? 500 : 200000;
  is_over = 0;
  CHECK_OK(bt_network_create(SIZE, &network));
  CHECK_OK(bt_network_add_unit(network, "dense", NULL, SIZE, "{\"activation\": \"identity\", \"bias\": false}", NULL));
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  for (int j = 0; j < SIZE; j++) u[j] = 1;
  CHECK(pthread_create(&thread, NULL, set_weights, network) == 0);
  double last = -1;
  for (int k = 0; k < steps || (changes < 3 && k < 100000000); k++) {
    refused += bt_stream_step(stream, u, SIZE, NULL, 0, y, SIZE) != BT_OK;
    for (int j = 1; j < SIZE; j++) mixed += y[j] != y[0];
    mixed += y[0] != SIZE * (double)(long)(y[0] / SIZE) || y[0] > 6 * SIZE;
    changes += y[0] != last;
    last = y[0];
  }
  pthread_mutex_lock(&mutex);
  is_over = 1;
  pthread_mutex_unlock(&mutex);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(unset == 0);
  CHECK(mixed == 0);
  CHECK(changes >= 3);
  CHECK(refused == 0);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  together();
  busy();
  forked();
  weights();
  return check_report();
}
