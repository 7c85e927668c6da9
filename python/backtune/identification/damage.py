"""What was read as parts of a model, refused where it does not fit together."""

from __future__ import annotations

import numpy as np

from ..estimation.gaps import Autoregression
from ..estimation.input_fit import make_network
from ..estimation.input_model import InputModel
from ..networks.network import Network
from .member import Member
from .networks import UNIT
from .report import IdentificationReport, Trial

# Time steps that an order, a dead time or a step of a network's clock may have.
_LONGEST = 1 << 31


def check_members(members: list[object]) -> list[Member]:
    """Return members of the same inputs and outputs, each whole; ValueError names what is not."""
    found: list[Member] = []
    for place, member in enumerate(members):
        if not isinstance(member, Member):
            raise ValueError(f"member {place} is none")
        _check(member, place)
        found.append(member)
        sizes, first = ((m.net.inputs, m.net.outputs) for m in (member, found[0]))
        if sizes != first or 0 in sizes:
            raise ValueError(f"inputs, outputs of member {place}: {sizes}; of member 0 {first}")
    return found


def _check(member: Member, place: int) -> None:
    net, front = member.net, member.front
    for name, count, least in (("factor", front.factor, 1), ("order", member.trial.order, 0)):
        if not least <= count <= _LONGEST:
            raise ValueError(f"{name} {count} of member {place}, expected {least} to {_LONGEST}")
    bounds = {} if front.glitches is None else vars(front.glitches)
    units = f"{UNIT}.x"
    states = net.groups[units].size if units in net.groups else 0
    parts: list[tuple[str, object, tuple[int, ...]]] = [
        *((f"{name} of glitches", array, (net.inputs,)) for name, array in bounds.items()),
        ("mean of inputs", front.u.mean, (net.inputs,)),
        ("deviation of inputs", front.u.deviation, (net.inputs,)),
        ("mean of outputs", front.y.mean, (net.outputs,)),
        ("deviation of outputs", front.y.deviation, (net.outputs,)),
        ("scores", member.scores, (4,)),
    ]
    optional = [("rest", member.rest), ("deviation", member.deviation)]
    optional += [("start", start) for start in member.starts]
    parts += [(name, state, (net.state_size,)) for name, state in optional if state is not None]
    if member.reach is not None:
        parts.append(("reach", member.reach, (2, states)))
    for name, array, shape in parts:
        _check_array(f"{name} of member {place}", array, shape)
    _check_array(f"delays of member {place}", front.delays, (net.inputs,), np.int64)
    if front.delays.size and not 0 <= front.delays.min() <= front.delays.max() <= _LONGEST:
        raise ValueError(f"delays of member {place}, expected 0 to {_LONGEST} each")


def check_report(report: object) -> IdentificationReport:
    """Return a report of trials, numbers and texts."""
    if not isinstance(report, IdentificationReport):
        raise ValueError("no report")
    # That of a record which is too short for trials has none.
    trials = all(isinstance(trial, Trial) for trial in report)
    if not trials or report and not any(trial.chosen for trial in report):
        raise ValueError("the report, expected trials of which one is chosen")
    own, expected = vars(report), vars(IdentificationReport())
    if own.keys() != expected.keys():
        raise ValueError(f"the report, expected {', '.join(expected)}")
    for name, value in expected.items():
        if isinstance(value, float) and not isinstance(own[name], float):
            raise ValueError(f"{name} of the report, expected a number")
    texts = report.findings if isinstance(report.findings, list) else [None]
    if not all(isinstance(text, str) for text in [*texts, report.interrupted or ""]):
        raise ValueError("findings and interrupted of the report, expected texts")
    return report


def check_input_model(model: object, inputs: int) -> InputModel | None:
    """Return a model of missing inputs whose parts fit, or None."""
    if model is None:
        return None
    if not isinstance(model, InputModel) or not isinstance(model.net, Network):
        raise ValueError("input_model")
    names, units, series = model.names, model._units, model._model
    if names is not None and [type(name) for name in names] != [str] * inputs:
        raise ValueError(f"names of input_model, expected {inputs} texts")
    _check_array("channels of input_model", model.channels, None, np.int64)
    channels = model.channels
    modelled = len(channels)
    if not modelled or sorted(set(channels.tolist()) & set(range(inputs))) != channels.tolist():
        raise ValueError(f"channels of input_model, expected some of {inputs}, rising")
    if not isinstance(series, Autoregression):
        raise ValueError("the series of input_model")
    _check_array("missing of input_model", model.missing, (inputs,), np.int64)
    for array in (model.mean, model.scale, units.mean, units.deviation):
        _check_array("scales of input_model", array, (inputs,))
    _check_array("feedback of input_model", series.feedback, (series.order, modelled, modelled))
    _check_array("covariance of input_model", series.covariance, (modelled, modelled))
    _check_array("variance of input_model", series.variance, (modelled,))
    covariance = series.covariance
    if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance)[0] <= 0:
        raise ValueError("covariance of input_model, expected a positive definite one")
    if not np.isfinite(series.feedback).all() or not (series.variance > 0).all():
        raise ValueError("the series of input_model, expected numbers, positive variances")
    like = make_network(inputs - modelled, modelled, series.order)
    if _shapes(model.net) != _shapes(like) or model.order != series.order:
        raise ValueError(f"the network of input_model, expected one of order {series.order}")
    return model


def _shapes(net: Network) -> dict[str, tuple[int, ...]]:
    return {name: net.weights[name].shape for name in net.weights}


def _check_array(
    name: str, array: object, shape: tuple[int, ...] | None, kind: type = np.float64
) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != kind:
        raise ValueError(f"{name}, expected an array of {kind.__name__}")
    if array.ndim != 1 if shape is None else array.shape != shape:
        raise ValueError(f"{name}: shape {array.shape}, expected {shape or '(count,)'}")
