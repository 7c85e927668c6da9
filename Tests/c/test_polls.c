/* What a thread is asked in calls that take no callback: bt_set_poll. */
#include "check.h"
#include "support.h"

#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 8, NODES_OF_GROUPS = 2 * NODES };

typedef struct {
  bt_estimator *expected;
  pthread_t thread;
  int asked, rounding;
  /* Stops when it is asked so many times; 0: never. */
  int stop;
  /* What it calls, too. */
  void (*inside)(void);
} watch;

static watch w;
static int64_t T;
static bt_network *network, *other;
static double *u, *y, *x, *slopes;

static int32_t count(bt_estimator *estimator, int32_t event, void *user_data) {
  CHECK(user_data == &w && estimator == w.expected && event == BT_EVENT_POLL);
  CHECK(pthread_equal(pthread_self(), w.thread) && fegetround() == w.rounding);
  w.asked++;
  if (w.inside != NULL) w.inside();
  return w.asked == w.stop;
}

static void watch_calls(bt_estimator *expected, int stop) {
  memset(&w, 0, sizeof w);
  w.expected = expected, w.stop = stop, w.thread = pthread_self(), w.rounding = fegetround();
  CHECK_OK(bt_set_poll(count, &w));
}

static bt_status simulate(bt_network *of) {
  return bt_simulate(of, 1, &T, u, T, NULL, 0, y, NODES * T, x, NODES_OF_GROUPS * T, NULL, 0);
}

static bt_status derive(bt_network *of, double *gradient, int64_t weights) {
  return bt_gradient(of, 1, &T, u, T, NULL, 0, slopes, NODES * T, gradient, weights, NULL, 0);
}

static bt_network *network_of(uint64_t seed) {
  bt_network *made = NULL;
  CHECK_OK(bt_network_create(1, &made));
  CHECK_OK(bt_network_add_unit(made, "lnl", NULL, NODES, NULL, NULL));
  CHECK_OK(bt_network_randomize(made, seed));
  return made;
}

static void of_networks(void) {
  double *expected = exact_doubles(NODES * T, 0), *all = exact_doubles(NODES_OF_GROUPS * T, 0);
  double gradient[100], other_gradient[100];
  int64_t weights = 0;
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK_OK(bt_set_poll(NULL, NULL));
  CHECK_OK(simulate(network));
  CHECK_OK(derive(network, gradient, weights));
  memcpy(expected, y, (size_t)(NODES * T) * sizeof *y);
  memcpy(all, x, (size_t)(NODES_OF_GROUPS * T) * sizeof *x);
  /* Asked, it changes nothing. */
  watch_calls(NULL, 0);
  CHECK_OK(simulate(network));
  CHECK(w.asked > 0);
  CHECK(memcmp(expected, y, (size_t)(NODES * T) * sizeof *y) == 0);
  CHECK(memcmp(all, x, (size_t)(NODES_OF_GROUPS * T) * sizeof *x) == 0);
  w.asked = 0;
  CHECK_OK(derive(network, other_gradient, weights));
  CHECK(w.asked > 0 && memcmp(gradient, other_gradient, (size_t)weights * sizeof *gradient) == 0);
  /* In the arithmetic of the host. */
  fesetround(FE_UPWARD);
  watch_calls(NULL, 0);
  CHECK_OK(simulate(network));
  fesetround(FE_TONEAREST);
  CHECK(w.asked > 0 && memcmp(expected, y, (size_t)(NODES * T) * sizeof *y) == 0);
  /* Stopped at once. */
  for (int k = 0; k < 2; k++) {
    watch_calls(NULL, 1);
    fill(gradient, weights);
    CHECK_ERROR(k == 0 ? simulate(network) : derive(network, gradient, weights), BT_ERROR_STATE, "stopped by the caller");
    CHECK(w.asked == 1 && is_untouched(gradient, weights));
  }
  /* No longer asked. */
  CHECK_OK(bt_set_poll(NULL, NULL));
  CHECK_OK(simulate(network));
  CHECK(w.asked == 1 && memcmp(expected, y, (size_t)(NODES * T) * sizeof *y) == 0);
  free(expected), free(all);
}

static void *simulate_elsewhere(void *unused) {
  CHECK_OK(simulate(network));
  /* One of its own, that ends with the thread. */
  CHECK_OK(bt_set_poll(count, NULL));
  return unused;
}

static void another_thread(void) {
  pthread_t thread;
  watch_calls(NULL, 1);
  pthread_create(&thread, NULL, simulate_elsewhere, NULL);
  pthread_join(thread, NULL);
  CHECK(w.asked == 0);
  CHECK_OK(bt_set_poll(NULL, NULL));
}

static void call_others(void) {
  double values[100];
  int64_t weights = 0;
  const int asked = w.asked;
  /* This one reads x no more than the other way round: outputs are the caller's. */
  CHECK_OK(bt_simulate(other, 1, &T, u, T, NULL, 0, x, NODES * T, NULL, 0, NULL, 0));
  CHECK(w.asked == asked);
  CHECK_OK(bt_network_weight_count(network, &weights));
  CHECK_OK(bt_network_get_weights(network, values, weights));
  CHECK_ERROR(bt_network_set_weights(network, values, weights), BT_ERROR_BUSY, "network|in use");
  CHECK_ERROR(bt_network_free(network), BT_ERROR_BUSY, "network|in use");
}

static void unset(void) { CHECK_OK(bt_set_poll(NULL, NULL)); }

static void inside(void) {
  watch_calls(NULL, 2);
  w.inside = call_others;
  CHECK_ERROR(derive(network, NULL, 0), BT_ERROR_STATE, "stopped by the caller");
  CHECK(w.asked == 2);
  /* What is set inside counts from the next call on. */
  watch_calls(NULL, 2);
  w.inside = unset;
  CHECK_ERROR(derive(network, NULL, 0), BT_ERROR_STATE, "stopped by the caller");
  CHECK_OK(derive(network, NULL, 0));
  CHECK(w.asked == 2);
}

