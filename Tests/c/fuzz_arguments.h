/* Arguments of random calls, for fuzz.c and for Tests/fuzz/calls.c: numbers that are drawn, or read from bytes that a fuzzer
 * which sees what code they reach makes. */
#ifndef FUZZ_ARGUMENTS_H
#define FUZZ_ARGUMENTS_H

#include "check.h"
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES = 6, DEEPEST = 2 };

typedef struct {
  uint64_t random;
  /* What is taken before anything is drawn. */
  const uint8_t *bytes;
  size_t left;
  const char *call;
  long calls, failures;
  int depth;
} fuzzer;

/* Handles, living or freed, for everybody. */
static bt_network *networks[HANDLES];
static bt_estimator *estimators[HANDLES];
/* The networks that the estimators were made for, how many sequences they got last, and time steps in all. */
static bt_network *taught[HANDLES];
static int64_t taught_sequences[HANDLES], taught_steps[HANDLES];
/* Streams, and theirs. */
static bt_stream *streams[HANDLES];
static bt_network *streamed[HANDLES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Whether a callback should end what is going on. */
static int is_time_over(void);

static uint64_t draw(fuzzer *f) {
  f->random ^= f->random << 13;
  f->random ^= f->random >> 7;
  f->random ^= f->random << 17;
  return f->random * 0x2545F4914F6CDD1DULL >> 16;
}

static int below(fuzzer *f, int bound) {
  if (f->left == 0 || bound > 256) return (int)(draw(f) % (uint64_t)bound);
  f->left--;
  return *f->bytes++ % bound;
}

/* A zero byte is no. */
static int chance(fuzzer *f, int percent) { return below(f, 100) >= 100 - percent; }

/* Of a handle. What bytes say is short: mostly about those that were made at its beginning. */
static int slot(fuzzer *f) { return f->bytes != NULL && chance(f, 75) ? 0 : below(f, HANDLES); }

static int64_t strange_integer(fuzzer *f) {
  const int64_t list[] = {-1,
                          -2,
                          0,
                          INT64_MIN,
                          INT64_MIN + 1,
                          INT64_MAX,
                          INT64_MAX - 1,
                          HUGE_LENGTH,
                          -HUGE_LENGTH,
                          (int64_t)1 << 61,
                          (int64_t)1 << 53,
                          (int64_t)1 << 40,
                          INT32_MIN,
                          INT32_MAX,
                          (int64_t)1 << 32,
                          77777777};
  return list[below(f, (int)COUNT(list))];
}

/* A small number, seldom a strange one. */
static int64_t integer(fuzzer *f, int bound) { return chance(f, 6) ? strange_integer(f) : below(f, bound); }

/* One that is refused or small: those in between would merely take long. */
static int64_t harmless(int64_t n) { return n > 1000 && n <= (int64_t)1 << 32 ? 3 : n; }
static int64_t size(fuzzer *f) { return harmless(integer(f, 5)); }
static int64_t lag(fuzzer *f) { return chance(f, 60) ? 1 : harmless(integer(f, 4)); }

static double number(fuzzer *f) {
  const double list[] = {0, -0.0, 1, -1, 0.5, 1e-310, 5e-324, 1e150, 1e300, -1e300, NAN, INFINITY, -INFINITY, 1e9, 3};
  return chance(f, 15) ? list[below(f, (int)COUNT(list))] : below(f, 2001) / 1000.0 - 1;
}

static double calm(fuzzer *f) { return chance(f, 1) ? number(f) : below(f, 2001) / 1000.0 - 1; }

/* Kinds of units. */
static const char *const kinds[] = {
      "lnl", "linear", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax", "reservoir", "state_space",
      "dense", "conv1d", "gate", "product", "versatile"};

static const char *kind(fuzzer *f) { return kinds[below(f, (int)COUNT(kinds))]; }

static const char *word(fuzzer *f) {
  static const char *const list[] = {
      "v", "g", "a.x", "lnl.x", "lnl.x2", "lnl.x2.W", "lnl.x2.a", "lnl.x1.g", "linear.x", "linear.x.W1", "W", "a",
      "input", "self", "", "zeta", "square", "exp", "softplus", "reciprocal", "identity", "log", "step", "cost",
      "order", "guard", "tolerance", "max_iterations", "auto", "least-squares", "backward-tuning", "\x80",
      "\xe2\x82\xac", "target", "nu", "washout", "penalty", "first_cost", "observables", "l0", "ridge",
      "reestimation", "v.W", "v.a", "lnl.x.x0", "gru.x", "lstm.s", "reservoir.y", "state_space.x", "aif.s", "x.m1",
      "lnl.x.m1", "restarts", "initial_states", "balanced", "horizon", "static", "nmse", "variant", "simulations",
      "seconds", "gauss-newton"};
  if (chance(f, 3)) return NULL;
  return chance(f, 10) ? kind(f) : list[below(f, (int)COUNT(list))];
}

static const char *options(fuzzer *f) {
  static const char *const list[] = {
      "{}",
      "{\"leak\": \"adjust\"}",
      "{\"leak\": 0.5, \"activation\": \"tanh\"}",
      "{\"density\": 0.3}",
      "{\"bias\": false}",
      "{\"range\": 3}",
      "{\"input_lag\": 0}",
      "{\"leak\": [[[[]]]]}",
      "{",
      "\x80",
      "{\"sources\": [{\"source\": \"input\", \"lag\": 0}]}",
      "{\"sources\": []}",
      "{\"range\": 1e18}",
      "{\"sources\": [{\"source\": \"self\", \"lag\": 2}, {\"source\": 1, \"lag\": 0}]}",
      "{\"activation\": {\"name\": \"softplus\", \"eps\": 1e-300}}",
      "{\"mask\": [[1]]}",
      "{\"density\": 0}",
      "{\"initial\": \"learn\"}",
      "{\"time_constant\": 2, \"dt\": 0.1}",
      "{\"feedback\": \"measured\"}",
      "{\"feedback\": \"spikes\"}",
      "{\"peephole\": true}",
      "{\"profile\": \"logistic\"}",
      "{\"sharpness\": \"adjust\"}",
      "{\"temperature\": 1e-300}",
      "{\"outputs\": 2, \"spectral_radius\": 3}",
      "{\"hidden\": 0}",
      "{\"hidden\": 1, \"degree\": 9}",
      "{\"kernel\": 2}",
      "{\"sources\": [{\"source\": \"self\", \"lag\": -9223372036854775808}]}",
      "{\"input_lag\": 9223372036854775807}",
      "{\"seed\": 18446744073709551615}",
      "{\"functions\": [\"exp\", \"log\"]}",
      "{\"value_sources\": [{\"source\": 0, \"lag\": 1}]}"};
  return chance(f, 30) ? NULL : list[below(f, (int)COUNT(list))];
}

/* A buffer of this many doubles and one more, which a wrong length may happen to fit; a short one where the number is
 * absurd; seldom none. */
static double *doubles(fuzzer *f, int64_t count) {
  if (chance(f, 1)) return NULL;
  const int64_t length = count < 0 || count > 100000 ? 1 : count + 1;
  double *values = exact_doubles(length, 0);
  /* Out of one draw: bytes are for what is done with them. */
  fuzzer own = {.random = (uint64_t)below(f, 256) * 0x9E3779B97F4A7C15ULL + 1};
  for (int64_t k = 0; k < length; k++) values[k] = calm(&own);
  return values;
}

/* The right length, seldom another one. */
static int64_t about(fuzzer *f, int64_t right) {
  if (!chance(f, 4)) return right;
  return chance(f, 50) ? strange_integer(f) : right + below(f, 3) - 1;
}

static bt_network *any_network(fuzzer *f) {
  pthread_mutex_lock(&mutex);
  bt_network *network = chance(f, 1) ? (bt_network *)estimators[slot(f)] : networks[slot(f)];
  pthread_mutex_unlock(&mutex);
  return network;
}

static bt_estimator *any_estimator(fuzzer *f) {
  pthread_mutex_lock(&mutex);
  bt_estimator *estimator = chance(f, 1) ? (bt_estimator *)networks[slot(f)] : estimators[slot(f)];
  pthread_mutex_unlock(&mutex);
  return estimator;
}

static int64_t ask(bt_status (*call)(const bt_network *, int64_t *), const bt_network *network) {
  int64_t value = 0;
  call(network, &value);
  return value;
}

/* Every call passes here. */
static void note(fuzzer *f, const char *name, bt_status status) {
  char text[8] = "";
  f->calls++;
  if (status > BT_OK || status < BT_ERROR_LOADER || (status != BT_OK && bt_last_error(text, sizeof text) < 5)) {
    printf("fuzz: %s answers %d '%s'\n", name, (int)status, text);
    f->failures++;
  }
}
#define TRY(call_) (f->call = #call_, note(f, #call_, (call_)))

#endif
