"""Building networks: units, options, groups of one's own, and what is refused."""

import backtune as bt
import numpy as np
import pytest
from conftest import same


def zeta01(u):
    return 1 / (1 + np.exp(-4 * u))


def test_lnl_is_the_equation_of_the_report():
    net = bt.Network(1)
    net.lnl(3, leak="adjust")
    net.randomize(4)
    w = net.weights
    u = bt.random.normal(20, seed=1)
    x, past, expected = np.zeros(3), 0.0, []
    for value in u:
        x2 = w["lnl.x2.a"] + w["lnl.x2.W"] @ x + w["lnl.x2.B"][:, 0] * past
        x = w["lnl.x1.g"] * x + zeta01(x2)
        past = value
        expected.append(x)
    np.testing.assert_allclose(net.simulate(u), expected, rtol=1e-13)


def test_linear_of_range_three():
    net = bt.Network(2)
    net.linear(2, range=3, bias=False)
    net.randomize(0)
    w = net.weights
    assert net.range == 3 and list(w) == [f"linear.x.{r}" for r in ("W1", "W2", "W3", "B")]
    u = bt.random.normal(20).reshape(10, 2)
    x = np.zeros((13, 2))
    for t in range(10):
        before = u[t - 1] if t else np.zeros(2)
        x[t + 3] = w["linear.x.B"] @ before + sum(
            w[f"linear.x.W{r}"] @ x[t + 3 - r] for r in (1, 2, 3)
        )
    np.testing.assert_allclose(net.simulate(u), x[3:], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("tanh", np.tanh),
        ("zeta01", zeta01),
        ("relu", lambda u: np.maximum(u, 0)),
        ("identity", lambda u: u),
        ("logistic", lambda u: 1 / (1 + np.exp(-u))),
        (bt.zeta(-1, 1), np.tanh),
        (bt.zeta(-0.5, 2), lambda u: 0.75 + 1.25 * np.tanh(u / 1.25)),
        (bt.softplus(0.1), lambda u: 0.1 * np.log1p(np.exp(u / 0.1))),
        (bt.upsilon(3), lambda u: zeta01(3 * (u - 0.5))),
        ({"name": "softplus", "eps": 0.1}, lambda u: 0.1 * np.log1p(np.exp(u / 0.1))),
    ],
)
def test_activations(activation, function):
    net = bt.Network(1)
    net.lnl(1, activation=activation, bias=False, sources=[net.input.lag(0)])
    net.weights["lnl.x2.B"] = 1.0
    u = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(net.simulate(u)[:, 0], function(u), rtol=1e-13, atol=1e-14)


def test_constant_leak_and_input_lag():
    net = bt.Network(1)
    net.lnl(1, activation="identity", leak=0.5, bias=False, input_lag=0, mask=[[0]])
    net.weights["lnl.x2.B"] = 1.0
    assert same(net.simulate([1, 0, 0]), np.array([[1], [0.5], [0.25]]))


def test_sources_and_names():
    net = bt.Network(1)
    h = net.lnl(3, name="hidden")
    g = net.lnl(2, sources=[bt.SELF.lag(1), h.lag(0), h.lag(2), net.input.lag(0)])
    assert repr(h.lag(2)) == "hidden.x.lag(2)" and (h.name, h.size) == ("hidden.x", 3)
    assert list(net.groups) == ["hidden.x2", "hidden.x", "lnl.x2", "lnl.x"]
    assert net.groups["lnl.x"] == g and g != h and len({g, net.groups["lnl.x"]}) == 1
    assert "lnl.x2.W" in net.weights and net.weights["lnl.x2.W_hidden0"].shape == (2, 3)
    assert net.lnl(1).name == "lnl2.x"
    assert net.input.size == 1 and net.input.name == "input"


