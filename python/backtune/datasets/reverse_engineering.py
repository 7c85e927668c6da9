"""Sequences made by a random root network, which another network then has to reproduce."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from .._engine import random
from .._engine.arrays import as_size
from ..networks.network import Network
from ._records import Record, RecordOfNetwork

# Units that leave no choice about their bias.
_OWN_BIAS = frozenset({"state_space", "strongly_typed"})


@overload
def reverse_engineering(
    units: int,
    seed: int = ...,
    length: int | None = ...,
    unit: str = ...,
    *,
    return_network: Literal[False] = ...,
    **options: object,
) -> Record: ...
@overload
def reverse_engineering(
    units: int,
    seed: int = ...,
    length: int | None = ...,
    unit: str = ...,
    *,
    return_network: Literal[True],
    **options: object,
) -> RecordOfNetwork: ...
def reverse_engineering(
    units: int,
    seed: int = 0,
    length: int | None = None,
    unit: str = "lnl",
    *,
    return_network: bool = False,
    **options: object,
) -> Record | RecordOfNetwork:
    """Return input and output of a random network of which one node is seen: RR-9100, section 4.

    The root network has one input, normal of mean 0 and deviation 1, and weights drawn by
    `Network.randomize`; only its first node is observed. A network of as many units can reproduce
    it exactly, one of the same unit and options.

    Parameters
    ----------
    units : int
        Number N of nodes of the root network.
    seed : int
        Of the input and of the weights, those that a reservoir keeps fixed too.
    length : int, optional
        Number T of time steps; by default 2 N (N + 1), twice the number of weights.
    unit : str
        Kind of the root network's units, as in `Network.unit`. A readout of their own, as that of a
        reservoir, has one node.
    return_network : bool
        Whether to return the root network too.
    **options
        Of that unit; by default without bias, where the unit leaves a choice.

    Returns
    -------
    u : array of shape (T, 1)
    y : array of shape (T, 1)
    network : Network
        Only with ``return_network=True``.
    """
    units = as_size(units, "units")
    steps = 2 * units * (units + 1) if length is None else as_size(length, "length")
    root = Network(1)
    usual: dict[str, Any] = {} if unit in _OWN_BIAS else {"bias": False}
    if unit == "reservoir":
        usual["seed"] = seed
    root.observe(root.unit(unit, units, **{**usual, **options}), count=1)
    root.randomize(seed)
    u: np.ndarray = random.normal(steps, seed, "reverse engineering input").reshape(-1, 1)
    y = root.simulate(u)
    return RecordOfNetwork(u, y, root) if return_network else Record(u, y)
