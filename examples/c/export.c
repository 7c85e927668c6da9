/* A network, fitted, as a program of its own: export [FOLDER] writes plant.c and plant.h, which need math.h alone.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o export export.c $(pkg-config --cflags --libs backtune) -lm
 * Prints what it has written, and how good the network is. examples/export/loop.c is a program with such a file. */
#include <backtune.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 200 };

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

int main(int count, char **arguments) {
  static double u[STEPS], y[STEPS];
  const int64_t steps = STEPS;
  bt_network *network;
  bt_estimator *estimator;
  double cost, nmse;
  char path[1000];

  /* A leaky sum that bends: what is to be learnt. */
  check(bt_random_normal(1, "inputs", u, STEPS));
  for (int t = 1; t < STEPS; t++) y[t] = 0.8 * y[t - 1] + u[t - 1] / (1 + u[t - 1] * u[t - 1]);

  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "lnl", "plant", 2, "{\"activation\": \"tanh\", \"leak\": \"adjust\"}", NULL));
  check(bt_network_add_unit(network, "linear", "y", 1, "{\"sources\": [{\"source\": \"plant.x\", \"lag\": 0}]}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_data(estimator, 1, &steps, u, STEPS, y, STEPS, NULL, 0));
  check(bt_estimator_set_option(estimator, "max_iterations", 20));
  check(bt_estimator_run(estimator, NULL, NULL, NULL));
  check(bt_estimator_cost(estimator, &cost, &nmse));

  snprintf(path, sizeof path, "%s/plant.c", count > 1 ? arguments[1] : ".");
  check(bt_network_export(network, NULL, path, "{\"precision\": \"float\"}", NULL, 0, NULL));
  printf("%s: a network whose NMSE is %.2g\n", path, nmse);
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  return 0;
}
