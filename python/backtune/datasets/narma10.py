"""NARMA10, a nonlinear moving average over ten steps."""

from __future__ import annotations

import numpy as np

from .._engine import random
from .._engine.arrays import as_count
from ._records import Record

# No output that stays bounded passes this one; one that diverges has begun to less than so many
# steps before.
_BOUND, _BACK = 10.0, 100


def narma10(steps: int, seed: int = 0) -> Record:
    """Return input, uniform in [0, 0.5), and output of NARMA10.

    y(t+1) = 0.3 y(t) + 0.05 y(t) (y(t) + ... + y(t-9)) + 1.5 u(t-9) u(t) + 0.1

    from y(0) = ... = y(9) = 0: y(t) is to be had from u up to t - 1.

    Parameters
    ----------
    steps : int
        Number T of time steps, 1 or more.
    seed : int
        Of the input.

    Returns
    -------
    u : array of shape (T, 1)
    y : array of shape (T, 1)

    Raises
    ------
    ArgumentError
        `steps` below 1, a seed below 0.

    Notes
    -----
    A. F. Atiya, A. G. Parlos, "New results on recurrent network training: unifying the algorithms
    and accelerating convergence", IEEE Transactions on Neural Networks 11(3), 2000, pages 697-709.

    Such inputs make the output diverge, about once in 200,000 steps. Where it passes 10, the input
    from 100 steps before is drawn again, so that every seed gives a bounded output of any length;
    it is the same whenever it is asked for.
    """
    steps = as_count(steps, "steps", 1)
    u: np.ndarray = 0.5 * random.uniform(steps, seed, "narma10 0")
    y = np.zeros(steps)
    t, draws = 9, 0
    while t < steps - 1:
        past = y[t - 9 : t + 1].sum()
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * past + 1.5 * u[t - 9] * u[t] + 0.1
        t += 1
        if y[t] > _BOUND:
            draws += 1
            t = max(9, t - _BACK)
            u[t:] = 0.5 * random.uniform(steps - t, seed, f"narma10 {draws}")
    return Record(u.reshape(-1, 1), y.reshape(-1, 1))
