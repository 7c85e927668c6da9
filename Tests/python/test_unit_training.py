"""Every unit learns what another one of its kind does."""

import backtune as bt
import numpy as np
import pytest

UNITS = 4
CASES = [
    ("linear", {}),
    ("lnl", {"leak": "adjust"}),
    ("sparse_lnl", {}),
    ("lstm", {}),
    ("lstm", {"peephole": True}),
    ("gru", {}),
    ("strongly_typed", {}),
    ("aif", {}),
    ("aif", {"leak": "adjust", "sharpness": "adjust"}),
    ("softmax", {}),
    ("state_space", {}),
    ("gate", {}),
    ("product", {}),
    ("versatile", {}),
    ("reservoir", {"density": 1.0}),
]


# The ratios of one unit go from 2 to 1e8: the median of fewer turns on the rounding of sums.
DRAWS = 15


def learner(kind, seed, options):
    """Return a network of that unit with one output, its weights drawn."""
    net = bt.Network(1)
    no_bias = {} if kind in ("strongly_typed", "state_space") else {"bias": False}
    if kind == "reservoir":
        options = {**options, "seed": seed}
    net.observe(getattr(net, kind)(UNITS, **no_bias, **options), count=1)
    net.randomize(seed)
    if kind == "reservoir":
        for name in net.weights:
            net.weights.constrain(name, fixed=False)
    return net


def train(kind, seed, options):
    """Return cost before and after 100 iterations."""
    u, y = bt.datasets.reverse_engineering(UNITS, seed, unit=kind, **options)
    net = learner(kind, seed + 100, options)
    trace = bt.Estimator(net, u, y, method="backward-tuning").run(100, progress=False)
    assert np.all(np.diff(trace.cost) <= 0)
    return trace.cost[0], trace.cost[-1]


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_every_unit_trains(kind, options):
    """Cost falls by 100 times in the median of 15 draws; T = 2 N (N + 1) = 40, one node seen."""
    costs = np.array([train(kind, seed, options) for seed in range(DRAWS)])
    assert np.median(costs[:, 0] / costs[:, 1]) >= 100, costs


if __name__ == "__main__":
    print(f"{'unit':40s} {'first cost':>10s} {'last cost':>10s} {'ratio':>10s}  (medians)")
    for kind, options in CASES:
        costs = np.array([train(kind, seed, options) for seed in range(DRAWS)])
        first, last = np.median(costs, axis=0)
        ratio = np.median(costs[:, 0] / costs[:, 1])
        print(f"{f'{kind} {options or str()}':40s} {first:10.2g} {last:10.2g} {ratio:10.3g}")
