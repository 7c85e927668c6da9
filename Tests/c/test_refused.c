/* Buffers of the engine refused in turn: an error or a result, the best weights kept, the handles as good as before. How many
 * of each work: BACKTUNE_TEST_REFUSALS (8; 0 for every one). */
/* aligned_alloc. */
#define _ISOC11_SOURCE
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In place of the C library's, which the library takes its buffers from, those of alignment 64: number `refused` fails, and
 * where `for_good` is set all that come after it. */
static long asked, refused;
static int for_good;
static long most = 8;

int posix_memalign(void **block, size_t alignment, size_t size) {
  const long number = alignment == 64 ? __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) : 0;
  if (number > 0 && refused > 0 && (number == refused || (for_good && number > refused))) return 12;
  *block = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  return *block == NULL ? 12 : 0;
}

enum { T = 240, SEQUENCES = 3, NODES = 3, OUTPUTS = 2, VALUES = T * OUTPUTS, MOST = 100 };
static const int64_t lengths[SEQUENCES] = {150, 60, 30};
static double inputs[T], desired[VALUES];
static char path[200];

typedef struct {
  bt_network *network;
  bt_estimator *estimator;
  int64_t weights, state;
} model;

/* What is asked of an estimation. */
typedef struct {
  const char *what, *method, *criterion, *option, *regularisation;
  double value;
  /* Whether weights are as drawn, so that several draws race; whether groups are measured; whether data are read. */
  int is_drawn, is_measured, is_loaded;
} question;

static int32_t load(int64_t sequence, double *u, double *y, double *gains, void *unused) {
  int64_t first = 0;
  for (int64_t k = 0; k < sequence; k++) first += lengths[k];
  memcpy(u, inputs + first, (size_t)lengths[sequence] * sizeof *u);
  memcpy(y, desired + first * OUTPUTS, (size_t)(lengths[sequence] * OUTPUTS) * sizeof *y);
  return gains != NULL || unused != NULL;
}

static model make(const question *q) {
  model m = {NULL, NULL, 0, 0};
  const double product[] = {0, 1};
  CHECK_OK(bt_network_create(1, &m.network));
  CHECK_OK(bt_network_add_unit(m.network, "lnl", "u", NODES,
                               q->is_measured ? "{\"leak\": 0.5, \"feedback\": \"measured\"}" : "{\"leak\": \"adjust\"}", NULL));
  int64_t group = 0;
  const int64_t count = q->is_measured ? NODES : OUTPUTS;
  CHECK_OK(bt_network_find_group(m.network, "u.x", &group));
  CHECK_OK(bt_network_observe(m.network, &group, &count, 1));
  CHECK_OK(bt_network_randomize(m.network, 3));
  if (!q->is_drawn) set_own_weights(m.network);
  CHECK_OK(bt_network_weight_count(m.network, &m.weights));
  CHECK_OK(bt_network_state_size(m.network, &m.state));
  CHECK(m.weights <= MOST && m.state <= MOST);
  CHECK_OK(bt_estimator_create(m.network, &m.estimator));
  if (q->is_measured) {
    double goals[T * NODES];
    CHECK_OK(bt_random_uniform(5, "y", goals, T * NODES));
    CHECK_OK(bt_estimator_set_data(m.estimator, SEQUENCES, lengths, inputs, T, goals, T * NODES, NULL, 0));
  } else if (q->is_loaded) {
    CHECK_OK(bt_estimator_set_loader(m.estimator, SEQUENCES, lengths, 1, 0, load, NULL));
  } else {
    CHECK_OK(bt_estimator_set_data(m.estimator, SEQUENCES, lengths, inputs, T, desired, VALUES, NULL, 0));
  }
  if (q->method) CHECK_OK(bt_estimator_set_method(m.estimator, q->method));
  if (q->criterion) CHECK_OK(bt_estimator_set_criterion(m.estimator, q->criterion));
  if (q->criterion && strcmp(q->criterion, "observables") == 0)
    CHECK_OK(bt_estimator_add_observable(m.estimator, "product", product, 2, 0.25));
  if (q->option) CHECK_OK(bt_estimator_set_option(m.estimator, q->option, q->value));
  if (q->regularisation) CHECK_OK(bt_estimator_add_regularisation(m.estimator, q->regularisation, "{\"strength\": 0.01}"));
  CHECK_OK(bt_estimator_set_option(m.estimator, "max_iterations", q->is_drawn ? 12 : 4));
  return m;
}

