/* The functions of FMI 3.0, for co-simulation: https://fmi-standard.org/docs/3.0. */
#include "instance.h"

#include <stdbool.h>

#if defined(FMI3_FUNCTION_PREFIX) && !defined(FMI3_OVERRIDE_FUNCTION_PREFIX)
#define NAME(name) FMU_PREFIXED(FMI3_FUNCTION_PREFIX, name)
#else
#define NAME(name) name
#endif

/* A function, declared before it is defined. */
#define FUNCTION(type, name, arguments) \
  FMU_EXPORT type NAME(name) arguments; \
  FMU_EXPORT type NAME(name) arguments

typedef const uint32_t *references;
typedef void (*log_function)(void *environment, fmu_status status, const char *category, const char *message);
typedef void (*other_function)(void);

static void told(fmu_instance *self, fmu_status status, const char *text) {
  if (self->logger != NULL) ((log_function)self->logger)(self->environment, status, "error", text);
}

FUNCTION(const char *, fmi3GetVersion, (void)) { return "3.0"; }

/* ---- Instances */

FUNCTION(fmu_status, fmi3SetDebugLogging, (void *self, bool is_on, size_t count, const char *const categories[])) {
  (void)is_on, (void)count, (void)categories; /* Errors are always told, and there is nothing else to tell. */
  return self == NULL ? STATUS_ERROR : STATUS_OK;
}

FUNCTION(void *, fmi3InstantiateCoSimulation,
    (const char *name, const char *token, const char *folder, bool is_visible, bool is_logging, bool has_events,
     bool may_return_early, references intermediate, size_t count, void *environment, log_function log,
     other_function update)) {
  (void)is_visible, (void)is_logging, (void)may_return_early, (void)intermediate, (void)count, (void)update;
  fmu_instance shape = {0};
  shape.environment = environment;
  shape.logger = (other_function)log;
  shape.log = told;
  if (has_events) {
    (void)fmu_error(&shape, "fmi3InstantiateCoSimulation", "there is no event mode");
    return NULL;
  }
  return fmu_create(&shape, "fmi3InstantiateCoSimulation", name, folder, token);
}

static void *not_made(const char *function, void *environment, log_function log) {
  fmu_instance shape = {0};
  shape.environment = environment;
  shape.logger = (other_function)log;
  shape.log = told;
  (void)fmu_error(&shape, function, "the FMU is one for co-simulation");
  return NULL;
}

FUNCTION(void *, fmi3InstantiateModelExchange,
    (const char *name, const char *token, const char *folder, bool is_visible, bool is_logging, void *environment,
     log_function log)) {
  (void)name, (void)token, (void)folder, (void)is_visible, (void)is_logging;
  return not_made("fmi3InstantiateModelExchange", environment, log);
}

FUNCTION(void *, fmi3InstantiateScheduledExecution,
    (const char *name, const char *token, const char *folder, bool is_visible, bool is_logging, void *environment,
     log_function log, other_function update, other_function lock, other_function unlock)) {
  (void)name, (void)token, (void)folder, (void)is_visible, (void)is_logging, (void)update, (void)lock, (void)unlock;
  return not_made("fmi3InstantiateScheduledExecution", environment, log);
}

FUNCTION(void, fmi3FreeInstance, (void *self)) { fmu_free(self); }

FUNCTION(fmu_status, fmi3EnterInitializationMode,
    (void *self, bool has_tolerance, double tolerance, double start, bool has_stop, double stop)) {
  (void)has_tolerance, (void)tolerance;
  const fmu_status status = fmu_begin(self, "fmi3EnterInitializationMode", start, has_stop, stop);
  if (status != STATUS_OK) return status;
  return fmu_mode(self, "fmi3EnterInitializationMode", MODE_INSTANTIATED, MODE_INITIALISING);
}

FUNCTION(fmu_status, fmi3ExitInitializationMode, (void *self)) {
  return fmu_mode(self, "fmi3ExitInitializationMode", MODE_INITIALISING, MODE_STEPPING);
}

FUNCTION(fmu_status, fmi3Terminate, (void *self)) {
  return fmu_mode(self, "fmi3Terminate", MODE_STEPPING, MODE_TERMINATED);
}

FUNCTION(fmu_status, fmi3Reset, (void *self)) { return fmu_reset(self); }

