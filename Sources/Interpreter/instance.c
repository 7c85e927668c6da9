#include "instance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parts of a sampling time that a communication point may miss a sample by. */
static const double near = 1e-6;
/* Steps of one call: a day where each takes 100 microseconds. */
static const double most_steps = 1e9;

/* ---- Parts of the state */

static double *inputs(const fmu_instance *self) { return self->state + AT_VALUES; }
static double *measured(const fmu_instance *self) { return inputs(self) + self->model.inputs; }
/* Those of the step that is under way. */
static double *held(const fmu_instance *self) { return measured(self) + self->model.measured; }
static double *values(const fmu_instance *self) { return held(self) + self->model.inputs + self->model.measured; }

static int mode(const fmu_instance *self) { return (int)self->state[AT_MODE]; }

double fmu_time(const fmu_instance *self) { return self->state[AT_TIME]; }

/* ---- What is told */

fmu_status fmu_error(fmu_instance *self, const char *function, const char *text) {
  char message[200];
  if (self->log != NULL) {
    (void)snprintf(message, sizeof message, "%s: %s", function, text);
    self->log(self, STATUS_ERROR, message);
  }
  return STATUS_ERROR;
}

int fmu_may(fmu_instance *self, const char *function, int modes) {
  if (self == NULL) return 0;
  if ((mode(self) & modes) != 0) return 1;
  (void)fmu_error(
      self, function,
      mode(self) == MODE_INSTANTIATED   ? "not before the initialization mode"
      : mode(self) == MODE_INITIALISING ? "not in the initialization mode"
      : mode(self) == MODE_STEPPING     ? "not after the initialization"
                                        : "not after the end");
  return 0;
}

fmu_status fmu_other(fmu_instance *self, const char *function, size_t count) {
  if (self == NULL) return STATUS_ERROR;
  return count == 0 ? STATUS_OK : fmu_error(self, function, "there are no variables of this type");
}

fmu_status fmu_cannot(fmu_instance *self, const char *function) {
  return self == NULL ? STATUS_ERROR : fmu_error(self, function, "a co-simulation FMU of this kind does not know it");
}

/* ---- Beginning and end */

fmu_instance *fmu_create(
    const fmu_instance *shape, const char *function, const char *name, const char *folder, const char *token) {
  fmu_instance *self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  *self = *shape;
  const char *fault = name == NULL ? "the name of the instance is NULL" : NULL;
  if (fault == NULL && folder == NULL) fault = "the folder of resources is NULL";
  if (fault == NULL && token == NULL) fault = "the instantiation token is NULL";
  if (fault == NULL) {
    self->name = malloc(strlen(name) + 1);
    if (self->name != NULL) memcpy(self->name, name, strlen(name) + 1);
    const size_t length = strlen(folder);
    char *path = malloc(length + sizeof "/model.bin");
    if (path == NULL || self->name == NULL) {
      fault = "not enough memory";
    } else {
      memcpy(path, folder, length);
      memcpy(path + length, "/model.bin", sizeof "/model.bin");
      fault = model_load(&self->model, path);
    }
    free(path);
  }
  if (fault == NULL && strcmp(token, self->model.token) != 0) fault = "the instantiation token is that of another FMU";
  if (fault == NULL) {
    self->state_size =
        AT_VALUES + 2 * (self->model.inputs + self->model.measured) + self->model.state_size;
    self->state = calloc((size_t)self->state_size, sizeof *self->state);
    if (self->state == NULL) fault = "not enough memory";
  }
  if (fault != NULL) {
    (void)fmu_error(self, function, fault);
    fmu_free(self);
    return NULL;
  }
  (void)fmu_reset(self);
  return self;
}

void fmu_free(fmu_instance *self) {
  if (self == NULL) return;
  model_free(&self->model);
  free(self->state);
  free(self->name);
  free(self);
}

fmu_status fmu_reset(fmu_instance *self) {
  if (self == NULL) return STATUS_ERROR;
  for (int64_t k = 0; k < self->state_size; k++) self->state[k] = 0;
  self->state[AT_MODE] = MODE_INSTANTIATED;
  for (int64_t k = 0; k < self->model.measured; k++) measured(self)[k] = NAN;
  model_start(&self->model, values(self));
  return STATUS_OK;
}

fmu_status fmu_begin(fmu_instance *self, const char *function, double start, int has_stop, double stop) {
  if (!fmu_may(self, function, MODE_INSTANTIATED)) return STATUS_ERROR;
  if (!isfinite(start)) return fmu_error(self, function, "the start time is not finite");
  if (has_stop && !(stop >= start)) return fmu_error(self, function, "the stop time is before the start time");
  self->state[AT_TIME] = start;
  self->state[AT_HAS_STOP] = has_stop != 0;
  self->state[AT_STOP] = has_stop ? stop : 0;
  return STATUS_OK;
}

