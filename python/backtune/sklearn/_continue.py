"""Where rows to predict begin in those of the last fit: the states of ``"continue"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._engine.data.forms import Form
from .._engine.data.sequences import panel_of
from .._engine.data.times import is_plain_beside
from .._engine.errors import ArgumentError
from .._engine.types import Array, Arrays
from ..networks.network import Network
from ._tables import forms

if TYPE_CHECKING:
    from pandas import Index

# Rows that are compared, at most, to see whether they come twice in the data of fit.
_COMPARED = 1000


@dataclass
class Past:
    """The sequences of the last fit.

    Attributes
    ----------
    u : list of array
        Inputs (T, M), as the model takes them.
    starts : list of array, or None
        States before their first rows; None for zero.
    times : list of pandas.Index or None
        Of their rows.
    keys : list or None
        The instances of a panel.
    """

    u: Arrays
    starts: Arrays | None
    times: list[Index | None]
    keys: list[object] | None

    @classmethod
    def of(cls, X: object, u: Arrays, starts: Arrays | None) -> Past:
        """Return that of X, of which u are the sequences."""
        panel = panel_of(X)
        times = [None if form is None else form.times for form in forms(X)]
        return cls(u, starts, times, None if panel is None else panel.keys)

    def states(self, net: Network, final: Arrays, X: object, u: Arrays) -> Arrays:
        """Return the states before the rows of X, `final` being those at the end of fit.

        Rows of tables are found by their index, those of arrays by their values: an array that
        begins with rows as fit had them at its beginning, and nowhere else, starts as fit did.

        Raises
        ------
        ArgumentError
            Another number of sequences, or instances, than in fit; labels of the index that are
            neither in the one of fit nor after it.
        """
        result = []
        for own, row in self.rows(X, u):
            start = np.zeros(net.state_size) if self.starts is None else self.starts[own]
            if row == len(self.u[own]):
                start = final[own]
            elif row > 0:
                _, start = net.simulate(self.u[own][:row], start, return_state=True)
            result.append(start)
        return result

    def rows(self, X: object, u: Arrays) -> list[tuple[int, int]]:
        """Return, for each sequence, that of fit which it belongs to, and its first row in it.

        The number of rows of that one where it follows.
        """
        found = []
        for place, (came, form, own) in enumerate(zip(u, forms(X), self._places(X, len(u)))):
            found.append((own, self._row(own, came, form, f"sequence {place} of X")))
        return found

    def _places(self, X: object, count: int) -> list[int]:
        """Return which sequences of fit those of X belong to."""
        panel = panel_of(X)
        if panel is not None and self.keys is not None:
            places = {key: place for place, key in enumerate(self.keys)}
            unknown = [key for key in panel.keys if key not in places]
            if unknown:
                raise ArgumentError(
                    f"initial='continue': instance {unknown[0]!r} came, which fit had not"
                )
            return [places[key] for key in panel.keys]
        if count != len(self.u):
            raise ArgumentError(
                f"initial='continue': {count} sequences came to continue the {len(self.u)} of fit"
            )
        return list(range(count))

    def _row(self, own: int, came: Array, form: Form | None, what: str) -> int:
        """Return the row of fit that the first one of X is, its number of rows if it follows."""
        ours, theirs = self.times[own], None if form is None else form.times
        if ours is None or theirs is None or _says_nothing(ours, theirs):
            return 0 if _begins(self.u[own], came) else len(self.u[own])
        first = theirs[0]
        places = np.flatnonzero(ours == first)
        if places.size == 1:
            return int(places[0])
        try:
            follows = places.size == 0 and bool(first > ours.max())
        except TypeError:  # of kinds that have no order
            follows = places.size == 0
        if not follows:
            raise ArgumentError(
                f"initial='continue': {what} begins at {first}, expected a row of fit"
                f" ({ours[0]} to {ours[-1]}, each once) or one after them"
            )
        return len(self.u[own])


def _says_nothing(ours: Index, theirs: Index) -> bool:
    """Tell whether two indexes do not say which rows are the same."""
    plain = (type(item).__name__ == "RangeIndex" and item.start == 0 for item in (ours, theirs))
    return is_plain_beside(ours, theirs) or all(plain)


def _begins(fit: Array, came: Array) -> bool:
    """Tell whether rows are those that fit began with, and with nothing like them later."""
    count = min(len(fit), len(came))
    if not np.array_equal(fit[:count], came[:count]):
        return False
    # Of a periodic input the next period looks the same.
    count = min(count, len(fit) // 2, _COMPARED)
    later = np.arange(1, len(fit) - count + 1)
    for step in range(count):
        later = later[(fit[later + step] == fit[step]).all(axis=1)]
        if later.size == 0:
            return True
    return later.size == 0
