"""A model as JSON text, and back to the same bits.

Every object stands as {"type": name, its fields}; what may stand there is listed here, so that
reading a file makes nothing else. Networks stand as their own JSON, which C reads too.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._data.scales import Scale
from .._gaps import Autoregression
from .._version import __version__
from ..errors import ArgumentError, BacktuneError, FileError
from ..missing_inputs import InputModel
from ..network import Network
from .front import Front, GlitchFilter
from .member import Member
from .report import IdentificationReport, Trial

if TYPE_CHECKING:
    from .model import IdentifiedModel

FORMAT, VERSION = "backtune-model", 1
_CLASSES: dict[str, type] = {
    kind.__name__: kind for kind in (Autoregression, Front, GlitchFilter, Member, Scale, Trial)
}
# Made without a call of what computes their attributes.
_PLAIN: dict[str, Any] = {
    "IdentificationReport": IdentificationReport,
    "InputModel": lambda: InputModel.__new__(InputModel),
}
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(model: IdentifiedModel) -> str:
    """Return the model as JSON text that reads back to the same bits.

    It holds all members, the best linear model, the candidates of `with_candidate`, the report, the
    errors and the model of missing inputs; names, units and sampling time stand in the networks.
    Numbers that JSON has not stand as "NaN", "Infinity" and "-Infinity".
    """
    members: list[Member] = []

    def place(member: Member) -> int:
        for number, known in enumerate(members):
            if known is member:
                return number
        members.append(member)
        return len(members) - 1

    content = {
        "format": FORMAT,
        "version": VERSION,
        "backtune": __version__,
        "model": [place(member) for member in model.members],
        "linear": place(model.linear),
        "candidates": {str(row): place(member) for row, member in model.candidates.items()},
        "report": _encoded(model.report),
        "errors": _encoded(model.errors),
        "input_model": _encoded(model.input_model),
        "digests": model._digests,
    }
    content["members"] = [_encoded(member) for member in members]
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def save(model: IdentifiedModel, path: str | os.PathLike) -> None:
    """Write the text of `to_json` to a file, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written (an OSError); an old file of that name is left as it was.
    """
    name = Path(os.fsdecode(path))
    beside = name.with_name(f"{name.name}.{os.getpid()}.new")
    text = to_json(model).encode("ascii")
    try:
        try:
            beside.write_bytes(text)
            os.replace(beside, name)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"{name}: cannot be written, {error.strerror}") from error


def load(kind: type[IdentifiedModel], path: str | os.PathLike) -> IdentifiedModel:
    """Read the file of `save`."""
    name = os.fsdecode(path)
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise FileError(f"{name}: cannot be read, {error.strerror}") from error
    if data.startswith(b"\x80"):
        raise ArgumentError(
            f"{name}: a pickle, as earlier releases wrote them, expected the JSON of"
            " IdentifiedModel.save: identify again, and save that"
        )
    try:
        return from_json(kind, data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ArgumentError(f"{name}: not a model, and no text at all") from None
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}") from None


def from_json(kind: type[IdentifiedModel], text: str) -> IdentifiedModel:
    """Make a model from the text of `to_json`."""
    if not isinstance(text, str):
        raise TypeError(f"JSON: a {type(text).__name__} came, expected a text")
    try:
        content = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        said = "damaged" if FORMAT in text[:200] else "not a model"
        raise ArgumentError(f"{said}: no JSON, {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        came = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise ArgumentError(f"not a model: format {came!r}, expected {FORMAT!r}")
    version = content.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ArgumentError(
            f"version {version!r} of the format, written by backtune {content.get('backtune')!r};"
            f" this is backtune {__version__}, which reads {VERSION}"
        )
    try:
        return _model(kind, content)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, BacktuneError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise ArgumentError(f"damaged: {what}") from None


def _model(kind: type[IdentifiedModel], content: dict[str, Any]) -> IdentifiedModel:
    members = [_decoded(item) for item in content["members"]]
    for place, member in enumerate(members):
        _check(member, place)

    def at(place: Any) -> Member:
        if not isinstance(place, int) or place < 0:
            raise ValueError(f"member {place!r}")
        return members[place]

    report, errors = _decoded(content["report"]), _decoded(content["errors"])
    chosen = [at(place) for place in content["model"]]
    outputs = chosen[0].net.outputs
    if not isinstance(report, IdentificationReport):
        raise ValueError("no report")
    if not isinstance(errors, np.ndarray) or errors.shape != (4, outputs):
        raise ValueError(f"errors, expected an array of shape (4, {outputs})")
    input_model = _decoded(content["input_model"])
    if not isinstance(input_model, (InputModel, type(None))):
        raise ValueError("input_model")
    candidates = {int(row): at(place) for row, place in content["candidates"].items()}
    digests = [str(item) for item in content["digests"]]
    linear = at(content["linear"])
    return kind(chosen, linear, report, errors, input_model, digests, candidates)


def _check(member: Any, place: int) -> None:
    """Refuse a member whose parts do not fit each other."""
    if not isinstance(member, Member):
        raise ValueError(f"member {place} is none")
    net, front = member.net, member.front
    parts = [
        ("mean of inputs", front.u.mean, net.inputs),
        ("deviation of inputs", front.u.deviation, net.inputs),
        ("mean of outputs", front.y.mean, net.outputs),
        ("deviation of outputs", front.y.deviation, net.outputs),
        ("delays", front.delays, net.inputs),
        ("scores", member.scores, 4),
        ("rest", member.rest, net.state_size),
        *(("start", start, net.state_size) for start in member.starts),
    ]
    for name, array, size in parts:
        if not isinstance(array, np.ndarray) or array.shape != (size,):
            raise ValueError(f"{name} of member {place}, expected {size} numbers")


def _encoded(value: Any) -> Any:
    """Return what stands in the text for a value."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        return _encoded(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"type": "number", "value": _name_of(value)}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Network):
        return {"type": "Network", "network": json.loads(value.to_json(), parse_int=_whole)}
    kind = type(value).__name__
    if kind in _CLASSES:
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {"type": kind, **{name: _encoded(item) for name, item in fields.items()}}
    if kind in _PLAIN:
        found = {"type": kind, **{name: _encoded(item) for name, item in vars(value).items()}}
        return {**found, "items": _encoded(list(value))} if isinstance(value, list) else found
    if isinstance(value, (list, tuple)):
        return [_encoded(item) for item in value]
    raise TypeError(f"{kind}: it has no place in the JSON of a model")


