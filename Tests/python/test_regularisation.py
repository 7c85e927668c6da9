"""Regularisation: sparse estimation and its report, sparse, orthogonal and bounded activity."""

import copy

import backtune as bt
import numpy as np
import pytest
from backtune import regularisation as reg


def tanh_network(units, inputs, draw, **options):
    net = bt.Network(inputs=inputs)
    x = net.lnl(units, activation="tanh", bias=False, **options)
    net.observe(x, units)
    net.randomize(seed=draw)
    return net


def sparse_task(seed, units=6, steps=500):
    """Simulate a root network with three in ten of the connections, an input for each unit."""
    root = tanh_network(units, units, 1000 + seed, density=0.3, seed=seed)
    root.weights["lnl.x2.W"] = 2 * root.weights["lnl.x2.W"]
    u = np.random.default_rng(seed).normal(size=(steps, units))
    return u, root.simulate(u), root.weights["lnl.x2.W"] != 0


def small_task(seed=0, steps=80):
    root = tanh_network(3, 1, 1000 + seed)
    u = np.random.default_rng(seed).normal(size=(steps, 1))
    return u, root.simulate(u)


def states(net, u):
    """Values of the unit's output over time."""
    return net.simulate(u)


def test_sparse_estimation_recovers_the_support():
    precision, recall = [], []
    for seed in range(5):
        u, y, there = sparse_task(seed)
        net = tanh_network(6, 6, seed)
        est = bt.Estimator(net, u, y, regularisation=reg.SparseWeights(0.03, weights=["lnl.x2.W"]))
        est.run(100, progress=False)
        found = next(item for item in est.connections() if item.name == "lnl.x2.W")
        assert (found.remaining == (net.weights["lnl.x2.W"] != 0)).all()
        assert (net.weights.fixed("lnl.x2.W") == found.removed).all()
        precision.append((found.remaining & there).sum() / found.remaining.sum())
        recall.append((found.remaining & there).sum() / there.sum())
    assert np.mean(precision) >= 0.9, precision
    assert np.mean(recall) >= 0.95, recall


def test_removal_is_an_entry_of_the_trace():
    u, y, _ = sparse_task(1)
    net = tanh_network(6, 6, 1)
    count = net.get_weights().size
    est = bt.Estimator(net, u, y, regularisation=reg.SparseWeights(0.03))
    entries = []
    trace = est.run(100, progress=False, callback=lambda report: entries.append(report.order))
    assert "removal" in entries
    assert entries == [report.order for report in trace][1:]
    removed = sum(int(item.removed.sum()) for item in est.connections())
    assert net.get_weights().size == count - removed > 0
    # Removal may cost 1 %, nothing else may cost anything.
    growth = trace.cost[1:] / trace.cost[:-1]
    assert (growth[trace.order[1:] != 3] <= 1).all()
    assert (growth <= 1.01).all()
    assert (trace.cost <= trace.first_cost).all()
    assert (trace.first_cost == trace.cost[0]).all()
    assert len(trace) - 1 <= 100


def test_removal_only_where_it_is_wanted():
    u, y, _ = sparse_task(1)
    net = tanh_network(6, 6, 1)
    est = bt.Estimator(net, u, y, regularisation=reg.SparseWeights(0.03, remove=False))
    trace = est.run(100, progress=False)
    assert 3 not in trace.order
    assert not any(item.removed.any() for item in est.connections())
    assert not net.weights.fixed("lnl.x2.W").any()


def test_removal_respects_bounds_that_exclude_zero():
    u, y, _ = sparse_task(1)
    net = tanh_network(6, 6, 1)
    net.weights.constrain("lnl.x2.W", lower=1e-9)
    est = bt.Estimator(net, u, y, regularisation=reg.SparseWeights(0.1, weights=["lnl.x2.W"]))
    est.run(50, progress=False)
    assert (net.weights["lnl.x2.W"] >= 1e-9).all()


def test_weights_set_in_between_start_anew_without_removals():
    u, y, _ = sparse_task(1)
    net = tanh_network(6, 6, 1)
    est = bt.Estimator(net, u, y, regularisation=reg.SparseWeights(0.03))
    est.run(60, progress=False)
    assert any(item.removed.any() for item in est.connections())
    net.weights.constrain("lnl.x2.W", fixed=False)
    net.randomize(seed=5)
    est.step()
    assert not any(item.removed.any() for item in est.connections())


