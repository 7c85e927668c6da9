"""Reservoirs that are fed back with what was measured: an echo state network, then a free run."""

import backtune as bt
import numpy as np
import pytest


def wave(steps):
    """Return two tones, one channel each."""
    t = np.arange(steps)
    return np.stack([np.sin(0.2 * t), 0.5 * np.cos(0.2 * t) + 0.2 * np.sin(0.57 * t)], axis=1)


def reservoir(nodes=60, outputs=2, **options):
    net = bt.Network(0)
    net.reservoir(nodes, outputs=outputs, seed=3, feedback="measured", **options)
    return net


def teacher_forced(net, y):
    """Return x of the reservoir where it reads y(t-1) in place of its output."""
    w = net.weights
    x, rows = np.zeros(len(w["reservoir.x2.a"])), []
    for t in range(len(y)):
        x = np.tanh(
            w["reservoir.x2.a"]
            + w["reservoir.x2.W"] @ x
            + w["reservoir.x2.K"] @ (y[t - 1] if t else np.zeros(y.shape[1]))
        )
        rows.append(x)
    return np.array(rows)


def test_weights_are_drawn_and_fixed():
    net = reservoir(feedback_scaling=0.25)
    k = net.weights["reservoir.x2.K"]
    assert k.shape == (60, 2)
    assert 0.2 < np.abs(k).max() <= 0.25
    np.testing.assert_allclose(k, reservoir().weights["reservoir.x2.K"] / 4, rtol=1e-15)
    # The others are those of a reservoir without it.
    plain = bt.Network(0)
    plain.reservoir(60, outputs=2, seed=3)
    for name in ("x2.a", "x2.W"):
        name = f"reservoir.{name}"
        np.testing.assert_array_equal(net.weights[name], plain.weights[name])
    assert net.get_weights().size == 2 * 61


def test_readout_is_solved_at_once():
    y = wave(300) + 0.01 * np.random.default_rng(0).normal(size=(300, 2))
    net = reservoir()
    estimator = bt.Estimator(net, np.zeros((300, 0)), y, horizon=1, washout=50)
    trace = estimator.run(progress=False)
    assert [report.order for report in trace][1:] == ["second", "none"]
    assert trace.stop == "converged"
    rows = np.hstack([np.ones((300, 1)), teacher_forced(net, y)])[50:]
    expected = rows @ np.linalg.lstsq(rows, y[50:], rcond=None)[0]
    found = net.predict(np.zeros((300, 0)), y)[50:]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_runs_freely_from_where_the_filter_stands():
    # A little noise keeps the loop stable.
    y = wave(700)
    y[:400] += 1e-4 * np.random.default_rng(1).normal(size=(400, 2))
    net = reservoir(150)
    none = np.zeros((400, 0))
    bt.Estimator(net, none, y[:400], horizon=1, washout=100).run(progress=False)
    _, state = net.predict(none, y[:400], return_state=True)
    free = net.simulate(np.zeros((300, 0)), initial=state)
    assert np.abs(free - y[400:]).max() < 0.01
    stream = net.stream()
    for value in y[:400]:
        stream.step(np.zeros(0), value)
    steps = np.array([stream.step(np.zeros(0)) for _ in range(300)])
    np.testing.assert_array_equal(steps, free)


def test_units_that_fixed_weights_cannot_follow_are_told():
    y = 1e4 * wave(100)
    net = reservoir(10)
    with pytest.warns(bt.BacktuneWarning, match="output [01], of size .* fixed weights alone"):
        bt.Estimator(net, np.zeros((100, 0)), y, horizon=1).run(progress=False)


def test_reads_inputs_and_sources_beside_it():
    net = bt.Network(1)
    net.reservoir(20, seed=1, sources=[bt.SELF.lag(1), net.input.lag(0)], feedback="measured")
    assert {"reservoir.x2.B", "reservoir.x2.K", "reservoir.x2.W"} < set(net.weights)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"feedback": "own"}, "feedback of unit reservoir: .*own.*'none' or 'measured'"),
        ({"feedback_scaling": -1}, "feedback_scaling of unit reservoir: -1"),
    ],
)
def test_what_is_not_allowed_is_named(option, message):
    with pytest.raises(bt.ArgumentError, match=message):
        bt.Network(0).reservoir(5, **option)
