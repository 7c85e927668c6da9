/* Weights from a file of measurements: the whole way from a CSV file to a model that is kept.
 *   train [data.csv [model.json]]                   (tank.csv, model.json)
 * The first line of the file names its columns; the last one is the output, those before it are inputs; an empty field
 * of the output is a value that is not known. The first two thirds are learnt from, the rest is predicted.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o train train.c $(pkg-config --cflags --libs backtune) -lm
 * Prints how good the model is on both parts, then its weights, an array a line. */
#include <backtune.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 2000, MOST_INPUTS = 8 };

/* What a file holds, time first. */
typedef struct {
  int64_t rows, inputs;
  double u[MOST_ROWS * MOST_INPUTS], y[MOST_ROWS];
} table;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "train: %s %s\n", what, which);
  exit(1);
}

/* Every call that can fail returns a status; the message says what was wrong, what came and what was expected. */
static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fail("backtune:", text);
}

/* The number that a field begins with, NaN of an empty one; goes on behind its comma. */
static double field(char **place) {
  char *end = *place + strcspn(*place, ",\r\n"), *behind;
  double value = strtod(*place, &behind);
  if (behind > end || behind == *place) value = NAN;
  *place = end + (*end == ',');
  return value;
}

static void read_table(table *data, const char *path) {
  char line[1000];
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) fail("cannot read", path);
  data->rows = data->inputs = 0;
  for (const char *c = line; *c != '\0'; c++) data->inputs += *c == ',';
  if (data->inputs > MOST_INPUTS) fail("too many columns in", path);
  while (data->rows < MOST_ROWS && fgets(line, sizeof line, file) != NULL) {
    char *place = line;
    for (int64_t k = 0; k < data->inputs; k++) data->u[data->rows * data->inputs + k] = field(&place);
    data->y[data->rows++] = field(&place);
  }
  fclose(file);
}

/* The weights, array by array, each with its shape: [nodes], or [nodes][nodes that they read]. */
static void print_weights(const bt_network *network) {
  int64_t arrays, shape[2];
  double values[100];
  char name[100];
  check(bt_network_array_count(network, &arrays));
  for (int64_t k = 0; k < arrays; k++) {
    check(bt_network_array_name(network, k, name, sizeof name, NULL));
    check(bt_network_array_shape(network, name, shape));
    const int64_t count = shape[0] * (shape[1] > 0 ? shape[1] : 1);
    check(bt_network_get_array(network, name, values, count));
    printf("  %-10s", name);
    for (int64_t i = 0; i < count; i++) printf(" %8.4f", values[i]);
    printf("\n");
  }
}

int main(int count, char **arguments) {
  static table data;
  static double run[MOST_ROWS];
  bt_network *network;
  bt_estimator *estimator;
  double nmse, errors = 0, squares = 0, mean = 0, known = 0;
  int32_t stop;
  if (bt_abi_number() != BT_ABI_NUMBER) fail("the library is not that of the header:", bt_version());
  read_table(&data, count > 1 ? arguments[1] : "tank.csv");
  const int64_t first = data.rows * 2 / 3;

  /* Three leaky nodes that read the inputs and themselves, and a sum of them: the output, since it is the last unit. */
  check(bt_network_create(data.inputs, &network));
  check(bt_network_add_unit(network, "lnl", "h", 3, "{\"activation\": \"tanh\", \"leak\": \"adjust\"}", NULL));
  check(bt_network_add_unit(network, "linear", "y", 1, "{\"sources\": [{\"source\": \"h.x\", \"lag\": 0}]}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_data(estimator, 1, &first, data.u, first * data.inputs, data.y, first, NULL, 0));
  check(bt_estimator_run(estimator, NULL, NULL, &stop));
  check(bt_estimator_cost(estimator, NULL, &nmse));
  printf("%d rows, %d inputs; %s\n", (int)data.rows, (int)data.inputs, bt_stop_string(stop));

  /* The whole record, in free run: of its outputs the network is told nothing. */
  check(bt_simulate(network, 1, &data.rows, data.u, data.rows * data.inputs, NULL, 0, run, data.rows, NULL, 0, NULL, 0));
  for (int64_t t = first; t < data.rows; t++)
    if (!isnan(data.y[t])) mean += data.y[t], known++;
  mean /= known;
  for (int64_t t = first; t < data.rows; t++) {
    if (isnan(data.y[t])) continue;
    errors += (run[t] - data.y[t]) * (run[t] - data.y[t]);
    squares += (data.y[t] - mean) * (data.y[t] - mean);
  }
  printf("NMSE %.2e where it was fitted, %.2e on the rest\n", nmse, errors / squares);
  print_weights(network);
  check(bt_network_save(network, count > 2 ? arguments[2] : "model.json"));
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  return 0;
}
