"""What the commands do: calls of the package, with what came."""

from __future__ import annotations

import inspect
import json
import re
from argparse import Namespace
from typing import Any, Callable, Union

import numpy as np
from numpy.typing import ArrayLike

from .._engine.errors import ArgumentError, BacktuneError
from .._engine.files import read_whole
from ..estimation.estimator import Estimator
from ..identification import IdentifiedModel
from ..identification import identify as find
from ..identification.documents import FORMAT
from ..networks.network import Network
from .tables import Recordings

Model = Union[Network, IdentifiedModel]

# Named by arguments of their own.
_OWN = {"self", "net", "u", "y", "progress", "callback", "max_iterations", "horizon", "validation"}


def fit(given: Namespace) -> None:
    """Adjust a network, and save it."""
    net = _network(given)
    options = _checked(given.option, Estimator.__init__, Estimator.run)
    ends = inspect.signature(Estimator.run).parameters
    records = Recordings(given.data, given.sequence)
    estimator = Estimator(
        net,
        records.channels(given.inputs),
        records.channels(given.outputs),
        **{name: value for name, value in options.items() if name not in ends},
        **_named(horizon=given.horizon),
    )
    if given.validation:
        kept = Recordings(given.validation, given.sequence)
        options["validation"] = tuple(kept.channels(c) for c in (given.inputs, given.outputs))
    trace = estimator.run(
        **{name: value for name, value in options.items() if name in ends},
        **_named(max_iterations=given.iterations),
        progress=not given.quiet,
    )
    net.save(given.out)
    print(trace)
    print(f"wrote {given.out}")


def identify(given: Namespace) -> None:
    """Find a model, and save it."""
    records = Recordings(given.data, given.sequence)
    model = find(
        records.channels(given.inputs),
        records.channels(given.outputs),
        **_checked(given.option, find),
        **_named(max_order=given.max_order),
        progress=not given.quiet,
    )
    for net in (member.net for member in model.members):
        _label(net, given)
    model.relabel()
    model.save(given.out)
    print(model)
    print(f"wrote {given.out}")


def simulate(given: Namespace) -> None:
    """Run a model over inputs, and write its outputs."""
    model, records, inputs, outputs = _opened(given)
    records.write(given.out, outputs, model.simulate(records.channels(inputs)))


def predict(given: Namespace) -> None:
    """Predict outputs, and write them."""
    model, records, inputs, outputs = _opened(given)
    values = model.predict(
        records.channels(inputs), records.channels(outputs), **_named(horizon=given.horizon)
    )
    records.write(given.out, outputs, values)


def export(given: Namespace) -> None:
    """Write a model for other programs."""
    _load(given.model).export(given.out, format=given.format, **dict(given.option))
    print(f"wrote {given.out}")


# ---- Pieces


def _network(given: Namespace) -> Network:
    kind, _, rest = given.unit.partition(":")
    size, *options = rest.split(",")
    pairs = [option.partition("=") for option in options]
    if not re.fullmatch("[0-9]{1,18}", size.strip()) or not all(
        name and sign for name, sign, _ in pairs
    ):
        raise ArgumentError(
            f"unit '{given.unit}': expected KIND:SIZE and ,OPTION=VALUE, such as lnl:8,leak=adjust"
        )
    net = Network(given.inputs)
    unit = net.unit(kind, int(size), **{name: as_value(value) for name, _, value in pairs})
    count = len(given.outputs)
    if given.has_readout:
        net.linear(count, "readout", sources=[unit.lag(0)])
    else:
        net.observe(unit, count)
    _label(net, given)
    return net.randomize(**_named(seed=given.seed))


def _label(net: Network, given: Namespace) -> None:
    net.input_names, net.output_names = given.inputs, given.outputs
    if given.sampling_time is not None:
        net.sampling_time = given.sampling_time


def _load(path: str) -> Model:
    # Read once: it may be a pipe.
    text = read_whole(path, "model").decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    is_model = isinstance(document, dict) and document.get("format") == FORMAT
    try:
        return IdentifiedModel.from_json(text) if is_model else Network.from_json(text)
    except BacktuneError as error:
        raise type(error)(f"'{path}': {error}") from None


def _opened(given: Namespace) -> tuple[Model, Recordings, list[str], list[str]]:
    model = _load(given.model)
    names = (model.input_names, model.output_names) if isinstance(model, Network) else model.names
    chosen = []
    for channels, own, asked in zip(("inputs", "outputs"), names, (given.inputs, given.outputs)):
        known = own if asked is None else asked
        if known is None:
            raise ArgumentError(
                f"{given.model} knows no names of its {channels}: give --{channels}"
            )
        chosen.append(known)
    return model, Recordings(given.data, given.sequence), chosen[0], chosen[1]


def _named(**values: ArrayLike) -> dict[str, Any]:
    """Return those that were given: what the others are is said by what is called."""
    return {name: value for name, value in values.items() if value is not None}


def _checked(
    options: list[tuple[str, object]], *functions: Callable[..., object]
) -> dict[str, Any]:
    """Return options by name; those that no function takes are refused."""
    known = [name for f in functions for name in inspect.signature(f).parameters]
    expected = sorted(set(known) - _OWN)
    for name, _ in options:
        if name not in expected:
            raise ArgumentError(f"option '{name}': unknown, expected one of {', '.join(expected)}")
    return {name: np.asarray(v) if isinstance(v, list) else v for name, v in options}


def as_value(text: str) -> Any:
    """Read JSON, else a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
