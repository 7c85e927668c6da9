"""Missing inputs in `identify`: what they leave open, and outputs weighed by it."""

from __future__ import annotations

import numpy as np

from .._engine.data.front import Front
from .._engine.types import Arrays, Starts
from ..estimation.draws import output_deviation, weighed_gains
from ..estimation.input_model import InputModel
from ..networks.network import Network
from .records import Record


def opened(net: Network, front: Front, model: InputModel, arrays: Arrays, starts: Starts) -> Arrays:
    """Return the deviation of outputs, (T, O) in deviations, that inputs with NaN leave open."""

    def run(inputs: Arrays, place: int) -> Arrays:
        runs = net.simulate([front.inputs(item) for item in inputs], [starts[place]] * len(inputs))
        return [front.restore(x, len(v)) / front.y.deviation for x, v in zip(runs, inputs)]

    return output_deviation(net, model, arrays, starts, run)


def weighed(record: Record, net: Network, starts: Starts, spread: Arrays) -> Arrays | None:
    """Return gains by which outputs count the less the more missing inputs leave open of them.

    `spread` is what `opened` says, of a record at its own pace.
    """
    errors = np.concatenate(net.simulate(record.u, starts)) - np.concatenate(record.y)
    gains = [np.ones_like(item) for item in record.y] if record.gains is None else record.gains
    weights = weighed_gains(np.concatenate(gains), errors, np.concatenate(spread))
    if weights is None:
        return record.gains
    return np.split(weights, np.cumsum([len(item) for item in record.y])[:-1])
