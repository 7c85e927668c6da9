/* Flat memory: what is made and freed, or fails, again and again. How many times: BACKTUNE_TEST_CYCLES (30; streams a
 * hundred times as often). */
#include "check.h"
#include "support.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[200];
static char *text;
static int64_t text_length;
static double inputs[STEPS], desired[STEPS * STANDARD_OUTPUTS];
static const int64_t steps = STEPS;

static void few(bt_estimator *estimator, const char *method) {
  CHECK_OK(bt_estimator_set_method(estimator, method));
  CHECK_OK(bt_estimator_set_option(estimator, "max_iterations", 3));
}

/* ---- Cycles; each is given its number */

static void train(long number) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  few(estimator, number % 2 ? "gauss-newton" : "backward-tuning");
  if (number % 3 == 0) set_own_weights(network);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  /* In either order. */
  if (number % 5 == 0) CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_estimator_free(estimator));
  if (number % 5 != 0) CHECK_OK(bt_network_free(network));
}

static int32_t stop_or_free(bt_estimator *estimator, int32_t event, void *number) {
  CHECK(bt_estimator_free(estimator) == BT_ERROR_BUSY);
  return event == BT_EVENT_ITERATION && *(long *)number % 2;
}

/* Stopped by the callback, which tries to free what runs; then asked how sure the weights are. */
static void called_back(long number) {
  bt_network *network = standard_network(), *copy = NULL;
  bt_estimator *estimator = standard_estimator(network);
  int64_t count = 0;
  few(estimator, "gauss-newton");
  CHECK_OK(bt_estimator_run(estimator, stop_or_free, &number, NULL));
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK_OK(bt_estimator_combination_count(estimator, &count));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_free(copy));
}

static int32_t fail_to_load(int64_t sequence, double *u, double *y, double *gains, void *left) {
  (void)sequence, (void)gains;
  memcpy(u, inputs, sizeof inputs);
  memcpy(y, desired, sizeof desired);
  return (*(long *)left)-- == 0;
}

static int32_t fail_to_reduce(double *values, int64_t count, int32_t operation, void *left) {
  (void)values, (void)count, (void)operation;
  return (*(long *)left)-- == 0;
}

static int32_t go_on(bt_estimator *estimator, int32_t event, void *unused) {
  return estimator == NULL || event < 0 || unused != NULL;
}

/* Data that cannot be read, processes that cannot be joined, in the middle of a run. */
static void failing(long number) {
  bt_network *network = standard_network();
  bt_estimator *estimator = NULL;
  long reads = 3 + number % 12, sums = number % 30;
  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_loader(estimator, 1, &steps, 1, 0, fail_to_load, &reads));
  few(estimator, "gauss-newton");
  bt_status status = bt_estimator_run(estimator, go_on, NULL, NULL);
  CHECK(status == BT_ERROR_LOADER || (status == BT_OK && reads >= 0));
  CHECK_OK(bt_estimator_free(estimator));
  estimator = standard_estimator(network);
  few(estimator, "gauss-newton");
  CHECK_OK(bt_estimator_set_reduction(estimator, fail_to_reduce, &sums, 0, 2));
  status = bt_estimator_run(estimator, NULL, NULL, NULL);
  CHECK(status == BT_ERROR_PROCESSES || (status == BT_OK && sums >= 0));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Texts that end too early, files that are none, unknown units, exports. */
static void texts(long number) {
  const char *formats[] = {"c", "onnx", "fmu", "none"};
  bt_network *network = NULL;
  int64_t length = 0;
  CHECK(bt_network_from_json(text, number % text_length, &network) == BT_ERROR_ARGUMENT);
  CHECK_OK(bt_network_from_json(text, text_length, &network));
  CHECK(bt_network_add_unit(network, "lnl", NULL, 2, "{\"density\": 7}", NULL) == BT_ERROR_ARGUMENT);
  CHECK(bt_network_add_unit(network, "conv1d", NULL, 2, "{\"kernel\": [}", NULL) == BT_ERROR_ARGUMENT);
  const bt_status status = bt_network_export(network, formats[number % 4], NULL, NULL, NULL, 0, &length);
  CHECK(number % 4 == 3 ? status == BT_ERROR_ARGUMENT : status == BT_OK);
  if (number % 8 == 0) CHECK_OK(bt_network_save(network, path));
  CHECK_OK(bt_network_free(network));
  CHECK_OK(bt_network_load(path, &network));
  CHECK_OK(bt_network_free(network));
  CHECK(bt_network_load("nowhere/none.json", &network) == BT_ERROR_FILE);
}

static bt_network *streamed;

static void stream(long number) {
  bt_stream *made = NULL;
  double y[STANDARD_OUTPUTS];
  const double bad = 0.0 / 0.0, u = (double)(number % 7);
  CHECK_OK(bt_stream_create(streamed, NULL, 0, &made));
  CHECK_OK(bt_stream_step(made, &u, 1, NULL, 0, y, STANDARD_OUTPUTS));
  if (number % 4 == 0) CHECK(bt_stream_step(made, &bad, 1, NULL, 0, y, STANDARD_OUTPUTS) == BT_ERROR_ARGUMENT);
  CHECK_OK(bt_stream_free(made));
  if (number % 16 == 0) CHECK(bt_stream_free(made) == BT_ERROR_HANDLE);
}

/* ---- What they leave */

static long resident(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
  if (file != NULL) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

/* What malloc has given and not got back; what its caches hold counts, too. */
static long used(void) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  return (long)mallinfo2().uordblks + (long)mallinfo2().hblkhd;
#else
  return 0;
#endif
}

static void flat(const char *what, void (*cycle)(long), long cycles) {
  const long warm = cycles < 1000 ? cycles / 2 : 500;
  check_about(what);
  long number = 0;
  for (; number < warm; number++) cycle(number);
  const long resident_before = resident(), used_before = used();
  for (; number < warm + cycles; number++) cycle(number);
  const long grown = used() - used_before, taken = resident() - resident_before;
  if (getenv("BACKTUNE_TEST_SHOW") != NULL)
    printf("%s: %ld cycles, %ld bytes more in use, %ld KiB more resident\n", what, cycles, grown, taken >> 10);
  /* Caches of threads come and go: less than any object a cycle, where there are many. */
  if (getenv("BACKTUNE_TEST_SANITIZED") == NULL && !is_small()) {
    CHECK(grown < 128 << 10);
    CHECK(taken < 4 << 20);
  }
  check_about(NULL);
}

int main(void) {
  const char *given = getenv("BACKTUNE_TEST_CYCLES");
  const long cycles = is_small() ? 2 : given != NULL ? atol(given) : 30;
  snprintf(path, sizeof path, "leaks-%ld.json", (long)getpid());
  CHECK_OK(bt_set_threads(2));
  streamed = standard_network();
  standard_data(streamed, inputs, desired);
  CHECK_OK(bt_network_save(streamed, path));
  CHECK_OK(bt_network_to_json(streamed, NULL, 0, &text_length));
  text = exact((size_t)text_length + 1);
  CHECK_OK(bt_network_to_json(streamed, text, text_length + 1, NULL));
  flat("train", train, cycles);
  /* A free of what runs waits before it is refused. */
  flat("callbacks, uncertainty", called_back, (cycles + 9) / 10);
  flat("failing", failing, cycles);
  flat("texts, files, exports", texts, cycles);
  flat("streams", stream, (is_small() ? 10 : 100) * cycles);
  CHECK_OK(bt_network_free(streamed));
  free(text);
  remove(path);
  return check_report();
}
