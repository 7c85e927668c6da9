/* Streams: the bits of simulate, states, weights that change, and everything that is refused. */
#include "check.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 100, MOST_OUTPUTS = 8 };

static bt_stream *stream_of(const bt_network *network) {
  bt_stream *stream = NULL;
  CHECK_OK(bt_stream_create(network, NULL, 0, &stream));
  return stream;
}

static bt_status step(bt_stream *stream, double input, double *outputs) {
  return bt_stream_step(stream, &input, 1, NULL, 0, outputs, STANDARD_OUTPUTS);
}

/* ---- Values */

/* One by one, at once and in parts; from a state that is not zero; the state after it. */
static void bits_of(const bt_network *network) {
  int64_t outputs = 0, size = 0, inputs = 0;
  CHECK_OK(bt_network_inputs(network, &inputs));
  CHECK_OK(bt_network_outputs(network, &outputs));
  CHECK_OK(bt_network_state_size(network, &size));
  CHECK(outputs <= MOST_OUTPUTS);
  const int64_t steps = T, parts[] = {0, 1, 15, 16, 17, 0, 50, 1};
  double *u = exact_doubles(T * inputs, 0), *initial = exact_doubles(size, 0), *state = exact_doubles(size, 0);
  double *final = exact_doubles(size, 0), *y = exact_doubles(T * outputs, 0), *expected = exact_doubles(T * outputs, 0);
  CHECK_OK(bt_random_normal(1, "u", u, T * inputs));
  CHECK_OK(bt_random_uniform(2, "initial", initial, size));
  CHECK_OK(bt_simulate(network, 1, &steps, u, T * inputs, initial, size, expected, T * outputs, NULL, 0, final, size));
  bt_stream *stream = NULL;
  CHECK_OK(bt_stream_create(network, initial, size, &stream));
  for (int64_t t = 0; t < T; t++)
    CHECK_OK(bt_stream_step(stream, u + t * inputs, inputs, NULL, 0, y + t * outputs, outputs));
  CHECK(memcmp(y, expected, (size_t)(T * outputs) * sizeof *y) == 0);
  CHECK_OK(bt_stream_get_state(stream, state, size));
  CHECK(memcmp(state, final, (size_t)size * sizeof *state) == 0);

  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_get_state(stream, state, size));
  CHECK(memcmp(state, initial, (size_t)size * sizeof *state) == 0);
  fill(y, T * outputs);
  for (int64_t k = 0, t = 0; k < COUNT(parts); t += parts[k++])
    CHECK_OK(bt_stream_run(stream, parts[k], u + t * inputs, parts[k] * inputs, NULL, 0, y + t * outputs,
                           parts[k] * outputs));
  CHECK(memcmp(y, expected, (size_t)(T * outputs) * sizeof *y) == 0);

  /* A state is handed over in the middle, to a ring that stands elsewhere; outputs need not be wanted. */
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_run(stream, 41, u, 41 * inputs, NULL, 0, NULL, 0));
  CHECK_OK(bt_stream_step(stream, u + 41 * inputs, inputs, NULL, 0, NULL, 0));
  CHECK_OK(bt_stream_get_state(stream, state, size));
  CHECK_OK(bt_stream_run(stream, 13, u, 13 * inputs, NULL, 0, NULL, 0));
  CHECK_OK(bt_stream_set_state(stream, state, size));
  fill(y, T * outputs);
  CHECK_OK(bt_stream_run(stream, 58, u + 42 * inputs, 58 * inputs, NULL, 0, y, 58 * outputs));
  CHECK(memcmp(y, expected + 42 * outputs, (size_t)(58 * outputs) * sizeof *y) == 0);
  CHECK_OK(bt_stream_free(stream));
  free(u), free(initial), free(state), free(final), free(y), free(expected);
}

static void bits(void) {
  const char *const kinds[] = {"linear", "lnl", "lstm", "gru", "strongly_typed", "aif", "softmax", "reservoir"};
  for (int64_t k = 0; k < COUNT(kinds); k++) {
    bt_network *network = NULL;
    check_about(kinds[k]);
    CHECK_OK(bt_network_create(2, &network));
    CHECK_OK(bt_network_add_unit(network, kinds[k], NULL, 5, NULL, NULL));
    CHECK_OK(bt_network_randomize(network, 3));
    bits_of(network);
    CHECK_OK(bt_network_free(network));
  }
  check_about("long lags");
  const char *const lags[] = {"{\"sources\": [{\"source\": \"self\", \"lag\": 1}, {\"source\": \"input\", \"lag\": 7}]}",
                              "{\"sources\": [{\"source\": \"lnl.x\", \"lag\": 40}, {\"source\": \"input\", \"lag\": 0}]}"};
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 3, lags[0], NULL));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 2, lags[1], NULL));
  CHECK_OK(bt_network_randomize(network, 4));
  bits_of(network);
  CHECK_OK(bt_network_free(network));
  check_about("without past");
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "dense", NULL, 3, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 5));
  bits_of(network);
  CHECK_OK(bt_network_free(network));
  check_about("without inputs");
  CHECK_OK(bt_network_create(0, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 3, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 6));
  bits_of(network);
  CHECK_OK(bt_network_free(network));
  check_about(NULL);
}

