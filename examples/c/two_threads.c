/* Two estimators in two threads, and a third thread that watches them.
 * Different handles may be used by different threads at the same time, without a lock; data that are only read may be
 * shared. A handle whose run is under way answers BT_ERROR_BUSY to other threads: what they want to know of it is copied
 * by its callback, which comes on the thread that runs, to a place of the program's own with a lock of its own.
 * Build, where `pkg-config` finds what `make install` has put:
 *   cc -std=c99 -o two_threads two_threads.c $(pkg-config --cflags --libs backtune) -lm -lpthread
 * Prints what the two come to, a line for each of their reports and one at the end of each. */
#include <backtune.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 400, THREADS = 2, MOST_WEIGHTS = 200 };

static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text); /* of this thread */
  fprintf(stderr, "backtune: %s\n", text);
  exit(1);
}

static double u[STEPS], y[STEPS];

/* What a job tells the others, under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
typedef struct {
  const char *kind, *options;
  bt_network *network; /* of its thread alone */
  int64_t count;
  int iterations, told, is_over;
  double nmse, weights[MOST_WEIGHTS];
} job;

/* On the thread of the run, after each iteration: what is good enough to be shown is copied. */
static int32_t share(bt_estimator *estimator, int32_t event, void *user_data) {
  job *j = (job *)user_data;
  double nmse, weights[MOST_WEIGHTS];
  if (event != BT_EVENT_ITERATION) return 0;
  check(bt_estimator_cost(estimator, NULL, &nmse));
  check(bt_estimator_get_weights(estimator, weights, j->count));
  pthread_mutex_lock(&lock);
  j->nmse = nmse;
  for (int64_t k = 0; k < j->count; k++) j->weights[k] = weights[k];
  if (++j->iterations % 10 == 0) pthread_cond_signal(&news);
  pthread_mutex_unlock(&lock);
  return 0;
}

static void *work(void *argument) {
  job *j = (job *)argument;
  const int64_t steps = STEPS;
  bt_estimator *estimator;
  check(bt_network_create(1, &j->network));
  check(bt_network_add_unit(j->network, j->kind, "h", 4, j->options, NULL));
  check(bt_network_add_unit(j->network, "linear", "y", 1, "{\"sources\": [{\"source\": \"h.x\", \"lag\": 0}]}", NULL));
  check(bt_network_randomize(j->network, 0));
  check(bt_network_weight_count(j->network, &j->count));
  if (j->count > MOST_WEIGHTS) exit(1);
  check(bt_estimator_create(j->network, &estimator));
  check(bt_estimator_set_data(estimator, 1, &steps, u, STEPS, y, STEPS, NULL, 0));
  check(bt_estimator_set_option(estimator, "max_iterations", 40));
  check(bt_estimator_run(estimator, share, j, NULL));
  check(bt_estimator_free(estimator));
  pthread_mutex_lock(&lock);
  j->is_over = 1;
  pthread_cond_signal(&news);
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  static job jobs[THREADS] = {{"lnl", "{\"activation\": \"tanh\"}", NULL, 0, 0, 0, 0, 0, {0}},
                              {"gru", NULL, NULL, 0, 0, 0, 0, 0, {0}}};
  pthread_t threads[THREADS];
  /* What both learn: a sum that forgets, and bends. */
  check(bt_random_normal(1, "inputs", u, STEPS));
  for (int t = 1; t < STEPS; t++) y[t] = 0.7 * y[t - 1] + u[t - 1] / (1 + u[t - 1] * u[t - 1]);

  for (int k = 0; k < THREADS; k++)
    if (pthread_create(&threads[k], NULL, work, &jobs[k]) != 0) return 1;
  pthread_mutex_lock(&lock);
  for (int over = 0; over < THREADS;) {
    pthread_cond_wait(&news, &lock);
    over = 0;
    for (int k = 0; k < THREADS; k++) {
      over += jobs[k].is_over;
      if (jobs[k].iterations / 10 == jobs[k].told / 10) continue;
      jobs[k].told = jobs[k].iterations;
      printf("  %s: iteration %d, NMSE %.1e\n", jobs[k].kind, jobs[k].told, jobs[k].nmse);
    }
  }
  pthread_mutex_unlock(&lock);
  for (int k = 0; k < THREADS; k++) {
    pthread_join(threads[k], NULL);
    printf("%s: %d weights, %d iterations, NMSE %.1e\n", jobs[k].kind, (int)jobs[k].count, jobs[k].iterations, jobs[k].nmse);
    check(bt_network_free(jobs[k].network));
  }
  return 0;
}
