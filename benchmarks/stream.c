/* Times the steps of a stream from C: stream KIND OPTIONS SIZE. Prints ns a step: one by one, and in blocks of 64; the best
 * of the rounds, and the longest single step among 99.9 % of them. */
#define _POSIX_C_SOURCE 200809L
#include <backtune.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 1024, BLOCK = 64, ROUNDS = 300, LARGEST = 256 };

static double u[STEPS], y[BLOCK * LARGEST], single[STEPS * 100];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, z = *(const double *)b;
  return (x > z) - (x < z);
}

int main(int count, char **arguments) {
  bt_network *network = NULL;
  bt_stream *stream = NULL;
  double best[2] = {1e30, 1e30};
  int failures = 0;
  if (count != 4) return 2;
  const int64_t size = atoll(arguments[3]);
  if (size < 1 || size > LARGEST) return 2;
  bt_network_create(1, &network);
  failures += bt_network_add_unit(network, arguments[1], NULL, size, arguments[2], NULL) != BT_OK;
  bt_network_randomize(network, 1);
  failures += bt_stream_create(network, NULL, 0, &stream) != BT_OK;
  bt_random_normal(1, "u", u, STEPS);
  for (int round = 0; round < ROUNDS; round++) {
    double began = now();
    for (int t = 0; t < STEPS; t++) failures += bt_stream_step(stream, u + t, 1, NULL, 0, y, size) != BT_OK;
    const double singly = (now() - began) / STEPS;
    began = now();
    for (int t = 0; t < STEPS; t += BLOCK)
      failures += bt_stream_run(stream, BLOCK, u + t, BLOCK, NULL, 0, y, BLOCK * size) != BT_OK;
    const double together = (now() - began) / STEPS;
    if (singly < best[0]) best[0] = singly;
    if (together < best[1]) best[1] = together;
  }
  const int tries = (int)(sizeof single / sizeof single[0]);
  for (int t = 0; t < tries; t++) {
    const double began = now();
    failures += bt_stream_step(stream, u + t % STEPS, 1, NULL, 0, y, size) != BT_OK;
    single[t] = now() - began;
  }
  qsort(single, (size_t)tries, sizeof single[0], by_value);
  printf("%.1f %.1f %.1f\n", best[0], best[1], single[(int)(0.999 * tries)]);
  return failures != 0;
}
