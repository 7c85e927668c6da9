/* Where forks wait for the other threads of the process. What a thread holds when another one forks stays held in the child,
 * where nobody gives it back: our own locks are in order (ForkSafeLock.swift), those of the Swift run-time, which makes
 * globals and types when they are first asked for, cannot be. So a fork waits until no other thread is inside a call but
 * where it polls, and there it stays until the fork is over. Variables: ForkGate.swift alone may ask for them. */
#ifndef BACKTUNE_GATE_H
#define BACKTUNE_GATE_H

#include <errno.h>
#include <pthread.h>
#include <time.h>

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  /* Threads inside a call, but for those inside a callback of it. */
  int inside;
  int is_closed;
} backtune_gate;

static inline backtune_gate *backtune_fork_gate(void) {
  static backtune_gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
  return &gate;
}

/* Of this thread: whether it counts as inside, and whether it is the one that forks. */
typedef struct {
  int is_inside;
  int is_forking;
} backtune_gate_thread;

static inline backtune_gate_thread *backtune_gate_own(void) {
  static _Thread_local backtune_gate_thread own;
  return &own;
}

/* Counts as outside until the fork is over. */
static inline void backtune_gate_wait(backtune_gate *gate) {
  pthread_mutex_lock(&gate->lock);
  __atomic_sub_fetch(&gate->inside, 1, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&gate->changed);
  while (gate->is_closed) pthread_cond_wait(&gate->changed, &gate->lock);
  __atomic_add_fetch(&gate->inside, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&gate->lock);
}

/* Before a fork: the lock is held until it is over. A thread that does not poll for 2 s is not waited for any longer:
   under the thread sanitizer first calls took 0.17 s in the median and up to 0.32 s, six at once on two processors. */
static inline void backtune_gate_close(void) {
  backtune_gate *gate = backtune_fork_gate();
  backtune_gate_thread *own = backtune_gate_own();
  if (own->is_forking) return;
  own->is_forking = 1;
  pthread_mutex_lock(&gate->lock);
  __atomic_store_n(&gate->is_closed, 1, __ATOMIC_SEQ_CST);
  for (int left = 200; left > 0 && __atomic_load_n(&gate->inside, __ATOMIC_SEQ_CST) > own->is_inside;) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += 10000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    if (pthread_cond_timedwait(&gate->changed, &gate->lock, &time) == ETIMEDOUT) left--;
  }
}

static inline void backtune_gate_open(void) {
  backtune_gate *gate = backtune_fork_gate();
  backtune_gate_thread *own = backtune_gate_own();
  if (!own->is_forking) return;
  own->is_forking = 0;
  __atomic_store_n(&gate->is_closed, 0, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->lock);
}

/* In the child, which has no other thread. */
static inline void backtune_gate_renew(void) {
  backtune_gate_thread *own = backtune_gate_own();
  if (!own->is_forking) return;
  own->is_forking = 0;
  backtune_gate *gate = backtune_fork_gate();
  gate->inside = own->is_inside;
  gate->is_closed = 0;
  /* Those who wait for it are not here. */
  gate->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
  pthread_mutex_unlock(&gate->lock);
}

/* When the library is loaded. */
__attribute__((constructor)) static inline void backtune_gate_make(void) {
  static int is_made;
  if (__atomic_load_n(&is_made, __ATOMIC_RELAXED) || __atomic_exchange_n(&is_made, 1, __ATOMIC_SEQ_CST)) return;
  pthread_atfork(backtune_gate_close, backtune_gate_open, backtune_gate_renew);
}

static inline void backtune_gate_enter(void) {
  backtune_gate *gate = backtune_fork_gate();
  backtune_gate_own()->is_inside = 1;
  __atomic_add_fetch(&gate->inside, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&gate->is_closed, __ATOMIC_SEQ_CST)) backtune_gate_wait(gate);
}

static inline void backtune_gate_leave(void) {
  backtune_gate *gate = backtune_fork_gate();
  backtune_gate_own()->is_inside = 0;
  __atomic_sub_fetch(&gate->inside, 1, __ATOMIC_SEQ_CST);
  if (!__atomic_load_n(&gate->is_closed, __ATOMIC_SEQ_CST)) return;
  pthread_mutex_lock(&gate->lock);
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->lock);
}

static inline void backtune_gate_pause(void) {
  backtune_gate *gate = backtune_fork_gate();
  if (__atomic_load_n(&gate->is_closed, __ATOMIC_RELAXED) && backtune_gate_own()->is_inside) backtune_gate_wait(gate);
}

#endif
