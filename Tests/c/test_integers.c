/* Extreme integers in every option of every unit and in every argument: an error or a success, never the end of the
 * process. */
#include "check.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static const int64_t integers[] = {INT64_MIN, INT64_MIN + 1, -((int64_t)1 << 53) - 1, -((int64_t)1 << 32), INT32_MIN,
                                   -1000, -2, -1, 0, 1, 3, 1 << 20, (1 << 20) + 1, INT32_MAX, (int64_t)1 << 31,
                                   (int64_t)1 << 32, ((int64_t)1 << 53) + 1, (int64_t)1 << 60, (int64_t)1 << 62,
                                   INT64_MAX - 1, INT64_MAX};
static const char *numbers[] = {"1e308", "-1e308", "1e400", "1e19", "-1e19", "9223372036854775807.5", "0.5", "-0.0",
                                "99999999999999999999999"};
static const char *kinds[] = {"linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax",
                              "reservoir", "state_space", "dense", "conv1d", "gate", "product", "versatile"};
static const char *options[] = {
    "{\"range\": %s}", "{\"input_lag\": %s}", "{\"seed\": %s}", "{\"density\": 0.5, \"seed\": %s}", "{\"outputs\": %s}",
    "{\"hidden\": %s}", "{\"kernel\": %s}", "{\"channels\": %s}", "{\"kernel\": 1, \"channels\": %s}",
    "{\"density\": %s}", "{\"leak\": %s}", "{\"time_constant\": %s}", "{\"time_constant\": 2, \"dt\": %s}",
    "{\"sharpness\": %s}", "{\"temperature\": %s}", "{\"spectral_radius\": %s}", "{\"input_scaling\": %s}",
    "{\"mask\": [[%s]]}", "{\"activation\": {\"name\": \"softplus\", \"eps\": %s}}",
    "{\"sources\": [{\"source\": \"self\", \"lag\": %s}]}", "{\"sources\": [{\"source\": \"input\", \"lag\": %s}]}",
    "{\"sources\": [{\"source\": %s, \"lag\": 1}]}", "{\"value_sources\": [{\"source\": \"self\", \"lag\": %s}]}",
    "{\"value_sources\": [{\"source\": %s, \"lag\": 1}]}", "{\"initial\": \"learn\", \"input_lag\": %s}"};

static void unit(const char *kind, const char *option, const char *number) {
  char text[200];
  bt_network *network = NULL;
  snprintf(text, sizeof text, option, number);
  check_about(text);
  CHECK_OK(bt_network_create(1, &network));
  const bt_status status = bt_network_add_unit(network, kind, NULL, 1, text, NULL);
  CHECK(status == BT_OK || status == BT_ERROR_ARGUMENT || status == BT_ERROR_SIZE || status == BT_ERROR_MEMORY ||
        status == BT_ERROR_NETWORK);
  CHECK_OK(bt_network_free(network));
}

static void units(void) {
  char number[40];
  for (int64_t k = 0; k < COUNT(kinds); k += is_small() ? 7 : 1) {
    for (int64_t i = 0; i < COUNT(options); i++) {
      const int is_size = strstr(options[i], "hidden") != NULL || strstr(options[i], "outputs") != NULL ||
                          strstr(options[i], "range") != NULL;
      for (int64_t n = 0; n < COUNT(integers); n++) {
        /* Sizes that fit into the memory of some machines take their time. */
        if (is_size && integers[n] > 1000 && integers[n] < (int64_t)1 << 40) continue;
        snprintf(number, sizeof number, "%lld", (long long)integers[n]);
        unit(kinds[k], options[i], number);
      }
      for (int64_t n = 0; n < COUNT(numbers); n++) unit(kinds[k], options[i], numbers[n]);
    }
  }
  check_about(NULL);
  bt_network *network = NULL;
  CHECK_OK(bt_network_create(1, &network));
  CHECK_ERROR(bt_network_add_unit(network, "aif", NULL, 1,
                                  "{\"sources\": [{\"source\": \"self\", \"lag\": -9223372036854775808}]}", NULL),
              BT_ERROR_ARGUMENT, "lag|-9223372036854775808|0 to 1048576");
  CHECK_OK(bt_network_free(network));
}

