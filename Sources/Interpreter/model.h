/* Computes the equations of a network that are written in a file: the part of an FMU that knows no FMI. C99, libc and
 * libm. */
#ifndef BACKTUNE_MODEL_H
#define BACKTUNE_MODEL_H

#include <stdint.h>

/* What the file consists of: all numbers take 8 bytes, the low ones first. */
typedef union {
  int64_t integer;
  double real;
  char bytes[8];
} model_word;

typedef struct {
  int64_t size;
  /* Time steps that are kept of it. */
  int64_t depth;
  /* Places in a state: its present values, its past ones (a ring of depth rows) and the row of the last ones. */
  int64_t now, past, at;
  const model_word *start;
  const model_word *equation;
} model_signal;

typedef struct {
  int64_t count;
  const model_word *values;
} model_table;

typedef struct {
  model_word *words;
  model_signal *signals;
  model_table *tables;
  const model_word *outputs;
  int64_t signal_count, table_count, output_parts;
  int64_t inputs, outputs_count;
  /* Values that may be measured, or not. */
  int64_t measured;
  /* Doubles of a state. */
  int64_t state_size;
  /* Seconds of a time step. */
  double step;
  char token[41];
} model;

/* Reads a file; NULL, or what is wrong with it. Either way it is released by model_free. */
const char *model_load(model *self, const char *path);
void model_free(model *self);

/* The state before the first step. */
void model_start(const model *self, double *state);
/* Computes what is at the present; measured values are NAN where they are not known. */
void model_evaluate(const model *self, double *state, const double *inputs, const double *measured);
/* Makes the present the past. */
void model_keep(const model *self, double *state);
/* One of the outputs at the present. */
double model_output(const model *self, const double *state, int64_t output);

/* What stands in the file. */
enum { MODEL_INPUT, MODEL_LINEAR, MODEL_TERMS, MODEL_SOFTMAX, MODEL_KNOWN };
enum { MODEL_DENSE, MODEL_DIAGONAL, MODEL_SPARSE };
enum {
  MODEL_IDENTITY, MODEL_TANH, MODEL_ZETA01, MODEL_ZETA, MODEL_LOGISTIC, MODEL_RELU, MODEL_SOFTPLUS, MODEL_EXP, MODEL_LOG,
  MODEL_RECIPROCAL, MODEL_SQUARE, MODEL_UPSILON, MODEL_STEP, MODEL_FUNCTIONS
};

#endif
