"""A model as JSON text, in files, and back."""

from __future__ import annotations

import json
import os
import re
from typing import TypeVar

import numpy as np

from .._engine.errors import ArgumentError, BacktuneError
from .._engine.files import read_whole, write_whole
from .._engine.types import JsonObject
from .._engine.version import __version__
from .base import ModelBase
from .damage import check_input_model, check_members, check_report
from .encoding import decoded, encoded, whole
from .member import Member

Model = TypeVar("Model", bound=ModelBase)

_PICKLE = (
    "a pickle, as earlier releases wrote them, expected the JSON of IdentifiedModel.save: identify"
    " again, and save that"
)
FORMAT, VERSION = "backtune-model", 1
# What else stands than was written may raise: also numbers too large, and lists too deep.
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
_DIGEST = re.compile("[0-9]{1,18}:[0-9a-f]{64}")


def to_json(model: ModelBase) -> str:
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
        "report": encoded(model.report),
        "errors": encoded(model.errors),
        "input_model": encoded(model.input_model),
        "digests": model._digests,
    }
    content["members"] = [encoded(member) for member in members]
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def save(model: ModelBase, path: str | os.PathLike) -> None:
    """Write the text of `to_json` to a file, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written (an OSError); an old file of that name is left as it was.
    """
    write_whole(path, to_json(model).encode("ascii"))


def load(kind: type[Model], path: str | os.PathLike) -> Model:
    """Read the file of `save`."""
    name = os.fsdecode(path)
    data = read_whole(path, "model", refused={b"\x80": _PICKLE})
    try:
        return from_json(kind, data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ArgumentError(f"{name}: not a model, and no text at all") from None
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}") from None


def from_json(kind: type[Model], text: str) -> Model:
    """Make a model from the text of `to_json`."""
    if not isinstance(text, str):
        raise TypeError(f"JSON: a {type(text).__name__} came, expected a text")
    try:
        content = json.loads(text, parse_int=whole)
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
    except RecursionError:
        raise ArgumentError("damaged: nested too deep") from None
    except (*_DAMAGE, BacktuneError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise ArgumentError(f"damaged: {what}") from None


def _model(kind: type[Model], content: JsonObject) -> Model:
    members = check_members([decoded(item) for item in content["members"]])

    def at(place: object) -> Member:
        if not isinstance(place, int) or place < 0:
            raise ValueError(f"member {place!r}")
        return members[place]

    report, errors = check_report(decoded(content["report"])), decoded(content["errors"])
    chosen = [at(place) for place in content["model"]]
    outputs = chosen[0].net.outputs
    if not isinstance(errors, np.ndarray) or errors.shape != (4, outputs):
        raise ValueError(f"errors, expected an array of shape (4, {outputs})")
    input_model = check_input_model(decoded(content["input_model"]), chosen[0].net.inputs)
    candidates = {int(row): at(place) for row, place in content["candidates"].items()}
    digests = [str(item) for item in content["digests"]]
    if not all(_DIGEST.fullmatch(item) for item in digests):
        raise ValueError("digests")
    linear = at(content["linear"])
    return kind(chosen, linear, report, errors, input_model, digests, candidates)
