/* A program that has BLAS and LAPACK functions of its own, all of them wrong: the library takes none of them. Compiled
 * with -rdynamic; the same file as a shared object is loaded before everything else (LD_PRELOAD). */
#include <stdlib.h>

#define WRONG(name) \
  void name(void) { abort(); } \
  void name(void)
WRONG(dgemm_); WRONG(dsyrk_); WRONG(dsyr2k_); WRONG(dtrmm_); WRONG(dtrsm_); WRONG(dgemv_); WRONG(dsymv_); WRONG(dger_);
WRONG(dsyr2_); WRONG(dtrmv_); WRONG(daxpy_); WRONG(dcopy_); WRONG(dswap_); WRONG(dscal_); WRONG(ddot_); WRONG(dnrm2_);
WRONG(idamax_); WRONG(drot_); WRONG(dsyevd_); WRONG(dgesdd_); WRONG(dtpqrt_); WRONG(dgeev_); WRONG(dlamch_);
WRONG(ilaenv_); WRONG(lsame_); WRONG(xerbla_); WRONG(dlarfb_); WRONG(dstedc_); WRONG(dlacpy_); WRONG(dlaset_);
WRONG(_gfortran_concat_string); WRONG(openblas_set_num_threads); WRONG(openblas_get_num_threads);
WRONG(cblas_dgemm); WRONG(dgetrf_); WRONG(dpotrf_);

#ifndef PRELOADED
#include "check.h"
#include "support.h"

#include <math.h>

static double fit(const char *method) {
  double nmse = NAN, errors[STANDARD_WEIGHTS];
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  CHECK_OK(bt_estimator_set_method(estimator, method));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 60));
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_cost(estimator, NULL, &nmse));
  CHECK_OK(bt_estimator_uncertainty(estimator, NULL, 0, errors, NULL, STANDARD_WEIGHTS, NULL, NULL));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  return nmse;
}

/* dgemm and its kin: products of order 40 in a gradient, against the difference of costs. */
static void products(void) {
  enum { N = 40, T = 30, S = 8 };
  int64_t lengths[S], weights = 0;
  double *inputs = exact_doubles(S * T, 0), *desired = exact_doubles((int64_t)S * T * N, 0.25);
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  for (int k = 0; k < S; k++) lengths[k] = T;
  CHECK_OK(bt_random_normal(1, "inputs", inputs, S * T));
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "reservoir", "r", 30, NULL, NULL));
  CHECK_OK(bt_network_add_unit(network, "lnl", "u", N, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  CHECK_OK(bt_network_weight_count(network, &weights));
  double *gradient = exact_doubles(weights, 0), *values = exact_doubles(weights, 0);
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_data(estimator, S, lengths, inputs, S * T, desired, (int64_t)S * T * N, NULL, 0));
  CHECK_OK(bt_estimator_gradient(estimator, NULL, gradient, weights));
  CHECK_OK(bt_network_get_weights(network, values, weights));
  for (int64_t k = weights - 1; k > 0; k -= weights / 7) {
    double above = 0, below = 0;
    const double kept = values[k], h = 1e-5;
    values[k] = kept + h;
    CHECK_OK(bt_network_set_weights(network, values, weights));
    CHECK_OK(bt_estimator_gradient(estimator, &above, NULL, 0));
    values[k] = kept - h;
    CHECK_OK(bt_network_set_weights(network, values, weights));
    CHECK_OK(bt_estimator_gradient(estimator, &below, NULL, 0));
    values[k] = kept;
    CHECK(fabs((above - below) / (2 * h) - gradient[k]) < 1e-9);
  }
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  free(inputs), free(desired), free(gradient), free(values);
}

int main(void) {
  CHECK(fit("gauss-newton") < 1e-12);
  CHECK(fit("backward-tuning") < 0.1);
  products();
  return check_report();
}
#endif
