"""Fits that experiments share: reverse engineering, its networks, and what a fit reports."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._engine import random
from .._engine.arrays import as_size
from .._engine.types import DataLike
from ..datasets import reverse_engineering
from ..estimation.estimator import Estimator
from ..estimation.trace import Trace
from ..networks.network import Network
from ._base import Parameters, Record
from ._paper import LINEAR_COST, STOP_COST

#: Added to the seed of a sequence, it is that of the weights from which its learner starts.
START = 1000
#: Steps that the temporal convolution sees, and those that one of its nodes reads.
WINDOW, KERNEL = 8, 4
_RELATIVE = 1e-6

#: Options of the units of root networks and learners alike; what is learnt in the report, is.
UNITS: dict[str, dict[str, Any]] = {
    "linear": {"bias": False},
    "lnl": {"bias": False, "leak": "adjust"},
    "sparse_lnl": {"bias": False},
    "aif": {"bias": False, "leak": "adjust", "sharpness": "adjust"},
    "softmax": {"bias": False},
    "lstm": {"bias": False},
    "gru": {"bias": False},
    "strongly_typed": {},
}


def learner(unit: str, size: int) -> Network:
    """Make a network of one input of which the first node is observed, weights at zero."""
    net = Network(1)
    if unit == "conv":
        return _convolution(net, size)
    return net.observe(net.unit(unit, size, **UNITS[unit]), 1)


def _convolution(net: Network, size: int) -> Network:
    """Add a delay line of the input, a convolution along it, and a readout."""
    line = net.learnware(WINDOW, "line")
    line.connect(line.lag(1), "shift").connect(net.input.lag(1), "first")
    net.weights["line.shift"] = np.eye(WINDOW, k=-1)
    net.weights["line.first"] = np.eye(WINDOW, 1)
    for name in ("line.shift", "line.first"):
        net.weights.constrain(name, fixed=True)
    layer = net.conv1d(size, kernel=KERNEL, activation="tanh", sources=[line.lag(0)])
    net.linear(1, "readout", sources=[layer.lag(0)])
    return net


def reverse(unit: str, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return input and output, each (T, 1), of a root network that `learner` can equal.

    T = 2 N (N + 1), as in section 4 of RR-9100.
    """
    if unit == "conv":
        steps = 2 * as_size(size, "size") * (size + 1)
        u = random.normal(steps, seed, "reverse engineering input").reshape(-1, 1)
        return u, learner(unit, size).randomize(seed).simulate(u)
    u, y = reverse_engineering(size, seed, unit=unit, **UNITS[unit])
    return u, y


class Limits(NamedTuple):
    """What makes `Estimator.run` stop."""

    tolerance: float
    target: float


def limits(stop: str, y: np.ndarray) -> Limits:
    """Return those of a rule of `Settings`, or of "precise": 1e-12.

    The cost is half the mean square error of the observed values y, of shape (T, 1).
    """
    if stop == "relative":
        return Limits(_RELATIVE, 0.0)
    half_variance = float(np.nanvar(y)) / 2
    targets = {
        "sample": STOP_COST,
        "nmse": _RELATIVE * half_variance,
        "precise": LINEAR_COST,
        "none": 0.0,
    }
    return Limits(0.0, targets[stop])


def run_fit(
    net: Network,
    u: DataLike | None,
    y: DataLike | None,
    parameters: Parameters,
    stop: Limits | None = None,
    **options: Any,
) -> tuple[Trace, Record]:
    """Fit, without a bar; return the trace, and what of it stands in tables.

    Parameters
    ----------
    parameters : dict
        Of the run, its "method" and "iterations".
    **options
        Of `Estimator`.
    """
    with Estimator(net, u, y, method=parameters["method"], **options) as est:
        trace = est.run(parameters["iterations"], *(stop or (None, None)), progress=False)
    if trace.stop == "interrupted":
        raise KeyboardInterrupt
    decay = trace.decay
    return trace, {
        "iterations_used": len(trace) - 1,
        "cost": trace.cost[-1],
        "relative": trace.cost[-1] / trace.cost[0] if trace.cost[0] > 0 else 0.0,
        "nmse": trace.nmse[-1],
        "decay_time": decay.time,
        "bias": decay.bias,
        "simulations": trace.simulations.sum(),
        "stopped": trace.stop,
        "fit_seconds": trace.seconds[-1],
    }


def reverse_fit(
    unit: str, size: int, seed: int, method: str, stop: str, iterations: int
) -> tuple[Trace, Record]:
    """Let a network learn what another one of its kind does: RR-9100, section 4."""
    u, y = reverse(unit, size, seed)
    net = learner(unit, size).randomize(START + seed)
    return run_fit(net, u, y, {"method": method, "iterations": iterations}, limits(stop, y))