def _array(value: np.ndarray) -> dict[str, Any]:
    kind = value.dtype.kind
    if kind == "f":
        values = [v if math.isfinite(v) else _name_of(v) for v in value.ravel().tolist()]
    else:
        values = value.ravel().tolist()
    return {"type": "array", "kind": kind, "shape": list(value.shape), "values": values}


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decoded(item: Any) -> Any:
    """Return the value that something in the text stands for."""
    if isinstance(item, list):
        return [_decoded(part) for part in item]
    if not isinstance(item, dict):
        return item
    kind, fields = item.get("type"), {k: v for k, v in item.items() if k != "type"}
    if kind == "array":
        numbers = [_NUMBERS[v] if isinstance(v, str) else v for v in fields["values"]]
        dtype = {"f": np.float64, "i": np.int64, "u": np.uint64, "b": np.bool_}[fields["kind"]]
        return np.array(numbers, dtype=dtype).reshape(fields["shape"])
    if kind == "number":
        return _NUMBERS[fields["value"]]
    if kind == "Network":
        return Network.from_json(json.dumps(fields["network"]))
    values = {name: _decoded(part) for name, part in fields.items()}
    if kind in _CLASSES:
        return _CLASSES[kind](**values)
    if kind not in _PLAIN:
        raise ValueError(f"an object of type {kind!r}")
    made = _PLAIN[kind]()
    if isinstance(made, list):
        made.extend(values.pop("items"))
    vars(made).update(values)
    return made


def _whole(text: str) -> float:
    """Read digits; the sign of zero is kept."""
    return -0.0 if text == "-0" else int(text)
