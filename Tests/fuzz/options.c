/* Options of units, regularisations and exports, for libFuzzer: a byte says which, one the size and one the inputs, the rest
 * is a JSON text. Keys, words and examples are those that bt_unit_options gives. */
#include "mutate_json.h"
#include "use_network.h"

enum { MOST_KINDS = 40, HEAD = 3 };

static char kinds[MOST_KINDS][32];
static int kind_count;
static const char *const rules[] = {"sparse-weights", "ridge", "sparse-activity", "orthogonal-activity", "activity-bound"};
static const char *const formats[] = {"c", "onnx", "fmu"};
static const char *const known[] = {
    "strength", "eps", "weights", "remove", "units", "data", "groups", "bound", "steepness", "input_mean", "input_scale",
    "output_mean", "output_scale", "precision", "float", "double", "prefix", "version", "2.0", "3.0", "form", "scan", "rnn",
    "step", "batch", "streaming", "source", "lag", "mask", "self", "input", "v", "v.x", "u.x", "v.x.W1", "u.x2", "name", "a", "b",
    "w", "\\u0000", ""};

/* Every text of what the kinds say of themselves is a word; what stands behind "kind" is one. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  static token tokens[MOST_TOKENS];
  (void)argc, (void)argv;
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) add_word(known[k], strlen(known[k]));
  int64_t length = 0;
  NEED(bt_unit_options(NULL, NULL, 0, &length) == BT_OK);
  char *text = malloc((size_t)length + 1);
  NEED(bt_unit_options(NULL, text, length + 1, &length) == BT_OK);
  for (size_t from = 0; from < (size_t)length;) {
    /* A part of the list at a time. */
    const size_t size = (size_t)length - from < 8000 ? (size_t)length - from : 8000;
    const int64_t count = tokens_of(text + from, size, tokens);
    for (int64_t k = 0; k + 1 < count; k++) {
      const char *at = text + from + tokens[k].at + 1;
      if (tokens[k].kind == 's' && tokens[k].length < 24) add_word(at, tokens[k].length - 2);
      if (k + 2 < count && tokens[k + 2].kind == 's' && strncmp(at, "kind\"", 5) == 0 && kind_count < MOST_KINDS)
        snprintf(kinds[kind_count++], sizeof kinds[0], "%.*s", (int)tokens[k + 2].length - 2,
                 text + from + tokens[k + 2].at + 1);
    }
    from += size;
  }
  free(text);
  return 0;
}

/* A network with a group of another unit to read, and data for it. */
static bt_network *base(int64_t inputs) {
  bt_network *network = NULL;
  NEED(bt_network_create(inputs, &network) == BT_OK);
  NEED(bt_network_add_unit(network, "linear", "v", 2, NULL, NULL) == BT_OK);
  return network;
}

static void unit(const char *kind, int64_t size, int64_t inputs, const char *options) {
  bt_network *network = base(inputs);
  int64_t output = 0;
  if (told(bt_network_add_unit(network, kind, "u", size, options, &output)) == BT_OK) {
    write_back(network);
    int64_t weights = 0;
    NEED(bt_network_weight_count(network, &weights) == BT_OK);
    if (weights < 5000) {
      told(bt_network_randomize(network, 1));
      write_back(network);
    }
    run(network);
  }
  NEED(bt_network_free(network) == BT_OK);
}

static void rule(const char *name, int64_t inputs, const char *options) {
  enum { STEPS = 6 };
  bt_network *network = base(inputs);
  bt_estimator *estimator = NULL;
  const int64_t steps = STEPS;
  double u[STEPS * 4], y[STEPS * 2];
  for (int k = 0; k < STEPS * 4; k++) u[k] = sin(1.3 * k), y[k % (STEPS * 2)] = cos(0.9 * k);
  NEED(bt_network_randomize(network, 1) == BT_OK && bt_estimator_create(network, &estimator) == BT_OK);
  NEED(bt_estimator_set_data(estimator, 1, &steps, u, steps * inputs, y, steps * 2, NULL, 0) == BT_OK);
  if (told(bt_estimator_add_regularisation(estimator, name, options)) == BT_OK) {
    told(bt_estimator_step(estimator, NULL, NULL, NULL));
    told(bt_estimator_cost(estimator, u, y));
  }
  NEED(bt_estimator_free(estimator) == BT_OK && bt_network_free(network) == BT_OK);
}

static void format(const char *name, int64_t inputs, const char *options) {
  bt_network *network = base(inputs);
  int64_t length = 0;
  NEED(bt_network_randomize(network, 1) == BT_OK);
  told(bt_network_export(network, name, NULL, options, NULL, 0, &length));
  NEED(bt_network_free(network) == BT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int64_t strange[] = {INT64_MIN, INT64_MAX, -1, (int64_t)1 << 62, (int64_t)1 << 40, INT64_MIN + 1};
  if (size < HEAD || is_heavy((const char *)data + HEAD, size - HEAD)) return -1;
  char *options = malloc(size - HEAD + 1);
  memcpy(options, data + HEAD, size - HEAD);
  options[size - HEAD] = 0;
  const int rule_count = sizeof rules / sizeof *rules, format_count = sizeof formats / sizeof *formats;
  const int which = data[0] % (kind_count + rule_count + format_count);
  const int64_t length = data[1] < 6 ? strange[data[1]] : data[1] % 9, inputs = data[2] % 4;
  if (which < kind_count)
    unit(kinds[which], length, inputs, options);
  else if (which < kind_count + rule_count)
    rule(rules[which - kind_count], inputs, options);
  else
    format(formats[which - kind_count - rule_count], inputs, options);
  free(options);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  if (size < HEAD + 2) {
    memcpy(data, "\0\x08\x02{}", HEAD + 2);
    size = HEAD + 2;
  }
  if (seed % 8 == 0) {
    LLVMFuzzerMutate(data, HEAD, HEAD);
    return size;
  }
  return HEAD + mutate_json(data + HEAD, size - HEAD, most - HEAD, seed / 8);
}
