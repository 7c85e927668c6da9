"""Gates of the numbers that a system of equations is given."""

from __future__ import annotations

import math

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError


def as_finite(value: float, what: str) -> float:
    """Convert one finite number."""
    number = as_number(value, what)
    if not math.isfinite(number):
        raise ArgumentError(f"{what}: {number} came, expected a finite number")
    return number


def as_positive(value: float, what: str) -> float:
    """Convert one finite number above 0."""
    number = as_number(value, what)
    if not 0 < number < math.inf:
        raise ArgumentError(f"{what}: {number} came, expected a finite number above 0")
    return number
