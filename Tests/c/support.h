/* What the test programs share. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <backtune.h>
#include <stddef.h>
#include <stdint.h>

#define HUGE_LENGTH ((int64_t)1 << 62)
#define COUNT(array) (int64_t)(sizeof(array) / sizeof((array)[0]))

/* Steps of the sequences of the standard estimator. */
#define STEPS 40

/* Smaller sizes where the environment says so (BACKTUNE_TEST_SMALL=1: under valgrind). */
int is_small(void);

/* The standard network: 1 input, unit "u" of kind lnl, 2 nodes, adjustable leak, drawn with seed 1. Groups u.x2, u.x1,
 * u.x; arrays u.x2.a (2), u.x2.W (2 x 2), u.x2.B (2 x 1), u.x1.g (2): 10 weights; 2 outputs; a flat state of 3. */
bt_network *standard_network(void);
#define STANDARD_WEIGHTS 10
#define STANDARD_OUTPUTS 2
#define STANDARD_STATE 3

/* Weights of its own: nine tenths of what they are. Those that are as drawn are taken in the units of the data where an
 * estimation starts, others are the start as they stand. */
void set_own_weights(bt_network *network);

/* An estimator for a network of one input, with STEPS steps of random data. */
bt_estimator *standard_estimator(bt_network *network);

/* The data of such an estimator: STEPS x 1 inputs, and the outputs of another draw of the same network. */
void standard_data(const bt_network *network, double *inputs, double *desired);

/* A column of the trace, to be freed. */
double *trace_column(const bt_estimator *estimator, const char *name, int64_t *length);

/* A value that no call writes, and whether all of a buffer still holds it. */
#define SENTINEL (-4321.125)
void fill(double *values, int64_t count);
int is_untouched(const double *values, int64_t count);

/* Memory of exactly this size, so that valgrind and the sanitizers see what lies beyond. Never NULL. */
void *exact(size_t bytes);
double *exact_doubles(int64_t count, double value);

/* A network from text; the status of the call. */
bt_status from_text(const char *text, bt_network **network);

/* Every function that takes a handle, with arguments that fit the standard network and its estimator. */
typedef enum { USES_NETWORK, USES_ESTIMATOR } call_kind;
typedef enum { READS, WRITES } call_effect;
typedef struct {
  const char *name;
  call_kind kind;
  call_effect effect;
  bt_status (*call)(void *handle);
} handle_call;
extern const handle_call handle_calls[];
extern const int64_t handle_call_count;

#endif
