"""Weights from and to torch's state dicts, without torch."""

import re

import backtune as bt
import numpy as np
import pytest
from backtune.interop import from_torch_state_dict, to_torch_state_dict
from conftest import same


class Tensor:
    """What a torch tensor is to NumPy: it refuses until it is detached."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("can't call numpy() on a tensor that requires grad")

    def detach(self):
        return Detached(self.values)


class Detached:
    def __init__(self, values):
        self.values = values

    def cpu(self):
        return self

    def numpy(self):
        return np.array(self.values)


@pytest.fixture(params=["RNN", "LSTM", "GRU"])
def case(request, golden):
    cases = {case["unit"]: case for case in golden("torch.json")["cases"]}
    return next(case for unit, case in cases.items() if unit.upper().startswith(request.param))


def test_golden(case):
    net = from_torch_state_dict(case["torch_weights"])
    u = np.array(case["inputs"])
    y, states = net.simulate(u, states=True)
    np.testing.assert_allclose(y, case["outputs"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(y[-1], np.ravel(case["final"]["h"]), rtol=0, atol=1e-12)
    if "c" in case["final"]:
        final = states["lstm.s"][-1]
        np.testing.assert_allclose(final, np.ravel(case["final"]["c"]), rtol=0, atol=1e-12)
    (unit,) = {name.split(".")[0] for name in net.weights}
    gradient, first = net.gradient(u, y - np.array(case["target"])), 0
    expected = case["gradient"]
    assert {f"{unit}.{name}" for name in expected} == set(net.weights)
    for name, values in net.weights.items():
        part = gradient[first : first + values.size].reshape(values.shape)
        wanted = np.array(expected[name[len(unit) + 1 :]])
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(part, wanted, rtol=0, atol=1e-12 * scale)
        first += values.size


def test_round_trip(case):
    net = from_torch_state_dict(case["torch_weights"])
    state = to_torch_state_dict(net)
    assert list(state) == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    for key, values in case["torch_weights"].items():
        values = np.array(values)
        assert state[key].shape == values.shape and state[key].dtype == np.float64
        if key.startswith("weight"):
            assert same(state[key], values)
    both = np.array(case["torch_weights"]["bias_ih_l0"]) + case["torch_weights"]["bias_hh_l0"]
    assert same(state["bias_ih_l0"] + state["bias_hh_l0"], both)
    size = 4
    split = slice(2 * size, 3 * size) if case["unit"].upper() == "GRU" else slice(0, 0)
    for key in ("bias_ih_l0", "bias_hh_l0"):
        assert same(state[key][split], np.array(case["torch_weights"][key])[split])
    zero = np.delete(state["bias_hh_l0"], split)
    assert np.all(zero == 0)
    assert from_torch_state_dict(state).to_json() == net.to_json()


def test_tensors_prefix_and_no_bias(case):
    weights = case["torch_weights"]
    state = {f"rnn.{key}": Tensor(values) for key, values in weights.items()}
    state["head.weight"] = Tensor([[1.0]])
    net = from_torch_state_dict(state, prefix="rnn.")
    assert net.to_json() == from_torch_state_dict(weights).to_json()
    with pytest.raises(ValueError, match=re.escape("unknown name rnn.weight_ih_l0")):
        from_torch_state_dict(state)
    bare = {key: weights[key] for key in weights if key.startswith("weight")}
    plain = from_torch_state_dict(bare)
    assert not any(name.endswith(".a") for name in plain.weights)
    back = to_torch_state_dict(plain)
    assert list(back) == list(bare) and all(same(back[key], np.array(bare[key])) for key in bare)
    zeros = {key: np.zeros_like(weights[key]) if "bias" in key else weights[key] for key in weights}
    u = np.array(case["inputs"])
    assert same(plain.simulate(u), from_torch_state_dict(zeros).simulate(u))
    single = {key: np.array(values, dtype=np.float32) for key, values in weights.items()}
    np.testing.assert_allclose(
        from_torch_state_dict(single).simulate(u), case["outputs"], rtol=0, atol=1e-5
    )


def test_relu():
    arrays = {"weight_ih_l0": [[2.0]], "weight_hh_l0": [[0.5]]}
    net = from_torch_state_dict(arrays, nonlinearity="relu")
    assert same(net.simulate([1.0, 0, -5])[:, 0], np.array([2.0, 1, 0]))
    assert same(to_torch_state_dict(net)["weight_hh_l0"], np.array([[0.5]]))
    with pytest.raises(ValueError, match="nonlinearity: 'elu'"):
        from_torch_state_dict(arrays, nonlinearity="elu")


def head(**options):
    net = bt.Network(3)
    h = net.gru(4, input_lag=0, **options)
    net.linear(2, "out", sources=[h.lag(0)])
    return net.randomize(2)


def test_readouts_and_prefixes():
    """The layer and what reads it, by the names of a larger module."""
    net = head(profile="logistic")
    state = to_torch_state_dict(net, prefix="rnn.", readout="head.")
    assert list(state)[4:] == ["head.weight", "head.bias"]
    assert same(state["head.weight"], net.weights["out.x.W_gru"])
    assert all(key.startswith("rnn.") for key in list(state)[:4])
    assert list(to_torch_state_dict(net, prefix="rnn.")) == list(state)[:4]
    back = from_torch_state_dict(state, prefix="rnn.", readout="head.")
    u = bt.random.normal(30).reshape(10, 3)
    assert back.outputs == 2 and same(back.simulate(u), net.simulate(u))
    # Without prefixes too, and without a bias.
    bare = {key.partition(".")[2]: values for key, values in state.items() if key[:3] == "rnn"}
    bare |= {"weight": state["head.weight"]}
    plain = from_torch_state_dict(bare, readout="")
    shift = net.simulate(u) - plain.simulate(u)
    np.testing.assert_allclose(shift, np.tile(state["head.bias"], (10, 1)), atol=1e-14)
    assert "bias" not in to_torch_state_dict(plain, readout="")
    for wrong, message in [
        ({"head.weight": None}, r"state: head\.weight is missing"),
        (
            {"head.weight": np.ones((2, 3))},
            r"head\.weight: shape \(2, 3\), expected \(outputs, 4\)",
        ),
        ({"head.bias": np.ones(3)}, r"head\.bias: shape \(3,\), expected \(2,\)"),
    ]:
        given = {key: a for key, a in {**state, **wrong}.items() if a is not None}
        with pytest.raises(ValueError, match=message):
            from_torch_state_dict(given, prefix="rnn.", readout="head.")


def test_gates_that_are_zeta_functions():
    """They are logistic functions of four times as much, to the bit."""
    net = head()
    state = to_torch_state_dict(net, readout="head.")
    assert same(state["weight_ih_l0"][:4], 4 * net.weights["gru.r.B"])
    assert same(state["weight_ih_l0"][8:], net.weights["gru.hi.B"])
    u = bt.random.normal(60, seed=3).reshape(20, 3)
    back = from_torch_state_dict(state, readout="head.")
    np.testing.assert_allclose(back.simulate(u), net.simulate(u), rtol=1e-13, atol=1e-15)


def test_readouts_that_there_are_not():
    net = bt.Network(1)
    h = net.gru(2, input_lag=0)
    with pytest.raises(ValueError, match=r"read gru\.x at lag 0 .* nothing else: none, expected"):
        to_torch_state_dict(net, readout="head.")
    for name in ("one", "two"):
        net.linear(1, name, sources=[h.lag(0)])
    with pytest.raises(ValueError, match=r"nothing else: one\.x, two\.x, expected one"):
        to_torch_state_dict(net, readout="head.")


def test_tensors_need_torch(python):
    """Arrays without torch; who asks for tensors is told what is missing."""
    program = """
