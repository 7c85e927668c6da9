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
static inline unsigned long long *backtune_host_arithmetic(void) {
  static _Thread_local unsigned long long arithmetic;
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

/* How floating-point numbers are rounded, what becomes of small ones, what traps, and flags of what happened; as it is at
 * the start of a process (to the nearest, nothing traps), and what of it are flags. On other processors it is left alone.
 * Not by builtins: clang takes what they read for a constant, and left out what restores it in the builds of
 * sanitizers. */
#if defined(__SSE2__)
#define BACKTUNE_USUAL_ARITHMETIC 0x1F80ULL
#define BACKTUNE_ARITHMETIC_FLAGS 0x3FULL
#elif defined(__aarch64__)
/* FPCR, and FPSR above it */
#define BACKTUNE_USUAL_ARITHMETIC 0ULL
#define BACKTUNE_ARITHMETIC_FLAGS 0xFFFFFFFF00000000ULL
#else
#define BACKTUNE_USUAL_ARITHMETIC 0ULL
#define BACKTUNE_ARITHMETIC_FLAGS 0ULL
#endif

static inline unsigned long long backtune_arithmetic(void) {
#if defined(__SSE2__)
  unsigned found;
  __asm__ volatile("stmxcsr %0" : "=m"(found));
  return found;
#elif defined(__aarch64__)
  unsigned long long control, status;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(status));
  return (control & 0xFFFFFFFFULL) | status << 32;
#else
  return BACKTUNE_USUAL_ARITHMETIC;
#endif
}

static inline void backtune_set_arithmetic(unsigned long long arithmetic) {
#if defined(__SSE2__)
  unsigned control = (unsigned)arithmetic;
  __asm__ volatile("ldmxcsr %0" : : "m"(control) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(arithmetic & 0xFFFFFFFFULL), "r"(arithmetic >> 32) : "memory");
#else
  (void)arithmetic;
#endif
}

#endif
