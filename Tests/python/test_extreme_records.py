"""What stands on fits, at the ends of what a double can be: uncertainty, recipes, exports."""

import backtune as bt
import numpy as np
import pytest
from conftest import later, same
from export_cases import Program, deviation, drawn
from extreme_cases import LARGE, SCALES, SMALL, fit
from fmu_cases import Fmu
from sklearn_cases import plant
from units_of_data_cases import make, record

ENDS = [(LARGE, 1), (SMALL, 1), (1, LARGE), (1, SMALL)]


@pytest.mark.parametrize("kind", ["lnl", "linear", "lstm"])
def test_uncertainty(kind):
    """It lost what little outputs depended on: impulses were cut off beside those of outputs."""
    u, y = record(kind)
    expected = fit(u, y, kind=kind, iterations=12)[2].uncertainty()
    for a, b in SCALES:
        _, net, estimator = fit(u * a, y * b, kind=kind, iterations=12)
        found = estimator.uncertainty()
        assert found.rank == expected.rank and found.noise == expected.noise * b
        np.testing.assert_allclose(found.deviation, expected.deviation * b, rtol=1e-8)
        for name, errors in expected.standard_errors.items():
            # Of what outputs read, but not of each other, and of what inputs are read by.
            scale = b if name.startswith("linear") and ".W" not in name.replace(".W_", "") else 1
            scale /= a if name.endswith("B") else 1
            np.testing.assert_allclose(found.standard_errors[name], errors * scale, rtol=1e-8)


def test_restarts():
    """A race of draws comes to the same weights."""
    u, y = record()
    expected = bt.Estimator(make(), u, y, restarts=4).run(14, progress=False)
    for a, b in ENDS:
        found = bt.Estimator(make(), u * a, y * b, restarts=4).run(14, progress=False)
        assert same(found.nmse, expected.nmse)
        assert same(np.array(found.draw_costs) / b / b, expected.draw_costs)


def test_predictions_ahead():
    """With measured outputs in any unit, of a network that is linear in them."""
    u, y = record()
    net = bt.Network(2)
    state = net.lnl(3, activation="tanh")
    out = net.linear(2, "out", sources=[state.lag(0)])
    net.groups["lnl.x2"].connect(out.measured().lag(1), "K")
    net.observe(out)

    def predicted(a, b):
        own = net.copy().randomize(0)
        trace = bt.Estimator(own, u * a, y * b, horizon=(1, 4)).run(5, progress=False)
        assert (trace.cost <= trace.first_cost).all()
        return own.predict(u * a, y * b, 3) / b

    expected = predicted(1, 1)
    for a, b in ENDS:
        np.testing.assert_allclose(predicted(a, b), expected, rtol=1e-12, atol=1e-12)


def test_online():
    u, y = record()

    def outputs(a, b):
        return bt.OnlineEstimator(make(), window=60, every=20).update(u * a, y * b)[60:] / b

    expected = outputs(1, 1)
    for a, b in ENDS:
        assert same(outputs(a, b), expected)
    for b in 1e160, 1e-160:
        with pytest.raises(bt.ArgumentError, match="desired: the largest value is"):
            outputs(1, b)


def test_missing_inputs():
    u, y = record()
    u[3:9, 0] = np.nan

    def run(a):
        return bt.Estimator(make(), u * a, y, missing="model").run(3, progress=False)

    expected = run(1).cost
    for a in LARGE, SMALL:
        assert same(run(a).cost, expected)
    np.testing.assert_allclose(run(1e300).cost, expected, rtol=1e-6)


# ---- Recipes


def identified(u, y):
    return bt.identify(u, y, max_order=1, linear=True, progress=False)


@later
def test_identification():
    u, y = record("state_space")
    expected = identified(u, y)
    left = expected.residuals(u, y)
    for a, b in [*ENDS, (SMALL, LARGE)]:
        model = identified(u * a, y * b)
        assert model.report.training == expected.report.training
        assert same(model.simulate(u * a) / b, expected.simulate(u))
        assert same(model.fit_percent(u * a, y * b), expected.fit_percent(u, y))
        found = model.residuals(u * a, y * b)
        np.testing.assert_allclose(found.autocorrelation, left.autocorrelation, rtol=1e-12)
        np.testing.assert_allclose(
            found.cross_correlation, left.cross_correlation, rtol=1e-9, atol=1e-12
        )
        assert [t.p for t in found.whiteness] == [t.p for t in left.whiteness]


@later
@pytest.mark.parametrize(
    ("a", "b"), [(1e300, 1), (1e-320, 1), (1, 1e300), (1, 1e-315), (1e-300, 1e300)]
)
def test_identification_beyond_squares(a, b):
    """Data are taken in deviations, whatever these are; denormal ones were taken for constants."""
    u, y = record("state_space")
    expected, model = identified(u, y), identified(u * a, y * b)
    assert model.report.training == pytest.approx(expected.report.training, rel=0.01)
    np.testing.assert_allclose(
        model.fit_percent(u * a, y * b), expected.fit_percent(u, y), rtol=1e-3
    )


