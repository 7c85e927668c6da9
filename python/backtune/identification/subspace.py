"""Linear models straight from records: past-output MOESP, the start of estimation.

Verhaegen (1994), Automatica 30(1), 61-74. The row space of past inputs and outputs that future
inputs do not explain shows the observability matrix; A and C come from its shift invariance. B, D
and the initial state are then a linear problem, which the estimator solves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Windows that the factorisation takes, at most; more say little more.
_WINDOWS = 6000


@dataclass(frozen=True)
class Subspace:
    """The observability matrix of a record, by falling weight.

    Attributes
    ----------
    vectors : array of shape (block O, block O)
        Left singular vectors.
    values : array of shape (block O,)
        Singular values.
    outputs : int
    """

    vectors: np.ndarray
    values: np.ndarray
    outputs: int

    @property
    def most(self) -> int:
        """The largest order of a model."""
        return len(self.vectors) - self.outputs

    def model(self, order: int) -> tuple[np.ndarray, np.ndarray]:
        """Return A (order, order) and C (O, order)."""
        observed = self.vectors[:, :order] * np.sqrt(np.maximum(self.values[:order], 1e-300))
        A = np.linalg.lstsq(observed[: -self.outputs], observed[self.outputs :], rcond=None)[0]
        return A, observed[: self.outputs]


def largest_block(u: list[np.ndarray], y: list[np.ndarray], wanted: int) -> int:
    """Return the largest block of `wanted` or less that sequences have windows enough for."""
    inputs, outputs = u[0].shape[1], y[0].shape[1]
    for block in range(wanted, 1, -1):
        windows = sum(max(0, len(item) - 2 * block + 1) for item in u)
        if windows >= 2 * block * (inputs + outputs) * 1.5:
            return block
    return 0


def subspace(u: list[np.ndarray], y: list[np.ndarray], block: int) -> Subspace:
    """Factorise sequences (T, M), (T, O) by windows of twice `block` steps.

    Missing outputs are taken from the line between their neighbours.
    """
    windows = sum(max(0, len(item) - 2 * block + 1) for item in u)
    stride = max(1, windows // _WINDOWS)
    rows = []
    for inputs, outputs in zip(u, y):
        if len(inputs) < 2 * block:
            continue
        known = _filled(outputs)
        past_u, future_u = _windows(inputs[:-block], block), _windows(inputs[block:], block)
        past_y, future_y = _windows(known[:-block], block), _windows(known[block:], block)
        rows.append(np.hstack([future_u, past_u, past_y, future_y])[::stride])
    table = np.concatenate(rows)
    R = np.asarray(np.linalg.qr(table / np.sqrt(len(table)), mode="r")).T
    inputs_end = block * u[0].shape[1]
    past_end = 2 * inputs_end + block * y[0].shape[1]
    vectors, values, _ = np.linalg.svd(R[past_end:, inputs_end:past_end], full_matrices=True)
    return Subspace(vectors, values, y[0].shape[1])


def _windows(values: np.ndarray, block: int) -> np.ndarray:
    """Return the rows of `block` steps that begin at each step, (T - block + 1, block channels)."""
    views = np.lib.stride_tricks.sliding_window_view(values, block, axis=0)
    return views.transpose(0, 2, 1).reshape(len(views), -1)


def _filled(y: np.ndarray) -> np.ndarray:
    known = np.isfinite(y)
    if known.all():
        return y
    times, filled = np.arange(len(y)), np.zeros_like(y)
    for channel in range(y.shape[1]):
        there = known[:, channel]
        if there.any():
            filled[:, channel] = np.interp(times, times[there], y[there, channel])
    return filled
