"""rho of the criteria of the report, at arrays of values; NaN desired: 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

NAMES = ("2", "1", "0", "a", "b", "h")


def values_of(name: str, x: ArrayLike, desired: ArrayLike, nu: float) -> np.ndarray:
    """Return rho, as docs/criteria.md has it; with nu = 0 its limit."""
    e = np.abs(np.subtract(x, desired))
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "2":
            rho = e**2 / 2
        elif name == "1":
            rho = e - nu * np.log1p(e / nu) if nu else e
        elif name == "0":
            rho = np.log1p(e**2 / nu) / 2 if nu else (e > 0).astype(float)
        elif name == "a":
            rho = np.where(e < nu, e**2 / (2 * nu), e - nu / 2) if nu else e
        elif name == "b":
            v = np.minimum((e / nu) ** 2, 1) if nu else (e > 0).astype(float)
            rho = v * (3 + v * (v - 3))
        else:
            lack = nu - _side(desired) * (np.asarray(x) - 0.5)
            rho = np.maximum(lack, 0) ** 2 / 2 if nu else (lack > 0).astype(float)
    return np.where(np.isnan(e), 0.0, rho)


def slopes(name: str, x: ArrayLike, desired: ArrayLike, nu: float) -> np.ndarray:
    """Return the derivative of rho by x; 0 where rho counts only."""
    e = np.subtract(x, desired)
    size = np.abs(e)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "2":
            slope = e
        elif name == "1":
            slope = e / (nu + size)
        elif name == "0":
            slope = e / (nu + size**2) if nu else 0 * e
        elif name == "a":
            slope = np.where(size < nu, e / nu, np.sign(e)) if nu else np.sign(e)
        elif name == "b":
            v = e / nu if nu else np.ones_like(e)
            slope = np.where(np.abs(v) < 1, 6 * v * (1 - v**2) ** 2 / nu if nu else 0, 0)
        else:
            side = _side(desired)
            slope = -side * np.maximum(nu - side * (np.asarray(x) - 0.5), 0) if nu else 0 * e
    return np.where(np.isnan(slope), 0.0, slope)


def _side(desired: ArrayLike) -> np.ndarray:
    return np.sign(np.asarray(desired) - 0.5)
