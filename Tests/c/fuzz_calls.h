/* The calls of fuzz.c that simulate, estimate and run streams. */

/* A network for other programs, as text. */
static void export(fuzzer *f, const bt_network *n) {
  const char *options[] = {NULL, "{}", "{\"precision\": \"float\"}", "{\"prefix\": \"a b\"}", "{\"input_mean\": [1]}",
                           "{\"output_scale\": [2, 3]}", "{\"output_mean\": []}", "{", "\x80", "{\"form\": \"rnn\"}",
                           "{\"form\": \"step\"}", "{\"batch\": true, \"streaming\": true}"};
  const char *formats[] = {"c", "onnx", "fmu", NULL, "", "nosuch"};
  char buffer[200];
  int64_t length = 0;
  TRY(bt_network_export(n, formats[below(f, 6)], NULL, options[below(f, 12)], buffer, below(f, 200), &length));
}

/* The text of a network with a part changed, cut or doubled. */
static void text(fuzzer *f) {
  bt_network *made = NULL, *n = any_network(f);
  int64_t length = 0;
  if (bt_network_to_json(n, NULL, 0, &length) != BT_OK || length > 60000) return;
  const int64_t place = length * 2 + 1;
  char *json = exact((size_t)place);
  /* Another thread may have made it longer. */
  if (bt_network_to_json(n, json, place, &length) != BT_OK || length >= place) length = 0;
  for (int k = below(f, 4); k > 0 && length > 0; k--) {
    const int64_t at = (int64_t)(draw(f) % (uint64_t)length), from = (int64_t)(draw(f) % (uint64_t)length);
    const char *bytes = "0123456789-.e{}[]\",:\\ntrue\x80";
    if (chance(f, 60))
      json[at] = bytes[below(f, 27)];
    else if (chance(f, 50))
      memmove(json + at, json + from, (size_t)(length - (at > from ? at : from)));
    else
      length = at;
  }
  TRY(bt_network_from_json(json, length, &made));
  free(json);
  int64_t nodes = 0, one = 0;
  const int64_t groups = ask(bt_network_group_count, made);
  for (int64_t k = -1; made != NULL && k < groups; k++)
    nodes += bt_network_group_size(made, k, &one) == BT_OK ? one : 0;
  /* What would merely take long is left. */
  if (made != NULL &&
      (nodes > 200 || ask(bt_network_state_size, made) > 5000 || ask(bt_network_range, made) > 100 || groups > 20)) {
    bt_network_free(made);
  } else if (made != NULL) {
    keep(made, NULL, NULL, slot(f));
  }
  const char *paths[] = {"/dev/null", "/dev/full", "", "/", "/no/such/place", "/dev/zero", "\x80"};
  if (chance(f, 30)) TRY(bt_network_save(any_network(f), paths[below(f, 7)]));
  if (chance(f, 10)) TRY(bt_network_load(paths[below(f, 7)], &made));
  if (chance(f, 30)) export(f, any_network(f));
}

/* Values of which some are not known. */
static double *with_gaps(fuzzer *f, int64_t count) {
  double *values = doubles(f, count);
  for (int64_t k = 0; values != NULL && k < count; k++) values[k] = chance(f, 20) ? NAN : values[k];
  return values;
}

/* A horizon, mostly one that is allowed. */
static double horizon(fuzzer *f) { return chance(f, 80) ? 1 + below(f, 6) : chance(f, 50) ? INFINITY : number(f); }

/* Any number of steps ahead, with measurements of outputs and of groups; those that are read, mostly. */
static void predict(fuzzer *f, bt_network *n, int64_t sequences, const int64_t *lengths, int64_t sum, double *initial,
                    int64_t state) {
  int64_t groups[3], size = 0, count = 0, all = ask(bt_network_group_count, n);
  const int64_t inputs = ask(bt_network_inputs, n) * sum, outputs = ask(bt_network_outputs, n) * sum;
  const int64_t wanted = chance(f, 60) ? 0 : below(f, 3);
  for (int64_t k = 0; k < wanted; k++) {
    groups[k] = chance(f, 95) ? below(f, (int)all + 1) : integer(f, 12);
    if (bt_network_group_size(n, groups[k], &size) == BT_OK) count += size * sum;
  }
  if (count > 100000) return;
  double *u = doubles(f, inputs), *known = with_gaps(f, outputs), *values = with_gaps(f, count);
  double *y = doubles(f, outputs), *last = doubles(f, state);
  const int has_known = chance(f, 70), has_last = chance(f, 50);
  TRY(bt_predict(n, sequences, lengths, u, about(f, inputs), has_known ? known : NULL,
                 has_known ? about(f, outputs) : 0, horizon(f), initial, initial == NULL ? 0 : about(f, state), groups,
                 chance(f, 98) ? wanted : integer(f, 3), values, about(f, count), y, about(f, outputs),
                 has_last ? last : NULL, has_last ? about(f, state) : 0, NULL, NULL, NULL));
  free(u), free(known), free(values), free(y), free(last);
}

