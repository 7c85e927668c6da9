/* A whole job with backtune, from C: make data, estimate weights, keep them, use them.
 *
 * The data come from a network of known weights, the root, driven by noise: reverse engineering. A second network of
 * the same form but other weights learns to give the same outputs. Random numbers are the engine's, the same each time.
 *
 * Build, after `make install PREFIX=$HOME/.local`:
 * cc -std=c99 -I$HOME/.local/include -L$HOME/.local/lib -Wl,-rpath,$HOME/.local/lib \
 *   -o main_job examples/c/main_job.c -lbacktune -lm
 * Usage: main_job [file [steps [iterations]]]     (network.json, 200, 100) */
#include <backtune.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUTS = 1, UNITS = 2, OUTPUTS = 1 };

/* Every call that can fail returns a status; the message says what was wrong, what came and what was expected. */
#define CHECK(call)                             \
  do {                                          \
    const bt_status status_ = (call);           \
    if (status_ != BT_OK) fail(#call, status_); \
  } while (0)

static void fail(const char *call, bt_status status) {
  char message[1000];
  bt_last_error(message, sizeof message);
  fprintf(stderr, "%s\n  failed (%s): %s\n", call, bt_status_string(status), message);
  exit(EXIT_FAILURE);
}

static double *doubles(int64_t count) {
  double *values = calloc((size_t)count, sizeof *values);
  if (values == NULL) {
    fprintf(stderr, "out of memory\n");
    exit(EXIT_FAILURE);
  }
  return values;
}

/* A recurrent network: a leaky nonlinear unit, and a linear readout of it at the same time step. The readout is the
 * last unit, hence what is observed. */
static bt_network *make_network(uint64_t seed) {
  bt_network *network = NULL;
  CHECK(bt_network_create(INPUTS, &network));
  CHECK(bt_network_add_unit(network, "lnl", "hidden", UNITS, "{\"activation\": \"tanh\", \"leak\": \"adjust\"}", NULL));
  CHECK(bt_network_add_unit(network, "linear", "readout", OUTPUTS,
                            "{\"sources\": [{\"source\": \"hidden.x\", \"lag\": 0}]}", NULL));
  CHECK(bt_network_randomize(network, seed));
  return network;
}

/* What a run is told while it goes on: a line now and then. Returning anything but 0 would stop it. */
static int32_t show_progress(bt_estimator *estimator, int32_t event, void *user_data) {
  int64_t *iterations = user_data;
  double cost = 0, nmse = 0;
  if (event != BT_EVENT_ITERATION) return 0;
  CHECK(bt_estimator_cost(estimator, &cost, &nmse));
  if (++*iterations % 20 == 0) printf("  iteration %3d   cost %.3e   NMSE %.3e\n", (int)*iterations, cost, nmse);
  return 0;
}

/* The weights, array by array; flat, they follow one another in the same order. */
static void show_weights(const bt_network *network) {
  int64_t count = 0, arrays = 0, place = 0;
  CHECK(bt_network_weight_count(network, &count));
  CHECK(bt_network_array_count(network, &arrays));
  double *weights = doubles(count);
  CHECK(bt_network_get_weights(network, weights, count));
  for (int64_t k = 0; k < arrays; k++) {
    char name[100];
    int64_t shape[2];
    CHECK(bt_network_array_name(network, k, name, sizeof name, NULL));
    CHECK(bt_network_array_shape(network, name, shape));
    const int64_t size = shape[0] * (shape[1] > 0 ? shape[1] : 1);
    printf("  %-14s", name);
    for (int64_t i = 0; i < size; i++) printf(" %8.4f", weights[place++]);
    printf("\n");
  }
  free(weights);
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "network.json";
  const int64_t steps = argc > 2 ? strtoll(argv[2], NULL, 10) : 200;
  const double iterations = argc > 3 ? strtod(argv[3], NULL) : 100;
  if (steps < 1 || argc > 4) {
    fprintf(stderr, "usage: %s [file [steps [iterations]]]\n", argv[0]);
    return EXIT_FAILURE;
  }
  if (bt_abi_number() != BT_ABI_NUMBER) {
    fprintf(stderr, "the library has another ABI than the header\n");
    return EXIT_FAILURE;
  }

  /* The data: noise, and what the root network makes of it. */
  double *inputs = doubles(steps * INPUTS), *desired = doubles(steps * OUTPUTS), *outputs = doubles(steps * OUTPUTS);
  bt_network *root = make_network(1);
  CHECK(bt_random_normal(1, "inputs", inputs, steps * INPUTS));
  CHECK(bt_simulate(root, 1, &steps, inputs, steps * INPUTS, NULL, 0, desired, steps * OUTPUTS, NULL, 0, NULL, 0));
  CHECK(bt_network_free(root));

  /* The network to be estimated, and what is asked of it. */
  bt_network *network = make_network(2);
  bt_estimator *estimator = NULL;
  CHECK(bt_estimator_create(network, &estimator));
  CHECK(bt_estimator_set_data(estimator, 1, &steps, inputs, steps * INPUTS, desired, steps * OUTPUTS, NULL, 0));

  /* A few single steps; each leaves the best weights seen so far in the network. */
  double cost = 0, nmse = 0;
  int32_t stop = BT_STOP_NONE;
  CHECK(bt_estimator_cost(estimator, &cost, &nmse));
  printf("start             cost %.3e   NMSE %.3e\n", cost, nmse);
  for (int k = 1; k <= 3 && stop == BT_STOP_NONE; k++) {
    CHECK(bt_estimator_step(estimator, NULL, NULL, &stop));
    CHECK(bt_estimator_cost(estimator, &cost, &nmse));
    printf("step %d            cost %.3e   NMSE %.3e\n", k, cost, nmse);
  }

  /* A run: iterations until one of the reasons to stop. */
  int64_t done = 0;
  CHECK(bt_estimator_set_option(estimator, "max_iterations", iterations));
  CHECK(bt_estimator_set_option(estimator, "tolerance", 1e-6));
  CHECK(bt_estimator_run(estimator, show_progress, &done, &stop));
  CHECK(bt_estimator_cost(estimator, &cost, &nmse));
  printf("%d iterations: %s\n", (int)done, bt_stop_string(stop));
  printf("end               cost %.3e   NMSE %.3e\n", cost, nmse);
  show_weights(network);

  /* Kept in a file, read back, and used. */
  bt_network *loaded = NULL;
  CHECK(bt_network_save(network, path));
  CHECK(bt_network_load(path, &loaded));
  CHECK(bt_simulate(loaded, 1, &steps, inputs, steps * INPUTS, NULL, 0, outputs, steps * OUTPUTS, NULL, 0, NULL, 0));
  double squares = 0;
  for (int64_t k = 0; k < steps * OUTPUTS; k++) squares += (outputs[k] - desired[k]) * (outputs[k] - desired[k]);
  printf("loaded from %s: cost %.3e\n", path, squares / 2 / (double)(steps * OUTPUTS));

  CHECK(bt_network_free(loaded));
  CHECK(bt_estimator_free(estimator));
  CHECK(bt_network_free(network));
  free(inputs), free(desired), free(outputs);
  return EXIT_SUCCESS;
}
