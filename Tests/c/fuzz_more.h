/* The calls of fuzz.c that are made less often, and the choice among all of them. */

/* What a loader is told, kept until all estimators are gone. */
typedef struct shape {
  bt_network *network;
  int64_t steps;
  int fails;
  struct shape *next;
} shape;

static shape *shapes;

/* Out of nothing, seldom a failure. Of a network that is gone nothing is written. */
static int32_t fuzz_loader(int64_t sequence, double *inputs, double *desired, double *gains, void *user_data) {
  const shape *told = user_data;
  const int64_t m = ask(bt_network_inputs, told->network), o = ask(bt_network_outputs, told->network);
  for (int64_t k = 0; k < told->steps * m; k++) inputs[k] = sin(0.7 * (double)(k + sequence));
  for (int64_t k = 0; desired != NULL && k < told->steps * o; k++) desired[k] = k % 7 == 3 ? NAN : cos((double)k);
  for (int64_t k = 0; gains != NULL && k < told->steps * o; k++) gains[k] = (double)(k % 3);
  return told->fails && sequence == 1;
}

/* That of one process. */
static int32_t fuzz_reduction(double *values, int64_t count, int32_t operation, void *user_data) {
  (void)values, (void)count, (void)operation;
  return user_data != NULL;
}

static void feed(fuzzer *f) {
  const pair p = any_pair(f);
  bt_network *n = p.network;
  bt_estimator *e = p.estimator;
  if (chance(f, 30)) {
    void *const fails = chance(f, 20) ? f : NULL;
    TRY(bt_estimator_set_reduction(e, chance(f, 60) ? fuzz_reduction : NULL, fails, chance(f, 80) ? 0 : integer(f, 2),
                                   chance(f, 80) ? 1 : integer(f, 3)));
    return;
  }
  shape *told = exact(sizeof *told);
  *told = (shape){n, below(f, 12), chance(f, 10), NULL};
  const int64_t steps = chance(f, 97) ? told->steps : -1, lengths[3] = {told->steps, told->steps, steps};
  pthread_mutex_lock(&mutex);
  told->next = shapes;
  shapes = told;
  pthread_mutex_unlock(&mutex);
  TRY(bt_estimator_set_loader(e, chance(f, 95) ? 1 + below(f, 3) : -below(f, 2), lengths, chance(f, 90), below(f, 2),
                              chance(f, 97) ? fuzz_loader : NULL, told));
  keep_data(p.place, 3, 3 * told->steps);
}

/* Asked in calls that take long, which few do here. */
static int32_t fuzz_poll(bt_estimator *estimator, int32_t event, void *user_data) {
  int64_t threads = 0;
  (void)estimator, (void)event, (void)user_data;
  return bt_get_threads(&threads) != BT_OK || is_time_over();
}

/* The rest, origin, threads, words. */
static void settle(fuzzer *f) {
  bt_network *n = any_network(f);
  const int64_t inputs = ask(bt_network_inputs, n);
  if (inputs > 1000) return;
  double *values = doubles(f, inputs);
  const int has_values = chance(f, 80);
  int32_t origin = 0;
  uint64_t seed = 0;
  int64_t threads = 0;
  switch (below(f, 5)) {
    case 0:
    case 1: TRY(bt_network_set_rest(n, has_values ? values : NULL, has_values ? about(f, inputs) : 0)); break;
    case 2: TRY(bt_network_get_rest(n, values, about(f, inputs))); break;
    case 3: TRY(bt_network_get_origin(n, &origin, chance(f, 50) ? &seed : NULL)); break;
    default:
      threads = integer(f, 4);
      if (threads <= 4 || threads > 1024) TRY(bt_set_threads(threads));
      TRY(bt_get_threads(chance(f, 97) ? &threads : NULL));
      TRY(bt_set_poll(threads % 2 == 0 ? fuzz_poll : NULL, NULL));
      f->failures += strlen(bt_version()) < 5 || bt_abi_number() != BT_ABI_NUMBER;
      f->failures += bt_status_string((bt_status)strange_integer(f)) == NULL;
      f->failures += bt_stop_string((int32_t)strange_integer(f)) == NULL;
  }
  free(values);
}

