"""Scalar functions of networks and their slopes, for linear models at a point.

Of complex arguments too, by whose imaginary parts derivatives of what is made of them are taken;
the engine computes everything else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._engine.errors import ArgumentError
from .document import FunctionForm

_Values = Callable[[np.ndarray, FunctionForm], np.ndarray]


def value(function: FunctionForm, u: np.ndarray) -> np.ndarray:
    """Return f(u); the function is described as in the JSON of a network."""
    return _row(function)[0](u, function)


def slope(function: FunctionForm, u: np.ndarray) -> np.ndarray:
    """Return f'(u); at the corner of "relu" that from the left."""
    return _row(function)[1](u, function)


def _row(function: FunctionForm) -> tuple[_Values, _Values]:
    name = function["name"]
    if name not in _TABLE:
        raise ArgumentError(f"function {name!r}: no slope is known, expected {', '.join(_TABLE)}")
    return _TABLE[name]


def _logistic(u: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(u / 2))


def _softplus(u: np.ndarray, f: FunctionForm) -> np.ndarray:
    v = u / f["eps"]
    positive = np.real(v) > 0
    # The exponential of what is not above 0.
    return f["eps"] * (np.where(positive, v, 0) + np.log1p(np.exp(np.where(positive, -v, v))))


def _above(u: np.ndarray) -> np.ndarray:
    return (np.real(u) > 0).astype(float)


def _zeta(u: np.ndarray, f: FunctionForm) -> np.ndarray:
    half = (f["b"] - f["a"]) / 2
    return (f["a"] + f["b"]) / 2 + half * np.tanh(u / half)


def _upsilon(u: np.ndarray, f: FunctionForm) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(2 * f["w"] * (u - 0.5))


_TABLE: dict[str, tuple[_Values, _Values]] = {
    "identity": (lambda u, f: u, lambda u, f: np.ones_like(u)),
    "zeta": (_zeta, lambda u, f: 1 - np.tanh(2 * u / (f["b"] - f["a"])) ** 2),
    "logistic": (lambda u, f: _logistic(u), lambda u, f: _logistic(u) * _logistic(-u)),
    "relu": (lambda u, f: u * _above(u), lambda u, f: _above(u)),
    "softplus": (_softplus, lambda u, f: _logistic(u / f["eps"])),
    "exp": (lambda u, f: np.exp(u), lambda u, f: np.exp(u)),
    "log": (lambda u, f: np.log(u), lambda u, f: 1 / u),
    "reciprocal": (lambda u, f: 1 / u, lambda u, f: -1 / u**2),
    "square": (lambda u, f: u * u, lambda u, f: 2 * u),
    "upsilon": (_upsilon, lambda u, f: f["w"] * (1 - np.tanh(2 * f["w"] * (u - 0.5)) ** 2)),
    "step": (lambda u, f: 0.5 * (1 + np.sign(np.real(u) - 0.5)), lambda u, f: np.zeros_like(u)),
}
