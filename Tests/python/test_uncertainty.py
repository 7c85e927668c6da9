"""Standard errors and undetermined weights."""

import backtune as bt
import numpy as np
import pytest
from uncertainty_cases import data, one_unit


def two_units():
    net = bt.Network(1)
    h = net.lnl(2, activation="tanh", leak="adjust")
    net.linear(1, sources=[h.lag(0)])
    return net


def names_of(flags):
    return {name for name, marks in flags.items() if marks.any()}


def test_linear_regression():
    rng = np.random.default_rng(1)
    u = rng.normal(size=(50, 2)) * [1, 1e-5]
    net = bt.Network(2)
    net.linear(1, sources=[net.input.lag(0)])
    net.randomize(0)
    y = u @ [[2.0], [3e4]] + 0.7 + 0.3 * rng.normal(size=(50, 1))
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    x = np.column_stack([np.ones(50), u])
    error = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    variance = (error**2).sum() / 47
    scale = np.array([1, 1, 1e5])
    inverse = np.linalg.inv((x * scale).T @ (x * scale))
    covariance = variance * inverse * np.outer(scale, scale)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-8)
    np.testing.assert_allclose(found.noise, np.sqrt(variance), rtol=1e-10)
    errors = np.concatenate([found.standard_errors[name].ravel() for name in net.weights])
    np.testing.assert_allclose(errors, np.sqrt(np.diag(covariance)), rtol=1e-8)
    expected = np.sqrt(np.einsum("ti,ij,tj->t", x, covariance, x))
    np.testing.assert_allclose(found.deviation[:, 0], expected, rtol=1e-8)
    assert found.rank == 3 and not names_of(found.undetermined)
    assert "all determined" in repr(found)


def test_errors_and_band_over_many_data_sets():
    """What 200 noisy data sets show: the spread of the weights, the coverage of the band."""
    truth = one_unit()
    weights = truth.get_weights()
    rng = np.random.default_rng(2)
    u = rng.normal(size=(150, 1))
    clean = truth.simulate(u)
    found, errors, noises, inside = [], [], [], []
    for _ in range(200):
        net = one_unit()
        est = bt.Estimator(net, u, clean + 0.05 * rng.normal(size=clean.shape), restarts=0)
        est.run(progress=False)
        result = est.uncertainty()
        found.append(net.get_weights())
        errors.append(np.sqrt(np.diag(result.covariance)))
        noises.append(result.noise)
        low, high = result.band(net.simulate(u))
        inside.append(((low <= clean) & (clean <= high)).mean())
    spread = np.sqrt(((np.array(found) - weights) ** 2).mean(0))
    # Of a spread over 200 sets: 5 %.
    np.testing.assert_allclose(np.mean(errors, 0), spread, rtol=0.2)
    np.testing.assert_allclose(np.mean(noises), 0.05, rtol=0.02)
    assert 0.92 < np.mean(inside) < 0.98


def test_only_the_sum_of_two_identical_units_counts():
    u, y = data()
    net = two_units().randomize(0)
    source = one_unit().weights
    for name in ("lnl.x2.a", "lnl.x2.B", "lnl.x1.g"):
        net.weights[name] = np.full(net.weights[name].shape, source[name].ravel()[0])
        net.weights.constrain(name, fixed=True)
    net.weights["lnl.x2.W"] = [[-0.3, -0.3], [-0.3, -0.3]]
    net.weights.constrain("lnl.x2.W", fixed=True)
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    assert names_of(found.undetermined) == {"linear.x.W_lnl"}
    np.testing.assert_allclose(found.freedom["linear.x.W_lnl"], np.sqrt([[0.5, 0.5]]), rtol=1e-9)
    assert np.isinf(found.standard_errors["linear.x.W_lnl"]).all()
    assert (found.standard_errors["lnl.x2.W"] == 0).all()
    single = one_unit()
    for name in ("lnl.x2.a", "lnl.x2.B", "lnl.x1.g", "lnl.x2.W"):
        single.weights.constrain(name, fixed=True)
    other = bt.Estimator(single, u, y)
    other.run(progress=False)
    expected = other.uncertainty()
    c = np.array([0, 1, 1])
    np.testing.assert_allclose(c @ found.covariance @ c, expected.covariance[1, 1], rtol=1e-8)
    np.testing.assert_allclose(found.deviation, expected.deviation, rtol=1e-6)
    assert found.rank == expected.rank == 2
    assert "2 undetermined: linear.x.W_lnl" in repr(found)


