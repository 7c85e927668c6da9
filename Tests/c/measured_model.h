/* A network that reads measurements, for the tests of them. */
#ifndef MEASURED_MODEL_H
#define MEASURED_MODEL_H

#include "check.h"
#include "support.h"

#include <math.h>

static const double forever = INFINITY;

/* o(t) = u(t) + m(t)/2 + h(t - 1), m what was measured of o at t - 1, h = 0 a group of its own: measured at lag 2. */
typedef struct {
  bt_network *network;
  int64_t out, hidden, measured, other;
} model;

static model make(void) {
  model m = {NULL, -7, -7, -7, -7};
  const double one = 1, half = 0.5;
  const int64_t count = 1;
  CHECK_OK(bt_network_create(1, &m.network));
  CHECK_OK(bt_network_add_learnware(m.network, "out", 1, &m.out));
  CHECK_OK(bt_network_add_learnware(m.network, "hidden", 1, &m.hidden));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, BT_INPUT, 0, "B"));
  CHECK_OK(bt_network_add_measured(m.network, "out.m1", m.out, 1, 0, &m.measured));
  CHECK_OK(bt_network_add_measured(m.network, "hidden.m2", m.hidden, 2, 0, &m.other));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, m.measured, 0, "K"));
  CHECK_OK(bt_network_connect_dense(m.network, m.out, m.other, 0, "H"));
  CHECK_OK(bt_network_set_array(m.network, "out.B", &one, 1));
  CHECK_OK(bt_network_set_array(m.network, "out.K", &half, 1));
  CHECK_OK(bt_network_set_array(m.network, "out.H", &one, 1));
  CHECK_OK(bt_network_observe(m.network, &m.out, &count, 1));
  CHECK(m.measured == 2 && m.other == 3);
  return m;
}

#define T 4
static const int64_t steps = T;
static const double u[T] = {1, 0, 0, 2}, y[T] = {4, 2, NAN, 6}, h[T] = {10, NAN, 30, 40};

static bt_status predict(const model *m, double horizon, const double *measured, const double *values, double *outputs,
                         double *final) {
  return bt_predict(m->network, 1, &steps, u, T, measured, measured == NULL ? 0 : T, horizon, NULL, 0, &m->hidden,
                    values == NULL ? 0 : 1, values, values == NULL ? 0 : T, outputs, T, final, final == NULL ? 0 : 6, NULL, NULL, NULL);
}

#endif