#define SURVIVES(call) CHECK((call) <= BT_OK)

/* The length of a buffer of one value: as large as claimed only where memory cannot hold it. */
static int64_t claimed(int64_t n) { return n > 0 && n < (int64_t)1 << 50 ? 1 : n; }

static void structure(int64_t n) {
  int64_t out = 0;
  double value = 0;
  uint8_t flag = 1;
  bt_network *made = NULL, *network = standard_network();
  SURVIVES(bt_network_create(n, &made));
  CHECK_OK(bt_network_free(made));
  for (int64_t k = 0; k < COUNT(kinds); k++) {
    /* Large sizes that fit into memory take their time. */
    if (n > 0 && n < (int64_t)1 << 40 && n > 1000) break;
    bt_network *copy = NULL;
    CHECK_OK(bt_network_copy(network, &copy));
    SURVIVES(bt_network_add_unit(copy, kinds[k], NULL, n, NULL, NULL));
    CHECK_OK(bt_network_free(copy));
  }
  SURVIVES(bt_network_add_learnware(network, "l", n, &out));
  SURVIVES(bt_network_add_firmware(network, "f", n, &out));
  SURVIVES(bt_network_add_softmax(network, "s", n, 1, 1, &out));
  SURVIVES(bt_network_add_softmax(network, "t", 0, n, 1, &out));
  SURVIVES(bt_network_add_bias(network, n, "b", NULL, 0));
  SURVIVES(bt_network_add_bias(network, 0, "b", &n, 1));
  SURVIVES(bt_network_connect_dense(network, n, BT_INPUT, 1, "c"));
  SURVIVES(bt_network_connect_dense(network, 0, n, 1, "d"));
  SURVIVES(bt_network_connect_dense(network, 0, BT_INPUT, n, "e"));
  SURVIVES(bt_network_connect_diagonal(network, 0, 0, n, "g"));
  SURVIVES(bt_network_connect_sparse(network, 0, n, 1, "h", &flag, 1));
  SURVIVES(bt_network_connect_shared(network, 0, BT_INPUT, 1, "i", &n, 1));
  const int64_t index[] = {n, n};
  SURVIVES(bt_network_connect_shared(network, 0, BT_INPUT, 1, "i", index, 2));
  SURVIVES(bt_network_learn_initial_state(network, n, 1));
  SURVIVES(bt_network_learn_initial_state(network, 2, n));
  SURVIVES(bt_network_add_term(network, n, 1, &out));
  SURVIVES(bt_network_add_factor(network, n, 0, "identity", NULL, 0, 0, 1));
  SURVIVES(bt_network_add_factor(network, 1, n, "identity", NULL, 0, 0, 1));
  SURVIVES(bt_network_add_factor(network, 1, 0, "identity", NULL, 0, n, 1));
  SURVIVES(bt_network_add_factor(network, 1, 0, "identity", NULL, 0, 0, n));
  SURVIVES(bt_network_remove_term(network, n, 0));
  SURVIVES(bt_network_remove_term(network, 1, n));
  const int64_t group = 2, count = 1;
  SURVIVES(bt_network_observe(network, &n, &count, 1));
  SURVIVES(bt_network_observe(network, &group, &n, 1));
  SURVIVES(bt_network_group_name(network, n, NULL, 0, &out));
  SURVIVES(bt_network_group_size(network, n, &out));
  SURVIVES(bt_network_group_depth(network, n, &out));
  SURVIVES(bt_network_array_name(network, n, NULL, 0, &out));
  SURVIVES(bt_network_randomize(network, (uint64_t)n));
  CHECK_OK(bt_network_free(network));

  network = standard_network();
  SURVIVES(bt_simulate(network, 1, &n, &value, claimed(n), NULL, 0, NULL, 0, NULL, 0, NULL, 0));
  const int64_t two[] = {n, n};
  SURVIVES(bt_simulate(network, 2, two, &value, 1, NULL, 0, NULL, 0, NULL, 0, NULL, 0));
  SURVIVES(bt_gradient(network, 1, &n, &value, claimed(n), NULL, 0, &value, claimed(n), NULL, 0, NULL, 0));
  CHECK_OK(bt_network_free(network));
}

