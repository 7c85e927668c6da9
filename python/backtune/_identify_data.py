"""Records for `identify`: checked, standardised, and split in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._arrays import as_float, as_sequences, is_list_of_sequences
from .errors import ArgumentError, SizeError

#: Part of every sequence that candidates are compared on, from its end.
VALIDATION_PART = 0.25
#: Time steps that the race estimates from, about; the refit takes all.
RACE_STEPS = 3000
#: Least number of observed values, and of time steps of a sequence.
LEAST_VALUES = 40
LEAST_STEPS = 8


@dataclass(frozen=True)
class Scale:
    """Offset and deviation of each channel, arrays of shape (channels,)."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, sequences: list[np.ndarray]) -> Scale:
        """Return that of sequences pooled, NaN left out; the deviation of a constant is 1."""
        values = np.concatenate(sequences)
        mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        still = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        return cls(mean, np.where(still, 1.0, deviation))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from the user's units to deviations."""
        return (values - self.mean) / self.deviation

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Take a sequence from deviations to the user's units."""
        return values * self.deviation + self.mean


def channels_of(values: Any, what: str) -> int:
    """Return the number of channels of a sequence, or of the first of a list."""
    if values is None:
        raise ArgumentError(f"{what}: None came, expected an array or a list of arrays")
    first = values[0] if is_list_of_sequences(values, 1) else values
    shape = as_float(first, what).shape
    if len(shape) not in (1, 2) or shape[-1] == 0:
        raise SizeError(f"{what}: shape {shape}, expected (time,) or (time, channels)")
    return 1 if len(shape) == 1 else shape[1]


def checked(u: Any, y: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return inputs and outputs as lists of arrays (T, M) and (T, O) that fit each other."""
    inputs = as_sequences(u, channels_of(u, "u"), "u")
    outputs = as_sequences(y, channels_of(y, "y"), "y")
    if len(inputs) != len(outputs):
        raise SizeError(f"u, y: {len(inputs)} sequences of u came, and {len(outputs)} of y")
    for place, (given, desired) in enumerate(zip(inputs, outputs)):
        if len(given) != len(desired):
            raise SizeError(f"sequence {place}: {len(given)} time steps of u, {len(desired)} of y")
        if len(given) < LEAST_STEPS:
            raise SizeError(
                f"sequence {place}: {len(given)} time steps, expected {LEAST_STEPS} or more"
            )
        if not np.isfinite(given).all():
            raise ArgumentError(f"u of sequence {place}: NaN or infinite, expected finite values")
        if np.isinf(desired).any():
            raise ArgumentError(f"y of sequence {place}: an infinite value (NaN means missing)")
    observed = np.isfinite(np.concatenate(outputs)).sum(axis=0)
    if observed.min() < LEAST_VALUES:
        raise SizeError(
            f"y: output {observed.argmin()} has {observed.min()} observed values,"
            f" expected {LEAST_VALUES} or more"
        )
    return inputs, outputs


class Record:
    """Standardised sequences, and where each of them is split.

    Attributes
    ----------
    u, y : list of array
        Whole sequences, (T, M) and (T, O).
    first : list of int
        Time at which the validation part of each begins.
    """

    def __init__(self, u: list[np.ndarray], y: list[np.ndarray]) -> None:
        self.u, self.y = u, y
        self.first = [len(item) - max(1, int(VALIDATION_PART * len(item))) for item in u]
        for part, name in (
            (self.estimation(), "estimation"),
            ((self.u, [v[k:] for v, k in zip(y, self.first)]), "validation"),
        ):
            if not np.isfinite(np.concatenate(part[1])).any(axis=0).all():
                raise ArgumentError(f"y: an output has no observed value in the {name} part")

    def estimation(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return what comes before the validation parts, no more than about RACE_STEPS."""
        part = min(1.0, RACE_STEPS / sum(self.first))
        counts = [max(LEAST_STEPS // 2, int(part * count)) for count in self.first]
        return (
            [item[:count] for item, count in zip(self.u, counts)],
            [item[:count] for item, count in zip(self.y, counts)],
        )

    def error(self, outputs: list[np.ndarray], validation: bool) -> float:
        """Return the mean square error in deviations, infinite where a simulation diverges."""
        parts = [(a - b)[k if validation else 0 :] for a, b, k in zip(outputs, self.y, self.first)]
        errors = np.concatenate(parts)
        known = np.isfinite(np.concatenate([y[-len(p) :] for y, p in zip(self.y, parts)]))
        values = errors[known]
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.mean(values**2))
        return error if np.isfinite(error) else np.inf
