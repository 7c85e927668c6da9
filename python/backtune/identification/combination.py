"""Runs of several models as one."""

from __future__ import annotations

import numpy as np

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError

# Time steps of which a median is taken at once.
_PIECE = 50_000
#: Steps ahead at which models are compared; the last is the free run.
HORIZONS = (1.0, 5.0, 20.0, np.inf)
# Where the free run stands among them, in steps.
_FREE = 200.0
# Models of less than so many times the least error count alike, at each horizon; beyond, what
# counts falls by this power of the ratio.
_ALIKE, _POWER = (1.1, 1.1, 1.1, 3.0), 4.0
# The like where free runs are compared on all of a long record, noise and all.
_PRECISELY_ALIKE, _PRECISE_POWERS = (1.1, 1.1, 1.1, 1.02), (*3 * (_POWER,), 50.0)
# What counts less has no say.
_LEAST = 1e-3
# An error below this, in deviations squared, leaves nothing to explain.
PERFECT = 1e-10


def at_horizons(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Interpolate what is known at `HORIZONS`, (4, ...), for other steps ahead, (n,) to (n, ...).

    The logarithm of errors goes in lines over the logarithm of steps.
    """
    places = np.log([*HORIZONS[:-1], _FREE])
    wanted = np.log(np.clip(steps, 1.0, _FREE))
    after = np.clip(np.searchsorted(places, wanted), 1, len(places) - 1)
    part = (wanted - places[after - 1]) / (places[after] - places[after - 1])
    part = part.reshape(-1, *[1] * (values.ndim - 1))
    with np.errstate(invalid="ignore"):
        found = (1 - part) * values[after - 1] + part * values[after]
    # 0 x inf: the nearest known one.
    return np.where(np.isnan(found), np.where(part < 0.5, values[after - 1], values[after]), found)


def weights_of(scores: np.ndarray, steps: np.ndarray, precise: bool = False) -> np.ndarray:
    """Return how much each model counts, from logarithms of errors so many steps ahead.

    Parameters
    ----------
    scores : array of shape (n, models)
        Inf where a model does not take part.
    steps : array of shape (n,)
    precise : bool
        Whether errors in free run are of all of a long record.

    Returns
    -------
    array of shape (n, models)
        1 for errors of less than 1.1 times the least, in free run three times, or 1.02 where that
        is precise; for others the ratio to that to the power of -4, or -50; 0 below a thousandth.
        Where none takes part, all are alike.
    """
    least = scores.min(axis=-1, keepdims=True)
    alike = at_horizons(np.log(_PRECISELY_ALIKE if precise else _ALIKE), steps)[:, None]
    power = at_horizons(np.array(_PRECISE_POWERS), steps)[:, None] if precise else _POWER
    with np.errstate(invalid="ignore"):
        found = np.minimum(1.0, np.exp(-power * (scores - least - alike)))
    found[found < _LEAST] = 0.0
    return np.where(np.isfinite(scores), found, np.where(np.isfinite(least), 0.0, 1.0))


def weighted_median(runs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted median of runs (models, T, O); weights (models,) or (T, models)."""
    if len(runs) == 1:
        return runs[0]
    found = np.empty(runs.shape[1:])
    # In pieces: what is sorted stands beside the runs.
    for first in range(0, runs.shape[1], _PIECE):
        part = slice(first, first + _PIECE)
        shares = weights[:, None, None] if weights.ndim == 1 else weights[part].T[:, :, None]
        found[part] = _median(runs[:, part], shares)
    return found


def _median(runs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    order = np.argsort(runs, axis=0, kind="stable")
    sums = np.cumsum(np.take_along_axis(np.broadcast_to(shares, runs.shape), order, 0), axis=0)

    def at(places: np.ndarray) -> np.ndarray:
        return np.take_along_axis(runs, np.take_along_axis(order, places[None], axis=0), axis=0)[0]

    low = at((sums >= 0.5 * sums[-1]).argmax(axis=0))
    # Half of the weights on either side: the middle of the two, unless one of them diverged.
    tied = (sums == 0.5 * sums[-1]).any(axis=0)
    if not tied.any():
        return low
    high = at((sums > 0.5 * sums[-1]).argmax(axis=0))
    middle = 0.5 * low + 0.5 * high
    return np.where(tied & np.isfinite(middle), middle, low)


def spread(runs: np.ndarray, middle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return by how much runs differ from their median, a weighted deviation, (T, O).

    That of the median of what they differ by, as of a normal law: a few wild ones change little.
    """
    return 1.4826 * weighted_median(np.abs(runs - middle), weights)


def as_horizon(horizon: float | None) -> float:
    """Read a number of steps ahead."""
    steps = np.inf if horizon is None else as_number(horizon, "horizon")
    if not steps >= 1 or (np.isfinite(steps) and steps != int(steps)):
        raise ArgumentError(f"horizon: {horizon!r} came, expected a whole number of 1 or more")
    return steps
