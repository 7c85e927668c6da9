"""The Lorenz equations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .._engine import random
from .._engine.arrays import as_count, as_flat
from .._engine.errors import ArgumentError
from .._engine.types import Array
from ._parameters import as_finite, as_positive


def lorenz(
    steps: int,
    sigma: float = 10.0,
    rho: float = 28.0,
    beta: float = 8 / 3,
    dt: float = 0.02,
    *,
    substeps: int = 20,
    start: ArrayLike = (1.0, 1.0, 1.0),
    seed: int | None = None,
    washout: int = 1000,
) -> Array:
    """Return the Lorenz series: x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z.

    The largest Lyapunov exponent is 0.906 per unit of time with the usual parameters: a Lyapunov
    time is 1.104 units, 55 values of the usual `dt`.

    Parameters
    ----------
    steps : int
        Number T of values, 1 or more.
    sigma, rho, beta : float
        Parameters of the equations: Prandtl's number, Rayleigh's beside its critical value, and
        one of the shape of the rolls.
    dt : float
        Units of time from one value to the next, above 0.
    substeps : int
        Steps of integration in `dt`, 1 or more.
    start : array of shape (3,)
        State at time 0.
    seed : int, optional
        Adds normal numbers of deviation 1 to that state.
    washout : int
        Number of values left out before the first; with 0 that is the state at time 0.

    Returns
    -------
    array of shape (T, 3)
        x, y, z in columns.

    Raises
    ------
    ArgumentError
        `steps` or `substeps` below 1, `washout` below 0; a parameter or a start that is not finite,
        `dt` not above 0; values that leave the finite numbers.

    Notes
    -----
    E. N. Lorenz, "Deterministic nonperiodic flow", Journal of the Atmospheric Sciences 20, 1963,
    pages 130-141. The exponent: D. Viswanath, "Lyapunov exponents from random Fibonacci sequences
    to the Lorenz equations", thesis, Cornell University, 1998 (0.9056).

    Runge-Kutta of fourth order. Series of other substeps part after some 20 Lyapunov times, as
    chaotic ones do.

    Examples
    --------
    >>> bt.datasets.lorenz(500, seed=1).shape
    (500, 3)
    """
    steps, washout = as_count(steps, "steps", 1), as_count(washout, "washout", 0)
    substeps = as_count(substeps, "substeps", 1)
    sigma, rho, beta = as_finite(sigma, "sigma"), as_finite(rho, "rho"), as_finite(beta, "beta")
    h = as_positive(dt, "dt") / substeps
    state = as_flat(start, 3, "start")
    if not np.isfinite(state).all():
        raise ArgumentError(f"start: {state.tolist()} came, expected finite numbers")
    if seed is not None:
        state = state + random.normal(3, seed, "lorenz")
    x, y, z = state.tolist()
    values = np.empty((steps, 3))
    for row in range(-washout, steps):
        if row >= 0:
            values[row] = x, y, z
        if row == steps - 1:
            break
        for _ in range(substeps):
            x, y, z = _step(x, y, z, h, (sigma, rho, beta))
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
            raise ArgumentError(
                f"dt: {dt} in {substeps} substeps came, expected shorter steps or parameters that"
                f" keep values finite: those after {row + washout + 1} dt are not"
            )
    return values


def _step(
    x: float, y: float, z: float, h: float, rates: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Advance the state by one step of the integration."""
    sigma, rho, beta = rates

    def slope(x: float, y: float, z: float) -> tuple[float, float, float]:
        return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

    a1, b1, c1 = slope(x, y, z)
    a2, b2, c2 = slope(x + h / 2 * a1, y + h / 2 * b1, z + h / 2 * c1)
    a3, b3, c3 = slope(x + h / 2 * a2, y + h / 2 * b2, z + h / 2 * c2)
    a4, b4, c4 = slope(x + h * a3, y + h * b3, z + h * c3)
    return (
        x + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4),
        y + h / 6 * (b1 + 2 * b2 + 2 * b3 + b4),
        z + h / 6 * (c1 + 2 * c2 + 2 * c3 + c4),
    )
