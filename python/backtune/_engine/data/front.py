"""From the user's units and clock to those of a network, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .scales import Scale

# Values about a glitch that say what stood in its place.
_WINDOW = 5


@dataclass(frozen=True)
class GlitchFilter:
    """Replaces single wild values of inputs by the median of the five about them.

    Attributes
    ----------
    limits : array of shape (M,)
        How far a value may be from that median, in units of the channel; inf: however far.
    """

    limits: np.ndarray

    def apply(self, u: np.ndarray) -> np.ndarray:
        """Return the inputs without them."""
        middle = medians(u)
        return np.where(np.abs(u - middle) > self.limits, middle, u)


@dataclass(frozen=True)
class RangeFilter:
    """Keeps inputs within the range that they have in the record.

    Attributes
    ----------
    low, high : array of shape (M,)
    """

    low: np.ndarray
    high: np.ndarray

    def apply(self, u: np.ndarray) -> np.ndarray:
        """Return the inputs, those outside moved to the nearest bound."""
        return np.clip(u, self.low, self.high)


def medians(u: np.ndarray) -> np.ndarray:
    """Return the median of the five values about each, of (T, channels); the ends are repeated."""
    if not len(u):
        return u
    half = _WINDOW // 2
    padded = np.pad(u, ((half, half), (0, 0)), mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=0), axis=-1)


@dataclass(frozen=True)
class Front:
    """What stands between the records of a user and a network.

    Attributes
    ----------
    u, y : Scale
        Of inputs and outputs.
    delays : array of int of shape (M,)
        Dead time of each input, in time steps of the user.
    factor : int
        Time steps of the user in one of the network, which takes their means.
    glitches : GlitchFilter, RangeFilter or None
        None: inputs are taken as they are.
    """

    u: Scale
    y: Scale
    delays: np.ndarray
    factor: int = 1
    glitches: GlitchFilter | RangeFilter | None = None

    def inputs(self, u: np.ndarray) -> np.ndarray:
        """Take inputs (T, M) to the network: without glitches, in deviations, late, averaged.

        What an input was before the record is taken to be its first value.
        """
        if self.glitches is not None:
            u = self.glitches.apply(u)
        scaled = self.u.apply(u)
        for channel, delay in enumerate(self.delays.tolist()):
            if delay and len(u):
                late = np.full(len(u), scaled[0, channel])
                late[delay:] = scaled[: max(0, len(u) - delay), channel]
                scaled[:, channel] = late
        return averaged(scaled, self.factor)

    def outputs(self, y: np.ndarray) -> np.ndarray:
        """Take outputs (T, O), NaN for missing, to the network."""
        return averaged(self.y.apply(y), self.factor)

    def restore(self, values: np.ndarray, steps: int) -> np.ndarray:
        """Take outputs of the network to the units and the clock of the user, (steps, O)."""
        if self.factor > 1:
            values = interpolated(values, self.factor, steps)
        return self.y.restore(values)


def averaged(values: np.ndarray, factor: int) -> np.ndarray:
    """Return means of `factor` rows, the last of those that are left; NaN where all are NaN."""
    if factor == 1:
        return values
    starts = np.arange(0, len(values), factor)
    known = np.isfinite(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis=0)
    counts = np.add.reduceat(known.astype(float), starts, axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def interpolated(values: np.ndarray, factor: int, steps: int) -> np.ndarray:
    """Return (steps, O) of means of `factor` rows each: lines between the middles of blocks."""
    if len(values) <= 1:
        return np.repeat(values, steps, axis=0)
    middles = np.arange(len(values)) * factor + (factor - 1) / 2
    rest = steps - (len(values) - 1) * factor
    middles[-1] = (len(values) - 1) * factor + (rest - 1) / 2
    # Beyond the first and the last middle the line goes on.
    times = np.arange(steps)
    place = np.clip(np.searchsorted(middles, times, side="right") - 1, 0, len(values) - 2)
    part = (times - middles[place]) / (middles[place + 1] - middles[place])
    return values[place] + part[:, None] * (values[place + 1] - values[place])
