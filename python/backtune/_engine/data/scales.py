"""Offset and deviation of channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def unit_of(values: np.ndarray) -> np.ndarray:
    """Return powers of two near the largest values, (T, channels), of the channels.

    Values in them are near 1: their squares neither overflow nor vanish, and nothing is rounded.
    """
    size = np.nanmax(np.abs(values), axis=0, initial=0.0)
    return np.ldexp(1.0, np.clip(np.frexp(size)[1], -1000, 1000))


@dataclass(frozen=True)
class Scale:
    """Offset and deviation of each channel, arrays of shape (channels,)."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, sequences: list[np.ndarray]) -> Scale:
        """Return that of sequences pooled, NaN left out; the deviation of a constant is 1.

        Of one above 1e12 it is so much more, so that what rounding leaves of it is 1 at most.
        """
        values = np.concatenate(sequences)
        unit = unit_of(values)
        mean = np.nanmean(values / unit, axis=0) * unit
        deviation = np.nanstd(values / unit, axis=0) * unit
        rounding = 1e-12 * np.abs(mean)
        return cls(mean, np.where(deviation <= rounding, np.maximum(rounding, 1.0), deviation))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from the user's units to deviations."""
        return (values - self.mean) / self.deviation

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from deviations to the user's units."""
        return values * self.deviation + self.mean
