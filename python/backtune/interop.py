"""Weights from and to other libraries.

torch itself is not needed: a state dict is taken as a mapping from names to arrays, and given back
as NumPy arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ._arrays import as_float
from .errors import ArgumentError, SizeError
from .network import Network

__all__ = ["from_torch_state_dict", "to_torch_state_dict"]

_KEYS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class _Block(NamedTuple):
    """Weights of one block of rows of torch's arrays: input, recurrent, their two biases."""

    inputs: str
    recurrent: str
    input_bias: str
    recurrent_bias: str


def _block(group: str) -> _Block:
    """Return the block of one of our groups, of one bias: the sum of torch's two."""
    return _Block(f"{group}.B", f"{group}.W", f"{group}.a", f"{group}.a")


class _Layer(NamedTuple):
    """A kind of layer: our unit, its options, the blocks of rows in torch's order."""

    unit: str
    options: dict[str, Any]
    blocks: tuple[_Block, ...]


_GATED = {"profile": "logistic", "input_lag": 0}
_LAYERS = {
    "RNN": _Layer("lnl", {"activation": "tanh", "input_lag": 0}, (_block("x2"),)),
    "GRU": _Layer("gru", _GATED, (_block("r"), _block("z"), _Block("hi.B", "m.U", "hi.a", "m.a"))),
    "LSTM": _Layer("lstm", _GATED, tuple(map(_block, ("yi", "yf", "h", "yo")))),
}


def from_torch_state_dict(
    state: Mapping[str, Any], *, nonlinearity: str = "tanh", prefix: str = ""
) -> Network:
    """Make the network of a torch.nn.RNN, LSTM or GRU of one layer.

    Parameters
    ----------
    state : mapping of str to array
        ``layer.state_dict()``: weight_ih_l0, weight_hh_l0 and, with biases, bias_ih_l0 and
        bias_hh_l0; torch tensors or anything that NumPy reads. The kind follows from the shapes.
    nonlinearity : {"tanh", "relu"}
        Of an RNN; the state dict does not tell it.
    prefix : str
        What the names of the layer start with in the state dict of a larger module, "rnn."; other
        names are left alone.

    Returns
    -------
    Network
        One unit, "lnl", "lstm" or "gru", that reads the input at lag 0, with all nodes observed:
        `Network.simulate` gives what the layer gives from zero states. The two biases of torch are
        one here, their sum, but for those of the GRU's new gate.

    Raises
    ------
    ArgumentError
        Several layers, two directions, a projection, missing or unknown names.
    SizeError
        Arrays whose shapes do not fit each other.

    Examples
    --------
    >>> arrays = {"weight_ih_l0": np.ones((4, 3)), "weight_hh_l0": np.zeros((4, 4))}
    >>> bt.interop.from_torch_state_dict(arrays)
    <Network: 3 inputs, 4 outputs, 2 groups, 28 adjustable weights>
    """
    arrays = _arrays(state, prefix)
    layer, size = _LAYERS[_kind(arrays)], arrays["weight_hh_l0"].shape[1]
    net = Network(arrays["weight_ih_l0"].shape[1])
    options = {**layer.options, "bias": "bias_ih_l0" in arrays}
    if layer.unit == "lnl":
        options["activation"] = _nonlinearity(nonlinearity)
    net.unit(layer.unit, size, **options)
    for place, block in enumerate(layer.blocks):
        rows = slice(place * size, (place + 1) * size)
        for key, role in zip(_KEYS, block):
            if key in arrays:
                name = f"{layer.unit}.{role}"
                is_second = key == "bias_hh_l0" and role == block.input_bias
                net.weights[name] = arrays[key][rows] + (net.weights[name] if is_second else 0)
    return net


def to_torch_state_dict(net: Network, unit: str | None = None) -> dict[str, np.ndarray]:
    """Return the state dict of a torch.nn.RNN, LSTM or GRU that computes what a unit does.

    Parameters
    ----------
    net : Network
    unit : str, optional
        Name of the unit, when the network has several that torch knows.

    Returns
    -------
    dict of str to array
        For ``layer.load_state_dict({name: torch.from_numpy(array) ...})``. Biases stand in
        bias_ih_l0, bias_hh_l0 is 0 but for that of the GRU's new gate.

    Raises
    ------
    ArgumentError
        No such unit, or one that torch lacks: with leak, peepholes, zeta gates, masks, the input at
        another lag than 0. The message tells how such a unit is made.
    """
    names = [name[: -len(".x")] for name in net.groups if name.endswith(".x")]
    if unit is None:
        found = [name for name in names if _matching(net, name)]
        if len(found) != 1:
            which = f"{len(found)} of them ({', '.join(found)})" if found else "none"
            raise ArgumentError(f"units that torch has: {which}, expected one; {_advice()}")
        unit = found[0]
    match = _matching(net, unit) if unit in names else None
    if match is None:
        raise ArgumentError(f"unit {unit!r}: not one that torch has; {_advice()}")
    layer, has_bias = match
    parts: dict[str, list[np.ndarray]] = {key: [] for key in (_KEYS if has_bias else _KEYS[:2])}
    for block in layer.blocks:
        for key, role in zip(parts, block):
            values = net.weights[f"{unit}.{role}"]
            is_second = key == "bias_hh_l0" and role == block.input_bias
            parts[key].append(np.zeros_like(values) if is_second else values)
    return {key: np.concatenate(arrays) for key, arrays in parts.items()}


