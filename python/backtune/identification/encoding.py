"""Objects of a model as what JSON has, and back to the same bits.

Every object stands as {"type": name, its fields}; what may stand there is listed here, so that
reading makes nothing else. Networks stand as their own JSON, which C reads too.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, Callable

import numpy as np

from .._engine.data.front import Front, GlitchFilter, RangeFilter
from .._engine.data.scales import Scale
from ..estimation.gaps import Autoregression
from ..estimation.input_model import InputModel
from ..networks.network import Network
from .member import Member
from .report import IdentificationReport, Trial

_CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (Autoregression, Front, GlitchFilter, Member, RangeFilter, Scale, Trial)
}
# Made without a call of what computes their attributes.
_PLAIN: dict[str, Callable[[], object]] = {
    "IdentificationReport": IdentificationReport,
    "InputModel": lambda: InputModel.__new__(InputModel),
}
_KINDS: dict[str, tuple[type, type]] = {
    "f": (float, np.float64),
    "i": (int, np.int64),
    "u": (int, np.uint64),
    "b": (bool, np.bool_),
}
_NOTHING = type(None)
# What may stand in a field, by its annotation.
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": (int, float),
    "float | None": (int, float, _NOTHING),
    "bool": bool,
    "str": str,
    "np.ndarray": np.ndarray,
    "np.ndarray | None": (np.ndarray, _NOTHING),
    "list[np.ndarray | None]": list,
    "Network": Network,
    "Scale": Scale,
    "Front": Front,
    "GlitchFilter | RangeFilter | None": (GlitchFilter, RangeFilter, _NOTHING),
    "Trial": Trial,
}
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encoded(value: object) -> object:
    """Return what stands in the text for a value."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        return encoded(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"type": "number", "value": _name_of(value)}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Network):
        return {"type": "Network", "network": json.loads(value.to_json(), parse_int=whole)}
    kind = type(value).__name__
    if kind in _CLASSES and dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {"type": kind, **{name: encoded(item) for name, item in fields.items()}}
    if kind in _PLAIN:
        found = {"type": kind, **{name: encoded(item) for name, item in vars(value).items()}}
        return {**found, "items": encoded(list(value))} if isinstance(value, list) else found
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    raise TypeError(f"{kind}: it has no place in the JSON of a model")


def _array(value: np.ndarray) -> dict[str, object]:
    kind = value.dtype.kind
    if kind == "f":
        values = [v if math.isfinite(v) else _name_of(v) for v in value.ravel().tolist()]
    else:
        values = value.ravel().tolist()
    return {"type": "array", "kind": kind, "shape": list(value.shape), "values": values}


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def decoded(item: object) -> Any:
    """Return the value that something in the text stands for."""
    if isinstance(item, list):
        return [decoded(part) for part in item]
    if not isinstance(item, dict):
        return item
    kind, fields = item.get("type"), {k: v for k, v in item.items() if k != "type"}
    if kind == "array":
        make, dtype = _KINDS[fields["kind"]]
        numbers = [_NUMBERS[v] if isinstance(v, str) else make(v) for v in fields["values"]]
        return np.array(numbers, dtype=dtype).reshape(fields["shape"])
    if kind == "number":
        return _NUMBERS[fields["value"]]
    if kind == "Network":
        return Network.from_json(json.dumps(fields["network"]))
    values = {name: decoded(part) for name, part in fields.items()}
    if kind in _CLASSES:
        return _fitting(_CLASSES[kind](**values))
    if kind not in _PLAIN:
        raise ValueError(f"an object of type {kind!r}")
    made = _PLAIN[kind]()
    if isinstance(made, list):
        made.extend(values.pop("items"))
    vars(made).update(values)
    return made


def _fitting(value: Any) -> Any:
    """Refuse an object whose fields are not what its class says."""
    for field in dataclasses.fields(value):
        expected = _FIELDS.get(str(field.type))
        found = getattr(value, field.name)
        flag = isinstance(found, bool) and field.type != "bool"
        if expected is not None and (flag or not isinstance(found, expected)):
            kind = type(value).__name__
            raise ValueError(f"{field.name} of a {kind}: {found!r:.40}, expected {field.type}")
    return value


def whole(text: str) -> float:
    """Read digits; the sign of zero is kept."""
    return -0.0 if text == "-0" else int(text)
