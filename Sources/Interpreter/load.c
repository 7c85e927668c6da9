/* Reads the file of a model, and believes nothing of it.
 *
 * magic "BTMODEL1", number of words, token (5 words of text), step,
 * inputs, measured values, tables, signals, parts of the outputs;
 * a table: count, values;
 * a signal: size, depth, values of the past (the last ones first), words of its equation, kind, and
 *   linear: table of the bias or -1, count and list of places in it, products: signal, lag, table, form, entries: node,
 *     source, place
 *   terms: count: coefficient, factors: function, signal, lag, two parameters
 *   softmax: signal, lag, temperature
 *   known: signal, lag, number of the first measured value;
 * a part of the outputs: signal, count. */
#include "model.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where is read; `left` falls below 0 at the end of what there is. */
typedef struct {
  const model_word *at;
  int64_t left;
  int is_wrong;
} cursor;

static model_word next(cursor *self) {
  static const model_word nothing = {0};
  if (self->left < 1) {
    self->is_wrong = 1;
    return nothing;
  }
  self->left--;
  return *self->at++;
}

/* An integer within bounds; another one is a fault. */
static int64_t integer(cursor *self, int64_t least, int64_t most) {
  const int64_t value = next(self).integer;
  if (value < least || value > most) {
    self->is_wrong = 1;
    return least;
  }
  return value;
}

static const model_word *skip(cursor *self, int64_t rows, int64_t columns) {
  const model_word *found = self->at;
  if (rows < 0 || columns < 0 || (columns > 0 && rows > self->left / columns)) {
    self->is_wrong = 1;
    return found;
  }
  self->at += rows * columns;
  self->left -= rows * columns;
  return found;
}

/* What a reference reads: its present where it comes before, its past where that is kept. */
static const model_signal *reference(const model *self, cursor *from, int64_t place) {
  const int64_t signal = integer(from, 0, self->signal_count - 1);
  const model_signal *found = &self->signals[signal];
  const int64_t lag = integer(from, 0, found->depth);
  if (lag == 0 && signal >= place) from->is_wrong = 1;
  return found;
}

static void check_linear(const model *self, cursor *from, int64_t place, int64_t size) {
  const int64_t bias = integer(from, -1, self->table_count - 1);
  const int64_t values = bias < 0 ? 0 : self->tables[bias].count;
  const int64_t listed = integer(from, 0, INT32_MAX);
  if (listed == 0 ? (bias >= 0 && values < size) : listed != size) from->is_wrong = 1;
  for (int64_t i = 0; i < listed && !from->is_wrong; i++) (void)integer(from, 0, values - 1);
  const int64_t products = integer(from, 0, INT32_MAX);
  for (int64_t k = 0; k < products && !from->is_wrong; k++) {
    const model_signal *source = reference(self, from, place);
    const int64_t table = integer(from, 0, self->table_count - 1);
    if (from->is_wrong) return;
    const int64_t weights = self->tables[table].count;
    const int64_t form = integer(from, MODEL_DENSE, MODEL_SPARSE);
    const int64_t entries = integer(from, 0, INT32_MAX);
    if (form == MODEL_DENSE && (source->size == 0 ? 0 : weights / source->size < size)) from->is_wrong = 1;
    if (form == MODEL_DIAGONAL && (source->size < size || weights < size)) from->is_wrong = 1;
    if (form != MODEL_SPARSE && entries > 0) from->is_wrong = 1;
    for (int64_t i = 0; i < entries && !from->is_wrong; i++) {
      (void)integer(from, 0, size - 1);
      (void)integer(from, 0, source->size - 1);
      (void)integer(from, 0, weights - 1);
    }
  }
}

static void check_terms(const model *self, cursor *from, int64_t place, int64_t size) {
  const int64_t terms = integer(from, 0, INT32_MAX);
  for (int64_t k = 0; k < terms && !from->is_wrong; k++) {
    (void)next(from);
    const int64_t factors = integer(from, 0, INT32_MAX);
    for (int64_t m = 0; m < factors && !from->is_wrong; m++) {
      (void)integer(from, 0, MODEL_FUNCTIONS - 1);
      const int64_t width = reference(self, from, place)->size;
      if (width != size && width != 1) from->is_wrong = 1;
      (void)next(from);
      (void)next(from);
    }
  }
}

