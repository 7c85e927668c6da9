"""Weights from and to other libraries.

torch itself is not needed for state dicts: they are taken as mappings from names to arrays, and
given back as NumPy arrays, or as tensors in programs that have imported torch.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._engine.arrays import as_float
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array
from .network import Network
from .structure import Structure
from .torch_layers import (
    KEYS,
    LAYERS,
    READOUT,
    as_tensors,
    found_unit,
    layer_arrays,
    matching,
    readout_arrays,
    readout_group,
    starts,
)

if TYPE_CHECKING:
    import torch

__all__ = ["from_torch_state_dict", "to_torch_module", "to_torch_state_dict"]


def from_torch_state_dict(
    state: Mapping[str, ArrayLike],
    *,
    nonlinearity: str = "tanh",
    prefix: str = "",
    readout: str | None = None,
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
    readout : str, optional
        What those of a torch.nn.Linear start with that reads the layer at the same time, "head.".

    Returns
    -------
    Network
        One unit, "lnl", "lstm" or "gru", that reads the input at lag 0, with all nodes observed, or
        the nodes of "readout", a linear unit: `Network.simulate` gives what the layer gives from
        zero states. The two biases of torch are one here, their sum, but for those of the GRU's new
        gate. Sequences stand first in arrays: torch's (T, B, M) is ``np.moveaxis(u, 1, 0)`` here.

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
    arrays = _arrays(state, prefix, readout)
    layer, size = LAYERS[_kind(arrays)], arrays["weight_hh_l0"].shape[1]
    head = None if readout is None else _head(state, readout, size)
    net = Network(arrays["weight_ih_l0"].shape[1])
    options = {**layer.options, "bias": "bias_ih_l0" in arrays}
    if layer.unit == "lnl":
        options["activation"] = _nonlinearity(nonlinearity)
    net.unit(layer.unit, size, None, **options)
    for place, block in enumerate(layer.blocks):
        rows = slice(place * size, (place + 1) * size)
        for key, role in zip(KEYS, block):
            if key in arrays:
                name = f"{layer.unit}.{role}"
                is_second = key == "bias_hh_l0" and role == block.input_bias
                net.weights[name] = arrays[key][rows] + (net.weights[name] if is_second else 0)
    if head is not None:
        x = net.groups[f"{layer.unit}.x"]
        net.linear(len(head[0]), READOUT, sources=[x.lag(0)], bias=head[1] is not None)
        net.weights[f"{READOUT}.x.W_{layer.unit}"] = head[0]
        if head[1] is not None:
            net.weights[f"{READOUT}.x.a"] = head[1]
    return net


def to_torch_state_dict(
    net: Network,
    unit: str | None = None,
    *,
    prefix: str = "",
    readout: str | None = None,
    tensors: bool | None = None,
) -> dict[str, Array] | dict[str, torch.Tensor]:
    """Return the state dict of a torch.nn.RNN, LSTM or GRU that computes what a unit does.

    Parameters
    ----------
    net : Network
    unit : str, optional
        Name of the unit, when the network has several that torch knows.
    prefix : str
        What the names of the layer start with in the state dict of a larger module, "rnn.".
    readout : str, optional
        What the names of a torch.nn.Linear start with, "head.": that of the linear group which
        reads the unit at the same time, and nothing else. It is left out by default.
    tensors : bool, optional
        Whether values are tensors of torch (float64) instead of NumPy arrays; by default they are
        where the program has imported torch.

    Returns
    -------
    dict of str to array or tensor
        For ``module.load_state_dict``. Biases stand in bias_ih_l0, bias_hh_l0 is 0 but for that of
        the GRU's new gate. Gates that are zeta functions, of which torch has none, are the logistic
        functions of four times their arguments.

    Raises
    ------
    ArgumentError
        No such unit, or one that torch lacks: with leak, peepholes, masks, learnt initial states
        (`to_torch_module` has these), the input at another lag than 0; no such readout, or several.
        The message tells how such a unit is made.
    ImportError
        Tensors are wanted, and torch is not installed.

    Examples
    --------
    >>> net = bt.Network(1)
    >>> h = net.gru(4, input_lag=0)
    >>> readout = net.linear(1, sources=[h.lag(0)])
    >>> state = bt.interop.to_torch_state_dict(net.randomize(0), prefix="rnn.", readout="head.")
    >>> [name for name in state if name.startswith("head.")]
    ['head.weight', 'head.bias']
    """
    unit, match = found_unit(net, unit, matching)
    found = {f"{prefix}{key}": values for key, values in layer_arrays(net, unit, match).items()}
    if readout is not None:
        found |= readout_arrays(net, unit, readout)
    if tensors is None:
        tensors = "torch" in sys.modules
    return as_tensors(found) if tensors else found


def to_torch_module(net: Network, unit: str | None = None) -> torch.nn.Module:
    """Return a torch.nn.Module that computes what a network of one recurrent unit does.

    Parameters
    ----------
    net : Network
        A unit that torch has, as for `to_torch_state_dict` but for its input, which may come late,
        and its initial state, which may be learnt; its nodes are the outputs, or those of one
        linear group that reads it at the same time and nothing else.
    unit : str, optional
        Name of the unit, when the network has several that torch knows.

    Returns
    -------
    torch.nn.Module
        In float64, with the layer as `rnn`, a torch.nn.Linear as `readout` where there is one, and
        the parameters `h0` and, of an LSTM, `c0`. ``module(u)`` takes (T, M) or (T, B, M) and
        returns (T, O) or (T, B, O); inputs that come late are at rest before.

    Raises
    ------
    ArgumentError
        No such unit, or one that torch lacks; outputs of another kind.
    ImportError
        torch is not installed.
    """
    from .torch_tensors import module

    name, match = found_unit(net, unit, lambda n, u: matching(n, u, anyhow=True))
    x, head = f"{name}.x", None
    observed = Structure(net).observed
    if [group for group, _ in observed] != [x]:
        head = readout_group(net, name)["name"]
    if observed != [(head or x, net.groups[head or x].size)]:
        shown = ", ".join(f"{count} of {group}" for group, count in observed)
        raise ArgumentError(
            f"outputs: {shown}, expected all nodes of {x}, or of a linear group that reads it"
        )
    state = layer_arrays(net, name, match)
    linear = readout_arrays(net, name, "") if head is not None else None
    return module(match.kind, match.options, state, linear, starts(net, name))


def _head(
    state: Mapping[str, ArrayLike], prefix: str, size: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read weight and bias of a readout."""
    given = {str(key): state[key] for key in state}
    if f"{prefix}weight" not in given:
        raise ArgumentError(f"state: {prefix}weight is missing")
    weight = as_float(_plain(given[f"{prefix}weight"]), f"state {prefix}weight")
    if weight.ndim != 2 or weight.shape[1] != size or not len(weight):
        raise SizeError(f"state {prefix}weight: shape {weight.shape}, expected (outputs, {size})")
    if f"{prefix}bias" not in given:
        return weight, None
    bias = as_float(_plain(given[f"{prefix}bias"]), f"state {prefix}bias")
    if bias.shape != (len(weight),):
        raise SizeError(f"state {prefix}bias: shape {bias.shape}, expected ({len(weight)},)")
    return weight, bias


