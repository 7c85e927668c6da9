/* A closed loop, one sample at a time: a controller that tries every valve on a model of the tank before it sets one.
 * The model is learnt first, from a record of the tank. Then, at each sample, one stream follows the tank, told what is
 * measured; a second one starts from its state and runs ahead, once for each valve that is possible. All calls of the
 * loop are fit for a real-time thread: they take no memory, no lock and make no system call.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o control control.c $(pkg-config --cflags --libs backtune) -lm
 * Prints how good the model is, then level, wanted level and valve at the end of each part of the run; the exit status
 * is the number of parts in which the level missed what was wanted. */
#include <backtune.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORD = 1000, AHEAD = 8, VALVES = 21, MOST_STATE = 50 };

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

/* The real tank: its level a sample later, the valve being between 0 and 1. */
static double next_level(double level, double valve) {
  return fmax(level + 4 * valve - 0.5 * sqrt(level), 0);
}

/* A network of two states and a small layer, which reads the level as measured where it is known. */
static bt_network *learn(void) {
  static double valve[RECORD], level[RECORD];
  static const double horizons[2] = {1, INFINITY};
  const int64_t steps = RECORD;
  bt_network *network;
  bt_estimator *estimator;
  double nmse;
  check(bt_random_uniform(1, "valve", valve, RECORD));
  level[0] = 16;
  for (int t = 1; t < RECORD; t++) {
    if (t % 40 != 0) valve[t] = valve[t - 1];
    level[t] = next_level(level[t - 1], valve[t - 1]);
  }
  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "state_space", "tank", 2, "{\"hidden\": 3, \"feedback\": \"measured\"}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_data(estimator, 1, &steps, valve, RECORD, level, RECORD, NULL, 0));
  /* Good one step ahead, and in free run. */
  check(bt_estimator_set_horizons(estimator, horizons, 2));
  check(bt_estimator_set_option(estimator, "washout", 20));
  check(bt_estimator_set_option(estimator, "max_iterations", 60));
  check(bt_estimator_run(estimator, NULL, NULL, NULL));
  check(bt_estimator_cost(estimator, NULL, &nmse));
  printf("model of the tank: NMSE %.1e\n", nmse);
  check(bt_estimator_free(estimator));
  return network;
}

/* The valve that brings the level nearest to what is wanted, over the next samples, according to the model. */
static double best_valve(bt_stream *trial, const double *state, int64_t size, double level, double wanted) {
  double best = 0, least = INFINITY;
  for (int k = 0; k < VALVES; k++) {
    const double valve = (double)k / (VALVES - 1);
    double sum = 0, y;
    check(bt_stream_set_state(trial, state, size));
    for (int t = 0; t <= AHEAD; t++) {
      /* What is measured is known now, and not later. */
      check(bt_stream_step(trial, &valve, 1, t == 0 ? &level : NULL, t == 0, &y, 1));
      if (t > 0) sum += (y - wanted) * (y - wanted);
    }
    if (sum < least) least = sum, best = valve;
  }
  return best;
}

int main(void) {
  static const double wanted[] = {20, 35, 10};
  bt_network *network = learn();
  bt_stream *model, *trial;
  double state[MOST_STATE], level = 16, y, valve = 0.5;
  int64_t size;
  int missed = 0;
  check(bt_network_state_size(network, &size));
  if (size > MOST_STATE) return 1;
  check(bt_stream_create(network, NULL, 0, &model));
  check(bt_stream_create(network, NULL, 0, &trial));
  for (int part = 0; part < 3; part++) {
    for (int t = 0; t < 60; t++) {
      check(bt_stream_get_state(model, state, size));
      valve = best_valve(trial, state, size, level, wanted[part]);
      check(bt_stream_step(model, &valve, 1, &level, 1, &y, 1));
      level = next_level(level, valve);
    }
    printf("level %5.2f, wanted %2.0f, valve %.2f\n", level, wanted[part], valve);
    missed += fabs(level - wanted[part]) > 1;
  }
  check(bt_stream_free(trial));
  check(bt_stream_free(model));
  check(bt_network_free(network));
  return missed;
}
