/* Calls functions in random order with hostile arguments, from one or several threads on the same handles. Whatever
 * comes, a call returns, with a documented status, and with a message when it fails.
 *
 * Usage: fuzz [seconds [seed [threads]]]     (2, 1, 1)
 * A crash or a hang names the seed and the calls under way; one thread with one seed does the same again. */
#include "fuzz_arguments.h"
#include "fuzz_build.h"
#include "fuzz_calls.h"
#include "fuzz_more.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8 };

static fuzzer fuzzers[THREADS];
static int thread_count;
static uint64_t first_seed;
static double end_time;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int is_time_over(void) { return now() >= end_time; }

static void report_signal(int number) {
  char text[300];
  for (int k = 0; k < thread_count; k++) {
    const int length =
        snprintf(text, sizeof text, "fuzz: signal %d, seed %llu, %d threads: thread %d in call %ld, %.150s\n", number,
                 (unsigned long long)first_seed, thread_count, k, fuzzers[k].calls, fuzzers[k].call);
    if (write(1, text, (size_t)length) != length) break;
  }
  signal(number, SIG_DFL);
  raise(number);
}

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
    if (!CHECK(fuzzers[k].failures == 0)) printf("fuzz: seed %llu\n", (unsigned long long)first_seed);
  }
  free_all();
  if (getenv("BACKTUNE_TEST_VERBOSE") != NULL) printf("%ld calls\n", calls);
  return check_report();
}
