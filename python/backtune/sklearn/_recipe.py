"""The recipe of `identify` within the estimators: what is fitted, run and gone on with."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Optional

import numpy as np

from .._engine.data.front import Front, averaged
from .._engine.data.scales import Scale, unit_of
from .._engine.errors import ArgumentError
from .._engine.types import Array, Arrays
from ..identification import IdentificationReport, IdentifiedModel, Member, Trial
from ..identification.networks import Form, make_network
from ..identification.runs import digest, followed, simulated
from ..networks.network import Network
from ._continue import Past
from ._training import Trained

# Of a network, inputs, outputs and gains as it takes them.
Learn = Callable[[Network, Arrays, Arrays, Optional[Arrays]], Trained]
# Times of each sequence at which states are looked at.
_TIMES = 10


def outputs_of(model: IdentifiedModel, u: Arrays, first: Arrays | None = None) -> Arrays:
    """Return free runs (T, O); first outputs, where they came, set the states."""
    nothing = [np.empty((0, model.net.outputs))] * len(u)
    return simulated(model, u, nothing if first is None else first)


def run_of(
    model: IdentifiedModel, past: Past, begins: list[tuple[int, int]]
) -> Callable[[Arrays], Arrays]:
    """Return what runs rows that fit had, or that follow them, from a sequence and a row each."""

    def run(rows: Arrays) -> Arrays:
        pairs = zip(begins, rows)
        return [followed(model, own, past.u[own][:row], came) for (own, row), came in pairs]

    return run


def forecasts(run: Callable[[Arrays], Arrays], u: Arrays, steps: int, name: str) -> Arrays:
    """Return outputs (steps, O) of which each is the input of the next step.

    The run takes all rows from the first on: the work goes as their number times the steps.
    """
    found: list[Arrays] = []
    while len(found) < steps:
        values = [item[-1:] for item in run(u)]
        if not all(np.isfinite(item).all() for item in values):
            raise ArgumentError(f"{name}: the free run diverges after {len(found)} steps")
        found.append(values)
        u = [np.concatenate([item, value]) for item, value in zip(u, values)]
    return [np.concatenate(item) for item in zip(*found)]


def small_model(
    u: Arrays, y: Arrays, gains: Arrays | None, learn: Learn, seed: int
) -> IdentifiedModel:
    """Fit a linear model of one state: to a record too short for `identify`."""
    inputs, outputs = u[0].shape[1], y[0].shape[1]
    front = Front(Scale.of(u), Scale.of(y), np.zeros(inputs, dtype=int))
    net = make_network(Form(inputs, outputs, 1)).randomize(seed)
    trial = Trial(1, 0, 0, 0.0, 1, np.inf, None, 0.0, True)
    member = Member(net, "output error", front, [], None, None, False, np.zeros(4), trial)
    model = IdentifiedModel([member], member, IdentificationReport(), np.zeros((4, outputs)))
    model, trained = gone_on(model, u, y, gains, learn)
    runs = model.members[0].simulate(u, model.members[0].starts)
    unit = unit_of(np.concatenate(y))
    left = (np.concatenate(runs) - np.concatenate(y)) / unit
    model.errors[:] = np.sqrt(np.nanmean(left**2, axis=0)) * unit
    model.linear = model.members[0]
    return model


def gone_on(
    model: IdentifiedModel, u: Arrays, y: Arrays, gains: Arrays | None, learn: Learn
) -> tuple[IdentifiedModel, Trained]:
    """Return a model of the best member alone, its weights adjusted further to these data."""
    best = model.members[0]
    front, net = best.front, best.net.copy()
    inputs, outputs = [front.inputs(v) for v in u], [front.outputs(v) for v in y]
    if gains is not None:
        gains = [np.nan_to_num(averaged(item, front.factor)) for item in gains]
    trained = learn(net, inputs, outputs, gains)
    starts = trained.starts or [np.zeros(net.state_size)] * len(u)
    states = _states(net, inputs, starts)
    rest, deviation = states.mean(axis=0), states.std(axis=0)
    member = replace(best, net=net, starts=list(starts), rest=rest, deviation=deviation)
    digests = [digest(item) for item in u]
    arguments = (model.report, model.errors, model.input_model, digests)
    return IdentifiedModel([member], model.linear, *arguments), trained


def _states(net: Network, u: Arrays, starts: Arrays) -> Array:
    """Return states at times spread over the sequences, (times, state_size)."""
    cuts = [np.unique(np.linspace(1, len(v), _TIMES).astype(int)).tolist() for v in u]
    inputs = [v[:cut] for v, places in zip(u, cuts) for cut in places]
    begins = [start for start, places in zip(starts, cuts) for _ in places]
    return np.array([state for _, state in net.simulate(inputs, begins, return_state=True)])


def final_states(model: IdentifiedModel, u: Arrays) -> Arrays:
    """Return the states of the best member at the end of the sequences of the record."""
    best = model.members[0]
    inputs = [best.front.inputs(item) for item in u]
    found = best.net.simulate(inputs, list(best.starts), return_state=True)
    return [state for _, state in found]
