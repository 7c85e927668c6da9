/* The calls of fuzz.c that make, build, describe and weigh networks. */

static void one_call(fuzzer *f);

/* Inside a callback other calls are made, too. */
static int32_t fuzz_callback(bt_estimator *estimator, int32_t event, void *user_data) {
  fuzzer *f = user_data;
  (void)estimator;
  (void)event;
  if (f->depth < DEEPEST) {
    f->depth++;
    for (int k = below(f, 4); k > 0; k--) one_call(f);
    f->depth--;
  }
  return is_time_over() || chance(f, 10);
}

/* Takes new handles instead of old ones, which are freed; the new ones where the old are in use. */
static void keep(bt_network *network, bt_estimator *estimator, bt_network *source, int place) {
  pthread_mutex_lock(&mutex);
  if (network != NULL) {
    if (bt_network_free(networks[place]) == BT_ERROR_BUSY)
      bt_network_free(network);
    else
      networks[place] = network;
  }
  if (estimator != NULL) {
    if (bt_estimator_free(estimators[place]) == BT_ERROR_BUSY)
      bt_estimator_free(estimator);
    else
      estimators[place] = estimator, taught[place] = source;
  }
  pthread_mutex_unlock(&mutex);
}

static void make(fuzzer *f) {
  bt_network *network = NULL, *source = any_network(f);
  bt_estimator *estimator = NULL;
  const int place = slot(f);
  switch (below(f, 4)) {
    case 0: TRY(bt_network_create(size(f), &network)); break;
    case 1: TRY(bt_network_copy(source, &network)); break;
    case 2: TRY(bt_estimator_create(source, &estimator)); break;
    default: {
      const int percent = f->depth > 0 || chance(f, 40) ? 100 : 0;
      if (chance(f, percent))
        TRY(bt_network_free(any_network(f)));
      else
        TRY(bt_estimator_free(any_estimator(f)));
    }
  }
  keep(network, estimator, source, place);
}

static void build(fuzzer *f) {
  bt_network *n = any_network(f);
  int64_t out = 0, groups = ask(bt_network_group_count, n), index[16], counts[4];
  if (groups > 12) return;
  const int64_t target = integer(f, (int)groups + 1),
                source = below(f, 4) == 0 ? BT_INPUT : integer(f, (int)groups + 1);
  const int64_t ago = lag(f);
  uint8_t mask[16];
  double parameters[2] = {number(f), number(f)};
  for (int k = 0; k < 16; k++)
    mask[k] = (uint8_t)below(f, 2), index[k] = chance(f, 90) ? below(f, 3) : (chance(f, 20) ? -1 : integer(f, 4));
  int64_t rows = 0, columns = 0;
  bt_network_group_size(n, target, &rows);
  bt_network_group_size(n, source, &columns);
  /* The arrays are as long as they are: no length in between. */
  int64_t length = rows < 5 && columns < 4 ? about(f, rows * columns) : strange_integer(f);
  switch (below(f, 15)) {
    case 0:
    case 1:
    case 2: TRY(bt_network_add_unit(n, chance(f, 90) ? kind(f) : word(f), word(f), size(f), options(f), &out)); break;
    case 3: TRY(bt_network_add_learnware(n, word(f), size(f), chance(f, 50) ? &out : NULL)); break;
    case 4: TRY(bt_network_add_firmware(n, word(f), size(f), &out)); break;
    case 5:
      TRY(bt_network_add_bias(n, target, word(f), chance(f, 50) ? index : NULL, rows < 17 ? about(f, rows) : -1));
      break;
    case 6: TRY(bt_network_connect_dense(n, target, source, ago, word(f))); break;
    case 7: TRY(bt_network_connect_diagonal(n, target, source, ago, word(f))); break;
    case 8: TRY(bt_network_connect_sparse(n, target, source, ago, word(f), mask, length)); break;
    case 9: TRY(bt_network_connect_shared(n, target, source, ago, word(f), index, length)); break;
    case 10: {
      static const char *const names[] = {"zeta", "softplus", "upsilon",    "identity", "logistic", "relu",
                                          "exp",  "log",      "reciprocal", "square",   "step"};
      const int which = below(f, 11);
      TRY(bt_network_add_term(n, target, number(f), &out));
      TRY(bt_network_add_factor(n, target, chance(f, 80) ? out : integer(f, 3), chance(f, 95) ? names[which] : word(f),
                                parameters, chance(f, 95) ? (which == 0) + (which < 3) : integer(f, 3), source, ago));
      if (chance(f, 20)) TRY(bt_network_remove_term(n, target, integer(f, 3)));
      break;
    }
    case 11:
      out = target;
      TRY(bt_network_add_measured(n, word(f), source, ago, chance(f, 97) ? below(f, 2) : (int32_t)strange_integer(f), &out));
      if (chance(f, 70)) TRY(bt_network_connect_dense(n, target, out, chance(f, 70) ? 0 : ago, word(f)));
      break;
    case 12: TRY(bt_network_learn_initial_state(n, target, ago)); break;
    case 13: TRY(bt_network_add_softmax(n, word(f), source, ago, chance(f, 60) ? 1 : number(f), &out)); break;
    default:
      for (int k = 0; k < 4; k++) index[k] = integer(f, (int)groups + 1), counts[k] = integer(f, 4);
      TRY(bt_network_observe(n, index, counts, chance(f, 90) ? 1 + below(f, 2) : strange_integer(f)));
  }
}

