"""The state before a run, from its first outputs."""

from __future__ import annotations

import numpy as np

from ..network import Network

# Gauss-Newton iterations, step lengths that are tried side by side, and the part of a deviation by
# which a state is moved for a difference.
_ITERATIONS, _LENGTHS, _DELTA = 8, (1.0, 0.3, 0.1, 0.01), 1e-5
# The least gain of an iteration that is followed by another.
_GAIN = 1e-6


def probable_start(
    net: Network,
    inputs: np.ndarray,
    desired: np.ndarray,
    rest: np.ndarray,
    deviation: np.ndarray,
    error: float,
) -> np.ndarray:
    """Return the state that is most probable, given outputs of which the errors have a deviation.

    States are normal about `rest`, each with its deviation; outputs normal about the run, NaN where
    not known. Runs from states moved a little give the derivatives.
    """
    free = np.flatnonzero(deviation > 0)
    known = np.isfinite(desired)
    count = len(desired)

    def gaps(states: np.ndarray) -> np.ndarray:
        """Return errors in their deviations and states in theirs, a row for each state."""
        runs = np.stack(net.simulate([inputs[:count]] * len(states), list(states)))
        errors = (runs - desired)[:, known] / error
        return np.hstack([errors, (states - rest)[:, free] / deviation[free]])

    state = rest
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
        before = float(rows[0] @ rows[0])
        if not costs[best] < before:
            break
        state = tried[best]
        if costs[best] > before * (1 - _GAIN):
            break
    return state
