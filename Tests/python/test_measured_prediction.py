"""Predictions from what was measured: streams, states, pieces, tables."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from measured_cases import (
    data,
    measuring,
)
from reference_cases import near


@pytest.mark.parametrize("horizon", [1, 2, 5, 11])
@pytest.mark.parametrize("start", [False, True])
def test_steps_ahead_are_a_loop_of_streams(horizon, start):
    """The filter up to t - horizon, and free steps from there."""
    u, y, _ = data(10, gaps=0.15)
    net = measuring(start)
    for a, b, found in zip(u, y, net.predict(u, y, horizon)):
        expected = np.empty_like(found)
        filtering = net.stream()
        for t in range(len(a)):
            ahead = filtering.copy()
            for s in range(t, min(t + horizon, len(a))):
                value = ahead.step(a[s])
                if s == t + horizon - 1 or t == 0:
                    expected[s] = value
            filtering.step(a[t], b[t])
        # Several times run side by side: sums may be rounded otherwise.
        near(found, expected, 1e-14)
        assert horizon > 1 or same(found, expected)


@pytest.mark.parametrize("horizon", [1, 4])
def test_prediction_in_two_pieces(horizon):
    u, y, _ = data(11, gaps=0.15)
    net = measuring(start=True)
    whole = net.predict(u, y, horizon, return_state=True)
    for cut in 0, 1, 2, 9:
        first = net.predict([a[:cut] for a in u], [b[:cut] for b in y], horizon, return_state=True)
        rest = net.predict(
            *([a[cut:] for a in u], [b[cut:] for b in y], horizon),
            initial=[state for _, state in first],
            return_state=True,
        )
        for (outputs, state), (two, last) in zip(whole, rest):
            # What is predicted from before the cut is the free run of the second piece.
            assert same(two[horizon - 1 :], outputs[cut + horizon - 1 :])
            assert same(last, state)


@pytest.mark.parametrize("horizon", [40, 41, 10**6, 1e300, None])
def test_state_is_that_of_the_filter_however_far_ahead(horizon):
    u, y, _ = data(12, gaps=0.1)
    net = measuring()
    ends = [state for _, state in net.predict(u, y, 1, return_state=True)]
    for (outputs, state), end, free in zip(
        net.predict(u, y, horizon, return_state=True), ends, net.simulate(u)
    ):
        assert same(state, end)
        near(outputs, free, 1e-14)


def test_stream_saved_and_restored_inside_a_filter():
    u, y, _ = data(13, gaps=0.15)
    net = measuring(start=True)
    expected = net.predict(u[0], y[0])
    for cut in 1, 2, 3, 10:
        stream = net.stream()
        first = stream.run(u[0][:cut], y[0][:cut])
        kept = stream.state
        stream.run(u[1], y[1])
        stream.state = kept
        assert same(np.vstack([first, stream.run(u[0][cut:], y[0][cut:])]), expected)
        other = net.stream(kept)
        assert same(other.run(u[0][cut:], y[0][cut:]), expected[cut:])


def test_stream_without_measurements_runs_on_by_itself():
    u, y, _ = data(14)
    net = measuring()
    stream = net.stream()
    stream.run(u[0][:10], y[0][:10])
    gone = stream.copy()
    nothing = np.full((21, 2), np.nan)
    assert same(stream.run(u[0][10:]), gone.run(u[0][10:], nothing))
    known = np.vstack([y[0][:10], nothing])
    assert same(net.predict(u[0], known)[10:], net.predict(u[0], y[0][:10])[10:])


def test_measurements_of_hidden_groups():
    """In predictions, estimations and streams alike; a group that is an output may be given too."""
    u, _, _ = data(15, lengths=[20])
    u, random = u[0], np.random.default_rng(15)
    net = bt.Network(1)
    v = net.learnware(3, "v").bias().connect(net.input.lag(1))
    x = net.firmware(3, "x").add(1, ("tanh", v.lag(0)))
    out = net.learnware(1, "out").connect(x.lag(0))
    v.connect(x.measured().lag(2), "W").connect(out.measured().lag(1), "K")
    net.observe(out).randomize(seed=1)
    y, states = random.normal(size=(20, 1)), random.normal(size=(20, 3))
    states[random.random(states.shape) < 0.3] = np.nan
    other = random.normal(size=(20, 1))
    expected = net.predict(u, y, measured={"x": states})
    assert same(net.predict(u, y, measured={x: states}), expected)
    assert same(bt.Estimator(net, u, y, horizon=1, measured={"x": states}).simulate(), expected)
    stream, found = net.stream(), np.empty_like(expected)
    for t in range(20):
        stream.set_measured("x", states[t])
        found[t] = stream.step(u[t], y[t])
    assert same(found, expected)
    instead = net.predict(u, other, measured={"x": states})
    assert not same(instead, expected)
    assert same(net.predict(u, y, measured={"x": states, "out": other}), instead)
    assert same(net.predict(u, None, measured={"x": states, "out": other}), instead)
    given = bt.Estimator(net, u, y, horizon=1, measured={"x": states, "out": other})
    assert same(given.simulate(), instead)
    # A value that was set is that of the next step alone.
    stream.reset()
    stream.set_measured(x, states[3])
    stream.step(u[0])
    only = np.full((20, 3), np.nan)
    only[0] = states[3]
    assert same(stream.run(u[1:]), net.predict(u, None, measured={"x": only})[1:])


@pytest.mark.parametrize("count", [1, 5, 33])
def test_batches(count):
    """Sequences side by side are those one by one."""
    u, y, _ = data(16, lengths=[3 + 7 * k % 11 for k in range(count)], gaps=0.1)
    net = measuring()
    for horizon in 1, 3, None:
        for a, b, found in zip(u, y, net.predict(u, y, horizon)):
            near(found, net.predict(a, b, horizon), 1e-14)
    est = bt.Estimator(net, u, y, horizon=(1, 3))
    parts = [bt.Estimator(net, a, b, horizon=1).simulate() for a, b in zip(u, y)]
    for found, expected in zip(est.simulate(), parts):
        near(found, expected, 1e-14)


def test_tables_of_measured_values_are_paired_by_their_index():
    pd = pytest.importorskip("pandas")
    net = bt.Network(inputs=1)
    h = net.learnware(1, "h").connect(net.input.lag(1))
    out = net.learnware(1, "out").connect(h.lag(0))
    h.connect(h.measured().lag(1), "K")
    out.connect(out.measured().lag(1), "L")
    net.observe(out)
    net.randomize(seed=1)
    random = np.random.default_rng(2)
    days = pd.date_range("2020", periods=20)
    u, y, inner = (
        pd.DataFrame({name: random.normal(size=20)}, index=days) for name in ("u", "y", "h")
    )
    whole = net.predict(u, y, measured={"h": inner})
    with pytest.warns(bt.BacktuneWarning, match="order"):
        again = net.predict(u, y, measured={"h": inner[::-1]})
    assert same(whole.to_numpy(), again.to_numpy())
    part = inner.iloc[:12].to_numpy()
    by_hand = np.concatenate([part, np.full((8, 1), np.nan)])
    some = net.predict(u, y, measured={"h": inner.iloc[:12]})
    assert same(some.to_numpy(), net.predict(u.to_numpy(), y.to_numpy(), measured={"h": by_hand}))
    run = net.stream().run(u, y.iloc[3:9])
    held = np.full((20, 1), np.nan)
    held[3:9] = y.iloc[3:9]
    assert same(run.to_numpy(), net.stream().run(u.to_numpy(), held))
