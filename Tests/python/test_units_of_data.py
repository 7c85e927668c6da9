"""Fits do not depend on the units of the data: DESIGN 2.13."""

import copy
import pickle

import backtune as bt
import numpy as np
import pytest
from conftest import same
from units_of_data_cases import KINDS, STEPS, assert_same_iterations, make, record, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("k", "m"), [((-9, 0), 0), ((9, -9), 0), ((0, 0), -9), ((0, 0), 9), ((5, -3), 4), ((-1, 6), -6)]
)
@pytest.mark.parametrize("options", [{}, {"dense": 0}, {"method": "backward-tuning"}])
def test_powers_of_ten(kind, k, m, options):
    u, y = record(kind)
    # Backward tuning follows inputs.
    scale = 1 if "method" in options else 10.0**m
    expected = run(kind, u, y, **options)
    found = run(kind, u * 10.0 ** np.array(k), y * scale, **options)
    assert_same_iterations(found, expected, options.get("dense", 1))
    assert expected.nmse[-1] < 0.6 * expected.nmse[0]


def test_weights_are_those_of_the_units():
    """The network that comes out computes in the units that went in."""
    u, y = record()
    net = make()
    est = bt.Estimator(net, u * [1e6, 1e-6], 1e-3 * y)
    trace = est.run(15, progress=False)
    error = net.simulate(u * [1e6, 1e-6]) - 1e-3 * y
    assert trace.nmse[-1] == pytest.approx(
        (error**2).sum() / ((1e-3 * (y - y.mean(0))) ** 2).sum(), rel=1e-9
    )
    cost, gradient = est.gradient()
    assert cost == pytest.approx(trace.cost[-1], rel=1e-12)
    weights = net.get_weights()
    for place in (0, 5, weights.size - 1):
        h = 1e-5 * max(abs(weights[place]), 1e-8)
        sides = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[place] += sign * h
            net.set_weights(moved)
            sides.append(np.mean((net.simulate(u * [1e6, 1e-6]) - 1e-3 * y) ** 2) / 2)
        difference = (sides[0] - sides[1]) / (2 * h)
        noise = 1e-9 * cost / h
        assert abs(difference - gradient[place]) < 1e-4 * abs(difference) + noise


@pytest.mark.parametrize(("kind", "level"), [("lnl", 0.03), ("lstm", 0.3), ("linear", 0.03)])
@pytest.mark.parametrize("seed", range(4))
def test_an_offset_is_taken_out(kind, level, seed):
    """1,000 deviations on an input whose readers have a bias: the same iterations within 10 %."""
    random = np.random.default_rng(seed)
    u = random.normal(size=(400, 2))
    y = make(kind, 100 + seed).simulate(u)
    y = y / y.std() + 0.05 * random.normal(size=y.shape)
    counts = []
    for shift in (0, 1000):
        trace = bt.Estimator(make(kind, seed), u + [shift, 0], y).run(12, progress=False)
        assert trace.nmse[-1] <= level
        counts.append(int(np.argmax(trace.nmse <= level)))
    assert abs(counts[0] - counts[1]) <= 0.1 * counts[0]


def test_an_offset_without_a_bias_is_told():
    u, y = record()
    net = bt.Network(2)
    net.observe(net.lnl(2, bias=False))
    est = bt.Estimator(net.randomize(0), u + [1000, 0], y)
    with pytest.warns(bt.BacktuneWarning, match=r"input 0 .* lnl\.x2"):
        est.run(2, progress=False)
    # Once.
    est.run(2, progress=False)


def test_rest():
    u, y = record()
    net = make()
    assert net.rest.tolist() == [0, 0]
    bt.Estimator(net, u + [1000, 0], y).run(5, progress=False)
    np.testing.assert_allclose(net.rest, [(u[:, 0] + 1000).mean(), 0], rtol=1e-13)
    for other in (bt.Network.from_json(net.to_json()), copy.deepcopy(net), net.copy()):
        assert same(other.rest, net.rest) and same(other.simulate(u), net.simulate(u))
    assert same(pickle.loads(pickle.dumps(net)).rest, net.rest)
    # Inputs of the past are at rest; a state says what they were.
    still = np.tile(net.rest, (5, 1))
    state = net.simulate(still, return_state=True)[1]
    assert np.isin(net.rest[0], state)
    stream = net.stream()
    assert same(np.array([stream.step(row) for row in u]), net.simulate(u))


def test_rest_that_was_set_stays():
    u, y = record()
    net = make()
    net.rest = [3, 4]
    bt.Estimator(net, u + 1000, y).run(2, progress=False)
    assert net.rest.tolist() == [3, 4]
    net.rest = None
    assert net.rest.tolist() == [0, 0]
    net.rest = 2
    assert net.rest.tolist() == [2, 2]
    with pytest.raises(ValueError, match="rest|broadcast"):
        net.rest = [1, 2, 3]
    with pytest.raises(bt.ArgumentError, match="rest"):
        net.rest = [np.nan, 0]


