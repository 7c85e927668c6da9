/* Callbacks: events, stopping, what may be called inside. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  bt_estimator *estimator;
  bt_network *network;
  pthread_t thread;
  int polls, iterations;
  /* Stops at this iteration, or this poll; 0: never. */
  int stop_iteration, stop_poll;
  double cost;
} watch;

static int32_t count_events(bt_estimator *estimator, int32_t event, void *user_data) {
  watch *w = user_data;
  CHECK(estimator == w->estimator && pthread_equal(pthread_self(), w->thread));
  CHECK(event == BT_EVENT_POLL || event == BT_EVENT_ITERATION);
  if (event == BT_EVENT_POLL) return ++w->polls == w->stop_poll;
  w->iterations++;
  int64_t length = 0;
  CHECK_OK(bt_estimator_trace_length(estimator, &length));
  CHECK_OK(bt_estimator_cost(estimator, &w->cost, NULL));
  CHECK(length == w->iterations + 1);
  return w->iterations == w->stop_iteration ? 42 : 0;
}

static watch watch_of(bt_network *network) {
  watch w;
  memset(&w, 0, sizeof w);
  w.network = network;
  w.estimator = standard_estimator(network);
  /* It has more iterations to go than Gauss-Newton. */
  bt_estimator_set_method(w.estimator, "backward-tuning");
  w.thread = pthread_self();
  return w;
}

static void events(void) {
  bt_network *network = standard_network();
  watch w = watch_of(network);
  int32_t stop = 77;
  CHECK_OK(bt_estimator_set_option(w.estimator, "max_iterations", 6));
  CHECK_OK(bt_estimator_run(w.estimator, count_events, &w, &stop));
  CHECK(stop == BT_STOP_ITERATIONS && w.iterations == 6);
  CHECK_OK(bt_estimator_step(w.estimator, count_events, &w, &stop));
  CHECK(w.iterations == 7);
  CHECK_OK(bt_estimator_free(w.estimator));
  CHECK_OK(bt_network_free(network));
}

/* Whatever is not 0 stops; the best weights stay, and the run can go on. */
static void stopping(void) {
  bt_network *network = standard_network();
  watch w = watch_of(network);
  double first = 0, cost = 0, weights[STANDARD_WEIGHTS], best[STANDARD_WEIGHTS];
  int32_t stop = 77;
  int64_t length = 0;
  w.stop_iteration = 3;
  CHECK_OK(bt_estimator_cost(w.estimator, &first, NULL));
  CHECK_OK(bt_estimator_run(w.estimator, count_events, &w, &stop));
  CHECK(stop == BT_STOP_CALLBACK && w.iterations == 3);
  CHECK_OK(bt_estimator_cost(w.estimator, &cost, NULL));
  CHECK(cost < first && cost == w.cost);
  CHECK_OK(bt_estimator_get_weights(w.estimator, best, STANDARD_WEIGHTS));
  CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
  CHECK(memcmp(best, weights, sizeof best) == 0);
  CHECK_OK(bt_estimator_step(w.estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_NONE);
  CHECK_OK(bt_estimator_trace_length(w.estimator, &length));
  CHECK(length == 5);
  CHECK_OK(bt_estimator_free(w.estimator));
  CHECK_OK(bt_network_free(network));
}

/* A poll stops at once, also before anything was found. */
static void stopping_at_polls(void) {
  const int64_t steps = 20000;
  for (int poll = 1; poll <= 4; poll++) {
    bt_network *network = standard_network();
    watch w;
    memset(&w, 0, sizeof w);
    w.thread = pthread_self();
    w.stop_poll = poll;
    double *inputs = exact_doubles(steps, 0), *desired = exact_doubles(2 * steps, 0), weights[STANDARD_WEIGHTS];
    int32_t stop = 77;
    CHECK_OK(bt_random_normal(1, "inputs", inputs, steps));
    CHECK_OK(bt_random_normal(1, "desired", desired, 2 * steps));
    CHECK_OK(bt_estimator_create(network, &w.estimator));
    CHECK_OK(bt_estimator_set_data(w.estimator, 1, &steps, inputs, steps, desired, 2 * steps, NULL, 0));
    CHECK_OK(bt_estimator_run(w.estimator, count_events, &w, &stop));
    CHECK(stop == BT_STOP_CALLBACK && w.polls == poll);
    CHECK_OK(bt_network_get_weights(network, weights, STANDARD_WEIGHTS));
    for (int k = 0; k < STANDARD_WEIGHTS; k++) CHECK(weights[k] > -1e6 && weights[k] < 1e6);
    if (!is_small()) CHECK_OK(bt_estimator_step(w.estimator, NULL, NULL, &stop));
    CHECK_OK(bt_estimator_free(w.estimator));
    CHECK_OK(bt_network_free(network));
    free(inputs), free(desired);
  }
}

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int32_t stop_later(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator, (void)event;
  return seconds() > *(double *)user_data;
}

/* The projection of states on desired means takes many seconds here, and is polled like all else. */
static void stopping_a_projection(void) {
  const int64_t steps = 50000;
  static const double parameters[4][2] = {{0, 0}, {0, 1}, {0, 5}, {0, 3}};
  const char *kinds[] = {"mean", "product", "autocorrelation", "standardised_moment"};
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  double *inputs = exact_doubles(steps, 0), *desired = exact_doubles(2 * steps, 0), limit = seconds() + 2;
  int32_t stop = 77;
  CHECK_OK(bt_random_normal(1, "inputs", inputs, steps));
  CHECK_OK(bt_random_normal(1, "desired", desired, 2 * steps));
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, inputs, steps, desired, 2 * steps, NULL, 0));
  for (int k = 0; k < 4; k++)
    CHECK_OK(bt_estimator_add_observable(estimator, kinds[k], parameters[k], k == 0 ? 1 : 2, NAN));
  CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
  CHECK_OK(bt_estimator_set_method(estimator, "backward-tuning"));
  CHECK_OK(bt_estimator_run(estimator, stop_later, &limit, &stop));
  CHECK(stop == BT_STOP_CALLBACK && seconds() < limit + 3);
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  free(inputs), free(desired);
}

