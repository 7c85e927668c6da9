"""Masks of connections between nodes in rows or in two-dimensional sheets.

A mask is an array of 0 and 1, [target node, source node], for `Source.masked` and the option
``mask`` of units. The nodes of a sheet stand row by row: node ``row * cols + col``.
"""

from __future__ import annotations

import numpy as np

from .._engine.arrays import as_number, as_size
from .._engine.errors import ArgumentError

__all__ = ["convergent", "divergent", "local", "point_to_point"]


def point_to_point(n: int) -> np.ndarray:
    """Connect each of n nodes to the source node of the same place.

    Returns
    -------
    array of 0 and 1, shape (n, n)

    Examples
    --------
    >>> net = bt.Network(inputs=4)
    >>> net.lnl(4, sources=[net.input.lag(1).masked(bt.topology.point_to_point(4))])
    <Group lnl.x of 4 nodes>
    """
    return np.eye(_count(n, "n"), dtype=np.uint8)


def local(rows_to: int, cols_to: int, rows_from: int, cols_from: int, radius: float) -> np.ndarray:
    """Connect each node of a sheet to the source nodes near the same place of another sheet.

    The sheets cover each other whole: a node in the middle of one lies over the middle of the
    other, whatever their sizes.

    Parameters
    ----------
    rows_to, cols_to : int
        Size of the target sheet.
    rows_from, cols_from : int
        Size of the source sheet; the same sheet where sizes are equal.
    radius : float
        Largest (Euclidean) distance, in nodes of the source sheet: 0 is the same place only, 1 adds
        the neighbours in the row and the column, 1.5 those across corners.

    Returns
    -------
    array of 0 and 1, shape (rows_to cols_to, rows_from cols_from)

    Examples
    --------
    >>> bt.topology.local(1, 4, 1, 4, radius=1)
    array([[1, 1, 0, 0],
           [1, 1, 1, 0],
           [0, 1, 1, 1],
           [0, 0, 1, 1]], dtype=uint8)
    """
    radius = as_number(radius, "radius")
    if not radius >= 0:
        raise ArgumentError(f"radius: {radius} came, expected 0 or more")
    rows = _distances(_count(rows_to, "rows_to"), _count(rows_from, "rows_from"))
    cols = _distances(_count(cols_to, "cols_to"), _count(cols_from, "cols_from"))
    squares = rows[:, None, :, None] ** 2 + cols[None, :, None, :] ** 2
    mask = squares <= (radius + 1e-9) ** 2
    return mask.reshape(rows.shape[0] * cols.shape[0], -1).astype(np.uint8)


def divergent(n_to: int, n_from: int, fan_out: int) -> np.ndarray:
    """Let each source node feed `fan_out` target nodes in a row, evenly spread over them.

    With ``n_to == n_from * fan_out`` each target node has one source; with more, sources overlap.

    Returns
    -------
    array of 0 and 1, shape (n_to, n_from)
        `fan_out` ones in each column.

    Examples
    --------
    >>> bt.topology.divergent(4, 2, 2)
    array([[1, 0],
           [1, 0],
           [0, 1],
           [0, 1]], dtype=uint8)
    """
    n_to, n_from = _count(n_to, "n_to"), _count(n_from, "n_from")
    fan_out = _count(fan_out, "fan_out", most=n_to)
    first = np.minimum(np.arange(n_from) * n_to // n_from, n_to - fan_out)
    place = np.arange(n_to)[:, None] - first
    return ((place >= 0) & (place < fan_out)).astype(np.uint8)


def convergent(n_to: int, n_from: int, fan_in: int) -> np.ndarray:
    """Let each target node read `fan_in` source nodes in a row, evenly spread: `divergent` turned.

    Returns
    -------
    array of 0 and 1, shape (n_to, n_from)
        `fan_in` ones in each row.
    """
    n_from = _count(n_from, "n_from")
    fan_in = _count(fan_in, "fan_in", most=n_from)
    return np.ascontiguousarray(divergent(n_from, n_to, fan_in).T)


def _distances(n_to: int, n_from: int) -> np.ndarray:
    """Distances between the places of two rows that cover each other, in source nodes."""
    target = (np.arange(n_to) + 0.5) * n_from / n_to - 0.5
    return np.abs(target[:, None] - np.arange(n_from))


def _count(value: object, what: str, most: int | None = None) -> int:
    count = as_size(value, what)
    if count < 1 or (most is not None and count > most):
        expected = "1 or more" if most is None else f"1 to {most}"
        raise ArgumentError(f"{what}: {count} came, expected {expected}")
    return count
