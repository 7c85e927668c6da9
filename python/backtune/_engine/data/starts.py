"""Initial states of sequences."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ..errors import ArgumentError, SizeError
from ..types import StateLike

_States = TypeVar("_States")


def initial_states(initial: StateLike | None, count: int) -> list[Any]:
    """Return the initial state of each of so many sequences: a list of them, or one for all."""
    if isinstance(initial, np.ndarray) and initial.ndim == 2:
        initial = list(initial)
    if not isinstance(initial, (list, tuple)) or (initial and np.isscalar(initial[0])):
        return [initial] * count
    if len(initial) != count:
        raise SizeError(f"initial states: {len(initial)} came for {count} sequences")
    return list(initial)


def wanted_start(initial: _States) -> tuple[_States | None, bool]:
    """Return the states given, if any, and whether sequences learn their own."""
    if not isinstance(initial, str):
        return initial, False
    if initial != "learn":
        raise ArgumentError(f"initial: {initial!r} came, expected states or 'learn'")
    return None, True