@pytest.mark.parametrize("criterion", ["l1", "huber"])
def test_removal_under_a_criterion_that_follows(criterion):
    u, y, _ = sparse_task(2, steps=200)
    net = tanh_network(6, 6, 2)
    est = bt.Estimator(
        net, u, y, criterion=criterion, regularisation=reg.SparseWeights(0.3), washout=3
    )
    trace = est.run(60, progress=False)
    assert 3 in trace.order
    assert (trace.cost <= trace.first_cost * (1 + 1e-12)).all()
    assert (np.diff(trace.nu) <= 0).all()
    # Other weights: nu is taken from their errors.
    net.set_weights(0.1 * net.get_weights())
    fresh = bt.Estimator(copy.deepcopy(net), u, y, criterion=criterion, washout=3)
    fresh.step()
    est.step()
    assert est.trace.nu[0] == pytest.approx(fresh.trace.nu[0], rel=1e-9)


def test_removal_keeps_initial_states_of_sequences():
    u, y, _ = sparse_task(1, steps=120)
    parts = (np.split(u, 3), np.split(y, 3))
    net = tanh_network(6, 6, 1)
    est = bt.Estimator(net, *parts, initial="learn", regularisation=reg.SparseWeights(0.03))
    trace = est.run(60, progress=False)
    assert 3 in trace.order
    starts = est.initial_states
    assert np.abs(starts[1:]).max() > 0.1
    simulated = np.concatenate(net.simulate(parts[0], initial=starts))
    assert ((simulated - y) ** 2).sum() / ((y - y.mean(0)) ** 2).sum() == pytest.approx(
        est.nmse, rel=1e-6
    )


def fit(regularisation, iterations=60, **options):
    u, y = small_task()
    net = tanh_network(3, 1, 0)
    est = bt.Estimator(net, u, y, regularisation=regularisation, **options)
    trace = est.run(iterations, progress=False)
    return trace, net, u


def test_sparse_activity_silences_nodes():
    plain, net, u = fit(None)
    active = np.abs(states(net, u)).sum()
    trace, net, u = fit(reg.SparseActivity(0.3))
    assert np.abs(states(net, u)).sum() < active / 2
    assert (np.diff(trace.cost) <= 0).all()
    assert (plain.penalty == 0).all()
    assert 0 < trace.penalty[-1] < trace.penalty[0]


def test_orthogonal_activity_decorrelates():
    def overlap(x):
        products = x.T @ x
        return np.abs(products - np.diag(np.diag(products))).sum() / np.trace(products)

    _, net, u = fit(None)
    before = overlap(states(net, u))
    trace, net, u = fit(reg.OrthogonalActivity(1.0))
    assert overlap(states(net, u)) < before / 2
    assert (np.diff(trace.cost) <= 0).all()


def test_ridge_shrinks():
    plain = np.abs(fit(None)[1].get_weights()).max()
    trace, net, _ = fit(reg.Ridge(0.3))
    assert np.abs(net.get_weights()).max() < plain
    weights = np.concatenate([net.weights["lnl.x2.W"].ravel(), net.weights["lnl.x2.B"].ravel()])
    assert trace.penalty[-1] == pytest.approx(0.3 * (weights**2).sum() / 240, rel=1e-12)


def test_many_orthogonal_nodes_are_no_trap():
    """A residual for each pair: too many for Gauss-Newton, which "auto" then leaves alone."""
    net = bt.Network(inputs=1)
    net.reservoir(40, seed=1)
    net.randomize(seed=0)
    u = np.random.default_rng(0).normal(size=(100, 1))
    rule = reg.OrthogonalActivity(1e-3, groups=["reservoir.x"])
    trace = bt.Estimator(net, u, np.sin(u), regularisation=rule).run(3, progress=False)
    # 4 is Gauss-Newton's, and a momentum of the first order.
    assert not ((trace.variant == 4) & (trace.order == 2)).any()
    assert trace.cost[-1] < trace.cost[0]


