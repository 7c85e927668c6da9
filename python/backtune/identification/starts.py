"""The state before a run, from its first outputs."""

from __future__ import annotations

from typing import Callable

import numpy as np

# Gauss-Newton iterations, step lengths that are tried side by side, and the part of a deviation by
# which a state is moved for a difference.
_ITERATIONS, _LENGTHS, _DELTA = 8, (1.0, 0.3, 0.1, 0.01), 1e-5
# The least gain of an iteration that is followed by another.
_GAIN = 1e-6


def probable_start(
    runs: Callable[[list[np.ndarray]], list[np.ndarray]],
    desired: np.ndarray,
    rest: np.ndarray,
    deviation: np.ndarray,
    error: float,
) -> tuple[np.ndarray, float]:
    """Return the most probable state, given outputs of which the errors have a deviation.

    Beside it twice the negative logarithm of what it is probable with, but for a constant.

    States are normal about `rest`, each with its deviation; outputs, NaN where not known, normal
    about the runs from states, side by side. Those from states moved a little give the derivatives.
    """
    free = np.flatnonzero(deviation > 0)
    known = np.isfinite(desired)

    def gaps(states: np.ndarray) -> np.ndarray:
        """Return errors in their deviations and states in theirs, a row for each state."""
        errors = (np.stack(runs(list(states))) - desired)[:, known] / error
        return np.hstack([errors, (states - rest)[:, free] / deviation[free]])

    state, cost = rest, np.inf
    for _ in range(_ITERATIONS):
        moved = np.repeat(state[None], 1 + free.size, axis=0)
        moved[1 + np.arange(free.size), free] += _DELTA * deviation[free]
        rows = gaps(moved)
        if not np.isfinite(rows).all():
            break
        slopes = (rows[1:] - rows[0]).T / _DELTA
        step = np.linalg.lstsq(slopes, -rows[0], rcond=None)[0]
        tried = np.repeat(state[None], len(_LENGTHS), axis=0)
        tried[:, free] += np.outer(_LENGTHS, step * deviation[free])
        with np.errstate(over="ignore", invalid="ignore"):
            costs = np.sum(gaps(tried) ** 2, axis=1)
        costs[~np.isfinite(costs)] = np.inf
        best = int(np.argmin(costs))
        before = cost = float(rows[0] @ rows[0])
        if not costs[best] < before:
            break
        state, cost = tried[best], float(costs[best])
        if cost > before * (1 - _GAIN):
            break
    return state, cost