static bt_status costs(bt_estimator *e, int which, double *values) {
  switch (which) {
    case 0: return bt_estimator_cost(e, values, NULL);
    case 1: return bt_estimator_gradient(e, values, NULL, 0);
    case 2: return bt_estimator_output_nmse(e, values, NODES);
    case 3: return bt_estimator_simulate(e, y, NODES * T);
    default: return bt_estimator_prediction_deviation(e, y, NODES * T);
  }
}

static int32_t simulate_inside(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator, (void)user_data;
  if (event != BT_EVENT_ITERATION) return 0;
  CHECK_OK(simulate(other));
  return 1;
}

static int32_t alone(double *values, int64_t number, int32_t operation, void *user_data) {
  (void)values, (void)number, (void)operation, (void)user_data;
  return 0;
}

static void of_estimators(void) {
  bt_estimator *e = NULL;
  double *desired = exact_doubles(NODES * T, 0), first[NODES], after[NODES], weights[100], kept[100];
  int64_t length = 0, number = 0;
  int32_t stop = 77;
  CHECK_OK(bt_random_normal(2, "desired", desired, NODES * T));
  CHECK_OK(bt_estimator_create(network, &e));
  CHECK_OK(bt_estimator_set_data(e, 1, &T, u, T, desired, NODES * T, NULL, 0));
  CHECK_OK(bt_network_weight_count(network, &number));
  CHECK_OK(bt_network_get_weights(network, kept, number));
  CHECK_OK(costs(e, 0, first));
  for (int which = 0; which < 5; which++) {
    watch_calls(e, 1);
    fill(after, NODES);
    CHECK_ERROR(costs(e, which, after), BT_ERROR_STATE, "stopped by the caller");
    CHECK(w.asked == 1 && is_untouched(after, NODES));
    if (which == 4) break;
    watch_calls(e, 0);
    CHECK_OK(costs(e, which, after));
    CHECK(w.asked > 0);
    if (which < 2) CHECK(after[0] == first[0]);
  }
  CHECK_OK(bt_network_get_weights(network, weights, number));
  CHECK(memcmp(weights, kept, (size_t)number * sizeof *kept) == 0);
  CHECK_OK(bt_estimator_trace_length(e, &length));
  CHECK(length == 0);
  /* Processes stop together, and another call is another one. */
  CHECK_OK(bt_estimator_set_reduction(e, alone, NULL, 0, 1));
  CHECK_OK(bt_estimator_set_data(e, 1, &T, u, T, desired, NODES * T, NULL, 0));
  CHECK_OK(bt_set_poll(NULL, NULL));
  CHECK_OK(costs(e, 0, after));
  CHECK(after[0] == first[0]);
  watch_calls(e, 1);
  CHECK_ERROR(costs(e, 1, after), BT_ERROR_STATE, "stopped by the caller");
  CHECK_OK(costs(e, 1, after));
  CHECK(after[0] == first[0]);
  CHECK_OK(bt_estimator_set_reduction(e, NULL, NULL, 0, 0));
  /* Calls that take a callback have that one; inside of it there are others. */
  watch_calls(NULL, 0);
  CHECK_OK(bt_estimator_set_option(e, "restarts", 0));
  CHECK_OK(bt_estimator_step(e, NULL, NULL, &stop));
  CHECK(w.asked == 0);
  CHECK_OK(bt_estimator_step(e, simulate_inside, NULL, &stop));
  CHECK(w.asked > 0 && stop == BT_STOP_CALLBACK);
  CHECK_OK(bt_set_poll(NULL, NULL));
  CHECK_OK(bt_estimator_free(e));
  free(desired);
}

/* A callback that stopped a run is forgotten in calls that follow, where processes share it. */
static int32_t stop_at_once(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator, (void)event, (void)user_data;
  return 1;
}

static void after_a_run(void) {
  bt_network *standard = standard_network();
  bt_estimator *e = standard_estimator(standard);
  double *inputs = exact_doubles(STEPS, 0), *desired = exact_doubles(STANDARD_OUTPUTS * STEPS, 0);
  const int64_t steps = STEPS;
  double cost = 0, gradient[STANDARD_WEIGHTS];
  int32_t stop = 77;
  standard_data(standard, inputs, desired);
  CHECK_OK(bt_estimator_set_reduction(e, alone, NULL, 0, 1));
  CHECK_OK(bt_estimator_set_data(e, 1, &steps, inputs, steps, desired, STANDARD_OUTPUTS * steps, NULL, 0));
  CHECK_OK(bt_estimator_run(e, stop_at_once, NULL, &stop));
  CHECK(stop == BT_STOP_CALLBACK);
  CHECK_OK(bt_estimator_gradient(e, &cost, gradient, STANDARD_WEIGHTS));
  CHECK(cost > 0);
  CHECK_OK(bt_estimator_free(e));
  CHECK_OK(bt_network_free(standard));
  free(inputs), free(desired);
}

int main(void) {
  T = is_small() ? 4000 : 400000;
  network = network_of(1), other = network_of(2);
  u = exact_doubles(T, 0), y = exact_doubles(NODES * T, 0), x = exact_doubles(NODES_OF_GROUPS * T, 0);
  slopes = exact_doubles(NODES * T, 1);
  CHECK_OK(bt_random_normal(1, "inputs", u, T));
  of_networks();
  another_thread();
  inside();
  of_estimators();
  after_a_run();
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(other));
  free(u), free(y), free(x), free(slopes);
  return check_report();
}