def _arrays(state: Mapping[str, Any], prefix: str) -> dict[str, np.ndarray]:
    """Read the arrays of the layer, without the prefix, their names checked."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"state: {type(state).__name__} came, expected a mapping, layer.state_dict()"
        )
    given = {str(key)[len(prefix) :]: state[key] for key in state if str(key).startswith(prefix)}
    for key in given:
        if key in _KEYS:
            continue
        if key.endswith("_reverse"):
            raise ArgumentError(f"state: {prefix}{key} came: two directions, expected one")
        if key.startswith("weight_hr"):
            raise ArgumentError(
                f"state: {prefix}{key} came: a projection (proj_size), expected none"
            )
        if key.startswith(("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l")):
            raise ArgumentError(f"state: {prefix}{key} came: several layers, expected one")
        layer = key.rpartition(".")[0]
        hint = (
            f"; of a layer of a larger module say prefix={prefix + layer + '.'!r}" if layer else ""
        )
        raise ArgumentError(f"state: unknown name {prefix}{key}, expected {', '.join(_KEYS)}{hint}")
    biases = [key for key in _KEYS[2:] if key in given]
    for key in _KEYS if biases else _KEYS[:2]:
        if key not in given:
            raise ArgumentError(f"state: {prefix}{key} is missing")
    return {key: as_float(_plain(given[key]), f"state {prefix}{key}") for key in given}


def _plain(array: Any) -> Any:
    """Take a torch tensor out of its graph and its device; leave anything else as it is."""
    for step in ("detach", "cpu", "numpy"):
        if not hasattr(array, step):
            return array
        array = getattr(array, step)()
    return array


def _kind(arrays: dict[str, np.ndarray]) -> str:
    """Tell the kind of layer by the shapes, which are checked."""
    recurrent = arrays["weight_hh_l0"]
    if recurrent.ndim != 2 or recurrent.size == 0:
        raise SizeError(f"state weight_hh_l0: shape {recurrent.shape}, expected a matrix")
    rows, size = recurrent.shape
    kinds = {len(layer.blocks) * size: kind for kind, layer in _LAYERS.items()}
    if rows not in kinds:
        expected = ", ".join(f"({count}, {size}) for {kind}" for count, kind in kinds.items())
        raise SizeError(f"state weight_hh_l0: shape {recurrent.shape}, expected {expected}")
    inputs = arrays["weight_ih_l0"]
    if inputs.ndim != 2 or inputs.shape[0] != rows or inputs.size == 0:
        raise SizeError(f"state weight_ih_l0: shape {inputs.shape}, expected ({rows}, inputs)")
    for key in _KEYS[2:]:
        if key in arrays and arrays[key].shape != (rows,):
            raise SizeError(f"state {key}: shape {arrays[key].shape}, expected ({rows},)")
    return kinds[rows]


def _nonlinearity(name: str) -> str:
    if name not in ("tanh", "relu"):
        raise ArgumentError(f"nonlinearity: {name!r} came, expected 'tanh' or 'relu'")
    return name


def _matching(net: Network, name: str) -> tuple[_Layer, bool] | None:
    """Return the kind of layer that a unit is, and whether it has biases: it equals torch's own."""
    if net.inputs == 0:
        return None
    own = _description(net, name)
    size = net.groups[f"{name}.x"].size
    for layer in _LAYERS.values():
        variants = [{}, {"activation": "relu"}] if layer.unit == "lnl" else [{}]
        for variant in variants:
            for bias in (True, False):
                with Network(net.inputs) as other:
                    other.unit(layer.unit, size, name, **{**layer.options, **variant, "bias": bias})
                    if _description(other, name) == own:
                        return layer, bias
    return None


def _description(net: Network, name: str) -> list[dict[str, Any]]:
    """Return the groups of a unit as the JSON form describes them."""
    groups = json.loads(net.to_json())["groups"]
    # Roles have no dot: the groups of a unit whose name goes on after this one's are not meant.
    return [group for group in groups if group["name"].rpartition(".")[0] == name]


def _advice() -> str:
    return (
        "such units are lnl(size, activation='tanh', input_lag=0), and lstm or gru(size,"
        " profile='logistic', input_lag=0)"
    )
