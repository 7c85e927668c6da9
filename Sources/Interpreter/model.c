/* The equations, one after the other. What is in the file was checked when it was read. */
#include "model.h"

#include <math.h>

static const double *source(const model *self, const double *state, const model_word *reference) {
  const model_signal *signal = &self->signals[reference[0].integer];
  const int64_t lag = reference[1].integer;
  if (lag == 0) return state + signal->now;
  const int64_t row = ((int64_t)state[signal->at] + lag - 1) % signal->depth;
  return state + signal->past + row * signal->size;
}

static double call(const model_word *factor, double v) {
  const double a = factor[3].real, b = factor[4].real;
  switch (factor[0].integer) {
    case MODEL_TANH: return tanh(v);
    case MODEL_ZETA01: return 1 / (1 + exp(-4 * v));
    case MODEL_ZETA: return 0.5 * (a + b) + 0.5 * (b - a) * tanh(2 * v / (b - a));
    case MODEL_LOGISTIC: return 1 / (1 + exp(-v));
    case MODEL_RELU: return v < 0 ? 0 : v;
    case MODEL_SOFTPLUS: return (v < 0 ? 0 : v) + a * log1p(exp(-fabs(v) / a));
    case MODEL_EXP: return exp(v);
    case MODEL_LOG: return log(v);
    case MODEL_RECIPROCAL: return 1 / v;
    case MODEL_SQUARE: return v * v;
    case MODEL_UPSILON: return 1 / (1 + exp(-4 * a * (v - 0.5)));
    case MODEL_STEP: return v < 0.5 ? 0 : (v > 0.5 ? 1 : v + 0);
    default: return v;
  }
}

static const model_word *product(
    const model *self, double *state, const model_word *at, double *target, int64_t size) {
  const double *values = source(self, state, at);
  const int64_t width = self->signals[at[0].integer].size;
  const model_word *weights = self->tables[at[2].integer].values;
  const int64_t form = at[3].integer, entries = at[4].integer;
  at += 5;
  if (form == MODEL_DENSE) {
    for (int64_t i = 0; i < size; i++) {
      double sum = 0;
      for (int64_t j = 0; j < width; j++) sum += weights[i * width + j].real * values[j];
      target[i] += sum;
    }
  } else if (form == MODEL_DIAGONAL) {
    for (int64_t i = 0; i < size; i++) target[i] += weights[i].real * values[i];
  }
  for (int64_t k = 0; k < entries; k++, at += 3) {
    target[at[0].integer] += weights[at[2].integer].real * values[at[1].integer];
  }
  return at;
}

static void linear(const model *self, double *state, const model_word *at, double *target, int64_t size) {
  const int64_t bias = at[0].integer, listed = at[1].integer;
  at += 2;
  for (int64_t i = 0; i < size; i++) {
    target[i] = bias < 0 ? 0 : self->tables[bias].values[listed > 0 ? at[i].integer : i].real;
  }
  at += listed;
  const int64_t products = at[0].integer;
  at++;
  for (int64_t k = 0; k < products; k++) at = product(self, state, at, target, size);
}

static void terms(const model *self, double *state, const model_word *at, double *target, int64_t size) {
  const int64_t count = at[0].integer;
  at++;
  for (int64_t i = 0; i < size; i++) target[i] = 0;
  for (int64_t k = 0; k < count; k++) {
    const double coefficient = at[0].real;
    const int64_t factors = at[1].integer;
    at += 2;
    for (int64_t i = 0; i < size; i++) {
      double term = coefficient;
      for (int64_t m = 0; m < factors; m++) {
        const model_word *factor = at + 5 * m;
        const double *values = source(self, state, factor + 1);
        term *= call(factor, values[self->signals[factor[1].integer].size == 1 ? 0 : i]);
      }
      target[i] += term;
    }
    at += 5 * factors;
  }
}

static void softmax(const double *values, double temperature, double *target, int64_t size) {
  double largest = values[0], sum = 0;
  for (int64_t i = 1; i < size; i++) {
    if (values[i] > largest) largest = values[i];
  }
  for (int64_t i = 0; i < size; i++) {
    target[i] = exp((values[i] - largest) / temperature);
    sum += target[i];
  }
  for (int64_t i = 0; i < size; i++) target[i] /= sum;
}

void model_start(const model *self, double *state) {
  for (int64_t k = 0; k < self->state_size; k++) state[k] = 0;
  for (int64_t k = 0; k < self->signal_count; k++) {
    const model_signal *own = &self->signals[k];
    for (int64_t i = 0; i < own->depth * own->size; i++) state[own->past + i] = own->start[i].real;
  }
}

void model_evaluate(const model *self, double *state, const double *inputs, const double *measured) {
  for (int64_t k = 0; k < self->signal_count; k++) {
    const model_signal *own = &self->signals[k];
    const model_word *at = own->equation + 1;
    double *target = state + own->now;
    switch (own->equation[0].integer) {
      case MODEL_INPUT:
        for (int64_t i = 0; i < own->size; i++) target[i] = inputs[i];
        break;
      case MODEL_LINEAR: linear(self, state, at, target, own->size); break;
      case MODEL_TERMS: terms(self, state, at, target, own->size); break;
      case MODEL_SOFTMAX: softmax(source(self, state, at), at[2].real, target, own->size); break;
      default: {
        const double *values = source(self, state, at);
        const double *given = measured + at[2].integer;
        for (int64_t i = 0; i < own->size; i++) target[i] = isnan(given[i]) ? values[i] : given[i];
        break;
      }
    }
  }
}

void model_keep(const model *self, double *state) {
  for (int64_t k = 0; k < self->signal_count; k++) {
    const model_signal *own = &self->signals[k];
    if (own->depth == 0) continue;
    const int64_t last = (int64_t)state[own->at];
    const int64_t row = (last == 0 ? own->depth : last) - 1;
    state[own->at] = (double)row;
    for (int64_t i = 0; i < own->size; i++) state[own->past + row * own->size + i] = state[own->now + i];
  }
}

double model_output(const model *self, const double *state, int64_t output) {
  for (int64_t k = 0; k < self->output_parts; k++) {
    const int64_t count = self->outputs[2 * k + 1].integer;
    if (output < count) return state[self->signals[self->outputs[2 * k].integer].now + output];
    output -= count;
  }
  return 0;
}
