"""Problems whose free weights are linear readouts: the least-squares solution, at once."""

import time

import backtune as bt
import numpy as np
import pytest
from backtune import regularisation as reg
from conftest import same


def readout(inputs, outputs=1, bias=True):
    """Return a network of a readout of its inputs alone."""
    net = bt.Network(inputs)
    net.linear(outputs, name="y", sources=[net.input.lag(0)], bias=bias)
    return net.randomize(0)


def reservoir(nodes=40, outputs=2, inputs=1, **options):
    net = bt.Network(inputs)
    net.reservoir(nodes, outputs=outputs, seed=4, **options)
    return net.randomize(3)


def run(net, u, y, gains=None, **options):
    estimator = bt.Estimator(net, u, y, gains, **options)
    estimator.run(progress=False)
    return estimator


def is_at_once(estimator):
    """One iteration, and a second one that finds nothing better."""
    orders = [report.order for report in estimator.trace]
    return orders[1:] in (["second", "none"], ["none"]) and "converged" in estimator.stop_reason


def rows_of(net, sequences, group):
    """Return [1 x] of all sequences, one below the other."""
    states = [net.simulate(u, states=True)[1][group] for u in sequences]
    x = np.concatenate(states)
    return np.hstack([np.ones((len(x), 1)), x])


def weights_of(net, name):
    """Return bias and weights, one column a node."""
    (matrix,) = [
        key for key in net.weights if key.startswith(f"{name}.") and not key.endswith(".a")
    ]
    return np.vstack([net.weights[f"{name}.a"], net.weights[matrix].T])


def noise(*shape, seed):
    return bt.random.normal(int(np.prod(shape)), seed=seed).reshape(shape)


def test_sequences_gains_and_missing_values():
    net = reservoir()
    u = [noise(length, 1, seed=length) for length in (90, 150, 61)]
    y = [np.hstack([np.cumsum(v, 0) / 9, v**2]) + 0.1 * noise(len(v), 2, seed=7) for v in u]
    y[0][3:20, 0] = np.nan
    y[2][5:9] = np.nan
    gains = [np.abs(noise(len(v), 2, seed=9)) for v in u]
    gains[1][10:30, 1] = 0
    estimator = run(net, u, y, gains)
    assert is_at_once(estimator)
    rows, goals, kappa = rows_of(net, u, "reservoir.x"), np.concatenate(y), np.concatenate(gains)
    found, cost = weights_of(net, "reservoir.y"), 0.0
    for k in range(2):
        seen = (kappa[:, k] > 0) & ~np.isnan(goals[:, k])
        root = np.sqrt(kappa[seen, k])
        a, b = rows[seen] * root[:, None], goals[seen, k] * root
        expected = np.linalg.lstsq(a, b, rcond=None)[0]
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-8, atol=1e-10)
        cost += ((a @ expected - b) ** 2).sum() / 2
    total = kappa[~np.isnan(goals)].sum()
    assert estimator.trace[-1].cost == pytest.approx(cost / total, rel=1e-12)


@pytest.mark.parametrize("strength", [1e-6, 1e-2, 3.0])
def test_ridge(strength):
    net = reservoir(30)
    u = noise(200, 1, seed=1)
    y = np.hstack([u, 3 * u**2 + 5])
    penalty = reg.Ridge(strength, units="weights")
    assert is_at_once(run(net, u, y, regularisation=penalty))
    rows = rows_of(net, [u], "reservoir.x")
    ridge = 2 * strength * np.eye(31)
    ridge[0, 0] = 0
    expected = np.linalg.solve(rows.T @ rows + ridge, rows.T @ y)
    np.testing.assert_allclose(weights_of(net, "reservoir.y"), expected, rtol=1e-6, atol=1e-9)


def test_ridge_in_units_of_the_data():
    """With gains to match it does not depend on the units of the outputs."""
    u, found = noise(150, 1, seed=1), []
    for scale in (1.0, 1e-6, 1e6):
        net = reservoir(20, outputs=1)
        penalty = reg.Ridge(0.1, units="data")
        run(net, u, scale * (u**2 + 1), "balanced", regularisation=penalty)
        found.append(weights_of(net, "reservoir.y") / scale)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9)