static void simulate(fuzzer *f) {
  bt_network *n = any_network(f);
  const int64_t sequences = chance(f, 95) ? 1 + below(f, 4) : -below(f, 2), inputs = ask(bt_network_inputs, n);
  int64_t lengths[4], sum = 0, nodes = 0, one = 0;
  for (int k = 0; k < 4; k++) lengths[k] = below(f, 30), sum += k < sequences ? lengths[k] : 0;
  if (chance(f, 3)) lengths[0] = harmless(strange_integer(f));
  for (int64_t k = 0; bt_network_group_size(n, k, &one) == BT_OK; k++) nodes += one;
  const int64_t state = ask(bt_network_state_size, n) * sequences, outputs = ask(bt_network_outputs, n) * sum;
  const int64_t weights = ask(bt_network_weight_count, n);
  if (sum * (nodes + inputs) > 100000 || state > 100000) return;
  double *u = doubles(f, sum * inputs), *x0 = doubles(f, state), *y = doubles(f, outputs), *x = doubles(f, sum * nodes);
  double *last = doubles(f, state), *g = doubles(f, weights);
  const int has_initial = chance(f, 50);
  if (chance(f, 40)) {
    predict(f, n, sequences, lengths, sum, has_initial ? x0 : NULL, state);
  } else if (chance(f, 60)) {
    TRY(bt_simulate(n, sequences, lengths, u, about(f, sum * inputs), has_initial ? x0 : NULL,
                    has_initial ? about(f, state) : 0, y, about(f, outputs), x, about(f, sum * nodes), last,
                    about(f, state)));
  } else {
    TRY(bt_gradient(n, sequences, lengths, u, about(f, sum * inputs), has_initial ? x0 : NULL,
                    has_initial ? about(f, state) : 0, y, about(f, outputs), g, about(f, weights), last,
                    about(f, state)));
  }
  free(u), free(x0), free(y), free(x), free(last), free(g);
}

/* An estimator, the network that it was made for, and its data. */
typedef struct {
  int place;
  bt_estimator *estimator;
  bt_network *network;
  int64_t sequences, steps;
} pair;

static pair any_pair(fuzzer *f) {
  const int k = slot(f);
  pthread_mutex_lock(&mutex);
  const pair found = {k, estimators[k], taught[k], taught_sequences[k], taught_steps[k]};
  pthread_mutex_unlock(&mutex);
  return found;
}

static void keep_data(int place, int64_t sequences, int64_t steps) {
  pthread_mutex_lock(&mutex);
  taught_sequences[place] = sequences;
  taught_steps[place] = steps;
  pthread_mutex_unlock(&mutex);
}

