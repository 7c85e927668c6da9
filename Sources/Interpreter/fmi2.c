/* The functions of FMI 2.0, for co-simulation: https://fmi-standard.org/downloads. */
#include "instance.h"

#include <stdlib.h>
#include <string.h>

#if defined(FMI2_FUNCTION_PREFIX) && !defined(FMI2_OVERRIDE_FUNCTION_PREFIX)
#define NAME(name) FMU_PREFIXED(FMI2_FUNCTION_PREFIX, name)
#else
#define NAME(name) name
#endif

/* A function, declared before it is defined. */
#define FUNCTION(type, name, arguments) \
  FMU_EXPORT type NAME(name) arguments; \
  FMU_EXPORT type NAME(name) arguments

typedef const uint32_t *references;
typedef const char *text;
typedef void (*log_function)(void *environment, text instance, fmu_status status, text category, text message, ...);

typedef struct {
  log_function log;
  void *(*allocate)(size_t count, size_t size);
  void (*release)(void *place);
  void (*finished)(void *environment, fmu_status status);
  void *environment;
} callbacks;

static void told(fmu_instance *self, fmu_status status, const char *message) {
  if (self->logger == NULL) return;
  /* No message holds a percent sign, which would be read as a format. */
  ((log_function)self->logger)(self->environment, self->name != NULL ? self->name : "", status, "error", message);
}

FUNCTION(text, fmi2GetTypesPlatform, (void)) { return "default"; }

FUNCTION(text, fmi2GetVersion, (void)) { return "2.0"; }

FUNCTION(fmu_status, fmi2SetDebugLogging, (void *self, int is_on, size_t count, const text categories[])) {
  (void)is_on, (void)count, (void)categories; /* Errors are always told, and there is nothing else to tell. */
  return self == NULL ? STATUS_ERROR : STATUS_OK;
}

/* ---- Instances */

static int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The folder of a URI, or a path as it is; NULL where there is no memory. */
static char *folder_of(const char *location) {
  if (strncmp(location, "file:", 5) == 0) {
    location += 5;
    if (strncmp(location, "//", 2) == 0) {
      /* What stands before the path is this machine. */
      location += 2;
      const char *path = strchr(location, '/');
      if (path != NULL) location = path;
    }
  }
  char *folder = malloc(strlen(location) + 1);
  if (folder == NULL) return NULL;
  char *end = folder;
  for (const char *c = location; *c != '\0'; c++) {
    if (*c == '%' && digit(c[1]) >= 0 && digit(c[2]) >= 0) {
      *end++ = (char)(16 * digit(c[1]) + digit(c[2]));
      c += 2;
    } else {
      *end++ = *c;
    }
  }
  *end = '\0';
  return folder;
}

FUNCTION(void *, fmi2Instantiate,
    (text name, int kind, text guid, text location, const callbacks *functions, int is_visible, int is_logging)) {
  (void)is_visible, (void)is_logging;
  fmu_instance shape = {0};
  shape.environment = functions != NULL ? functions->environment : NULL;
  shape.logger = functions != NULL ? (void (*)(void))functions->log : NULL;
  shape.log = told;
  if (kind != 1) {
    (void)fmu_error(&shape, "fmi2Instantiate", "the FMU is one for co-simulation");
    return NULL;
  }
  char *folder = location == NULL ? NULL : folder_of(location);
  fmu_instance *self = fmu_create(&shape, "fmi2Instantiate", name, folder, guid);
  free(folder);
  return self;
}

FUNCTION(void, fmi2FreeInstance, (void *self)) { fmu_free(self); }

FUNCTION(fmu_status, fmi2SetupExperiment,
    (void *self, int has_tolerance, double tolerance, double start, int has_stop, double stop)) {
  (void)has_tolerance, (void)tolerance;
  return fmu_begin(self, "fmi2SetupExperiment", start, has_stop, stop);
}

FUNCTION(fmu_status, fmi2EnterInitializationMode, (void *self)) {
  return fmu_mode(self, "fmi2EnterInitializationMode", MODE_INSTANTIATED, MODE_INITIALISING);
}

FUNCTION(fmu_status, fmi2ExitInitializationMode, (void *self)) {
  return fmu_mode(self, "fmi2ExitInitializationMode", MODE_INITIALISING, MODE_STEPPING);
}

FUNCTION(fmu_status, fmi2Terminate, (void *self)) {
  return fmu_mode(self, "fmi2Terminate", MODE_STEPPING, MODE_TERMINATED);
}

FUNCTION(fmu_status, fmi2Reset, (void *self)) { return fmu_reset(self); }

