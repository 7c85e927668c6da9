"""How well outputs meet desired ones: the part of the variance that is left, and the fit."""

from __future__ import annotations

import numpy as np

from .._engine.data.scales import unit_of
from .._engine.types import Array


def left_and_total(desired: Array, outputs: Array) -> tuple[Array, Array]:
    """Return sums of squares, (O,): of errors, infinite where a run diverges, and of deviations.

    Both arrays are of shape (T, O); what is not desired is NaN there. The sums are in a unit of
    each output that is near its largest desired value.
    """
    unit = unit_of(desired)
    desired, outputs = desired / unit, outputs / unit
    known = np.isfinite(desired)
    with np.errstate(over="ignore", invalid="ignore"):
        left = np.where(known, desired - outputs, 0.0)
        squares = (left**2).sum(axis=0)
    mean = np.where(known, desired, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    total = np.where(known, desired - mean, 0.0)
    total = (total**2).sum(axis=0)
    # What rounding leaves of a constant.
    still = total <= known.sum(axis=0) * (1e-12 * np.abs(mean)) ** 2
    return np.where(np.isfinite(squares), squares, np.inf), np.where(still, 0.0, total)


def part(left: Array, total: Array) -> Array:
    """Return the normalised mean square error, NaN where nothing varies."""
    return np.where(total > 0, left / np.where(total > 0, total, 1.0), np.nan)


def percent(nmse: Array) -> Array:
    """Return the fit in percent: 100 for no error, 0 for errors as those of the mean."""
    return 100 * (1 - np.sqrt(nmse))