def test_units_that_are_alike_in_everything():
    u, y = data()
    net = two_units()
    for name, value in one_unit().weights.items():
        share = 0.5 if name in ("lnl.x2.W", "linear.x.W_lnl") else 1
        net.weights[name] = np.full(net.weights[name].shape, share * value.ravel()[0])
    found = bt.Estimator(net, u, y).uncertainty()
    assert found.rank == 6
    assert names_of(found.undetermined) == set(net.weights) - {"linear.x.a"}
    assert all(marks.all() for name, marks in found.undetermined.items() if name != "linear.x.a")
    np.testing.assert_allclose(found.freedom["lnl.x2.W"], np.sqrt(0.75), rtol=1e-6)


def test_unit_that_is_not_observed():
    u, y = data()
    net = bt.Network(1)
    h = net.lnl(1, activation="tanh", leak="adjust")
    net.lnl(1, activation="tanh", sources=[h.lag(1)], name="idle")
    out = net.linear(1, sources=[h.lag(0)])
    net.observe(out)
    net.randomize(2)
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    idle = {name for name in net.weights if name.startswith("idle")}
    assert len(idle) > 1
    assert names_of(found.undetermined) == idle
    for name in idle:
        np.testing.assert_allclose(found.freedom[name], 1, rtol=1e-12)
    assert np.isfinite(found.deviation).all() and np.isfinite(found.covariance).all()


def test_zero_input():
    u, y = data()
    net = two_units().randomize(3)
    est = bt.Estimator(net, 0 * u, y)
    est.run(progress=False)
    found = est.uncertainty()
    assert found.undetermined["lnl.x2.B"].all() and np.allclose(
        found.freedom["lnl.x2.B"], 1, rtol=1e-12
    )
    assert np.isfinite(found.covariance).all() and np.isfinite(found.deviation).all()


def test_constant_output():
    """Of an affine readout of nothing but a constant, only the bias is determined."""
    u, y = data()
    net = one_unit()
    net.weights["linear.x.W_lnl"] = [[0.0]]
    est = bt.Estimator(net, u, np.full_like(y, 0.5))
    net.weights["linear.x.a"] = [0.5]
    found = est.uncertainty()
    assert names_of(found.undetermined) == {"lnl.x2.a", "lnl.x2.W", "lnl.x2.B", "lnl.x1.g"}
    assert found.rank == 2 and found.noise == 0
    # Reached to the tolerance, the inputs still show a little, and that may determine all weights:
    # it has a finite answer.
    net = two_units().randomize(3)
    est = bt.Estimator(net, u, np.full_like(y, 0.5))
    est.run(progress=False)
    found = est.uncertainty()
    assert np.isfinite(found.covariance).all() and found.deviation.max() < 1e-5
    # Reached to rounding it does not depend on the inputs, and so not on many weights.
    est.run(1000, tolerance=0, progress=False)
    found = est.uncertainty()
    assert est.cost < 1e-30
    assert found.rank < 13 and names_of(found.undetermined) >= {"lnl.x2.a", "lnl.x1.g"}
    assert np.isfinite(found.covariance).all() and np.isfinite(found.deviation).all()


def test_weights_at_zero():
    u, y = data()
    net = two_units()
    net.set_weights(np.zeros(net.get_weights().size))
    found = bt.Estimator(net, u, y).uncertainty()
    assert names_of(found.undetermined) == set(net.weights) - {"linear.x.a"}
    assert found.rank == 1 and np.isfinite(found.covariance).all()


def test_weight_at_its_bound():
    u, y = data()
    net = one_unit()
    net.weights.constrain("lnl.x2.B", lower=-0.5, upper=0.5)
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    assert names_of(found.held) == {"lnl.x2.B"}
    assert found.standard_errors["lnl.x2.B"] == 0 and found.freedom["lnl.x2.B"] == 0
    assert "1 held at a bound: lnl.x2.B[0, 0]" in repr(found)


def test_weights_fixed_after_the_run():
    u, y = data()
    net = one_unit()
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    before = est.uncertainty()
    net.weights.constrain("lnl.x2.W", fixed=True)
    after = est.uncertainty()
    assert after.covariance.shape == (5, 5) and before.covariance.shape == (6, 6)
    assert after.standard_errors["lnl.x2.W"] == 0
    assert after.standard_errors["lnl.x1.g"] < before.standard_errors["lnl.x1.g"]


