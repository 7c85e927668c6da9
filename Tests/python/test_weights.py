"""Weights as a mapping, as a flat vector, their bounds and fixed flags."""

import backtune as bt
import numpy as np
import pytest
from conftest import same


def test_mapping(net):
    weights = net.weights
    assert len(weights) == len(list(weights)) == 6
    assert "lnl.x2.W" in weights and "nosuch" not in weights and 3 not in weights
    assert set(weights) == set(dict(weights))
    with pytest.raises(KeyError, match="lnl.x2.W"):
        weights["nosuch"]
    assert weights.get("nosuch") is None


def test_reading_gives_a_copy(net):
    first = net.weights["lnl.x2.W"]
    with pytest.raises(ValueError, match="read-only"):
        first[:] = 100
    net.weights["lnl.x2.W"] = np.zeros((3, 3))
    assert first.any() and not net.weights["lnl.x2.W"].any()


def test_assigning(net):
    weights = net.weights
    values = np.arange(9.0).reshape(3, 3) / 10
    weights["lnl.x2.W"] = values.T
    assert same(net.weights["lnl.x2.W"], np.ascontiguousarray(values.T))
    weights["lnl.x2.a"] = 0.5
    assert same(weights["lnl.x2.a"], np.full(3, 0.5))
    weights["lnl.x2.a"] = [1, 2, 3]
    assert same(weights["lnl.x2.a"], np.array([1.0, 2, 3]))
    net.weights = {"lnl.x2.a": 0.0}
    assert same(weights["lnl.x2.a"], np.zeros(3))


def test_wrong_values_change_nothing(net):
    before = net.get_weights()
    for name, value in [
        ("lnl.x2.W", np.zeros((3, 2))),
        ("lnl.x2.W", np.zeros(9)),
        ("lnl.x2.W", np.nan),
        ("lnl.x2.a", [1, np.inf, 2]),
        ("lnl.x1.g", 2.0),
    ]:
        with pytest.raises(ValueError):
            net.weights[name] = value
    with pytest.raises(TypeError):
        net.weights["lnl.x2.a"] = ["a", "b", "c"]
    with pytest.raises(ValueError):
        net.set_weights(np.zeros(before.size + 1))
    with pytest.raises(ValueError):
        net.set_weights(np.full(before.size, np.nan))
    assert same(net.get_weights(), before)


def test_flat_order(net):
    flat = np.concatenate([net.weights[name].ravel() for name in net.weights])
    assert same(net.get_weights(), flat)
    net.set_weights(flat[::-1] * 0 + 0.25)
    assert all(np.all(net.weights[name] == 0.25) for name in net.weights)


def test_bounds(net):
    lower, upper = net.weights.bounds("lnl.x2.W")
    assert np.all(lower == -np.inf) and np.all(upper == np.inf)
    net.weights.constrain("lnl.x2.W", lower=0)
    lower, upper = net.weights.bounds("lnl.x2.W")
    assert np.all(lower == 0) and np.all(upper == np.inf)
    assert np.all(net.weights["lnl.x2.W"] >= 0)
    net.weights.constrain("lnl.x2.W", upper=np.full((3, 3), 0.1))
    assert np.all(net.weights["lnl.x2.W"] <= 0.1)
    assert np.all(net.weights.bounds("lnl.x2.W")[0] == 0)
    with pytest.raises(ValueError):
        net.weights.constrain("lnl.x2.W", lower=1, upper=0)
    with pytest.raises(ValueError):
        net.weights["lnl.x2.W"] = 0.2


def test_fixed_weights_stay(problem):
    net, u, y = problem
    net.weights.constrain("lnl.x2.B", fixed=True)
    where = np.zeros((4, 4))
    where[0] = 1
    net.weights.constrain("lnl.x2.W", fixed=where)
    assert net.weights.fixed("lnl.x2.B").all() and net.weights.fixed("lnl.x2.W").sum() == 4
    before = {name: net.weights[name] for name in net.weights}
    assert net.get_weights().size == 24 - 8
    bt.Estimator(net, u, y).run(5, progress=False)
    assert same(net.weights["lnl.x2.B"], before["lnl.x2.B"])
    assert same(net.weights["lnl.x2.W"][0], before["lnl.x2.W"][0])
    assert not same(net.weights["lnl.x2.W"][1:], before["lnl.x2.W"][1:])
    net.weights.constrain("lnl.x2.B", fixed=False)
    assert not net.weights.fixed("lnl.x2.B").any()


def test_randomize_by_seed():
    one, two = bt.lnl_network(5).randomize(3), bt.lnl_network(5).randomize(3)
    assert same(one.get_weights(), two.get_weights())
    assert not same(one.get_weights(), two.randomize(4).get_weights())
    assert np.all((one.weights["lnl.x1.g"] >= 0) & (one.weights["lnl.x1.g"] <= 0.5))
    big = bt.lnl_network(60).randomize(0).weights["lnl.x2.W"]
    assert abs(big.std() - 0.5 / np.sqrt(61)) < 0.1 * big.std()


def test_sparse_arrays_stay_sparse():
    net = bt.Network(1)
    net.lnl(2, mask=[[0, 1], [1, 0]])
    net.weights["lnl.x2.W"] = [[0, 2], [3, 0]]
    assert same(net.weights["lnl.x2.W"], np.array([[0.0, 2], [3, 0]]))
    with pytest.raises(ValueError):
        net.weights["lnl.x2.W"] = np.ones((2, 2))
