"""Medians, weights and starts of members, against what they are by definition."""

import backtune as bt
import numpy as np
import pytest
from backtune.identification.combination import (
    HORIZONS,
    at_horizons,
    spread,
    weighted_median,
    weights_of,
)
from backtune.identification.member import equilibrium
from backtune.identification.starts import probable_start
from conftest import same

# ---- Medians


def plain_median(values, weights):
    """Return the value on either side of which there is half of the weight, of two their middle."""
    pairs = sorted(zip(values, weights))
    half, total = 0.5 * sum(weights), 0.0
    for place, (value, weight) in enumerate(pairs):
        total += weight
        if total == pytest.approx(half, rel=1e-12):
            return 0.5 * (value + next(v for v, w in pairs[place + 1 :] if w > 0))
        if total > half:
            return value
    raise AssertionError


@pytest.mark.parametrize("models", [1, 2, 5, 30])
def test_weighted_median(models):
    random = np.random.default_rng(models)
    runs = random.normal(size=(models, 12, 2))
    runs[:, 3] = 1.0  # alike
    for weights in (np.ones(models), random.random(models), random.random((12, models))):
        found = weighted_median(runs, weights)
        assert found.shape == (12, 2)
        for t in range(12):
            row = weights if weights.ndim == 1 else weights[t]
            for k in range(2):
                expected = plain_median(runs[:, t, k].tolist(), row.tolist())
                assert found[t, k] == pytest.approx(expected, rel=1e-12)


def test_weighted_median_of_few_that_count():
    runs = np.array([3.0, 1.0, 2.0, 1e300, np.inf])[:, None, None]
    assert weighted_median(runs, np.array([0, 1, 0, 0, 0.0])) == 1
    assert weighted_median(runs, np.array([1, 1, 1, 0, 0.0])) == 2
    assert weighted_median(runs, np.array([1, 0.1, 0.1, 0, 0])) == 3
    # Order does not matter, nor the size of all weights together.
    assert weighted_median(runs[::-1], 7 * np.array([0, 0, 1, 1, 1.0])) == 2
    # Half on either side: the middle, but for one that diverged.
    assert weighted_median(runs, np.array([1, 0, 1, 0, 0.0])) == 2.5
    assert weighted_median(runs, np.array([1, 0, 0, 0, 1.0])) == 3


def test_weighted_median_of_long_runs():
    runs = np.random.default_rng(0).normal(size=(3, 120_001, 1))
    assert same(weighted_median(runs, np.ones(3)), np.median(runs, axis=0))


def test_spread():
    random = np.random.default_rng(0)
    runs = random.normal(scale=2.0, size=(4001, 3, 1))
    weights = np.ones(4001)
    middle = weighted_median(runs, weights)
    assert spread(runs, middle, weights) == pytest.approx(np.full((3, 1), 2.0), rel=0.1)
    runs[:100] = 1e9
    assert spread(runs, middle, weights) == pytest.approx(np.full((3, 1), 2.0), rel=0.1)


# ---- Weights


def test_weights_of():
    errors = np.array([1.0, 1.05, 1.5, 3.0, 6.0, np.inf])
    scores = np.tile(np.log(errors), (4, 1))
    found = weights_of(scores, np.array(HORIZONS))
    # Steps ahead alike up to 1.1 times the least, in free run three times; then the fourth power.
    ahead = np.minimum(1, (1.1 / errors) ** 4)
    free = np.minimum(1, (3 / errors) ** 4)
    for row in range(3):
        np.testing.assert_allclose(found[row], ahead, rtol=1e-12)
    np.testing.assert_allclose(found[3], free, rtol=1e-12)
    assert found[3].tolist()[:4] == [1, 1, 1, 1] and found[3, 4] == pytest.approx(1 / 16)
    # In units of their own; where none takes part, all are alike.
    np.testing.assert_allclose(weights_of(scores + 5, np.array(HORIZONS)), found, rtol=1e-12)
    precise = weights_of(scores, np.array(HORIZONS), precise=True)
    sharp = np.minimum(1, (1.02 / errors) ** 50)
    expected = [*3 * (ahead,), np.where(sharp < 1e-3, 0, sharp)]
    np.testing.assert_allclose(precise, expected, rtol=1e-12)
    # Between 20 steps and the free run, at 200, over the logarithm of steps.
    near = np.log([[1.0, 1.1]])
    between = weights_of(near, np.array([np.sqrt(20 * 200)]), precise=True)[0, 1]
    assert between == pytest.approx((np.sqrt(1.1 * 1.02) / 1.1) ** 27, rel=1e-9)
    assert weights_of(np.full((1, 3), np.inf), np.ones(1)).tolist() == [[1, 1, 1]]