/* The initial state of the network: learnt values and inputs at rest, those of now at every reset. */
static void starts(void) {
  bt_network *network = NULL;
  const double rests[] = {0.5, -2}, learnt[] = {0.25, -0.75};
  double y[4], expected[4], u[2] = {1, 0.5};
  const int64_t steps = 2;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "lnl", "u", 2, "{\"initial\": \"learn\"}", NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  bt_stream *stream = stream_of(network);
  for (int k = 0; k < 2; k++) {
    CHECK_OK(bt_network_set_rest(network, rests + k, 1));
    CHECK_OK(bt_network_set_array(network, "u.x.x0", learnt + k, 1));
    CHECK_OK(bt_simulate(network, 1, &steps, u, 2, NULL, 0, expected, 4, NULL, 0, NULL, 0));
    CHECK_OK(bt_stream_reset(stream));
    CHECK_OK(bt_stream_run(stream, 2, u, 2, NULL, 0, y, 4));
    CHECK(memcmp(y, expected, sizeof y) == 0);
  }
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(network));
}

/* Values that overflow come once; then steps are refused, but not the calls that mend it. */
static void divergence(void) {
  bt_network *network = NULL;
  const double weight = 1e200, one = 1, nan = NAN;
  double y[4], expected[4], state[2] = {0, 0}, other = SENTINEL;
  const int64_t steps = 4;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_OK(bt_network_add_unit(network, "linear", NULL, 1, NULL, NULL));
  CHECK_OK(bt_network_set_array(network, "linear.x.W1", &weight, 1));
  CHECK_OK(bt_network_set_array(network, "linear.x.B", &one, 1));
  const double inputs[] = {1, 1, 1, 1};
  CHECK_OK(bt_simulate(network, 1, &steps, inputs, 4, NULL, 0, expected, 4, NULL, 0, NULL, 0));
  bt_stream *stream = stream_of(network), *copy = stream_of(network);
  for (int t = 0; t < 4; t++) CHECK_OK(bt_stream_step(stream, &one, 1, NULL, 0, y + t, 1));
  CHECK(memcmp(y, expected, sizeof y) == 0 && isinf(y[3]));
  CHECK_ERROR(bt_stream_step(stream, &one, 1, NULL, 0, &other, 1), BT_ERROR_STATE, "diverged|reset");
  CHECK_ERROR(bt_stream_run(stream, 1, &one, 1, NULL, 0, &other, 1), BT_ERROR_STATE, "diverged|reset");
  CHECK_ERROR(bt_stream_step(stream, &nan, 1, NULL, 0, &other, 1), BT_ERROR_ARGUMENT, "inputs|channel 0|nan");
  CHECK(other == SENTINEL);
  /* Its state is what it is, for another stream too. */
  CHECK_OK(bt_stream_get_state(stream, state, 2));
  CHECK(isinf(state[1]));
  CHECK_OK(bt_stream_set_state(copy, state, 2));
  CHECK_ERROR(bt_stream_step(copy, &one, 1, NULL, 0, &other, 1), BT_ERROR_STATE, "infinite or NaN|set its state");
  state[1] = 0;
  CHECK_OK(bt_stream_set_state(copy, state, 2));
  CHECK_OK(bt_stream_step(copy, &one, 1, NULL, 0, &other, 1));
  CHECK(other == 1);
  CHECK_OK(bt_stream_reset(stream));
  CHECK_OK(bt_stream_run(stream, 4, inputs, 4, NULL, 0, y, 4));
  CHECK(memcmp(y, expected, sizeof y) == 0);
  CHECK_ERROR(bt_stream_step(stream, &one, 1, NULL, 0, &other, 1), BT_ERROR_STATE, "diverged");
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_stream_free(copy));
  CHECK_OK(bt_network_free(network));
}

/* ---- The network */

