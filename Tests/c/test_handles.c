/* Handles that are none: NULL, freed, of the other kind, and numbers that look like pointers. */
#include "check.h"
#include "support.h"

static void *as_handle(uint64_t number) { return (void *)(uintptr_t)number; }

/* Every function with one handle. */
static void call_all(call_kind kind, void *handle, bt_status expected, const char *pieces) {
  for (int64_t k = 0; k < handle_call_count; k++) {
    const handle_call *c = &handle_calls[k];
    if (c->kind != kind) continue;
    /* Free calls accept NULL. */
    const int is_free = k + 1 == handle_call_count || handle_calls[k + 1].kind != kind;
    if (is_free && handle == NULL) continue;
    check_about(c->name);
    CHECK_ERROR(c->call(handle), expected, pieces);
  }
  check_about(NULL);
}

/* All of them work on living handles, in the order of the table. */
static void living(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  /* The estimator's first: the network's end with changes of structure. */
  for (int kind = USES_ESTIMATOR; kind >= USES_NETWORK; kind--) {
    for (int64_t k = 0; k < handle_call_count; k++) {
      const handle_call *c = &handle_calls[k];
      if (c->kind != (call_kind)kind) continue;
      check_about(c->name);
      CHECK_OK(c->call(kind == USES_NETWORK ? (void *)network : (void *)estimator));
    }
  }
  check_about(NULL);
}

