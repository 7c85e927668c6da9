"""What criteria make of noise, outliers, missing values; sparse estimation of a support.

python benchmarks/criteria.py [--seeds 10] [--iterations 300]

Networks of 4 lnl units with adjustable leaks, one observed, T = 400, learn what another such
network does (as figure 9 of RR-9100): NMSE against the clean output, median over the seeds.
"""

from __future__ import annotations

import argparse

import backtune as bt
import numpy as np

CRITERIA = ("2", "1", "0", "a", "b")
UNITS, STEPS = 4, 400


def learner(seed: int) -> bt.Network:
    """Draw a network."""
    net = bt.lnl_network(units=UNITS, inputs=1, outputs=1)
    net.randomize(seed=seed)
    return net


def disturbed(clean: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return the clean output with normal noise of a tenth of its deviation, outliers, gaps."""
    rng = np.random.default_rng(100 + seed)
    noise = rng.normal(size=clean.shape) * clean.std()
    hit = rng.random(clean.shape) < 0.05
    return {
        "clean": clean,
        "noise, 0.1 deviations": clean + 0.1 * noise,
        "5 % outliers, 10 deviations": clean + np.where(hit, 10 * noise, 0),
        "noise, 30 % missing": np.where(rng.random(clean.shape) < 0.3, np.nan, clean + 0.1 * noise),
    }


def robustness(seeds: int, iterations: int) -> None:
    """Print the table of criteria."""
    errors: dict[tuple[str, str], list[float]] = {}
    for seed in range(seeds):
        u = np.random.default_rng(seed).normal(size=(STEPS, 1))
        clean = learner(1000 + seed).simulate(u)
        for kind, y in disturbed(clean, seed).items():
            for criterion in CRITERIA:
                net = learner(seed)
                est = bt.Estimator(net, u, y, criterion=criterion)
                est.run(iterations, progress=False)
                error = ((net.simulate(u) - clean) ** 2).sum() / ((clean - clean.mean()) ** 2).sum()
                errors.setdefault((kind, criterion), []).append(float(error))
    print(f"| outputs | {' | '.join(CRITERIA)} |")
    print("|---" * (len(CRITERIA) + 1) + "|")
    for kind in dict.fromkeys(kind for kind, _ in errors):
        row = (f"{np.median(errors[kind, criterion]):.2g}" for criterion in CRITERIA)
        print(f"| {kind} | {' | '.join(row)} |")


def sparse(seeds: int) -> None:
    """Print how much of the support of a sparse network is found."""
    print("\n| noise | strength | precision | recall |\n|---|---|---|---|")
    for noise in (0.0, 0.02):
        for strength in (0.03, 0.3, 3.0):
            scores = np.array([support(seed, noise, strength) for seed in range(seeds)])
            precision, recall = scores.mean(axis=0)
            print(f"| {noise} | {strength} | {precision:.2f} | {recall:.2f} |")


def support(seed: int, noise: float, strength: float, units: int = 6) -> tuple[float, float]:
    """Return precision and recall of one sparse estimation: a unit an input, all observed."""

    def build(draw: int, **options: float) -> bt.Network:
        net = bt.Network(inputs=units)
        net.lnl(units, activation="tanh", bias=False, **options)
        net.randomize(seed=draw)
        return net

    root = build(1000 + seed, density=0.3, seed=seed)
    root.weights["lnl.x2.W"] = 2 * root.weights["lnl.x2.W"]
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(500, units))
    y = root.simulate(u)
    y = y + noise * y.std(axis=0) * rng.normal(size=y.shape)
    net = build(seed)
    rule = bt.regularisation.SparseWeights(strength, weights=["lnl.x2.W"])
    est = bt.Estimator(net, u, y, regularisation=rule)
    est.run(100, progress=False)
    found = next(item.remaining for item in est.connections() if item.name == "lnl.x2.W")
    there = root.weights["lnl.x2.W"] != 0
    hits = (found & there).sum()
    return hits / max(found.sum(), 1), hits / there.sum()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=300)
    arguments = parser.parse_args()
    robustness(arguments.seeds, arguments.iterations)
    sparse(arguments.seeds)
