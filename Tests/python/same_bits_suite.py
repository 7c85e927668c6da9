"""The suite of reverse engineering: what it finds, as arrays in a file of NumPy.

usage: same_bits_suite.py TARGET THREADS FILE...
"""

import sys

import backtune as bt
import numpy as np


def fit(net, u, y, iterations, **options):
    estimator = bt.Estimator(net, u, y, **options)
    trace = estimator.run(iterations, progress=False)
    deviation = np.concatenate(estimator.uncertainty().deviation)
    return np.concatenate([trace.cost, trace.step, net.get_weights(), deviation.ravel()])


def found(u, y, units):
    """Return what is found, by the name of what was done."""
    net = bt.lnl_network(units).randomize(1)
    estimator = bt.Estimator(net, u, y, restarts=0)
    first = {
        "simulation": np.concatenate(net.simulate(u)),
        "cost": np.array([estimator.cost]),
        "gradient": estimator.gradient()[1],
    }
    both = bt.lnl_network(units).randomize(2), bt.lnl_network(units).randomize(3)
    return {
        **first,
        # A race of several draws, side by side.
        "gauss-newton": fit(both[0], u, y, 30),
        "backward tuning": fit(both[1], u, y, 4, method="backward-tuning"),
    }


def suite(files):
    """Return it for each sequence, and for all of a size together."""
    sequences = {}
    for file in files:
        u, y = np.loadtxt(file, delimiter=",", skiprows=1, unpack=True)
        name = file.rpartition("/")[2].partition(".")[0]
        sequences[name] = int(name[5:7]), u.reshape(-1, 1), y.reshape(-1, 1)
    cases = {name: (n, [u], [y]) for name, (n, u, y) in sequences.items()}
    for units in {n for n, _, _ in sequences.values()}:
        own = [item for item in sequences.values() if item[0] == units]
        cases[f"all of {units}"] = units, [u for _, u, _ in own], [y for _, _, y in own]
    return {
        f"{name} {what}": values
        for name, (units, u, y) in cases.items()
        for what, values in found(u, y, units).items()
    }


if __name__ == "__main__":
    target, threads, *files = sys.argv[1:]
    bt.set_threads(int(threads))
    np.savez(target, **suite(files))
