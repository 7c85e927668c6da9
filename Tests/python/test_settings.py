"""What is set of an estimator between runs: results stay until something is estimated anew."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same


@pytest.fixture
def est():
    u = bt.random.normal(60)
    root = bt.lnl_network(2).randomize(5)
    made = bt.Estimator(bt.lnl_network(2).randomize(1), u, root.simulate(u))
    made.run(6, progress=False)
    return made


CHANGES = {"washout": 3, "nu": 0.5, "static": 1, "initial_states": 1, "restarts": 2, "dense": 0}


@pytest.mark.parametrize("name", CHANGES)
def test_looking_destroys_nothing(est, name):
    trace, weights, stop = est.trace, est.get_weights(), est.stop_reason
    est.set_option(name, CHANGES[name])
    for look in (lambda: est.cost, est.gradient, lambda: est.nmse, est.simulate, est.uncertainty):
        look()
        assert same(est.trace.cost, trace.cost) and same(est.get_weights(), weights)
        assert est.stop_reason == stop and same(est.trace.draw_costs, trace.draw_costs)
    # A look is under what was set, and so is the next run.
    assert est.cost == pytest.approx(est.gradient()[0], rel=1e-12)
    assert est.get_option(name) == CHANGES[name]
    after = est.run(4, progress=False)
    assert not same(after.cost[: len(trace)], trace.cost)
    # The start is where it stood.
    if name == "washout":
        net = est.net
        u = bt.random.normal(60)
        y = bt.lnl_network(2).randomize(5).simulate(u)
        error = (net.simulate(u) - y)[3:]
        assert after.cost[-1] == pytest.approx(np.mean(error**2) / 2, rel=1e-9)


def test_a_gradient_is_of_what_is_asked_now(est):
    u = bt.random.normal(60)
    y = bt.lnl_network(2).randomize(5).simulate(u)
    est.set_option("washout", 10)
    cost, _ = est.gradient()
    assert cost == pytest.approx(np.mean((est.net.simulate(u) - y)[10:] ** 2) / 2, rel=1e-9)


def test_method_and_back(est):
    trace = est.trace
    before = est.get_option("restarts")
    est.set_option("restarts", 1)
    est.set_option("restarts", before)
    assert same(est.trace.cost, trace.cost)


def test_starts_that_were_found():
    u, state = bt.random.normal(50), [0.3, -0.6]
    root = bt.lnl_network(2).randomize(5)
    y = root.simulate(u, np.resize(state, root.state_size))
    net = bt.lnl_network(2).randomize(1)
    est = bt.Estimator(net, pd.DataFrame({"u": u}), pd.DataFrame({"y": y[:, 0]}), initial="learn")
    trace = est.run(60, progress=False)
    assert trace.start == "learnt" and "learnt initial states" in repr(trace)
    fitted = est.simulate()
    assert list(fitted.index) == list(range(50))
    error = fitted.to_numpy() - y
    assert trace.nmse[-1] == pytest.approx((error**2).sum() / ((y - y.mean()) ** 2).sum(), rel=1e-6)
    # The starts stay readable when the option is taken back.
    starts = est.initial_states
    est.set_option("initial_states", 0)
    assert same(est.initial_states, starts)


def test_given_starts_are_named():
    u = bt.random.normal(30)
    net = bt.lnl_network(2).randomize(1)
    y = bt.lnl_network(2).randomize(5).simulate(u)
    est = bt.Estimator(net, u, y, initial=np.full(net.state_size, 0.1))
    assert est.run(2, progress=False).start == "given"


def tanh_pair(weights):
    net = bt.Network(1)
    h = net.lnl(2, activation="tanh")
    net.linear(1, sources=[h.lag(0)])
    for name, value in weights.items():
        net.weights[name] = np.full(net.weights[name].shape, value)
    return net


def pair_data():
    random = np.random.default_rng(0)
    u = random.normal(size=(200, 1))
    root = bt.Network(1)
    h = root.lnl(2, activation="tanh")
    root.linear(1, sources=[h.lag(0)])
    y = 3 * root.randomize(3).simulate(u)
    return u, y + 0.01 * random.normal(size=y.shape)


def test_zero_weights_are_left():
    """All weights 0 and set so: a saddle that the estimation leaves."""
    u, y = pair_data()
    net = tanh_pair(dict.fromkeys(tanh_pair({}).weights, 0.0))
    assert net.origin == "set"
    trace = bt.Estimator(net, u, y).run(100, progress=False)
    assert (np.diff(trace.cost) <= 0).all() and trace.nmse[-1] < 0.05


def test_equal_units_are_left():
    """Two units that are equal: what one unit can do is a saddle of two."""
    u, y = pair_data()
    net = tanh_pair({"lnl.x2.W": 0.1, "lnl.x2.B": 0.4, "lnl.x2.a": 0.1, "linear.x.W_lnl": 0.5})
    one = bt.Network(1)
    h = one.lnl(1, activation="tanh")
    one.linear(1, sources=[h.lag(0)])
    single = bt.Estimator(one.randomize(0), u, y).run(200, progress=False).nmse[-1]
    trace = bt.Estimator(net, u, y).run(200, progress=False)
    assert (np.diff(trace.cost) <= 0).all() and trace.nmse[-1] < 0.7 * single


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("offset", [0, 3])
@pytest.mark.parametrize("unit", ["lnl", "lstm", "gru", "linear"])
def test_zero_inputs_leave_the_best_constant(unit, offset, seed):
    y = np.random.default_rng(seed).normal(size=(80, 1)) + offset
    net = bt.Network(1)
    if unit == "linear":
        net.linear(1, range=2)
    else:
        net.linear(1, sources=[getattr(net, unit)(2).lag(0)])
    trace = bt.Estimator(net.randomize(seed), np.zeros((80, 1)), y).run(40, progress=False)
    assert (np.diff(trace.cost) <= 0).all() and trace.nmse[-1] <= 1 + 1e-9


def test_outputs_that_cannot_reach_the_best_constant():
    """What units of at most 1 can do about means of 0.6 and 1.3: the nearest they reach."""
    y = 0.1 * np.random.default_rng(0).normal(size=(80, 2)) + [0.6, 1.3]
    net = bt.Network(1)
    net.observe(net.lnl(2))
    net.randomize(0)
    net.weights["lnl.x2.W"] = 0
    net.weights.constrain("lnl.x2.W", fixed=True)
    trace = bt.Estimator(net, np.zeros((80, 1)), y).run(40, progress=False)
    mean = y.mean(0)
    best = ((y - [mean[0], 1]) ** 2).sum() / ((y - mean) ** 2).sum()
    assert best > 4 and trace.nmse[-1] == pytest.approx(best, rel=1e-9)
    assert trace.stop == "saddle" and "cannot reach" in trace.stop_reason


def test_nothing_to_find_is_no_minimum():
    """Outputs that have nothing to do with inputs of zero: the best constant, and it says so."""
    y = np.random.default_rng(0).normal(size=(80, 1))
    net = tanh_pair({"lnl.x2.B": 0.3})
    net.weights.constrain("lnl.x2.W", fixed=True)
    trace = bt.Estimator(net, np.zeros((80, 1)), y).run(50, progress=False)
    assert trace.stop in ("saddle", "iterations", "stalled")
    assert trace.stop != "converged"


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"restarts": "many"}, ValueError, "restarts: 'many' came, expected a number or 'auto'"),
        ({"restarts": np.array([1, 2])}, ValueError, r"option restarts: shape \(2,\)"),
        ({"washout": "x"}, TypeError, "option washout: dtype <U1, expected real numbers"),
        ({"static": [1]}, ValueError, r"option static: shape \(1,\), expected one number"),
    ],
)
def test_options_that_are_no_numbers_are_named(options, kind, words):
    with pytest.raises(kind, match=words):
        bt.Estimator(bt.lnl_network(1), np.zeros(9), np.arange(9.0), **options)
