"""Predictors that are linear in their free weights: solved at once, if all they read is known."""

import backtune as bt
import numpy as np
import pytest

LAGS = (1, 2, 4)


def record(seed, steps=200):
    random = np.random.default_rng(seed)
    u, y = random.normal(size=(steps, 2)), np.zeros((steps, 1))
    for t in range(steps):
        past = [y[t - lag, 0] if t >= lag else 0.0 for lag in LAGS]
        y[t] = 0.4 + np.dot(past, [0.5, -0.2, 0.1]) + 0.1 * random.normal()
        if t:
            y[t] += u[t - 1] @ [1.0, -0.5]
    return u, y


def arx(randomize=True):
    """Return a linear unit that reads inputs and what was measured of itself."""
    net = bt.Network(2)
    out = net.linear(1, name="y", sources=[net.input.lag(1), net.input.lag(2)])
    for lag in LAGS:
        out.connect(out.measured().lag(lag), f"K{lag}")
    return net.randomize(0) if randomize else net


def rows(u, y):
    """Return [1, u(t-1), u(t-2), y(t-1), y(t-2), y(t-4)], what was before t = 0 being 0."""

    def past(values, lag):
        return np.vstack([np.zeros((lag, values.shape[1])), values[:-lag]])

    blocks = [past(u, 1), past(u, 2), *(past(y, lag) for lag in LAGS)]
    return np.hstack([np.ones((len(u), 1)), *blocks])


def is_at_once(trace):
    orders = [report.order for report in trace]
    return orders[1:] in (["second", "none"], ["none"]) and trace.stop == "converged"


def flat(net):
    return np.concatenate([np.ravel(net.weights[f"y.x.{name}"]) for name in NAMES])


NAMES = ("a", "B1", "B2", "K1", "K2", "K4")


@pytest.mark.parametrize("randomize", [True, False])
def test_arx_is_the_least_squares_solution(randomize):
    u, y = record(1)
    net = arx(randomize)
    trace = bt.Estimator(net, u, y, horizon=1).run(progress=False)
    assert is_at_once(trace)
    expected = np.linalg.lstsq(rows(u, y), y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(flat(net), expected, rtol=0, atol=1e-10)


def test_sequences_washout_and_unknown_ends():
    pairs = [record(seed, steps) for seed, steps in ((1, 90), (2, 120), (3, 60))]
    u, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    # What follows the last observed value is read by nothing that counts.
    y[1][100:] = np.nan
    net = arx()
    trace = bt.Estimator(net, u, y, horizon=1, washout=5).run(progress=False)
    assert is_at_once(trace)
    left = [np.hstack([rows(a, b), b])[5:] for a, b in zip(u, y)]
    left[1] = left[1][:95]
    table = np.vstack(left)
    expected = np.linalg.lstsq(table[:, :-1], table[:, -1], rcond=None)[0]
    np.testing.assert_allclose(flat(net), expected, rtol=0, atol=1e-10)


def test_blocks_as_long_as_the_least_lag():
    """Blocks of two steps pass nothing on where lags are two and more."""
    u, y = record(4)
    net = bt.Network(2)
    out = net.linear(1, name="y", sources=[net.input.lag(1)])
    for lag in (2, 4):
        out.connect(out.measured().lag(lag), f"K{lag}")
    trace = bt.Estimator(net.randomize(0), u, y, horizon=2).run(progress=False)
    assert is_at_once(trace)
    kept = rows(u, y)[:, [0, 1, 2, 6, 7]]
    expected = np.linalg.lstsq(kept, y, rcond=None)[0][:, 0]
    found = [np.ravel(net.weights[f"y.x.{name}"]) for name in ("a", "B", "K2", "K4")]
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", ["a missing value", "two steps", "free run", "together"])
def test_what_is_not_linear_goes_the_usual_way(case):
    u, y = record(1)
    if case == "a missing value":
        y[60] = np.nan
    horizon = {"two steps": 2, "free run": None, "together": (1, None)}.get(case, 1)
    net = arx()
    estimator = bt.Estimator(net, u, y, horizon=horizon)
    estimator.step()
    first = estimator.cost
    trace = estimator.run(60, progress=False)
    assert not is_at_once(trace)
    assert trace[-1].cost < first
    assert np.abs(estimator.gradient()[1]).max() < 1e-6


def test_another_reader_of_the_output():
    """What reads the output itself depends on its weights: not linear."""
    u, y = record(1)
    net = arx()
    net.groups["y.x"].connect(net.groups["y.x"].lag(3), "W")
    trace = bt.Estimator(net.randomize(0), u, y, horizon=1).run(60, progress=False)
    assert not is_at_once(trace)
    assert trace.nmse[-1] < 0.02


def test_series_that_is_given_for_the_output():
    """Not the desired values are read, but the series of the group."""
    u, y = record(1)
    other = y + 0.3 * np.random.default_rng(9).normal(size=y.shape)
    net = arx()
    trace = bt.Estimator(net, u, y, horizon=1, measured={"y.x": other}).run(progress=False)
    assert is_at_once(trace)
    expected = np.linalg.lstsq(rows(u, other), y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(flat(net), expected, rtol=0, atol=1e-10)
