/* Calls functions in random order with hostile arguments, from one or several threads on the same handles. Whatever
 * comes, a call returns, with a documented status, and with a message when it fails.
 *
 * Usage: fuzz [seconds [seed [threads]]]     (2, 1, 1)
 * A crash or a hang names the seed and the calls under way; one thread with one seed does the same again. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HANDLES = 6, THREADS = 8, DEEPEST = 2 };

typedef struct {
  uint64_t random;
  const char *call;
  long calls, failures;
  int depth;
} fuzzer;

static fuzzer fuzzers[THREADS];
static int thread_count;
static uint64_t first_seed;
static double end_time;
/* Handles, living or freed, for everybody. */
static bt_network *networks[HANDLES];
static bt_estimator *estimators[HANDLES];
/* The networks that the estimators were made for. */
static bt_network *taught[HANDLES];
/* Streams, and theirs. */
static bt_stream *streams[HANDLES];
static bt_network *streamed[HANDLES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void report_signal(int number) {
  char text[300];
  for (int k = 0; k < thread_count; k++) {
    const int length =
        snprintf(text, sizeof text, "fuzz: signal %d, seed %llu, %d threads: thread %d in call %ld, %s\n", number,
                 (unsigned long long)first_seed, thread_count, k, fuzzers[k].calls, fuzzers[k].call);
    if (write(1, text, (size_t)length) != length) break;
  }
  signal(number, SIG_DFL);
  raise(number);
}

/* ---- Random arguments ---- */

static uint64_t draw(fuzzer *f) {
  f->random ^= f->random << 13;
  f->random ^= f->random >> 7;
  f->random ^= f->random << 17;
  return f->random * 0x2545F4914F6CDD1DULL >> 16;
}

static int below(fuzzer *f, int bound) { return (int)(draw(f) % (uint64_t)bound); }
static int chance(fuzzer *f, int percent) { return below(f, 100) < percent; }

static int64_t strange_integer(fuzzer *f) {
  const int64_t list[] = {
      -1, -2, 0, INT64_MIN, INT64_MAX, HUGE_LENGTH, (int64_t)1 << 40, INT32_MIN, (int64_t)1 << 32, 77777777};
  return list[below(f, (int)COUNT(list))];
}

/* A small number, seldom a strange one. */
static int64_t integer(fuzzer *f, int bound) { return chance(f, 6) ? strange_integer(f) : below(f, bound); }

/* A size: none that would merely take long. */
static int64_t size(fuzzer *f) {
  const int64_t n = integer(f, 5);
  return n == 77777777 || n == (int64_t)1 << 32 ? 3 : n;
}

static double number(fuzzer *f) {
  const double list[] = {0, -0.0, 1, -1, 0.5, 1e-310, 1e300, -1e300, NAN, INFINITY, -INFINITY, 1e9, 3};
  return chance(f, 15) ? list[below(f, (int)COUNT(list))] : below(f, 2001) / 1000.0 - 1;
}

static double calm(fuzzer *f) { return chance(f, 1) ? number(f) : below(f, 2001) / 1000.0 - 1; }

static const char *word(fuzzer *f) {
  static const char *const list[] = {"lnl",
                                     "linear",
                                     "v",
                                     "g",
                                     "a.x",
                                     "lnl.x",
                                     "lnl.x2",
                                     "lnl.x2.W",
                                     "lnl.x2.a",
                                     "lnl.x1.g",
                                     "linear.x",
                                     "linear.x.W1",
                                     "W",
                                     "a",
                                     "input",
                                     "self",
                                     "",
                                     "zeta",
                                     "square",
                                     "exp",
                                     "softplus",
                                     "reciprocal",
                                     "identity",
                                     "log",
                                     "step",
                                     "cost",
                                     "order",
                                     "guard",
                                     "tolerance",
                                     "max_iterations",
                                     "auto",
                                     "least-squares",
                                     "backward-tuning",
                                     "\x80",
                                     "\xe2\x82\xac",
                                     "target",
                                     "nu",
                                     "washout",
                                     "penalty",
                                     "first_cost",
                                     "observables",
                                     "l0",
                                     "ridge",
                                     "reestimation",
                                     "dense",
                                     "v.W",
                                     "v.a"};
  return chance(f, 3) ? NULL : list[below(f, (int)COUNT(list))];
}

static const char *options(fuzzer *f) {
  static const char *const list[] = {"{}",
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
                                     "{\"density\": 0}"};
  return chance(f, 30) ? NULL : list[below(f, (int)COUNT(list))];
}

/* A buffer of this many doubles and one more, which a wrong length may happen to fit; a short one where the number is
 * absurd; seldom none. */
static double *doubles(fuzzer *f, int64_t count) {
  if (chance(f, 1)) return NULL;
  const int64_t length = count < 0 || count > 100000 ? 1 : count + 1;
  double *values = exact_doubles(length, 0);
  for (int64_t k = 0; k < length; k++) values[k] = calm(f);
  return values;
}

/* The right length, seldom another one. */
static int64_t about(fuzzer *f, int64_t right) {
  if (!chance(f, 4)) return right;
  return chance(f, 50) ? strange_integer(f) : right + below(f, 3) - 1;
}

static bt_network *any_network(fuzzer *f) {
  pthread_mutex_lock(&mutex);
  bt_network *network = chance(f, 1) ? (bt_network *)estimators[below(f, HANDLES)] : networks[below(f, HANDLES)];
  pthread_mutex_unlock(&mutex);
  return network;
}

static bt_estimator *any_estimator(fuzzer *f) {
  pthread_mutex_lock(&mutex);
  bt_estimator *estimator = chance(f, 1) ? (bt_estimator *)networks[below(f, HANDLES)] : estimators[below(f, HANDLES)];
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
  if (status > BT_OK || status < BT_ERROR_FILE || (status != BT_OK && bt_last_error(text, sizeof text) < 5)) {
    printf("fuzz: seed %llu: %s answers %d '%s'\n", (unsigned long long)first_seed, name, (int)status, text);
    f->failures++;
  }
}
#define TRY(call_) (f->call = #call_, note(f, #call_, (call_)))

#include "fuzz_build.h"
#include "fuzz_calls.h"

static void *fuzz(void *argument) {
  fuzzer *f = argument;
  while (now() < end_time) one_call(f);
  return NULL;
}

int main(int argc, char **argv) {
  const double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
  const int signals[] = {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGBUS, SIGALRM, SIGTRAP};
  first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  thread_count = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
  if (thread_count < 1 || thread_count > THREADS) return 2;
  for (int64_t k = 0; k < COUNT(signals); k++) signal(signals[k], report_signal);
  /* No call may take longer than the whole and a good while. */
  alarm((unsigned)seconds + 30);
  end_time = now() + seconds;
  pthread_t threads[THREADS];
  for (int k = 0; k < thread_count; k++) {
    fuzzers[k].random = first_seed * 0x9E3779B97F4A7C15ULL + (uint64_t)k * 77 + 1;
    fuzzers[k].call = "nothing";
    if (pthread_create(&threads[k], NULL, fuzz, &fuzzers[k]) != 0) return 2;
  }
  long calls = 0;
  for (int k = 0; k < thread_count; k++) {
    pthread_join(threads[k], NULL);
    calls += fuzzers[k].calls;
    CHECK(fuzzers[k].failures == 0);
  }
  for (int k = 0; k < HANDLES; k++) {
    bt_stream_free(streams[k]);
    bt_estimator_free(estimators[k]);
    bt_network_free(networks[k]);
  }
  if (getenv("BACKTUNE_TEST_VERBOSE") != NULL) printf("%ld calls\n", calls);
  return check_report();
}