static void end(model m) {
  CHECK_OK(bt_estimator_free(m.estimator));
  CHECK_OK(bt_network_free(m.network));
}

/* The last cost that a run told. */
static int32_t note_cost(bt_estimator *estimator, int32_t event, void *user_data) {
  int64_t length = 0;
  double costs[200];
  if (event != BT_EVENT_ITERATION || bt_estimator_trace_length(estimator, &length) != BT_OK || length > 200) return 0;
  if (bt_estimator_trace(estimator, "cost", costs, length) == BT_OK) *(double *)user_data = costs[length - 1];
  return 0;
}

static bt_status fit(model m, double *results) {
  double last = INFINITY, cost = NAN, weights[MOST];
  const bt_status status = bt_estimator_run(m.estimator, note_cost, &last, NULL);
  refused = 0;
  /* The best weights are kept, and are those of the network. */
  CHECK_OK(bt_estimator_cost(m.estimator, &cost, NULL));
  CHECK(cost <= last + 1e-12 * fabs(last));
  /* Some may have been taken away. */
  int64_t count = 0;
  CHECK_OK(bt_network_weight_count(m.network, &count));
  CHECK_OK(bt_network_get_weights(m.network, results, count));
  CHECK_OK(bt_estimator_get_weights(m.estimator, weights, count));
  CHECK(memcmp(results, weights, (size_t)count * sizeof *weights) == 0);
  for (int64_t k = 0; k < count; k++) CHECK(isfinite(results[k]));
  return status;
}

static bt_status simulate(model m, double *results) {
  double final[MOST];
  bt_status status = bt_simulate(m.network, SEQUENCES, lengths, inputs, T, NULL, 0, results, VALUES, NULL, 0, final,
                                 SEQUENCES * m.state);
  if (status != BT_OK) return status;
  status = bt_gradient(m.network, SEQUENCES, lengths, inputs, T, NULL, 0, desired, VALUES, results + VALUES, m.weights, NULL, 0);
  return status != BT_OK ? status : bt_estimator_gradient(m.estimator, NULL, results + VALUES + m.weights, m.weights);
}

static bt_status predict(model m, double *results) {
  static const double horizons[] = {1, 3, INFINITY};
  static double values[T * NODES];
  for (int k = 0; k < 3; k++) {
    const bt_status status =
        bt_predict(m.network, SEQUENCES, lengths, inputs, T, values, T * NODES, horizons[k], NULL, 0, NULL, 0, NULL, 0,
                   results + k * VALUES, T * NODES, NULL, 0, NULL, NULL, NULL);
    if (status != BT_OK) return status;
  }
  return bt_estimator_simulate(m.estimator, results, T * NODES);
}

static bt_status uncertainty(model m, double *results) {
  static double directions[MOST * MOST], deviations[MOST];
  int64_t count = 0;
  bt_status status = bt_estimator_prediction_deviation(m.estimator, results, VALUES);
  if (status == BT_OK) status = bt_estimator_combination_count(m.estimator, &count);
  if (status == BT_OK) status = bt_estimator_combinations(m.estimator, directions, count * m.weights, deviations, count);
  if (status == BT_OK)
    status = bt_uncertainty_predict(m.network, SEQUENCES, lengths, inputs, T, NULL, 0, directions, count * m.weights, deviations,
                                    count, results + VALUES, results + 2 * VALUES, VALUES, NULL, NULL, NULL);
  return status;
}

static bt_status files(model m, double *results) {
  bt_network *loaded = NULL;
  bt_status status = bt_network_save(m.network, path);
  if (status == BT_OK) status = bt_network_load(path, &loaded);
  if (status == BT_OK) status = bt_network_get_weights(loaded, results, m.weights);
  CHECK_OK(bt_network_free(loaded));
  return status;
}

static bt_status export(model m, double *results) {
  const char *formats[] = {"c", "fmu", "onnx"};
  for (int k = 0; k < 3; k++) {
    int64_t length = 0;
    const bt_status status = bt_network_export(m.network, formats[k], NULL, NULL, NULL, 0, &length);
    if (status != BT_OK) return status;
    results[k] = (double)length;
  }
  return BT_OK;
}