FUNCTION(fmu_status, fmi2DoStep, (void *self, double point, double size, int is_final)) {
  (void)is_final;
  return fmu_step(self, "fmi2DoStep", point, size);
}

FUNCTION(fmu_status, fmi2CancelStep, (void *self)) { return fmu_cannot(self, "fmi2CancelStep"); }

/* ---- Variables: all are Real */

FUNCTION(fmu_status, fmi2GetReal, (void *self, references of, size_t count, double values[])) {
  return fmu_get(self, "fmi2GetReal", of, count, values);
}

FUNCTION(fmu_status, fmi2SetReal, (void *self, references of, size_t count, const double values[])) {
  return fmu_set(self, "fmi2SetReal", of, count, values);
}

#define OTHER(name, type) \
  FUNCTION(fmu_status, fmi2Get##name, (void *self, references of, size_t count, type values[])) { \
    (void)of, (void)values; \
    return fmu_other(self, "fmi2Get" #name, count); \
  } \
  FUNCTION(fmu_status, fmi2Set##name, (void *self, references of, size_t count, const type values[])) { \
    (void)of, (void)values; \
    return fmu_other(self, "fmi2Set" #name, count); \
  }

OTHER(Integer, int)
OTHER(Boolean, int)
OTHER(String, text)

FUNCTION(fmu_status, fmi2SetRealInputDerivatives,
    (void *self, references of, size_t count, const int orders[], const double values[])) {
  (void)of, (void)orders, (void)values;
  return fmu_other(self, "fmi2SetRealInputDerivatives", count);
}

FUNCTION(fmu_status, fmi2GetRealOutputDerivatives,
    (void *self, references of, size_t count, const int orders[], double values[])) {
  (void)of, (void)orders, (void)values;
  return fmu_other(self, "fmi2GetRealOutputDerivatives", count);
}

FUNCTION(fmu_status, fmi2GetDirectionalDerivative,
    (void *self, references unknowns, size_t unknown_count, references knowns, size_t known_count,
     const double known[], double unknown[])) {
  (void)unknowns, (void)unknown_count, (void)knowns, (void)known_count, (void)known, (void)unknown;
  return fmu_cannot(self, "fmi2GetDirectionalDerivative");
}

/* ---- Status: every step has ended when its function returns */

FUNCTION(fmu_status, fmi2GetRealStatus, (void *self, int kind, double *value)) {
  /* The time of the last step. */
  if (self == NULL || kind != 2 || value == NULL) return self == NULL ? STATUS_ERROR : STATUS_DISCARD;
  *value = fmu_time(self);
  return STATUS_OK;
}

FUNCTION(fmu_status, fmi2GetBooleanStatus, (void *self, int kind, int *value)) {
  /* Whether it wants to end. */
  if (self == NULL || kind != 3 || value == NULL) return self == NULL ? STATUS_ERROR : STATUS_DISCARD;
  *value = 0;
  return STATUS_OK;
}

#define NO_STATUS(name, type) \
  FUNCTION(fmu_status, name, (void *self, int kind, type *value)) { \
    (void)kind, (void)value; \
    return self == NULL ? STATUS_ERROR : STATUS_DISCARD; \
  }

NO_STATUS(fmi2GetStatus, fmu_status)
NO_STATUS(fmi2GetIntegerStatus, int)
NO_STATUS(fmi2GetStringStatus, text)

/* ---- States */

FUNCTION(fmu_status, fmi2GetFMUstate, (void *self, void **state)) {
  return fmu_get_state(self, "fmi2GetFMUstate", state);
}

FUNCTION(fmu_status, fmi2SetFMUstate, (void *self, void *state)) {
  return fmu_set_state(self, "fmi2SetFMUstate", state);
}

FUNCTION(fmu_status, fmi2FreeFMUstate, (void *self, void **state)) {
  return fmu_free_state(self, "fmi2FreeFMUstate", state);
}

FUNCTION(fmu_status, fmi2SerializedFMUstateSize, (void *self, void *state, size_t *size)) {
  return fmu_state_bytes(self, "fmi2SerializedFMUstateSize", state, size);
}

FUNCTION(fmu_status, fmi2SerializeFMUstate, (void *self, void *state, char bytes[], size_t size)) {
  return fmu_write_state(self, "fmi2SerializeFMUstate", state, bytes, size);
}

FUNCTION(fmu_status, fmi2DeSerializeFMUstate, (void *self, const char bytes[], size_t size, void **state)) {
  return fmu_read_state(self, "fmi2DeSerializeFMUstate", bytes, size, state);
}
