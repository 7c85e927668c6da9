"""Systems whose truth is known, and the recipe on them, for tests of `identify`."""

import backtune as bt
import numpy as np


def identify(u, y, gains=None, **options):
    """Run the recipe on a small set of candidates."""
    return bt.identify(u, y, gains, progress=False, **{"max_order": 2, **options})


def filtered(u, a, b=(1.0,), delay=0, start=0.0):
    """Return y(t) = sum of a_k y(t-k), k from 1, and of b_k u(t-delay-k), k from 0, for (T,)."""
    late = np.concatenate([np.zeros(delay), u])[: len(u)]
    drive = np.convolve(late, b)[: len(u)]
    y = np.zeros(len(u))
    for t in range(len(u)):
        known = [y[t - k] if t >= k else start for k in range(1, len(a) + 1)]
        y[t] = drive[t] + np.dot(a, known)
    return y


def plant(steps=400, seed=0, bend=0.0, noise=0.0):
    """Simulate two states whose second is bent, in units of its own: (u, y)."""
    random = np.random.default_rng(seed)
    u = np.repeat(random.normal(size=steps // 4 + 1), 4)[:steps]
    x, v, y = 0.3, -0.2, np.empty(steps)
    for t in range(steps):
        y[t] = x
        x, v = 0.8 * x + 0.3 * v + 0.2 * u[t], 0.6 * v + 0.4 * u[t] - bend * x * abs(np.tanh(x))
    y += noise * random.normal(size=steps)
    return 3 + 0.5 * u, 100 + 20 * y


def wave(random, steps, highest):
    """Return a sum of sines of random phases, (steps,), deviation 1; `highest` in 1 / time step."""
    lines = np.arange(1, max(2, int(highest * steps)))
    spectrum = np.zeros(steps // 2 + 1, dtype=complex)
    spectrum[lines] = np.exp(2j * np.pi * random.uniform(size=len(lines)))
    found = np.fft.irfft(spectrum, steps)
    return found / found.std()


def nmse(found, desired):
    """Return the mean over outputs of the normalised mean square error; (T,) or (T, O)."""
    found, desired = (np.asarray(v).reshape(len(v), -1) for v in (found, desired))
    return float(np.mean(np.nanmean((found - desired) ** 2, axis=0) / np.nanvar(desired, axis=0)))


def ahead(model, u, y, first=5, **options):
    """Return the NMSE of a free run after its first outputs, which set the state."""
    return nmse(model.simulate(u, y[:first], **options)[first:], y[first:])


# ---- CASES F1, F2, F6, F7


def away_from_rest(poles=(0.9,)):
    """Squares of the input into slow states that begin far from their means: (u, y)."""
    u = np.random.default_rng(1).normal(size=400)
    return u[:, None], np.column_stack([filtered(u**2, (a,)) for a in poles])


def position(friction):
    """Position from a force held for ten steps each: (u, y) of 800 steps."""
    u = np.repeat(np.random.default_rng(0).normal(size=80), 10)
    return u, np.cumsum(filtered(0.01 * u, (1 - friction,)))


def unstable():
    """One state of a pole of 1.02: (u, y) of 500 steps."""
    u = np.repeat(np.random.default_rng(0).normal(size=50), 10)
    return u, filtered(u, (1.02,))


def late(delay, steps=1000, seed=0, noise=0.05):
    """Second order after a dead time, with noise: (u, y, clean)."""
    random = np.random.default_rng(seed)
    u = random.normal(size=steps)
    y = filtered(u, (1.5, -0.7), delay=delay)
    return u, y + noise * y.std() * random.normal(size=steps), y


def short(lengths, seed=0):
    """Y = 0.7 y(t-1) + tanh(2 u) from rest, 2 % noise, in sequences of such lengths.

    Returns (u, y) of lists, and (u, clean) of 400 more steps.
    """
    random = np.random.default_rng(seed)
    inputs = [random.normal(size=steps) for steps in (*lengths, 400)]
    clean = [filtered(np.tanh(2 * u), (0.7,)) for u in inputs]
    noisy = [y + 0.02 * random.normal(size=y.shape) for y in clean]
    return inputs[:-1], noisy[:-1], inputs[-1], clean[-1]
