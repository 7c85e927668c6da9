"""Results are equal to the bit whatever the number of threads."""

import backtune as bt
import numpy as np
import pytest
from conftest import same

THREADS = (1, 2, 5)


@pytest.fixture(autouse=True)
def default_threads():
    yield
    bt.set_threads(0)


def on_threads(work):
    """Return the arrays that `work` returns, the same on all numbers of threads."""
    results = []
    for threads in THREADS:
        bt.set_threads(threads)
        results.append(work())
    assert all(np.isfinite(a).all() for a in results[0])
    for other in results[1:]:
        assert len(other) == len(results[0])
        assert all(same(a, b) for a, b in zip(results[0], other))
    return results[0]


def network(units, outputs, seed, leak="adjust"):
    net = bt.Network(inputs=1)
    net.observe(net.lnl(units, leak=leak, bias=False), outputs)
    return net.randomize(seed=seed)


def data(lengths, units, outputs=1):
    """Draw inputs, and what another network makes of them."""
    root = network(units, outputs, seed=1)
    u = [bt.random.normal(n, seed=k).reshape(-1, 1) for k, n in enumerate(lengths)]
    return u, [root.simulate(a) for a in u]


def fitted(units, outputs, lengths, iterations, **options):
    """Fit, and return weights, course and, last, what the estimator knows."""
    u, y = data(lengths, units, outputs)
    net = network(units, outputs, seed=2)
    estimator = bt.Estimator(net, u, y, **options)
    first = estimator.cost
    trace = estimator.run(iterations, progress=False)
    assert trace[-1].cost < first
    return [net.get_weights(), np.array([report.cost for report in trace])], estimator


@pytest.mark.parametrize(
    ("units", "outputs", "lengths"),
    [
        # Impulse responses, in a window of the history, and in two.
        (12, 1, [1500]),
        (8, 1, [140_000]),
        # Tangents, in slices: every node is observed.
        (12, 12, [600]),
        (6, 6, [300, 17, 1, 40, 39, 38, 37, 250]),
        # Sequences that are shorter than the memory.
        (8, 1, [5, 3, 200, 9, 14, 14, 14, 2]),
        # Conjugate gradients, then the dense form.
        (20, 1, [1200]),
    ],
)
def test_gauss_newton(units, outputs, lengths):
    iterations = 1 if sum(lengths) > 100_000 else 4
    on_threads(
        lambda: fitted(units, outputs, lengths, iterations, method="gauss-newton", restarts=0)[0]
    )


@pytest.mark.parametrize("lengths", [[700], [90, 30, 200, 30, 31, 32]])
@pytest.mark.parametrize("ridge", [None, bt.regularisation.Ridge(1e-3)])
def test_backward_tuning(lengths, ridge):
    options = {"method": "backward-tuning", "regularisation": ridge}
    on_threads(lambda: fitted(10, 1, lengths, 5, **options)[0])


def measuring(outputs):
    """Return a network that reads its outputs as measured."""
    net = bt.Network(inputs=1)
    h = net.lnl(10, "h", activation="tanh")
    out = net.learnware(outputs, "out").bias().connect(h.lag(0))
    for lag in 1, 2:
        net.groups["h.x2"].connect(out.measured().lag(lag), f"K{lag}")
    net.observe(out)
    return net.randomize(seed=3)


@pytest.mark.parametrize("lengths", [[900], [90, 30, 200, 30, 31, 32, 5, 77]])
@pytest.mark.parametrize("horizon", [1, (1, 7, None)])
def test_measured_groups(lengths, horizon):
    def work():
        u, y = data(lengths, 6, 2)
        net = measuring(2)
        estimator = bt.Estimator(net, u, y, horizon=horizon, restarts=0)
        trace = estimator.run(4, progress=False)
        assert trace.cost[-1] < trace.cost[0]
        found = estimator.uncertainty()
        ahead = [*net.predict(u, y, 1), *net.predict(u, y, 5)]
        return [trace.cost, net.get_weights(), found.covariance, *found.deviation, *ahead]

    on_threads(work)


def test_uncertainty():
    def work():
        result, estimator = fitted(10, 2, [900, 40], 5, method="gauss-newton", restarts=0)
        found = estimator.uncertainty()
        return [*result, found.covariance, *found.deviation]

    on_threads(work)
