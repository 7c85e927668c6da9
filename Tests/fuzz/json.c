/* Networks from JSON, for libFuzzer. */
#include "mutate_json.h"
#include "use_network.h"

static const char *const known[] = {
    "format", "backtune-network", "version", "inputs", "groups", "weights", "observe", "output", "outputs", "group", "rest",
    "values", "taken", "data", "inputNames", "outputNames", "inputUnits", "outputUnits", "samplingTime", "seed", "name", "size",
    "kind", "learnware", "firmware", "softmax", "measured", "bias", "weight", "index", "connections", "source", "lag", "form",
    "dense", "diagonal", "sparse", "shared", "entries", "mask", "slotOfEntry", "terms", "coef", "factors", "f", "identity",
    "zeta", "a", "b", "logistic", "relu", "softplus", "eps", "exp", "log", "reciprocal", "square", "upsilon", "w", "step",
    "tanh", "zeta01", "temperature", "standsForInput", "initial", "depth", "lower", "upper", "fixed", "draw", "origin", "made",
    "drawn", "set", "input", "x", "x0", "\\u0000", "\\ud83d\\ude00", ""};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) add_word(known[k], strlen(known[k]));
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bt_network *network = NULL;
  if (is_heavy((const char *)data, size)) return -1;
  /* Exactly as long as it says. */
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  if (told(bt_network_from_json(text, (int64_t)size, &network)) == BT_OK) {
    write_back(network);
    run(network);
    NEED(bt_network_free(network) == BT_OK);
  } else {
    NEED(network == NULL);
  }
  free(text);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  return mutate_json(data, size, most, seed);
}
