"""Criteria: what they are for, on sequences of root networks whose clean outputs are known."""

import backtune as bt
import numpy as np
import pytest
from backtune import criteria

OBJECTS = {
    "least-squares": criteria.LeastSquares(),
    "l1": criteria.Robust(),
    "l0": criteria.Robust(order=0),
    "huber": criteria.Huber(),
    "biweight": criteria.Biweight(),
    "boolean": criteria.Boolean(),
    "cross-entropy": criteria.CrossEntropy(),
}
ALIASES = {
    "least-squares": "2",
    "l1": "1",
    "l0": "0",
    "huber": "a",
    "biweight": "b",
    "boolean": "h",
}
FOLLOWING = ["l1", "l0", "huber", "biweight"]


def learner(units, seed):
    net = bt.lnl_network(units=units, inputs=1, outputs=1)
    net.randomize(seed=seed)
    return net


def root_data(units, steps, seed):
    """Input and clean output of a root network."""
    root = learner(units, 1000 + seed)
    u = np.random.default_rng(seed).normal(size=(steps, 1))
    return u, root.simulate(u)


def nmse(net, u, y):
    return float(((net.simulate(u) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def fitted(units, seed, u, y, iterations, **options):
    net = learner(units, seed)
    bt.Estimator(net, u, y, **options).run(iterations, progress=False)
    return net


def robustness(kind, names, seeds=10, units=4, steps=400, iterations=100):
    """Median NMSE, over the seeds, of what each criterion predicts of the clean output."""
    errors = {name: [] for name in names}
    for seed in range(seeds):
        u, clean = root_data(units, steps, seed)
        rng = np.random.default_rng(100 + seed)
        noise = rng.normal(size=clean.shape) * clean.std()
        hit = rng.random(clean.shape) < 0.05
        y = clean + (0.1 * noise if kind == "noise" else np.where(hit, 10 * noise, 0))
        for name in names:
            net = fitted(units, seed, u, y, iterations, criterion=name)
            errors[name].append(nmse(net, u, clean))
    return {name: float(np.median(values)) for name, values in errors.items()}


@pytest.mark.slow
def test_reweighted_criteria_resist_outliers():
    medians = robustness("outliers", ["2", "1", "0"])
    assert medians["1"] <= medians["2"] / 10, medians
    assert medians["0"] <= medians["2"] / 10, medians


@pytest.mark.slow
def test_least_squares_is_best_against_noise():
    medians = robustness("noise", ["2", "1", "0"])
    assert medians["2"] <= 1.001 * min(medians.values()), medians


def test_missing_values():
    """With 30 % of noisy outputs unknown the clean output is predicted nearly as well."""
    ratios = []
    for seed in range(10):
        u, clean = root_data(4, 400, seed)
        rng = np.random.default_rng(seed)
        y = clean + 0.1 * clean.std() * rng.normal(size=clean.shape)
        missing = np.where(rng.random(y.shape) < 0.3, np.nan, y)
        full = nmse(fitted(4, seed, u, y, 100), u, clean)
        ratios.append(nmse(fitted(4, seed, u, missing, 100), u, clean) / full)
    assert np.median(ratios) <= 2, ratios


@pytest.mark.parametrize("seed", range(5))
def test_boolean_criterion_generates_a_sequence(seed):
    """Without input: the sequence is in the weights."""
    o = np.random.default_rng(seed).integers(0, 2, size=(8, 1)).astype(float)
    net = bt.Network(inputs=0)
    x = net.lnl(4, leak="adjust")
    net.observe(x, 1)
    net.randomize(seed=seed)
    bt.Estimator(net, None, o, criterion="boolean").run(200, progress=False)
    assert ((net.simulate(8) > 0.5) == (o > 0.5)).all()


def test_cross_entropy_learns_which_of_three():
    """The class is the sign pattern of the last two inputs."""
    rng = np.random.default_rng(0)
    u = rng.normal(size=(300, 1))
    kind = np.zeros(300, dtype=int)
    kind[2:] = (u[1:-1, 0] > 0).astype(int) + (u[:-2, 0] > 0).astype(int)
    y = np.eye(3)[kind]
    net = bt.Network(inputs=1)
    h = net.lnl(6, activation="tanh")
    net.softmax(3, sources=[h.lag(0)])
    net.randomize(seed=1)
    est = bt.Estimator(net, u, y, criterion="cross-entropy", washout=2)
    trace = est.run(100, progress=False)
    assert trace.cost[-1] < trace.cost[0] / 10
    assert (net.simulate(u)[2:].argmax(axis=1) == kind[2:]).mean() > 0.97


@pytest.mark.parametrize("name", list(OBJECTS))
def test_objects_are_what_their_names_are(name):
    u, y = root_data(2, 30, 0)
    costs = []
    for criterion in (OBJECTS[name], name, ALIASES.get(name, name)):
        net = bt.Network(inputs=1)
        net.observe(net.softmax(2), 1)
        net.randomize(seed=0)
        est = bt.Estimator(net, u, abs(y), criterion=criterion)
        assert est.criterion == name
        costs.append(est.cost)
    assert costs[0] == costs[1] == costs[2]


@pytest.mark.parametrize("name", FOLLOWING)
def test_costs_never_increase_under_one_nu(name):
    u, y = root_data(4, 100, 1)
    trace = bt.Estimator(learner(4, 1), u, y, criterion=name).run(60, progress=False)
    assert len(np.unique(trace.nu)) > 5
    assert (np.diff(trace.nu) <= 0).all()
    assert (trace.cost <= trace.first_cost * (1 + 1e-14)).all()
    same = np.diff(trace.nu) == 0
    assert (np.diff(trace.cost)[same] <= 0).all()


@pytest.mark.parametrize("name", [*FOLLOWING, "boolean"])
def test_a_given_nu_stays(name):
    u, y = root_data(2, 60, 0)
    criterion = {
        "l1": criteria.Robust(nu=0.3),
        "l0": criteria.Robust(nu=0.3, order=0),
        "huber": criteria.Huber(0.3),
        "biweight": criteria.Biweight(0.3),
        "boolean": criteria.Boolean(0.3),
    }[name]
    est = bt.Estimator(learner(2, 0), u, y, criterion=criterion)
    trace = est.run(15, progress=False)
    assert (trace.nu == 0.3).all()
    assert (np.diff(trace.cost) <= 0).all()
    assert est.get_option("nu") == 0.3


@pytest.mark.parametrize("name", FOLLOWING)
def test_draws_are_not_compared_under_different_nu(name):
    u, y = root_data(2, 40, 0)
    est = bt.Estimator(learner(2, 0), u, y, criterion=name, restarts=3)
    with pytest.raises(bt.ArgumentError, match="restarts.*give nu"):
        est.step()
    given = criteria.Robust(nu=0.1) if name == "l1" else None
    if given:
        trace = bt.Estimator(learner(2, 0), u, y, criterion=given, restarts=3).run(
            30, progress=False
        )
        assert (np.diff(trace.cost) <= 0).all()


def test_first_cost_is_that_of_the_start_under_the_present_nu():
    u, y = root_data(4, 100, 2)
    start = learner(4, 2)
    # Weights that are as drawn would be taken in the units of the data.
    start.set_weights(1.01 * start.get_weights())
    trace = bt.Estimator(start.copy(), u, y, criterion="l1").run(20, progress=False)
    again = bt.Estimator(start, u, y, criterion=criteria.Robust(nu=trace.nu[-1]))
    assert again.cost == pytest.approx(trace.first_cost[-1], rel=1e-12)


def test_least_squares_has_no_nu():
    u, y = root_data(2, 30, 0)
    trace = bt.Estimator(learner(2, 0), u, y).run(3, progress=False)
    assert (trace.nu == 0).all()
    assert (trace.first_cost == trace.cost[0]).all()


def test_gains_scale_nothing_but_what_they_weigh():
    """All gains times a constant: the same weights, whatever the criterion's curvature is."""
    u, y = root_data(4, 60, 3)
    for name in ["2", "a"]:
        one = fitted(4, 3, u, y, 10, criterion=name)
        many = fitted(4, 3, u, y, 10, criterion=name, gains=1024.0)
        assert np.allclose(one.get_weights(), many.get_weights(), rtol=1e-6, atol=1e-9)


def test_an_unknown_name_lists_the_right_ones():
    u, y = root_data(2, 30, 0)
    with pytest.raises(ValueError, match="least-squares or 2.*cross-entropy"):
        bt.Estimator(learner(2, 0), u, y, criterion="l3")
    with pytest.raises(bt.ArgumentError, match="order"):
        criteria.Robust(order=2)
    assert criteria.Robust(0).name == "l0"
    assert criteria.Robust(0).nu is None
    with pytest.raises(TypeError, match="nu"):
        bt.Estimator(learner(2, 0), u, y, criterion=criteria.Huber("x"))
    for nu in (0, -1, np.nan):
        with pytest.raises(bt.ArgumentError, match="nu"):
            bt.Estimator(learner(2, 0), u, y, criterion=criteria.Huber(nu))
    with pytest.raises(bt.ArgumentError):
        bt.Estimator(learner(2, 0), u, y, criterion=criteria.Huber(np.inf))


def test_cross_entropy_says_what_it_needs():
    u, y = root_data(2, 30, 0)
    with pytest.raises(bt.NetworkError, match="softmax"):
        bt.Estimator(learner(2, 0), u, y, criterion="cross-entropy").step()
    net = bt.Network(inputs=1)
    net.softmax(1)
    with pytest.raises(bt.ArgumentError, match="value -.*cross-entropy expects 0 or more"):
        bt.Estimator(net, u, -abs(y), criterion="cross-entropy").step()


def test_criteria_of_errors_that_vanish():
    """A start that is perfect already: nothing breaks, nothing moves away."""
    u, y = root_data(2, 30, 0)
    for name in ["2", *FOLLOWING]:
        net = learner(2, 1000)
        trace = bt.Estimator(net, u, y, criterion=name).run(5, progress=False)
        assert nmse(net, u, y) <= 1e-20
        assert np.isfinite(trace.cost).all()


def test_constant_outputs():
    u = np.random.default_rng(0).normal(size=(30, 1))
    for name in ["2", *FOLLOWING, "boolean"]:
        trace = bt.Estimator(learner(2, 0), u, np.full((30, 1), 0.7), criterion=name).run(
            5, progress=False
        )
        assert np.isnan(trace.nmse[-1])
        assert (trace.cost <= trace.first_cost).all()