def test_badly_scaled_sources():
    scales = 10.0 ** np.array([-9, 6, 0, -3, 9])
    u = noise(80, 5, seed=2)
    y = u @ np.array([1.0, -2, 3, -4, 5])[:, None] + 0.01 * noise(80, 1, seed=3) + 1
    net = readout(5)
    assert is_at_once(run(net, u * scales, y))
    expected = np.linalg.lstsq(np.hstack([np.ones((80, 1)), u]), y, rcond=None)[0]
    found = weights_of(net, "y.x")
    np.testing.assert_allclose(found[1:, 0] * scales, expected[1:, 0], rtol=1e-9)
    assert found[0, 0] == pytest.approx(expected[0, 0], rel=1e-6)


def test_nearly_dependent_sources_keep_their_digits():
    """A condition of 1e9, at which normal equations have none left."""
    u = noise(100, 2, seed=5)
    u = np.hstack([u[:, :1], u[:, :1] + 1e-9 * u[:, 1:]])
    y = u @ np.array([[3.0], [-2.0]])
    net = readout(2, bias=False)
    estimator = run(net, u, y)
    (matrix,) = net.weights
    np.testing.assert_allclose(net.weights[matrix], [[3.0, -2.0]], rtol=1e-5)
    assert estimator.trace[-1].nmse < 1e-28


def test_dependent_sources_share():
    """The shortest weights of those that are as good; constant zeros have none."""
    v = noise(60, 1, seed=5)
    u = np.hstack([v, v, np.zeros((60, 1)), 1e-4 * v])
    net = readout(4, bias=False)
    estimator = run(net, u, 3 * v)
    (matrix,) = net.weights
    found = net.weights[matrix][0] * [1, 1, 1, 1e-4]
    np.testing.assert_allclose(found, [1, 1, 0, 1], atol=1e-12)
    assert estimator.trace[1].nmse < 1e-25


def test_more_weights_than_values():
    net = reservoir(50, outputs=1)
    u = noise(20, 1, seed=1)
    y = noise(20, 1, seed=2)
    estimator = run(net, u, y)
    assert estimator.trace[-1].nmse < 1e-20
    rows = rows_of(net, [u], "reservoir.x")
    shortest = np.linalg.lstsq(rows, y, rcond=None)[0]
    found = weights_of(net, "reservoir.y")
    assert np.linalg.norm(found) < 100 * np.linalg.norm(shortest)


def test_washout_and_last_step_alone():
    u = [noise(30, 1, seed=k) for k in range(40)]
    y = [v**2 for v in u]
    net = reservoir(8, outputs=1)
    run(net, u, y, washout=10)
    rows = np.concatenate([rows_of(net, [v], "reservoir.x")[10:] for v in u])
    goals = np.concatenate([v[10:] for v in y])
    expected = np.linalg.lstsq(rows, goals, rcond=None)[0]
    np.testing.assert_allclose(weights_of(net, "reservoir.y"), expected, rtol=1e-8, atol=1e-11)
    run(net, u, y, static=True)
    rows = np.concatenate([rows_of(net, [v], "reservoir.x")[-1:] for v in u])
    goals = np.concatenate([v[-1:] for v in y])
    expected = np.linalg.lstsq(rows, goals, rcond=None)[0]
    np.testing.assert_allclose(weights_of(net, "reservoir.y"), expected, rtol=1e-8, atol=1e-11)


def test_fixed_weights_stay_and_only_seen_nodes_move():
    net = readout(3, outputs=3)
    net.observe(net.groups["y.x"], count=2)
    (matrix,) = [name for name in net.weights if not name.endswith(".a")]
    fixed = np.zeros((3, 3), dtype=bool)
    fixed[0, 1] = True
    net.weights.constrain(matrix, fixed=fixed)
    # Weights that were drawn would be drawn anew, in the units of the data.
    net.set_weights(net.get_weights() + 0.01)
    before = net.weights[matrix]
    u, y = noise(50, 3, seed=1), noise(50, 2, seed=2)
    assert is_at_once(run(net, u, y))
    after, bias = net.weights[matrix], net.weights["y.x.a"]
    assert after[0, 1] == before[0, 1]
    np.testing.assert_allclose(after[2], before[2], rtol=1e-15)
    ones = np.ones((50, 1))
    rest = y[:, 0] - before[0, 1] * u[:, 1]
    expected = np.linalg.lstsq(np.hstack([ones, u[:, [0, 2]]]), rest, rcond=None)[0]
    np.testing.assert_allclose([bias[0], after[0, 0], after[0, 2]], expected, rtol=1e-10)
    expected = np.linalg.lstsq(np.hstack([ones, u]), y[:, 1], rcond=None)[0]
    np.testing.assert_allclose([bias[1], *after[1]], expected, rtol=1e-10)


