/* C++ exceptions thrown by a callback and caught above the call: forbidden, and yet no more is lost than what the call had
 * made. They pass through the engine, which frees nothing on the way; the handles stay BUSY, and their own thread may free
 * them. */
extern "C" {
#include "check.h"
#include "support.h"
}

#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <vector>

namespace {

enum call { RUN, STEP, FIND_UNCERTAINTY, PREDICT };

const int64_t steps = 5000, units = 16;

struct task {
  enum call call;
  int32_t event; /* at the first of these it throws */
  bt_network *network;
  bt_estimator *estimator;
  std::vector<double> inputs;
  bt_status inside, elsewhere;
  bool is_caught;
};

void *free_both(void *data) {
  task *const item = static_cast<task *>(data);
  item->elsewhere = bt_estimator_free(item->estimator);
  /* A call of the network alone does not hold the estimator: this one frees it. */
  if (item->elsewhere == BT_OK) item->estimator = NULL;
  const bt_status status = bt_network_free(item->network);
  if (item->elsewhere == BT_OK) item->elsewhere = status;
  return NULL;
}

void free_elsewhere(task *item) {
  pthread_t thread;
  pthread_create(&thread, NULL, free_both, item);
  pthread_join(thread, NULL);
}

int32_t leave(bt_estimator *, int32_t event, void *data) {
  task *const item = static_cast<task *>(data);
  if (event != item->event) return 0;
  item->inside = bt_network_free(item->network);
  free_elsewhere(item);
  throw std::runtime_error("enough");
}

/* Long enough that the callback is polled. */
task *make(enum call call, int32_t event) {
  task *const item = new task();
  std::vector<double> desired(steps * units);
  item->call = call;
  item->event = event;
  item->inputs.resize(steps);
  CHECK_OK(bt_random_normal(1, "inputs", &item->inputs[0], steps));
  CHECK_OK(bt_random_normal(1, "desired", &desired[0], steps * units));
  CHECK_OK(bt_network_create(1, &item->network));
  CHECK_OK(bt_network_add_unit(item->network, "lnl", NULL, units, NULL, NULL));
  CHECK_OK(bt_network_randomize(item->network, 1));
  CHECK_OK(bt_estimator_create(item->network, &item->estimator));
  CHECK_OK(bt_estimator_set_data(item->estimator, 1, &steps, &item->inputs[0], steps, &desired[0], steps * units, NULL, 0));
  CHECK_OK(bt_estimator_set_option(item->estimator, "restarts", 0));
  return item;
}

void predict(task *item) {
  int64_t weights = 0;
  bt_network_weight_count(item->network, &weights);
  std::vector<double> directions(2 * weights, 1), deviations(2, 1), outputs(steps * units), deviation(steps * units);
  bt_uncertainty_predict(item->network, 1, &steps, &item->inputs[0], steps, NULL, 0, &directions[0], 2 * weights,
                         &deviations[0], 2, &outputs[0], &deviation[0], steps * units, leave, item, NULL);
}

void *run(void *data) {
  task *const item = static_cast<task *>(data);
  try {
    switch (item->call) {
      case RUN: bt_estimator_run(item->estimator, leave, item, NULL); break;
      case STEP: bt_estimator_step(item->estimator, leave, item, NULL); break;
      case FIND_UNCERTAINTY: bt_estimator_find_uncertainty(item->estimator, leave, item, NULL); break;
      case PREDICT: predict(item); break;
    }
  } catch (const std::runtime_error &) {
    item->is_caught = true;
  }
  return NULL;
}

void check_left(const task *item) {
  CHECK(item->is_caught && item->inside == BT_ERROR_BUSY && item->elsewhere == BT_ERROR_BUSY);
  CHECK((item->estimator == NULL) == (item->call == PREDICT));
  CHECK(bt_network_randomize(item->network, 1) == BT_ERROR_BUSY);
  if (item->estimator != NULL) CHECK(bt_estimator_run(item->estimator, NULL, NULL, NULL) == BT_ERROR_BUSY);
}

void check_freed(task *item) {
  CHECK_OK(bt_estimator_free(item->estimator));
  CHECK_OK(bt_network_free(item->network));
  CHECK(bt_network_free(item->network) == BT_ERROR_HANDLE);
  delete item;
}

void leave_by(enum call call, int32_t event) {
  /* The thread that left lives: nobody else may free. */
  task *item = make(call, event);
  check_about("the own thread");
  run(item);
  check_left(item);
  free_elsewhere(item);
  CHECK(item->elsewhere == BT_ERROR_BUSY);
  check_freed(item);

  /* A thread that ends. */
  pthread_t thread;
  item = make(call, event);
  check_about("a thread that ends");
  pthread_create(&thread, NULL, run, item);
  pthread_join(thread, NULL);
  check_left(item);
  check_freed(item);
}

}  // namespace

int main() {
  /* What is left so is lost: valgrind, which the variable stands for, and the sanitizers would count it. */
  if (is_small() || std::getenv("BACKTUNE_TEST_SANITIZED") != NULL) return check_report();
  for (int round = 0; round < 3; round++) {
    leave_by(RUN, 0);
    leave_by(RUN, 1);
    leave_by(STEP, 0);
    leave_by(STEP, 1);
    leave_by(FIND_UNCERTAINTY, 0);
    leave_by(PREDICT, 0);
  }
  /* All else works as before. */
  check_about("afterwards");
  bt_network *const network = standard_network();
  bt_estimator *const estimator = standard_estimator(network);
  CHECK_OK(bt_estimator_run(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
  return check_report();
}
