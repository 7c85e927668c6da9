"""Offset and deviation of channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Offset and deviation of each channel, arrays of shape (channels,)."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, sequences: list[np.ndarray]) -> Scale:
        """Return that of sequences pooled, NaN left out; the deviation of a constant is 1."""
        values = np.concatenate(sequences)
        # Of values near 1, whose squares neither overflow nor vanish; powers of two are exact.
        size = np.nanmax(np.abs(values), axis=0, initial=0.0)
        unit = np.ldexp(1.0, np.clip(np.frexp(size)[1], -1000, 1000))
        mean = np.nanmean(values / unit, axis=0) * unit
        deviation = np.nanstd(values / unit, axis=0) * unit
        still = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        return cls(mean, np.where(still, 1.0, deviation))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from the user's units to deviations."""
        return (values - self.mean) / self.deviation

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from deviations to the user's units."""
        return values * self.deviation + self.mean