fmu_status fmu_mode(fmu_instance *self, const char *function, int from, int to) {
  if (!fmu_may(self, function, from)) return STATUS_ERROR;
  self->state[AT_MODE] = to;
  return STATUS_OK;
}

/* ---- Steps */

/* Takes the inputs of the step that begins. */
static void hold(fmu_instance *self) {
  const int64_t count = self->model.inputs + self->model.measured;
  memcpy(held(self), inputs(self), (size_t)count * sizeof(double));
}

/* Computes the outputs where inputs or time have changed. */
static int evaluate(fmu_instance *self) {
  if (self->state[AT_EVALUATED] == 0) {
    /* At a sample the inputs may still change. */
    if (self->state[AT_PHASE] == 0) hold(self);
    model_evaluate(&self->model, values(self), held(self), held(self) + self->model.inputs);
    self->state[AT_EVALUATED] = 1;
  }
  for (int64_t k = 0; k < self->model.outputs_count; k++) {
    if (!isfinite(model_output(&self->model, values(self), k))) return 0;
  }
  return 1;
}

fmu_status fmu_step(fmu_instance *self, const char *function, double point, double size) {
  if (!fmu_may(self, function, MODE_STEPPING)) return STATUS_ERROR;
  double *state = self->state;
  if (!isfinite(point) || !isfinite(size) || !(size > 0)) {
    return fmu_error(self, function, "the step size is not finite and above 0");
  }
  if (fabs(point - state[AT_TIME]) > 0.01 * size + near * fabs(point)) {
    return fmu_error(self, function, "the communication point is not where the last step ended");
  }
  if (state[AT_HAS_STOP] != 0 && point + size > state[AT_STOP] + near * (size + fabs(state[AT_STOP]))) {
    return fmu_error(self, function, "the step goes past the stop time");
  }
  double end = state[AT_PHASE] + size / self->model.step;
  if (!(end <= most_steps)) return fmu_error(self, function, "the step has more than 1e9 sampling times");
  /* Where an importer adds up its steps they meet samples nearly. */
  if (fabs(end - round(end)) <= near) end = round(end);
  int is_finite = evaluate(self);
  for (double done = 1; done <= end && is_finite; done++) {
    model_keep(&self->model, values(self));
    state[AT_PHASE] = 0;
    state[AT_EVALUATED] = 0;
    /* The sample where it ends may get other inputs. */
    if (done + 1 <= end || end > floor(end)) is_finite = evaluate(self);
  }
  if (!is_finite) return fmu_error(self, function, "outputs are not finite: the network diverges with these inputs");
  state[AT_PHASE] = end - floor(end);
  state[AT_TIME] = point + size;
  return STATUS_OK;
}

/* ---- Variables */

fmu_status fmu_get(fmu_instance *self, const char *function, const uint32_t *references, size_t count, double *found) {
  if (!fmu_may(self, function, MODE_INITIALISING | MODE_STEPPING | MODE_TERMINATED)) return STATUS_ERROR;
  if (count > 0 && (references == NULL || found == NULL)) return fmu_error(self, function, "an array is NULL");
  const int64_t first = 1 + self->model.inputs, last = first + self->model.outputs_count;
  for (size_t k = 0; k < count; k++) {
    const int64_t reference = references[k];
    if (reference == 0) {
      found[k] = fmu_time(self);
    } else if (reference < first) {
      found[k] = inputs(self)[reference - 1];
    } else if (reference < last) {
      if (!evaluate(self)) return fmu_error(self, function, "outputs are not finite");
      found[k] = model_output(&self->model, values(self), reference - first);
    } else if (reference < last + self->model.measured) {
      found[k] = measured(self)[reference - last];
    } else {
      return fmu_error(self, function, "there is no variable of this reference");
    }
  }
  return STATUS_OK;
}

