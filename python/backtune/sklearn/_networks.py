"""The networks of the estimators: a unit and its readout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

import numpy as np

from .._engine.types import Array
from ..estimation.estimator import Estimator
from ..networks.group import Group
from ..networks.network import Network

# Of units that have these options: they read the input of the same time step, as rows of X and of
# y that belong together stand side by side.
_OPTIONS: dict[str, dict[str, object]] = {
    "lnl": {"activation": "tanh", "leak": "adjust", "input_lag": 0},
    "state_space": {},
    "dense": {},
    "conv1d": {},
}
_STATE_ITERATIONS = 50


def build(
    unit: str | Callable[..., Group],
    units: int,
    options: Mapping[str, object] | None,
    inputs: int,
    outputs: int,
    softmax: bool,
    seed: int,
) -> Network:
    """Return a network of a unit, by kind or by a function, and a readout; weights drawn."""
    net = Network(inputs)
    given: dict[str, Any] = dict(options or {})
    if callable(unit):
        group = unit(net, units, **given)
        if not isinstance(group, Group):
            raise TypeError(f"unit: it returned {group!r}, expected a group of the network")
    else:
        given = {**_OPTIONS.get(unit, {"input_lag": 0}), **given}
        if unit in ("state_space", "reservoir"):
            given = {"outputs": outputs, **given}
        if unit == "reservoir":
            given = {"seed": seed, **given}
        group = net.unit(unit, units, **given)
    if unit not in ("state_space", "reservoir"):
        sources = [group.lag(0), net.input.lag(0)]
        group = net.linear(outputs, name="readout", sources=sources)
    if softmax:
        net.softmax_group(group.lag(0), name="classes")
    return net.randomize(seed)


def estimated_state(net: Network, u: Array, y: Array) -> Array | None:
    """Return the state before u from which the network comes nearest to y, (T, O), NaN missing.

    None, for zero, where no value is known.
    """
    if not np.isfinite(y).any():
        return None
    with net.copy() as copy:
        for name in copy.weights:
            copy.weights.constrain(name, fixed=True)
        with Estimator(copy, u, y, method="gauss-newton", restarts=0, initial="learn") as estimator:
            estimator.run(_STATE_ITERATIONS, progress=False)
            return estimator.initial_states[0]
