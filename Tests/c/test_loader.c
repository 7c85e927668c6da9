/* Sequences that are read when they are wanted: the same bits as in memory, on the calling thread. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEQUENCES = 3 };
static const int64_t lengths[SEQUENCES] = {15, 5, 20};

typedef struct {
  double inputs[STEPS], desired[STEPS * STANDARD_OUTPUTS], gains[STEPS * STANDARD_OUTPUTS];
  int calls, fail_at, is_own_thread, has_gains;
  double poison;
  pthread_t thread;
  bt_estimator *estimator;
  bt_network *network;
} source;

static int32_t load(int64_t sequence, double *inputs, double *desired, double *gains, void *user_data) {
  source *own = user_data;
  int64_t first = 0;
  for (int64_t k = 0; k < sequence; k++) first += lengths[k];
  if (!pthread_equal(own->thread, pthread_self())) own->is_own_thread = 0;
  CHECK((gains != NULL) == own->has_gains);
  /* The estimator is in use, and the network, which says how many values are written. */
  CHECK(bt_estimator_set_option(own->estimator, "tolerance", 0) == BT_ERROR_BUSY);
  const int64_t group = 0, count = 1;
  int64_t outputs = 0;
  CHECK(bt_network_observe(own->network, &group, &count, 1) == BT_ERROR_BUSY);
  CHECK_OK(bt_network_outputs(own->network, &outputs));
  CHECK(outputs == STANDARD_OUTPUTS);
  if (++own->calls == own->fail_at) return 7;
  for (int64_t t = 0; t < lengths[sequence]; t++) {
    inputs[t] = own->inputs[first + t];
    for (int64_t k = 0; k < STANDARD_OUTPUTS; k++) {
      int64_t place = (first + t) * STANDARD_OUTPUTS + k;
      desired[t * STANDARD_OUTPUTS + k] = own->desired[place];
      if (gains) gains[t * STANDARD_OUTPUTS + k] = own->gains[place];
    }
  }
  if (own->poison != 0) inputs[1] = own->poison;
  return 0;
}

static void make(source *own, bt_network **network) {
  memset(own, 0, sizeof *own);
  own->thread = pthread_self();
  own->is_own_thread = 1;
  own->network = *network = standard_network();
  standard_data(*network, own->inputs, own->desired);
  own->desired[4] = NAN;
  for (int64_t k = 0; k < STEPS * STANDARD_OUTPUTS; k++) own->gains[k] = k % 3;
  set_own_weights(*network);
  CHECK_OK(bt_estimator_create(*network, &own->estimator));
}

