"""Records in deviations and on the clock of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._engine.data.front import Front, interpolated
from .._engine.data.parts import last_part, observed_end, observed_steps
from .._engine.errors import ArgumentError

#: Part of every sequence that candidates are compared on, from its end.
VALIDATION_PART = 0.25
#: Sequences of fewer steps take part in a fit as a whole; where most are such, every fourth one is
#: held back instead of the ends.
SHORT, HELD = 20, 4


@dataclass
class Record:
    """Sequences as a network takes them, and a block of each that candidates are compared on.

    Attributes
    ----------
    front : Front
    u, y : list of array
        The sequences, (T, M) and (T, O), NaN for missing.
    fine : list of array
        Outputs in deviations on the user's clock: y where `front.factor` is 1.
    blocks : list of slice
        The validation block of each; what comes before and after may take part in a fit.
    gains : list of array, or None
        Of the outputs, (T, O); None where all count alike.
    open : list of array, or None
        Deviation of outputs on the user's clock that missing inputs leave open; None where none
        are missing, or it is not known.
    panel : bool
        Whether blocks are whole sequences, which begin in a state that all share.
    """

    front: Front
    u: list[np.ndarray]
    y: list[np.ndarray]
    fine: list[np.ndarray]
    blocks: list[slice]
    gains: list[np.ndarray] | None = None
    panel: bool = False
    open: list[np.ndarray] | None = None

    @classmethod
    def of(
        cls,
        front: Front,
        u: list[np.ndarray],
        y: list[np.ndarray],
        gains: list[np.ndarray] | None = None,
    ) -> Record:
        """Make one of sequences in the user's units, the last quarter of each as its block.

        Where that of some output has no value in it, or none before it, it begins with the last
        quarter of the output that ends first.
        """
        fine = [front.y.apply(item) for item in y]
        inputs, outputs = [front.inputs(v) for v in u], [front.outputs(v) for v in y]
        record = cls(front, inputs, outputs, fine, [], gains)
        lengths = np.array([len(item) for item in outputs])
        record.panel = bool(lengths[lengths >= SHORT].sum() < 0.5 * lengths.sum())
        if record.panel:
            held = [k % HELD == HELD - 1 for k in range(len(outputs))]
            record.blocks = [slice(0, len(v) if h else 0) for v, h in zip(outputs, held)]
            if record.complete():
                return record
        record.panel = False
        for counts_of in (observed_steps, _first_to_end):
            blocks = [last_part(counts_of(item), VALIDATION_PART) for item in outputs]
            if (lengths >= SHORT).any():
                blocks = [
                    slice(len(v), len(v)) if len(v) < SHORT else b for v, b in zip(outputs, blocks)
                ]
            record.blocks = blocks
            if record.complete():
                return record
        raise ArgumentError(
            "y: an output has no observed value in the validation part, or none before it"
        )

    @property
    def steps(self) -> int:
        """Time steps of all sequences together."""
        return sum(map(len, self.u))

    def part(self, pieces: list[tuple[int, slice]], blocks: list[slice]) -> Record:
        """Return pieces of sequences, with blocks of their own."""
        q = self.front.factor

        def fine(values: list[np.ndarray]) -> list[np.ndarray]:
            return [values[k][s.start * q : s.stop * q] for k, s in pieces]

        return replace(
            self,
            u=[self.u[k][s] for k, s in pieces],
            y=[self.y[k][s] for k, s in pieces],
            fine=fine(self.fine),
            open=None if self.open is None else fine(self.open),
            blocks=blocks,
            gains=None if self.gains is None else [self.gains[k][s] for k, s in pieces],
        )

    def whole(self, places: Sequence[int]) -> Record:
        """Return some of the sequences."""
        pieces = [(k, slice(0, len(self.y[k]))) for k in places]
        return self.part(pieces, [self.blocks[k] for k in places])

    def near(self, lead: int) -> Record:
        """Return the blocks and so many time steps before each."""
        pieces, blocks = [], []
        for place, block in enumerate(self.blocks):
            if block.stop > block.start:
                first = max(0, block.start - lead)
                pieces.append((place, slice(first, block.stop)))
                blocks.append(slice(block.start - first, block.stop - first))
        return self.part(pieces, blocks)

    def head(self, steps: int) -> Record:
        """Return the first steps of every sequence, from its first known output on, and before."""
        pieces = []
        for place, y in enumerate(self.y):
            known = np.isfinite(y).any(axis=1)
            first = int(known.argmax()) if known.any() else 0
            pieces.append((place, slice(0, min(first + steps, len(y)))))
        return self.part(pieces, [slice(0, 0)] * len(pieces))

    def estimation(self) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray] | None]:
        """Return what a fit sees: inputs, outputs and gains; y of the blocks is missing."""
        ends = [
            b.start if b.stop >= len(v) and b.start > 0 else len(v)
            for v, b in zip(self.u, self.blocks)
        ]
        outputs = []
        for y, block, end in zip(self.y, self.blocks, ends):
            y = y.copy()
            y[block] = np.nan
            outputs.append(y[:end])
        gains = None if self.gains is None else [v[:n] for v, n in zip(self.gains, ends)]
        return [v[:n] for v, n in zip(self.u, ends)], outputs, gains

    def values(self) -> int:
        """Return how many observed values a fit sees."""
        return sum(int(np.isfinite(item).sum()) for item in self.estimation()[1])

    def complete(self) -> bool:
        """Return whether each output is observed in the blocks and in what a fit sees."""
        blocks = [item[block] for item, block in zip(self.y, self.blocks)]
        return all(
            np.isfinite(np.concatenate(part)).any(axis=0).all()
            for part in (blocks, self.estimation()[1])
        )

    def shown(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        """Return outputs of a network on the clock of the user, in deviations."""
        q = self.front.factor
        return (
            outputs if q == 1 else [interpolated(x, q, len(v)) for x, v in zip(outputs, self.fine)]
        )

    def of_blocks(self, fine: list[np.ndarray]) -> np.ndarray:
        """Return the blocks of sequences on the user's clock, one after the other, (steps, O)."""
        q = self.front.factor
        return np.concatenate([v[b.start * q : b.stop * q] for v, b in zip(fine, self.blocks)])

    def errors(self, outputs: list[np.ndarray], validation: bool) -> np.ndarray:
        """Return the mean square error of each output, (O,); inf where a simulation diverges."""
        shown = self.shown(outputs)
        if validation:
            desired, found = self.of_blocks(self.fine), self.of_blocks(shown)
        else:
            desired, found = np.concatenate(self.fine), np.concatenate(shown)
        known = np.isfinite(desired)
        weights = known.astype(float)
        if self.gains is not None:
            gains = self._fine_gains(self.gains)
            weights *= self.of_blocks(gains) if validation else np.concatenate(gains)
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.where(known, (found - desired) ** 2, 0.0)
            error = np.sum(weights * squares, axis=0) / np.maximum(
                weights.sum(axis=0), np.finfo(float).tiny
            )
        return np.where(np.isfinite(error), error, np.inf)

    def _fine_gains(self, gains: list[np.ndarray]) -> list[np.ndarray]:
        """Return gains on the user's clock: those of a slower step count for all of it."""
        q = self.front.factor
        if q == 1:
            return gains
        return [g[np.minimum(np.arange(len(v)) // q, len(g) - 1)] for g, v in zip(gains, self.fine)]

    def error(self, outputs: list[np.ndarray], validation: bool) -> float:
        """Return the mean square error in deviations, inf where a simulation diverges."""
        return float(np.mean(self.errors(outputs, validation)))


def _first_to_end(y: np.ndarray) -> np.ndarray:
    """Return the counts of the output that ends first."""
    ends = [observed_end(column) for column in y.T]
    return observed_steps(y[:, int(np.argmin(ends))])
