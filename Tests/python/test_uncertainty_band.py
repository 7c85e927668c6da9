"""Bands: of the data, of other inputs, and how long they may take."""

import pickle
import signal
import threading
import time

import backtune as bt
import numpy as np
import pytest
from conftest import same
from uncertainty_cases import data, one_unit


def linear():
    return bt.linear_network(2).randomize(1)


def both():
    net = bt.Network(1)
    net.linear(2)
    return net.randomize(3)


@pytest.mark.parametrize(
    ("build", "noise", "gains"),
    [(linear, [0.1], None), (one_unit, [0.05], None), (both, [0.02, 0.5], [2500, 4])],
)
def test_coverage_on_new_records(build, noise, gains):
    """Of 200 records each: true outputs of other inputs, and measured ones, in their bands."""
    rng = np.random.default_rng(4)
    truth = build()
    exact, measured = [], []
    for _ in range(200):
        u, new = rng.normal(size=(2, 150, 1))
        clean, wanted = truth.simulate([u, new])
        net = truth.copy()
        y = clean + noise * rng.normal(size=clean.shape)
        est = bt.Estimator(net, u, y, gains, restarts=0)
        est.run(progress=False)
        found = est.uncertainty()
        low, high = found.band(new)
        exact.append((low <= wanted) & (wanted <= high))
        low, high = found.band(new, noise=True)
        seen = wanted + noise * rng.normal(size=wanted.shape)
        measured.append(((low <= seen) & (seen <= high)).mean(0))
    assert 0.93 < np.mean(exact) < 0.97
    assert (np.abs(np.mean(measured, 0) - 0.95) < 0.01).all()


def test_deviation_at_other_inputs():
    """By differences; sequences, initial states, and what the network was set to since."""
    u, y = data()
    net = one_unit()
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    weights, step = net.get_weights(), 1e-5
    new, starts = [u[:9] * 2, u[:0], u[20:60]], [None, None, [0.3] * net.state_size]
    jacobian = []
    for k in range(6):
        sides = []
        for sign in (1, -1):
            net.set_weights(weights + sign * step * np.eye(6)[k])
            sides.append(np.concatenate(net.simulate(new, starts))[:, 0])
        jacobian.append((sides[0] - sides[1]) / (2 * step))
    net.set_weights(weights)
    centre = np.concatenate(net.simulate(new, starts))
    expected = np.sqrt(np.einsum("it,ij,jt->t", jacobian, found.covariance, jacobian))
    net.set_weights(0 * weights)
    est.close()
    bands = pickle.loads(pickle.dumps(found)).band(new, 0.6827, initial=starts)
    assert [low.shape for low, _ in bands] == [(9, 1), (0, 1), (40, 1)]
    low, high = (np.concatenate(side) for side in zip(*bands))
    np.testing.assert_allclose((low + high) / 2, centre, rtol=1e-12)
    np.testing.assert_allclose((high - low)[:, 0] / 2, expected, rtol=1e-4)


def test_learnt_start_is_unsure_and_a_given_one_is_not():
    u, y = data()
    net = bt.Network(1)
    net.linear(1, initial="learn")
    est = bt.Estimator(net.randomize(1), u, y)
    est.run(progress=False)
    found = est.uncertainty()
    low, high = found.band(u)
    own = found.band()
    np.testing.assert_allclose(low, own[0], rtol=1e-12)
    np.testing.assert_allclose(high, own[1], rtol=1e-12)
    state = np.zeros(net.state_size)
    less = np.diff(found.band(u, initial=state), axis=0)[0]
    assert less[0] < (high - low)[0]


def test_outputs_of_the_data_have_their_band():
    u, y = data()
    parts = [u[:70], u[70:]], [y[:70], y[70:]]
    net = one_unit()
    est = bt.Estimator(net, *parts)
    est.run(progress=False)
    found = est.uncertainty()
    for (low, high), (a, b) in zip(found.band(net.simulate(parts[0])), found.band()):
        assert same(low, a) and same(high, b)


def test_undetermined_elsewhere():
    """An input that was zero in the data says nothing of what it will do."""
    rng = np.random.default_rng(6)
    u = rng.normal(size=(60, 2)) * [1, 0]
    net = bt.Network(2)
    net.linear(1, sources=[net.input.lag(0)])
    est = bt.Estimator(net, u, u[:, :1] + 0.1 * rng.normal(size=(60, 1)))
    est.run(progress=False)
    low, high = est.uncertainty().band([[1.0, 0.0], [1.0, 0.5]])
    assert np.isfinite(high[0] - low[0]) and np.isinf(high[1] - low[1])


def test_ctrl_c(long_problem):
    net, u, y = long_problem
    net = bt.lnl_network(24).randomize(1)
    est = bt.Estimator(net, u, net.simulate(u))
    weights, cost = net.get_weights(), est.cost
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        est.uncertainty()
    assert time.monotonic() - sent[0] < 2
    timer.join()
    assert same(net.get_weights(), weights) and est.cost == cost
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    small = bt.Estimator(net, u[:900], net.simulate(u[:900])).uncertainty()
    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        small.band([u] * 3)
    assert time.monotonic() - sent[1] < 2
    timer.join()
    assert small.band(u[:5])[0].shape == (5, net.outputs)


def test_band_checks_its_arguments():
    u, y = data()
    net = one_unit()
    found = bt.Estimator(net, u, y).uncertainty()
    low, high = found.band(u, 0.9)
    wide = found.band(u[:, 0], 0.9, noise=True)
    assert (low < high).all() and (wide[0] < low).all() and (wide[1] > high).all()
    for level in (1.5, 0, np.nan, None, "much"):
        with pytest.raises(bt.ArgumentError, match="level"):
            found.band(u, level)
    with pytest.raises(bt.SizeError, match="shape"):
        found.band(np.ones((5, 2)))
    with pytest.raises(bt.ArgumentError, match="finite"):
        found.band([np.nan])
    with pytest.raises(bt.ArgumentError, match="without inputs"):
        found.band(initial=[0.0])
    with pytest.raises(bt.SizeError, match="state"):
        found.band(u, initial=[0.0] * 99)
