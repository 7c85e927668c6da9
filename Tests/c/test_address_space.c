/* A limit on the address space that comes at any moment of a fit, a save, a load, an export: errors or results. How many
 * moments: BACKTUNE_TEST_LIMITS (4), from seed BACKTUNE_TEST_SEED (1) on. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

/* Uniform below 1, by a linear congruence. */
static double uniform(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(state >> 11) / 9007199254740992.0;
}

static long address_space(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld", &pages) != 1) pages = 0;
  if (file != NULL) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

/* So many bytes more than there are now. */
static void limit(long spare) {
  const rlim_t most = (rlim_t)(address_space() + spare);
  const struct rlimit both = {most, most};
  CHECK(setrlimit(RLIMIT_AS, &both) == 0);
}

/* When the limit comes, counted in calls of the callback, and how much it leaves. */
typedef struct {
  int64_t left;
  long spare;
  double least;
} moment;

static int32_t come(bt_estimator *estimator, int32_t event, void *user_data) {
  moment *own = user_data;
  double cost = 0;
  if (own->left-- == 0) limit(own->spare);
  if (event == BT_EVENT_ITERATION && bt_estimator_cost(estimator, &cost, NULL) == BT_OK) own->least = fmin(own->least, cost);
  return 0;
}

static int is_allowed(bt_status status) { return status == BT_OK || status == BT_ERROR_MEMORY || status == BT_ERROR_FILE; }

/* All of it, whatever fails on the way. */
static void work(int64_t steps, moment own) {
  enum { OUTPUTS = 2 };
  char path[100];
  const int64_t lengths[] = {steps - steps / 3, steps / 3}, values = OUTPUTS * steps;
  bt_network *network = NULL, *loaded = NULL;
  bt_estimator *estimator = NULL;
  bt_stream *stream = NULL;
  int64_t count = 0, length = 0;
  double cost = 0, *u = exact_doubles(steps, 0), *y = exact_doubles(values, 0);
  snprintf(path, sizeof path, "limited-%ld.json", (long)getpid());
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 6, "{\"leak\": \"adjust\"}", NULL));
  const int64_t group = 2, nodes = OUTPUTS;
  CHECK_OK(bt_network_observe(network, &group, &nodes, 1));
  CHECK_OK(bt_network_randomize(network, 1));
  CHECK_OK(bt_random_normal(1, "u", u, steps));
  CHECK_OK(bt_simulate(network, 2, lengths, u, steps, NULL, 0, y, values, NULL, 0, NULL, 0));
  CHECK_OK(bt_network_randomize(network, 2));
  CHECK_OK(bt_estimator_create(network, &estimator));
  if (own.left < 0) limit(own.spare);
  bt_status status = bt_estimator_set_data(estimator, 2, lengths, u, steps, y, values, NULL, 0);
  CHECK(is_allowed(status));
  if (status == BT_OK) {
    CHECK(is_allowed(bt_estimator_set_option(estimator, "max_iterations", 6)));
    CHECK(is_allowed(bt_estimator_set_option(estimator, "tolerance", 0)));
    status = bt_estimator_run(estimator, come, &own, NULL);
    CHECK(is_allowed(status));
    status = bt_estimator_cost(estimator, &cost, NULL);
    CHECK(is_allowed(status));
    CHECK(status != BT_OK || cost <= own.least);
    CHECK(is_allowed(bt_estimator_find_uncertainty(estimator, NULL, NULL, NULL)));
    CHECK(is_allowed(bt_estimator_set_method(estimator, "backward-tuning")));
    CHECK(is_allowed(bt_estimator_set_option(estimator, "max_iterations", 1)));
    CHECK(is_allowed(bt_estimator_run(estimator, NULL, NULL, NULL)));
  }
  CHECK(is_allowed(bt_simulate(network, 2, lengths, u, steps, NULL, 0, y, values, NULL, 0, NULL, 0)));
  status = bt_network_save(network, path);
  CHECK(is_allowed(status));
  if (status == BT_OK) {
    status = bt_network_load(path, &loaded);
    CHECK(is_allowed(status));
    CHECK(status != BT_OK || bt_network_weight_count(loaded, &count) != BT_OK || count > 0);
  }
  CHECK(is_allowed(bt_network_export(network, "onnx", NULL, NULL, NULL, 0, &length)));
  status = bt_stream_create(network, NULL, 0, &stream);
  CHECK(is_allowed(status));
  if (status == BT_OK) CHECK(is_allowed(bt_stream_run(stream, steps, u, steps, NULL, 0, y, values)));
  /* What frees needs nothing. */
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(loaded));
  remove(path);
}

int main(void) {
  /* valgrind and the sanitizers need the address space for themselves. */
  if (is_small() || getenv("BACKTUNE_TEST_SANITIZED") != NULL) return check_report();
  const char *times = getenv("BACKTUNE_TEST_LIMITS"), *seed = getenv("BACKTUNE_TEST_SEED");
  const long first = seed != NULL ? atol(seed) : 1, count = times != NULL ? atol(times) : 4;
  for (long number = first; number < first + count; number++) {
    static const int64_t lengths[] = {600, 20000, 150000};
    char about[100];
    state = (uint64_t)number * 2654435761u;
    for (int k = 0; k < 4; k++) uniform();
    const int64_t steps = lengths[(int)(3 * uniform())];
    /* One in four before the data; else at some call of the callback: of up to 40 in all. */
    moment own = {uniform() < 0.25 ? -1 : (int64_t)(40 * uniform() * uniform()), 0, INFINITY};
    own.spare = (long)(exp(uniform() * log(400)) * (1 << 20));
    snprintf(about, sizeof about, "seed %ld: %ld steps, moment %ld, %ld KiB", number, (long)steps, (long)own.left, own.spare >> 10);
    check_about(about);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      check_begin_child();
      alarm(900);
      CHECK_OK(bt_set_threads(1 + number % 4));
      work(steps, own);
      check_end_child();
    }
    check_child(child, about);
  }
  check_about(NULL);
  return check_report();
}