/* What is sure of the weights, and of outputs of other sequences. */
static void doubt(fuzzer *f, bt_estimator *e, const bt_network *n, bt_callback callback) {
  int64_t count = 0, lengths[2] = {below(f, 9), below(f, 9)};
  int32_t stop = 0;
  TRY(bt_estimator_find_uncertainty(e, callback, f, chance(f, 80) ? &stop : NULL));
  TRY(bt_estimator_combination_count(e, &count));
  const int64_t weights = ask(bt_network_weight_count, n), sum = lengths[0] + lengths[1];
  const int64_t inputs = ask(bt_network_inputs, n) * sum, outputs = ask(bt_network_outputs, n) * sum;
  if (count * weights > 10000 || inputs > 10000 || outputs > 10000) return;
  double *directions = doubles(f, count * weights), *deviations = doubles(f, count), *u = doubles(f, inputs);
  double *y = doubles(f, outputs), *sure = doubles(f, outputs);
  for (int64_t k = 0; deviations != NULL && k < count; k++) deviations[k] = fabs(deviations[k]);
  if (chance(f, 80))
    TRY(bt_estimator_combinations(e, directions, about(f, count * weights), deviations, about(f, count)));
  TRY(bt_uncertainty_predict(n, 2, lengths, u, about(f, inputs), NULL, 0, directions, about(f, count * weights),
                             deviations, count, y, sure, about(f, outputs),
                             callback, f, &stop));
  free(directions), free(deviations), free(u), free(y), free(sure);
}

/* What an estimation found. */
static void review(fuzzer *f) {
  const pair p = any_pair(f);
  bt_network *n = p.network;
  bt_estimator *e = p.estimator;
  const bt_callback callback = chance(f, 60) ? fuzz_callback : NULL;
  const int64_t outputs = ask(bt_network_outputs, n), state = ask(bt_network_state_size, n);
  const int64_t most = chance(f, 95) ? outputs * p.steps : outputs * (int64_t)below(f, 60);
  char text[32];
  int64_t count = 0, horizon = 0;
  int32_t what = 0;
  double nmse = 0;
  if (most > 20000 || state > 5000) return;
  const int64_t states = state * (chance(f, 90) ? p.sequences : below(f, 4)), longer = most > states ? most : states;
  double *values = doubles(f, longer > outputs ? longer : outputs);
  switch (below(f, 10)) {
    case 0:
    case 1:
    case 2: doubt(f, e, n, callback); break;
    case 3:
      TRY(bt_estimator_set_option(e, "initial_states", chance(f, 80)));
      break;
    case 4: TRY(bt_estimator_get_initial_states(e, values, states)); break;
    case 5:
      TRY(bt_estimator_get_method(e, text, below(f, 33), &count));
      TRY(bt_estimator_get_option(e, word(f), &nmse));
      break;
    case 6:
      TRY(bt_estimator_note_count(e, &count));
      TRY(bt_estimator_note(e, chance(f, 50) ? 0 : integer(f, 4), &what, text, below(f, 33), &count));
      break;
    case 7: TRY(bt_estimator_output_nmse(e, values, chance(f, 90) ? outputs : most)); break;
    case 8:
      TRY(bt_estimator_parting(e, chance(f, 80) ? &nmse : NULL, &horizon));
      TRY(bt_estimator_find_parting(e, &nmse, chance(f, 80) ? &horizon : NULL));
      break;
    default: TRY(bt_estimator_simulate(e, values, most));
  }
  free(values);
}

static void one_call(fuzzer *f) {
  static void (*const calls[])(fuzzer *) = {make,     build,    build, build,   describe, weigh,  weigh,  text,
                                            simulate, set_data, set_data, estimate, estimate, tool, ask_for, ask_for,
                                            report,   stream,   stream, feed,   settle,   review};
  calls[below(f, (int)COUNT(calls))](f);
}

/* Frees what there is, and begins anew. */
static void free_all(void) {
  for (int k = 0; k < HANDLES; k++) {
    bt_stream_free(streams[k]);
    bt_estimator_free(estimators[k]);
    bt_network_free(networks[k]);
    streams[k] = NULL, estimators[k] = NULL, networks[k] = taught[k] = streamed[k] = NULL;
    keep_data(k, 0, 0);
  }
  while (shapes != NULL) {
    shape *next = shapes->next;
    free(shapes);
    shapes = next;
  }
}