static void set_data(fuzzer *f) {
  const pair p = any_pair(f);
  bt_network *n = p.network;
  bt_estimator *e = p.estimator;
  const int64_t sequences = 1 + below(f, 3), inputs = ask(bt_network_inputs, n);
  int64_t lengths[4], sum = 0;
  for (int k = 0; k < 4; k++) lengths[k] = below(f, 30), sum += k < sequences ? lengths[k] : 0;
  const int64_t outputs = ask(bt_network_outputs, n) * sum;
  if (sum * inputs > 100000 || outputs > 100000) return;
  double *u = doubles(f, sum * inputs), *y = doubles(f, outputs), *kappa = doubles(f, outputs);
  for (int64_t k = 0; kappa != NULL && k < outputs; k++) kappa[k] = fabs(kappa[k]);
  const int has_gains = chance(f, 50), has_desired = chance(f, 80);
  keep_data(p.place, sequences, sum);
  TRY(bt_estimator_set_data(e, sequences, lengths, u, about(f, sum * inputs), has_desired ? y : NULL,
                            has_desired ? about(f, outputs) : 0, has_gains && has_desired ? kappa : NULL,
                            has_gains && has_desired ? about(f, outputs) : 0));
  free(u), free(y), free(kappa);
  if (chance(f, 40)) {
    const int64_t group = chance(f, 95) ? below(f, 13) : integer(f, 12);
    int64_t size = 0;
    bt_network_group_size(n, group, &size);
    if (size * sum > 100000) return;
    double *values = with_gaps(f, size * sum);
    TRY(bt_estimator_set_measured(e, group, chance(f, 90) ? values : NULL, about(f, size * sum)));
    free(values);
    const double some[3] = {horizon(f), horizon(f), horizon(f)};
    TRY(bt_estimator_set_horizons(e, some, chance(f, 95) ? below(f, 4) : strange_integer(f) | 1 << 20));
  }
  const int64_t state = ask(bt_network_state_size, n) * sequences;
  if (state > 100000 || chance(f, 50)) return;
  double *start = doubles(f, state);
  TRY(bt_estimator_set_initial_states(e, chance(f, 90) ? start : NULL, about(f, state)));
  free(start);
}

/* What is asked of the outputs, weights and activities. */
static void ask_for(fuzzer *f) {
  static const char *const criteria[] = {"least-squares", "l1", "0", "huber", "b", "boolean", "bernoulli", "poisson",
                                         "cross-entropy"};
  static const char *const rules[] = {"sparse-weights", "ridge", "sparse-activity", "orthogonal-activity",
                                      "activity-bound"};
  static const char *const settings[] = {"{\"strength\": 0.1}",
                                         "{\"strength\": 1e300}",
                                         "{\"strength\": 0}",
                                         "{\"strength\": 1, \"eps\": 1e-100}",
                                         "{\"strength\": 0.1, \"remove\": false}",
                                         "{\"strength\": 1, \"bound\": -1e100, \"steepness\": 1e100}",
                                         "{\"strength\": 1, \"weights\": [\"lnl.x2.W\", \"v.W\"]}",
                                         "{\"strength\": 1, \"groups\": [\"v\", \"lnl.x\"]}",
                                         "{\"strength\": 1, \"groups\": [\"input\"]}"};
  static const char *const means[] = {
      "mean",           "mean_at", "product", "autocorrelation", "normalised_autocorrelation",
      "standardised_moment"};
  static const char *const names[] = {"nu", "washout", "static", "initial_states", "horizon"};
  const pair p = any_pair(f);
  bt_network *n = p.network;
  bt_estimator *e = p.estimator;
  const double parameters[4] = {(double)integer(f, 3), (double)integer(f, 4), number(f), number(f)};
  const int mean = below(f, 6);
  switch (below(f, 9)) {
    case 0:
    case 1: TRY(bt_estimator_set_criterion(e, chance(f, 5) ? word(f) : criteria[below(f, 9)])); break;
    case 2: TRY(bt_estimator_set_criterion(e, "observables")); break;
    case 3:
      TRY(bt_estimator_add_regularisation(e, chance(f, 95) ? rules[below(f, 5)] : word(f),
                                          chance(f, 90) ? settings[below(f, (int)COUNT(settings))] : options(f)));
      break;
    case 4: TRY(bt_estimator_clear_regularisation(e)); break;
    case 5:
      TRY(bt_estimator_add_observable(e, chance(f, 95) ? means[mean] : word(f), chance(f, 99) ? parameters : NULL,
                                      about(f, mean == 0 ? 1 : mean > 3 && chance(f, 50) ? 4 : 2),
                                      chance(f, 40) ? NAN : number(f)));
      break;
    case 6:
      if (chance(f, 10)) TRY(bt_estimator_clear_observables(e));
      TRY(bt_estimator_add_observable(e, "mean", parameters, 1, 0.25));
      break;
    case 7:
      TRY(bt_estimator_set_option(e, names[below(f, 5)], chance(f, 80) ? below(f, 3) : (double)strange_integer(f)));
      break;
    default: {
      const int64_t sequences = 1 + below(f, 3);
      int64_t lengths[3], sum = 0;
      for (int k = 0; k < 3; k++) lengths[k] = below(f, 20), sum += k < sequences ? lengths[k] : 0;
      if (chance(f, 3)) lengths[0] = -1;
      const int64_t count = ask(bt_network_outputs, n) * sum;
      double *values = doubles(f, count);
      for (int64_t k = 0; values != NULL && k < count; k++) values[k] = chance(f, 10) ? NAN : values[k];
      if (chance(f, 50))
        TRY(bt_estimator_set_reference(e, sequences, lengths, values, about(f, count)));
      else
        TRY(bt_estimator_set_samples(e, sequences, lengths, values, about(f, count)));
      free(values);
    }
  }
}

