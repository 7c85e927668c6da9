/* What FMI 3.0 demands of every FMU, and one of this kind cannot do: an error each. */
#include "instance.h"

#include <stdbool.h>

#if defined(FMI3_FUNCTION_PREFIX) && !defined(FMI3_OVERRIDE_FUNCTION_PREFIX)
#define NAME(name) FMU_PREFIXED(FMI3_FUNCTION_PREFIX, name)
#else
#define NAME(name) name
#endif

/* The types of the arguments, which nothing reads, and their number. */
#define CANNOT_1(name) \
  FMU_EXPORT fmu_status NAME(name)(void *self); \
  FMU_EXPORT fmu_status NAME(name)(void *self) { return fmu_cannot(self, #name); }
#define CANNOT_2(name, a) \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p); \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p) { return (void)p, fmu_cannot(self, #name); }
#define CANNOT_3(name, a, b) \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q); \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q) { return (void)p, (void)q, fmu_cannot(self, #name); }
#define CANNOT_4(name, a, b, c) \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q, c r); \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q, c r) { \
    return (void)p, (void)q, (void)r, fmu_cannot(self, #name); \
  }
#define CANNOT_5(name, a, b, c, d) \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q, c r, d s); \
  FMU_EXPORT fmu_status NAME(name)(void *self, a p, b q, c r, d s) { \
    return (void)p, (void)q, (void)r, (void)s, fmu_cannot(self, #name); \
  }

typedef const uint32_t *references;
typedef const double *given;

CANNOT_1(fmi3EnterConfigurationMode)
CANNOT_1(fmi3ExitConfigurationMode)
CANNOT_1(fmi3EnterEventMode)
CANNOT_1(fmi3EnterStepMode)
CANNOT_1(fmi3EnterContinuousTimeMode)
CANNOT_1(fmi3EvaluateDiscreteStates)
CANNOT_2(fmi3SetTime, double)
CANNOT_2(fmi3GetNumberOfEventIndicators, size_t *)
CANNOT_2(fmi3GetNumberOfContinuousStates, size_t *)
CANNOT_3(fmi3GetNumberOfVariableDependencies, uint32_t, size_t *)
CANNOT_3(fmi3SetContinuousStates, given, size_t)
CANNOT_3(fmi3GetContinuousStateDerivatives, double *, size_t)
CANNOT_3(fmi3GetEventIndicators, double *, size_t)
CANNOT_3(fmi3GetContinuousStates, double *, size_t)
CANNOT_3(fmi3GetNominalsOfContinuousStates, double *, size_t)
CANNOT_3(fmi3ActivateModelPartition, uint32_t, double)
CANNOT_4(fmi3CompletedIntegratorStep, bool, bool *, bool *)
CANNOT_4(fmi3SetIntervalDecimal, references, size_t, given)
CANNOT_4(fmi3SetShiftDecimal, references, size_t, given)
CANNOT_4(fmi3GetShiftDecimal, references, size_t, double *)
CANNOT_5(fmi3GetIntervalDecimal, references, size_t, double *, int *)
CANNOT_5(fmi3GetShiftFraction, references, size_t, uint64_t *, uint64_t *)
CANNOT_5(fmi3SetIntervalFraction, references, size_t, const uint64_t *, const uint64_t *)
CANNOT_5(fmi3SetShiftFraction, references, size_t, const uint64_t *, const uint64_t *)

#define FUNCTION(name, arguments) \
  FMU_EXPORT fmu_status NAME(name) arguments; \
  FMU_EXPORT fmu_status NAME(name) arguments

FUNCTION(fmi3GetIntervalFraction,
    (void *self, references clocks, size_t count, uint64_t *counters, uint64_t *resolutions, int *qualifiers)) {
  (void)clocks, (void)count, (void)counters, (void)resolutions, (void)qualifiers;
  return fmu_cannot(self, "fmi3GetIntervalFraction");
}

FUNCTION(fmi3UpdateDiscreteStates,
    (void *self, bool *more, bool *must_end, bool *nominals, bool *values, bool *has_next, double *next)) {
  (void)more, (void)must_end, (void)nominals, (void)values, (void)has_next, (void)next;
  return fmu_cannot(self, "fmi3UpdateDiscreteStates");
}

FUNCTION(fmi3GetVariableDependencies,
    (void *self, uint32_t dependent, size_t *elements, uint32_t *independents, size_t *their_elements, int *kinds,
     size_t count)) {
  (void)dependent, (void)elements, (void)independents, (void)their_elements, (void)kinds, (void)count;
  return fmu_cannot(self, "fmi3GetVariableDependencies");
}

#define DERIVATIVE(name) \
  FUNCTION(name, \
      (void *self, references unknowns, size_t unknown_count, references knowns, size_t known_count, given seed, \
       size_t seed_count, double *found, size_t found_count)) { \
    (void)unknowns, (void)unknown_count, (void)knowns, (void)known_count; \
    (void)seed, (void)seed_count, (void)found, (void)found_count; \
    return fmu_cannot(self, #name); \
  }

DERIVATIVE(fmi3GetDirectionalDerivative)
DERIVATIVE(fmi3GetAdjointDerivative)
