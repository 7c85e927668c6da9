/* An instance of a model as both versions of FMI see it: variables by number, modes, time, states. */
#ifndef BACKTUNE_INSTANCE_H
#define BACKTUNE_INSTANCE_H

#include "model.h"

#include <stddef.h>

/* All functions of the FMU, and nothing else, can be seen from outside. */
#if defined(__GNUC__)
#define FMU_EXPORT __attribute__((visibility("default")))
#elif defined(_WIN32)
#define FMU_EXPORT __declspec(dllexport)
#else
#define FMU_EXPORT
#endif
#define FMU_JOINED(prefix, name) prefix##name
#define FMU_PREFIXED(prefix, name) FMU_JOINED(prefix, name)

/* As both versions number them. */
typedef enum { STATUS_OK, STATUS_WARNING, STATUS_DISCARD, STATUS_ERROR } fmu_status;

/* Bits, so that several can be allowed. */
enum { MODE_INSTANTIATED = 1, MODE_INITIALISING = 2, MODE_STEPPING = 4, MODE_TERMINATED = 8, MODE_ANY = 15 };

/* Numbers that every state begins with; inputs and measured values stand behind them, those of the step that is under way,
 * then the state of the model. */
enum { AT_MODE, AT_TIME, AT_HAS_STOP, AT_STOP, AT_PHASE, AT_EVALUATED, AT_VALUES };

typedef struct fmu_instance fmu_instance;
struct fmu_instance {
  model model;
  double *state;
  int64_t state_size;
  char *name;
  /* What the importer gave, as the version knows it. */
  void *environment;
  void (*logger)(void);
  void (*log)(fmu_instance *self, fmu_status status, const char *text);
};

/* NULL where it cannot be made; `log` was told why. `shape` has what is told to whom, and is copied. */
fmu_instance *fmu_create(
    const fmu_instance *shape, const char *function, const char *name, const char *folder, const char *token);
void fmu_free(fmu_instance *self);

/* Logs "function: text". */
fmu_status fmu_error(fmu_instance *self, const char *function, const char *text);
/* Whether the instance is there and in one of these modes. */
int fmu_may(fmu_instance *self, const char *function, int modes);

fmu_status fmu_reset(fmu_instance *self);
fmu_status fmu_begin(fmu_instance *self, const char *function, double start, int has_stop, double stop);
fmu_status fmu_mode(fmu_instance *self, const char *function, int from, int to);
fmu_status fmu_step(fmu_instance *self, const char *function, double point, double size);
double fmu_time(const fmu_instance *self);

/* Variables: 0 is the time, then inputs, outputs, and what is measured. */
fmu_status fmu_get(fmu_instance *self, const char *function, const uint32_t *references, size_t count, double *values);
fmu_status fmu_set(
    fmu_instance *self, const char *function, const uint32_t *references, size_t count, const double *values);
/* Of a type that no variable has. */
fmu_status fmu_other(fmu_instance *self, const char *function, size_t count);
fmu_status fmu_cannot(fmu_instance *self, const char *function);

fmu_status fmu_get_state(fmu_instance *self, const char *function, void **state);
fmu_status fmu_set_state(fmu_instance *self, const char *function, const void *state);
fmu_status fmu_free_state(fmu_instance *self, const char *function, void **state);
fmu_status fmu_state_bytes(fmu_instance *self, const char *function, const void *state, size_t *size);
fmu_status fmu_write_state(fmu_instance *self, const char *function, const void *state, char *bytes, size_t size);
fmu_status fmu_read_state(fmu_instance *self, const char *function, const char *bytes, size_t size, void **state);

#endif