static void report(fuzzer *f) {
  const pair p = any_pair(f);
  bt_estimator *e = p.estimator;
  int64_t count = 0;
  double divergence = 0;
  bt_estimator_observable_count(e, &count);
  switch (below(f, 6)) {
    case 0: TRY(bt_estimator_observable_count(e, chance(f, 95) ? &count : NULL)); break;
    case 1: TRY(bt_estimator_divergence(e, &divergence)); break;
    case 2: {
      const int64_t weights = ask(bt_network_weight_count, p.network);
      if (weights > 60) break;
      double *covariance = doubles(f, weights * weights), *errors = doubles(f, weights), *freedom = doubles(f, weights);
      TRY(bt_estimator_uncertainty(e, covariance, about(f, weights * weights), errors, freedom, about(f, weights),
                                   &divergence, &count));
      free(covariance), free(errors), free(freedom);
      break;
    }
    case 3: {
      const int64_t outputs = ask(bt_network_outputs, p.network) * p.steps;
      if (outputs > 100000) break;
      TRY(bt_estimator_uncertainty(e, NULL, 0, NULL, NULL, 0, &divergence, &count));
      double *deviation = doubles(f, outputs), *values = doubles(f, outputs), noise[8];
      TRY(bt_estimator_prediction_deviation(e, deviation, about(f, outputs)));
      const int has_noise = chance(f, 50) && ask(bt_network_outputs, p.network) <= 8;
      TRY(bt_estimator_fitted_outputs(e, values, about(f, outputs), has_noise ? noise : NULL,
                                      has_noise ? ask(bt_network_outputs, p.network) : 0));
      free(deviation), free(values);
      break;
    }
    case 4: {
      uint8_t flags[64];
      char name[32] = "";
      int64_t shape[2] = {0, 0};
      bt_network_array_name(p.network, below(f, 6), name, sizeof name, NULL);
      bt_network_array_shape(p.network, name, shape);
      const int64_t size = shape[0] * (shape[1] > 0 ? shape[1] : 1);
      TRY(bt_estimator_removed(e, chance(f, 90) ? name : word(f), flags, size < 64 ? about(f, size) : -1));
      break;
    }
    default: {
      double *means = doubles(f, count), *desired = doubles(f, count), *lambda = doubles(f, count);
      TRY(bt_estimator_observables(e, means, desired, lambda, about(f, count)));
      free(means), free(desired), free(lambda);
    }
  }
}

static void estimate(fuzzer *f) {
  const pair p = any_pair(f);
  bt_estimator *e = p.estimator;
  int64_t length = 0;
  int32_t stop = 0;
  char name[16];
  double cost = 0, nmse = 0;
  bt_estimator_trace_length(e, &length);
  const int64_t count = ask(bt_network_weight_count, p.network);
  if (count > 10000) return;
  double *column = doubles(f, length), *weights = doubles(f, count);
  const bt_callback callback = chance(f, 60) ? fuzz_callback : NULL;
  switch (below(f, 13)) {
    case 0:
    case 1:
    case 2: TRY(bt_estimator_step(e, callback, f, &stop)); break;
    case 3:
      TRY(bt_estimator_set_option(e, "max_iterations", below(f, 5)));
      TRY(bt_estimator_run(e, callback, f, &stop));
      break;
    case 4: TRY(bt_estimator_cost(e, &cost, chance(f, 50) ? &nmse : NULL)); break;
    case 5: TRY(bt_estimator_gradient(e, &cost, chance(f, 80) ? weights : NULL, about(f, count))); break;
    case 6: TRY(bt_estimator_trace(e, chance(f, 70) ? "cost" : word(f), column, about(f, length))); break;
    case 7: TRY(bt_estimator_get_weights(e, weights, about(f, count))); break;
    case 8: TRY(bt_estimator_set_option(e, word(f), number(f))); break;
    case 9: TRY(bt_estimator_set_method(e, chance(f, 60) ? "auto" : word(f))); break;
    case 10: TRY(bt_estimator_get_criterion(e, name, below(f, 17), &length)); break;
    case 11: {
      TRY(bt_estimator_restart_count(e, &length));
      double *costs = doubles(f, length);
      TRY(bt_estimator_restarts(e, costs, about(f, length)));
      free(costs);
      break;
    }
    default: TRY(bt_estimator_stop_reason(e, &stop));
  }
  free(column), free(weights);
}

