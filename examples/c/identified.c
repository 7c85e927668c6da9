/* A model that Python identified, run in C: its JSON is `model.single.to_json()`.
 *   identified model.json TIME_STEPS < rows
 * Each row of the standard input has the inputs and the measured outputs of a time step, nan where one is not known.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o identified identified.c $(pkg-config --cflags --libs backtune) -lm
 * Prints rows of outputs: in free run, or one step ahead where the model reads measured outputs. */
#include <backtune.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *text) {
  fprintf(stderr, "identified: %s\n", text);
  exit(1);
}

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fail(text);
}

static double *values(int64_t count) {
  double *found = (double *)malloc(sizeof(double) * (size_t)(count + 1));
  if (!found) fail("out of memory");
  return found;
}

static void read_row(double *row, int64_t count) {
  for (int64_t k = 0; k < count; k++)
    if (scanf("%lf", row + k) != 1) fail("a number is missing in the rows");
}

int main(int argc, char **argv) {
  const int64_t steps = argc == 3 ? atoll(argv[2]) : 0;
  int64_t inputs = 0, outputs = 0;
  bt_network *network;
  if (steps < 1) fail("usage: identified model.json TIME_STEPS < rows");
  check(bt_network_load(argv[1], &network));
  check(bt_network_inputs(network, &inputs));
  check(bt_network_outputs(network, &outputs));
  const int64_t given = steps * inputs, wanted = steps * outputs;
  double *u = values(given), *y = values(wanted), *run = values(wanted);
  for (int64_t t = 0; t < steps; t++) {
    read_row(u + t * inputs, inputs);
    read_row(y + t * outputs, outputs);
  }
  /* Horizon 1; a model that reads nothing measured refuses the measurements. */
  bt_status status = bt_predict(network, 1, &steps, u, given, y, wanted, 1, NULL, 0, NULL, 0, NULL, 0, run, wanted, NULL, 0,
                                NULL, NULL, NULL);
  if (status == BT_ERROR_ARGUMENT)
    status = bt_simulate(network, 1, &steps, u, given, NULL, 0, run, wanted, NULL, 0, NULL, 0);
  check(status);
  for (int64_t k = 0; k < wanted; k++) printf("%.17g%c", run[k], (k + 1) % outputs ? ' ' : '\n');
  check(bt_network_free(network));
  free(u), free(y), free(run);
  return 0;
}
