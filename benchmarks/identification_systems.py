"""Simulated systems whose truth is known: records to choose constants of `backtune.identify` on.

Each function returns (u_train, y_train, u_test, y_test) of a seed; training records may be lists.
Test outputs are without noise where noise is white, as then the free run is what can be known, and
as measured where noise goes on from step to step.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

import numpy as np
from identification_signals import Data, filtered, multisine, noisy, split


class System(NamedTuple):
    """How to draw records, and how many first test outputs set the state."""

    draw: Callable[[int], Data]
    first: int = 50


# ---- Starts, integrators, dead time, short sequences


def away_from_rest(seed: int) -> Data:
    """Square of the input into one slow state that begins far from its mean; tests its record."""
    u = np.random.default_rng(seed + 1).normal(size=400)
    y = filtered(u**2, (0.9,))
    return u[:, None], y[:, None], u[:, None], y[:, None]


def three_away_from_rest(seed: int) -> Data:
    """Return three outputs of the like, of poles 0.9, 0.95 and 0.97."""
    u = np.random.default_rng(seed + 1).normal(size=400)
    y = np.column_stack([filtered(u**2, (a,)) for a in (0.9, 0.95, 0.97)])
    return u[:, None], y, u[:, None], y


def double_integrator(seed: int) -> Data:
    """Position from a force held for ten steps each, noise-free."""
    u = np.repeat(np.random.default_rng(seed).normal(size=80), 10)
    return split(u, np.cumsum(np.cumsum(0.01 * u)), 600)


def double_integrator_friction(seed: int) -> Data:
    """Return the same with viscous friction, linear still."""
    u = np.repeat(np.random.default_rng(seed).normal(size=80), 10)
    return split(u, np.cumsum(filtered(0.01 * u, (0.98,))), 600)


def unstable(seed: int) -> Data:
    """One state with a pole of 1.02, noise-free; 400 steps, then 100."""
    u = np.repeat(np.random.default_rng(seed).normal(size=50), 10)
    return split(u, filtered(u, (1.02,)), 400)


def dead_time(seed: int, delay: int) -> Data:
    """Second order after a dead time, 5 % noise."""
    random = np.random.default_rng(seed)
    u = random.normal(size=2000)
    y = filtered(u, (1.5, -0.7), delay=delay)
    return split(u, noisy(random, y, 0.05), 1000, y)


def short(seed: int, lengths: tuple[int, ...]) -> Data:
    """Y = 0.7 y(t-1) + tanh(2 u) from rest, 2 % noise, in records of such lengths; tests 400."""
    random = np.random.default_rng(seed)
    inputs = [random.normal(size=steps) for steps in (*lengths, 400)]
    clean = [filtered(np.tanh(2 * u), (0.7,)) for u in inputs]
    outputs = [y + 0.02 * random.normal(size=y.shape) for y in clean]
    u, y = ([v[:, None] for v in part] for part in (inputs, [*outputs[:-1], clean[-1]]))
    return u[:-1], y[:-1], u[-1], y[-1]


# ---- Nonlinear plants


def wiener(seed: int) -> Data:
    """Third order, then a saturation, 1 % noise."""
    random = np.random.default_rng(seed)
    u = multisine(random, 3000, 0.2)
    x = filtered(u, (2.2, -1.7, 0.45), (0.02, 0.03))
    y = np.tanh(1.5 * x / x.std())
    return split(u, noisy(random, y, 0.01), 1500, y)


def hammerstein(seed: int) -> Data:
    """Dead zone and an asymmetric square, then second order, 1 % noise."""
    random = np.random.default_rng(seed)
    u = multisine(random, 3000, 0.3)
    v = np.sign(u) * np.maximum(np.abs(u) - 0.3, 0) + 0.3 * u**2
    y = filtered(v, (1.6, -0.75), (0.0, 0.15))
    return split(u, noisy(random, y, 0.01), 1500, y)


def _duffing(u: np.ndarray) -> np.ndarray:
    """Return the place of a mass on a hardening spring, steps of 0.2 by twice Runge-Kutta."""

    def rate(state: np.ndarray, force: float) -> np.ndarray:
        x, v = state
        return np.array([v, force - 0.2 * v - x - 0.5 * x**3])

    state, y, h = np.zeros(2), np.empty(len(u)), 0.1
    for t, force in enumerate(u):
        y[t] = state[0]
        for _ in range(2):
            a = rate(state, force)
            b = rate(state + h / 2 * a, force)
            c = rate(state + h / 2 * b, force)
            d = rate(state + h * c, force)
            state = state + h / 6 * (a + 2 * b + 2 * c + d)
    return y


def duffing(seed: int, factor: float) -> Data:
    """Hardening spring, 0.5 % noise; tested with an input so many times as large."""
    random = np.random.default_rng(seed)
    u = multisine(random, 2000, 0.1)
    y = noisy(random, _duffing(u), 0.005)
    u_test = factor * multisine(random, 1500, 0.1)
    return u[:, None], y[:, None], u_test[:, None], _duffing(u_test)[:, None]


def overflow(seed: int) -> Data:
    """Two tanks in cascade, the upper one flows over, 1 % noise."""
    random = np.random.default_rng(seed)
    steps, levels = 2000, np.array([3.0, 3.0])
    u = 3.0 + 1.5 * multisine(random, steps, 0.02)
    y = np.empty(steps)
    for t in range(steps):
        y[t] = levels[1]
        for _ in range(4):
            upper, lower = np.sqrt(np.maximum(levels, 0))
            over = max(0.0, levels[0] - 8.0)
            levels = levels + 0.25 * np.array(
                [0.25 * max(u[t], 0) - 0.4 * upper - over, 0.4 * upper + 0.5 * over - 0.35 * lower]
            )
            levels = np.clip(levels, 0, 10)
    return split(u, noisy(random, y, 0.01), 1000, y)


# ---- Noise and disturbances


def coloured(seed: int) -> Data:
    """Slow linear plant of three inputs and five outputs, a third of them slow noise."""
    random = np.random.default_rng(seed)
    steps = 1600
    u = np.repeat(random.normal(size=(steps // 8, 3)), 8, axis=0)
    poles = random.uniform(0.85, 0.98, size=(5, 3))
    gains = random.normal(size=(5, 3)) * (1 - poles)
    y = np.column_stack(
        [sum(filtered(u[:, k], (p[k],), (0, g[k])) for k in range(3)) for p, g in zip(poles, gains)]
    )
    noise = np.column_stack([filtered(e, (0.95,)) for e in random.normal(size=(5, steps))])
    return split(u, y + 0.33 * y.std(axis=0) * noise / noise.std(axis=0), 800)


def _plain(random: np.random.Generator, u: np.ndarray) -> np.ndarray:
    """Return a gently bent second-order plant's outputs, (T,)."""
    return filtered(u + 0.3 * np.tanh(2 * u), (1.4, -0.55), (0.0, 0.15))


