"""Constraints: bounds, signs, masks, sharing, fixed weights, through every iteration."""

import backtune as bt
import numpy as np
import pytest


def learner(seed=0):
    net = bt.Network(inputs=1)
    net.lnl(4, activation="tanh", leak="adjust")
    net.randomize(seed=seed)
    return net


def data(seed=0):
    root = learner(1000 + seed)
    u = np.random.default_rng(seed).normal(size=(100, 1))
    return u, root.simulate(u)


W = "lnl.x2.W"


def test_everything_holds_at_every_iteration():
    u, y = data()
    net = learner()
    mask = np.array([[0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]])
    # By columns: what a source does to all it reaches (Dale's law).
    net.weights.constrain(W, lower=-0.4, upper=0.5, sign=[1, 1, -1, 0], mask=mask)
    net.weights.constrain("lnl.x2.B", sign="inhibitory")
    net.weights.constrain("lnl.x2.a", fixed=[True, False, False, True])
    net.randomize(seed=3)
    before = net.weights["lnl.x2.a"]
    seen = []

    def look(report):
        w, b, a, g = (net.weights[name] for name in (W, "lnl.x2.B", "lnl.x2.a", "lnl.x1.g"))
        assert (w[mask == 0] == 0).all()
        assert (w[:, :2] >= 0).all()
        assert (w[:, 2] <= 0).all()
        assert w.min() >= -0.4
        assert w.max() <= 0.5
        assert (b <= 0).all()
        assert (a[[0, 3]] == before[[0, 3]]).all()
        assert (g >= 0).all()
        assert (g <= 0.999).all()
        seen.append(report.cost)

    bt.Estimator(net, u, y).run(40, progress=False, callback=look)
    assert len(seen) == 40
    assert seen[-1] < seen[0]


def test_signs_intersect_bounds():
    net = learner()
    net.weights.constrain(W, lower=-2, upper=3)
    net.weights.constrain(W, sign=np.array([[1], [-1], [0], [1]]))
    lower, upper = net.weights.bounds(W)
    assert lower[:, 0].tolist() == [0, -2, -2, 0]
    assert upper[:, 0].tolist() == [3, 0, 3, 3]
    net.weights.constrain(W, lower=0.5, upper=1)
    with pytest.raises(bt.ArgumentError, match="bounds"):
        net.weights.constrain(W, sign="inhibitory")
    assert (net.weights.bounds(W)[0] == 0.5).all()


def test_mask_then_free():
    net = learner()
    there = np.eye(4)
    net.weights.constrain(W, mask=there, fixed=False)
    assert (net.weights.fixed(W) == (there == 0)).all()
    assert (net.weights[W][there == 0] == 0).all()
    net.weights.constrain(W, fixed=False)
    assert not net.weights.fixed(W).any()
    net.randomize(seed=4)
    assert (net.weights[W][there == 0] == 0).all()
    with pytest.raises(bt.ArgumentError, match=r"lnl\.x2\.W"):
        net.weights[W] = 1.0


def test_constraints_survive_saving(tmp_path):
    net = learner()
    net.weights.constrain(W, sign=[1, -1, 1, -1], mask=1 - np.eye(4))
    net.save(tmp_path / "net.json")
    again = bt.Network.load(tmp_path / "net.json")
    for name in net.weights:
        assert (again.weights[name] == net.weights[name]).all()
        assert (again.weights.fixed(name) == net.weights.fixed(name)).all()
        for a, b in zip(again.weights.bounds(name), net.weights.bounds(name)):
            assert (a == b).all()


def test_any_unit_can_be_masked():
    net = bt.Network(inputs=1)
    net.lstm(3)
    net.randomize(seed=0)
    u, y = np.random.default_rng(0).normal(size=(2, 40, 1))
    net.observe(net.groups["lstm.x"], 1)
    gates = [name for name in net.weights if name.endswith(".W")]
    for name in gates:
        net.weights.constrain(name, mask=np.eye(3))
    bt.Estimator(net, u, y).run(5, progress=False)
    for name in gates:
        assert (net.weights[name][np.eye(3) == 0] == 0).all()


def test_shared_weights_from_an_array():
    net = bt.Network(inputs=1)
    v = net.learnware(3, "v")
    x = net.firmware(3, "x")
    x.add(1, ("tanh", v.lag(0)))
    v.connect(x.lag(1), index=[[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    v.connect(net.input.lag(1), role="B")
    net.randomize(seed=0)
    u = np.random.default_rng(1).normal(size=(60, 1))
    y = 0.3 * net.simulate(u) + 0.1
    bt.Estimator(net, u, y).run(5, progress=False)
    assert net.weights["v.W"].shape == (2,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sign": "up"}, "excitatory"),
        ({"sign": 2}, "sign"),
        ({"sign": np.nan}, "sign"),
        ({"sign": [1, 1]}, "shape"),
        ({"mask": 0.5}, "0 or 1"),
        ({"mask": np.ones((5, 4))}, "shape"),
        ({"lower": 1, "upper": 0}, "lower"),
        ({"lower": [1, 2, 3]}, "shape"),
        ({"fixed": 3}, "0 or 1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    net = learner()
    with pytest.raises(ValueError, match=message):
        net.weights.constrain(W, **arguments)


def test_mask_where_zero_is_out_of_bounds():
    net = learner()
    net.weights.constrain(W, lower=0.1, upper=1)
    with pytest.raises(bt.ArgumentError, match=r"lnl\.x2\.W"):
        net.weights.constrain(W, mask=np.eye(4))
    assert (net.weights[W] >= 0.1).all()


def test_unknown_weights():
    with pytest.raises(KeyError):
        learner().weights.constrain("no", sign=1)