def test_mask_and_density():
    net = bt.Network(1)
    net.lnl(3, mask=np.eye(3))
    net.randomize(0)
    weights = net.weights["lnl.x2.W"]
    assert np.count_nonzero(weights) == 3 and np.all(np.diag(weights) != 0)
    drawn = bt.Network(1)
    drawn.lnl(10, density=0.2, seed=3)
    assert np.count_nonzero(drawn.randomize(0).weights["lnl.x2.W"]) == 20


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("lnl", {"colour": 1}, "colour.*activation"),
        ("lnl", {"leak": 2}, "0.999"),
        ("lnl", {"leak": "much"}, "adjust"),
        ("lnl", {"bias": 3}, "bias"),
        ("lnl", {"activation": "sinus"}, "sinus"),
        ("lnl", {"activation": bt.zeta(1, 0)}, "a < b"),
        ("lnl", {"density": 2}, "density"),
        ("lnl", {"mask": [[0, 1]]}, "mask"),
        ("lnl", {"mask": [[0, 2], [1, 1]]}, "0 or 1"),
        ("lnl", {"leak": float("nan")}, "option leak of unit lnl: nan came"),
        ("linear", {"range": 0}, "range"),
        ("linear", {"range": 1.5}, "range"),
        ("nosuch", {}, "nosuch.*lnl"),
    ],
)
def test_wrong_units_leave_the_network_alone(kind, options, message):
    net = bt.Network(1)
    with pytest.raises(ValueError, match=message):
        net.unit(kind, 2, **options)
    assert net.groups == {} and len(net.weights) == 0


def test_foreign_groups():
    one, two = bt.Network(1), bt.Network(1)
    h = one.lnl(2)
    v = two.learnware(2)
    for call in (
        lambda: two.lnl(2, sources=[h.lag(0)]),
        lambda: two.observe(h),
        lambda: v.connect(h.lag(1)),
        lambda: two.firmware(2).add(1, h.lag(0)),
    ):
        with pytest.raises(ValueError, match="another network"):
            call()
    with pytest.raises(TypeError, match="lag"):
        one.lnl(2, sources=[h])
    with pytest.raises(ValueError, match="SELF"):
        v.connect(bt.SELF.lag(1))
    with pytest.raises(ValueError):
        one.lnl(2, sources=[h.lag(-1)])
    with pytest.raises(TypeError):
        h.lag(0.5)


def test_cycles_at_lag_zero_are_named():
    net = bt.Network(1)
    v = net.learnware(2, "v")
    x = net.firmware(2, "x").add(1, ("tanh", v.lag(0)))
    with pytest.raises(bt.NetworkError, match=r"v.*x"):
        v.connect(x.lag(0))
    v.connect(x.lag(1))


def test_own_groups_are_the_unit():
    ready = bt.Network(1)
    ready.lnl(4, activation="tanh")
    own = bt.Network(1)
    v = own.learnware(4, "lnl.x2", bias=True)
    x = own.firmware(4, "lnl.x").add(1, ("tanh", v.lag(0)))
    v.connect(x.lag(1)).connect(own.input.lag(1))
    u = bt.random.normal(30)
    assert list(own.weights) == list(ready.weights)
    assert same(own.randomize(7).simulate(u), ready.randomize(7).simulate(u))


def test_forms_of_connections():
    net = bt.Network(2)
    v = net.learnware(2, "v").bias(index=[0, 0])
    v.connect(net.input.lag(0), form="diagonal", role="d")
    v.connect(net.input.lag(1), mask=[[0, 1], [0, 0]], role="m")
    v.connect(net.input.lag(2), index=[[0, -1], [-1, 0]], role="s")
    shapes = {name: array.shape for name, array in net.weights.items()}
    assert shapes == {"v.a": (1,), "v.d": (2,), "v.m": (2, 2), "v.s": (1,)}
    net.weights = {"v.a": 1.0, "v.d": [2, 3], "v.m": [[0, 5], [0, 0]], "v.s": 7.0}
    u = np.array([[1.0, 1], [0, 0], [0, 0]])
    assert same(net.simulate(u), np.array([[3.0, 4], [6, 1], [8, 8]]))


