/* What belongs to the thread that asks, for which Swift has no words. Variables: each file that asks for one has one of its
 * own, so that only one may. */
#ifndef BACKTUNE_THREAD_H
#define BACKTUNE_THREAD_H

/* What watches the call of LAPACK that is under way: LAPACK.swift. */
static inline void **backtune_watch(void) {
  static _Thread_local void *watch;
  return &watch;
}

/* The arithmetic that the host calls in: Arithmetic.swift. */
static inline unsigned *backtune_host_arithmetic(void) {
  static _Thread_local unsigned arithmetic;
  return &arithmetic;
}

/* What the thread is asked in calls that take no callback: ThreadPoll.swift. */
struct bt_estimator;
typedef struct {
  int (*callback)(struct bt_estimator *, int, void *);
  void *user_data;
  /* Where on the stack it is asked now; 0 where it is not. */
  unsigned long place;
} backtune_poll;

static inline backtune_poll *backtune_thread_poll(void) {
  static _Thread_local backtune_poll poll;
  return &poll;
}

/* How floating-point numbers are rounded, what becomes of small ones, what traps, and flags of what happened. On other
 * processors it is left alone. Not by builtins: clang takes what they read for a constant, and left out what restores it
 * in the builds of sanitizers. */
static inline unsigned backtune_arithmetic(void) {
#ifdef __SSE2__
  unsigned found;
  __asm__ volatile("stmxcsr %0" : "=m"(found));
  return found;
#else
  return 0x1F80;
#endif
}

static inline void backtune_set_arithmetic(unsigned arithmetic) {
#ifdef __SSE2__
  __asm__ volatile("ldmxcsr %0" : : "m"(arithmetic) : "memory");
#else
  (void)arithmetic;
#endif
}

#endif
