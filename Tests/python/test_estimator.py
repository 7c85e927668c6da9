"""Estimation: data of every kind, missing values, degenerate cases, settings."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same


def test_run_updates_the_network(problem):
    net, u, y = problem
    start = net.get_weights()
    estimator = bt.Estimator(net, u, y)
    trace = estimator.run(30, progress=False)
    assert trace.cost[-1] < trace.cost[0] and len(trace) <= 31
    assert same(net.get_weights(), estimator.get_weights())
    assert not same(net.get_weights(), start)
    error = net.simulate(u) - y
    assert np.mean(error**2) / 2 == pytest.approx(trace.cost[-1], rel=1e-12)
    assert np.mean(error**2) / np.var(y) == pytest.approx(trace.nmse[-1], rel=1e-12)
    assert estimator.cost == trace.cost[-1] and estimator.nmse == trace.nmse[-1]


def test_cost_never_rises(problem):
    trace = bt.Estimator(*problem).run(20, progress=False)
    assert np.all(np.diff(trace.cost) <= 0)


def test_steps_are_the_run(problem):
    net, u, y = problem
    stepped = net.copy()
    estimator = bt.Estimator(stepped, u, y)
    reports = [estimator.step() for _ in range(4)]
    trace = bt.Estimator(net, u, y).run(4, progress=False)
    assert [r.iteration for r in reports] == [1, 2, 3, 4]
    assert same([r.cost for r in reports], trace.cost[1:])
    assert same(stepped.get_weights(), net.get_weights())
    assert reports[0].order in ("second", "first", "none", "rescue")
    assert reports[0].simulations >= 1 and reports[0].stop is None


def test_one_dimensional_and_pandas_data(problem):
    net, u, y = problem
    expected = bt.Estimator(net.copy(), u, y).run(3, progress=False).cost
    for form in (
        np.ravel,
        lambda a: pd.DataFrame(a),
        lambda a: pd.Series(a[:, 0]),
        np.ndarray.tolist,
    ):
        forms = bt.Estimator(net.copy(), form(u), form(y))
        assert same(forms.run(3, progress=False).cost, expected)
    before = (u.copy(), y.copy())
    bt.Estimator(net, u, y).run(2, progress=False)
    assert same(u, before[0]) and same(y, before[1])


@pytest.mark.parametrize("dtype", ["i8", "?", "f4", "f2", ">f8", "g", "O"])
def test_targets_of_any_dtype(dtype):
    u = bt.random.normal(30)
    y = (bt.random.uniform(30) > 0.5).astype(float)
    net = bt.lnl_network(2).randomize(0)
    expected = bt.Estimator(net.copy(), u, y).run(3, progress=False).cost
    read = bt.Estimator(net.copy(), u, y.astype(dtype)).run(3, progress=False).cost
    assert same(read, expected)


def test_the_data_are_copied(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    expected = bt.Estimator(net.copy(), u.copy(), y.copy()).step().cost
    u[:], y[:] = 7, np.nan
    assert estimator.step().cost == expected


def test_missing_targets_do_not_count(problem):
    net, u, y = problem
    net.set_weights(1.01 * net.get_weights())
    gap = slice(10, 20)
    missing = y.copy()
    missing[gap] = np.nan
    nonsense = y.copy()
    nonsense[gap] = 1e6
    gains = np.ones_like(y)
    gains[gap] = 0
    masked = np.ma.MaskedArray(nonsense, mask=gains == 0)
    runs = []
    for data in ((missing,), (nonsense, gains), (masked,)):
        copy = net.copy()
        trace = bt.Estimator(copy, u, *data).run(10, progress=False)
        runs.append((trace, copy.get_weights()))
    for trace, weights in runs[1:]:
        assert np.all(np.isfinite(weights))
        np.testing.assert_allclose(weights, runs[0][1], rtol=1e-10)
        np.testing.assert_allclose(trace.cost, runs[0][0].cost, rtol=1e-10)
    observed = ~np.isnan(missing)
    error = (net.simulate(u) - y)[observed]
    first = runs[0][0].cost[0]
    assert np.mean(error**2) / 2 == pytest.approx(first, rel=1e-12)


def test_sequences_of_unequal_lengths():
    net = bt.lnl_network(3, inputs=2, outputs=2)
    net.randomize(1)
    teacher = net.copy().randomize(9)
    u = [bt.random.normal(2 * n, seed=n).reshape(n, 2) for n in (7, 50, 1)]
    y = teacher.simulate(u)
    cost = bt.Estimator(net, u, y).cost
    squares = sum(np.sum((a - b) ** 2) for a, b in zip(net.simulate(u), y))
    assert cost == pytest.approx(squares / 2 / (2 * 58), rel=1e-12)
    assert bt.Estimator(net, u[::-1], y[::-1]).cost == pytest.approx(cost, rel=1e-12)
    trace = bt.Estimator(net, u, y).run(20, progress=False)
    assert trace.nmse[-1] < trace.nmse[0]
    assert trace.nmse[-1] == pytest.approx(
        sum(np.sum((a - b) ** 2) for a, b in zip(net.simulate(u), y))
        / np.sum((np.vstack(y) - np.vstack(y).mean(axis=0)) ** 2),
        rel=1e-9,
    )


def test_empty_and_single_step_sequences():
    net = bt.lnl_network(2).randomize(0)
    u = [np.zeros(0), np.ones(3), np.ones(2)]
    y = [np.zeros(0), np.full(3, 0.3), np.full(2, 0.4)]
    with_empty = bt.Estimator(net.copy(), u, y).run(5, progress=False)
    without = bt.Estimator(net.copy(), u[1:], y[1:]).run(5, progress=False)
    np.testing.assert_allclose(with_empty.cost, without.cost, rtol=1e-12)
    assert len(bt.Estimator(net.copy(), [1.0], [0.5]).run(3, progress=False)) >= 1
    for nothing in (([], []), ([1.0, 2.0], [np.nan, np.nan])):
        with pytest.raises(ValueError, match="observed"):
            bt.Estimator(net.copy(), *nothing)


def test_constant_outputs_have_no_nmse():
    net = bt.lnl_network(2).randomize(0)
    for u in (np.zeros(40), np.ones(40)):
        trace = bt.Estimator(net.copy(), u, np.full(40, 2.0)).run(20, progress=False)
        assert np.all(np.isnan(trace.nmse))
        assert np.all(np.isfinite(trace.cost)) and trace.cost[-1] <= trace.cost[0]
    assert "NMSE undefined" in repr(trace) and trace._repr_html_()


def test_network_without_inputs():
    y = 1 - 0.8 ** np.arange(1, 31)  # x(t) = 0.8 x(t-1) + 0.2
    for u in (None, 30, np.empty((30, 0))):
        net = bt.Network(0)
        net.linear(1)
        net.randomize(0)
        trace = bt.Estimator(net, u, y).run(20, progress=False)
        assert trace.cost[-1] < trace.cost[0] * 1e-6
    net = bt.Network(0)
    net.linear(1)
    net.randomize(0)
    assert bt.Estimator(net, [10, 20], [y[:10], y[:20]]).step().cost >= 0


def test_gains():
    net = bt.lnl_network(3, outputs=2).randomize(0)
    u = bt.random.normal(20)
    y = bt.lnl_network(3, outputs=2).randomize(1).simulate(u)
    cost = bt.Estimator(net, u, y, [1.0, 0.0]).cost
    explicit = np.column_stack([np.ones(20), np.zeros(20)])
    assert cost == bt.Estimator(net, u, y, explicit).cost
    error = (net.simulate(u) - y)[:, 0]
    assert cost == pytest.approx(np.mean(error**2) / 2, rel=1e-12)
    assert bt.Estimator(net, u, y, [0.0, 3.0]).cost > 0
    several = bt.Estimator(net, [u, u], [y, y], [explicit, explicit]).cost
    assert several == pytest.approx(cost, rel=1e-12)
    flat = bt.lnl_network(2).randomize(0)
    bt.Estimator(flat, u, y[:, 0], np.ones(20))
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError):
            bt.Estimator(net, u, y, np.full((20, 2), wrong))
    for wrong in (np.ones(3), np.ones((20, 1)), np.ones((19, 2)), [explicit], [explicit] * 3):
        with pytest.raises(ValueError):
            bt.Estimator(net, [u, u], [y, y], wrong)


@pytest.mark.parametrize(
    ("u", "y", "message"),
    [
        (np.zeros(5), np.zeros(6), "5 time steps of inputs, 6"),
        ([np.zeros(5)], [np.zeros(5), np.zeros(5)], "1 sequences of inputs"),
        (np.zeros((5, 2)), np.zeros(5), "channels"),
        (np.zeros(5), np.zeros((5, 2)), "channels"),
        (np.zeros((1, 5)), np.zeros(5), "swapped"),
        (np.full(5, np.nan), np.zeros(5), "0 of 5 values of channel 0 are known"),
        (np.full(5, np.inf), np.zeros(5), "inf"),
        (np.zeros(5), np.full(5, np.inf), "inf"),
    ],
)
def test_data_that_do_not_fit(u, y, message):
    with pytest.raises(ValueError, match=message):
        bt.Estimator(bt.lnl_network(2).randomize(), u, y)


def test_settings(problem):
    net, u, y = problem
    estimator = bt.Estimator(
        net,
        u,
        y,
        criterion="least-squares",
        method="backward-tuning",
        guard=False,
        reestimation=False,
    )
    assert (estimator.criterion, estimator.method) == ("least-squares", "backward-tuning")
    assert estimator.get_option("guard") == 0 and estimator.get_option("reestimation") == 0
    assert estimator.get_option("dense") == -1
    limit = estimator.get_option("max_iterations")
    estimator.run(2, 0.5, 1e-9, progress=False)
    assert estimator.get_option("max_iterations") == limit
    estimator.set_option("max_iterations", 1)
    assert len(estimator.run(progress=False)) <= 4
    for wrong in (
        {"criterion": "nosuch"},
        {"method": "nosuch"},
        {"guard": 3},
    ):
        with pytest.raises(ValueError):
            bt.Estimator(net, u, y, **wrong)
    for name, value in [("nosuch", 1), ("max_iterations", -1), ("tolerance", np.nan)]:
        with pytest.raises(ValueError):
            estimator.set_option(name, value)
    with pytest.raises(ValueError):
        estimator.run(-3, progress=False)
    with pytest.raises(TypeError):
        bt.Estimator("net", u, y)


def test_stop_reasons(problem):
    net, u, y = problem
    reasons = {
        bt.Estimator(net.copy(), u, y).run(1, progress=False).stop_reason,
        bt.Estimator(net.copy(), u, y).run(tolerance=0.5, progress=False).stop_reason,
        bt.Estimator(net.copy(), u, y).run(target=1.0, progress=False).stop_reason,
    }
    assert len(reasons) == 3
    fixed = net.copy()
    for name in fixed.weights:
        fixed.weights.constrain(name, fixed=True)
    trace = bt.Estimator(fixed, u, y).run(progress=False)
    assert trace.stop_reason not in reasons and len(trace) <= 1


def test_divergence_is_not_success():
    net = bt.linear_network(1)
    net.weights["linear.x.W1"] = 1.5
    net.weights["linear.x.a"] = 1.0
    trace = bt.Estimator(net, np.zeros(5000), np.full(5000, 1e6)).run(30, progress=False)
    assert np.all(np.isfinite(net.get_weights()))
    assert np.isfinite(trace.cost[-1]) or "finite" in trace.stop_reason


def test_degenerate_starts():
    u = bt.random.normal(60)
    twin = np.column_stack([u, u])
    y = np.tanh(np.roll(u, 1))
    net = bt.lnl_network(3, inputs=2)
    zero = net.copy()
    zero.set_weights(np.zeros(zero.get_weights().size))
    for start in (zero, net.copy().randomize(1)):
        trace = bt.Estimator(start, twin, y).run(20, progress=False)
        assert trace.cost[-1] < trace.cost[0] and np.all(np.isfinite(start.get_weights()))


def test_gradient_of_the_cost(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    cost, gradient = estimator.gradient()
    weights = net.get_weights()
    h = 1e-6
    for place in range(0, weights.size, 5):
        costs = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[place] += sign * h
            net.set_weights(moved)
            costs.append(np.mean((net.simulate(u) - y) ** 2) / 2)
        assert abs((costs[0] - costs[1]) / (2 * h) - gradient[place]) < 1e-9
    net.set_weights(weights)
    assert cost == pytest.approx(estimator.cost, rel=1e-12)


def test_weights_set_in_between_start_anew(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    estimator.run(5, progress=False)
    other = bt.lnl_network(4).randomize(77)
    other.set_weights(1.01 * other.get_weights())
    net.set_weights(other.get_weights())
    cost = estimator.step().cost
    assert cost == bt.Estimator(other, u, y).step().cost


def test_structure_may_not_change_any_more(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    estimator.step()
    net.lnl(2)
    with pytest.raises(bt.StateError, match="structure"):
        estimator.step()


def test_repr(problem):
    estimator = bt.Estimator(*problem)
    estimator.step()
    assert repr(estimator).startswith("<Estimator of <Network") and "1 iterations" in repr(
        estimator
    )


def test_initial_states_of_sequences():
    starts = np.array([2.0, -3.0])
    y = [start * 0.8 ** np.arange(1, 21) for start in starts]
    net = bt.Network(0)
    net.linear(1)
    net.randomize(1)
    est = bt.Estimator(net, None, y, initial="learn")
    with pytest.raises(bt.BacktuneError, match="initial states"):
        _ = est.initial_states
    trace = est.run(progress=False)
    assert trace.nmse[-1] < 1e-6
    np.testing.assert_allclose(est.initial_states.ravel(), starts, atol=1e-2)
    again = net.simulate([20, 20], initial=est.initial_states)
    np.testing.assert_allclose(np.concatenate(again).ravel(), np.concatenate(y), atol=1e-2)
    with pytest.raises(bt.BacktuneError, match="initial states"):
        _ = bt.Estimator(net, None, y).initial_states


@pytest.mark.parametrize("kind", ["linear", "lnl", "lstm", "gru", "aif"])
def test_initial_state_for_all_sequences(kind):
    net = bt.Network(1)
    unit = net.unit(kind, 2, "u", initial="learn")
    assert "u.x.x0" in net.weights and net.weights["u.x.x0"].shape == (2,)
    net.randomize(3)
    assert not net.weights["u.x.x0"].any()
    u = bt.random.normal(12, seed=1)
    before = net.simulate(u)
    net.weights["u.x.x0"] = [0.5, -0.5]
    assert not np.array_equal(net.simulate(u), before)
    copy = bt.Network.from_json(net.to_json())
    np.testing.assert_array_equal(copy.simulate(u), net.simulate(u))
    with pytest.raises(ValueError, match="learnt already"):
        unit.learn_initial_state()


def test_one_gain_for_all():
    net = bt.Network(1)
    net.lnl(2)
    net.randomize(0)
    u, y = bt.random.normal(6, seed=1), bt.random.normal(12, seed=2).reshape(6, 2)
    cost = bt.Estimator(net, u, y).cost
    for gains in (1.0, [1, 1], 3.0, np.float32(2)):
        assert bt.Estimator(net, u, y, gains=gains).cost == pytest.approx(cost, rel=1e-14)
    net.observe(net.groups["lnl.x"], count=1)
    assert bt.Estimator(net, u, y[:, 0], gains=[2]).cost == bt.Estimator(net, u, y[:, 0]).cost


def test_stop_in_one_word():
    net = bt.linear_network(2)
    net.randomize(0)
    u = bt.random.normal(30, seed=1)
    est = bt.Estimator(net, u, bt.random.normal(30, seed=2))
    assert est.trace.stop == "none"
    assert est.run(1, progress=False).stop == "iterations"
    assert est.run(5, target=1e3, progress=False).stop == "target"
    assert est.run(5, tolerance=0.999, progress=False).stop in ("iterations", "tolerance")
    assert est.run(50, callback=lambda report: True, progress=False).stop == "callback"


def test_network_without_groups():
    with pytest.raises(bt.NetworkError, match="no group"):
        bt.Estimator(bt.Network(1), [1, 2], [1, 2])
