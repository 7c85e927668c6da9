"""What a record leaves open of the weights of the best member."""

from __future__ import annotations

from .._engine.errors import ArgumentError
from .._engine.types import Array, Arrays, DataLike
from ..estimation.estimator import Estimator
from ..estimation.uncertainty import Uncertainty
from ..networks.network import Network
from .base import ModelBase
from .member import Member
from .runs import digest, read_record
from .single import resting

# Iterations that learn initial states of the record.
_START_ITERATIONS = 30


def weight_uncertainty(model: ModelBase, u: DataLike, y: DataLike | None) -> Uncertainty:
    """Return what a record leaves open of them, by what the member was trained by."""
    member = model.members[0]
    if y is None:
        raise ArgumentError("y: None came, expected the measured outputs of the record")
    _, arrays, known = read_record(model, u, y)
    inputs = [member.front.inputs(item) for item in arrays]
    desired = [member.front.outputs(item) for item in known]
    free = member.kind == "output error" or not member.predicts
    horizon, learnt = None if free else 1, None
    # Others start in a state that all sequences share, as they were trained.
    if member.kind != "arx" and not any(name.endswith(".x0") for name in member.net.weights):
        starts = [_start(model, member, *pair) for pair in zip(arrays, inputs)]
        learnt = _learnt(member, inputs, desired, starts, horizon)
    with member.net.copy() as net, _estimator(net, inputs, desired, learnt, horizon) as estimator:
        return estimator.uncertainty()


def _estimator(
    net: Network, inputs: Arrays, desired: Arrays, starts: Arrays | None, horizon: int | None
) -> Estimator:
    """Return one that learns the states that sequences start from, where it is given some."""
    found = Estimator(
        net, inputs, desired, initial=starts, horizon=horizon, method="gauss-newton", restarts=0
    )
    if starts is not None:
        found.set_option("initial_states", 1)
    return found


def _learnt(
    member: Member, inputs: Arrays, desired: Arrays, starts: Arrays, horizon: int | None
) -> Arrays:
    """Return the states before the first time step that fit best, at these weights."""
    with member.net.copy() as net:
        for name in net.weights:
            net.weights.constrain(name, fixed=True)
        with _estimator(net, inputs, desired, starts, horizon) as estimator:
            estimator.run(_START_ITERATIONS, progress=False)
            return list(estimator.initial_states)


def _start(model: ModelBase, member: Member, u: Array, inputs: Array) -> Array:
    """Return where the state of a sequence is learnt from: what it was in the record, or rest."""
    seen = digest(u)
    known = member.starts[model._digests.index(seen)] if seen in model._digests else None
    return resting(member, inputs) if known is None else known