/* Whether the equation of a signal can be computed. */
static int check(const model *self, int64_t place, int64_t words) {
  const model_signal *own = &self->signals[place];
  cursor from = {own->equation, words, 0};
  switch (integer(&from, MODEL_INPUT, MODEL_KNOWN)) {
    case MODEL_INPUT:
      if (place != 0 || own->size != self->inputs) from.is_wrong = 1;
      break;
    case MODEL_LINEAR: check_linear(self, &from, place, own->size); break;
    case MODEL_TERMS: check_terms(self, &from, place, own->size); break;
    case MODEL_SOFTMAX:
      if (reference(self, &from, place)->size != own->size || own->size < 1) from.is_wrong = 1;
      (void)next(&from);
      break;
    default:
      if (reference(self, &from, place)->size != own->size) from.is_wrong = 1;
      (void)integer(&from, 0, self->measured - own->size);
      break;
  }
  return !from.is_wrong && from.left == 0;
}

/* All of the file, or NULL. */
static model_word *content(const char *path, int64_t *count) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  model_word *words = NULL;
  long size = -1;
  if (fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  /* Opened folders have the largest size there is. */
  if (size > 0 && size < LONG_MAX && size % 8 == 0 && fseek(file, 0, SEEK_SET) == 0) {
    *count = size / 8;
    words = malloc((size_t)size);
    if (words != NULL && fread(words, 8, (size_t)*count, file) != (size_t)*count) {
      free(words);
      words = NULL;
    }
  }
  (void)fclose(file);
  return words;
}

const char *model_load(model *self, const char *path) {
  static const model blank = {0};
  static const char wrong[] = "the model is damaged";
  *self = blank;
  cursor from = {NULL, 0, 0};
  self->words = content(path, &from.left);
  if (self->words == NULL) return "the model cannot be read";
  from.at = self->words;
  const int64_t count = from.left;
  const model_word magic = next(&from);
  if (memcmp(magic.bytes, "BTMODEL1", 8) != 0 || next(&from).integer != count) return wrong;
  const model_word *token = skip(&from, 5, 1);
  if (from.is_wrong) return wrong;
  memcpy(self->token, token, 40);
  self->step = next(&from).real;
  self->inputs = integer(&from, 0, INT32_MAX);
  self->measured = integer(&from, 0, INT32_MAX);
  self->table_count = integer(&from, 0, count);
  self->signal_count = integer(&from, 1, count);
  self->output_parts = integer(&from, 0, count);
  if (from.is_wrong || !(self->step > 0)) return wrong;
  self->signals = calloc((size_t)self->signal_count, sizeof *self->signals);
  self->tables = calloc((size_t)self->table_count + 1, sizeof *self->tables);
  if (self->signals == NULL || self->tables == NULL) return "not enough memory";
  for (int64_t k = 0; k < self->table_count; k++) {
    self->tables[k].count = integer(&from, 0, count);
    self->tables[k].values = skip(&from, self->tables[k].count, 1);
  }
  int64_t *lengths = calloc((size_t)self->signal_count, sizeof *lengths);
  if (lengths == NULL) return "not enough memory";
  int is_right = 1;
  for (int64_t k = 0; k < self->signal_count && !from.is_wrong; k++) {
    model_signal *own = &self->signals[k];
    own->size = integer(&from, 0, INT32_MAX);
    own->depth = integer(&from, 0, INT32_MAX);
    own->start = skip(&from, own->depth, own->size);
    lengths[k] = integer(&from, 1, count);
    own->equation = skip(&from, lengths[k], 1);
    own->now = self->state_size;
    own->past = own->now + own->size;
    own->at = own->past + own->depth * own->size;
    self->state_size = own->at + 1;
  }
  for (int64_t k = 0; k < self->signal_count && is_right && !from.is_wrong; k++) is_right = check(self, k, lengths[k]);
  free(lengths);
  self->outputs = skip(&from, self->output_parts, 2);
  for (int64_t k = 0; k < self->output_parts && !from.is_wrong; k++) {
    const int64_t signal = self->outputs[2 * k].integer, number = self->outputs[2 * k + 1].integer;
    if (signal < 0 || signal >= self->signal_count) return wrong;
    if (number < 0 || number > self->signals[signal].size) return wrong;
    self->outputs_count += number;
  }
  return is_right && !from.is_wrong && from.left == 0 ? NULL : wrong;
}

void model_free(model *self) {
  free(self->words);
  free(self->signals);
  free(self->tables);
}
