/* What a step costs at least: x = tanh(W x + b u), and the adjoint gradient of 1/2 sum (x_0 - y)^2 by W and b.
 *
 * plain_*: loops that the compiler vectorises, over `lanes` sequences side by side ([time][node][lane]).
 * blas_forward: dgemv (dgemm for several lanes) and a vectorised tanh, nothing else.
 * Matrices come twice: w row by row, wt column by column. */
#include <math.h>
#include <string.h>

void dgemv_(const char *, const int *, const int *, const double *, const double *, const int *, const double *,
            const int *, const double *, double *, const int *);
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *,
            const int *, const double *, const int *, const double *, double *, const int *);

/* y += A x: column j of A at a + j n. */
static void add_product(int n, const double *a, const double *x, double *y) {
  for (int j = 0; j < n; j++) {
    const double *column = a + (long)j * n, v = x[j];
    for (int i = 0; i < n; i++) y[i] += column[i] * v;
  }
}

/* Y += A X for several lanes: row i of A at a + i n. */
static void add_products(int n, int lanes, const double *a, const double *x, double *y) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      const double v = a[(long)i * n + j];
      for (int k = 0; k < lanes; k++) y[i * lanes + k] += v * x[j * lanes + k];
    }
}

/* states: (T + 1) rows of n x lanes, the first one zero. */
void plain_forward(int n, int lanes, int steps, const double *w, const double *wt, const double *b, const double *u,
                   double *states) {
  const long row = (long)n * lanes;
  memset(states, 0, row * sizeof *states);
  for (int t = 0; t < steps; t++) {
    double *x = states + (t + 1) * row;
    for (int i = 0; i < n; i++)
      for (int k = 0; k < lanes; k++) x[i * lanes + k] = b[i] * u[t * lanes + k];
    if (lanes == 1)
      add_product(n, wt, x - row, x);
    else
      add_products(n, lanes, w, x - row, x);
    for (long i = 0; i < row; i++) x[i] = tanh(x[i]);
  }
}

void plain_gradient(int n, int lanes, int steps, const double *w, const double *wt, const double *b, const double *u,
                    const double *y, double *states, double *d, double *gw, double *gb) {
  const long row = (long)n * lanes;
  plain_forward(n, lanes, steps, w, wt, b, u, states);
  memset(gw, 0, (long)n * n * sizeof *gw);
  memset(gb, 0, n * sizeof *gb);
  memset(d, 0, 2 * row * sizeof *d);
  for (int t = steps - 1; t >= 0; t--) {
    const double *x = states + (t + 1) * row, *before = x - row;
    double *e = d + (t & 1) * row, *after = d + (1 - (t & 1)) * row;
    memset(e, 0, row * sizeof *e);
    if (lanes == 1)
      add_product(n, w, after, e);
    else
      add_products(n, lanes, wt, after, e);
    for (int k = 0; k < lanes; k++) e[k] += x[k] - y[t * lanes + k];
    for (long i = 0; i < row; i++) e[i] *= 1 - x[i] * x[i];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < lanes; k++) gb[i] += e[i * lanes + k] * u[t * lanes + k];
      if (lanes == 1) {
        double *g = gw + (long)i * n;
        for (int j = 0; j < n; j++) g[j] += e[i] * before[j];
        continue;
      }
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int k = 0; k < lanes; k++) sum += e[i * lanes + k] * before[j * lanes + k];
        gw[(long)i * n + j] += sum;
      }
    }
  }
}

void blas_forward(int n, int lanes, int steps, const double *w, double *states) {
  const long row = (long)n * lanes;
  const double one = 1, zero = 0;
  const int step = 1;
  for (int t = 0; t < steps; t++) {
    double *x = states + t * row, *next = x + row;
    if (lanes == 1)
      dgemv_("T", &n, &n, &one, w, &n, x, &step, &zero, next, &step);
    else
      dgemm_("N", "N", &lanes, &n, &n, &one, x, &lanes, w, &n, &zero, next, &lanes);
    for (long i = 0; i < row; i++) next[i] = tanh(next[i]);
  }
}
