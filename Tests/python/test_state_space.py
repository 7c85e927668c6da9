"""Linear states with a layer of any function and power, beside the formula in plain NumPy."""

import json

import backtune as bt
import numpy as np
import pytest
from conftest import same

FUNCTIONS = {
    "tanh": ("tanh", np.tanh),
    "identity": ("identity", lambda v: v),
    "softplus": (bt.softplus(1), lambda v: np.log1p(np.exp(v))),
    "wide": (bt.zeta(-2, 4), lambda v: 1 + 3 * np.tanh(v / 3)),
    "logistic": ("logistic", lambda v: (1 + np.tanh(v / 2)) / 2),
}
LAYERS = [
    *(("tanh", 1), ("tanh", 2), ("identity", 1), ("identity", 2), ("identity", 3)),
    *(("softplus", 1), ("softplus", 4), ("wide", 2), ("wide", 3), ("logistic", 9)),
]
# Of complex weights, whose cost then has the derivative as its imaginary part.
TINY = 1e-30


def make(function, degree, **options):
    """Return a network of 2 inputs and 2 outputs."""
    net = bt.Network(2)
    activation = FUNCTIONS[function][0]
    net.state_space(3, "s", outputs=2, activation=activation, degree=degree, **options)
    return net.randomize(degree)


def free_run(w, u, function, degree):
    """Return outputs by the formula, out of weights by name, all states 0 before t = 0."""
    f = FUNCTIONS[function][1]
    x, h, past, outputs = np.zeros(3), np.zeros(len(w["h2.a"])), np.zeros(2), []
    for now in u:
        x = w["x.A"] @ x + w["x.B"] @ past + w["x.E"] @ h
        h = f(w["h2.a"] + w["h2.F"] @ x + w["h2.G"] @ now) ** degree
        past = now
        outputs.append(w["y.a"] + w["y.C"] @ x + w["y.D"] @ now + w["y.H"] @ h)
    return np.array(outputs)


def weights_of(net):
    return {name.removeprefix("s."): np.array(values) for name, values in net.weights.items()}


@pytest.mark.parametrize(("function", "degree"), LAYERS)
def test_values_and_gradient_are_those_of_the_formula(function, degree):
    net = make(function, degree, hidden=4)
    u = bt.random.normal(24, seed=3).reshape(12, 2)
    slopes = bt.random.normal(24, seed=4).reshape(12, 2)
    w = weights_of(net)
    y = free_run(w, u, function, degree)
    np.testing.assert_allclose(net.simulate(u), y, rtol=1e-12, atol=1e-13)
    copy = bt.Network.from_json(net.to_json())
    assert same(copy.simulate(u), net.simulate(u))
    stream = copy.stream()
    assert same(np.array([stream.step(now) for now in u]), net.simulate(u))
    # Every weight is free: the flat gradient has the arrays in their order.
    expected = []
    for name, values in w.items():
        for place in np.ndindex(values.shape):
            moved = {**w, name: values.astype(complex)}
            moved[name][place] += TINY * 1j
            run = free_run(moved, u, function, degree)
            expected.append(np.sum(slopes * run.imag) / TINY)
    gradient = net.gradient(u, slopes)
    assert np.all(np.abs(expected) > 0)
    np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-12 * np.abs(y).max())


def test_the_usual_layer_is_that_of_tanh():
    usual, told = bt.Network(2), bt.Network(2)
    usual.state_space(2, hidden=3)
    told.state_space(2, hidden=3, activation="tanh", degree=1)
    assert told.to_json() == usual.to_json()
    groups = {group["name"]: group for group in json.loads(usual.to_json())["groups"]}
    tanh = {"f": {"name": "zeta", "a": -1, "b": 1}, "source": "state_space.h2", "lag": 0}
    assert groups["state_space.h"]["terms"] == [{"coef": 1, "factors": [tanh]}]
    table = bt.unit_options("state_space")
    assert table["activation"]["default"] == "tanh"
    assert [table["degree"][key] for key in ("least", "default", "most")] == [1, 1, 9]


def test_a_power_is_the_same_factor_several_times():
    groups = json.loads(make("softplus", 4, hidden=2).to_json())["groups"]
    layer = next(group for group in groups if group["name"] == "s.h")
    factor = {"f": {"name": "softplus", "eps": 1}, "source": "s.h2", "lag": 0}
    assert layer["terms"] == [{"coef": 1, "factors": [factor] * 4}]


def test_a_linear_model_has_no_layer():
    net, plain = bt.Network(1), bt.Network(1)
    net.state_space(2, hidden=0, activation="relu", degree=9)
    plain.state_space(2, hidden=0)
    assert net.to_json() == plain.to_json()


def test_a_cubic_layer_goes_on_outside_of_the_record():
    """A cubic plant is found exactly, and followed at three times the amplitude."""

    def plant(u):
        x, y = 0.0, []
        for now in u[:, 0]:
            y.append(x + 0.2 * x**3)
            x = 0.7 * x + now
        return np.array(y)[:, None]

    u = bt.random.normal(300, seed=5).reshape(300, 1)
    nmse = {}
    for function in ("identity", "tanh"):
        net = bt.Network(1)
        net.state_space(1, hidden=1, activation=function, degree=3 if function == "identity" else 1)
        bt.Estimator(net.randomize(0), 0.5 * u, plant(0.5 * u)).run(100, progress=False)
        far = plant(1.5 * u)
        nmse[function] = np.mean((net.simulate(1.5 * u) - far) ** 2) / np.var(far)
    assert nmse["identity"] < 1e-12 and nmse["tanh"] > 1e-2


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_layers_are_learnt(method):
    u = bt.random.normal(400, seed=6).reshape(200, 2)
    for function, degree in (("softplus", 1), ("identity", 2), ("identity", 3)):
        root = make(function, degree, hidden=1)
        y = root.simulate(u)
        net = make(function, degree, hidden=1).randomize(9)
        assert np.mean((net.simulate(u) - y) ** 2) > 0.5 * np.var(y)
        bt.Estimator(net, u, y, method=method).run(40, progress=False)
        assert np.mean((net.simulate(u) - y) ** 2) < 1e-3 * np.var(y)


@pytest.mark.parametrize("feedback", ["none", "measured"])
def test_with_measured_feedback(feedback):
    """The free run of the innovations form is that of the formula with A + K C and so on."""
    net = make("softplus", 2, hidden=2, feedback=feedback)
    u = bt.random.normal(40, seed=7).reshape(20, 2)
    w = weights_of(net)
    x, h, past, last, outputs = np.zeros(3), np.zeros(2), np.zeros(2), np.zeros(2), []
    for now in u:
        x = w["x.A"] @ x + w["x.B"] @ past + w["x.E"] @ h
        if feedback == "measured":
            x = x + w["x.a"] + w["x.K"] @ last
        h = np.log1p(np.exp(w["h2.a"] + w["h2.F"] @ x + w["h2.G"] @ now)) ** 2
        past, last = now, w["y.a"] + w["y.C"] @ x + w["y.D"] @ now + w["y.H"] @ h
        outputs.append(last)
    np.testing.assert_allclose(net.simulate(u), outputs, rtol=1e-12, atol=1e-12)
