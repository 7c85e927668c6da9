"""Records for `identify`: checked, standardised, and split in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._data.missing import check_finite_or_missing
from .._data.pairs import as_gains, paired, placed
from .._data.parts import bounds, last_part, observed_end, observed_steps
from .._data.sequences import Sequences, read
from ..errors import ArgumentError, SizeError

#: Part of every sequence that candidates are compared on, from its end.
VALIDATION_PART = 0.25
#: Time steps that the race estimates from, about; the refit takes all.
RACE_STEPS = 3000
#: Least number of observed values, and of time steps of a sequence.
LEAST_VALUES = 40
LEAST_STEPS = 8


def checked(
    u: Any, y: Any, gains: Any = None
) -> tuple[Sequences, Sequences, list[np.ndarray] | None]:
    """Return inputs (T, M), outputs (T, O) and gains that fit each other.

    Missing inputs are NaN. What has a gain of 0 is missing. A sequence ends with its last observed
    output: what follows counts neither in scales nor in parts of the record.
    """
    for values, what in ((u, "u"), (y, "y")):
        if values is None:
            raise ArgumentError(f"{what}: None came, expected an array or a list of arrays")
    inputs, desired = read(u, None, "u"), read(y, None, "y")
    rows = paired(inputs, desired, "u", "y")
    lengths = inputs.lengths
    check_finite_or_missing(inputs.arrays, inputs.names)
    for place, (given, known) in enumerate(zip(inputs.arrays, desired.arrays)):
        if len(given) < LEAST_STEPS:
            raise SizeError(
                f"sequence {place}: {len(given)} time steps, expected {LEAST_STEPS} or more"
            )
        if np.isinf(known).any():
            raise ArgumentError(f"y of sequence {place}: an infinite value (NaN means missing)")
    given_gains = None if gains is None else placed(as_gains(gains, desired), rows, lengths, 0.0)
    outputs = placed(desired.arrays, rows, lengths, np.nan)
    if given_gains is not None:
        for place, gain in enumerate(given_gains):
            if not (np.isfinite(gain) & (gain >= 0)).all():
                raise ArgumentError(f"gains of sequence {place}: expected finite values, 0 or more")
        outputs = [np.where(gain > 0, v, np.nan) for gain, v in zip(given_gains, outputs)]
    observed = np.isfinite(np.concatenate(outputs)).sum(axis=0)
    if observed.min() < LEAST_VALUES:
        raise SizeError(
            f"y: output {observed.argmin()} has {observed.min()} observed values,"
            f" expected {LEAST_VALUES} or more"
        )
    ends = [max(observed_end(v), LEAST_STEPS) for v in outputs]
    inputs.arrays = [v[:end] for v, end in zip(inputs.arrays, ends)]
    desired.arrays = [v[:end] for v, end in zip(outputs, ends)]
    if given_gains is not None:
        given_gains = [v[:end] for v, end in zip(given_gains, ends)]
    return inputs, desired, given_gains


class Record:
    """Standardised sequences, and a block of each that candidates are compared on.

    Attributes
    ----------
    u, y : list of array
        The sequences, (T, M) and (T, O).
    blocks : list of slice
        The validation block of each; what comes before and after may take part in a fit.
    gains : list of array, or None
        Of the outputs, (T, O); None where all count alike.
    """

    def __init__(
        self,
        u: list[np.ndarray],
        y: list[np.ndarray],
        blocks: list[slice],
        gains: list[np.ndarray] | None = None,
    ) -> None:
        self.u, self.y, self.blocks, self.gains = u, y, blocks, gains

    def estimation(self) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray] | None]:
        """Return what a fit sees, no more than about RACE_STEPS: y of the blocks is missing.

        Inputs, outputs and gains.
        """
        lengths = [
            k.start if k.stop >= len(item) else len(item) for item, k in zip(self.u, self.blocks)
        ]
        part = min(1.0, RACE_STEPS / (sum(lengths)))
        counts = [max(LEAST_STEPS // 2, int(part * count)) for count in lengths]
        inputs, outputs = [], []
        for u, y, block, count in zip(self.u, self.y, self.blocks, counts):
            y = y.copy()
            y[block] = np.nan
            inputs.append(u[:count])
            outputs.append(y[:count])
        gains = None if self.gains is None else [v[:n] for v, n in zip(self.gains, counts)]
        return inputs, outputs, gains

    def complete(self) -> bool:
        """Return whether each output is observed in the blocks and in what a fit sees."""
        blocks = [item[block] for item, block in zip(self.y, self.blocks)]
        return all(
            np.isfinite(np.concatenate(part)).any(axis=0).all()
            for part in (blocks, self.estimation()[1])
        )

    def error(self, outputs: list[np.ndarray], validation: bool) -> float:
        """Return the mean square error in deviations, infinite where a simulation diverges."""
        blocks = self.blocks if validation else [slice(None)] * len(self.u)
        desired = np.concatenate([item[block] for item, block in zip(self.y, blocks)])
        found = np.concatenate([item[block] for item, block in zip(outputs, blocks)])
        known = np.isfinite(desired)
        weights = None
        if self.gains is not None:
            weights = np.concatenate([item[block] for item, block in zip(self.gains, blocks)])
            weights = weights[known]
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.average((found - desired)[known] ** 2, weights=weights))
        return error if np.isfinite(error) else np.inf


def persistence(record: Record) -> float:
    """Return the mean square of y(t) - y(t-1) in deviations, NaN where no such pair is known."""
    steps = np.concatenate([np.diff(item, axis=0) for item in record.y])
    known = np.isfinite(steps)
    if not known.any():
        return float("nan")
    weights = None
    if record.gains is not None:
        weights = np.concatenate([item[1:] for item in record.gains])[known]
    return float(np.average(steps[known] ** 2, weights=weights))


def last_quarter(
    u: list[np.ndarray], y: list[np.ndarray], gains: list[np.ndarray] | None = None
) -> Record:
    """Return the record with the last quarter of what is observed of every sequence as its block.

    Where that of some output has no value in it, or none before it, it begins with the last quarter
    of the output that ends first.
    """
    for counts_of in (_all_values, _first_to_end):
        blocks = [last_part(counts_of(item), VALIDATION_PART) for item in y]
        record = Record(u, y, blocks, gains)
        if record.complete():
            return record
    raise ArgumentError(
        "y: an output has no observed value in the validation part, or none before it"
    )


def _all_values(y: np.ndarray) -> np.ndarray:
    return observed_steps(y)


def _first_to_end(y: np.ndarray) -> np.ndarray:
    """Return the counts of the output that ends first."""
    ends = [observed_end(column) for column in y.T]
    return observed_steps(y[:, int(np.argmin(ends))])


def quarters(record: Record) -> list[Record]:
    """Return the record with the second, the third and the fourth quarter as its block.

    Quarters are of what is observed. Of long records each has no more steps than what RACE_STEPS
    estimate from.
    """
    part = min(1.0, RACE_STEPS / (1 - VALIDATION_PART) / sum(map(len, record.u)))
    counts = [max(LEAST_STEPS, int(part * len(item))) for item in record.u]
    u, y = ([item[:n] for item, n in zip(v, counts)] for v in (record.u, record.y))
    gains = None if record.gains is None else [v[:n] for v, n in zip(record.gains, counts)]
    cuts = [bounds(observed_steps(item), 4) for item in y]
    blocks = ([slice(cut[k], cut[k + 1]) for cut in cuts] for k in (1, 2, 3))
    found = [Record(u, y, block, gains) for block in blocks]
    return [item for item in found if item.complete()]
