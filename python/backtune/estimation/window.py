"""The last samples of data that come one after the other."""

from __future__ import annotations

import numpy as np

from .._engine.errors import ArgumentError
from .._engine.types import Array


class Window:
    """At most `size` samples, and those that came since it was moved.

    Parameters
    ----------
    size : int
    surplus : int
        Samples that may come before it has to be moved.
    inputs, outputs : int
        Channels.
    """

    def __init__(self, size: int, surplus: int, inputs: int, outputs: int) -> None:
        self._size = size
        # Twice the room: samples are copied to the front once in a window, and not every time.
        capacity = 2 * (size + surplus)
        self._u, self._y = np.zeros((capacity, inputs)), np.zeros((capacity, outputs))
        self._first = self._end = 0

    @property
    def u(self) -> Array:
        """Inputs, (samples, M)."""
        return self._u[self._first : self._end]

    @property
    def y(self) -> Array:
        """Outputs, (samples, O)."""
        return self._y[self._first : self._end]

    def add(self, u: Array, y: Array) -> None:
        """Take samples."""
        if self._end + len(u) > len(self._u):
            count = self._end - self._first
            for buffer in (self._u, self._y):
                buffer[:count] = buffer[self._first : self._end].copy()
            self._first, self._end = 0, count
        self._u[self._end : self._end + len(u)] = u
        self._y[self._end : self._end + len(u)] = y
        self._end += len(u)

    def move(self) -> Array:
        """Move to the last samples; the inputs of those that are left behind."""
        first, self._first = self._first, max(self._first, self._end - self._size)
        return self._u[first : self._first]

    @property
    def observed(self) -> int:
        """Number of observed outputs."""
        return int(np.count_nonzero(~np.isnan(self.y)))

    @property
    def spread(self) -> float:
        """Sum of squares of the observed outputs about the means of each."""
        columns = [column[~np.isnan(column)] for column in self.y.T]
        with np.errstate(over="ignore"):
            return sum(float(np.square(c - c.mean()).sum()) for c in columns if c.size)


def check_outputs(outputs: Array) -> None:
    """Refuse infinite ones."""
    if np.isinf(outputs).any():
        raise ArgumentError("outputs: expected finite values, or NaN where not observed")
