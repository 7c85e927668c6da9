"""Coloured inputs with holes, plants, and what one would do without a model of the inputs."""

import backtune as bt
import numpy as np


def coloured(steps, seed, channels=1):
    """Return an input of the spectrum of a second-order filter, (T, M)."""
    noise = np.random.default_rng(seed).normal(size=(steps + 100, channels))
    u = np.zeros_like(noise)
    for t in range(2, len(u)):
        u[t] = 1.5 * u[t - 1] - 0.6 * u[t - 2] + 0.3 * noise[t] + 0.1 * noise[t - 1]
    return u[100:]


def holes(u, share, how, seed):
    """Return u with a share of it missing, at "random" or in "gaps" of 10 to 30 steps."""
    random, u = np.random.default_rng(seed), u.copy()
    if how == "random":
        u[random.random(u.shape) < share] = np.nan
        return u
    for channel in u.T:
        while np.isnan(channel).mean() < share:
            start = random.integers(0, len(u))
            channel[start : start + random.integers(10, 31)] = np.nan
    return u


def with_mean(u):
    return np.where(np.isnan(u), np.nanmean(u, axis=0), u)


def held(u):
    """Return u with the last known value where one is missing, the mean before the first."""
    result = u.copy()
    for channel in result.T:
        last = np.nanmean(channel)
        for t, value in enumerate(channel):
            channel[t] = last = last if np.isnan(value) else value
    return result


def plant(kind):
    if kind == "lnl":
        return bt.lnl_network(2).randomize(seed=3)
    net = bt.Network(1)
    net.state_space(2, hidden=0)
    net.weights = {
        "state_space.x.A": [[1.3, -0.5], [1, 0]],
        "state_space.x.B": [[0.5], [0]],
        "state_space.y.C": [[0.3, 0.4]],
    }
    return net


def student(kind):
    if kind == "lnl":
        return bt.lnl_network(2).randomize(seed=0)
    net = bt.Network(1)
    net.state_space(2, hidden=0)
    return net.randomize(seed=0)


def record(kind, seed, steps=1000, noise=0.02):
    """Return u and y of a plant, noise in deviations of y, and a record without for tests."""
    net = plant(kind)
    u, v = coloured(steps, seed), coloured(steps, 100 + seed)
    y = net.simulate(u)
    errors = np.random.default_rng(50 + seed).normal(size=y.shape)
    return u, y + noise * y.std() * errors, v, net.simulate(v)


def error_of(kind, u, y, v, z):
    """Return the NMSE on a complete record of a network fitted to u and y."""
    net = student(kind)
    bt.Estimator(net, u, y, missing="model").run(60, progress=False)
    return float(((net.simulate(v) - z) ** 2).mean() / z.var())


def main():
    """Print the table of docs/data.md."""
    for kind in ("linear", "lnl"):
        for how in ("random", "gaps"):
            for share in (0.05, 0.2):
                rows = []
                for seed in range(8):
                    u, y, v, z = record(kind, seed)
                    x = holes(u, share, how, seed)
                    ways = (u, x, with_mean(x), held(x))
                    rows.append([error_of(kind, way, y, v, z) for way in ways])
                found = " | ".join(f"{value:.1e}" for value in np.median(rows, axis=0))
                print(f"| {kind}, {share:.0%} {how} | {found} |", flush=True)


if __name__ == "__main__":
    main()
