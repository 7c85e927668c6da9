/* An estimation that several estimators share, each on a thread of its own: what processes do. */
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS = 2 };

/* Where the ranks meet; the second waits for nobody once one has failed. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  double *given[RANKS];
  int64_t counts[RANKS];
  int here, left, failed;
} meeting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {NULL, NULL}, {0, 0}, 0, 0, 0};

typedef struct {
  int rank, calls, stop_after, fail_at, is_own_thread;
  pthread_t thread;
  bt_estimator *estimator;
  bt_network *network;
  bt_status status;
  int32_t stop;
} rank_state;

static double joined(double a, double b, int32_t operation) {
  if (operation == BT_SUM) return a + b;
  return (a < b) == (operation == BT_MIN) ? a : b;
}

static int32_t reduce(double *values, int64_t count, int32_t operation, void *user_data) {
  rank_state *own = user_data;
  int32_t failed;
  if (!pthread_equal(own->thread, pthread_self())) own->is_own_thread = 0;
  own->calls++;
  pthread_mutex_lock(&meeting.lock);
  if (own->calls == own->fail_at) {
    meeting.failed = 1;
    pthread_cond_broadcast(&meeting.changed);
    pthread_mutex_unlock(&meeting.lock);
    return 7;
  }
  meeting.given[own->rank] = values;
  meeting.counts[own->rank] = count;
  if (++meeting.here == RANKS) {
    if (meeting.counts[0] != meeting.counts[1]) meeting.failed = 1;
    for (int64_t k = 0; k < count && !meeting.failed; k++) {
      double value = joined(meeting.given[0][k], meeting.given[1][k], operation);
      meeting.given[0][k] = meeting.given[1][k] = value;
    }
    meeting.left = RANKS;
    pthread_cond_broadcast(&meeting.changed);
  }
  while (meeting.left == 0 && !meeting.failed) pthread_cond_wait(&meeting.changed, &meeting.lock);
  /* Read here, where the other has not left: afterwards it may fail in the next before this one wakes. */
  failed = meeting.failed;
  if (meeting.left > 0 && --meeting.left == 0) {
    meeting.here = 0;
    pthread_cond_broadcast(&meeting.changed);
  }
  /* Nobody comes to the next before all have left. */
  while (meeting.left > 0 && !meeting.failed) pthread_cond_wait(&meeting.changed, &meeting.lock);
  pthread_mutex_unlock(&meeting.lock);
  return failed ? 9 : 0;
}

static int32_t stopping(bt_estimator *estimator, int32_t event, void *user_data) {
  rank_state *own = user_data;
  (void)estimator;
  return event == BT_EVENT_ITERATION && --own->stop_after == 0;
}

static void *run(void *argument) {
  rank_state *own = argument;
  own->thread = pthread_self();
  own->status = bt_estimator_run(own->estimator, stopping, own, &own->stop);
  return NULL;
}

/* The first 15 steps of the standard data as a sequence of the first rank, the rest of the second; with `whole` all of both,
 * and none of the second. */
static void make(rank_state *own, int whole) {
  const int64_t cut = 15;
  int64_t lengths[2] = {cut, STEPS - cut};
  double inputs[STEPS], desired[STEPS * STANDARD_OUTPUTS];
  own->network = standard_network();
  standard_data(own->network, inputs, desired);
  set_own_weights(own->network);
  CHECK_OK(bt_estimator_create(own->network, &own->estimator));
  CHECK_OK(bt_estimator_set_reduction(own->estimator, reduce, own, own->rank, RANKS));
  own->is_own_thread = 1;
  if (whole && own->rank == 0) {
    CHECK_OK(bt_estimator_set_data(own->estimator, 2, lengths, inputs, STEPS, desired, STEPS * STANDARD_OUTPUTS, NULL, 0));
  } else if (whole) {
    CHECK_OK(bt_estimator_set_data(own->estimator, 0, NULL, NULL, 0, NULL, 0, NULL, 0));
  } else {
    int64_t first = own->rank == 0 ? 0 : cut, count = lengths[own->rank];
    CHECK_OK(bt_estimator_set_data(own->estimator, 1, &count, inputs + first, count,
                                   desired + first * STANDARD_OUTPUTS, count * STANDARD_OUTPUTS, NULL, 0));
  }
  CHECK_OK(bt_estimator_set_option(own->estimator, "max_iterations", 3));
}

static void run_together(rank_state *ranks) {
  pthread_t threads[RANKS];
  meeting.here = meeting.left = meeting.failed = 0;
  for (int k = 0; k < RANKS; k++) pthread_create(&threads[k], NULL, run, &ranks[k]);
  for (int k = 0; k < RANKS; k++) pthread_join(threads[k], NULL);
}

static void give_back(rank_state *ranks) {
  for (int k = 0; k < RANKS; k++) {
    CHECK_OK(bt_estimator_free(ranks[k].estimator));
    CHECK_OK(bt_network_free(ranks[k].network));
  }
}

