"""Whether a fit depends on the units and offsets of the data.

python benchmarks/robustness.py [--iterations 40] [--seeds 0-2]

A network of each kind learns what another one does, two inputs, one output, 2 % noise. The same
data are then given in other units: each input times its own power of ten, the output times
another, an offset of 1,000 deviations on an input. NMSE and iterations should be those of the first
column, in every column; `identify` and `OnlineEstimator` likewise. A cell says NMSE after so many
iterations.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

import backtune as bt
import numpy as np

STEPS = 400
#: Names of columns: factors of the two inputs, of the output, and an offset of the first input.
UNITS = {
    "as drawn": ((1, 1), 1, 0),
    "u0 x 1e-9": ((1e-9, 1), 1, 0),
    "u0 x 1e9": ((1e9, 1), 1, 0),
    "u x 1e9, 1e-9": ((1e9, 1e-9), 1, 0),
    "u x 1e-6, 1e3": ((1e-6, 1e3), 1, 0),
    "y x 1e-9": ((1, 1), 1e-9, 0),
    "y x 1e9": ((1, 1), 1e9, 0),
    "all": ((1e-6, 1e9), 1e-3, 0),
    "u0 + 1000": ((1, 1), 1, 1000),
}


def lnl(net: bt.Network) -> None:
    """Add four leaky units and a readout."""
    h = net.lnl(4, activation="tanh", leak="adjust")
    net.linear(1, sources=[h.lag(0)])


def lstm(net: bt.Network) -> None:
    """Add three LSTM units and a readout."""
    net.linear(1, sources=[net.lstm(3).lag(0)])


def linear(net: bt.Network) -> None:
    """Add a linear recurrence of range 2."""
    net.linear(1, range=2)


def state_space(net: bt.Network) -> None:
    """Add three linear states fed by two tanh nodes."""
    net.state_space(3, hidden=2, outputs=1)


KINDS = {"lnl": lnl, "state_space": state_space, "lstm": lstm, "linear": linear}


def make(kind: str, seed: int) -> bt.Network:
    """Draw a network of a kind."""
    net = bt.Network(2)
    KINDS[kind](net)
    return net.randomize(seed)


def record(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw inputs, and outputs of deviation 1 of another network of that kind."""
    random = np.random.default_rng(seed)
    u = random.normal(size=(STEPS, 2))
    y = make(kind, 1000 + seed).simulate(u)
    y = (y - y.mean()) / y.std()
    return u, y + 0.02 * random.normal(size=y.shape)


def estimate(kind: str, seed: int, u: np.ndarray, y: np.ndarray, iterations: int) -> str:
    """Fit a network of that kind; say NMSE and iterations."""
    trace = bt.Estimator(make(kind, seed), u, y).run(iterations, progress=False)
    return f"{trace.nmse[-1]:.4g} ({len(trace) - 1})"


def online(seed: int, u: np.ndarray, y: np.ndarray) -> str:
    """Follow the record; say the NMSE of the predictions over its second half."""
    follower = bt.OnlineEstimator(make("lnl", seed), window=150, every=10)
    predictions = follower.update(u, y)
    half = len(y) // 2
    return f"{np.mean((predictions - y)[half:] ** 2) / np.var(y[half:]):.4g}"


def identified(u: np.ndarray, y: np.ndarray) -> str:
    """Identify a model; say its NMSE on the record."""
    report = bt.identify(u, y, max_order=2, progress=False).report
    return f"{report.training:.4g}"


def row(name: str, seed: int, kind: str, fit) -> str:
    """Format the cells of one line."""
    u, y = record(kind, seed)
    cells = [fit(u * factors + [offset, 0], y * m) for factors, m, offset in UNITS.values()]
    return f"| {name} | {seed} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--kinds", default=",".join([*KINDS, "online", "identify"]))
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    warnings.simplefilter("ignore")
    print("| what | seed | " + " | ".join(UNITS) + " |")
    print("|---" * (2 + len(UNITS)) + "|")
    for what in arguments.kinds.split(","):
        for seed in seeds:
            if what == "online":
                print(row(what, seed, "lnl", partial(online, seed)), flush=True)
            elif what == "identify":
                print(row(what, seed, "lnl", identified), flush=True)
            else:
                fit = partial(estimate, what, seed, iterations=arguments.iterations)
                print(row(what, seed, what, fit), flush=True)