/* What `network` gives for an input of 1 after `state`, which is replaced by the next one. */
static void expect_step(const bt_network *network, double *state, double *outputs) {
  const int64_t steps = 1;
  const double one = 1;
  CHECK_OK(bt_simulate(network, 1, &steps, &one, 1, state, STANDARD_STATE, outputs, STANDARD_OUTPUTS, NULL, 0, state,
                       STANDARD_STATE));
}

static int32_t step_inside(bt_estimator *estimator, int32_t event, void *user_data) {
  double y[STANDARD_OUTPUTS];
  (void)estimator, (void)event;
  CHECK_OK(step(user_data, 1, y));
  return 0;
}

/* Weights count from the next step on, whoever sets them; the state stays. */
static void weights(void) {
  bt_network *network = standard_network();
  bt_stream *stream = stream_of(network);
  double y[STANDARD_OUTPUTS], expected[STANDARD_OUTPUTS], state[STANDARD_STATE] = {0, 0, 0}, found[STANDARD_STATE];
  const double weight = 0.125;
  for (int k = 0; k < 5; k++) {
    if (k == 1) CHECK_OK(bt_network_randomize(network, 9));
    if (k == 2) CHECK_OK(bt_network_set_array(network, "u.x2.W", &weight, 1));
    if (k == 3) set_own_weights(network);
    CHECK_OK(step(stream, 1, y));
    expect_step(network, state, expected);
    CHECK(memcmp(y, expected, sizeof y) == 0);
  }
  /* Those of an estimation; a step in its callback is none of its business. */
  bt_estimator *estimator = standard_estimator(network);
  CHECK_OK(bt_estimator_step(estimator, NULL, NULL, NULL));
  CHECK_OK(step(stream, 1, y));
  expect_step(network, state, expected);
  CHECK(memcmp(y, expected, sizeof y) == 0);
  CHECK_OK(bt_estimator_run(estimator, step_inside, stream, NULL));
  CHECK_OK(bt_stream_get_state(stream, state, STANDARD_STATE));
  CHECK_OK(step(stream, 1, y));
  expect_step(network, state, expected);
  CHECK(memcmp(y, expected, sizeof y) == 0);
  /* The stream keeps what it needs. */
  CHECK_OK(bt_estimator_free(estimator));
  bt_network *copy = NULL;
  CHECK_OK(bt_network_copy(network, &copy));
  CHECK_OK(bt_network_free(network));
  CHECK_OK(step(stream, 1, y));
  expect_step(copy, state, expected);
  CHECK(memcmp(y, expected, sizeof y) == 0);
  CHECK_OK(bt_stream_get_state(stream, found, STANDARD_STATE));
  CHECK(memcmp(found, state, sizeof state) == 0);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(copy));
}

/* Labels and bounds are no structure; units, connections and what is observed are. */
static void structure(void) {
  for (int k = 0; k < 3; k++) {
    bt_network *network = standard_network();
    bt_stream *stream = stream_of(network);
    const char *const name = "force";
    const uint8_t fixed = 1;
    const int64_t group = 2, one = 1;
    double y[STANDARD_OUTPUTS], state[STANDARD_STATE], before[STANDARD_STATE];
    CHECK_OK(bt_network_set_labels(network, "input names", &name, 1));
    CHECK_OK(bt_network_set_fixed(network, "u.x2.a", &fixed, 1));
    CHECK_OK(step(stream, 1, y));
    CHECK_OK(bt_stream_get_state(stream, before, STANDARD_STATE));
    if (k == 0) CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 1, NULL, NULL));
    if (k == 1) CHECK_OK(bt_network_observe(network, &group, &one, 1));
    if (k == 2) CHECK_OK(bt_network_connect_dense(network, 0, BT_INPUT, 3, "B3"));
    fill(y, STANDARD_OUTPUTS);
    CHECK_ERROR(step(stream, 1, y), BT_ERROR_NETWORK, "stream|structure|changed");
    CHECK_ERROR(bt_stream_run(stream, 0, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_NETWORK, "structure|changed");
    CHECK(is_untouched(y, STANDARD_OUTPUTS));
    /* Weights set later do not make it better, the state can still be had. */
    CHECK_OK(bt_network_randomize(network, 1));
    CHECK_ERROR(step(stream, 1, y), BT_ERROR_NETWORK, "structure|changed");
    CHECK_OK(bt_stream_get_state(stream, state, STANDARD_STATE));
    CHECK(memcmp(state, before, sizeof state) == 0);
    CHECK_OK(bt_stream_reset(stream));
    CHECK_OK(bt_stream_free(stream));
    CHECK_OK(bt_network_free(network));
  }
}

/* ---- What is refused */