def test_regularisation_goes_on_where_the_criterion_is_met():
    """All margins are met: only the weights' size is left to fall."""
    net = bt.Network(inputs=0)
    net.observe(net.lnl(2), 1)
    net.randomize(seed=0)
    net.weights["lnl.x2.a"] = 2.0
    rule = reg.Ridge(0.1, weights=["lnl.x2.a", "lnl.x2.W"])
    est = bt.Estimator(net, None, np.ones((5, 1)), criterion="boolean", regularisation=rule)
    trace = est.run(30, progress=False)
    assert trace.cost[-1] < trace.cost[0] / 10


def test_activity_bound_bounds():
    _, net, u = fit(None)
    before = states(net, u).max()
    _, net, u = fit(reg.ActivityBound(1.0, bound=before / 2, steepness=30))
    assert states(net, u).max() < 0.75 * before
    lowest = states(fit(None)[1], u).min()
    _, net, u = fit(reg.ActivityBound(1.0, bound=lowest / 2, steepness=-30))
    assert states(net, u).min() > 0.75 * lowest


def test_cost_is_the_sum_of_its_parts():
    """L = [criterion + regularisations] / sum of gains, by hand."""
    u, y = small_task()
    net = tanh_network(3, 1, 0)
    # Weights that are as drawn would be taken in the units of the data.
    net.set_weights(1.01 * net.get_weights())
    x = net.simulate(u)
    weights = np.concatenate([net.weights["lnl.x2.W"].ravel(), net.weights["lnl.x2.B"].ravel()])

    def soft(values, eps):
        return (np.abs(values) - eps * np.log1p(np.abs(values) / eps)).sum()

    products = x.T @ x
    off = (products**2).sum() - (np.diag(products) ** 2).sum()
    parts = [
        ((x - y) ** 2).sum() / 2,
        2 * 0.5 * soft(weights, 1e-3),
        2 * 0.4 * soft(x, 0.05),
        0.2 / 2 * off,
        0.1 * np.exp(3 * (x - 0.5)).sum(),
    ]
    est = bt.Estimator(
        net,
        u,
        y,
        regularisation=[
            reg.SparseWeights(0.5, eps=1e-3),
            reg.SparseActivity(0.4, eps=0.05),
            reg.OrthogonalActivity(0.2, groups=["lnl.x"]),
            reg.ActivityBound(0.1, bound=0.5, steepness=3),
        ],
    )
    assert est.cost == pytest.approx(sum(parts) / y.size, rel=1e-12)
    report = est.step()
    assert report.cost < est.trace.cost[0]
    assert est.trace.penalty[0] == pytest.approx(sum(parts[1:]) / y.size, rel=1e-12)


def test_groups_may_be_objects():
    u, y = small_task()
    costs = []
    for named in (True, False):
        net = bt.Network(inputs=1)
        x = net.lnl(3, activation="tanh")
        net.randomize(seed=0)
        rule = reg.SparseActivity(0.1, groups="lnl.x" if named else [x])
        costs.append(bt.Estimator(net, u, y, regularisation=rule).cost)
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (reg.SparseWeights(-1), "strength"),
        (reg.SparseWeights(np.inf), "strength.*inf"),
        (reg.SparseWeights(1, eps=0), "eps"),
        (reg.SparseWeights(1, weights=["nosuch"]), "weights.*nosuch"),
        (reg.SparseActivity(1, groups=["nosuch"]), "group.*nosuch"),
        (reg.SparseActivity(1, groups=["input"]), "input"),
        (reg.SparseActivity(1, groups=[]), "groups"),
        (reg.ActivityBound(1, bound=np.nan), "bound.*nan"),
    ],
)
def test_wrong_parameters_are_named(rule, message):
    u, y = small_task()
    with pytest.raises(ValueError, match=message):
        bt.Estimator(tanh_network(3, 1, 0), u, y, regularisation=rule).step()


def test_other_things_are_no_regularisation():
    u, y = small_task()
    with pytest.raises(TypeError, match="regularisation"):
        bt.Estimator(tanh_network(3, 1, 0), u, y, regularisation=["sparse-weights"])


def test_overflowing_penalties_are_survived():
    """A soft bound that overflows at the start: it is rescued or said, never a crash."""
    trace, net, _ = fit(reg.ActivityBound(1.0, bound=-1e6, steepness=100), 3)
    assert trace.stop == "diverged"
    assert np.isfinite(net.get_weights()).all()
