"""Strong and weak scaling over the processes of an MPI, and what they send.

    mpirun -n 2 python benchmarks/processes.py [units] [sequences] [steps]

Sequences (64) of so many steps (1,000) in all, then as many for each process: seconds of an
iteration of Gauss-Newton, and of a gradient; bytes and messages an iteration; the share that waits.
"""

import sys
import time

import backtune as bt
import numpy as np
from backtune.estimation.processes import SpreadEstimator
from mpi4py import MPI

ITERATIONS = 4


def data(numbers, steps):
    """Sequences by their number: the same whoever has them."""
    plant = bt.lnl_network(8).randomize(seed=5)
    u = [np.random.default_rng(number).normal(size=(steps, 1)) for number in numbers]
    return u, [plant.simulate(item)[:, :1] for item in u]


def network(units):
    """Make what is fitted."""
    net = bt.Network(inputs=1)
    hidden = net.lnl(units, activation="tanh", leak="adjust")
    net.linear(1, sources=[hidden.lag(0)])
    return net.randomize(seed=0)


def measure(comm, units, count, steps):
    """Seconds of an iteration and of a gradient, bytes, messages, share of the waiting."""
    waited, messages = [0.0], [0]
    operations = [MPI.SUM, MPI.MIN, MPI.MAX]

    def combine(values, operation):
        begin = time.perf_counter()
        comm.Allreduce(MPI.IN_PLACE, values, op=operations[operation])
        waited[0] += time.perf_counter() - begin
        messages[0] += 1

    u, y = data(range(comm.rank, count, comm.size), steps)
    net = network(units)
    with SpreadEstimator(net, u, y, combine, comm.rank, comm.size, restarts=0) as est:
        est.gradient()
        comm.Barrier()
        begin = time.perf_counter()
        est.gradient()
        gradient = time.perf_counter() - begin
        est.run(1, progress=False)
        comm.Barrier()
        waited[0], messages[0], sent = 0.0, 0, est.bytes_sent
        begin = time.perf_counter()
        est.run(ITERATIONS, progress=False)
        seconds = time.perf_counter() - begin
        each = (est.bytes_sent - sent) / ITERATIONS
    share = waited[0] / seconds
    return seconds / ITERATIONS, gradient, each, messages[0] / ITERATIONS, share


def main():
    """Print a line for each."""
    units, count, steps = [int(word) for word in sys.argv[1:]] + [16, 64, 1000][len(sys.argv) - 1 :]
    comm = MPI.COMM_WORLD
    for name, all_of_them in (("strong", count), ("weak", count * comm.size)):
        found = measure(comm, units, all_of_them, steps)
        if comm.rank == 0:
            seconds, gradient, each, messages, share = found
            print(
                f"{name}: {comm.size} processes, {units} units, {all_of_them} sequences of {steps}"
                f" steps: {1e3 * seconds:.1f} ms an iteration, {1e3 * gradient:.2f} ms a gradient,"
                f" {each / 1e3:.1f} kB in {messages:.0f} messages, {100 * share:.0f} % waiting"
            )


if __name__ == "__main__":
    main()
