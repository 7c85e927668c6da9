"""Missing inputs in `identify`: what they leave open, and outputs weighed by it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._draws import noises, output_deviation, weighed_gains
from .records import Record
from .candidates import Candidate
from ..missing_inputs import InputModel
from ..network import Network


def opened(
    member: Member, model: InputModel, arrays: list[np.ndarray], starts: list[Any]
) -> list[np.ndarray]:
    """Return the deviation of outputs, (T, O) in deviations, that inputs with NaN leave open."""

    def run(inputs: list[np.ndarray], place: int) -> list[np.ndarray]:
        runs = member.simulate(inputs, [starts[place]] * len(inputs))
        return [item / member.front.y.deviation for item in runs]

    return output_deviation(member.net, model, arrays, starts, run)


def starts_of(candidate: Candidate) -> list[Any]:
    """Return the state from which each sequence of its record starts."""
    if candidate.initial is None:
        return [None] * len(candidate.record.u)
    return list(candidate.initial)


def best_of(candidates: list[Candidate]) -> Candidate:
    """Return the one of least validation error."""
    return min(candidates, key=lambda item: item.validation)


def weighed(
    record: Record,
    candidate: Candidate,
    model: InputModel,
    arrays: list[np.ndarray],
    scale: Scale,
) -> Record:
    """Return the record with outputs that count the less the more is open of them."""
    starts = starts_of(candidate)
    spread = opened(candidate.net, model, arrays, scale, starts)
    runs = candidate.net.simulate(record.u, starts)
    errors = np.concatenate(runs) - np.concatenate(record.y)
    gains = [np.ones_like(item) for item in record.y] if record.gains is None else record.gains
    weights = weighed_gains(np.concatenate(gains), errors, np.concatenate(spread))
    if weights is None:
        return record
    ends = np.cumsum([len(item) for item in record.y])[:-1]
    return Record(record.u, record.y, record.blocks, np.split(weights, ends))


def noise_of(
    net: Network, record: Record, starts: list[Any], spread: list[np.ndarray] | None
) -> np.ndarray:
    """Return the deviation of the errors of each output that missing inputs do not explain."""
    errors = np.concatenate(net.simulate(record.u, starts)) - np.concatenate(record.y)
    part = np.zeros_like(errors) if spread is None else np.concatenate(spread)
    return noises(errors, part)
