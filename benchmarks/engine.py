"""Time simulation, and simulation plus gradient, beside a NumPy loop and the least a step costs.

The network is x(t) = tanh(W x(t-1) + b u(t)), unit 0 observed; T = 1000; one sequence, and 32 side
by side; one thread. Floors: bare BLAS product plus vectorised tanh, and plain C loops (floor.c).
All are measured in turn, in many short rounds; a time is the median, a ratio that of the ratios of
rounds: the pace of a virtual machine changes within seconds. Gradients are compared first.

Then, in one table, what docs/performance.md names: ratios of the above, the gradient of all
outputs, an lstm and a gru.

usage: python benchmarks/engine.py [N,N,...] [LANES,LANES]

Prints tables, and writes benchmarks/results/engine.csv. Times are those of the processor, so that
what else runs counts little.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BACKTUNE_NUM_THREADS"):
    os.environ[variable] = "1"

import csv
import ctypes
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import backtune as bt
import numpy as np

HERE = Path(__file__).resolve().parent
STEPS = 1000
ROUNDS = 15
# Seconds of one function in a round.
SLICE = 0.03


def load_floor():
    """Compile floor.c; linked without -ffast-math, which would flush denormals here."""
    folder = Path(tempfile.mkdtemp(prefix="backtune-floor-"))
    flags = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
    compiled, library = folder / "floor.o", folder / "floor.so"
    subprocess.run(["gcc", *flags, "-c", HERE / "floor.c", "-o", compiled], check=True)
    subprocess.run(["gcc", "-shared", compiled, "-o", library, "-lopenblas", "-lm"], check=True)
    return ctypes.CDLL(str(library))


class Case:
    """One size: the same weights and data for all contestants; each gives (simulate, gradient)."""

    def __init__(self, units, lanes):
        self.units, self.lanes = units, lanes
        random = np.random.default_rng(units)
        self.w = random.normal(size=(units, units)) * 0.5 / np.sqrt(units)
        self.b = random.normal(size=units) * 0.5
        self.u = random.normal(size=(STEPS, lanes))
        self.y = random.normal(size=(STEPS, lanes))

    def backtune(self):
        """Give the engine, through its Python interface."""
        net = bt.Network(1)
        net.lnl(self.units, activation="tanh", bias=False, input_lag=0)
        net.observe(net.groups["lnl.x"], count=1)
        net.weights["lnl.x2.W"] = self.w
        net.weights["lnl.x2.B"] = self.b[:, None]
        inputs = [np.ascontiguousarray(self.u[:, k, None]) for k in range(self.lanes)]
        targets = [np.ascontiguousarray(self.y[:, k, None]) for k in range(self.lanes)]
        estimator = bt.Estimator(net, inputs, targets)
        weights = net.get_weights()

        def gradient():
            # New weights every time: the estimator simulates, then tunes backward.
            weights[0] = -weights[0]
            net.set_weights(weights)
            return estimator.gradient()

        alone = inputs[0] if self.lanes == 1 else inputs
        return (lambda: net.simulate(alone)), gradient

    def numpy(self):
        """Give the loop that one writes in NumPy."""
        w, wt, lanes = self.w, self.w.T.copy(), self.lanes
        shape = (self.units,) if lanes == 1 else (self.units, lanes)
        drive = [self.b * u[0] if lanes == 1 else self.b[:, None] * u for u in self.u]
        states = np.zeros((STEPS + 1, *shape))

        def simulate():
            x = np.zeros(shape)
            for t in range(STEPS):
                x = np.tanh(w @ x + drive[t])
                states[t + 1] = x

        def gradient():
            simulate()
            slope = 1 - states[1:] ** 2
            error = states[1:, 0] - (self.y[:, 0] if lanes == 1 else self.y)
            e, adjoint = np.zeros(shape), np.zeros((STEPS, *shape))
            for t in range(STEPS - 1, -1, -1):
                back = wt @ e
                back[0] += error[t]
                e = back * slope[t]
                adjoint[t] = e
            flat = adjoint.reshape(STEPS, self.units, lanes)
            before = states[:-1].reshape(STEPS, self.units, lanes)
            return np.einsum("tib,tjb->ij", flat, before, optimize=True), np.einsum(
                "tib,tb->i", flat, self.u
            )

        return simulate, gradient

    def floors(self, library):
        """Give plain C loops, and the bare product plus tanh."""
        n, lanes = self.units, self.lanes
        arrays = [np.ascontiguousarray(a) for a in (self.w, self.w.T, self.b, self.u, self.y)]
        states, d = np.zeros((STEPS + 1) * n * lanes), np.zeros(2 * n * lanes)
        gw, gb = np.zeros((n, n)), np.zeros(n)
        w, wt, b, u, y = (ctypes.c_void_p(a.ctypes.data) for a in arrays)
        out = [ctypes.c_void_p(a.ctypes.data) for a in (states, d, gw, gb)]
        keep = (arrays, states, d)

        def simulate():
            library.plain_forward(n, lanes, STEPS, w, wt, b, u, out[0])
            return keep

        def gradient():
            library.plain_gradient(n, lanes, STEPS, w, wt, b, u, y, *out)
            return gw, gb

        def blas():
            library.blas_forward(n, lanes, STEPS, w, out[0])

        return (simulate, gradient), (blas, None)


def measure(functions, clock=time.process_time):
    """Return the seconds of each of several functions, called in turn, in every round."""
    counts = []
    for function in functions:
        function()
        began = clock()
        function()
        counts.append(max(1, int(SLICE / max(clock() - began, 1e-6))))
    rounds = np.empty((len(functions), ROUNDS))
    for k in range(ROUNDS):
        for place, (function, count) in enumerate(zip(functions, counts)):
            began = clock()
            for _ in range(count):
                function()
            rounds[place, k] = (clock() - began) / count
    return rounds


def ratio(times, others):
    """Return the median of the ratios of rounds: the pace of a processor changes between them."""
    return np.median(times / others)


def figures(times, ours, lanes):
    """Return the cells of a contestant: ns a step and sequence, and how many times ours."""
    return [f"{np.median(times) * 1e9 / STEPS / lanes:.1f}", f"{ratio(times, ours):.2f}"]


def all_outputs(units, lanes):
    """Return simulation and gradient of a network whose units are all observed."""
    random = np.random.default_rng(units)
    net = bt.Network(1)
    net.lnl(units, activation="tanh", bias=False, input_lag=0)
    net.randomize(seed=1)
    inputs = [random.normal(size=(STEPS, 1)) for _ in range(lanes)]
    targets = [random.normal(size=(STEPS, units)) for _ in range(lanes)]
    estimator = bt.Estimator(net, inputs, targets)
    weights = net.get_weights()

    def gradient():
        weights[0] = -weights[0]
        net.set_weights(weights)
        return estimator.gradient()

    alone = inputs[0] if lanes == 1 else inputs
    return (lambda: net.simulate(alone)), gradient


def gated(kind, units):
    """Return the simulation of one sequence by a gated unit, one node observed."""
    net = bt.Network(1)
    getattr(net, kind)(units)
    net.observe(net.groups[f"{kind}.x"], count=1)
    net.randomize(seed=1)
    inputs = np.random.default_rng(units).normal(size=(STEPS, 1))
    return lambda: net.simulate(inputs)


def print_summary(times):
    """Print what docs/performance.md names; `times` are those of each case and contestant."""
    print("\n| what | N | sequences | figure | asked |")
    print("|---|---|---|---|---|")

    def row(*cells):
        print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)

    floors = {8: (0.6, 1.3), 32: (0.5, 1.15), 128: (0.65, 1.05)}
    gradients = {8: 1.6, 32: 2.1, 128: 2.6}
    for (units, lanes), (forward, backward) in times.items():
        if units not in floors:
            continue
        name = "plain C loop" if lanes == 1 else "BLAS product + tanh"
        asked = floors[units][lanes > 1]
        figure = ratio(forward["backtune"], forward[name])
        row(f"simulation over {name}", units, lanes, f"{figure:.2f}", asked)
        figure = ratio(backward["backtune"], forward["backtune"])
        row("gradient over simulation", units, lanes, f"{figure:.2f}", gradients[units])
    for lanes in (1, 32):
        simulate, gradient = measure(all_outputs(32, lanes))
        figure = ratio(gradient, simulate)
        row("gradient of all outputs over simulation", 32, lanes, f"{figure:.2f}", 2.2)
    for kind, asked in {"lstm": (95, 180, 422), "gru": (76, 132, 306)}.items():
        for units, limit in zip((8, 16, 32), asked):
            seconds = np.median(measure([gated(kind, units)]))
            row(f"{kind}, ns a step", units, 1, f"{seconds * 1e9 / STEPS:.0f}", limit)


def check_gradients(case, contestants):
    """Stop where the contestants do not compute the same."""
    expected = contestants["NumPy loop"][1]()
    plain = contestants["plain C loop"][1]()
    for ours, theirs in zip(plain, expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
    net = bt.Network(1)
    net.lnl(case.units, activation="tanh", bias=False, input_lag=0)
    net.observe(net.groups["lnl.x"], count=1)
    net.weights["lnl.x2.W"] = case.w
    net.weights["lnl.x2.B"] = case.b[:, None]
    parts = [case.u[:, k] for k in range(case.lanes)], [case.y[:, k] for k in range(case.lanes)]
    gradient = bt.Estimator(net, *parts).gradient()[1] * STEPS * case.lanes
    np.testing.assert_allclose(
        gradient[: case.units**2].reshape(expected[0].shape), expected[0], 1e-6, 1e-9
    )


def main(sizes="8,32,128", lanes="1,32"):
    """Measure and print."""
    library = load_floor()
    rows, times = [], {}
    print("ns a step and sequence (ratio to backtune: above 1, backtune is faster)\n")
    print("| N | sequences | contestant | simulation | ratio | with gradient | ratio |")
    print("|---|---|---|---|---|---|---|")
    for units in map(int, sizes.split(",")):
        for count in map(int, lanes.split(",")):
            case = Case(units, count)
            plain, blas = case.floors(library)
            contestants = {
                "backtune": case.backtune(),
                "NumPy loop": case.numpy(),
                "plain C loop": plain,
                "BLAS product + tanh": blas,
            }
            check_gradients(case, contestants)
            found = measure(
                [work for pair in contestants.values() for work in pair if work is not None]
            )
            forward = dict(zip(contestants, found[::2]))
            backward = dict(zip(contestants, found[1::2]))
            times[units, count] = forward, backward
            for name in contestants:
                cells = []
                for each in (forward, backward):
                    own, ours = each.get(name), each["backtune"]
                    cells += ["", ""] if own is None else figures(own, ours, count)
                print(f"| {units} | {count} | {name} | {' | '.join(cells)} |", flush=True)
                rows.append([units, count, name, *cells])
    print_summary(times)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    with open(results / "engine.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "N",
                "sequences",
                "contestant",
                "forward_ns",
                "forward_ratio",
                "gradient_ns",
                "gradient_ratio",
            ]
        )
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