def _arrays(
    state: Mapping[str, ArrayLike], prefix: str, readout: str | None
) -> dict[str, np.ndarray]:
    """Read the arrays of the layer, without the prefix, their names checked."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"state: {type(state).__name__} came, expected a mapping, layer.state_dict()"
        )
    heads = () if readout is None else (f"{readout}weight", f"{readout}bias")
    names = [str(key) for key in state if str(key) not in heads]
    given = {name[len(prefix) :]: state[name] for name in names if name.startswith(prefix)}
    for key in given:
        if key in KEYS:
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
        raise ArgumentError(f"state: unknown name {prefix}{key}, expected {', '.join(KEYS)}{hint}")
    biases = [key for key in KEYS[2:] if key in given]
    for key in KEYS if biases else KEYS[:2]:
        if key not in given:
            raise ArgumentError(f"state: {prefix}{key} is missing")
    return {key: as_float(_plain(given[key]), f"state {prefix}{key}") for key in given}


def _plain(array: object) -> object:
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
    kinds = {len(layer.blocks) * size: kind for kind, layer in LAYERS.items()}
    if rows not in kinds:
        expected = ", ".join(f"({count}, {size}) for {kind}" for count, kind in kinds.items())
        raise SizeError(f"state weight_hh_l0: shape {recurrent.shape}, expected {expected}")
    inputs = arrays["weight_ih_l0"]
    if inputs.ndim != 2 or inputs.shape[0] != rows or inputs.size == 0:
        raise SizeError(f"state weight_ih_l0: shape {inputs.shape}, expected ({rows}, inputs)")
    for key in KEYS[2:]:
        if key in arrays and arrays[key].shape != (rows,):
            raise SizeError(f"state {key}: shape {arrays[key].shape}, expected ({rows},)")
    return kinds[rows]


def _nonlinearity(name: str) -> str:
    if name not in ("tanh", "relu"):
        raise ArgumentError(f"nonlinearity: {name!r} came, expected 'tanh' or 'relu'")
    return name
