"""Time what runs side by side on one thread of the engine and on two.

32 sequences simulated, and their gradient (lnl, N = 32, T = 300); Gauss-Newton iterations of one
record (N = 32, T = 10,000) by the matrix, and by conjugate gradients, whose products are
simulations, one step after the other; a race of 8 draws (N = 8, T = 2,000, 60 iterations);
`identify` on a record of 2,000 samples. Results are compared to the bit first. Rounds alternate
between one thread, two, and two processes of one thread each that do the same work side by side;
figures are medians. `ratio` is the time of one thread over that of two. `machine` is by how much
more two processes do than one: what the machine gives to two that have nothing to do with one
another, and no threads can exceed; processors of a virtual machine are often less than two. `work`
is the processor time that two threads took over that of one: what is above 1 was computed ahead in
vain, or spent on waking threads.

usage: python benchmarks/threads.py [ROUNDS] [NAME ...]

Prints a table; asked are ratios of at least 1.7.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import multiprocessing
import statistics
import sys
import time

import backtune as bt
import numpy as np

NUMBERS = (1, 2)


def network(units, seed, leak="adjust"):
    """Make a network of one input and one linear output of its states."""
    net = bt.Network(1)
    h = net.lnl(units, leak=leak)
    net.linear(1, sources=[h.lag(0)])
    return net.randomize(seed)


def noisy(units, steps, seed=1):
    """Return inputs, and what another network makes of them, with noise."""
    random = np.random.default_rng(seed)
    u = random.normal(size=(steps, 1))
    plant = bt.Network(1)
    h = plant.lstm(units)
    plant.linear(1, sources=[h.lag(0)])
    plant.randomize(3)
    return u, plant.simulate(u) + 0.01 * random.normal(size=(steps, 1))


def many():
    """Return 32 sequences and a network."""
    random = np.random.default_rng(0)
    u = [random.normal(size=(300, 1)) for _ in range(32)]
    return network(32, 1), u, network(32, 2).simulate(u)


def simulation():
    """Give the simulation of 32 sequences."""
    net, u, _ = many()
    return lambda: np.concatenate(net.simulate(u))


def gradient():
    """Give simulation and gradient of 32 sequences."""
    net, u, y = many()
    estimator = bt.Estimator(net, u, y)
    weights = net.get_weights()

    def work():
        # New weights every time; an even number of them: the last are the first.
        for _ in range(2):
            weights[0] = -weights[0]
            net.set_weights(weights)
            found = estimator.gradient()[1]
        return found

    return work


def gauss_newton(dense):
    """Give two iterations of one long record, by the matrix or by conjugate gradients."""
    u, y = noisy(8, 10_000)

    def work():
        net = network(32, 5)
        with bt.Estimator(net, u, y, method="gauss-newton", restarts=0) as estimator:
            estimator.set_option("dense", dense)
            return estimator.run(2, progress=False).cost

    return work


def race():
    """Give a race of 8 draws."""
    u, y = noisy(8, 2_000)

    def work():
        with bt.Estimator(network(8, 100), u, y, restarts=7) as estimator:
            trace = estimator.run(60, progress=False)
            return np.concatenate([trace.cost, trace.simulations, trace.draw_costs])

    return work


def identification():
    """Give `identify` on a record of 2,000 samples."""
    random = np.random.default_rng(0)
    u = np.repeat(random.normal(size=500), 4)
    x, v, y = 0.0, 0.0, np.empty(u.size)
    for t in range(u.size):
        y[t] = x
        x, v = 0.8 * x + 0.3 * v + 0.2 * u[t], 0.6 * v + 0.4 * u[t] - 0.5 * x * abs(np.tanh(x))
    y += 1e-2 * random.normal(size=u.size)

    def work():
        model = bt.identify(u, y, max_order=3, progress=False)
        return np.concatenate([model.net.get_weights(), [t.validation for t in model.report]])

    return work


CASES = {
    "simulate": ("32 sequences, N = 32: simulation", simulation, 8),
    "gradient": ("the same: simulation and gradient", gradient, 2),
    "matrix": ("Gauss-Newton by the matrix", lambda: gauss_newton(1), 1),
    "conjugate": ("Gauss-Newton by conjugate gradients", lambda: gauss_newton(0), 1),
    "race": ("race of 8 draws, N = 8, T = 2,000", race, 1),
    "identify": ("identify, 2,000 samples", identification, 1),
}


def measure(work, calls):
    """Return seconds of wall clock and of processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        work()
    return time.perf_counter() - wall, time.process_time() - cpu


def serve(name, line):
    """Do the work of a case on one thread whenever told, and say when it is done."""
    _, make, calls = CASES[name]
    bt.set_threads(1)
    work = make()
    work()
    line.send("ready")
    while line.recv() == "go":
        measure(work, calls)
        line.send("done")


class Neighbour:
    """Another process that does the same."""

    def __init__(self, name):
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=serve, args=(name, other), daemon=True)
        self._process.start()
        self._line.recv()

    def measure(self, work, calls):
        """Return seconds until both have done the work once."""
        began = time.perf_counter()
        self._line.send("go")
        measure(work, calls)
        self._line.recv()
        return time.perf_counter() - began

    def close(self):
        """End it."""
        self._line.send("end")
        self._process.join()


def compare(name, rounds):
    """Return (wall, processors) of every round by the number of threads, and times of two."""
    _, make, calls = CASES[name]
    work = make()
    found = []
    for number in NUMBERS:
        bt.set_threads(number)
        found.append(work().tobytes())
    if found[0] != found[1]:
        raise SystemExit("results differ with the number of threads")
    times, both = {number: [] for number in NUMBERS}, []
    neighbour = Neighbour(name)
    for round in range(rounds):
        for number in NUMBERS if round % 2 == 0 else NUMBERS[::-1]:
            bt.set_threads(number)
            times[number].append(measure(work, calls))
        bt.set_threads(1)
        both.append(neighbour.measure(work, calls))
    neighbour.close()
    return times, both


def main():
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    names = sys.argv[2:] or list(CASES)
    print(f"{len(os.sched_getaffinity(0))} processors, {rounds} rounds, times in ms")
    print(f"{'':36}{'one':>9}{'two':>9}{'ratio':>7}{'machine':>9}{'work':>7}{'load':>7}")
    for name in names:
        times, both = compare(name, rounds)
        wall = {n: statistics.median(t[0] for t in times[n]) for n in NUMBERS}
        cpu = {n: statistics.median(t[1] for t in times[n]) for n in NUMBERS}
        machine = statistics.median(2 * t[0] / b for t, b in zip(times[1], both))
        print(
            f"{CASES[name][0]:36}{1e3 * wall[1]:9.1f}{1e3 * wall[2]:9.1f}{wall[1] / wall[2]:7.2f}"
            f"{machine:9.2f}{cpu[2] / cpu[1]:7.2f}{os.getloadavg()[0]:7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
