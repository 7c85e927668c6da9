/* Several recordings, of different lengths and with gaps, and a callback that reports and can stop.
 * Recordings stand one after the other in each buffer, with their lengths beside; a desired value that is not known is
 * NaN. Each recording begins where its system happened to be: the option initial_states learns that, too. (An input with
 * gaps needs a network that models it: bt_network_add_measured. Inputs given here are all known.)
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o recordings recordings.c $(pkg-config --cflags --libs backtune) -lm
 * Prints a line now and then while it runs, Ctrl-C stops it; then why it stopped, and how well each recording and its
 * gaps are met: the values in the gaps are known here, and were not told. */
#include <backtune.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDINGS = 3, TOTAL = 120 + 80 + 200 };
static const int64_t lengths[RECORDINGS] = {120, 80, 200};

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

static volatile sig_atomic_t is_interrupted;
static void interrupt(int number) { (void)number, is_interrupted = 1; }

/* What the callback is told by its user_data. */
typedef struct {
  int iterations;
  double good_enough;
} watch;

/* Comes on the thread that runs: between simulations, and after each iteration. Anything but 0 stops the run, with the
 * best weights. It may read estimator and network, and not change them. */
static int32_t report(bt_estimator *estimator, int32_t event, void *user_data) {
  watch *w = (watch *)user_data;
  double cost, nmse;
  if (event == BT_EVENT_POLL) return is_interrupted;
  check(bt_estimator_cost(estimator, &cost, &nmse));
  if (++w->iterations % 5 == 0) printf("  iteration %2d: NMSE %.1e\n", w->iterations, nmse);
  return nmse < w->good_enough;
}

/* A pendulum with friction that an input pushes: from its own start, what is seen is its angle. */
static void swing(int64_t steps, double angle, const double *push, double *seen) {
  double speed = 0;
  for (int64_t t = 0; t < steps; t++) {
    seen[t] = angle;
    speed += 0.2 * (push[t] - 0.5 * speed - sin(angle));
    angle += 0.2 * speed;
  }
}

int main(void) {
  static double u[TOTAL], y[TOTAL], told[TOTAL], run[TOTAL];
  static const double starts[RECORDINGS] = {0.5, -1, 0};
  bt_network *network;
  bt_estimator *estimator;
  int32_t stop;
  watch w = {0, 1e-6};

  check(bt_random_normal(1, "push", u, TOTAL));
  for (int64_t k = 0, first = 0; k < RECORDINGS; first += lengths[k++]) swing(lengths[k], starts[k], u + first, y + first);
  for (int t = 0; t < TOTAL; t++) told[t] = t % 50 >= 35 ? NAN : y[t]; /* 15 of 50 are missing */

  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "state_space", NULL, 2, "{\"hidden\": 3}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_data(estimator, RECORDINGS, lengths, u, TOTAL, told, TOTAL, NULL, 0));
  check(bt_estimator_set_option(estimator, "initial_states", 1));
  signal(SIGINT, interrupt);
  check(bt_estimator_run(estimator, report, &w, &stop));
  printf("%d iterations: %s\n", w.iterations, bt_stop_string(stop));

  /* The outputs over the data, from the starts that were found. */
  check(bt_estimator_simulate(estimator, run, TOTAL));
  for (int64_t k = 0, t = 0; k < RECORDINGS; k++) {
    double known = 0, missing = 0;
    for (const int64_t end = t + lengths[k]; t < end; t++) {
      double *worst = isnan(told[t]) ? &missing : &known;
      *worst = fmax(*worst, fabs(run[t] - y[t]));
    }
    printf("recording %d: error %.4f at most, %.4f in its gaps\n", (int)k, known, missing);
  }
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  return 0;
}
