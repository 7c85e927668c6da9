"""The Mackey-Glass equation."""

from __future__ import annotations

import math

import numpy as np

from .._engine import random
from .._engine.arrays import as_count
from .._engine.errors import ArgumentError
from .._engine.types import Array
from ._parameters import as_positive


def mackey_glass(
    steps: int,
    tau: float = 17.0,
    n: float = 10.0,
    beta: float = 0.2,
    gamma: float = 0.1,
    dt: float = 1.0,
    *,
    substeps: int = 10,
    seed: int | None = None,
    washout: int = 1000,
) -> Array:
    """Return the Mackey-Glass series: x' = beta x(t - tau) / (1 + x(t - tau)^n) - gamma x.

    The past before time 0 is constant. With the usual parameters values lie between 0.4 and 1.4,
    and are chaotic from a delay of about 16.8 on. The largest Lyapunov exponent for a delay of 17
    is 0.0052 per unit of time: a Lyapunov time is 190 units.

    Parameters
    ----------
    steps : int
        Number T of values, 1 or more.
    tau : float
        Delay, in units of time, ``dt / substeps`` or more.
    n : float
        Exponent, above 0.
    beta, gamma : float
        Rates of production and decay, per unit of time, above 0.
    dt : float
        Units of time from one value to the next.
    substeps : int
        Steps of integration in `dt`, at least; a step divides the delay.
    seed : int, optional
        Moves the constant past within [1.2, 1.3); without it, that is 1.2.
    washout : int
        Number of values left out before the first; with 0 that is the past's.

    Returns
    -------
    array of shape (T, 1)

    Raises
    ------
    ArgumentError
        `steps` or `substeps` below 1, `washout` below 0; a parameter that is not finite or not
        above 0; a delay below a step, or more than 2^53 steps; steps too long for the rates.

    Notes
    -----
    M. C. Mackey, L. Glass, "Oscillation and chaos in physiological control systems", Science 197,
    1977, pages 287-289. J. D. Farmer, "Chaotic attractors of an infinite-dimensional dynamical
    system", Physica D 4, 1982, pages 366-393, has dimensions and exponents. That above, good to
    0.0001, is of 40 series of 20,000 units and their tangent equation; estimates from 0.005 to
    0.007 are found elsewhere.

    Runge-Kutta of fourth order; the delayed value within a step is that of the cubic with the
    values and slopes at its ends.

    Examples
    --------
    >>> bt.datasets.mackey_glass(500, seed=1).shape
    (500, 1)
    """
    steps, washout = as_count(steps, "steps", 1), as_count(washout, "washout", 0)
    substeps = as_count(substeps, "substeps", 1)
    tau, n, dt = as_positive(tau, "tau"), as_positive(n, "n"), as_positive(dt, "dt")
    beta, gamma = as_positive(beta, "beta"), as_positive(gamma, "gamma")
    if not 1 <= tau / dt * substeps <= 2.0**53:
        raise ArgumentError(
            f"tau: {tau} came, expected {dt / substeps} (dt / substeps), to 2^53 times that"
        )
    back = math.ceil(tau / dt * substeps)
    h = tau / back
    past = 1.2 if seed is None else 1.2 + 0.1 * float(random.uniform(1, seed, "mackey-glass")[0])
    places = (float(washout) + np.arange(steps)) * (dt / h)
    x = np.empty(max(1, math.ceil(places[-1])) + 1)
    slope = np.empty_like(x)
    x[0] = past
    try:
        _integrate(x, slope, h, back, (n, beta, gamma))
    except (OverflowError, ValueError):
        raise ArgumentError(
            f"substeps: {substeps} came, expected more: steps of {h} are too long for beta {beta},"
            f" gamma {gamma} and n {n}"
        ) from None
    # At a place between two steps, by the same cubic.
    cell = np.minimum(places.astype(np.int64), len(x) - 2)
    r = places - cell
    s = 1 - r
    values = s * s * ((1 + 2 * r) * x[cell] + r * h * slope[cell])
    values += r * r * ((1 + 2 * s) * x[cell + 1] - s * h * slope[cell + 1])
    return values.reshape(-1, 1)


def _integrate(
    x: np.ndarray, slope: np.ndarray, h: float, back: int, rates: tuple[float, float, float]
) -> None:
    """Fill values and slopes from the first value on, which is the past's; `back` steps delay.

    OverflowError or ValueError where the values leave the positive numbers.
    """
    n, beta, gamma = rates

    def production(delayed: float) -> float:
        return beta * delayed / (1 + math.pow(delayed, n))

    now = float(x[0])
    old = production(now)
    for k in range(len(x) - 1):
        slope[k] = k1 = old - gamma * now
        middle = new = old
        if k >= back:
            first, last = float(x[k - back]), float(x[k - back + 1])
            bend = float(slope[k - back]) - float(slope[k - back + 1])
            middle, new = production((first + last) / 2 + h / 8 * bend), production(last)
        k2 = middle - gamma * (now + h / 2 * k1)
        k3 = middle - gamma * (now + h / 2 * k2)
        k4 = new - gamma * (now + h * k3)
        now += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        if not 0 <= now < math.inf:
            raise OverflowError
        x[k + 1] = now
        old = new
    slope[-1] = old - gamma * now
