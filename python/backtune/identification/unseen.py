"""Candidates on all of a record of which they saw a small part."""

from __future__ import annotations

import numpy as np

from .candidates import Candidate
from .combination import PERFECT
from .record import Record
from .search import Search

# A small part: less than that.
_SEEN = 0.5
# Time steps of all sequences that are looked at, and iterations for their starts.
_STEPS, _ITERATIONS = 120_000, 5


def saw_little(candidates: list[Candidate], wholes: list[Record]) -> bool:
    """Tell whether candidates saw so little of their records that the rest says more of them."""
    return all(item.record.steps < _SEEN * whole.steps for item, whole in zip(candidates, wholes))


def scores_on_all(candidates: list[Candidate], wholes: list[Record], search: Search) -> np.ndarray:
    """Return logarithms of mean square errors in free run, (candidates,), inf where one diverges.

    In squared deviations, over as much of the records as is looked at, from starts learnt there.
    """

    def error(k: int) -> float:
        item, part = candidates[k], _first(wholes[k])
        item.net.set_weights(item.best)
        return part.error(item.net.simulate(part.u, item.head_starts(part, _ITERATIONS)), False)

    errors = np.array(search.all_of(error, range(len(candidates))))
    return np.log(np.maximum(errors, PERFECT))


def _first(record: Record) -> Record:
    """Return the first steps of a record."""
    pieces, left = [], _STEPS
    for place, u in enumerate(record.u):
        if left > 0:
            pieces.append((place, slice(0, min(len(u), left))))
            left -= len(u)
    return record.part(pieces, [slice(0, 0)] * len(pieces))
