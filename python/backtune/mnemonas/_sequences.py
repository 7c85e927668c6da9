"""The named sequences of `BufferedInput`."""

from __future__ import annotations

from typing import Callable

import numpy as np

from .._engine.arrays import as_count, as_number
from .._engine.errors import ArgumentError
from . import _draws


def sequence(name: str, units: int, steps: int, parameters: tuple[float, ...]) -> np.ndarray:
    """Make a sequence by name, (steps, units)."""
    if name not in _SEQUENCES:
        known = ", ".join(_SEQUENCES)
        raise ArgumentError(f"sequence {name!r}: unknown, expected one of {known}")
    make, count = _SEQUENCES[name]
    if len(parameters) != count and not (name == "normal" and not parameters):
        raise ArgumentError(f"sequence {name!r}: {len(parameters)} parameters, expected {count}")
    return make(units, steps, *parameters)


def transformed(values: np.ndarray, name: str, parameters: tuple[float, ...]) -> np.ndarray:
    """Apply a transformation by name to a sequence, (steps, units)."""
    if name not in ("affine", "noise"):
        raise ArgumentError(f"transformation {name!r}: unknown, expected affine or noise")
    if len(parameters) != 2:
        raise ArgumentError(f"{name!r}: {len(parameters)} parameters, expected 2")
    first, second = (as_number(value, f"parameter of {name}") for value in parameters)
    if name == "affine":
        return first + second * values
    chosen = _draws.uniform(values.size).reshape(values.shape) < first
    steps, units = values.shape
    return values + np.where(chosen, second * _white(units, steps, None), 0)


def _white(units: int, steps: int, seed: int | None = 0) -> np.ndarray:
    return _draws.normal(units * steps, seed).reshape(steps, units)


def _sierpinski(units: int, steps: int) -> np.ndarray:
    entries: list[int] = []
    row = [1]
    while len(entries) < steps:
        entries += row
        row = [1, *((a + b) % 2**units for a, b in zip(row, row[1:])), 1]
    chosen = entries[:steps]
    return np.array([[entry >> n & 1 for n in range(units)] for entry in chosen], dtype=float)


def _zerone(units: int, steps: int, period: int) -> np.ndarray:
    period = as_count(period, "period", 1)
    bits = (_draws.uniform(units * period, 0).reshape(period, units) > 0.5).astype(float)
    # Both values come in every period.
    constant = (bits == bits[0]).all(axis=0)
    bits[-1, constant] = 1 - bits[0, constant]
    return bits[np.arange(steps) % period]


def _ramp(units: int, steps: int) -> np.ndarray:
    times = np.arange(steps, dtype=float)
    return np.stack([times % max(steps // (n + 1), 1) for n in range(units)], axis=1)


def _mean(units: int, steps: int, mean: float) -> np.ndarray:
    return mean * (1 + 0.1 * _white(units, steps))


def _icorr(units: int, steps: int, correlation: float) -> np.ndarray:
    if not -1 <= correlation <= 1 or units < 2:
        raise ArgumentError(
            f"icorr: {correlation} and {units} units, expected -1 to 1 and at least 2 units"
        )
    white = _white(units, steps)
    pairs = units // 2 * 2
    mixed = white.copy()
    mixed[:, 0:pairs:2] = (
        np.sqrt(1 - correlation**2) * white[:, 0:pairs:2] + correlation * white[:, 1:pairs:2]
    )
    return mixed


def _acorr(units: int, steps: int, correlation: float) -> np.ndarray:
    if not -0.5 <= correlation <= 0.5:
        raise ArgumentError(f"acorr: {correlation} came, expected -1/2 to 1/2")
    present = (np.sqrt(1 + 2 * correlation) + np.sqrt(1 - 2 * correlation)) / 2
    before = (np.sqrt(1 + 2 * correlation) - np.sqrt(1 - 2 * correlation)) / 2
    white = _white(units, steps)
    values = white.copy()
    values[1:] = present * white[1:] + before * white[:-1]
    return values


# Name -> function, number of parameters.
_SEQUENCES: dict[str, tuple[Callable[..., np.ndarray], int]] = {
    "normal": (_white, 1),
    "sierpinski": (_sierpinski, 0),
    "zerone": (_zerone, 1),
    "ramp": (_ramp, 0),
    "mean": (_mean, 1),
    "icorr": (_icorr, 1),
    "acorr": (_acorr, 1),
}
