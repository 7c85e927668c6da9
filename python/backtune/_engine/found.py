"""What calls return that find several things: tuples whose parts have names."""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from .types import Array


class Band(NamedTuple):
    """Bounds of each output, of shape (T, O), or tables where tables came."""

    lower: Any
    upper: Any


class Simulated(NamedTuple):
    """A run of a network, and where it ends."""

    #: (T, O), or a table where a table came.
    outputs: Any
    #: (state_size,), after the last time step.
    state: Array


class SimulatedStates(NamedTuple):
    """A run of a network, with the values of its groups."""

    outputs: Any
    #: By the name of the group, (T, group size).
    states: dict[str, Any]


class SimulatedInFull(NamedTuple):
    """A run of a network, with the values of its groups, and where it ends."""

    outputs: Any
    states: dict[str, Any]
    state: Array


#: What `Network.simulate` returns of one sequence where more than outputs is asked for.
Run = Union[Simulated, SimulatedStates, SimulatedInFull]


class CostGradient(NamedTuple):
    """A cost, and its derivative by each adjustable weight, (weights,)."""

    cost: float
    gradient: Array


class Gradients(NamedTuple):
    """Derivatives by the weights, (weights,), and by the initial state, (state_size,)."""

    by_weights: Array
    by_initial: Array


def simulated(outputs: Array, states: dict[str, Array] | None, state: Array | None) -> Array | Run:
    """Return what of a run was asked for: the outputs alone, or with what else came."""
    if states is None:
        return outputs if state is None else Simulated(outputs, state)
    return (
        SimulatedStates(outputs, states)
        if state is None
        else SimulatedInFull(outputs, states, state)
    )
