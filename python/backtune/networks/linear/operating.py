"""Operating points: where a model is linearised, and how late its inputs are there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..._engine.arrays import as_full
from ..._engine.errors import ArgumentError
from ..structure import INPUT, Structure
from .equilibrium import find
from .framed import Framed


def taps(delay: float) -> list[tuple[int, float]]:
    """Return lags, and how much of an input comes at each: of a whole delay one, else two."""
    lag = int(np.floor(delay))
    part = delay - lag
    return [(lag, 1.0)] if part == 0 else [(lag, 1 - part), (lag + 1, part)]


class Point(NamedTuple):
    """Where a member is linearised: the values of its groups, and whether they stand still."""

    u0: np.ndarray
    values: dict[str, np.ndarray]
    rests: bool


def point_of(member: Framed, structure: Structure, at: ArrayLike | None) -> Point:
    """Return the operating point of inputs in the user's units; None: their means.

    Raises
    ------
    ArgumentError
        Inputs that are not finite; no equilibrium of them, of a nonlinear member.
    SizeError
        Inputs of another number.
    """
    scale = member.front.u
    u0 = scale.mean if at is None else as_full(at, scale.mean.shape, "at")
    if not np.isfinite(u0).all():
        raise ArgumentError("at: NaN or infinite, expected finite values")
    scaled = scale.apply(u0)
    values, rests = find(member.net, structure, scaled, member.rest)
    if not rests and not structure.is_linear:
        if at is not None:
            raise ArgumentError(f"at: {u0.tolist()} came, under which the model does not rest")
        _, run = member.net.simulate(scaled[None], member.rest, states=True)
        values = {INPUT: scaled} | {name: run[name][0] for name in structure.order}
    return Point(u0, values, rests)
