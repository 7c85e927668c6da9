#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static long passed, failed; /* by atomic additions: some tests check on two threads */
static const char *about;

void check_about(const char *text) { about = text; }

static int count(int condition, const char *file, int line, const char *text) {
  if (condition) {
    __atomic_add_fetch(&passed, 1, __ATOMIC_RELAXED);
    return 1;
  }
  __atomic_add_fetch(&failed, 1, __ATOMIC_RELAXED);
  printf("%s:%d: failed: %s%s%s\n", file, line, text, about ? "\n  about: " : "", about ? about : "");
  return 0;
}

int check_true(int condition, const char *file, int line, const char *text) {
  return count(condition, file, line, text);
}

/* Whether `text` holds every piece of "piece|piece". */
static int holds(const char *text, const char *pieces) {
  char piece[200];
  while (*pieces != 0) {
    size_t length = strcspn(pieces, "|");
    if (length >= sizeof piece) return 0;
    memcpy(piece, pieces, length);
    piece[length] = 0;
    if (strstr(text, piece) == NULL) return 0;
    pieces += length;
    if (*pieces == '|') pieces++;
  }
  return 1;
}

int check_status(bt_status got, bt_status expected, const char *pieces, const char *file, int line, const char *text) {
  char message[2000] = "";
  if (got != BT_OK) bt_last_error(message, sizeof message);
  if (!count(got == expected, file, line, text)) {
    printf("  status %d, expected %d; message: %s\n", (int)got, (int)expected, message);
    return 0;
  }
  if (pieces == NULL) return 1;
  if (count(holds(message, pieces), file, line, text)) return 1;
  printf("  expected '%s' in the message: %s\n", pieces, message);
  return 0;
}

int check_close(double a, double b, double precision, const char *file, int line, const char *text) {
  double scale = fmax(1, fmax(fabs(a), fabs(b)));
  if (count(fabs(a - b) <= precision * scale, file, line, text)) return 1;
  printf("  %.17g and %.17g\n", a, b);
  return 0;
}

int check_report(void) {
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}

void check_begin_child(void) { passed = failed = 0; }

void check_end_child(void) {
  fflush(stdout);
  _exit(failed != 0);
}

void check_child(long pid, const char *what) {
  int status = 0;
  if (waitpid((pid_t)pid, &status, 0) != (pid_t)pid) {
    count(0, what, 0, "waitpid");
    return;
  }
  if (!count(WIFEXITED(status) && WEXITSTATUS(status) == 0, what, 0, "the child ends without failures")) {
    if (WIFSIGNALED(status)) printf("  signal %d\n", WTERMSIG(status));
    if (WIFEXITED(status)) printf("  exit status %d\n", WEXITSTATUS(status));
  }
}
