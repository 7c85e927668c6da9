/* A unit of one's own, written with the two operations that all units are made of: the minimal gated unit
 *   x = x(t-1) - k(f) x(t-1) + k(f) tanh(h);  f = a + W x(t-1) + B i(t-1);  h = a + U r + B i(t-1);  r = k(f) x(t-1)
 * (Zhou and others, 2016), k the logistic function. Learnware, f and h, is a sum with weights; firmware, r and x, a sum of
 * products of functions, without weights. It runs, is differentiated and is learnt as fast as those that are built in.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o own_unit own_unit.c $(pkg-config --cflags --libs backtune) -lm
 * Prints its equations as the library has them, then how well 3 of these nodes learn to hold a value, and how
 * the value is held in a longer run: the first input is a value, the second says when to take it. */
#include <backtune.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 300, LONGER = 1000 };

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

/* coefficient f(a(t - lag)), and, where there is another factor, x(t - 1): a term of a firmware group. */
static void add_term(bt_network *net, int64_t group, double coefficient, const char *function, int64_t a, int64_t lag,
                     const char *other, int64_t b, int64_t other_lag) {
  int64_t term;
  check(bt_network_add_term(net, group, coefficient, &term));
  check(bt_network_add_factor(net, group, term, function, NULL, 0, a, lag));
  if (other != NULL) check(bt_network_add_factor(net, group, term, other, NULL, 0, b, other_lag));
}

/* The unit; returns its output group. */
static int64_t add_gated_unit(bt_network *net, int64_t size) {
  int64_t f, h, r, x;
  check(bt_network_add_learnware(net, "own.f", size, &f));
  check(bt_network_add_firmware(net, "own.r", size, &r));
  check(bt_network_add_learnware(net, "own.h", size, &h));
  check(bt_network_add_firmware(net, "own.x", size, &x));

  check(bt_network_add_bias(net, f, NULL, NULL, 0));
  check(bt_network_connect_dense(net, f, x, 1, "W"));
  check(bt_network_connect_dense(net, f, BT_INPUT, 1, "B"));
  add_term(net, r, 1, "logistic", f, 0, "identity", x, 1);
  check(bt_network_add_bias(net, h, NULL, NULL, 0));
  check(bt_network_connect_dense(net, h, r, 0, "U"));
  check(bt_network_connect_dense(net, h, BT_INPUT, 1, "B"));
  add_term(net, x, 1, "identity", x, 1, NULL, 0, 0);
  add_term(net, x, -1, "logistic", f, 0, "identity", x, 1);
  add_term(net, x, 1, "logistic", f, 0, "tanh", h, 0);
  return x;
}

/* A value and, now and then, the wish to take it; what is then to be held, from the next step on. */
static void make_data(uint64_t seed, int64_t steps, double *u, double *y) {
  double held = 0;
  check(bt_random_uniform(seed, "inputs", u, 2 * steps));
  for (int64_t t = 0; t < steps; t++) {
    y[t] = held;
    u[2 * t] = 2 * u[2 * t] - 1;
    u[2 * t + 1] = u[2 * t + 1] < 0.15;
    if (u[2 * t + 1] > 0) held = u[2 * t];
  }
}

int main(void) {
  static double u[2 * LONGER], y[LONGER], run[LONGER];
  static char text[20000];
  const int64_t steps = STEPS, longer = LONGER;
  bt_network *net;
  bt_estimator *estimator;
  int64_t y_group, x;
  double nmse, worst = 0;

  check(bt_network_create(2, &net));
  x = add_gated_unit(net, 3);
  check(bt_network_add_learnware(net, "y", 1, &y_group));
  check(bt_network_connect_dense(net, y_group, x, 0, "C"));
  check(bt_network_randomize(net, 0));

  /* The comment at the head of an export has the equations. */
  check(bt_network_export(net, "c", NULL, NULL, text, sizeof text, NULL));
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
    if (strncmp(line, " *   own.", 9) == 0 || strncmp(line, " *   y(t)", 9) == 0) printf("%s\n", line + 5);

  make_data(1, STEPS, u, y);
  check(bt_estimator_create(net, &estimator));
  check(bt_estimator_set_data(estimator, 1, &steps, u, 2 * STEPS, y, STEPS, NULL, 0));
  check(bt_estimator_set_option(estimator, "max_iterations", 100));
  check(bt_estimator_run(estimator, NULL, NULL, NULL));
  check(bt_estimator_cost(estimator, NULL, &nmse));
  printf("learnt from %d steps: NMSE %.1e\n", STEPS, nmse);

  make_data(2, LONGER, u, y);
  check(bt_simulate(net, 1, &longer, u, 2 * LONGER, NULL, 0, run, LONGER, NULL, 0, NULL, 0));
  for (int t = 0; t < LONGER; t++) worst = fmax(worst, fabs(run[t] - y[t]));
  printf("%d other steps: error %.1e at most\n", LONGER, worst);
  check(bt_estimator_free(estimator));
  check(bt_network_free(net));
  return 0;
}
