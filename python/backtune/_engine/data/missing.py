"""What is missing of inputs, counted and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ArgumentError

# Channels named one by one in a message, at most.
_LISTED = 8


def channel_name(names: Sequence[str] | None, channel: int) -> str:
    """Return how a message calls a channel."""
    return f"channel {channel}" if names is None else f"channel {names[channel]!r}"


def missing_counts(arrays: list[np.ndarray], channels: int) -> np.ndarray:
    """Return how many values of each channel are NaN, (M,), over sequences (T, M)."""
    return sum((np.isnan(item).sum(axis=0) for item in arrays), np.zeros(channels, dtype=int))


def missing_words(counts: np.ndarray, names: Sequence[str] | None) -> str:
    """Return how many values are missing of which channels."""
    places = np.flatnonzero(counts)
    named = [f"{counts[k]} of {channel_name(names, k)}" for k in places[:_LISTED]]
    if len(places) > _LISTED:
        named.append(f"{counts[places[_LISTED:]].sum()} of {len(places) - _LISTED} more channels")
    return f"values are missing (NaN): {', '.join(named)}"


def check_finite_or_missing(arrays: list[np.ndarray], names: Sequence[str] | None) -> None:
    """Refuse infinite values."""
    for place, item in enumerate(arrays):
        if np.isinf(item).any():
            time, channel = np.argwhere(np.isinf(item))[0]
            raise ArgumentError(
                f"inputs: sequence {place}, time {time}, {channel_name(names, channel)} is"
                f" {item[time, channel]}, expected a finite number, or NaN where missing"
            )
