"""Predictors in innovations form against the same criterion minimised by SciPy."""

import backtune as bt
import numpy as np
import pytest
from conftest import later
from scipy.optimize import least_squares


def record(order, seed, steps=500):
    """Return u and y of a stable linear system with noise on states and output."""
    random = np.random.default_rng(seed)
    turn = 0.9 * np.array([[np.cos(0.8), np.sin(0.8)], [-np.sin(0.8), np.cos(0.8)]])
    a = np.zeros((order, order))
    a[-1, -1] = -0.7
    if order > 1:
        a[:2, :2] = turn
    b, c = np.arange(1.0, order + 1), np.ones(order)
    u, y, x = random.normal(size=(steps, 1)), np.zeros((steps, 1)), np.zeros(order)
    for t in range(steps):
        if t:
            x = a @ x + b * u[t - 1, 0] + 0.2 * random.normal(size=order)
        y[t, 0] = c @ x + 0.3 * random.normal()
    return u, y


def matrices(weights, n):
    """Cut a vector into a, A, B, K, c, C, D."""
    sizes = np.cumsum([n, n * n, n, n, 1, n])
    bias, a, b, k, constant, c, d = np.split(weights, sizes)
    return bias, a.reshape(n, n), b, k, constant[0], c, d[0]


def one_step(weights, n, u, y):
    """Return the prediction of y(t) from what came before, all states 0 before t = 0."""
    bias, a, b, k, constant, c, d = matrices(weights, n)
    x, found = np.zeros(n), np.zeros(len(u))
    for t in range(len(u)):
        x = a @ x + bias
        if t:
            x = x + b * u[t - 1] + k * y[t - 1]
        found[t] = constant + c @ x + d * u[t]
    return found


def flat(net):
    names = ("x.a", "x.A", "x.B", "x.K", "y.a", "y.C", "y.D")
    return np.concatenate([np.ravel(net.weights[f"state_space.{name}"]) for name in names])


@pytest.mark.parametrize(("order", "seed"), [(1, 1), (2, 2), pytest.param(3, 3, marks=later)])
def test_agrees_with_the_criterion_minimised_by_scipy(order, seed):
    u, y = record(order, seed)
    net = bt.Network(1)
    net.state_space(order, hidden=0, feedback="measured")
    net.randomize(0)
    bt.Estimator(net, u, y, horizon=1).run(100, progress=False)
    # The best of several draws, to its end.
    trace = bt.Estimator(net, u, y, horizon=1, restarts=0).run(300, progress=False)
    assert trace.stop == "converged"
    mine = np.mean((net.predict(u, y) - y) ** 2)
    # The engine's prediction is that of the formula.
    np.testing.assert_allclose(
        net.predict(u, y)[:, 0], one_step(flat(net), order, u[:, 0], y[:, 0]), rtol=0, atol=1e-10
    )

    def errors(weights):
        return one_step(weights, order, u[:, 0], y[:, 0]) - y[:, 0]

    # From starts of its own, and from the weights found.
    random = np.random.default_rng(seed)
    starts = [0.2 * random.normal(size=flat(net).size) for _ in range(2)]
    limits = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-12, "max_nfev": 200}
    with np.errstate(over="ignore", invalid="ignore"):
        found = [least_squares(errors, start, **limits) for start in [*starts, flat(net)]]
    best = min(2 * one.cost / len(y) for one in found)
    assert mine == pytest.approx(best, rel=1e-6)
    # It is a predictor: what is measured helps.
    free = np.mean((net.simulate(u) - y) ** 2)
    assert mine < 0.95 * free


def test_simulates_where_nothing_is_measured():
    u, y = record(2, 5)
    net = bt.Network(1)
    net.state_space(2, hidden=3, feedback="measured")
    net.randomize(1)
    assert net.weights["state_space.x.K"].shape == (2, 1)
    assert list(net.groups)[-1] == "state_space.y.m1"
    unknown = np.full_like(y, np.nan)
    np.testing.assert_array_equal(net.predict(u, unknown), net.simulate(u))
    assert not np.allclose(net.predict(u, y), net.simulate(u))
    # The deterministic model: A + K C in place of A, a + K c as its bias.
    w = net.weights
    x, h, h_past = np.zeros(2), np.zeros(3), np.zeros(3)
    last = np.zeros(1)
    expected = []
    for t in range(50):
        past = u[t - 1] if t else np.zeros(1)
        x = (
            w["state_space.x.a"]
            + w["state_space.x.A"] @ x
            + w["state_space.x.B"] @ past
            + w["state_space.x.K"] @ last
            + w["state_space.x.E"] @ h_past
        )
        h = np.tanh(
            w["state_space.h2.a"] + w["state_space.h2.F"] @ x + w["state_space.h2.G"] @ u[t]
        )
        h_past = h
        last = (
            w["state_space.y.a"]
            + w["state_space.y.C"] @ x
            + w["state_space.y.D"] @ u[t]
            + w["state_space.y.H"] @ h
        )
        expected.append(last)
    np.testing.assert_allclose(net.simulate(u)[:50], expected, rtol=1e-12, atol=1e-12)


def test_streams_and_copies_filter_too():
    u, y = record(1, 7)
    net = bt.Network(1)
    net.state_space(1, feedback="measured")
    net.randomize(2)
    again = bt.Network.from_json(net.to_json())
    stream = again.stream()
    found = np.array([stream.step(*pair) for pair in zip(u[:40], y[:40])])
    np.testing.assert_array_equal(found, net.predict(u[:40], y[:40]))


def test_another_word_is_refused():
    net = bt.Network(1)
    with pytest.raises(
        bt.ArgumentError, match="feedback of unit state_space: .*own.*'none' or 'measured'"
    ):
        net.state_space(2, feedback="own")
    plain = bt.Network(1)
    plain.state_space(2, feedback="none")
    usual = bt.Network(1)
    usual.state_space(2)
    assert plain.to_json() == usual.to_json()
