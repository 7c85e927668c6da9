"""How well a model does on a record: shares of the variance that it leaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._engine.arrays import as_count
from .._engine.data.sequences import Sequences
from .._engine.errors import ArgumentError
from .._engine.types import Array, DataLike
from ..estimation.fit import left_and_total, part, percent
from . import runs
from .base import ModelBase
from .combination import as_horizon

# First outputs of a record that the model does not know, at most, and their part of it.
_FIRST, _PART = 50, 0.1


class Compared(NamedTuple):
    """Outputs of a model beside those that were measured, (T, O) of each sequence.

    `desired` has NaN where nothing counts: where nothing was measured, and in the first rows, whose
    number is in `first`.
    """

    given: Sequences
    inputs: list[np.ndarray]
    outputs: list[np.ndarray]
    desired: list[np.ndarray]
    first: list[int]


def compare(
    model: ModelBase, u: DataLike, y: DataLike | None, horizon: float | None, first: int | None
) -> Compared:
    """Run a model on a record; parameters and errors of `nmse`."""
    steps = as_horizon(horizon)
    wanted = None if first is None else as_count(first, "first", 0)
    if y is None:
        raise ArgumentError("y: None came, expected measured outputs")
    given, arrays, known = runs.read_record(model, u, y)
    places = runs.places_of(model, arrays)
    counts = [_first_of(*item) if wanted is None else wanted for item in zip(places, arrays)]
    if np.isfinite(steps):
        outputs = runs.predicted(model, arrays, known, steps)
    else:
        outputs = runs.simulated(model, arrays, [v[:n] for v, n in zip(known, counts)])
    desired = []
    for item, array, count in zip(known, arrays, counts):
        whole = runs.padded(item, len(array)).copy()
        whole[:count] = np.nan
        desired.append(whole)
    found = np.isfinite(np.concatenate([np.empty((0, model.net.outputs)), *desired]))
    if not found.any(axis=0).all():
        output = int((~found.any(axis=0)).argmax())
        raise ArgumentError(
            f"y: no value of output {output} is known after the first"
            f" {max(counts, default=0)} rows, which set the state"
        )
    return Compared(given, arrays, outputs, desired, counts)


def nmse(
    model: ModelBase,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None = None,
    *,
    first: int | None = None,
) -> Array:
    """Return the part of the variance of each output that the model leaves, 0 for none.

    Parameters
    ----------
    u : array of shape (T, M), or list of such
        Inputs, as of `simulate`.
    y : array of shape (T, O), or list of such
        Measured outputs, NaN for missing.
    horizon : int or None
        Steps ahead, as of `predict`; None: the free run.
    first : int, optional
        How many rows of each sequence set the state and do not count. By default none where the
        inputs are, or begin with, those of a whole sequence of the record of `identify`, whose
        start was learnt; else a tenth of the sequence, at most 50 rows.

    Returns
    -------
    array of shape (O,)
        The sum of squared errors over that of deviations from the mean, all sequences together;
        NaN for an output that is constant, infinite where the run diverges.

    Raises
    ------
    ArgumentError, SizeError
        As of `predict`; an output of which nothing is known after the first rows; a `first`
        below 0.
    """
    found = compare(model, u, y, horizon, first)
    return part(*left_and_total(np.concatenate(found.desired), np.concatenate(found.outputs)))


def score(
    model: ModelBase,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None = None,
    *,
    first: int | None = None,
) -> float:
    """Return R^2, the mean of 1 - NMSE over the outputs: 1 for no error.

    Parameters and errors of `nmse`; NaN where an output is constant.
    """
    return float(np.mean(1 - nmse(model, u, y, horizon, first=first)))


def fit_percent(
    model: ModelBase,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None = None,
    *,
    first: int | None = None,
) -> Array:
    """Return the fit of each output in percent, (O,): 100 (1 - |e| / |y - mean of y|).

    The measure of control engineers: 100 for no error, 0 for errors as those of the mean. |.| is
    the root of the sum of squares. Parameters and errors of `nmse`.
    """
    return percent(nmse(model, u, y, horizon, first=first))


def _first_of(place: int | None, u: np.ndarray) -> int:
    """Return how many first rows of a sequence do not count by default."""
    return min(_FIRST, int(_PART * len(u))) if place is None else 0