static void tool(fuzzer *f) {
  const int64_t count = below(f, 60);
  double *values = doubles(f, count), a, b, c;
  switch (below(f, 3)) {
    case 0: TRY(bt_random_normal(draw(f), word(f), values, chance(f, 95) ? count : -count - 1)); break;
    case 1: TRY(bt_random_uniform(draw(f), word(f), values, chance(f, 95) ? count : HUGE_LENGTH)); break;
    default:
      for (int64_t k = 0; values != NULL && k < count; k++) values[k] = number(f);
      TRY(bt_decay_fit(values, count, integer(f, 9), &a, &b, &c));
  }
  free(values);
}

/* Streams, of networks that live, were freed or have become others. */
static void stream(fuzzer *f) {
  const int place = slot(f);
  pthread_mutex_lock(&mutex);
  bt_stream *s = chance(f, 1) ? (bt_stream *)(void *)networks[place] : streams[place], *made = NULL;
  bt_network *n = streamed[place];
  pthread_mutex_unlock(&mutex);
  const int64_t inputs = ask(bt_network_inputs, n), outputs = ask(bt_network_outputs, n);
  const int64_t state = ask(bt_network_state_size, n), steps = chance(f, 97) ? below(f, 40) : -below(f, 3);
  if (state > 100000) return;
  double *u = doubles(f, steps * inputs), *y = doubles(f, steps * outputs), *x = doubles(f, state);
  double *known = chance(f, 40) ? with_gaps(f, steps * outputs) : NULL;
  const int wants = chance(f, 80);
  switch (below(f, 9)) {
    case 0: {
      bt_network *source = any_network(f);
      const int64_t size = ask(bt_network_state_size, source);
      if (size > 5000) break;
      double *initial = doubles(f, size);
      const int has_initial = chance(f, 50);
      TRY(bt_stream_create(source, has_initial ? initial : NULL, has_initial ? about(f, size) : 0,
                           chance(f, 99) ? &made : NULL));
      free(initial);
      if (made == NULL) break;
      pthread_mutex_lock(&mutex);
      if (bt_stream_free(streams[place]) == BT_ERROR_BUSY)
        bt_stream_free(made);
      else
        streams[place] = made, streamed[place] = source;
      pthread_mutex_unlock(&mutex);
      break;
    }
    case 1:
      TRY(bt_stream_run(s, steps, u, about(f, steps * inputs), known,
                        known == NULL ? 0 : about(f, steps * outputs), wants ? y : NULL,
                        wants ? about(f, steps * outputs) : 0));
      break;
    case 2: TRY(bt_stream_get_state(s, x, about(f, state))); break;
    case 3: TRY(bt_stream_set_state(s, x, about(f, state))); break;
    case 4:
      if (chance(f, 30)) TRY(bt_stream_free(s));
      else TRY(bt_stream_reset(s));
      break;
    case 5: {
      const int64_t group = integer(f, 12);
      int64_t size = 0;
      bt_network_group_size(n, group, &size);
      double *values = with_gaps(f, size);
      TRY(bt_stream_set_measured(s, group, chance(f, 98) ? values : NULL, about(f, size)));
      free(values);
      break;
    }
    default:
      if (steps < 1) break;
      TRY(bt_stream_step(s, u, about(f, inputs), known, known == NULL ? 0 : about(f, outputs), wants ? y : NULL,
                         wants ? about(f, outputs) : 0));
  }
  free(u), free(y), free(x), free(known);
}
