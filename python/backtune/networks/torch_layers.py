"""What units and readouts are to torch: layers, their blocks of rows, their arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable, NamedTuple

import numpy as np

from .._engine.errors import ArgumentError
from .document import GroupForm, groups_of
from .network import Network
from .structure import INPUT, Structure

if TYPE_CHECKING:
    import torch

#: The name that the unit of a readout gets.
READOUT = "readout"
KEYS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class _Block(NamedTuple):
    """Weights of one block of rows of torch's arrays: input, recurrent, their two biases."""

    inputs: str
    recurrent: str
    input_bias: str
    recurrent_bias: str
    is_gate: bool = True


def _block(group: str, is_gate: bool = True) -> _Block:
    """Return the block of one of our groups, of one bias: the sum of torch's two."""
    return _Block(f"{group}.B", f"{group}.W", f"{group}.a", f"{group}.a", is_gate)


class _Layer(NamedTuple):
    """A kind of layer: our unit, its options, the blocks of rows in torch's order.

    Other `variants` of options compute the same where the arguments of gates are so many times
    those of torch's, which are logistic.
    """

    unit: str
    options: Mapping[str, object]
    blocks: tuple[_Block, ...]
    variants: tuple[tuple[Mapping[str, object], float], ...]


_GATED = {"profile": "logistic", "input_lag": 0}
# zeta01(v) is logistic(4 v).
_GATES: tuple[tuple[Mapping[str, object], float], ...] = (({}, 1.0), ({"profile": "zeta"}, 4.0))
_RNN = {"activation": "tanh", "input_lag": 0}
_NEW = _Block("hi.B", "m.U", "hi.a", "m.a", False)
LAYERS = {
    "RNN": _Layer("lnl", _RNN, (_block("x2"),), (({}, 1.0), ({"activation": "relu"}, 1.0))),
    "GRU": _Layer("gru", _GATED, (_block("r"), _block("z"), _NEW), _GATES),
    "LSTM": _Layer(
        "lstm", _GATED, (_block("yi"), _block("yf"), _block("h", False), _block("yo")), _GATES
    ),
}


class Match(NamedTuple):
    """What a unit is to torch."""

    kind: str
    options: Mapping[str, object]
    has_bias: bool
    factor: float

    @property
    def layer(self) -> _Layer:
        """The layer of torch that it is."""
        return LAYERS[self.kind]


def found_unit(
    net: Network, unit: str | None, matching: Callable[[Network, str], Match | None]
) -> tuple[str, Match]:
    """Return the unit that is meant, and what it is to torch."""
    names = [name[: -len(".x")] for name in net.groups if name.endswith(".x")]
    if unit is None:
        found = [name for name in names if matching(net, name)]
        if len(found) != 1:
            which = f"{len(found)} of them ({', '.join(found)})" if found else "none"
            raise ArgumentError(f"units that torch has: {which}, expected one; {_advice()}")
        unit = found[0]
    match = matching(net, unit) if unit in names else None
    if match is None:
        raise ArgumentError(f"unit {unit!r}: not one that torch has; {_advice()}")
    return unit, match


def layer_arrays(net: Network, unit: str, match: Match) -> dict[str, np.ndarray]:
    """Return the arrays of a layer by the names that torch has for them."""
    keys = KEYS if match.has_bias else KEYS[:2]
    parts: dict[str, list[np.ndarray]] = {key: [] for key in keys}
    for block in match.layer.blocks:
        for key, role in zip(parts, block):
            values = net.weights[f"{unit}.{role}"] * (match.factor if block.is_gate else 1)
            is_second = key == "bias_hh_l0" and role == block.input_bias
            parts[key].append(np.zeros_like(values) if is_second else values)
    return {key: np.concatenate(arrays) for key, arrays in parts.items()}


def readout_group(net: Network, unit: str) -> GroupForm:
    """Return the linear group that reads a unit at lag 0, as the JSON form describes it."""
    found = []
    for group in groups_of(net):
        connections = group.get("connections", [])
        sources = [(item["source"], item["lag"], item["form"]) for item in connections]
        if group["kind"] == "learnware" and sources == [(f"{unit}.x", 0, "dense")]:
            found.append(group)
    if len(found) != 1:
        names = ", ".join(group["name"] for group in found) or "none"
        raise ArgumentError(
            f"readout: linear groups that read {unit}.x at lag 0 by a full matrix, and nothing"
            f" else: {names}, expected one"
        )
    return found[0]


def readout_arrays(net: Network, unit: str, prefix: str) -> dict[str, np.ndarray]:
    """Return those of its readout."""
    group = readout_group(net, unit)
    found = {f"{prefix}weight": net.weights[group["connections"][0]["weight"]].copy()}
    if "bias" in group:
        values = net.weights[group["bias"]["weight"]]
        index = group["bias"].get("index")
        found[f"{prefix}bias"] = values.copy() if index is None else values[index]
    return found


def as_tensors(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return arrays as tensors where torch is installed."""
    try:
        import torch
    except ImportError as error:
        raise ImportError("tensors need PyTorch: pip install torch") from error
    return {name: torch.tensor(values) for name, values in arrays.items()}


def starts(net: Network, unit: str) -> dict[str, np.ndarray]:
    """Return what a unit and its input were before t = 0, the latest first."""
    structure = Structure(net)
    past = structure.past(net._own_start())
    reads = [item for name in net.groups if _is_of(unit, name) for item in structure.reads(name)]
    lag = max(lag for source, lag in reads if source == INPUT)
    cell = past.get(f"{unit}.s", np.empty((0, 0)))
    return {"u": past[INPUT][:lag], "h": past[f"{unit}.x"], "c": cell}


def _is_of(unit: str, group: str) -> bool:
    """Tell whether a group is one of a unit. Roles have no dot: names may go on after its."""
    return group.rpartition(".")[0] == unit


def matching(net: Network, name: str, *, anyhow: bool = False) -> Match | None:
    """Return what a unit is to torch: it equals one that is made like torch's own.

    `anyhow`: at whatever lag the input is read, and whether initial states are learnt or not.
    """
    if net.inputs == 0:
        return None
    own = _description(net, name, anyhow)
    size = net.groups[f"{name}.x"].size
    for kind, layer in LAYERS.items():
        for variant, factor in layer.variants:
            options = {**layer.options, **variant}
            for bias in (True, False):
                with Network(net.inputs) as other:
                    other.unit(layer.unit, size, name, **options, bias=bias)
                    if _description(other, name, anyhow) == own:
                        return Match(kind, options, bias, factor)
    return None


def _description(net: Network, name: str, anyhow: bool) -> list[GroupForm]:
    """Return the groups of a unit as the JSON form describes them."""
    found = [group for group in groups_of(net) if _is_of(name, group["name"])]
    if not anyhow:
        return found
    inputs = [
        item for group in found for item in group.get("connections", []) if item["source"] == INPUT
    ]
    if len({item["lag"] for item in inputs}) == 1:
        for item in inputs:
            item["lag"] = 0
    for group in found:
        group.pop("initial", None)
    return found


def _advice() -> str:
    return (
        "such units are lnl(size, activation='tanh', input_lag=0), and lstm or gru(size,"
        " input_lag=0)"
    )
