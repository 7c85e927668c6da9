"""Series for the tests of forecasts."""

import numpy as np

A, B = 1.3, -0.5


def second_order(length, seed, noise=1.0):
    """Return y(t) = 1.3 y(t-1) - 0.5 y(t-2) + noise, settled."""
    e = noise * np.random.default_rng(seed).normal(size=length + 100)
    y = np.zeros(length + 100)
    for t in range(2, length + 100):
        y[t] = A * y[t - 1] + B * y[t - 2] + e[t]
    return y[100:]


def logistic(y, e):
    """Return the next value of a noisy map that turns up and down."""
    return 3.2 * y * np.exp(-y) + 0.15 * y + e


def nonlinear(length, seed):
    """Return a series of that map."""
    e = 0.1 * np.random.default_rng(seed).normal(size=length + 50)
    y = np.ones(length + 50)
    for t in range(1, length + 50):
        y[t] = logistic(y[t - 1], e[t])
    return y[50:]


def passengers(length, seed=0):
    """Return a monthly series that grows and swings in proportion."""
    rng, t = np.random.default_rng(seed), np.arange(length)
    swing = 0.2 * np.sin(2 * np.pi * t / 12) + 0.1 * np.cos(4 * np.pi * t / 12)
    return 100 * np.exp(0.01 * t + swing + 0.02 * rng.normal(size=length))