static void foreign(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  static char text[] = "a text, of which a pointer may point anywhere";
  int local = 0;
  void *nothing[] = {&local,
                     &network,
                     (void *)text,
                     as_handle(1),
                     as_handle(2),
                     as_handle(0xffff),
                     as_handle(UINT64_MAX),
                     as_handle((uint64_t)1 << 63),
                     as_handle(0x00000001ffffffff),
                     as_handle((uint64_t)(uintptr_t)network ^ 1),
                     as_handle((uint64_t)(uintptr_t)network ^ ((uint64_t)1 << 32)),
                     as_handle((uint64_t)(uintptr_t)network ^ ((uint64_t)1 << 40)),
                     as_handle((uint64_t)(uintptr_t)network + ((uint64_t)1 << 24))};
  for (int64_t k = 0; k < COUNT(nothing); k++) {
    if (nothing[k] != (void *)estimator) call_all(USES_ESTIMATOR, nothing[k], BT_ERROR_HANDLE, "estimator|handle");
    call_all(USES_NETWORK, nothing[k], BT_ERROR_HANDLE, "network|handle");
  }
  call_all(USES_NETWORK, estimator, BT_ERROR_HANDLE, "network|handle|another kind");
  call_all(USES_ESTIMATOR, network, BT_ERROR_HANDLE, "estimator|handle|another kind");
  call_all(USES_NETWORK, NULL, BT_ERROR_NULL, "network is NULL");
  call_all(USES_ESTIMATOR, NULL, BT_ERROR_NULL, "estimator is NULL");
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

static void freed(void) {
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  CHECK_OK(bt_estimator_free(estimator));
  call_all(USES_ESTIMATOR, estimator, BT_ERROR_HANDLE, "estimator|freed");
  CHECK_OK(bt_network_free(network));
  call_all(USES_NETWORK, network, BT_ERROR_HANDLE, "network|freed");
  /* Their places are taken again. */
  bt_network *next = standard_network();
  bt_estimator *next_estimator = standard_estimator(next);
  call_all(USES_ESTIMATOR, estimator, BT_ERROR_HANDLE, "estimator|freed");
  call_all(USES_NETWORK, network, BT_ERROR_HANDLE, "network|freed");
  CHECK_OK(bt_estimator_free(next_estimator));
  CHECK_OK(bt_network_free(next));
}

/* Every function on handles just made: no unit, no data. */
static void fresh(void) {
  bt_network *network = NULL;
  bt_estimator *estimator = NULL;
  int64_t number = -5;
  int32_t stop = 5;
  double value = SENTINEL, weights[1] = {SENTINEL};
  const int64_t steps = 1;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_outputs(network, &number));
  CHECK(number == 0);
  CHECK_OK(bt_network_range(network, &number));
  CHECK(number == 0);
  CHECK_OK(bt_network_state_size(network, &number));
  CHECK(number == 0);
  CHECK_OK(bt_network_weight_count(network, &number));
  CHECK(number == 0);
  CHECK_OK(bt_network_array_count(network, &number));
  CHECK(number == 0);
  CHECK_OK(bt_network_get_weights(network, NULL, 0));
  CHECK_OK(bt_network_get_weights(network, weights, 0));
  CHECK_OK(bt_network_set_weights(network, NULL, 0));
  CHECK_OK(bt_network_randomize(network, 0));
  CHECK_ERROR(bt_network_group_size(network, 0, &number), BT_ERROR_ARGUMENT, "group 0|0");
  CHECK_ERROR(bt_network_array_name(network, 0, NULL, 0, &number), BT_ERROR_ARGUMENT, "index is 0|0 weight arrays");
  CHECK_ERROR(bt_network_get_array(network, "w", weights, 1), BT_ERROR_ARGUMENT, "'w'|unknown");
  CHECK_ERROR(bt_simulate(network, 1, &steps, &value, 1, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_NETWORK, "");
  CHECK_ERROR(bt_gradient(network, 1, &steps, &value, 1, NULL, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_NETWORK, "");

  CHECK_OK(bt_estimator_create(network, &estimator));
  CHECK_OK(bt_estimator_set_method(estimator, "auto"));
  CHECK_OK(bt_estimator_set_criterion(estimator, "least-squares"));
  CHECK_OK(bt_estimator_set_option(estimator, "tolerance", 0.25));
  CHECK_OK(bt_estimator_get_option(estimator, "tolerance", &value));
  CHECK(value == 0.25);
  CHECK_ERROR(bt_estimator_step(estimator, NULL, NULL, &stop), BT_ERROR_STATE, "no data|bt_estimator_set_data");
  CHECK_ERROR(bt_estimator_run(estimator, NULL, NULL, &stop), BT_ERROR_STATE, "no data");
  CHECK_ERROR(bt_estimator_cost(estimator, &value, NULL), BT_ERROR_STATE, "no data");
  CHECK_ERROR(bt_estimator_gradient(estimator, &value, NULL, 0), BT_ERROR_STATE, "no data");
  CHECK_ERROR(bt_estimator_divergence(estimator, &value), BT_ERROR_STATE, "no data");
  CHECK_ERROR(bt_estimator_observables(estimator, &value, NULL, NULL, 1), BT_ERROR_STATE, "no data");
  /* Without an output there is nothing to observe. */
  CHECK_ERROR(bt_estimator_add_observable(estimator, "mean", weights, 1, 0), BT_ERROR_ARGUMENT, "mean|k is");
  CHECK_OK(bt_estimator_observable_count(estimator, &number));
  CHECK(number == 0);
  CHECK_ERROR(bt_estimator_removed(estimator, "w", NULL, 0), BT_ERROR_ARGUMENT, "'w'|unknown");
  CHECK(stop == 5 && value == 0.25);
  CHECK_OK(bt_estimator_trace_length(estimator, &number));
  CHECK(number == 0);
  CHECK_OK(bt_estimator_trace(estimator, "cost", NULL, 0));
  CHECK_OK(bt_estimator_restart_count(estimator, &number));
  CHECK(number == 0);
  CHECK_OK(bt_estimator_restarts(estimator, NULL, 0));
  CHECK_OK(bt_estimator_stop_reason(estimator, &stop));
  CHECK(stop == BT_STOP_NONE);
  CHECK_OK(bt_estimator_get_weights(estimator, NULL, 0));
  CHECK_ERROR(bt_estimator_set_data(estimator, 1, &steps, &value, 1, &value, 1, NULL, 0), BT_ERROR_NETWORK,
              "no output");

  /* Settings made before the data hold after it. */
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 1, NULL, NULL));
  CHECK_OK(bt_estimator_set_data(estimator, 1, &steps, &value, 1, &value, 1, NULL, 0));
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, &stop));
  CHECK_OK(bt_estimator_get_option(estimator, "tolerance", &value));
  CHECK(value == 0.25);
  /* The structure changes under the estimator. */
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 1, NULL, NULL));
  CHECK_ERROR(bt_estimator_step(estimator, NULL, NULL, &stop), BT_ERROR_STATE, "structure|changed");
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  living();
  foreign();
  freed();
  fresh();
  return check_report();
}