static void arguments(void) {
  bt_network *network = standard_network(), *empty = NULL;
  bt_stream *stream = stream_of(network), *none = (bt_stream *)1;
  double y[2 * STANDARD_OUTPUTS], state[STANDARD_STATE] = {0, 0, 0}, before[STANDARD_STATE];
  const double u[] = {1, 2}, bad[] = {0, NAN, INFINITY}, wrong[] = {0, -INFINITY, 0};
  CHECK_OK(step(stream, 1, y));
  CHECK_OK(bt_stream_get_state(stream, before, STANDARD_STATE));
  fill(y, COUNT(y));

  CHECK_ERROR(bt_stream_create(network, state, 2, &none), BT_ERROR_SIZE, "initial|2 values|expected 3");
  CHECK(none == NULL);
  none = (bt_stream *)1;
  CHECK_ERROR(bt_stream_create(network, wrong, 3, &none), BT_ERROR_ARGUMENT, "initial|value 1|-inf");
  CHECK(none == NULL);
  CHECK_ERROR(bt_stream_create(network, NULL, 3, &none), BT_ERROR_NULL, "initial is NULL");
  CHECK_ERROR(bt_stream_create(network, state, -3, &none), BT_ERROR_SIZE, "initial_length is -3");
  CHECK_ERROR(bt_stream_create(network, state, HUGE_LENGTH, &none), BT_ERROR_MEMORY, "initial");
  CHECK_ERROR(bt_stream_create(network, NULL, 0, NULL), BT_ERROR_NULL, "stream is NULL");
  CHECK_ERROR(bt_stream_create(NULL, NULL, 0, &none), BT_ERROR_NULL, "network is NULL");
  CHECK_OK(bt_network_create(1, &empty));
  CHECK_ERROR(bt_stream_create(empty, NULL, 0, &none), BT_ERROR_NETWORK, "no group");
  CHECK_OK(bt_network_free(empty));

  CHECK_ERROR(bt_stream_step(stream, u, 2, NULL, 0, y, 2), BT_ERROR_SIZE, "inputs_length is 2|expected 1");
  CHECK_ERROR(bt_stream_step(stream, u, 0, NULL, 0, y, 2), BT_ERROR_SIZE, "inputs_length is 0|expected 1");
  CHECK_ERROR(bt_stream_step(stream, u, -1, NULL, 0, y, 2), BT_ERROR_SIZE, "inputs_length is -1|expected 1");
  CHECK_ERROR(bt_stream_step(stream, NULL, 1, NULL, 0, y, 2), BT_ERROR_NULL, "inputs is NULL");
  CHECK_ERROR(bt_stream_step(stream, u, 1, NULL, 0, y, 1), BT_ERROR_SIZE, "outputs_length is 1|expected 2");
  CHECK_ERROR(bt_stream_step(stream, u, 1, NULL, 0, y, INT64_MIN), BT_ERROR_SIZE, "outputs_length|expected 2");
  CHECK_ERROR(bt_stream_step(stream, u, 1, NULL, 0, NULL, 2), BT_ERROR_NULL, "outputs is NULL");
  CHECK_ERROR(bt_stream_step(stream, u, 1, u, 2, y, 2), BT_ERROR_ARGUMENT, "measured|expected none");
  CHECK_ERROR(bt_stream_step(stream, u, 1, u, 0, y, 2), BT_ERROR_SIZE, "measured_length is 0|expected 2");
  CHECK_ERROR(bt_stream_step(stream, u, 1, NULL, 2, y, 2), BT_ERROR_NULL, "measured is NULL");
  for (int k = 1; k < 3; k++)
    CHECK_ERROR(bt_stream_step(stream, bad + k, 1, NULL, 0, y, 2), BT_ERROR_ARGUMENT, "inputs|step 0|channel 0|finite");
  CHECK_ERROR(bt_stream_run(stream, 2, bad, 2, NULL, 0, y, 4), BT_ERROR_ARGUMENT, "inputs|step 1|channel 0|nan");
  CHECK_ERROR(bt_stream_run(stream, 2, u, 1, NULL, 0, y, 4), BT_ERROR_SIZE, "inputs_length is 1|expected 2 x 1");
  CHECK_ERROR(bt_stream_run(stream, 2, u, 2, NULL, 0, y, 2), BT_ERROR_SIZE, "outputs_length is 2|expected 2 x 2");
  CHECK_ERROR(bt_stream_run(stream, -1, u, 2, NULL, 0, y, 2), BT_ERROR_SIZE, "steps is -1|expected 0 or more");
  CHECK_ERROR(bt_stream_run(stream, 2, u, 2, u, 2, y, 4), BT_ERROR_SIZE, "measured_length is 2|expected 2 x 2");
  CHECK_ERROR(bt_stream_run(stream, INT64_MAX, u, 2, NULL, 0, y, 4), BT_ERROR_MEMORY, "steps|9223372036854775807");
  CHECK_ERROR(bt_stream_run(stream, HUGE_LENGTH, NULL, 0, NULL, 0, NULL, 0), BT_ERROR_MEMORY, "steps");
  CHECK_ERROR(bt_stream_get_state(stream, state, 2), BT_ERROR_SIZE, "state_length is 2|expected 3");
  CHECK_ERROR(bt_stream_get_state(stream, NULL, 3), BT_ERROR_NULL, "state is NULL");
  CHECK_ERROR(bt_stream_set_state(stream, state, 4), BT_ERROR_SIZE, "state_length is 4|expected 3");
  CHECK_ERROR(bt_stream_set_state(stream, NULL, 3), BT_ERROR_NULL, "state is NULL");
  CHECK(is_untouched(y, COUNT(y)));
  CHECK_OK(bt_stream_get_state(stream, state, STANDARD_STATE));
  CHECK(memcmp(state, before, sizeof state) == 0);
  CHECK_OK(bt_stream_free(stream));
  CHECK_OK(bt_network_free(network));
}