static bt_status stream(model m, double *results) {
  bt_stream *made = NULL;
  bt_status status = bt_stream_create(m.network, NULL, 0, &made);
  for (int64_t t = 0; t < T / 2 && status == BT_OK; t++)
    status = bt_stream_step(made, inputs + t, 1, NULL, 0, results + t * OUTPUTS, OUTPUTS);
  if (status == BT_OK)
    status = bt_stream_run(made, T / 2, inputs + T / 2, T / 2, NULL, 0, results + VALUES / 2, VALUES / 2);
  if (status == BT_OK) status = bt_stream_get_state(made, results + VALUES, m.state);
  CHECK_OK(bt_stream_free(made));
  return status;
}

enum { RESULTS = 5 * VALUES };

/* One buffer after the other; then the same with the same handles, which must work again. */
static void refuse(const question *q, bt_status (*work)(model, double *)) {
  static double expected[RESULTS], found[RESULTS];
  long errors = 0;
  check_about(q->what);
  memset(expected, 0, sizeof expected);
  memset(found, 0, sizeof found);
  model m = make(q);
  asked = 0;
  CHECK_OK(work(m, expected));
  const long all = asked, step = most > 0 ? (all + most - 1) / most : 1;
  end(m);
  for (for_good = 0; for_good < 2; for_good++) {
    for (long number = 1; number <= all; number += step > 0 ? step : 1) {
      m = make(q);
      asked = 0;
      refused = number;
      bt_status status = work(m, found);
      refused = 0;
      CHECK(status == BT_OK || status == BT_ERROR_MEMORY);
      errors += status == BT_ERROR_MEMORY;
      CHECK_OK(work(m, found));
      /* An estimation has gone on from where it was. */
      if (work != fit) CHECK(memcmp(found, expected, sizeof found) == 0);
      end(m);
    }
  }
  for_good = 0;
  CHECK(all == 0 || errors > 0);
  if (getenv("BACKTUNE_TEST_SHOW") != NULL) printf("%s: %ld buffers, %ld errors\n", q->what, all, errors);
  check_about(NULL);
}

int main(void) {
  static const question fits[] = {
      {"Gauss-Newton", "gauss-newton", NULL, NULL, NULL, 0, 0, 0, 0},
      {"a race", "gauss-newton", NULL, "restarts", NULL, 3, 1, 0, 0},
      {"conjugate gradients", "gauss-newton", NULL, "dense", NULL, 0, 0, 0, 0},
      {"initial states", "gauss-newton", NULL, "initial_states", NULL, 1, 0, 0, 0},
      {"l0", "gauss-newton", "l0", "nu", NULL, 0.3, 0, 0, 0},
      {"observables", NULL, "observables", NULL, NULL, 0, 0, 0, 0},
      {"sparse weights", "gauss-newton", NULL, NULL, "sparse-weights", 0, 0, 0, 0},
      {"backward tuning", "backward-tuning", NULL, NULL, NULL, 0, 0, 0, 0},
      {"measured", "gauss-newton", NULL, "horizon", NULL, 4, 0, 1, 0},
      {"measured, free", "gauss-newton", NULL, NULL, NULL, 0, 0, 1, 0},
      {"read when wanted", "gauss-newton", NULL, NULL, NULL, 0, 0, 0, 1},
  };
  static const question plain = {"simulate, gradient", NULL, NULL, NULL, NULL, 0, 0, 0, 0},
                        ahead = {"predict", NULL, NULL, NULL, NULL, 0, 0, 1, 0},
                        unsure = {"uncertainty", NULL, NULL, NULL, NULL, 0, 0, 0, 0},
                        saved = {"files", NULL, NULL, NULL, NULL, 0, 0, 0, 0},
                        exported = {"export", NULL, NULL, NULL, NULL, 0, 0, 0, 0},
                        streamed = {"stream", NULL, NULL, NULL, NULL, 0, 0, 0, 0};
  const char *given = getenv("BACKTUNE_TEST_REFUSALS");
  if (given != NULL) most = atol(given);
  if (is_small()) most = 1;
  snprintf(path, sizeof path, "refused-%ld.json", (long)getpid());
  CHECK_OK(bt_set_threads(3));
  CHECK_OK(bt_random_normal(3, "u", inputs, T));
  CHECK_OK(bt_random_uniform(4, "y", desired, VALUES));
  refuse(&plain, simulate);
  desired[7] = NAN;
  for (int64_t k = 0; k < COUNT(fits); k += is_small() ? 10 : 1) refuse(&fits[k], fit);
  refuse(&ahead, predict);
  refuse(&unsure, uncertainty);
  refuse(&saved, files);
  refuse(&exported, export);
  refuse(&streamed, stream);
  remove(path);
  return check_report();
}
