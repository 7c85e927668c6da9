/* A network that is told no outputs, only how they are to be on average: their mean, their power, and how much each value
 * tells of the next. The criterion "observables", appendix E of the report RR-9100.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o observables observables.c $(pkg-config --cflags --libs backtune) -lm
 * Prints what the means are before and after the weights were adjusted, beside what they are to be, and the same over
 * inputs that it has not seen. */
#include <backtune.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 2000, MEANS = 3 };

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

/* The observables: of output 0, and of what. */
static const struct {
  const char *text, *kind;
  double parameters[2];
  int64_t count;
  double desired;
} wanted[MEANS] = {{"mean of x", "mean", {0, 0}, 1, 0.5},
                   {"mean of x x", "product", {0, 0}, 2, 0.3},
                   {"mean of x x(t-1)", "autocorrelation", {0, 1}, 2, 0.28}};

static void print_means(const char *when, bt_estimator *estimator) {
  double means[MEANS], desired[MEANS];
  check(bt_estimator_observables(estimator, means, desired, NULL, MEANS));
  printf("%s\n", when);
  for (int k = 0; k < MEANS; k++) printf("  %-18s %.4f, wanted %.4f\n", wanted[k].text, means[k], desired[k]);
}

/* Noise, and nothing that is desired at any time. */
static void set_noise(bt_estimator *estimator, uint64_t seed) {
  static double u[STEPS];
  const int64_t steps = STEPS;
  check(bt_random_normal(seed, "noise", u, STEPS));
  check(bt_estimator_set_data(estimator, 1, &steps, u, STEPS, NULL, 0, NULL, 0));
}

int main(void) {
  bt_network *network;
  bt_estimator *estimator;
  int32_t stop;
  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "lnl", NULL, 1, "{\"leak\": \"adjust\"}", NULL));
  check(bt_network_randomize(network, 1));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_criterion(estimator, "observables"));
  for (int k = 0; k < MEANS; k++)
    check(bt_estimator_add_observable(estimator, wanted[k].kind, wanted[k].parameters, wanted[k].count, wanted[k].desired));
  set_noise(estimator, 1);
  print_means("as drawn", estimator);
  check(bt_estimator_run(estimator, NULL, NULL, &stop));
  print_means(bt_stop_string(stop), estimator);
  set_noise(estimator, 2);
  print_means("over other noise", estimator);
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  return 0;
}
