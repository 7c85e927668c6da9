"""The names of the original implementation, and what they do here."""

import json
import math

import backtune as bt
import numpy as np
import pytest
from backtune import mnemonas
from conftest import same

TRANSFORMS = (
    "LinearTransform",
    "LinearNonLinearTransform",
    "SparseNonLinearTransform",
    "IntegrateAndFireTransform",
    "SoftMaxTransform",
)
RECURRENT = (
    "reset getR get set getValue getValueDerivative isConnected getLyapunovExponent"
    " getSpectralRadius setInput asString setN setT"
)
KERNEL = (
    f"{RECURRENT} newKernelTransform getKernelDimension getKernelValue getKernelDerivative"
    " getWeightCount getWeight setWeight setWeights setWeightsRandom"
)
ESTIMATOR = "run getCost getValue getError getWeights updateReadout getFit"
NAMES = {
    "Input": "get setN setT",
    "BufferedInput": "get add save getHistogram",
    "RecurrentTransform": RECURRENT,
    "KernelTransform": KERNEL,
    "LinearTransform": f"{KERNEL} setOffset",
    "LinearNonLinearTransform": f"{KERNEL} setLeak setOffset",
    "SparseNonLinearTransform": f"{KERNEL} setLeak setConnections",
    "IntegrateAndFireTransform": f"{KERNEL} setSharpness setLeak setOffset",
    "SoftMaxTransform": f"{KERNEL} setOffset",
    "SupervisedCriterion": "rho drho get getN0 update",
    "Observable": "reset getValue getValueDerivative asString doValue doValueDerivative",
    "ObservableCriterion": "rho drho getObservable getObservables getObservableExpectedValue",
    "KernelEstimator": ESTIMATOR,
    "KernelExperimentalEstimator": ESTIMATOR,
    "KernelDistributedEstimator": ESTIMATOR,
    "KernelSupervisedEstimator": ESTIMATOR,
    "KernelObservableEstimator": ESTIMATOR,
    "CurveFit": "add clear getCount getDecay getGain getBias getError getGamma getMode"
    " getHistogram asString show",
    "Histogram": "add clear get p draw getDivergence plot",
}


def made(kind, units=3, inputs=2, steps=60, seed=0):
    """Make a transform with all that can be adjusted, and random weights."""
    u = mnemonas.BufferedInput("normal", inputs, steps, 5)
    transform = mnemonas.KernelTransform.newKernelTransform(kind, units, u)
    if kind.startswith("Sparse"):
        transform.setConnections(0, 1).setLeak(0.3)
    else:
        for name in ("setLeak", "setOffset", "setSharpness"):
            if hasattr(transform, name):
                getattr(transform, name)(math.nan)
    return transform.setWeightsRandom(0.1, 0.4 / math.sqrt(units), False, "normal", seed)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(name):
    assert name in mnemonas.__all__
    kind = getattr(mnemonas, name)
    for method in NAMES[name].split():
        assert callable(getattr(kind, method)), method


def test_nothing_else_is_exported():
    assert set(mnemonas.__all__) == set(NAMES)