static void as_in_memory(int has_gains) {
  const int64_t values = STEPS * STANDARD_OUTPUTS;
  double expected[STANDARD_WEIGHTS], found[STANDARD_WEIGHTS];
  double cost = SENTINEL, again = SENTINEL;
  int32_t stop = -1;
  bt_network *network = NULL;
  source own;
  make(&own, &network);
  own.has_gains = has_gains;
  CHECK_OK(bt_estimator_set_option(own.estimator, "max_iterations", 4));
  CHECK_OK(bt_estimator_set_data(own.estimator, SEQUENCES, lengths, own.inputs, STEPS, own.desired, values,
                                 has_gains ? own.gains : NULL, has_gains ? values : 0));
  CHECK_OK(bt_estimator_gradient(own.estimator, &cost, NULL, 0));
  CHECK_OK(bt_estimator_run(own.estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_get_weights(own.estimator, expected, STANDARD_WEIGHTS));

  bt_estimator_free(own.estimator);
  bt_network_free(network);

  make(&own, &network);
  own.has_gains = has_gains;
  CHECK_OK(bt_estimator_set_option(own.estimator, "max_iterations", 4));
  CHECK_OK(bt_estimator_set_loader(own.estimator, SEQUENCES, lengths, 1, has_gains, load, &own));
  CHECK(own.calls == 3 * SEQUENCES);
  CHECK_OK(bt_estimator_gradient(own.estimator, &again, NULL, 0));
  CHECK(again == cost);
  CHECK_OK(bt_estimator_run(own.estimator, NULL, NULL, &stop));
  CHECK(stop == BT_STOP_ITERATIONS);
  CHECK_OK(bt_estimator_get_weights(own.estimator, found, STANDARD_WEIGHTS));
  CHECK(memcmp(found, expected, sizeof found) == 0);
  CHECK(own.is_own_thread);
  bt_estimator_free(own.estimator);
  bt_network_free(network);
}

static void failing(void) {
  double cost = SENTINEL, first = SENTINEL, weights[STANDARD_WEIGHTS];
  bt_network *network = NULL;
  source own;
  make(&own, &network);
  own.fail_at = 5;
  CHECK_ERROR(bt_estimator_set_loader(own.estimator, SEQUENCES, lengths, 1, 0, load, &own), BT_ERROR_LOADER,
              "loader: it answered 7 for sequence 1|expected 0");
  CHECK_ERROR(bt_estimator_gradient(own.estimator, &cost, NULL, 0), BT_ERROR_STATE, "no data");
  CHECK_OK(bt_estimator_set_loader(own.estimator, SEQUENCES, lengths, 1, 0, load, &own));
  CHECK_OK(bt_estimator_gradient(own.estimator, &first, NULL, 0));
  /* In a trial of an iteration. */
  own.fail_at = own.calls + 20;
  CHECK_ERROR(bt_estimator_run(own.estimator, NULL, NULL, NULL), BT_ERROR_LOADER, "answered 7");
  CHECK_OK(bt_estimator_get_weights(own.estimator, weights, STANDARD_WEIGHTS));
  for (int64_t k = 0; k < STANDARD_WEIGHTS; k++) CHECK(isfinite(weights[k]));
  own.poison = INFINITY;
  CHECK_ERROR(bt_estimator_step(own.estimator, NULL, NULL, NULL), BT_ERROR_ARGUMENT,
              "inputs: sequence|step 1, channel 0 is inf");
  own.poison = 0;
  CHECK_OK(bt_estimator_step(own.estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_gradient(own.estimator, &cost, NULL, 0));
  CHECK(cost <= first);
  bt_estimator_free(own.estimator);
  bt_network_free(network);
}

static void refused(void) {
  const int64_t negative = -1;
  bt_network *network = NULL;
  source own;
  make(&own, &network);
  bt_estimator *one = own.estimator;
  CHECK_ERROR(bt_estimator_set_loader(NULL, SEQUENCES, lengths, 1, 0, load, &own), BT_ERROR_NULL, "estimator");
  CHECK_ERROR(bt_estimator_set_loader(one, SEQUENCES, NULL, 1, 0, load, &own), BT_ERROR_NULL, "lengths");
  CHECK_ERROR(bt_estimator_set_loader(one, SEQUENCES, lengths, 1, 0, NULL, &own), BT_ERROR_NULL, "loader");
  CHECK_ERROR(bt_estimator_set_loader(one, SEQUENCES, lengths, 2, 0, load, &own), BT_ERROR_ARGUMENT, "has_desired is 2");
  CHECK_ERROR(bt_estimator_set_loader(one, SEQUENCES, lengths, 1, -1, load, &own), BT_ERROR_ARGUMENT, "has_gains is -1");
  CHECK_ERROR(bt_estimator_set_loader(one, SEQUENCES, lengths, 0, 1, load, &own), BT_ERROR_ARGUMENT, "without desired");
  CHECK_ERROR(bt_estimator_set_loader(one, 0, NULL, 1, 0, load, &own), BT_ERROR_SIZE, "none came");
  CHECK_ERROR(bt_estimator_set_loader(one, -1, lengths, 1, 0, load, &own), BT_ERROR_SIZE, "expected 0 or more");
  CHECK_ERROR(bt_estimator_set_loader(one, 1, &negative, 1, 0, load, &own), BT_ERROR_SIZE, "length of sequence 0: -1");
  CHECK(own.calls == 0);
  bt_estimator_free(one);
  bt_network_free(network);
}

static int32_t go_on(bt_estimator *estimator, int32_t event, void *user_data) {
  (void)estimator, (void)event, (void)user_data;
  return 0;
}

/* In KiB. */
static long resident(void) {
  long all = 0, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2) pages = 0;
  if (file != NULL) fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* An estimator that was asked with a callback is gone when it is freed. */
static void forgotten(void) {
  const int rounds = is_small() ? 2 : 300;
  long before = 0;
  for (int k = 0; k < rounds; k++) {
    source own;
    bt_network *network = NULL;
    make(&own, &network);
    CHECK_OK(bt_estimator_set_loader(own.estimator, SEQUENCES, lengths, 1, 0, load, &own));
    CHECK_OK(bt_estimator_step(own.estimator, go_on, NULL, NULL));
    CHECK_OK(bt_estimator_free(own.estimator));
    CHECK_OK(bt_network_free(network));
    if (k == rounds / 3) before = resident();
  }
  /* A sanitizer keeps what was freed for a while. */
  CHECK(getenv("BACKTUNE_TEST_SANITIZED") != NULL || resident() - before < 4000);
}

int main(void) {
  as_in_memory(0);
  as_in_memory(1);
  failing();
  refused();
  forgotten();
  return check_report();
}
