"""Networks that read measurements: what horizons are equal to."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from measured_cases import (
    copied,
    data,
    feeding_back,
    gradients,
    measuring,
    open_loop,
)
from reference_cases import near

# ---- Horizon 1: [u, y] as inputs


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("washout", [0, 4])
def test_horizon_of_one_is_the_open_loop(start, washout):
    u, y, gains = data()
    net = measuring(start)
    other = copied(open_loop(start), net)
    options = {"washout": washout, "restarts": 0}
    one = bt.Estimator(net, u, y, gains, horizon=1, **options)
    joined = [np.hstack([a, b]) for a, b in zip(u, y)]
    two = bt.Estimator(other, joined, y, gains, **options)
    assert one.cost == pytest.approx(two.cost, rel=1e-14)
    for a, b, c in zip(one.simulate(), two.simulate(), net.predict(u, y)):
        near(a, b, 1e-14)
        assert same(a, c)
    found, expected = gradients(one), gradients(two)
    for name in found:
        part = {"v.B": np.s_[:, :1], "v.K1": np.s_[:, 1:], "v.K3": np.s_[:, 1:]}.get(name, ...)
        near(found[name], expected[name][part], 1e-12)


@pytest.mark.parametrize("method, steps", [("backward-tuning", 1), ("gauss-newton", 3)])
def test_what_is_linear_in_its_weights_is_one_regression(method, steps):
    """At a horizon of 1: by the second order in one step."""
    u, y, _ = data(2)
    net = bt.Network(1)
    out = net.learnware(2, "out").bias().connect(net.input.lag(1))
    net.observe(out)
    out.connect(out.measured().lag(1), "K1").connect(out.measured().lag(2), "K2")
    net.set_weights(np.linspace(-0.5, 0.5, net.get_weights().size))
    est = bt.Estimator(net, u, y, horizon=1, method=method, guard=False)
    for _ in range(steps):
        est.step()

    def rows(a, b):
        a, b = np.vstack([[[0]], a]), np.vstack([[[0, 0]] * 2, b])
        return np.hstack([np.ones((len(a) - 1, 1)), a[:-1], b[1:-1], b[:-2]])

    table = np.vstack([rows(*pair) for pair in zip(u, y)])
    expected = np.linalg.lstsq(table, np.vstack(y), rcond=None)[0].T
    found = [net.weights[f"out.{name}"] for name in ("a", "B", "K1", "K2")]
    near(np.hstack([found[0][:, None], *found[1:]]), expected, 1e-11)


# ---- Horizon T: the free run


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("horizon", [None, np.inf, 40, 1000])
def test_horizon_of_the_length_is_the_free_run(start, horizon):
    u, y, gains = data(3, gaps=0.1)
    net, other = measuring(start), feeding_back(start)
    other.set_weights(net.get_weights())
    one = bt.Estimator(net, u, y, gains, washout=3, horizon=horizon)
    two = bt.Estimator(other, u, y, gains, washout=3)
    assert one.cost == pytest.approx(two.cost, rel=1e-14)
    near(one.gradient()[1], two.gradient()[1], 1e-13)
    for a, b, c in zip(one.simulate(), two.simulate(), net.simulate(u)):
        near(a, b, 1e-14)
        assert same(a, c)


@pytest.mark.parametrize("horizon", [2, 5, 31])
def test_blocks_count_from_the_start_of_each_sequence(horizon):
    u, y, gains = data(4, gaps=0.2)
    net = measuring()
    together = bt.Estimator(net, u, y, gains, horizon=horizon, washout=2)
    costs, weights = [], []
    for part in zip(u, y, gains):
        est = bt.Estimator(net, *part, horizon=horizon, washout=2)
        near(est.simulate(), together.simulate()[len(costs)], 1e-14)
        costs.append(est.cost)
        counts = np.isfinite(part[1]) & (np.arange(len(part[1])) >= 2)[:, None]
        weights.append(part[2][counts].sum())
    assert together.cost == pytest.approx(np.average(costs, weights=weights), rel=1e-13)


def test_block_is_a_free_run_from_what_was_measured():
    """Inside a block only what its start read is measured."""
    u, y, _ = data(5, lengths=[12])
    net = measuring()
    found = bt.Estimator(net, u, y, horizon=4).simulate()[0]
    changed = [y[0].copy()]
    changed[0][5:7] += 1  # inside the second block, and not among the last three of it
    again = bt.Estimator(net, u, changed, horizon=8).simulate()[0]
    assert same(again[:8], bt.Estimator(net, u, y, horizon=8).simulate()[0][:8])
    assert not same(again[8:], bt.Estimator(net, u, y, horizon=8).simulate()[0][8:])
    free = net.simulate(u[0])
    assert same(found[:4], free[:4]) and not same(found[4:8], free[4:8])


# ---- Several horizons


@pytest.mark.parametrize("initial", [None, "learn"])
def test_horizons_together_cost_the_mean(initial):
    u, y, gains = data(6, gaps=0.1)
    net = measuring(start=initial is None)

    def estimator(horizon):
        return bt.Estimator(*(net, u, y, gains), horizon=horizon, washout=1, initial=initial)

    parts = [estimator(horizon).gradient() for horizon in (1, None)]
    cost, gradient = estimator((1, None)).gradient()
    assert cost == pytest.approx((parts[0][0] + parts[1][0]) / 2, rel=1e-14)
    near(gradient, (parts[0][1] + parts[1][1]) / 2, 1e-13)
    assert estimator((1, None)).simulate()[1].shape == y[1].shape


def test_initial_states_of_sequences_are_shared_by_the_horizons():
    random = np.random.default_rng(7)
    u, _, _ = data(7)
    teacher = feeding_back()
    teacher.set_weights(3 * teacher.get_weights())
    starts = [random.normal(size=teacher.state_size) for _ in u]
    y = teacher.simulate(u, starts)
    net = measuring()
    net.set_weights(teacher.get_weights())
    est = bt.Estimator(net, u, y, horizon=(1, None), initial="learn")
    assert est.cost > 1e-4
    trace = est.run(60, progress=False)
    assert trace.cost[-1] < 1e-10 * trace.cost[0]
    assert est.initial_states.shape == (3, net.state_size)
    for found, expected in zip(net.simulate(u, list(est.initial_states)), y):
        near(found, expected, 1e-5)


@pytest.mark.parametrize("horizon", [1, 3, None])
def test_learnt_states_of_sequences_are_where_they_start(horizon):
    """What a flat state holds as measured is what its groups are: nothing was measured before."""
    u, y, gains = data(31, gaps=0.1)
    est = bt.Estimator(measuring(), u, y, gains, horizon=horizon, initial="learn", restarts=0)
    est.run(4, progress=False)
    squares = [np.nansum(k * (a - b) ** 2) / 2 for k, a, b in zip(gains, est.simulate(), y)]
    counted = sum(k[np.isfinite(b)].sum() for k, b in zip(gains, y))
    assert est.cost == pytest.approx(sum(squares) / counted, rel=1e-13)
    starts = list(est.initial_states)
    if horizon == 1:
        assert all(map(same, est.simulate(), est.net.predict(u, y, initial=starts)))
    elif horizon is None:
        assert all(map(same, est.simulate(), est.net.simulate(u, starts)))


def test_predictions_of_estimations_have_the_shape_of_the_data():
    u, y, _ = data(8)
    for horizon in 1, 3, None, (1, None), (5, 2, 1):
        net = measuring()
        est = bt.Estimator(net, u, y, horizon=horizon, restarts=0)
        est.run(3, progress=False)
        report = est.uncertainty()
        assert report.covariance.shape == (net.get_weights().size,) * 2
        assert [a.shape for a in est.simulate()] == [a.shape for a in y]
        assert [a.shape for a in report.deviation] == [a.shape for a in y]
        assert all(np.isfinite(a).all() for a in report.deviation)
        first = horizon[0] if isinstance(horizon, tuple) else horizon
        again = bt.Estimator(net, u, y, horizon=first).simulate()
        # Sequences that are run twice may stand in other lanes, whose sums are rounded otherwise.
        for a, b in zip(est.simulate(), again):
            near(a, b, 1e-12)


def test_the_same_horizon_twice_is_that_horizon():
    u, y, _ = data(9)
    net = measuring()
    reports = [bt.Estimator(net, u, y, horizon=h).uncertainty() for h in (1, (1, 1))]
    assert reports[1].noise == pytest.approx(reports[0].noise, rel=1e-12)
    near(reports[1].covariance, reports[0].covariance, 1e-9)
    near(np.concatenate(reports[1].deviation), np.concatenate(reports[0].deviation), 1e-9)


# ---- Units of the data


def fitted(horizon, units_of_u, units_of_y):
    u, y, _ = data(17, gaps=0.05)
    net = measuring()
    net.randomize(seed=5)
    est = bt.Estimator(
        *(net, [a * units_of_u for a in u], [b * units_of_y for b in y]), horizon=horizon
    )
    trace = est.run(12, progress=False)
    assert trace.nmse[-1] < trace.nmse[0]
    return np.array(trace.nmse), [a / units_of_y for a in est.simulate()]


@pytest.mark.parametrize("horizon", [1, (1, None)])
def test_units_of_the_data_do_not_matter(horizon):
    nmse, outputs = fitted(horizon, 1, 1)
    for units in (2.0**13, 2.0**-7), (2.0**-20, 2.0**30):
        again, found = fitted(horizon, *units)
        assert same(again, nmse)
        assert all(same(a, b) for a, b in zip(found, outputs))
    for units in (1e3, 1e-2), (1e-5, 1e4):
        again, _ = fitted(horizon, *units)
        assert again == pytest.approx(nmse, rel=1e-11)


def test_a_group_of_that_name_is_not_taken_for_what_is_measured():
    net = bt.Network(inputs=1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(1))
    net.firmware(1, "out.m1")
    with pytest.raises(bt.ArgumentError, match=r"out\.m1"):
        out.measured().lag(1)
    source = out.measured().lag(2)
    assert out.measured().lag(2) == source and source.group.name == "out.m2"
    other = out.measured(stands_for_input=True).lag(2)
    assert other != source and other.group.name == "out.k2"