def test_sequences_and_their_initial_states():
    u, y = data()
    parts = [u[:70], u[70:70], u[70:]], [y[:70], y[70:70], y[70:]]
    net = one_unit()
    est = bt.Estimator(net, *parts, initial="learn")
    est.run(progress=False)
    found = est.uncertainty()
    plain = bt.Estimator(net, *parts).uncertainty()
    assert [item.shape for item in found.deviation] == [(70, 1), (0, 1), (80, 1)]
    assert found.covariance.shape == (6, 6) and found.rank > 6
    # The second sequence's own start is known from its outputs only.
    assert found.deviation[2][0] > plain.deviation[2][0]
    bands = found.band(level=0.5)
    assert [low.shape for low, _ in bands] == [(70, 1), (0, 1), (80, 1)]
    starts = list(est.initial_states)
    for (low, high), x in zip(bands, net.simulate(parts[0], starts)):
        np.testing.assert_allclose((low + high) / 2, x, rtol=1e-12, atol=1e-14)


def test_missing_values_are_predicted():
    u, y = data()
    y[40:80] = np.nan
    net = one_unit()
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    found = est.uncertainty()
    assert (found.deviation > 0).all() and found.deviation.max() < 0.1
    weights, step = net.get_weights(), 1e-5
    jacobian = np.empty((150, 6))
    for k in range(6):
        sides = []
        for sign in (1, -1):
            net.set_weights(weights + sign * step * np.eye(6)[k])
            sides.append(net.simulate(u)[:, 0])
        jacobian[:, k] = (sides[0] - sides[1]) / (2 * step)
    expected = np.sqrt(np.einsum("ti,ij,tj->t", jacobian, found.covariance, jacobian))
    np.testing.assert_allclose(found.deviation[:, 0], expected, rtol=1e-6)


def test_cross_entropy_is_logistic_regression():
    rng = np.random.default_rng(5)
    u = rng.normal(size=(300, 1))
    p = 1 / (1 + np.exp(-(0.4 + 1.5 * u[:, 0])))
    label = (rng.uniform(size=300) < p).astype(float)
    net = bt.Network(1)
    z = net.linear(2, "z", sources=[net.input.lag(0)])
    net.observe(net.softmax_group(z.lag(0)))
    net.randomize(0)
    bias, slope = net.weights
    y = np.column_stack([label, 1 - label])
    est = bt.Estimator(net, u, y, criterion="cross-entropy")
    est.run(progress=False)
    both = est.uncertainty()
    # A common shift of both sources changes nothing.
    assert both.rank == 2 and both.noise == 1
    assert both.undetermined[bias].all() and both.undetermined[slope].all()
    for name in net.weights:
        values = net.weights[name]
        net.weights[name] = values - values[1]
        second = np.arange(2).reshape(-1, *[1] * (values.ndim - 1)) == 1
        net.weights.constrain(name, fixed=second)
    found = est.uncertainty()
    probability = net.simulate(u)[:, 0]
    x = np.column_stack([np.ones(300), u])
    information = x.T @ (x * (probability * (1 - probability))[:, None])
    np.testing.assert_allclose(found.covariance, np.linalg.inv(information), rtol=1e-8)
    c = np.array([1, -1, 0, 0])
    np.testing.assert_allclose(c @ both.covariance @ c, found.covariance[0, 0], rtol=1e-8)


@pytest.mark.parametrize("criterion", ["l1", "l0", "huber", "biweight", "boolean"])
def test_other_criteria_have_a_defined_result(criterion):
    u, y = data()
    net = one_unit()
    est = bt.Estimator(net, u, y, criterion=criterion)
    est.run(20, progress=False)
    found = est.uncertainty()
    assert found.covariance.shape == (6, 6) and 0 <= found.rank <= 6
    errors = np.concatenate([values.ravel() for values in found.standard_errors.values()])
    assert not np.isnan(errors).any() or np.isnan(found.noise)
    if criterion != "boolean":
        assert found.noise > 0 and (errors > 0).any()


def test_observables_determine_few_combinations():
    u, _ = data()
    net = one_unit()
    wanted = [bt.observables.mean(0, 0.4), bt.observables.product(0, 0, 0.5)]
    est = bt.Estimator(net, u, criterion=bt.criteria.Observables(wanted))
    found = est.uncertainty()
    assert found.rank == 2 and np.isnan(found.noise)
    assert found.deviation.shape == (150, 1)


def test_divergence_is_an_error():
    net = bt.Network(1)
    net.linear(1)
    for name in net.weights:
        net.weights[name] = np.full(net.weights[name].shape, 1e200)
    est = bt.Estimator(net, np.ones((400, 1)), np.ones((400, 1)))
    with pytest.raises(bt.StateError, match="diverges"):
        est.uncertainty()
