"""Criteria that are logarithms of probabilities: spikes and counts."""

import backtune as bt
import numpy as np
import pytest


def logistic(q):
    return 1 / (1 + np.exp(-q))


def regression(criterion, activation, y, u):
    """Fit one node f(a + B u), and return the network and what is unsure."""
    net = bt.Network(u.shape[1])
    net.dense(1, activation=activation)
    with bt.Estimator(net.randomize(0), u, y, criterion=criterion) as est:
        trace = est.run(progress=False)
        return net, trace, est.uncertainty()


def iterated(x, y, mean, weight):
    """Do the same by iterated least squares: the score is x^T (y - mean) in both."""
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        m = mean(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (weight(m)[:, None] * x), x.T @ (y - m))
    return beta, np.linalg.inv(x.T @ (weight(mean(x @ beta))[:, None] * x))


@pytest.mark.parametrize(
    ("criterion", "activation", "mean", "weight"),
    [
        ("bernoulli", "logistic", logistic, lambda m: m * (1 - m)),
        (bt.criteria.Poisson(), "exp", np.exp, lambda m: m),
    ],
)
def test_likelihoods_are_regressions(criterion, activation, mean, weight):
    rng = np.random.default_rng(0)
    u = rng.normal(size=(300, 2))
    m = mean(0.3 + u @ [0.8, -0.5])
    y = rng.poisson(m) if activation == "exp" else rng.random(300) < m
    net, trace, found = regression(criterion, activation, y.astype(float), u)
    x = np.column_stack([np.ones(300), u])
    beta, covariance = iterated(x, y, mean, weight)
    np.testing.assert_allclose(net.get_weights(), beta, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5)
    assert found.noise == 1 and found.rank == 3
    m = mean(x @ beta)
    if activation == "exp":
        cost = (m - y + np.where(y > 0, y * np.log(np.maximum(y, 1) / m), 0)).mean()
    else:
        cost = -(y * np.log(m) + (1 - y) * np.log1p(-m)).mean()
    assert trace.cost[-1] == pytest.approx(cost, rel=1e-10)


def test_likelihoods_take_what_they_can():
    u = bt.random.normal(40).reshape(-1, 1)
    for criterion, wrong in (("bernoulli", 1.5), ("bernoulli", -0.1), ("poisson", -1.0)):
        y = np.zeros(40)
        y[3] = wrong
        with pytest.raises(bt.ArgumentError, match=f"{wrong:g}.*{criterion}"):
            bt.Estimator(bt.lnl_network(2).randomize(0), u, y, criterion=criterion).step()
        # What is not compared may be anything.
        gains = np.ones(40)
        gains[3] = 0
        net = bt.lnl_network(2).randomize(0)
        assert np.isfinite(bt.Estimator(net, u, y, gains, criterion=criterion).cost)


def test_certain_outputs_cost_what_they_should():
    net = bt.Network(1)
    net.dense(1, activation="logistic")
    net.weights = {"dense.x2.a": 0.0, "dense.x2.B": 1.0}
    u = np.array([[800.0], [-800.0]])
    for y, low, high in (([1, 0], 0, 1e-15), ([0, 1], 30, 400)):
        est = bt.Estimator(net, u, np.array(y, dtype=float), criterion="bernoulli")
        cost, gradient = est.gradient()
        assert low <= cost <= high and np.isfinite(gradient).all()


def test_rates_of_linear_outputs_stay_above_zero():
    rng = np.random.default_rng(1)
    u = rng.random(size=(200, 1))
    y = rng.poisson(0.5 + 3 * u[:, 0]).astype(float)
    net = bt.Network(1)
    net.linear(1, sources=[net.input.lag(0)])
    net.weights = {"linear.x.a": 1.0, "linear.x.B": 0.0}
    bt.Estimator(net, u, y, criterion="poisson").run(progress=False)
    assert (net.simulate(u) > 0).all()
    a, b = net.get_weights()
    rate = a + b * u[:, 0]
    # Where the likelihood is largest.
    score = np.array([(1 - y / rate).sum(), ((1 - y / rate) * u[:, 0]).sum()])
    assert abs(score).max() < 1e-4