def input_glitches(seed: int) -> Data:
    """Single wild values of measured inputs, which the plant does not see; 1 % noise."""
    random = np.random.default_rng(seed)
    u = multisine(random, 2400, 0.1)
    y = _plain(random, u)
    hit = random.uniform(size=len(u)) < 0.01
    seen = np.where(hit, u + 6 * random.choice([-1, 1], size=len(u)), u)
    return split(seen, noisy(random, y, 0.01), 1200, y)


def output_outliers(seed: int) -> Data:
    """Two in a hundred measured outputs are wild, in the training record; 1 % noise."""
    random = np.random.default_rng(seed)
    u = multisine(random, 2400, 0.1)
    y = _plain(random, u)
    hit = random.uniform(size=len(y)) < 0.02
    wild = 8 * y.std() * random.normal(size=len(y))
    return split(u, np.where(hit, wild, noisy(random, y, 0.01)), 1200, y)


def drift(seed: int) -> Data:
    """Return outputs about 20 that walk slowly on their own, in the test record too."""
    random = np.random.default_rng(seed)
    u = multisine(random, 2400, 0.1)
    y = _plain(random, u)
    walk = np.cumsum(random.normal(size=len(y)))
    slow = 0.5 * y.std() * walk / walk.std()
    return split(u, 20 + slow + noisy(random, y, 0.01), 1200)


def many_modes(seed: int) -> Data:
    """Eight lightly damped modes, sixteen states, 1 % noise."""
    random = np.random.default_rng(seed)
    u = random.normal(size=4000)
    angles = np.linspace(0.2, 2.6, 8) + 0.05 * random.uniform(size=8)
    radii = random.uniform(0.96, 0.99, size=8)
    y = sum(
        gain * filtered(u, (2 * r * np.cos(w), -r * r), (0.0, 1 - r))
        for w, r, gain in zip(angles, radii, random.uniform(0.3, 1, size=8))
    )
    return split(u, noisy(random, y, 0.01), 2000, y)


def oversampled(seed: int) -> Data:
    """Cart with dry friction behind a quadratic valve, held by a law, 20 times oversampled.

    Its place is an integral; 0.1 % noise.
    """
    random = np.random.default_rng(seed)
    steps, step = 12000, 0.01
    wish = np.repeat(multisine(random, steps // 20, 0.04), 20)
    u, y = np.empty(steps), np.empty(steps)
    place = speed = 0.0
    for t in range(steps):
        u[t] = np.clip(2 * (wish[t] - place) - 0.8 * speed, -2, 2)
        y[t] = place
        speed += step * (4 * u[t] * abs(u[t]) - 0.5 * speed - 0.6 * np.tanh(speed / 0.02))
        place += step * speed
    return split(u, noisy(random, y, 0.001), 6000, y)


SYSTEMS = {
    "away_from_rest": System(away_from_rest, 0),
    "three_away_from_rest": System(three_away_from_rest, 0),
    "double_integrator": System(double_integrator),
    "double_integrator_friction": System(double_integrator_friction),
    "unstable": System(unstable, 20),
    "dead_time_10": System(lambda seed: dead_time(seed, 10)),
    "dead_time_20": System(lambda seed: dead_time(seed, 20)),
    "dead_time_30": System(lambda seed: dead_time(seed, 30)),
    "one_short": System(lambda seed: short(seed, (400, 400, 400, 7))),
    "many_short": System(lambda seed: short(seed, 300 * (7,))),
    "wiener": System(wiener),
    "hammerstein": System(hammerstein),
    "duffing_1.5": System(lambda seed: duffing(seed, 1.5)),
    "duffing_2": System(lambda seed: duffing(seed, 2.0)),
    "overflow": System(overflow),
    "coloured": System(coloured),
    "input_glitches": System(input_glitches),
    "output_outliers": System(output_outliers),
    "drift": System(drift),
    "many_modes": System(many_modes),
    "oversampled": System(oversampled),
}
