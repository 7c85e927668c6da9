/* A model in a real-time thread: realtime [model.json]. Without a file it makes a network of one input of its own.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o realtime realtime.c $(pkg-config --cflags --libs backtune) -lm
 * Prints the mean of the first output over 48,000 samples. */
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

/* What lives as long as the thread: made before it starts, freed after it ended. */
typedef struct {
  bt_stream *stream;
  int64_t inputs, outputs;
  double *u, *y;
} model;

static model prepare(const char *path) {
  model m;
  bt_network *network;
  if (path != NULL) {
    check(bt_network_load(path, &network));
  } else {
    check(bt_network_create(1, &network));
    check(bt_network_add_unit(network, "lstm", NULL, 8, NULL, NULL));
    check(bt_network_randomize(network, 0));
  }
  check(bt_network_inputs(network, &m.inputs));
  check(bt_network_outputs(network, &m.outputs));
  check(bt_stream_create(network, NULL, 0, &m.stream));
  check(bt_network_free(network)); /* or kept, to set weights while the stream runs */
  m.u = (double *)calloc((size_t)m.inputs + 1, sizeof *m.u);
  m.y = (double *)calloc((size_t)m.outputs, sizeof *m.y);
  if (m.u == NULL || m.y == NULL) exit(1);
  return m;
}

/* One sample, in the real-time thread: no memory, no lock, no system call. Returns whether y is of this sample. */
static int process(model *m) {
  if (bt_stream_step(m->stream, m->u, m->inputs, NULL, 0, m->y, m->outputs) == BT_OK) return 1;
  /* An input that is not finite, or a state that overflowed before: begin anew, and leave the output as it was. */
  bt_stream_reset(m->stream);
  return 0;
}

int main(int count, char **arguments) {
  model m = prepare(count > 1 ? arguments[1] : NULL);
  double sum = 0;
  for (int t = 0; t < 48000; t++) {
    for (int64_t k = 0; k < m.inputs; k++) m.u[k] = t % 100 < 50;
    if (process(&m)) sum += m.y[0];
  }
  printf("mean of the first output %g\n", sum / 48000);
  check(bt_stream_free(m.stream));
  free(m.u), free(m.y);
  return 0;
}
