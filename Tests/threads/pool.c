/* What can be done to the pool: many callers, callbacks that are left, forks, and the end of its library.
 *
 * usage: pool LIBRARY [races]     races: only what a race detector can follow */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static long passed, failed;
#define CHECK(condition) check((condition) ? 1 : 0, #condition, __LINE__)

static void check(int condition, const char *what, int line) {
  if (condition) {
    passed++;
    return;
  }
  failed++;
  printf("pool.c:%d: %s\n", line, what);
}

static void *library;
static long (*sum)(long, long, long, int32_t (*)(void));
static long (*helpers)(long);
static long (*failure)(long, long, long);

static void find(const char *name, void *function) {
  void *address = dlsym(library, name);
  CHECK(address != NULL);
  memcpy(function, &address, sizeof address);
}

static int is_whole(void) { return sum(200, 3, 0, NULL) == 19900; }

static int32_t go_on(void) { return 0; }
static int32_t stop(void) { return 1; }

/* Callers at once: whoever finds the pool in use works alone. */
static void *call(void *argument) {
  long *wrong = argument;
  for (int k = 0; k < 300; k++) {
    *wrong += sum(50, 1 + k % 5, 0, k % 2 ? go_on : NULL) != 1225;
    *wrong += failure(50, 1 + k % 5, 17) != 17;
    *wrong += sum(50, 3, 10, stop) != -1;
  }
  return NULL;
}

static void races(void) {
  pthread_t threads[4];
  long wrong[4] = {0};
  for (int k = 0; k < 4; k++) CHECK(pthread_create(&threads[k], NULL, call, &wrong[k]) == 0);
  for (int k = 0; k < 4; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
    CHECK(wrong[k] == 0);
  }
}

/* A child must end well within a minute. */
static int ends_well(pid_t child) {
  int status = -1;
  for (int k = 0; k < 6000; k++) {
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    usleep(10000);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return 0;
}

static pid_t fork_and_work(void) {
  const pid_t child = fork();
  /* exit and not _exit: handlers of the end run, too. */
  if (child == 0) exit(is_whole() && helpers(3) == 3 && is_whole() ? 0 : 1);
  return child;
}

/* Forked at every moment of other threads' jobs. */
static volatile int is_over;
static void *keep_busy(void *argument) {
  long *wrong = argument;
  while (!is_over) *wrong += sum(20, 3, 50, go_on) != 190;
  return NULL;
}

static void forks(void) {
  CHECK(ends_well(fork_and_work()));
  pthread_t threads[2];
  long wrong[2] = {0};
  for (int k = 0; k < 2; k++) CHECK(pthread_create(&threads[k], NULL, keep_busy, &wrong[k]) == 0);
  for (int k = 0; k < 100; k++) {
    usleep(37 * k);
    CHECK(ends_well(fork_and_work()));
  }
  is_over = 1;
  for (int k = 0; k < 2; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
    CHECK(wrong[k] == 0);
  }
}

/* Forked inside callbacks: both sides end their sums. */
static int forked_in_callback;
static pid_t children[8];
static int32_t fork_inside(void) {
  if (forked_in_callback < 8 && children[forked_in_callback] == 0) {
    const pid_t child = fork();
    if (child == 0) forked_in_callback = 100;
    else children[forked_in_callback++] = child;
  }
  return 0;
}

static void forks_inside(void) {
  const long result = sum(60, 3, 2000, fork_inside);
  if (forked_in_callback >= 100) exit(result == 1770 && is_whole() ? 0 : 1);
  CHECK(result == 1770);
  CHECK(forked_in_callback > 0);
  for (int k = 0; k < forked_in_callback; k++) CHECK(ends_well(children[k]));
}

/* Callbacks that are left: the pool has its helpers again with the next call. */
static jmp_buf place;
static int32_t jump(void) { longjmp(place, 1); }
static int32_t leave(void) { pthread_exit(NULL); }
static void *call_and_leave(void *argument) {
  (void)argument;
  sum(100, 3, 1000, leave);
  return NULL;
}

static void left(void) {
  for (int k = 0; k < 5; k++) {
    if (setjmp(place) == 0) {
      sum(100, 3, 1000, jump);
      CHECK(0);
    }
    CHECK(is_whole());
    CHECK(helpers(3) == 3);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, call_and_leave, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    /* The system forgets a thread some time after it has told of its end. */
    usleep(50000);
    CHECK(helpers(3) == 3);
    CHECK(is_whole());
  }
}

/* Signals go to the threads of the program. */
static volatile int is_elsewhere;
static pthread_t main_thread;
static void note_thread(int signal) {
  (void)signal;
  if (!pthread_equal(pthread_self(), main_thread)) is_elsewhere = 1;
}
static int32_t raise_one(void) {
  kill(getpid(), SIGUSR1);
  return 0;
}

static void signals(void) {
  main_thread = pthread_self();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_thread;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  CHECK(sum(200, 3, 100, raise_one) == 19900);
  CHECK(!is_elsewhere);
}

static long threads_alive(void) {
  FILE *file = fopen("/proc/self/stat", "r");
  char text[1000] = "";
  if (file == NULL || fgets(text, sizeof text, file) == NULL) return -1;
  fclose(file);
  const char *p = strrchr(text, ')');
  for (int k = 0; k < 18 && p != NULL; k++) p = strchr(p + 1, ' ');
  return p == NULL ? -1 : atol(p);
}

int main(int count, char **arguments) {
  const int is_short = count > 2;
  for (int k = 0; k < (is_short ? 1 : 3); k++) {
    library = dlopen(arguments[1], RTLD_NOW);
    if (library == NULL) printf("%s\n", dlerror());
    CHECK(library != NULL);
    if (library == NULL) break;
    find("pool_sum", &sum);
    find("pool_helpers", &helpers);
    find("pool_failure", &failure);
    CHECK(is_whole());
    CHECK(is_short || helpers(3) == 3);
    CHECK(helpers(1) == 1);
    races();
    if (is_short) break;
    CHECK(threads_alive() > 1);
    /* Workers end with the library: none is left in code that is no longer there. */
    if (k < 2) {
      CHECK(dlclose(library) == 0);
      CHECK(threads_alive() == 1);
    }
  }
  if (!is_short && failed == 0) {
    signals();
    forks();
    forks_inside();
    left();
  }
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
