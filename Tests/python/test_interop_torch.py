"""Weights from and to torch itself, where it is installed."""

import importlib.util

import backtune as bt
import numpy as np
import pytest
from backtune.interop import from_torch_state_dict, to_torch_module, to_torch_state_dict
from conftest import later
from export_cases import deviation, drawn

pytestmark = [
    later,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None, reason="needs PyTorch: pip install torch"
    ),
]

CLOSE = 1e-12
KINDS = {"RNN": ("lnl", {"activation": "tanh"}), "LSTM": ("lstm", {}), "GRU": ("gru", {})}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def run(layer, u):
    import torch

    with torch.no_grad():
        found = layer(torch.tensor(u))
        return np.asarray(found[0] if isinstance(found, tuple) else found)


def batch(seed=1):
    """Draw inputs as torch has them, (T, B, M)."""
    return bt.random.normal(20 * 4 * 3, seed=seed).reshape(20, 4, 3)


@pytest.mark.parametrize("bias", [True, False])
def test_layers(kind, bias):
    """From a layer and its readout and back, for sequences side by side."""
    import torch

    torch.manual_seed(2)
    layer = getattr(torch.nn, kind)(3, 5, bias=bias, dtype=torch.float64)
    head = torch.nn.Linear(5, 2, bias=bias, dtype=torch.float64)
    both = torch.nn.ModuleDict({"rnn": layer, "head": head})
    net = from_torch_state_dict(both.state_dict(), prefix="rnn.", readout="head.")
    u = batch()
    expected = np.moveaxis(net.simulate(np.moveaxis(u, 1, 0)), 0, 1)
    with torch.no_grad():
        found = np.asarray(head(layer(torch.tensor(u))[0]))
    assert deviation(found, expected) < CLOSE
    state = to_torch_state_dict(net, prefix="rnn.", readout="head.")
    assert all(isinstance(value, torch.Tensor) for value in state.values())
    other = torch.nn.ModuleDict(
        {
            "rnn": getattr(torch.nn, kind)(3, 5, bias=bias, dtype=torch.float64),
            "head": torch.nn.Linear(5, 2, bias=bias, dtype=torch.float64),
        }
    )
    other.load_state_dict(state)
    with torch.no_grad():
        again = np.asarray(other["head"](other["rnn"](torch.tensor(u))[0]))
    assert deviation(again, expected) < CLOSE
    arrays = to_torch_state_dict(net, tensors=False)
    assert all(isinstance(value, np.ndarray) for value in arrays.values())


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("readout", [True, False])
def test_modules(kind, lag, readout):
    """Units with their starts, whatever the lag of the input, for one sequence and for several."""
    import torch

    unit, options = KINDS[kind]
    net = bt.Network(3)
    h = net.unit(unit, 5, "memory", input_lag=lag, initial="learn", **options)
    if readout:
        net.linear(2, "out", sources=[h.lag(0)])
    drawn(net)
    net.rest = [0.5, -1, 2]
    module = to_torch_module(net)
    u = batch(seed=4)
    expected = np.moveaxis(net.simulate(np.moveaxis(u, 1, 0)), 0, 1)
    assert deviation(run(module, u), expected) < CLOSE
    assert deviation(run(module, u[:, 0]), expected[:, 0]) < CLOSE
    assert deviation(run(module, u[:2]), expected[:2]) < CLOSE
    # It can be trained on, its start too.
    module(torch.tensor(u)).square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    assert float(module.h0.grad.abs().max()) > 0


def test_modules_that_there_are_not():
    net = bt.Network(1)
    h = net.gru(3)
    net.firmware(3, "square").add(1, ("square", h.lag(0)))
    with pytest.raises(bt.ArgumentError, match="readout: linear groups"):
        to_torch_module(drawn(net))
    net.observe(h, 2)
    with pytest.raises(bt.ArgumentError, match=r"outputs: 2 of gru\.x, expected all nodes"):
        to_torch_module(net)
    net = bt.Network(1)
    net.lnl(3, leak="adjust")
    with pytest.raises(bt.ArgumentError, match="units that torch has: none"):
        to_torch_module(net)
