"""Spiking networks: random ones, whose nodes all fire."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from .._engine import random
from .._engine.arrays import as_count
from .._engine.errors import StateError
from ..networks.network import Network
from ._parameters import as_positive
from ._records import Spikes, SpikesOfNetwork

#: Mean firing that is asked of every node, and that is accepted of a trial: others differ a little.
_WANTED, _ACCEPTED = (0.1, 0.35), (0.07, 0.38)
_DRAWS, _ROUNDS, _STEPS = 20, 60, 1000


@overload
def spiking(
    units: int,
    seed: int = ...,
    length: int = ...,
    *,
    noise: float = ...,
    sharpness: float = ...,
    drawn: bool = ...,
    dale: bool = ...,
    return_network: Literal[False] = ...,
) -> Spikes: ...
@overload
def spiking(
    units: int,
    seed: int = ...,
    length: int = ...,
    *,
    noise: float = ...,
    sharpness: float = ...,
    drawn: bool = ...,
    dale: bool = ...,
    return_network: Literal[True],
) -> SpikesOfNetwork: ...
def spiking(
    units: int,
    seed: int = 0,
    length: int = 1000,
    *,
    noise: float = 0.01,
    sharpness: float = 10.0,
    drawn: bool = False,
    dale: bool = False,
    return_network: bool = False,
) -> Spikes | SpikesOfNetwork:
    """Return the input, the values and the spikes of a random network whose nodes all fire.

    Integrate-and-fire nodes (`Network.aif`, ``feedback="spikes"``) with leaks in [0.85, 0.95], one
    normal input with weights of 0.05 to 0.1 of either sign, recurrent weights of deviation
    0.35/sqrt(N), and biases such that each node fires in 0.05 to 0.4 of the time steps. Most of
    them are chaotic: two runs part from a rounding, and biases, which are chosen by runs, may
    differ a little between kinds of processors.

    Parameters
    ----------
    units : int
        Number N of nodes, 1 or more.
    seed : int
        Of the network, the input and the noise.
    length : int
        Number T of time steps, 1 or more.
    noise : float
        What x and s are disturbed by, in their deviations; 0 for none.
    sharpness : float
        w, above 0 and at most 100.
    drawn : bool
        Whether s is not zeta01(w (x - 1/2)) itself, but 1 with that probability and else 0; it is
        what the nodes read then.
    dale : bool
        Whether each node has one sign, three in four excite, and none reads itself: the recurrent
        weights of the network are constrained so.
    return_network : bool
        Whether to return the network too.

    Returns
    -------
    u : array of shape (T, 1)
    x : array of shape (T, N)
    s : array of shape (T, N)
        The spikes of x(t), which the nodes read at t + 1.
    network : Network
        Only with ``return_network=True``: outputs x and s.

    Raises
    ------
    ArgumentError
        `units` or `length` below 1, a noise or a sharpness outside of what is allowed.
    StateError
        No network that fires was found in 20 draws.
    """
    units, steps = as_count(units, "units", 1), as_count(length, "length", 1)
    deviation = 0.0 if noise == 0 else as_positive(noise, "noise")
    root = Network(1)
    x = root.aif(units, "aif", leak="adjust", sharpness=sharpness, feedback="spikes")
    root.observe([x, root.groups["aif.s"]])
    _make_fire(root, units, seed, dale)
    u = random.normal(steps, seed, "spiking input").reshape(-1, 1)
    outputs = _draw(root, u, seed) if drawn else root.simulate(u)
    disturbed = outputs + deviation * outputs.std(axis=0) * random.normal(
        outputs.size, seed, "spiking noise"
    ).reshape(outputs.shape)
    result = u, disturbed[:, :units], (outputs if drawn else disturbed)[:, units:]
    return SpikesOfNetwork(*result, root) if return_network else Spikes(*result)


def _make_fire(root: Network, units: int, seed: int, dale: bool) -> None:
    """Draw weights until every node fires as it should."""
    weights = root.weights
    u = random.normal(_STEPS, seed, "spiking trial").reshape(-1, 1)
    numbers = random.uniform(_DRAWS * 5 * units, seed, "spiking weights")
    recurrent = random.normal(_DRAWS * units**2, seed, "spiking recurrent weights")
    least, most = _WANTED
    for rows, matrix in zip(
        numbers.reshape(_DRAWS, 5, units), recurrent.reshape(_DRAWS, units, units)
    ):
        weights["aif.x.g"] = 0.85 + 0.1 * rows[0]
        weights["aif.x.B"] = (np.where(rows[1] < 0.5, -0.05, 0.05) * (1 + rows[2]))[:, None]
        matrix = 0.35 / np.sqrt(units) * matrix
        if dale:
            signs = np.where(rows[4] < 0.75, 1, -1)
            matrix = signs * abs(matrix) * (1 - np.eye(units))
        weights["aif.x.W"] = matrix
        bias, wanted = np.zeros(units), least + (most - least) * rows[3]
        for _ in range(_ROUNDS):
            weights["aif.x.a"] = bias
            firing = root.simulate(u)[:, units:].mean(axis=0)
            bias = bias + 0.5 * (wanted - firing)
        if firing.min() >= _ACCEPTED[0] and firing.max() <= _ACCEPTED[1]:
            if dale:
                weights.constrain("aif.x.W", sign=signs, mask=1 - np.eye(units))
            return
    raise StateError(f"spiking: no network of {units} nodes that fires in {_DRAWS} draws")


def _draw(root: Network, u: np.ndarray, seed: int) -> np.ndarray:
    """Run the network on spikes that are drawn."""
    size = root.outputs // 2
    chances = random.uniform(len(u) * size, seed, "spikes").reshape(-1, size)
    stream = root.stream()
    outputs = np.empty((len(u), 2 * size))
    for row, given, chance in zip(outputs, u, chances):
        state = stream.state
        row[:] = stream.step(given)
        row[size:] = chance < row[size:]
        # The same step again, now that its spikes are known.
        stream.state = state
        stream.step(given, np.concatenate([np.full(size, np.nan), row[size:]]))
    return outputs