/* Every function with a handle that is none. */
static void all_answer(bt_stream *stream, bt_status expected, const char *pieces) {
  double y[STANDARD_OUTPUTS], state[STANDARD_STATE] = {0, 0, 0};
  const double u = 1;
  CHECK_ERROR(bt_stream_step(stream, &u, 1, NULL, 0, y, 2), expected, pieces);
  CHECK_ERROR(bt_stream_run(stream, 1, &u, 1, NULL, 0, y, 2), expected, pieces);
  CHECK_ERROR(bt_stream_get_state(stream, state, 3), expected, pieces);
  CHECK_ERROR(bt_stream_set_state(stream, state, 3), expected, pieces);
  CHECK_ERROR(bt_stream_reset(stream), expected, pieces);
  if (stream != NULL) CHECK_ERROR(bt_stream_free(stream), expected, pieces);
}

static bt_stream *as_stream(uint64_t token) { return (bt_stream *)(uintptr_t)token; }

static void handles(void) {
  bt_network *network = standard_network();
  bt_stream *stream = stream_of(network);
  const uint64_t token = (uint64_t)(uintptr_t)stream;
  int local = 0;
  int64_t number = 0;
  bt_stream *const foreign[] = {(bt_stream *)(void *)network, (bt_stream *)(void *)&local, as_stream(1),
                                as_stream(UINT64_MAX), as_stream(token ^ 1), as_stream(token ^ ((uint64_t)1 << 32)),
                                as_stream(token ^ ((uint64_t)1 << 25)), as_stream(token | 0xffffff),
                                as_stream((token & 0xffffffff) | (uint64_t)0 << 32)};
  for (int64_t k = 0; k < COUNT(foreign); k++) all_answer(foreign[k], BT_ERROR_HANDLE, "stream|handle|freed");
  all_answer(NULL, BT_ERROR_NULL, "stream is NULL");
  CHECK_OK(bt_stream_free(NULL));
  CHECK_ERROR(bt_network_inputs((bt_network *)(void *)stream, &number), BT_ERROR_HANDLE, "network|handle");
  CHECK_ERROR(bt_estimator_run((bt_estimator *)(void *)stream, NULL, NULL, NULL), BT_ERROR_HANDLE, "estimator|handle");
  CHECK_OK(bt_stream_free(stream));
  all_answer(stream, BT_ERROR_HANDLE, "stream|handle|freed");
  /* Its place is taken again, by more than there were. */
  enum { MANY = 1500 };
  const int64_t many = is_small() ? 20 : MANY;
  bt_stream *others[MANY];
  double y[STANDARD_OUTPUTS];
  for (int64_t k = 0; k < many; k++) others[k] = stream_of(network);
  all_answer(stream, BT_ERROR_HANDLE, "stream|handle|freed");
  for (int64_t k = 0; k < many; k++) CHECK_OK(step(others[k], 1, y));
  for (int64_t k = 0; k < many; k++) CHECK_OK(bt_stream_free(others[k]));
  CHECK_OK(bt_network_randomize(network, 2));
  CHECK_OK(bt_network_free(network));
}

int main(void) {
  bits();
  starts();
  divergence();
  weights();
  structure();
  arguments();
  handles();
  return check_report();
}
