/* What a real-time thread may call: no memory, no lock, no system call. This program stands in for the C library's
 * functions, and counts; a child runs where every system call but read, write and exit is its end. */
#define _GNU_SOURCE
#include "check.h"
#include "support.h"

#include <dlfcn.h>
#include <linux/seccomp.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The functions that count */

static __thread long counted;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(IS_SANITIZED)
#define IS_COUNTING 0
#else
#define IS_COUNTING 1

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) { return counted++, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return counted++, __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return counted++, __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { return counted++, __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return counted++, __libc_memalign(alignment, size); }
void free(void *block) { counted++, __libc_free(block); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  counted++;
  *block = __libc_memalign(alignment, size);
  return *block == NULL ? 12 : 0;
}

/* The next function of that name, found once; looking for it may itself lock, which calls the one it finds. */
#define STAND_IN(name, type, argument)                                   \
  int name(type *argument) {                                             \
    static int (*real)(type *);                                          \
    if (real == NULL) *(void **)(&real) = dlsym(RTLD_NEXT, #name);       \
    counted++;                                                           \
    return real(argument);                                               \
  }
STAND_IN(pthread_mutex_lock, pthread_mutex_t, mutex)
STAND_IN(pthread_mutex_trylock, pthread_mutex_t, mutex)
STAND_IN(pthread_mutex_unlock, pthread_mutex_t, mutex)
STAND_IN(pthread_rwlock_rdlock, pthread_rwlock_t, lock)
STAND_IN(pthread_rwlock_wrlock, pthread_rwlock_t, lock)
STAND_IN(pthread_cond_signal, pthread_cond_t, condition)
STAND_IN(pthread_cond_broadcast, pthread_cond_t, condition)
#endif

/* ---- Networks */

enum { KINDS = 10, M = 2, N = 5, BLOCK = 64, MOST_STATE = 512 };

static const char *const kinds[KINDS] = {"lnl",  "lstm",    "gru",         "linear", "strongly_typed",
                                         "aif",  "softmax", "state_space", "product", "measured"};

typedef struct {
  bt_network *network;
  bt_stream *stream;
  int64_t outputs, size;
  /* Where measurements are read. */
  int is_measured;
  int64_t group;
} model;

static model make(const char *kind) {
  model m = {NULL, NULL, 0, 0, strcmp(kind, "measured") == 0, 0};
  const char *unit = m.is_measured ? "lnl" : kind;
  CHECK_OK(bt_network_create(M, &m.network));
  CHECK_OK(bt_network_add_unit(m.network, unit, "u", N, strcmp(unit, "lnl") == 0 ? "{\"density\": 0.5}" : NULL, NULL));
  if (m.is_measured) {
    CHECK_OK(bt_network_find_group(m.network, "u.x", &m.group));
    for (int64_t lag = 1; lag <= 3; lag += 2) {
      int64_t measured = 0;
      CHECK_OK(bt_network_add_measured(m.network, lag == 1 ? "m1" : "m3", m.group, lag, 0, &measured));
      CHECK_OK(bt_network_connect_dense(m.network, 0, measured, 0, lag == 1 ? "K1" : "K3"));
    }
  }
  CHECK_OK(bt_network_randomize(m.network, 1));
  CHECK_OK(bt_stream_create(m.network, NULL, 0, &m.stream));
  CHECK_OK(bt_network_outputs(m.network, &m.outputs));
  CHECK_OK(bt_network_state_size(m.network, &m.size));
  CHECK(m.outputs <= N && m.size <= MOST_STATE);
  return m;
}

/* So many steps, one by one, with some blocks and states between. Nothing here may do what is counted. */
static int work(const model *m, int steps) {
  static double u[M * BLOCK], y[N * BLOCK], state[MOST_STATE];
  int failures = 0;
  const double *known = m->is_measured ? y : NULL;
  const int64_t values = m->is_measured ? m->outputs : 0;
  for (int k = 0; k < M * BLOCK; k++) u[k] = (double)(k * 37 % 101) / 100;
  for (int k = 0; k < N * BLOCK; k++) y[k] = k % 7 == 0 ? NAN : (double)(k * 13 % 31) / 30;
  for (int k = 0; k < steps; k++) {
    failures += bt_stream_step(m->stream, u + M * (k % BLOCK), M, known, values, y, m->outputs) != BT_OK;
    if (m->is_measured) failures += bt_stream_set_measured(m->stream, m->group, y, N) != BT_OK;
    if (k % 100 != 0) continue;
    failures += bt_stream_run(m->stream, BLOCK, u, M * BLOCK, known, values * BLOCK, y, m->outputs * BLOCK) != BT_OK;
    failures += bt_stream_get_state(m->stream, state, m->size) != BT_OK;
    failures += bt_stream_reset(m->stream) != BT_OK;
    failures += bt_stream_set_state(m->stream, state, m->size) != BT_OK;
  }
  return failures;
}

/* ---- Another thread, which keeps the table of handles and a network busy meanwhile */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int is_over, others_failed;

static void *make_and_set(void *argument) {
  const model *m = argument;
  for (int ended = 0, k = 0; !ended; k++) {
    bt_stream *other = NULL;
    bt_network *copy = NULL;
    others_failed += bt_network_randomize(m->network, (uint64_t)k) != BT_OK;
    others_failed += bt_network_copy(m->network, &copy) != BT_OK;
    others_failed += bt_stream_create(copy, NULL, 0, &other) != BT_OK;
    others_failed += bt_stream_free(other) != BT_OK;
    others_failed += bt_network_free(copy) != BT_OK;
    pthread_mutex_lock(&mutex);
    ended = is_over;
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

/* What the counter sees of other calls: the lock of the table, the memory of a message. */
static void counter(void) {
  model m = make("lnl");
  int64_t number = 0;
  long before = counted;
  CHECK_OK(bt_network_inputs(m.network, &number));
  CHECK(!IS_COUNTING || counted >= before + 2);
  before = counted;
  CHECK(bt_stream_step(m.stream, NULL, 0, NULL, 0, NULL, 0) == BT_ERROR_SIZE);
  CHECK(!IS_COUNTING || counted > before);
  CHECK_OK(bt_stream_free(m.stream));
  CHECK_OK(bt_network_free(m.network));
}

static int steps(void) { return is_small() ? 300 : 10000; }

static void count(void) {
  for (int k = 0; k < KINDS; k++) {
    check_about(kinds[k]);
    model m = make(kinds[k]);
    const long before = counted;
    const int failures = work(&m, steps());
    const long after = counted;
    CHECK(failures == 0);
    CHECK(after == before);
    /* The same while weights change and handles come and go. */
    pthread_t thread;
    is_over = 0;
    CHECK(pthread_create(&thread, NULL, make_and_set, &m) == 0);
    const long then = counted;
    const int refused = work(&m, steps());
    const long later = counted;
    pthread_mutex_lock(&mutex);
    is_over = 1;
    pthread_mutex_unlock(&mutex);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(refused == 0);
    CHECK(others_failed == 0);
    CHECK(later == then);
    CHECK_OK(bt_stream_free(m.stream));
    CHECK_OK(bt_network_free(m.network));
  }
  check_about(NULL);
}

/* The child of a process with one thread: system calls that it makes end it, but for its own exit. */
static int confined(const model *m, int is_stepping) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0) _exit(77);
    /* One that is not allowed, or what is tested. */
    const int failures = is_stepping ? work(m, steps()) : (int)(getppid() == 0);
    syscall(SYS_exit, failures != 0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

static void no_system_calls(void) {
  for (int k = 0; k < KINDS; k++) {
    check_about(kinds[k]);
    model m = make(kinds[k]);
    const int refused = confined(&m, 0), status = confined(&m, 1);
    if (WIFEXITED(refused) && WEXITSTATUS(refused) == 77) {
      printf("left out: this system has no seccomp\n");
    } else {
      CHECK(WIFSIGNALED(refused) && WTERMSIG(refused) == 9);
      CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_OK(bt_stream_free(m.stream));
    CHECK_OK(bt_network_free(m.network));
  }
  check_about(NULL);
}

int main(void) {
  counter();
  count();
  /* Tools around the program make calls of their own. */
  if (IS_COUNTING && !is_small()) no_system_calls();
  return check_report();
}