def test_at_horizons():
    values = np.array([[1.0, 0.0], [2.0, 0.0], [4.0, 1.0], [8.0, np.inf]])
    known = at_horizons(values, np.array(HORIZONS))
    assert same(known[:3], values[:3]) and known[3].tolist() == [8, np.inf]
    # Lines over the logarithm of steps; the free run stands at 200.
    steps = np.array([1, 2, 5, 10, 20, 63, 200, 1000, np.inf])
    places = np.log([1, 5, 20, 200])
    expected = np.interp(np.log(np.minimum(steps, 200)), places, values[:, 0])
    np.testing.assert_allclose(at_horizons(values[:, :1], steps)[:, 0], expected)
    # Of what is infinite, nothing is known before it.
    assert at_horizons(values, np.array([20.0]))[0, 1] == 1
    assert np.isinf(at_horizons(values, np.array([25.0]))[0, 1])


# ---- Starts


def linear(seed=0, order=2, outputs=1):
    net = bt.Network(1)
    net.state_space(order, hidden=0, outputs=outputs)
    net.randomize(seed)
    net.weights["state_space.x.A"] = [[0.9, 0.2], [-0.2, 0.8]]
    return net


def from_outputs(net, u, y, rest, deviation, error):
    def runs(states):
        return net.simulate([u[: len(y)]] * len(states), states)

    return probable_start(runs, y, rest, deviation, error)


@pytest.mark.parametrize("missing", [False, True])
def test_the_most_probable_start_of_a_linear_model(missing):
    """The mean of a normal posterior: (H' H / e^2 + P^-1)^-1 H' gaps / e^2 from the rest."""
    net = linear()
    random = np.random.default_rng(1)
    u, y = random.normal(size=(30, 1)), random.normal(size=(12, 1))
    if missing:
        y[[0, 1, 5]] = np.nan
    size = net.state_size
    rest, deviation, error = random.normal(size=size), np.ones(size), 0.3
    deviation[-1] = 2.5
    deviation[0] = 0.0  # known
    base = net.simulate(u, rest)[:12]
    moved = [net.simulate(u, rest + step)[:12] - base for step in np.eye(size)]
    known, free = np.isfinite(y[:, 0]), deviation > 0
    H = np.stack(moved, axis=-1)[known, 0][:, free]
    gaps = (y - base)[known, 0]
    information = H.T @ H / error**2 + np.diag(1 / deviation[free] ** 2)
    expected = rest.copy()
    expected[free] += np.linalg.solve(information, H.T @ gaps / error**2)
    found, cost = from_outputs(net, u, y, rest, deviation, error)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    left = (net.simulate(u, found)[:12] - y)[known, 0] / error
    prior = ((found - rest) / np.where(free, deviation, 1))[free]
    assert cost == pytest.approx(left @ left + prior @ prior, rel=1e-6)
    # Exact outputs say all, worthless ones nothing.
    truth = rest + deviation * random.normal(size=size)
    told, _ = from_outputs(net, u, net.simulate(u, truth)[:12], rest, deviation, 1e-6)
    np.testing.assert_allclose(net.simulate(u, told), net.simulate(u, truth), atol=1e-5)
    told, _ = from_outputs(net, u, y, rest, deviation, 1e9)
    np.testing.assert_allclose(told, rest, atol=1e-6)


def test_a_start_of_a_model_that_runs_away():
    net = linear()
    net.weights["state_space.x.A"] = 1e200 * np.eye(2)
    rest = np.ones(net.state_size)
    found, _ = from_outputs(net, np.ones((30, 1)), np.ones((12, 1)), rest, rest, 0.1)
    assert same(found, rest)


def test_equilibrium():
    net = linear()
    A, B = np.array([[0.9, 0.2], [-0.2, 0.8]]), net.weights["state_space.x.B"]
    rest = np.zeros(net.state_size)
    u = np.random.default_rng(0).normal(size=(5, 1))
    found = equilibrium(net, u, rest)
    # It stays there, where the gain from input to output at rest says.
    x = np.linalg.solve(np.eye(2) - A, B @ u[0])
    C, D, a = (net.weights[f"state_space.y.{k}"] for k in "CDa")
    expected = a + C @ x + D @ u[0]
    held = np.repeat(u[:1], 20, axis=0)
    np.testing.assert_allclose(net.simulate(held, found), np.tile(expected, (20, 1)), rtol=1e-6)
    # An integrator does not rest, nor what runs away; of no input nothing is known.
    for matrix in (np.eye(2), 1.5 * np.eye(2)):
        net.weights["state_space.x.A"] = matrix
        assert equilibrium(net, u, rest) is rest
    assert equilibrium(net, u[:0], rest) is rest