/* Inside: reading is allowed, writing and freeing is not. */
static int32_t call_everything(bt_estimator *estimator, int32_t event, void *user_data) {
  watch *w = user_data;
  if (event != BT_EVENT_ITERATION) return 0;
  w->iterations++;
  for (int64_t k = 0; k < handle_call_count; k++) {
    const handle_call *c = &handle_calls[k];
    const bt_status expected = c->effect == READS ? BT_OK : BT_ERROR_BUSY;
    check_about(c->name);
    const bt_status status = c->call(c->kind == USES_NETWORK ? (void *)w->network : (void *)estimator);
    check_status(status, expected, expected == BT_OK ? NULL : "in use", __FILE__, __LINE__, c->name);
  }
  /* Another estimator of the same network can be made and can look at its weights, but cannot step now. */
  bt_estimator *other = NULL;
  const int64_t steps = 2;
  const double inputs[] = {1, 2}, desired[] = {1, 2, 3, 4};
  double cost = SENTINEL;
  check_about("another estimator of the network");
  CHECK_OK(bt_estimator_create(w->network, &other));
  CHECK_OK(bt_estimator_set_data(other, 1, &steps, inputs, 2, desired, 4, NULL, 0));
  CHECK_ERROR(bt_estimator_step(other, NULL, NULL, NULL), BT_ERROR_BUSY, "network|in use");
  CHECK_OK(bt_estimator_cost(other, &cost, NULL));
  CHECK(cost >= 0);
  CHECK_OK(bt_estimator_free(other));
  check_about(NULL);
  return 0;
}

static void inside(void) {
  bt_network *network = standard_network();
  watch w = watch_of(network);
  CHECK_OK(bt_estimator_set_option(w.estimator, "max_iterations", 2));
  CHECK_OK(bt_estimator_run(w.estimator, call_everything, &w, NULL));
  CHECK_OK(bt_estimator_step(w.estimator, call_everything, &w, NULL));
  CHECK(w.iterations == 3);
  CHECK_OK(bt_estimator_free(w.estimator));
  CHECK_OK(bt_network_free(network));
}

/* A callback may work with other handles, another run included. */
static int32_t run_another(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator;
  watch *outer = user_data;
  if (event != BT_EVENT_ITERATION) return 0;
  bt_network *network = standard_network();
  watch inner = watch_of(network);
  CHECK_OK(bt_estimator_set_option(inner.estimator, "max_iterations", 2));
  CHECK_OK(bt_estimator_run(inner.estimator, count_events, &inner, NULL));
  CHECK(inner.iterations == 2);
  CHECK_OK(bt_estimator_free(inner.estimator));
  CHECK_OK(bt_network_free(network));
  outer->iterations++;
  return 0;
}

static void nested(void) {
  bt_network *network = standard_network();
  watch w = watch_of(network);
  CHECK_OK(bt_estimator_set_option(w.estimator, "max_iterations", 3));
  CHECK_OK(bt_estimator_run(w.estimator, run_another, &w, NULL));
  CHECK(w.iterations == 3);
  CHECK_OK(bt_estimator_free(w.estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  events();
  stopping();
  stopping_at_polls();
  if (!is_small()) stopping_a_projection();
  inside();
  nested();
  return check_report();
}
