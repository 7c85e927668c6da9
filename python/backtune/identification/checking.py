"""Records that come to `identify`, checked."""

from __future__ import annotations

import numpy as np

from .._engine.data.missing import check_finite_or_missing
from .._engine.data.pairs import as_gains, paired, placed
from .._engine.data.parts import observed_end
from .._engine.data.sequences import Sequences, read
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import DataLike

#: Least number of observed values of an output.
LEAST_VALUES = 40


def checked(
    u: DataLike, y: DataLike | None, gains: DataLike | None = None
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
    for place, known in enumerate(desired.arrays):
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
    ends = [max(observed_end(v), 1) for v in outputs]
    inputs.arrays = [v[:end] for v, end in zip(inputs.arrays, ends)]
    desired.arrays = [v[:end] for v, end in zip(outputs, ends)]
    if given_gains is not None:
        given_gains = [v[:end] for v, end in zip(given_gains, ends)]
    return inputs, desired, given_gains
