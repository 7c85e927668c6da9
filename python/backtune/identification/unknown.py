"""Candidates on inputs that the record does not have."""

from __future__ import annotations

import numpy as np

from .candidates import Candidate
from .records import Record

# A run outside of what is known may be this many times as large as anything in the record.
_RANGE = 5.0
# Time steps of all such runs of a kind, and of one.
_MOST_STEPS, _STEPS = 40_000, 4000
_SCALED = 1.5


def unknown_runs(candidate: Candidate, record: Record) -> list[np.ndarray]:
    """Return runs on the inputs backwards, shuffled, and 1.5 times as large.

    They begin in states of the record: others tell nothing of the inputs.
    """
    random = np.random.default_rng(0)
    inputs: list[np.ndarray] = []
    for item in record.u:
        if len(item) and sum(map(len, inputs)) < _MOST_STEPS:
            inputs.append(item[:_STEPS])
    known = candidate.starts or [None]
    starts = [known[k % len(known)] for k in range(len(inputs))]
    variants = [
        *(item[::-1] for item in inputs),
        *(random.permutation(item) for item in inputs),
        *(_SCALED * item for item in inputs),
    ]
    return candidate.net.simulate(variants, 3 * starts)


def stays(candidate: Candidate, limit: float) -> bool:
    """Tell whether such runs stay near to the range of the record, or `limit` if that is more."""
    record = candidate.record
    known = max(float(np.nanmax(np.abs(item), initial=0.0)) for item in record.y)
    most = _RANGE * max(known, limit)
    return all(
        np.isfinite(run).all() and np.abs(run).max() <= most
        for run in unknown_runs(candidate, record)
    )