fmu_status fmu_set(
    fmu_instance *self, const char *function, const uint32_t *references, size_t count, const double *given) {
  if (!fmu_may(self, function, MODE_INSTANTIATED | MODE_INITIALISING | MODE_STEPPING)) return STATUS_ERROR;
  if (count > 0 && (references == NULL || given == NULL)) return fmu_error(self, function, "an array is NULL");
  const int64_t first = 1 + self->model.inputs, last = first + self->model.outputs_count;
  for (size_t k = 0; k < count; k++) {
    const int64_t reference = references[k];
    const int is_input = reference >= 1 && reference < first;
    if (!is_input && !(reference >= last && reference < last + self->model.measured)) {
      return fmu_error(self, function, "there is no input of this reference");
    }
    if (is_input ? !isfinite(given[k]) : isinf(given[k])) return fmu_error(self, function, "an input is not finite");
  }
  for (size_t k = 0; k < count; k++) {
    const int64_t reference = references[k];
    *(reference < first ? inputs(self) + reference - 1 : measured(self) + reference - last) = given[k];
  }
  /* Between samples they count from the next one on. */
  if (self->state[AT_PHASE] == 0) self->state[AT_EVALUATED] = 0;
  return STATUS_OK;
}

/* ---- States: the numbers of an instance, behind the token of the model */

static const size_t token_size = 40;

static size_t bytes_of_state(const fmu_instance *self) {
  return token_size + (size_t)self->state_size * sizeof(double);
}

fmu_status fmu_get_state(fmu_instance *self, const char *function, void **state) {
  if (self == NULL) return STATUS_ERROR;
  if (state == NULL) return fmu_error(self, function, "the place of the state is NULL");
  char *found = *state != NULL ? *state : malloc(bytes_of_state(self));
  if (found == NULL) return fmu_error(self, function, "not enough memory");
  memcpy(found, self->model.token, token_size);
  memcpy(found + token_size, self->state, (size_t)self->state_size * sizeof(double));
  *state = found;
  return STATUS_OK;
}

/* Whether those bytes are a state of this model that can be gone on from. */
static int is_state(const fmu_instance *self, const char *bytes) {
  double own;
  if (memcmp(bytes, self->model.token, token_size) != 0) return 0;
#define NUMBER(place) (memcpy(&own, bytes + token_size + (size_t)(place) * sizeof own, sizeof own), own)
  const double mode = NUMBER(AT_MODE);
  const double phase = NUMBER(AT_PHASE);
  if (!(mode == 1 || mode == 2 || mode == 4 || mode == 8) || !(phase >= 0 && phase < 1)) return 0;
  const int64_t first = values(self) - self->state;
  for (int64_t k = 0; k < self->model.signal_count; k++) {
    const model_signal *signal = &self->model.signals[k];
    const double row = NUMBER(first + signal->at);
    if (!(row >= 0 && row < (double)(signal->depth > 0 ? signal->depth : 1))) return 0;
  }
#undef NUMBER
  return 1;
}

fmu_status fmu_set_state(fmu_instance *self, const char *function, const void *state) {
  if (self == NULL) return STATUS_ERROR;
  if (state == NULL) return fmu_error(self, function, "the state is NULL");
  if (!is_state(self, state)) return fmu_error(self, function, "the state is not of this model");
  memcpy(self->state, (const char *)state + token_size, (size_t)self->state_size * sizeof(double));
  return STATUS_OK;
}

fmu_status fmu_free_state(fmu_instance *self, const char *function, void **state) {
  if (self == NULL) return STATUS_ERROR;
  if (state == NULL) return fmu_error(self, function, "the place of the state is NULL");
  free(*state);
  *state = NULL;
  return STATUS_OK;
}

fmu_status fmu_state_bytes(fmu_instance *self, const char *function, const void *state, size_t *size) {
  if (self == NULL) return STATUS_ERROR;
  if (state == NULL || size == NULL) return fmu_error(self, function, "the state or the place of its size is NULL");
  *size = bytes_of_state(self);
  return STATUS_OK;
}

fmu_status fmu_write_state(fmu_instance *self, const char *function, const void *state, char *bytes, size_t size) {
  if (self == NULL) return STATUS_ERROR;
  if (state == NULL || bytes == NULL) return fmu_error(self, function, "the state or its bytes are NULL");
  if (size < bytes_of_state(self)) return fmu_error(self, function, "there is not enough room for the state");
  memcpy(bytes, state, bytes_of_state(self));
  return STATUS_OK;
}

fmu_status fmu_read_state(fmu_instance *self, const char *function, const char *bytes, size_t size, void **state) {
  if (self == NULL) return STATUS_ERROR;
  if (bytes == NULL || state == NULL) return fmu_error(self, function, "the bytes or the place of the state are NULL");
  if (size != bytes_of_state(self) || !is_state(self, bytes)) {
    return fmu_error(self, function, "the bytes are no state of this model");
  }
  char *found = *state != NULL ? *state : malloc(size);
  if (found == NULL) return fmu_error(self, function, "not enough memory");
  memcpy(found, bytes, size);
  *state = found;
  return STATUS_OK;
}
