"""What a record leaves open of the best member: its weights, and its linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._engine.errors import ArgumentError
from .._engine.types import DataLike
from ..estimation.estimator import Estimator
from ..estimation.linear_uncertainty import ModelUncertainty, of_weights
from ..estimation.uncertainty import Uncertainty
from .member import Member
from .runs import digest, read_record
from .single import resting

# Iterations that learn initial states of the record.
_START_ITERATIONS = 30


def uncertainty(
    model: Any,
    u: DataLike,
    y: DataLike | None,
    at: ArrayLike | None,
    steps: int | None,
    frequencies: ArrayLike | None,
) -> ModelUncertainty:
    """Return what a record leaves open of the best member, see `IdentifiedModel.uncertainty`."""
    report = weight_uncertainty(model, u, y)
    return of_weights(report, model.members[0], model.sampling_time, model, at, steps, frequencies)


def weight_uncertainty(model: Any, u: DataLike, y: DataLike | None) -> Uncertainty:
    """Return that of the weights of the best member, by what it was trained by."""
    member = model.members[0]
    if y is None:
        raise ArgumentError("y: None came, expected the measured outputs of the record")
    _, arrays, known = read_record(model, u, y)
    inputs = [member.front.inputs(item) for item in arrays]
    desired = [member.front.outputs(item) for item in known]
    free = member.kind == "output error" or not member.predicts
    options: dict[str, Any] = {"method": "gauss-newton", "restarts": 0}
    options["horizon"] = None if free else 1
    # Others start in a state that all sequences share, as they were trained.
    if member.kind != "arx" and not any(name.endswith(".x0") for name in member.net.weights):
        starts = [_start(model, member, *pair) for pair in zip(arrays, inputs)]
        options["initial"] = _learnt(member, inputs, desired, starts, options)
    with member.net.copy() as net:
        with Estimator(net, inputs, desired, **options) as estimator:
            if "initial" in options:
                estimator.set_option("initial_states", 1)
            return estimator.uncertainty()


def _learnt(
    member: Member, inputs: DataLike, desired: DataLike, starts: list[Any], options: dict[str, Any]
) -> list[np.ndarray]:
    """Return the states before the first time step that fit best, at these weights."""
    with member.net.copy() as net:
        for name in net.weights:
            net.weights.constrain(name, fixed=True)
        with Estimator(net, inputs, desired, initial=starts, **options) as estimator:
            estimator.set_option("initial_states", 1)
            estimator.run(_START_ITERATIONS, progress=False)
            return list(estimator.initial_states)


def _start(model: Any, member: Member, u: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return where the state of a sequence is learnt from: what it was in the record, or rest."""
    seen = digest(u)
    known = member.starts[model._digests.index(seen)] if seen in model._digests else None
    return resting(member, inputs) if known is None else known
