/* For programs that load the library at run time and are not linked with it: checks that count, and its functions by
 * name. */
#ifndef LOADED_H
#define LOADED_H

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static long passed, failed;
static void *library;

static void check(int condition, const char *what) {
  if (condition) {
    passed++;
    return;
  }
  failed++;
  if (failed < 10) printf("failed: %s\n", what);
}

/* ISO C has no conversion of the pointer itself. */
static void find(const char *name, void *function) {
  void *address = dlsym(library, name);
  check(address != NULL, name);
  memcpy(function, &address, sizeof address);
}

/* "N passed, N failed"; the exit status of the program. */
static int report(void) {
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}

#endif
