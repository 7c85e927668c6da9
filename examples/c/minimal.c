/* The shortest use of backtune: weights of a network that turns inputs into the outputs wanted.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o minimal minimal.c $(pkg-config --cflags --libs backtune) -lm
 * Prints the cost that is left. */
#include <backtune.h>
#include <stdio.h>
#include <stdlib.h>

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

int main(void) {
  enum { STEPS = 100, NODES = 2 };
  const int64_t steps = STEPS;
  double u[STEPS], y[STEPS * NODES], cost;
  for (int t = 0; t < STEPS; t++) {
    u[t] = t % 10 < 5;                                  /* a square wave ... */
    y[2 * t] = t % 10 == 0, y[2 * t + 1] = t % 10 == 5; /* ... and its edges, up and down */
  }
  bt_network *network;
  bt_estimator *estimator;
  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "lnl", NULL, NODES, "{\"leak\": \"adjust\", \"input_lag\": 0}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_data(estimator, 1, &steps, u, STEPS, y, STEPS * NODES, NULL, 0));
  check(bt_estimator_run(estimator, NULL, NULL, NULL));
  check(bt_estimator_cost(estimator, &cost, NULL));
  printf("cost %g\n", cost);
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  return 0;
}
