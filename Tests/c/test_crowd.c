/* 16 threads, each with an estimator of its own: what each finds alone. 16 threads with one: one at a time, the others are
 * told that it is in use, and it is whole afterwards. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16 };

typedef struct {
  int number;
  int failures;
  int done;
  double weights[STANDARD_WEIGHTS];
} worker;

static bt_network *shared_network;
static bt_estimator *shared;
static pthread_barrier_t together;

/* Draws of its own; every other one by the other method. */
static void fit(worker *w) {
  bt_network *network = standard_network();
  w->failures += bt_network_randomize(network, (uint64_t)w->number) != BT_OK;
  bt_estimator *estimator = standard_estimator(network);
  w->failures += bt_estimator_set_method(estimator, w->number % 2 ? "backward-tuning" : "gauss-newton") != BT_OK;
  w->failures += bt_estimator_set_option(estimator, "max_iterations", 6) != BT_OK;
  w->failures += bt_estimator_run(estimator, NULL, NULL, NULL) != BT_OK;
  w->failures += bt_estimator_find_uncertainty(estimator, NULL, NULL, NULL) != BT_OK;
  w->failures += bt_network_get_weights(network, w->weights, STANDARD_WEIGHTS) != BT_OK;
  w->failures += bt_estimator_free(estimator) != BT_OK || bt_network_free(network) != BT_OK;
}

static void *fit_together(void *data) {
  pthread_barrier_wait(&together);
  fit(data);
  return NULL;
}

static void apart(void) {
  pthread_t threads[THREADS];
  worker workers[THREADS], alone;
  for (int k = 0; k < THREADS; k++) {
    workers[k] = (worker){k, 0, 0, {0}};
    CHECK(pthread_create(&threads[k], NULL, fit_together, &workers[k]) == 0);
  }
  for (int k = 0; k < THREADS; k++) CHECK(pthread_join(threads[k], NULL) == 0);
  for (int k = 0; k < THREADS; k++) {
    alone = (worker){k, 0, 0, {0}};
    fit(&alone);
    CHECK(workers[k].failures == 0 && alone.failures == 0);
    CHECK(memcmp(workers[k].weights, alone.weights, sizeof alone.weights) == 0);
  }
}

/* Everything that may be asked of one, at once. */
static void *use_shared(void *data) {
  worker *w = data;
  double values[STANDARD_WEIGHTS], cost = 0, inputs[STEPS], desired[STEPS * STANDARD_OUTPUTS];
  const int64_t steps = STEPS;
  memset(inputs, 0, sizeof inputs);
  memset(desired, 0, sizeof desired);
  pthread_barrier_wait(&together);
  for (int k = 0; k < 200; k++) {
    bt_status status = BT_OK;
    switch ((w->number + k) % 8) {
      case 0: status = bt_estimator_step(shared, NULL, NULL, NULL); break;
      case 1: status = bt_estimator_cost(shared, &cost, NULL); break;
      case 2: status = bt_estimator_get_weights(shared, values, STANDARD_WEIGHTS); break;
      case 3: status = bt_network_get_weights(shared_network, values, STANDARD_WEIGHTS); break;
      case 4: status = bt_estimator_set_option(shared, "max_iterations", 3); break;
      case 5: status = bt_estimator_run(shared, NULL, NULL, NULL); break;
      case 6: status = bt_estimator_find_uncertainty(shared, NULL, NULL, NULL); break;
      case 7:
        status = bt_simulate(shared_network, 1, &steps, inputs, steps, NULL, 0, desired, steps * 2, NULL, 0, NULL, 0);
        break;
    }
    w->done += status == BT_OK;
    w->failures += status != BT_OK && status != BT_ERROR_BUSY;
  }
  return NULL;
}

static void *free_shared(void *data) {
  worker *w = data;
  pthread_barrier_wait(&together);
  bt_status status = BT_ERROR_BUSY;
  while (status == BT_ERROR_BUSY) status = bt_estimator_step(shared, NULL, NULL, NULL), status = bt_estimator_free(shared);
  w->done += status == BT_OK;
  w->failures += status != BT_OK && status != BT_ERROR_HANDLE;
  return NULL;
}

static void crowd(void *(*use)(void *), worker *workers) {
  pthread_t threads[THREADS];
  for (int k = 0; k < THREADS; k++) {
    workers[k] = (worker){k, 0, 0, {0}};
    CHECK(pthread_create(&threads[k], NULL, use, &workers[k]) == 0);
  }
  for (int k = 0; k < THREADS; k++) CHECK(pthread_join(threads[k], NULL) == 0);
}

static void one_for_all(void) {
  worker workers[THREADS];
  double weights[STANDARD_WEIGHTS], cost = 0;
  int done = 0;
  shared_network = standard_network();
  shared = standard_estimator(shared_network);
  crowd(use_shared, workers);
  for (int k = 0; k < THREADS; k++) {
    CHECK(workers[k].failures == 0);
    done += workers[k].done;
  }
  CHECK(done > 0);
  CHECK_OK(bt_estimator_step(shared, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(shared, &cost, NULL));
  CHECK_OK(bt_estimator_get_weights(shared, weights, STANDARD_WEIGHTS));
  CHECK(isfinite(cost));
  for (int k = 0; k < STANDARD_WEIGHTS; k++) CHECK(isfinite(weights[k]));
  /* All free it: one does. */
  crowd(free_shared, workers);
  done = 0;
  for (int k = 0; k < THREADS; k++) {
    CHECK(workers[k].failures == 0);
    done += workers[k].done;
  }
  CHECK(done == 1);
  CHECK(bt_estimator_free(shared) == BT_ERROR_HANDLE);
  CHECK_OK(bt_network_free(shared_network));
}

int main(void) {
  /* valgrind runs one thread at a time, and this for a minute. */
  if (is_small()) return check_report();
  CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
  CHECK_OK(bt_set_threads(3));
  apart();
  one_for_all();
  CHECK(pthread_barrier_destroy(&together) == 0);
  return check_report();
}