/* The costs of one estimator that has both sequences. */
static double *alone(int64_t *length) {
  const int64_t lengths[2] = {15, STEPS - 15};
  double inputs[STEPS], desired[STEPS * STANDARD_OUTPUTS];
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  standard_data(network, inputs, desired);
  set_own_weights(network);
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 2, lengths, inputs, STEPS, desired, STEPS * STANDARD_OUTPUTS, NULL, 0));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 3));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  double *costs = trace_column(estimator, "cost", length);
  bt_estimator_free(estimator);
  bt_network_free(network);
  return costs;
}

static void as_one(int whole) {
  rank_state ranks[RANKS] = {{0}, {0}};
  int64_t expected = 0, length = 0;
  double *costs = alone(&expected), weights[RANKS][STANDARD_WEIGHTS];
  check_about(whole ? "a rank without sequences" : "two ranks");
  for (int k = 0; k < RANKS; k++) {
    ranks[k].rank = k;
    make(&ranks[k], whole);
  }
  run_together(ranks);
  for (int k = 0; k < RANKS; k++) {
    CHECK(ranks[k].status == BT_OK && ranks[k].stop == BT_STOP_ITERATIONS);
    CHECK(ranks[k].is_own_thread && ranks[k].calls > 10 && ranks[k].calls == ranks[0].calls);
    double *found = trace_column(ranks[k].estimator, "cost", &length);
    CHECK(length == expected);
    for (int64_t i = 0; i < length && i < expected; i++) CHECK_CLOSE(found[i] / costs[i], 1, 1e-10);
    CHECK_OK(bt_estimator_get_weights(ranks[k].estimator, weights[k], STANDARD_WEIGHTS));
    free(found);
  }
  CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);
  free(costs);
  give_back(ranks);
  check_about(NULL);
}

static void stopped_by_one(void) {
  rank_state ranks[RANKS] = {{0}, {0}};
  int64_t length = 0;
  for (int k = 0; k < RANKS; k++) {
    ranks[k].rank = k;
    make(&ranks[k], 0);
  }
  ranks[1].stop_after = 2;
  run_together(ranks);
  for (int k = 0; k < RANKS; k++) {
    CHECK(ranks[k].status == BT_OK && ranks[k].stop == BT_STOP_CALLBACK);
    CHECK_OK(bt_estimator_trace_length(ranks[k].estimator, &length));
    CHECK(length == 3);
  }
  give_back(ranks);
}

static void failing(void) {
  rank_state ranks[RANKS] = {{0}, {0}};
  double cost = SENTINEL;
  for (int k = 0; k < RANKS; k++) {
    ranks[k].rank = k;
    make(&ranks[k], 0);
  }
  ranks[1].fail_at = 20;
  run_together(ranks);
  for (int k = 0; k < RANKS; k++) {
    CHECK(ranks[k].status == BT_ERROR_PROCESSES && ranks[k].calls == 20);
    CHECK_ERROR(bt_estimator_gradient(ranks[k].estimator, &cost, NULL, 0), BT_ERROR_PROCESSES,
                k == 1 ? "answered 7 to process 1 of 2" : "answered 9 to process 0 of 2");
    CHECK(cost == SENTINEL);
    /* Alone again. */
    CHECK_OK(bt_estimator_set_reduction(ranks[k].estimator, NULL, NULL, 0, 0));
    CHECK_OK(bt_estimator_gradient(ranks[k].estimator, &cost, NULL, 0));
    CHECK(cost > 0);
    cost = SENTINEL;
  }
  give_back(ranks);
}

static void refused(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  const int64_t huge = (int64_t)1 << 40;
  CHECK_ERROR(bt_estimator_set_reduction(estimator, reduce, NULL, 2, 2), BT_ERROR_ARGUMENT, "rank: 2 came|0 to 1");
  CHECK_ERROR(bt_estimator_set_reduction(estimator, reduce, NULL, -1, 2), BT_ERROR_ARGUMENT, "rank: -1 came");
  CHECK_ERROR(bt_estimator_set_reduction(estimator, reduce, NULL, 0, 0), BT_ERROR_ARGUMENT, "processes: 0 came");
  CHECK_ERROR(bt_estimator_set_reduction(estimator, reduce, NULL, 0, huge), BT_ERROR_ARGUMENT, "expected 1 to");
  CHECK_ERROR(bt_estimator_set_reduction(NULL, reduce, NULL, 0, 1), BT_ERROR_NULL, "estimator is NULL");
  /* Without processes there is something to estimate from. */
  CHECK_ERROR(bt_estimator_set_data(estimator, 0, NULL, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_SIZE, "none came");
  bt_estimator_free(estimator);
  bt_network_free(network);
}

int main(void) {
  as_one(0);
  as_one(1);
  stopped_by_one();
  failing();
  refused();
  return check_report();
}
