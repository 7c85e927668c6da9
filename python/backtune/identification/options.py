"""The options of `identify`, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._engine.arrays import as_count, as_number, as_size
from .._engine.errors import ArgumentError
from .._engine.threads import get_threads
from .delays import LONGEST

#: What a model is to be best at.
FOCUSES = ("simulation", "prediction", "both")
_MOST_ORDER = 20


@dataclass(frozen=True)
class Options:
    """Options of `identify`.

    Attributes
    ----------
    orders : list of int
        Numbers of states that are tried.
    hidden : tuple of int, or None
        Sizes of the layer; () for linear models alone.
    delay : array of int of shape (M,), or None
        Dead times; None: looked for.
    input_lag : int
    focus : str
    seed : int
    """

    orders: list[int]
    hidden: tuple[int, ...] | None
    delay: np.ndarray | None
    input_lag: int
    focus: str
    seed: int

    @classmethod
    def of(
        cls,
        order: int | None,
        hidden: int | None,
        delay: ArrayLike | None,
        max_order: int | None,
        linear: bool,
        input_lag: int,
        focus: str,
        seed: int,
        inputs: int,
        steps: int,
    ) -> Options:
        """Check what came for so many inputs, and time steps of the longest sequence."""
        largest = _MOST_ORDER if max_order is None else as_count(max_order, "max_order", 1)
        orders = list(range(1, largest + 1)) if order is None else [as_count(order, "order", 1)]
        if focus not in FOCUSES:
            raise ArgumentError(f"focus: {focus!r} came, expected {', '.join(map(repr, FOCUSES))}")
        if not isinstance(linear, (bool, np.bool_)):
            raise ArgumentError(f"linear: {linear!r} came, expected True or False")
        sizes: tuple[int, ...] | None = None
        if hidden is not None:
            size = as_count(hidden, "hidden", 0)
            if linear and size:
                raise ArgumentError(f"hidden: {size} came with linear=True, expected 0")
            sizes = (size,) if size else ()
        if linear:
            sizes = ()
        lag = as_size(input_lag, "input_lag")
        if lag not in (0, 1):
            raise ArgumentError(
                f"input_lag: {lag} came, expected 0 or 1; see delay for longer ones"
            )
        seed = as_size(seed, "seed", unsigned=True)
        return cls(orders, sizes, _delays(delay, inputs, steps), lag, focus, seed)


def _delays(delay: ArrayLike | None, inputs: int, steps: int) -> np.ndarray | None:
    if delay is None:
        return None
    found = np.asarray(delay)
    if found.dtype.kind not in "iuf" or found.ndim > 1 or found.size not in (1, inputs):
        raise ArgumentError(f"delay: {delay!r} came, expected a number, or {inputs} of them")
    whole = np.broadcast_to(found.reshape(-1), (inputs,)).astype(float)
    if not (np.isfinite(whole).all() and (whole >= 0).all() and (whole == np.round(whole)).all()):
        raise ArgumentError(f"delay: {delay!r} came, expected whole numbers of 0 or more")
    if (whole >= steps).any():
        raise ArgumentError(
            f"delay: {delay!r} came, the longest sequence has {steps} time steps; looked for are"
            f" delays up to a tenth of it ({int(LONGEST * steps)})"
        )
    return whole.astype(int)


def as_limit(value: float | None) -> float:
    """Read a time limit in seconds, None for none."""
    if value is None:
        return np.inf
    seconds = as_number(value, "time_limit")
    if not seconds > 0:
        raise ArgumentError(f"time_limit: {value!r} came, expected more than 0 seconds")
    return seconds


def as_jobs(value: int | None) -> int:
    """Read how many candidates are at work at once."""
    if value is None:
        return get_threads()
    jobs = as_size(value, "n_jobs")
    if jobs == -1:
        return os.cpu_count() or 1
    if jobs < 1:
        raise ArgumentError(f"n_jobs: {jobs} came, expected 1 or more, or -1")
    return jobs
