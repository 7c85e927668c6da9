"""The Sierpinski sequence."""

from __future__ import annotations

import numpy as np

from .._engine.arrays import as_size
from .._engine.errors import ArgumentError
from .._engine.types import Array


def sierpinski(length: int) -> Array:
    """Return Pascal's triangle modulo 2, row after row: odd entries 1, even ones -1.

    Footnote 11 of RR-9100.

    Parameters
    ----------
    length : int
        Number T of values.

    Returns
    -------
    array of shape (T,)
    """
    length = as_size(length, "length")
    if length < 0:
        raise ArgumentError(f"length: {length} came, expected 0 or more")
    place = np.arange(length)
    row = ((np.sqrt(8.0 * place + 1) - 1) // 2).astype(np.int64)
    row -= row * (row + 1) // 2 > place  # the square root may be rounded up
    column = place - row * (row + 1) // 2
    # Lucas: the binomial is odd where the bits of the column are among the row's.
    return np.where(column & ~row == 0, 1.0, -1.0)