static void estimation(int64_t n) {
  const char *names[] = {"max_iterations", "tolerance", "target", "restarts", "dense", "initial_states", "nu",
                         "washout", "static", "guard", "reestimation"};
  const char *observables[] = {"mean", "mean_at", "product", "autocorrelation", "normalised_autocorrelation",
                               "standardised_moment"};
  double value = 0, desired = 0;
  int64_t count = 0;
  bt_network *network = standard_network();
  bt_estimator *estimator = standard_estimator(network);
  for (int64_t k = 0; k < COUNT(names); k++) {
    const bt_status status = bt_estimator_set_option(estimator, names[k], (double)n);
    CHECK(status == BT_OK || status == BT_ERROR_ARGUMENT);
    SURVIVES(bt_estimator_cost(estimator, &value, NULL));
    if (k != 0) SURVIVES(bt_estimator_step(estimator, NULL, NULL, NULL));
  }
  CHECK_OK(bt_estimator_free(estimator));
  for (int64_t k = 0; k < COUNT(observables); k++) {
    for (int64_t length = 1; length <= 4; length++) {
      for (int64_t place = 0; place < length; place++) {
        double parameters[4] = {0, 1, 0, 1};
        parameters[place] = (double)n;
        estimator = standard_estimator(network);
        CHECK_OK(bt_estimator_set_criterion(estimator, "observables"));
        SURVIVES(bt_estimator_add_observable(estimator, observables[k], parameters, length, 0.5));
        SURVIVES(bt_estimator_observable_count(estimator, &count));
        if (count > 0) {
          SURVIVES(bt_estimator_observables(estimator, &value, &desired, NULL, count));
          SURVIVES(bt_estimator_set_option(estimator, "washout", 3));
          SURVIVES(bt_estimator_cost(estimator, &value, NULL));
        }
        CHECK_OK(bt_estimator_free(estimator));
      }
    }
  }
  estimator = standard_estimator(network);
  SURVIVES(bt_estimator_set_reference(estimator, 1, &n, &value, 1));
  SURVIVES(bt_estimator_set_samples(estimator, 1, &n, &value, claimed(n)));
  SURVIVES(bt_estimator_set_data(estimator, 1, &n, &value, claimed(n), NULL, 0, NULL, 0));
  SURVIVES(bt_decay_fit(&value, 1, n, NULL, NULL, NULL));
  CHECK_OK(bt_estimator_free(estimator));
  CHECK_OK(bt_network_free(network));
}

/* Entries and slots of connections in the JSON form. */
static void documents(void) {
  char text[1000];
  for (int64_t k = 0; k < COUNT(integers); k++) {
    const long long n = integers[k];
    const char *forms[] = {"\"form\": \"sparse\", \"entries\": [%lld]",
                           "\"form\": \"shared\", \"entries\": [%lld], \"slotOfEntry\": [0]",
                           "\"form\": \"shared\", \"entries\": [0], \"slotOfEntry\": [%lld]"};
    for (int64_t i = 0; i < COUNT(forms); i++) {
      char form[200];
      bt_network *made = NULL;
      snprintf(form, sizeof form, forms[i], n);
      snprintf(text, sizeof text,
               "{\"format\": \"backtune-network\", \"version\": 1, \"inputs\": 1, \"groups\": [{\"name\": \"v\", "
               "\"kind\": \"learnware\", \"size\": 1, \"initial\": {\"weight\": \"z\", \"depth\": %lld}, "
               "\"connections\": [{\"weight\": \"w\", \"source\": \"v\", \"lag\": 1, %s}]}]}",
               i == 0 ? n : 1, form);
      check_about(text);
      const bt_status status = from_text(text, &made);
      CHECK((status == BT_OK) == (made != NULL));
      CHECK_OK(bt_network_free(made));
    }
  }
  check_about(NULL);
}

int main(void) {
  units();
  for (int64_t k = 0; k < COUNT(integers); k++) {
    structure(integers[k]);
    if (!is_small() || k % 5 == 0) estimation(integers[k]);
  }
  documents();
  return check_report();
}
