"""The index of a table looked at: order, duplicates, regularity, sampling time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..warn import warn
from .forms import Form

if TYPE_CHECKING:
    from pandas import Index

# Steps that differ by less than this part of the middle one are alike.
_JITTER = 1e-3


def _is_plain(times: Index) -> bool:
    """Tell whether it is a range that goes up: it says no more than the place of a row."""
    return type(times).__name__ == "RangeIndex" and times.step > 0


def _values(times: Index) -> np.ndarray | None:
    """Return times as numbers, None where they have no order that could be wrong."""
    kind = getattr(times.dtype, "kind", "O")
    if kind in "mM" or type(times).__name__ == "PeriodIndex":
        return times.asi8
    return times.to_numpy(dtype=np.float64) if kind in "iuf" else None


def complaint(times: Index | None, what: str) -> str | None:
    """Return what is wrong with the order of the rows, None where nothing is."""
    if times is None or _is_plain(times) or len(times) < 2:
        return None
    values = _values(times)
    if values is None:
        if getattr(times, "is_unique", True):
            return None
        return f"{what}: the index has the same label twice"
    steps = np.diff(values)
    if times.hasnans:
        return f"{what}: the index has missing times; rows are taken one time step apart"
    if (steps < 0).any():
        row = int((steps < 0).argmax()) + 1
        return (
            f"{what}: the index is not in order, row {row} ({times[row]}) is before the row above;"
            " rows are taken in the order in which they came, sort_index() sorts them"
        )
    if (steps == 0).any():
        row = int((steps == 0).argmax()) + 1
        return f"{what}: the index has {times[row]} twice; each row is taken as a time step"
    if not _is_regular(times, steps):
        middle = np.median(steps)
        row = int(np.abs(steps - middle).argmax()) + 1
        return (
            f"{what}: the index is irregular, as between {times[row - 1]} and {times[row]}; rows"
            " are taken one time step apart"
        )
    return None


def _is_regular(times: Index, steps: np.ndarray) -> bool:
    if steps.max() - steps.min() <= _JITTER * abs(float(np.median(steps))):
        return True
    # Months, years and working days are of unequal lengths.
    if getattr(times, "freq", None) is not None:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the type that it will be
        return len(times) > 2 and getattr(times, "inferred_freq", None) is not None


def sampling_time(form: Form | None) -> float | None:
    """Return the seconds of a time step: as a table says, or of an index of dates or durations."""
    if form is None:
        return None
    return _step_of(form.times) if form.sampling_time is None else form.sampling_time


def _step_of(times: Index | None) -> float | None:
    """Return the seconds of a step of dates or durations; None where they are unequal."""
    if times is None or len(times) < 2 or getattr(times.dtype, "kind", "O") not in "mM":
        return None
    if times.hasnans:
        return None
    steps = np.diff(times.asi8)
    middle = float(np.median(steps))
    if middle <= 0 or steps.max() - steps.min() > _JITTER * middle:
        return None
    return middle / {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[getattr(times, "unit", "ns")]


def check_sampling(expected: float | None, forms: Iterable[Form | None]) -> None:
    """Warn of another sampling time than the network's, once."""
    if expected is None:
        return
    for form in filter(None, forms):
        came = sampling_time(form)
        if came is not None and abs(came - expected) > _JITTER * expected:
            warn(f"inputs: a sampling time of {came:g} s came, the network's is {expected:g} s")
            return


def rows_of(times: Index | None, others: Index | None, what: str, base: str) -> np.ndarray | None:
    """Return the rows of `times` that the labels of `others` stand for; None for the first ones.

    Raises
    ------
    ArgumentError
        A label that `times` has not, or labels that cannot be told apart.
    """
    if times is None or others is None or times.equals(others):
        return None
    if times.is_unique and others.is_unique:
        try:
            rows = np.asarray(times.get_indexer(others))
        except (TypeError, ValueError):  # of kinds that cannot be compared
            rows = np.full(len(others), -1)
        if (rows >= 0).all():
            return None if (rows == np.arange(len(rows))).all() else rows
        absent = int((rows < 0).sum())
        first = others[int((rows < 0).argmax())]
        said = f"{absent} of {len(others)} labels of its index are not in that of {base}"
        said += f", the first is {first}"
    else:
        said = f"its index and that of {base} differ, and have labels twice"
    raise ArgumentError(
        f"{what}: {said}; arrays, or reset_index(drop=True), go by place, and of a series the next"
        " value is s.shift(-1)"
    )


def is_plain_beside(times: Index, others: Index) -> bool:
    """Tell whether one of two indexes is a plain range from 0 and the other one is no range."""
    return any(
        _is_plain(a) and a.start == 0 and getattr(b.dtype, "kind", "O") not in "iu"
        for a, b in ((times, others), (others, times))
    )
