/* An estimation that several processes share by MPI: each has sequences of its own, which never leave it.
 * Build and run, where `pkg-config` finds what `make install` has put:
 *   mpicc -std=c99 -o spread spread.c $(pkg-config --cflags --libs backtune) -lm && mpirun -n 4 ./spread */
#include <backtune.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>

static int rank, ranks;
static int64_t bytes_sent;

/* What fails in one process ends all: others would wait for it. */
static void check(bt_status status) {
  char text[500];
  if (status == BT_OK) return;
  bt_last_error(text, sizeof text);
  fprintf(stderr, "backtune, process %d: %s\n", rank, text);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static int32_t reduce(double *values, int64_t count, int32_t operation, void *user_data) {
  const MPI_Op operations[] = {MPI_SUM, MPI_MIN, MPI_MAX};
  const int64_t most = (int64_t)1 << 28; /* MPI counts in 32 bits */
  (void)user_data;
  bytes_sent += count * (int64_t)sizeof(double);
  for (int64_t first = 0; first < count; first += most) {
    int64_t left = count - first;
    int failed = MPI_Allreduce(MPI_IN_PLACE, values + first, (int)(left < most ? left : most), MPI_DOUBLE,
                               operations[operation], MPI_COMM_WORLD);
    if (failed) return failed;
  }
  return 0;
}

int main(int argc, char **argv) {
  enum { RECORDS = 6, STEPS = 100 };
  int64_t lengths[RECORDS], own = 0;
  double u[RECORDS * STEPS], y[RECORDS * STEPS], cost, nmse;
  bt_network *network;
  bt_estimator *estimator;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);

  /* Records of a leaky sum, dealt out in turn. */
  for (int record = rank; record < RECORDS; record += ranks) {
    double x = 0;
    for (int t = 0; t < STEPS; t++) {
      u[own * STEPS + t] = sin(0.37 * t * (1 + record)) + (t % 10 < 5);
      x = y[own * STEPS + t] = tanh(0.8 * x + 0.3 * u[own * STEPS + t]);
    }
    lengths[own++] = STEPS;
  }

  check(bt_network_create(1, &network));
  check(bt_network_add_unit(network, "lnl", NULL, 2, "{\"activation\": \"tanh\", \"leak\": \"adjust\", \"input_lag\": 0}", NULL));
  check(bt_network_add_unit(network, "linear", NULL, 1, "{\"sources\": [{\"source\": \"lnl.x\", \"lag\": 0}]}", NULL));
  check(bt_network_randomize(network, 0));
  check(bt_estimator_create(network, &estimator));
  check(bt_estimator_set_reduction(estimator, reduce, NULL, rank, ranks));
  check(bt_estimator_set_data(estimator, own, lengths, u, own * STEPS, y, own * STEPS, NULL, 0));
  check(bt_estimator_set_option(estimator, "max_iterations", 50));
  check(bt_estimator_run(estimator, NULL, NULL, NULL));
  check(bt_estimator_cost(estimator, &cost, &nmse));
  if (rank == 0) printf("NMSE %.3g, %.3g MB sent by each process\n", nmse, (double)bytes_sent / 1e6);
  check(bt_estimator_free(estimator));
  check(bt_network_free(network));
  MPI_Finalize();
  return 0;
}