def test_typical_session():
    N, T = 4, 120
    input = mnemonas.BufferedInput("normal", 1, T, 3)
    root = mnemonas.LinearNonLinearTransform(N, input)
    root.setLeak(0)
    root.setWeightsRandom(0, 0.5 / math.sqrt(N), False, "normal", 0)
    output = mnemonas.BufferedInput(root, 1)
    assert (output.N, output.T) == (1, T) and output.get(0, 7) == root.get(0, 7)
    learner = mnemonas.LinearNonLinearTransform(N, input)
    learner.setLeak(math.nan)
    learner.setWeightsRandom(0, 0.5 / math.sqrt(N), False, "normal", 1)
    assert (learner.N, learner.getR(), learner.T) == (3 * N, 1, T)
    assert learner.getWeightCount() == N + N * (1 + N + 1)
    criterion = mnemonas.SupervisedCriterion(learner, output, "2", 1e-1, "b")
    estimator = mnemonas.KernelExperimentalEstimator(learner, criterion)
    before = criterion.rho()
    cost = estimator.run(1e-6, 1e-4, 60)
    assert cost < 1e-2 * before and estimator.getCost() == cost == criterion.rho()
    error = np.array([learner.get(0, t) - output.get(0, t) for t in range(T)])
    np.testing.assert_allclose(cost, np.sum(error**2) / 2 / (3 * N * T), rtol=1e-12)
    fit = estimator.getFit()
    assert 10 < fit.getCount() <= 61 and 0 < fit.getDecay() < 60
    assert 0 < fit.getBias() <= before and fit.getMode() == "e"
    weights = learner.network.weights
    for n in range(N):
        assert learner.getWeight(N + n, 1) == weights["u.x1.g"][n]
        assert learner.getWeight(2 * N + n, 1) == weights["u.x2.a"][n] == 0
        for k in range(N):
            assert learner.getWeight(2 * N + n, 2 + k) == weights["u.x2.W"][n, k]
        assert learner.getWeight(2 * N + n, 2 + N) == weights["u.x2.B"][n, 0]
    assert learner.getWeight(0, 1) == learner.getWeight(2 * N, 99) == 0
    assert estimator.getWeights()[0] == learner.getWeight(N, 1)
    flat = [w for row in json.loads(learner.asString())["weights"] for w in row]
    assert flat == estimator.getWeights().tolist()
    for what in ("output-error", "backward-error", "ratio-negligible", "ratio-saturated"):
        assert estimator.getFit(what).getCount() == fit.getCount()
    with pytest.raises(bt.ArgumentError, match="fit"):
        estimator.getFit("happiness")


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_values_and_derivatives_of_the_equations(kind):
    transform = made(kind)
    values = transform._values()
    for n in range(transform.N):
        for t in (0, 1, 9):
            np.testing.assert_allclose(transform.getValue(n, t), values[t, n], atol=1e-14)
        for n_ in range(transform.N):
            for t_ in (8, 9):
                if t_ == 9 and not transform.isConnected(n, 9, n_, 9):
                    continue
                old, sides = values[t_, n_], []
                for step in (1e-5, -1e-5):
                    values[t_, n_] = old + step
                    sides.append(transform.getValue(n, 9))
                values[t_, n_] = old
                slope = transform.getValueDerivative(n, 9, n_, t_)
                np.testing.assert_allclose(slope, (sides[0] - sides[1]) / 2e-5, atol=1e-8)
                assert transform.isConnected(n, 9, n_, t_) or slope == 0
    assert transform.getSpectralRadius() > 0
    assert transform.get(0, -1) == transform.getKernelValue(0, -1, 3) == 0


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_backward_errors_give_the_gradient(kind):
    """The sum over time of error times kernel is the derivative by the weight."""
    transform = made(kind, steps=25)
    values = mnemonas.BufferedInput("normal", 2, 25, 8)
    criterion = mnemonas.SupervisedCriterion(transform, values)
    estimator = mnemonas.KernelEstimator(transform, criterion)
    first = estimator.run()
    assert estimator.run() == first and estimator.getFit().getCount() == 2
    for n, d in list(transform._places())[::2]:
        weight = transform.getWeight(n, d)
        sides = []
        for step in (1e-5, -1e-5):
            transform.setWeight(n, d, weight + step)
            sides.append(criterion.rho() * transform.N * 25)
        transform.setWeight(n, d, weight)
        estimator._errors = None
        total = sum(estimator.getError(n, t) * transform.getKernelValue(n, d, t) for t in range(25))
        held = transform._slot(n, d)[0].endswith(".g") and weight == 0
        if not held:
            np.testing.assert_allclose(total, (sides[0] - sides[1]) / 2e-5, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_each_transform_learns(kind):
    root, learner = made(kind, seed=1), made(kind, seed=2)
    output = mnemonas.BufferedInput(root, 1)
    estimator = mnemonas.KernelSupervisedEstimator(learner, output)
    before = estimator.criterion.rho()
    assert estimator.run(1e-6, 1e-4, 25) < 0.05 * before


def test_bounds_and_held_weights():
    u = mnemonas.BufferedInput("normal", 1, 10, 0)
    lnl = mnemonas.LinearNonLinearTransform(2, u)
    assert not lnl.setWeight(2, 1, 0.5) and lnl.getWeight(2, 1) == 0
    lnl.setLeak(math.nan).setOffset(0.25)
    assert lnl.setWeight(2, 1, 0.5) and lnl.getWeight(2, 1) == 0.5
    assert not lnl.setWeight(2, 1, 2) and lnl.getWeight(2, 1) == 0.999
    assert not lnl.setWeight(4, 1, 1.0) and lnl.getWeight(4, 1) == 0.25
    assert lnl.setWeight(4, 2, -7) and lnl.getWeight(4, 2) == -7
    assert not lnl.setWeight(0, 1, 1) and not lnl.setWeight(4, 9, 1)
    lnl.setLeak(0.1)
    assert lnl.getWeight(2, 1) == lnl.getWeight(3, 1) == 0.1
    aif = mnemonas.IntegrateAndFireTransform(2, u)
    assert (aif.getWeight(0, 1), aif.getWeight(0, 2), aif.getWeight(2, 1)) == (0, 0, 1)
    aif.setLeak(math.nan).setSharpness(math.nan)
    assert aif.setWeight(0, 1, 0.8) and aif.getWeight(0, 1) == 0.8
    assert aif.network.weights["u.x.g"][0] == 0.4
    assert not aif.setWeight(0, 1, 1.5) and aif.getWeight(0, 1) == 0.999
    assert not aif.setWeight(2, 1, 200) and aif.getWeight(2, 1) == 100
    with pytest.raises(ValueError, match="finite"):
        lnl.setWeight(4, 2, math.nan)


def test_random_weights():
    lnl = made("LinearNonLinearTransform", units=8)
    lnl.setWeightsRandom(2, 0, False)
    assert lnl.getWeight(16, 3) == 2 and lnl.getWeight(8, 1) == 0.999
    lnl.setWeightsRandom(-0.5, 0, True)
    assert lnl.getWeight(16, 3) == 1.5
    first = lnl.setWeightsRandom(0, 0.3, False, "uniform", 4)._weights()
    assert same(lnl.setWeightsRandom(0, 0.3, False, "uniform", 4)._weights(), first)
    assert np.abs(first).max() <= 0.3 * math.sqrt(3) and abs(first[8:].std() - 0.3) < 0.06
    assert not same(lnl.setWeightsRandom(0, 0.3)._weights(), first)
    small = mnemonas.LinearNonLinearTransform(3, lnl.input).setWeights(lnl)
    assert small.getWeight(6, 4) == lnl.getWeight(16, 4)
    assert small.getWeight(6, 5) == lnl.getWeight(16, 10)
    with pytest.raises(ValueError, match="mode"):
        lnl.setWeightsRandom(0, 1, False, "magic")
    with pytest.raises(ValueError, match="setWeights"):
        lnl.setWeights(made("LinearTransform"))


def test_functions_of_other_ranges():
    u = mnemonas.BufferedInput("normal", 1, 30, 0)
    both = mnemonas.LinearNonLinearTransform(2, u, -1, 1)
    both.setWeightsRandom(0, 1, False, "normal", 0)
    np.testing.assert_allclose(both.get(0, 5), math.tanh(both.get(4, 5)))
    rectified = mnemonas.LinearNonLinearTransform(2, u, 0.5, math.inf)
    rectified.setWeightsRandom(0, 1, False, "normal", 0)
    assert rectified.get(0, 5) == 0.5 + max(rectified.get(4, 5), 0) == rectified.getValue(0, 5)


def test_values_that_are_imposed():
    transform = made("LinearNonLinearTransform")
    free = transform._values().copy()
    transform.set(0, 10, 0.75)
    values = transform._values()
    assert same(values[:10], free[:10]) and values[10, 0] == 0.75
    assert not same(values[11:], free[11:])
    state = transform._state(transform.input._values()[10], values[10, :3])
    after = transform.network.simulate(transform.input._values()[11:], state)
    assert same(after, values[11:, :3])
    assert same(transform.reset()._values(), free)
    transform.reset(True, 0.5)
    assert transform.get(0, -1) != 0 and not same(transform._values()[0], free[0])


def test_lyapunov_exponent():
    u = mnemonas.BufferedInput("normal", 1, 40, 0)
    linear = mnemonas.LinearTransform(1, u)
    for weight in (0.5, 1.5):
        linear.setWeight(0, 2, weight)
        np.testing.assert_allclose(linear.getLyapunovExponent(), math.log(weight), rtol=1e-4)
    assert linear.getSpectralRadius() == 1.5


def test_sparse_connections():
    transform = made("SparseNonLinearTransform", units=9)
    assert transform.getKernelDimension(4) == 3 + 2
    mask = transform.network.weights["u.x.W"] != 0
    assert (mask.sum(axis=1) == 3).all() and not mask.diagonal().any()
    transform.setConnections(5, 0)
    assert transform.getKernelDimension(0) == 7 and transform.getWeight(0, 1) == 0
    for wrong in (9, -1):
        with pytest.raises(ValueError):
            transform.setConnections(wrong)
    with pytest.raises(ValueError, match="connections"):
        transform.setWeights(made("SparseNonLinearTransform", units=9))
    lone = mnemonas.SparseNonLinearTransform(1, transform.input)
    assert lone.getSpectralRadius() == 0 and lone.getWeightCount() == 2


@pytest.mark.parametrize("letter", "210abh")
def test_criteria(letter):
    transform = made("LinearTransform", steps=20)
    values = mnemonas.BufferedInput("zerone", 1, 20, 7)
    criterion = mnemonas.SupervisedCriterion(transform, values, letter, 0.3, "o")
    total = sum(criterion.rho(n, t) for n in range(3) for t in range(20))
    np.testing.assert_allclose(criterion.rho(), total / 60, rtol=1e-12)
    x = transform._values()
    for t in range(20):
        old = x[t, 0]
        sides = []
        for step in (1e-6, -1e-6):
            x[t, 0] = old + step
            sides.append(criterion.rho(0, t))
        x[t, 0] = old
        np.testing.assert_allclose(criterion.drho(0, t), (sides[0] - sides[1]) / 2e-6, atol=1e-5)
    assert criterion.drho(1, 3) == 0 and criterion.get(0, 3) == values.get(0, 3)
    assert math.isnan(criterion.get(1, 3)) and criterion.getN0() == 1
    with criterion._estimator(criterion._network()) as estimator:
        np.testing.assert_allclose(criterion._scale * estimator.cost, criterion.rho(), rtol=1e-12)
    before = criterion.rho()
    assert mnemonas.KernelExperimentalEstimator(transform, criterion).run(1e-6, 1e-4, 5) < before


def test_missing_values_are_not_asked():
    root, learner = made("LinearTransform", seed=1), made("LinearTransform", seed=2)
    values = root._values()[:, :2].copy()
    values[::3, 0] = np.nan
    desired = mnemonas.BufferedInput(values, 2, 60)
    criterion = mnemonas.SupervisedCriterion(learner, desired)
    cost = mnemonas.KernelExperimentalEstimator(learner, criterion).run(0, 0, 30)
    assert cost < 1e-3 and math.isnan(criterion.get(0, 3)) and criterion.drho(0, 3) == 0


def test_observables():
    root, learner = made("LinearNonLinearTransform", seed=1), made("LinearNonLinearTransform")
    listed = mnemonas.ObservableCriterion.getObservables("icorr", 2)
    assert len(listed) == 2 + 3
    assert len(mnemonas.ObservableCriterion.getObservables("acorr", 2, 1)) == 2 + 4
    lag = mnemonas.ObservableCriterion.getObservable("acorr", 0, 2)
    x = root._values()[:, 0]
    np.testing.assert_allclose(lag.reset(root).getValue(), (x[2:] * x[:-2]).mean())
    estimator = mnemonas.KernelObservableEstimator(learner, root, [*listed, lag])
    criterion = estimator.criterion
    assert criterion.getObservableExpectedValue(5) == lag.reset(root).getValue()
    before = criterion.rho()
    with criterion._estimator(criterion._network()) as engine:
        np.testing.assert_allclose(engine.cost, before, rtol=1e-12)
    assert np.isfinite(estimator.getError(4, 3))
    assert estimator.run(1e-6, 1e-4, 30) < 0.1 * before
    given = mnemonas.ObservableCriterion(learner, listed[:1], [0.7], [1])
    assert abs(given.rho() - abs(learner._values()[:, 0].mean() - 0.7)) < 1e-12
    values = mnemonas.KernelObservableEstimator(learner, [0.7], listed[:1])
    assert values.criterion.getObservableExpectedValue(0) == 0.7
    assert json.loads(lag.asString())["name"] == "acorr(0, 2)"


def test_what_has_another_way_here():
    class Own(mnemonas.KernelTransform):
        def getKernelDimension(self, n):
            return 0

    class Skewness(mnemonas.Observable):
        def doValue(self):
            return float((self.input._values() ** 3).mean())

    u = mnemonas.BufferedInput("normal", 1, 10, 0)
    for kind in (mnemonas.RecurrentTransform, mnemonas.KernelTransform, Own):
        with pytest.raises(NotImplementedError, match="Network.learnware"):
            kind(2, 1, u)
    transform = made("LinearTransform")
    assert np.isfinite(Skewness("own").reset(transform).getValue())
    with pytest.raises(NotImplementedError, match="backtune.observables"):
        mnemonas.ObservableCriterion(transform, [Skewness("own")], [0])
    some = mnemonas.ObservableCriterion.getObservables("mean", 2)
    with pytest.raises(NotImplementedError, match="lambdas"):
        mnemonas.ObservableCriterion(transform, some, [0, 0], [1, 2])


def test_readout_alone():
    root, learner = made("LinearTransform", seed=1), made("LinearTransform", seed=1)
    for d in range(1, 7):
        learner.setWeight(0, d, 0)
    criterion = mnemonas.SupervisedCriterion(learner, mnemonas.BufferedInput(root, 1))
    before = learner._weights()
    assert mnemonas.KernelEstimator(learner, criterion).updateReadout() < 1e-20
    assert same(learner._weights()[6:], before[6:])
    np.testing.assert_allclose(learner._weights(), root._weights(), atol=1e-6)


def test_distributed_estimation():
    root, learner = made("LinearTransform", seed=1), made("LinearTransform", seed=2)
    criterion = mnemonas.SupervisedCriterion(learner, mnemonas.BufferedInput(root, 2))
    estimator = mnemonas.KernelDistributedEstimator(learner, criterion)
    before = criterion.rho()
    cost = estimator.run(1e-6, 40, 20, 2, True)
    assert cost == criterion.rho() == estimator.getCost() < 0.2 * before
    costs = estimator.getFit()
    assert costs.getCount() == 41 and costs.getHistogram().get("max") == before


def test_dump_of_an_estimation(tmp_path, capsys):
    root, learner = made("LinearTransform", seed=1), made("LinearTransform", seed=2)
    estimator = mnemonas.KernelSupervisedEstimator(learner, mnemonas.BufferedInput(root, 1))
    estimator.run(1e-6, 1e-4, 3, str(tmp_path / "new"), '{"case": 7}')
    dumped = json.loads((tmp_path / "new" / "estimation.json").read_text())
    assert dumped["header"] == {"case": 7} and len(dumped["costs"]) == 4
    estimator.run(1e-6, 1e-4, 1, "stdout")
    assert "costs" in capsys.readouterr().out