FUNCTION(fmu_status, fmi3DoStep,
    (void *self, double point, double size, bool is_final, bool *needs_events, bool *must_end, bool *is_early,
     double *last)) {
  (void)is_final;
  const fmu_status status = fmu_step(self, "fmi3DoStep", point, size);
  if (needs_events != NULL) *needs_events = false;
  if (must_end != NULL) *must_end = false;
  if (is_early != NULL) *is_early = false;
  if (last != NULL && self != NULL) *last = fmu_time(self);
  return status;
}

/* ---- Variables: all are of Float64 */

FUNCTION(fmu_status, fmi3GetFloat64,
    (void *self, references of, size_t count, double values[], size_t value_count)) {
  if (self != NULL && count != value_count) return fmu_error(self, "fmi3GetFloat64", "every variable has one value");
  return fmu_get(self, "fmi3GetFloat64", of, count, values);
}

FUNCTION(fmu_status, fmi3SetFloat64,
    (void *self, references of, size_t count, const double values[], size_t value_count)) {
  if (self != NULL && count != value_count) return fmu_error(self, "fmi3SetFloat64", "every variable has one value");
  return fmu_set(self, "fmi3SetFloat64", of, count, values);
}

#define OTHER(name, type) \
  FUNCTION(fmu_status, fmi3Get##name, (void *self, references of, size_t count, type values[], size_t value_count)) { \
    (void)of, (void)values, (void)value_count; \
    return fmu_other(self, "fmi3Get" #name, count); \
  } \
  FUNCTION(fmu_status, fmi3Set##name, \
      (void *self, references of, size_t count, const type values[], size_t value_count)) { \
    (void)of, (void)values, (void)value_count; \
    return fmu_other(self, "fmi3Set" #name, count); \
  }

typedef const char *text;
typedef const uint8_t *binary;

OTHER(Float32, float)
OTHER(Int8, int8_t)
OTHER(UInt8, uint8_t)
OTHER(Int16, int16_t)
OTHER(UInt16, uint16_t)
OTHER(Int32, int32_t)
OTHER(UInt32, uint32_t)
OTHER(Int64, int64_t)
OTHER(UInt64, uint64_t)
OTHER(Boolean, bool)
OTHER(String, text)

FUNCTION(fmu_status, fmi3GetBinary,
    (void *self, references of, size_t count, size_t sizes[], binary values[], size_t value_count)) {
  (void)of, (void)sizes, (void)values, (void)value_count;
  return fmu_other(self, "fmi3GetBinary", count);
}

FUNCTION(fmu_status, fmi3SetBinary,
    (void *self, references of, size_t count, const size_t sizes[], const binary values[], size_t value_count)) {
  (void)of, (void)sizes, (void)values, (void)value_count;
  return fmu_other(self, "fmi3SetBinary", count);
}

FUNCTION(fmu_status, fmi3GetClock, (void *self, references of, size_t count, bool values[])) {
  (void)of, (void)values;
  return fmu_other(self, "fmi3GetClock", count);
}

FUNCTION(fmu_status, fmi3SetClock, (void *self, references of, size_t count, const bool values[])) {
  (void)of, (void)values;
  return fmu_other(self, "fmi3SetClock", count);
}

FUNCTION(fmu_status, fmi3GetOutputDerivatives,
    (void *self, references of, size_t count, const int32_t orders[], double values[], size_t value_count)) {
  (void)of, (void)orders, (void)values, (void)value_count;
  return fmu_other(self, "fmi3GetOutputDerivatives", count);
}

/* ---- States */

FUNCTION(fmu_status, fmi3GetFMUState, (void *self, void **state)) {
  return fmu_get_state(self, "fmi3GetFMUState", state);
}

FUNCTION(fmu_status, fmi3SetFMUState, (void *self, void *state)) {
  return fmu_set_state(self, "fmi3SetFMUState", state);
}

FUNCTION(fmu_status, fmi3FreeFMUState, (void *self, void **state)) {
  return fmu_free_state(self, "fmi3FreeFMUState", state);
}

FUNCTION(fmu_status, fmi3SerializedFMUStateSize, (void *self, void *state, size_t *size)) {
  return fmu_state_bytes(self, "fmi3SerializedFMUStateSize", state, size);
}

FUNCTION(fmu_status, fmi3SerializeFMUState, (void *self, void *state, uint8_t bytes[], size_t size)) {
  return fmu_write_state(self, "fmi3SerializeFMUState", state, (char *)bytes, size);
}

FUNCTION(fmu_status, fmi3DeserializeFMUState, (void *self, const uint8_t bytes[], size_t size, void **state)) {
  return fmu_read_state(self, "fmi3DeserializeFMUState", (const char *)bytes, size, state);
}
