/* Two versions of the library in one process, each by its own name, apart: used in turn and at once from several threads,
 * each with its own threads; one closed while the other works; both loaded and closed again and again with threads that
 * sleep. Not linked with either.
 *
 * usage: twice ONE OTHER, each a library; the same file twice is loaded once, so that copies are wanted */
#include <backtune.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "loaded.h"

enum { LENGTH = 4000, UNITS = 8, MOST = 200 };

typedef struct {
  void *library;
  bt_status (*create)(int64_t, bt_network **), (*free_network)(bt_network *), (*randomize)(bt_network *, uint64_t);
  bt_status (*add_unit)(bt_network *, const char *, const char *, int64_t, const char *, int64_t *);
  bt_status (*weight_count)(const bt_network *, int64_t *), (*get_weights)(const bt_network *, double *, int64_t);
  bt_status (*create_estimator)(bt_network *, bt_estimator **), (*free_estimator)(bt_estimator *);
  bt_status (*set_data)(bt_estimator *, int64_t, const int64_t *, const double *, int64_t, const double *, int64_t,
                        const double *, int64_t);
  bt_status (*set_option)(bt_estimator *, const char *, double), (*set_threads)(int64_t);
  bt_status (*run)(bt_estimator *, bt_callback, void *, int32_t *);
  double weights[MOST];
  int64_t count;
  int failures;
} copy;

static double u[LENGTH], y[LENGTH * UNITS];

static int open_copy(copy *c, const char *path) {
  library = c->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  check(library != NULL, "dlopen");
  if (library == NULL) return 0;
  find("bt_network_create", &c->create);
  find("bt_network_free", &c->free_network);
  find("bt_network_randomize", &c->randomize);
  find("bt_network_add_unit", &c->add_unit);
  find("bt_network_weight_count", &c->weight_count);
  find("bt_network_get_weights", &c->get_weights);
  find("bt_estimator_create", &c->create_estimator);
  find("bt_estimator_free", &c->free_estimator);
  find("bt_estimator_set_data", &c->set_data);
  find("bt_estimator_set_option", &c->set_option);
  find("bt_estimator_run", &c->run);
  find("bt_set_threads", &c->set_threads);
  return c->set_threads(3) == BT_OK;
}

/* Counts failures, and not checks: on threads of its own, too. */
static void *fit(void *data) {
  copy *c = data;
  const int64_t steps = LENGTH;
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  c->failures += c->create(1, &network) != BT_OK;
  c->failures += c->add_unit(network, "lnl", NULL, UNITS, "{\"leak\": \"adjust\"}", NULL) != BT_OK;
  c->failures += c->randomize(network, 1) != BT_OK;
  c->failures += c->create_estimator(network, &estimator) != BT_OK;
  c->failures += c->set_data(estimator, 1, &steps, u, steps, y, steps * UNITS, NULL, 0) != BT_OK;
  c->failures += c->set_option(estimator, "max_iterations", 2) != BT_OK;
  c->failures += c->run(estimator, NULL, NULL, NULL) != BT_OK;
  c->failures += c->weight_count(network, &c->count) != BT_OK || c->count > MOST;
  c->failures += c->get_weights(network, c->weights, c->count) != BT_OK;
  c->failures += c->free_estimator(estimator) != BT_OK || c->free_network(network) != BT_OK;
  return NULL;
}

static int threads_now(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  if (tasks == NULL) return -1;
  for (struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

static int are_same(const copy *a, const copy *b) {
  return a->count == b->count && memcmp(a->weights, b->weights, (size_t)a->count * sizeof(double)) == 0;
}

int main(int argc, char **argv) {
  static copy one, other, one_alone, other_alone;
  pthread_t thread;
  if (argc != 3) return 2;
  /* An emulator has threads of its own. */
  const int alone = threads_now();
  for (int t = 0; t < LENGTH; t++) {
    u[t] = sin(1.7 * t) + cos(0.31 * t * t);
    for (int k = 0; k < UNITS; k++) y[t * UNITS + k] = 0.3 * sin(0.4 * t + k) * u[t];
  }
  if (!open_copy(&one, argv[1]) || !open_copy(&other, argv[2])) return report();
  check(one.library != other.library && one.create != other.create, "they are two");
  /* In turn. */
  one_alone = one, other_alone = other;
  fit(&one_alone), fit(&other_alone);
  check(one_alone.failures == 0 && other_alone.failures == 0, "in turn");
  double most = 0;
  for (int64_t k = 0; k < one_alone.count; k++) most = fmax(most, fabs(one_alone.weights[k] - other_alone.weights[k]));
  check(most < 1e-6, "both find the same, up to rounding");
  /* At once. */
  for (int round = 0; round < 5; round++) {
    check(pthread_create(&thread, NULL, fit, &one) == 0, "a thread");
    fit(&other);
    check(pthread_join(thread, NULL) == 0, "its end");
    check(one.failures == 0 && other.failures == 0, "at once");
    check(are_same(&one, &one_alone) && are_same(&other, &other_alone), "each finds what it finds alone");
  }
  /* The one is closed, with its threads, while the other works. */
  check(threads_now() > alone, "threads of their own");
  check(pthread_create(&thread, NULL, fit, &other) == 0, "a thread");
  check(dlclose(one.library) == 0, "dlclose beside work of the other");
  check(pthread_join(thread, NULL) == 0 && other.failures == 0 && are_same(&other, &other_alone), "the other works on");
  check(dlclose(other.library) == 0, "dlclose");
  check(threads_now() == alone, "no thread is left");
  /* Again and again, with threads that sleep. */
  for (int round = 0; round < 20 && failed == 0; round++) {
    copy again = {0};
    if (!open_copy(&again, argv[1 + round % 2])) break;
    fit(&again);
    check(again.failures == 0 && are_same(&again, round % 2 ? &other_alone : &one_alone), "loaded again");
    check(threads_now() > alone, "with threads");
    check(dlclose(again.library) == 0, "closed again");
    check(threads_now() == alone, "without threads");
  }
  return report();
}