static void describe(fuzzer *f) {
  bt_network *n = any_network(f);
  char text[64];
  int64_t out = 0, shape[2];
  const int64_t capacity = chance(f, 90) ? below(f, 65) : -1 - below(f, 9);
  const char *const names[] = {word(f), word(f), word(f)};
  const char *whats[] = {"input names", "output names", "input units", "output units", "", "\x80"};
  const char *what = whats[below(f, 6)];
  double seconds = 0;
  switch (below(f, 13)) {
    case 12: TRY(bt_unit_options(chance(f, 70) ? kind(f) : word(f), text, capacity, &out)); break;
    case 8: TRY(bt_network_label(n, what, integer(f, 4), text, capacity, &out)); break;
    case 9: TRY(bt_network_set_labels(n, what, names, chance(f, 90) ? below(f, 4) : -1 - below(f, 9))); break;
    case 10:
      TRY(bt_network_set_sampling_time(n, integer(f, 4)));
      TRY(bt_network_sampling_time(n, &seconds));
      break;
    case 11:
      TRY(bt_network_output_node(n, integer(f, 4), &out, shape));
      TRY(bt_network_version(n, &out));
      break;
    case 0: TRY(bt_network_group_name(n, integer(f, 4), text, capacity, &out)); break;
    case 1: TRY(bt_network_array_name(n, integer(f, 4), text, capacity, &out)); break;
    case 2: TRY(bt_network_to_json(n, text, capacity, &out)); break;
    case 3: TRY(bt_network_group_depth(n, (chance(f, 20) ? -1 : integer(f, 4)), &out)); break;
    case 4: TRY(bt_network_find_group(n, word(f), &out)); break;
    case 5: TRY(bt_network_array_shape(n, word(f), shape)); break;
    case 6: TRY(bt_network_state_size(n, &out)); break;
    default: TRY(bt_network_range(n, &out));
  }
}

static void weigh(fuzzer *f) {
  bt_network *n = any_network(f);
  char name[32] = "";
  int64_t shape[2] = {0, 0};
  const int64_t arrays = ask(bt_network_array_count, n);
  bt_network_array_name(n, arrays > 0 ? below(f, (int)arrays) : 0, name, sizeof name, NULL);
  bt_network_array_shape(n, name, shape);
  const int64_t count = chance(f, 50) ? ask(bt_network_weight_count, n) : shape[0] * (shape[1] > 0 ? shape[1] : 1);
  const int64_t length = about(f, count);
  double *a = doubles(f, count), *b = doubles(f, count);
  uint8_t *flags = exact((size_t)count + 1);
  int8_t *signs = exact((size_t)count + 1);
  memset(flags, below(f, 4) == 0, (size_t)count + 1);
  for (int64_t k = 0; k <= count; k++) signs[k] = (int8_t)(chance(f, 99) ? below(f, 3) - 1 : below(f, 256) - 128);
  for (int64_t k = 0; chance(f, 30) && k <= count; k++) flags[k] = (uint8_t)!chance(f, 20);
  const double low = number(f), high = number(f);
  switch (below(f, 12)) {
    case 0: TRY(bt_network_get_weights(n, a, length)); break;
    case 1: TRY(bt_network_set_weights(n, a, length)); break;
    case 2: TRY(bt_network_get_array(n, name, a, length)); break;
    case 3: TRY(bt_network_set_array(n, name, a, length)); break;
    case 4: TRY(bt_network_get_bounds(n, name, a, b, length)); break;
    case 5: TRY(bt_network_set_bounds(n, name, &low, &high, 1)); break;
    case 6: TRY(bt_network_set_bounds(n, name, a, b, length == 1 ? 1 : about(f, count))); break;
    case 7: TRY(bt_network_get_fixed(n, name, flags, length)); break;
    case 8: TRY(bt_network_set_fixed(n, name, flags, chance(f, 50) ? 1 : length)); break;
    case 9: TRY(bt_network_set_signs(n, name, signs, chance(f, 50) ? 1 : length)); break;
    case 10: TRY(bt_network_set_mask(n, name, flags, chance(f, 30) ? 1 : length)); break;
    default: TRY(bt_network_randomize(n, draw(f)));
  }
  free(a), free(b), free(flags), free(signs);
}
