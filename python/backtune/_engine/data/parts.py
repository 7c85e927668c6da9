"""The observed part of sequences, and the last part of what is observed."""

from __future__ import annotations

import numpy as np


def observed_steps(desired: np.ndarray) -> np.ndarray:
    """Return how many values of each time step are known, (T,), of values (T, O) or (T,)."""
    known = np.isfinite(desired)
    return known.astype(int) if known.ndim == 1 else known.sum(axis=1)


def observed_end(desired: np.ndarray) -> int:
    """Return the time step after the last known value; all of them where none is known."""
    known = np.flatnonzero(observed_steps(desired))
    return int(known[-1]) + 1 if known.size else len(desired)


def bounds(counts: np.ndarray, parts: int) -> list[int]:
    """Return where parts of equally many known values begin and end, from counts (T,)."""
    total = int(counts.sum())
    if total == 0:
        counts, total = np.ones_like(counts), len(counts)
    sums = np.cumsum(counts)
    cuts = [int(np.searchsorted(sums * parts, k * total, side="right")) for k in range(1, parts)]
    return [0, *cuts, len(counts)]


def last_part(counts: np.ndarray, fraction: float) -> slice:
    """Return the end of a sequence that holds this fraction of its known values, one at least.

    It ends with the last known value; `counts`, (T,), says how many a time step has. A sequence
    without any is taken as known throughout.
    """
    if not counts.any():
        counts = np.ones(len(counts), dtype=int)
    known = np.flatnonzero(counts)
    if known.size == 0:
        return slice(0, 0)
    end = int(known[-1]) + 1
    from_end = np.cumsum(counts[:end][::-1])
    steps = int(np.searchsorted(from_end, fraction * from_end[-1], side="right"))
    return slice(end - max(1, steps), end)
