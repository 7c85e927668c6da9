"""Inputs, filters and noise of simulated systems."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Inputs and outputs to learn from, and to test with; the former may be lists.
Data = tuple[Any, Any, np.ndarray, np.ndarray]


def multisine(random: np.random.Generator, steps: int, highest: float) -> np.ndarray:
    """Return a sum of sines of random phases, (steps,), deviation 1; `highest` in 1 / time step."""
    lines = np.arange(1, max(2, int(highest * steps)))
    spectrum = np.zeros(steps // 2 + 1, dtype=complex)
    spectrum[lines] = np.exp(2j * np.pi * random.uniform(size=len(lines)))
    wave = np.fft.irfft(spectrum, steps)
    return wave / wave.std()


def filtered(
    u: np.ndarray, a: tuple[float, ...], b: tuple[float, ...] = (1.0,), delay: int = 0
) -> np.ndarray:
    """Return y(t) = sum of a_k y(t-k), k from 1, and of b_k u(t-delay-k), k from 0, for (T,)."""
    late = np.concatenate([np.zeros(delay), u])[: len(u)]
    drive = np.convolve(late, b)[: len(u)]
    y = np.zeros(len(u))
    for t in range(len(u)):
        y[t] = drive[t] + sum(w * y[t - k] for k, w in enumerate(a, 1) if t >= k)
    return y


def split(u: np.ndarray, y: np.ndarray, steps: int, clean: np.ndarray | None = None) -> Data:
    """Return a record as the part to learn from and the rest, whose outputs may be clean ones."""
    u, y = (v.reshape(len(v), -1) for v in (u, y))
    clean = y if clean is None else clean.reshape(y.shape)
    return u[:steps], y[:steps], u[steps:], clean[steps:]


def noisy(random: np.random.Generator, y: np.ndarray, share: float) -> np.ndarray:
    """Return outputs with white noise of that share of their deviations."""
    return y + share * y.std(axis=0) * random.normal(size=y.shape)