def test_terms_of_firmware():
    net = bt.Network(2)
    one = net.learnware(1, "one", bias=True)
    x = net.firmware(2, "x")
    x.add(0.5).add(2.0, net.input.lag(0), ("square", net.input.lag(1))).add(-1, one.lag(0))
    net.weights["one.a"] = 0.25
    u = np.array([[1.0, 2], [3, 4]])
    past = np.array([[0.0, 0], [1, 2]])
    assert same(net.simulate(u), 0.25 + 2 * u * past**2)


def test_wrong_groups():
    net = bt.Network(2)
    v, x = net.learnware(2), net.firmware(2)
    assert (v.name, x.name, net.learnware(1).name) == ("learnware", "firmware", "learnware2")
    with pytest.raises(ValueError):
        v.add(1.0)
    with pytest.raises(ValueError):
        x.connect(v.lag(1))
    with pytest.raises(ValueError):
        v.connect(x.lag(1), form="round")
    with pytest.raises(ValueError, match="one of"):
        v.connect(x.lag(1), form="diagonal", mask=np.eye(2))
    with pytest.raises(ValueError, match=r"mask.*\(2, 2\)"):
        v.connect(x.lag(1), mask=[[1]])
    with pytest.raises(ValueError, match="whole"):
        v.connect(x.lag(1), index=[[0.5, 0], [0, 0]])
    with pytest.raises(ValueError):
        v.connect(x.lag(1), index=[[5, 0], [0, 0]])
    with pytest.raises(TypeError, match="factor"):
        x.add(1.0, "tanh")
    with pytest.raises(ValueError, match="nosuch"):
        net.firmware(2).add(1.0, ("nosuch", v.lag(0)))
    before = net.to_json()
    with pytest.raises(ValueError, match="nosuch"):
        x.add(1.0, ("tanh", v.lag(0)), ("nosuch", v.lag(0)))
    assert net.to_json() == before
    with pytest.raises(ValueError):
        x.add(float("nan"))
    with pytest.raises(ValueError):
        net.learnware(1, "learnware")
    v.connect(x.lag(1))
    with pytest.raises(ValueError):
        v.connect(net.input.lag(1), role="W")


def test_observe():
    net = bt.Network(1)
    a, b = net.lnl(3, name="a"), net.lnl(2, name="b")
    assert net.outputs == 2
    net.randomize(0)
    u = bt.random.normal(10)
    y, states = net.simulate(u, states=True)
    assert same(y, states["b.x"])
    assert net.observe([b, a], count=[1, 2]) is net and net.outputs == 3
    expected = np.hstack([states["b.x"][:, :1], states["a.x"][:, :2]])
    assert same(net.simulate(u), expected)
    assert net.observe(a).outputs == 3 and net.observe([a, b], count=1).outputs == 2
    for wrong in (lambda: net.observe(a, count=4), lambda: net.observe([], count=None)):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError):
        net.observe([a, b], count=[1])
    with pytest.raises(TypeError):
        net.observe("a.x")


def test_nothing_to_observe():
    with pytest.raises(ValueError):
        bt.Network(1).simulate(np.zeros(3))


def test_one_call_networks():
    net = bt.lnl_network(4, inputs=2, outputs=3)
    assert (net.inputs, net.outputs) == (2, 3)
    assert list(net.weights) == ["lnl.x2.W", "lnl.x2.B", "lnl.x1.g"]
    assert np.all(net.weights.bounds("lnl.x1.g")[1] == 0.999)
    line = bt.linear_network(3, range=2)
    assert (line.range, line.outputs) == (2, 1)
    with pytest.raises(ValueError):
        bt.lnl_network(2, outputs=3)


def test_repr():
    net = bt.lnl_network(2)
    assert repr(net) == "<Network: 1 inputs, 1 outputs, 3 groups, 8 adjustable weights>"
    assert "lnl.x2.W: 2 x 2" in repr(net.weights)
    assert repr(net.groups["lnl.x"]) == "<Group lnl.x of 2 nodes>"
    assert "Network" in repr(bt.Network(1))
    assert repr(bt.zeta(0, 2)) == "zeta(0, 2)" and repr(bt.SELF.lag(1)) == "SELF.lag(1)"