import sys
sys.modules["torch"] = None
import backtune as bt, numpy as np
net = bt.Network(1)
net.gru(2, input_lag=0)
net.randomize(0)
del sys.modules["torch"]
state = bt.interop.to_torch_state_dict(net)
assert all(isinstance(value, np.ndarray) for value in state.values())
sys.modules["torch"] = None
for call in (
    lambda: bt.interop.to_torch_state_dict(net, tensors=True),
    lambda: bt.interop.to_torch_module(net),
):
    try:
        call()
    except ImportError as error:
        print(error)
"""
    assert python(program).splitlines() == [
        "tensors need PyTorch: pip install torch",
        "to_torch_module needs PyTorch: pip install torch",
    ]


def test_a_layer_among_others():
    net = bt.Network(3)
    lstm = net.lstm(5, "memory", profile="logistic", input_lag=0)
    net.linear(1, sources=[lstm.lag(0)])
    net.randomize(1)
    state = to_torch_state_dict(net)
    assert same(to_torch_state_dict(net, "memory")["bias_ih_l0"], state["bias_ih_l0"])
    u = bt.random.normal(30).reshape(10, 3)
    states = net.simulate(u, states=True)[1]
    np.testing.assert_allclose(
        from_torch_state_dict(state).simulate(u), states["memory.x"], rtol=1e-12, atol=1e-15
    )
    net.gru(2, profile="logistic", input_lag=0)
    with pytest.raises(ValueError, match=r"2 of them \(memory, gru\)"):
        to_torch_state_dict(net)
    assert to_torch_state_dict(net, "gru")["weight_ih_l0"].shape == (6, 3)
    with pytest.raises(ValueError, match="'linear'"):
        to_torch_state_dict(net, "linear")
    with pytest.raises(ValueError, match="'nosuch'"):
        to_torch_state_dict(net, "nosuch")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("lstm", {}),
        ("lstm", {"profile": "logistic"}),
        ("lstm", {"profile": "logistic", "input_lag": 0, "peephole": True}),
        ("gru", {}),
        ("lnl", {"input_lag": 0}),
        ("lnl", {"input_lag": 0, "activation": "tanh", "leak": "adjust"}),
        ("lnl", {"input_lag": 0, "activation": "tanh", "mask": np.eye(2)}),
        ("lnl", {"input_lag": 0, "activation": "tanh", "initial": "learn"}),
        ("aif", {"input_lag": 0}),
    ],
)
def test_units_that_torch_lacks(kind, options):
    net = bt.Network(1)
    net.unit(kind, 2, **options)
    with pytest.raises(ValueError, match=r"none, expected one.*input_lag=0"):
        to_torch_state_dict(net)
    none = bt.Network(0)
    none.lnl(2, activation="tanh")
    with pytest.raises(ValueError, match="none"):
        to_torch_state_dict(none)


def test_wrong_state_dicts():
    good = {
        "weight_ih_l0": np.ones((8, 3)),
        "weight_hh_l0": np.ones((8, 2)),
        "bias_ih_l0": np.ones(8),
        "bias_hh_l0": np.ones(8),
    }
    assert "lstm.x" in from_torch_state_dict(good).groups

    def changed(**arrays):
        return {k: v for k, v in {**good, **arrays}.items() if v is not None}

    for state, message in [
        (changed(weight_ih_l1=1), "weight_ih_l1 came: several layers"),
        (changed(weight_hh_l0_reverse=1), "weight_hh_l0_reverse came: two directions"),
        (changed(weight_hr_l0=1), "weight_hr_l0 came: a projection"),
        (changed(other=1), "unknown name other"),
        (changed(weight_hh_l0=None), "weight_hh_l0 is missing"),
        (changed(bias_hh_l0=None), "bias_hh_l0 is missing"),
        ({}, "weight_ih_l0 is missing"),
        (
            changed(weight_hh_l0=np.ones((8, 3))),
            r"weight_hh_l0: shape \(8, 3\).*\(12, 3\) for LSTM",
        ),
        (changed(weight_hh_l0=np.ones(8)), "weight_hh_l0.*matrix"),
        (changed(weight_hh_l0=np.ones((0, 0))), "weight_hh_l0.*matrix"),
        (changed(weight_ih_l0=np.ones((4, 3))), r"weight_ih_l0: shape \(4, 3\), expected \(8, inp"),
        (changed(weight_ih_l0=np.ones((8, 0))), "weight_ih_l0"),
        (changed(bias_ih_l0=np.ones(4)), r"bias_ih_l0: shape \(4,\), expected \(8,\)"),
        (changed(bias_ih_l0=np.full(8, np.nan)), "lstm.yi.a"),
    ]:
        with pytest.raises(ValueError, match=message):
            from_torch_state_dict(state)
    with pytest.raises(TypeError, match="list came"):
        from_torch_state_dict([1, 2])
    with pytest.raises(TypeError, match="weight_ih_l0"):
        from_torch_state_dict(changed(weight_ih_l0=[["a"]]))


def test_state_of_a_module_says_how():
    state = {"rnn.weight_ih_l0": np.ones((4, 1)), "rnn.weight_hh_l0": np.eye(4)}
    with pytest.raises(bt.ArgumentError, match=r"prefix='rnn\.'"):
        bt.interop.from_torch_state_dict(state)
    assert bt.interop.from_torch_state_dict(state, prefix="rnn.").inputs == 1


def test_a_unit_whose_name_begins_another():
    net = bt.Network(2)
    net.lstm(3, name="r", profile="logistic", input_lag=0)
    net.randomize(1)
    alone = to_torch_state_dict(net, "r")
    net.lnl(2, name="r.x")
    found = to_torch_state_dict(net, "r")
    assert all(same(found[key], alone[key]) for key in alone)
