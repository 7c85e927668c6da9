"""Data and small estimators that the tests of the estimators for scikit-learn share."""

import backtune as bt
import numpy as np


def plant(steps=300, seed=0, start=0.0):
    """Simulate a leaky bend of one input that forgets slowly: (X, y)."""
    random = np.random.default_rng(seed)
    u = np.repeat(random.normal(size=steps // 3 + 1), 3)[:steps]
    x, y = start, np.empty(steps)
    for t in range(steps):
        x = 0.95 * x + 0.3 * np.tanh(u[t] + 0.2 * x)
        y[t] = 50 + 10 * x
    return 4 + u.reshape(-1, 1), y


def walks(count=40, seed=0):
    """Draw sequences of unequal lengths that go up or down in the end."""
    random = np.random.default_rng(seed)
    X = [np.cumsum(random.normal(size=(n, 1)), axis=0) for n in random.integers(5, 15, count)]
    return X, np.array(["up" if item[-1] > item[0] else "down" for item in X])


def small(**options):
    return bt.RecurrentRegressor(**{"units": 2, "max_iter": 30, "restarts": 0, **options})