def test_the_start_does_not_matter():
    """Nor do a second run, another draw, or a copy."""
    net = reservoir()
    u = noise(200, 1, seed=1)
    y = np.hstack([u**2, u])
    run(net, u, y)
    found = net.get_weights()
    again = run(net, u, y)
    assert same(net.get_weights(), found) or np.allclose(net.get_weights(), found, rtol=1e-12)
    assert again.trace[-1].cost <= again.trace[0].cost and is_at_once(again)
    untouched = bt.Network(1)
    untouched.reservoir(40, outputs=2, seed=4)
    # Without a warning: nobody needs to draw what is solved.
    run(untouched, u, y)
    np.testing.assert_allclose(untouched.get_weights(), found, rtol=1e-12, atol=1e-14)
    for seed in (5, 6):
        net.randomize(seed)
        run(net, u, y)
        np.testing.assert_allclose(net.get_weights(), found, rtol=1e-12, atol=1e-14)


def test_bounds_that_cut_the_solution_off():
    net = readout(2, bias=False)
    (matrix,) = net.weights
    u = noise(60, 2, seed=1)
    y = u @ np.array([[2.0], [1.0]])
    net.weights.constrain(matrix, lower=-5, upper=5)
    run(net, u, y)
    np.testing.assert_allclose(net.weights[matrix], [[2, 1]], rtol=1e-12)
    net.weights.constrain(matrix, lower=-0.5, upper=1.5)
    estimator = run(net, u, y)
    found = net.weights[matrix][0]
    rest = y[:, 0] - 1.5 * u[:, 0]
    assert found[0] == 1.5 and found[1] == pytest.approx(rest @ u[:, 1] / (u[:, 1] @ u[:, 1]), 1e-6)
    assert "converged" in estimator.stop_reason


@pytest.mark.parametrize("kind", ["feedback", "shared", "criterion", "freed", "sparse"])
def test_what_is_none(kind):
    """Problems that look alike go the usual way, and come down."""
    u = noise(80, 1, seed=1)
    y, options, net = 0.5 * u**2 + 0.2, {}, reservoir(6, outputs=1)
    if kind == "feedback":
        net = bt.Network(1)
        net.linear(2)
        net.observe(net.groups["linear.x"], count=1)
    elif kind == "freed":
        net.weights.constrain("reservoir.x2.W", fixed=False)
    elif kind == "shared":
        net = bt.Network(4)
        net.conv1d(2, kernel=2, activation="identity")
        u = noise(80, 4, seed=1)
        y = u[:, :1] * np.ones((1, net.outputs))
    elif kind == "criterion":
        options["criterion"] = bt.criteria.Huber(nu=0.1)
    elif kind == "sparse":
        options["regularisation"] = reg.SparseWeights(1e-3)
    net.randomize(1)
    estimator = bt.Estimator(net, u, y, **options)
    estimator.run(8, progress=False)
    costs = [report.cost for report in estimator.trace]
    assert costs[-1] < costs[0] and len(costs) > 3


def test_it_takes_a_hundredth_of_a_race():
    net = reservoir(200, outputs=1)
    u = noise(1500, 1, seed=1)
    y = np.convolve(u[:, 0], [0.2, 0.5, -0.3])[:1500, None] + 0.05 * noise(1500, 1, seed=2)
    began = time.perf_counter()
    assert is_at_once(run(net, u, y))
    # 0.05 s on an idle machine; a race of eight draws takes 5 to 12.
    assert time.perf_counter() - began < 1.5