def test_outputs_of_unequal_units():
    """CASES F4: what a pooled error hides is shown, and balanced gains fit all alike."""
    u, y = record()
    factors = np.array([1, 1e-4])
    with pytest.warns(bt.BacktuneWarning, match="balanced"):
        pooled = run("lnl", u, y * factors, iterations=40)
    even = run("lnl", u, y, "balanced", iterations=40)
    found = run("lnl", u, y * factors * 2.0**7, "balanced", iterations=40)
    np.testing.assert_allclose(found.output_nmse, even.output_nmse, rtol=1e-5)
    assert pooled.output_nmse[1] > 2 * even.output_nmse[1]
    assert pooled.mean_nmse == pytest.approx(pooled.output_nmse.mean())
    assert f"mean {pooled.mean_nmse:.3g}" in repr(pooled)
    # Equal counts of equal weight: the pooled one is the mean.
    assert even.nmse[-1] == pytest.approx(even.mean_nmse, rel=1e-9)


def test_each_outputs_error_by_hand():
    u, y = record()
    y[::5, 1] = np.nan
    net = make()
    est = bt.Estimator(net, u, y)
    est.run(3, progress=False)
    error = net.simulate(u) - y
    expected = np.nansum(error**2, 0) / np.nansum((y - np.nanmean(y, 0)) ** 2, 0)
    np.testing.assert_allclose(est.output_nmse, expected, rtol=1e-10)
    constant = bt.Estimator(make(), u, np.column_stack([y[:, 0], np.ones(STEPS)]))
    constant.run(1, progress=False)
    assert np.isnan(constant.output_nmse[1]) and np.isfinite(constant.output_nmse[0])


def test_gains_in_words():
    u, y = record()
    with pytest.raises(bt.ArgumentError, match="'even' came, expected numbers or 'balanced'"):
        bt.Estimator(make(), u, y, "even")
    with pytest.raises(bt.ArgumentError, match="option balanced"):
        bt.Estimator(make(), u, y > 0, "balanced", criterion="boolean").run(1, progress=False)


FACTORS = [((1, 1), 1), ((1e-9, 1e9), 1e-9), ((1e9, 1e-9), 1e9), ((2.0**20, 2.0**-20), 2.0**9)]


def test_online():
    u, y = record()
    expected, *others = (
        bt.OnlineEstimator(make(), window=60, every=10).update(u * k, y * m) / m for k, m in FACTORS
    )
    for found in others:
        np.testing.assert_allclose(found[60:], expected[60:], rtol=1e-9, atol=1e-9)


def test_identify():
    u, y = record("state_space")
    expected, *others = (
        bt.identify(u * k, y * m, max_order=2, progress=False).report for k, m in FACTORS
    )
    for found in others:
        assert found.training == pytest.approx(expected.training, rel=1e-9)
    assert others[-1].training == expected.training


def test_regularisation_in_units_of_the_data():
    u, y = record()

    def fit(k, m, units):
        rule = bt.regularisation.Ridge(0.5 * m * m, units=units)
        return run("lnl", u * k, y * m, regularisation=rule, iterations=10).nmse[-1]

    assert fit(2.0**10, 2.0**5, "data") == fit(1, 1, "data")
    assert fit(2.0**10, 2.0**5, "weights") != fit(1, 1, "weights")
    with pytest.raises(bt.ArgumentError, match="units"):
        fit(1, 1, "metres")


def test_scales_without_floors():
    """Robust scales of tiny and huge outputs: nothing is added to them."""
    u, y = record()
    for criterion in ("l1", "l0", "huber", "biweight"):
        found = [
            run("lnl", u, y * m, criterion=criterion, iterations=6).nmse[-1]
            for m in (1, 2.0**-60, 2.0**60)
        ]
        assert found[0] == found[1] == found[2]
    constant = run("lnl", u, np.zeros((STEPS, 2)), criterion="huber", iterations=3)
    assert np.isfinite(constant.cost).all()


@pytest.mark.parametrize("k", [(-9, 0), (9, -9), (0, 6)])
def test_uncertainty(k):
    """What is determined does not depend on units, and standard errors are in them."""
    u, y = record("linear")
    factors = 10.0 ** np.array(k)
    found = []
    for scale in (np.ones(2), factors):
        net = make("linear")
        est = bt.Estimator(net, u * scale, y)
        est.run(40, progress=False)
        found.append(est.uncertainty())
    one, other = found
    assert one.rank == other.rank == len(one.covariance)
    for name, errors in one.standard_errors.items():
        scale = factors if name.endswith("B") else 1
        np.testing.assert_allclose(other.standard_errors[name] * scale, errors, rtol=1e-4)