@later
def test_identification_of_constant_and_duplicate_channels():
    u, y = record("state_space")
    one = u.copy()
    one[:, 1] = 1e200
    for v, w in [(one, y), (u[:, [0, 0]], y), (u, y[:, [0, 0]])]:
        model = identified(v, w)
        assert np.isfinite(model.report.training) and model.report.training < 1
        assert np.isfinite(model.simulate(v)).all()
    w = y.copy()
    w[:, 1] = 1e200
    model = identified(u, w)
    np.testing.assert_allclose(model.simulate(u)[:, 1], 1e200, rtol=1e-12)
    assert model.fit_percent(u, w)[0] > 50
    for steps in 0, 1, 2:
        with pytest.raises(
            bt.SizeError, match=f"output 0 has {steps} observed values, expected 40"
        ):
            identified(u[:steps], y[:steps])


def test_identification_of_denormal_values():
    """They were taken for constants, and those of inputs ended in an error of NumPy."""
    u, y = record("state_space")
    model = identified(u[:60] * 1e-315, y[:60])
    assert model.report.training < 0.5 and len(model.members) > 0


def test_forecasts():
    """Seasons and errors were those of a constant beyond 1e-150, and infinite beyond 1e150."""
    t = np.arange(120)
    y = np.sin(t / 3) + 0.05 * bt.random.normal(120, seed=1)
    expected = bt.forecast(y, 6, samples=20)
    for b in SMALL, 2.0**-700, 2.0**1000:
        found = bt.forecast(y * b, 6, samples=20)
        assert same(found.mean / b, expected.mean) and same(found.upper / b, expected.upper)
        assert found.season == expected.season and found.report == expected.report
        assert found.errors.one_step["network"] == expected.errors.one_step["network"] * b
    still = bt.forecast(np.full(40, 1e300), 3, samples=20)
    np.testing.assert_allclose(still.mean, 1e300, rtol=1e-12)
    np.testing.assert_allclose(bt.forecast(np.zeros(40), 3, samples=20).mean, 0, atol=1e-12)


# ---- Estimators of scikit-learn


@pytest.mark.parametrize(
    "options",
    [{"units": 2, "unit": "lnl", "max_iter": 5}, pytest.param({"max_order": 1}, marks=later)],
)
def test_regressors(options):
    X, y = (part[:100] for part in plant())
    expected = bt.RecurrentRegressor(**options).fit(X, y).predict(X)
    for a, b in ENDS[1:3]:
        assert same(bt.RecurrentRegressor(**options).fit(X * a, y * b).predict(X * a) / b, expected)
    found = bt.RecurrentRegressor(**options).fit(X * 1e-320, y).predict(X * 1e-320)
    np.testing.assert_allclose(found, expected, rtol=0.02)
    constant = bt.RecurrentRegressor(**options).fit(X, np.full(len(y), 1e200)).predict(X)
    np.testing.assert_allclose(constant, 1e200, rtol=1e-9)
    for steps in 1, 2:
        few = bt.RecurrentRegressor(**options).fit(X[:steps], y[:steps]).predict(X[:steps])
        np.testing.assert_allclose(few, y[:steps], rtol=0.05)


def test_classifier_and_forecaster():
    X, y = plant()
    labels = (y > np.median(y)).astype(int)
    expected = bt.RecurrentClassifier(2, max_iter=5).fit(X, labels).predict_proba(X)
    series = np.sin(np.arange(60) / 3) + 0.05 * bt.random.normal(60, seed=1)
    path = bt.RecurrentForecaster(4, samples=20).fit(series).predict(4)
    for a in LARGE, SMALL:
        assert same(
            bt.RecurrentClassifier(2, max_iter=5).fit(X * a, labels).predict_proba(X * a), expected
        )
        found = bt.RecurrentForecaster(4, samples=20).fit(series * a).predict(4)
        assert same(np.ravel(found) / a, np.ravel(path))


# ---- Exports


def test_exports_with_scales_at_the_ends(tmp_path):
    net = bt.Network(2)
    hidden = net.lnl(3, activation="tanh", leak="adjust")
    net.linear(1, sources=[hidden.lag(0)])
    drawn(net)
    u = np.random.default_rng(0).normal(size=(20, 2))
    expected = net.simulate(u)
    for a, b in [(LARGE, SMALL), (2.0**-1000, 2.0**1000)]:
        folder = tmp_path / f"{np.log2(a):.0f}"
        scales = {
            "input_mean": [0, a],
            "input_scale": [a, a],
            "output_scale": [b],
            "output_mean": [b],
        }
        v = u * a + [0, a]
        assert deviation(Program(net, folder, **scales)(v) / b, expected + 1) < 1e-12
        assert deviation(Fmu(net, folder / "fmu", **scales)(v) / b, expected + 1) < 1e-12
    for wrong in 0.0, np.inf, np.nan:
        with pytest.raises(bt.ArgumentError, match="input_scale"):
            net.export(format="c", input_scale=[1, wrong])
