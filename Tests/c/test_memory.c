/* Little memory: with the address space limited, calls answer BT_ERROR_MEMORY and never end the process. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

static bt_status unit(int64_t size) {
  bt_network *network = NULL;
  bt_network_create(1, &network);
  bt_status status = bt_network_add_unit(network, "lnl", NULL, size, NULL, NULL);
  if (status == BT_OK) status = bt_network_to_json(network, NULL, 0, NULL);
  bt_network_free(network);
  return status;
}

static bt_status sparse_unit(int64_t size) {
  bt_network *network = NULL;
  bt_network_create(1, &network);
  bt_status status = bt_network_add_unit(network, "lnl", NULL, size, "{\"density\": 0.5}", NULL);
  bt_network_free(network);
  return status;
}

static bt_status simulation(int64_t steps) {
  bt_network *network = NULL;
  bt_network_create(0, &network);
  bt_network_add_unit(network, "lnl", NULL, 2, NULL, NULL);
  const bt_status status = bt_simulate(network, 1, &steps, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0);
  bt_network_free(network);
  return status;
}

static bt_status gradient(int64_t steps) {
  double *slopes = calloc((size_t)steps * 2, sizeof *slopes);
  if (slopes == NULL) return BT_ERROR_MEMORY;
  bt_network *network = NULL;
  bt_network_create(0, &network);
  bt_network_add_unit(network, "lnl", NULL, 2, NULL, NULL);
  const bt_status status = bt_gradient(network, 1, &steps, NULL, 0, NULL, 0, slopes, 2 * steps, NULL, 0, NULL, 0);
  bt_network_free(network);
  free(slopes);
  return status;
}

static bt_status data(int64_t steps) {
  double *values = calloc((size_t)steps * 2, sizeof *values);
  if (values == NULL) return BT_ERROR_MEMORY;
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  bt_network_create(1, &network);
  bt_network_add_unit(network, "lnl", NULL, 2, NULL, NULL);
  bt_estimator_create(network, &estimator);
  bt_status status = bt_estimator_set_data(estimator, 1, &steps, values, steps, values, 2 * steps, NULL, 0);
  if (status == BT_OK) status = bt_estimator_cost(estimator, NULL, NULL);
  bt_estimator_free(estimator);
  bt_network_free(network);
  free(values);
  return status;
}

/* What a limit on the address space leaves is soon found out: nothing waits for more. */
static bt_status fit(int64_t steps) {
  double *values = calloc((size_t)steps * 2, sizeof *values);
  if (values == NULL) return BT_ERROR_MEMORY;
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  alarm(60);
  for (int64_t k = 0; k < steps * 2; k++) values[k] = (double)(k * 37 % 101) / 100;
  bt_network_create(1, &network);
  bt_network_add_unit(network, "lnl", NULL, 2, NULL, NULL);
  bt_network_add_unit(network, "reservoir", NULL, 40, NULL, NULL);
  bt_network_add_unit(network, "linear", NULL, 2, "{\"sources\": [{\"source\": \"lnl.x\", \"lag\": 0}]}", NULL);
  bt_network_randomize(network, 1);
  bt_estimator_create(network, &estimator);
  bt_estimator_set_option(estimator, "max_iterations", 3);
  bt_status status = bt_estimator_set_data(estimator, 1, &steps, values, steps, values, 2 * steps, NULL, 0);
  if (status == BT_OK) status = bt_estimator_set_method(estimator, "backward-tuning");
  if (status == BT_OK) status = bt_estimator_run(estimator, NULL, NULL, NULL);
  if (status == BT_OK) status = bt_estimator_set_method(estimator, "gauss-newton");
  if (status == BT_OK) status = bt_estimator_run(estimator, NULL, NULL, NULL);
  if (status == BT_OK) status = bt_estimator_uncertainty(estimator, NULL, 0, NULL, NULL, 0, NULL, NULL);
  CHECK(bt_estimator_free(estimator) == BT_OK);
  CHECK(bt_network_free(network) == BT_OK);
  free(values);
  return status;
}

static long address_space(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld", &pages) != 1) pages = 0;
  if (file != NULL) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

/* Under ever tighter limits, each in a child of its own. */
static void limited(const char *name, bt_status (*call)(int64_t), int64_t size) {
  int refusals = 0;
  check_about(name);
  for (long spare = 4; spare <= 512; spare = spare * 3 / 2) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      check_begin_child();
      const rlim_t limit = (rlim_t)(address_space() + (spare << 20));
      const struct rlimit both = {limit, limit};
      if (setrlimit(RLIMIT_AS, &both) != 0) _exit(0);
      const bt_status status = call(size);
      CHECK(status == BT_OK || status == BT_ERROR_MEMORY);
      check_end_child();
    }
    refusals++;
    check_child(child, name);
  }
  CHECK(refusals > 5);
  check_about(NULL);
}

int main(void) {
  /* valgrind and the sanitizers need the address space for themselves. */
  if (is_small() || getenv("BACKTUNE_TEST_SANITIZED") != NULL) return check_report();
  limited("unit", unit, 600);
  limited("unit", unit, 1500);
  limited("sparse unit", sparse_unit, 1200);
  limited("simulation", simulation, 300000);
  limited("simulation", simulation, 3000000);
  limited("gradient", gradient, 300000);
  limited("gradient", gradient, 3000000);
  limited("data", data, 300000);
  limited("fit", fit, 500);
  limited("fit", fit, 100000);
  limited("data", data, 2000000);
  return check_report();
}
