"""Errors of an identified model: correlations, bounds, tests, and what they say in words."""

import backtune as bt
import numpy as np
import pytest
from backtune.estimation.correlations import chi_square, crossed, own, sums_at_lags, whiteness
from conftest import same
from identified_cases import Y_SCALE, arx, model_of, record, state_space


def direct(a, b, lag):
    """Return the sum of a(t) b(t - lag)."""
    return sum(a[t] * b[t - lag] for t in range(len(a)) if 0 <= t - lag < len(b))


def test_errors_of_the_true_model_are_the_noise():
    u, y, e = record(noise=0.2)
    found = model_of([arx()]).residuals(u, y, first=0)
    assert np.allclose(found.errors, e, atol=1e-12 * Y_SCALE)
    assert np.allclose(found.mean, e.mean()) and np.allclose(found.deviation, e.std())
    text = repr(found)
    assert "1 step ahead" in text and "; white (p = " in text and "independent of u0" in text


def test_correlations_are_those_of_the_formulas():
    u, y, e = record(120, noise=0.2)
    found = model_of([arx()]).residuals(u, y, first=0, lags=7)
    e, v = e[:, 0] - e.mean(), u[:, 0] - u.mean()
    expected = [direct(e, e, lag) / (e @ e) for lag in range(8)]
    assert same(found.lags, np.arange(8)) and same(found.cross_lags, np.arange(-7, 8))
    assert np.allclose(found.autocorrelation[:, 0], expected, atol=1e-10)
    expected = [direct(e, v, lag) / np.sqrt(e @ e * (v @ v)) for lag in range(-7, 8)]
    assert np.allclose(found.cross_correlation[:, 0, 0], expected, atol=1e-10)
    # Of n white values: 2.576 sqrt(n - lag) / n, and the statistic of Ljung and Box.
    assert np.allclose(
        found.autocorrelation_bound[1:, 0], 2.5758 * np.sqrt(120 - np.arange(1, 8)) / 120, rtol=1e-4
    )
    box = 120 * 122 * sum(found.autocorrelation[k, 0] ** 2 / (120 - k) for k in range(1, 8))
    assert np.isclose(found.whiteness[0].statistic, box, rtol=1e-12)
    assert found.whiteness[0].freedom == 7


def test_sums_never_reach_into_the_next_sequence():
    a, b = np.arange(1.0, 5), np.array([2.0, -1, 3])
    expected = [direct(a, a, k) + direct(b, b, k) for k in range(-6, 7)]
    assert np.allclose(sums_at_lags([a, b], [a, b], 6), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("statistic", "freedom", "p"),
    [(3.841, 1, 0.05), (6.635, 1, 0.01), (15.507, 8, 0.05), (44.314, 25, 0.01), (24.337, 25, 0.5)],
)
def test_tail_of_chi_square(statistic, freedom, p):
    assert abs(chi_square(statistic, freedom).p - p) < (0.005 if freedom < 8 else 0.001)


def series(random, steps, pole):
    x = np.zeros(steps)
    for t, e in enumerate(random.normal(size=steps)):
        x[t] = (pole * x[t - 1] if t else 0) + e
    return x


@pytest.mark.parametrize(("of_input", "of_errors"), [(0.0, 0.0), (0.9, 0.0), (0.9, 0.8)])
def test_levels_are_kept_whatever_the_autocorrelations(of_input, of_errors):
    """Of 150 records without a connection 1 % of the values are beyond their bounds of 99 %."""
    beyond, rejected, coloured = [], [], []
    for seed in range(150):
        random = np.random.default_rng(seed)
        u, e = series(random, 300, of_input), series(random, 300, of_errors)
        u, e = u - u.mean(), e - e.mean()
        found = crossed([e], [np.ones(300)], [u], 20)
        beyond.append(abs(found.values) > 2.576 * found.deviations)
        rejected.append(found.test.p < 0.05)
        values, deviations = own([e], [np.ones(300)], 20)
        coloured.append(whiteness(values, deviations, 300).p < 0.05)
    assert 0.002 < np.mean(beyond) < 0.02
    assert np.mean(rejected) < 0.1
    assert np.mean(coloured) < 0.12 if of_errors == 0 else np.mean(coloured) == 1


def test_what_is_missed_is_found():
    u, y, _ = record(noise=0.2)
    # Half of the input's effect is missed: white errors no more, and they depend on it at once.
    found = model_of([arx(b=0.5)]).residuals(u, y)
    assert found.independence[0][0].p < 1e-6
    assert abs(found.cross_correlation[:, 0, 0]).argmax() == 25  # lag 0 of -25 to 25
    assert "depends on u0 (p = " in repr(found) and "most at lag 0" in repr(found)
    # Dynamics of the noise that is missed: of a step, y(t-1) tells of the error.
    found = model_of([arx(a=0.2)]).residuals(u, y)
    assert found.whiteness[0].p < 1e-6 and "not white" in repr(found)
    # In free run errors may be correlated.
    found = model_of([state_space()]).residuals(u, y, None)
    assert found.horizon == np.inf and found.whiteness[0].p < 1e-6
    assert "correlated in time" in repr(found) and "noise of a free run may be" in repr(found)
    assert found.independence[0][0].p > 0.01


def test_feedback_is_told():
    random = np.random.default_rng(3)
    e, u, y = 0.5 * random.normal(size=500), np.zeros(500), np.zeros(500)
    for t in range(500):
        u[t] = random.normal() - (1.5 * y[t - 1] if t else 0)
        y[t] = (0.3 * y[t - 1] if t else 0) + 0.3 * u[t] + e[t]
    found = model_of([arx(a=0.3, b=0.3)]).residuals(2 + 0.5 * u, 10 + 4 * y, first=0)
    assert np.allclose(found.errors[:, 0], 4 * e)
    assert "u0 follows the errors: feedback" not in repr(found)  # one lag is no pattern
    assert abs(found.cross_correlation[24, 0, 0]) > 2 * found.cross_correlation_bound[24, 0, 0]
    slow = 0.9 * np.convolve(e, 0.9 ** np.arange(60))[:500]
    u = random.normal(size=500)
    u[1:] += 2 * slow[:-1]
    y = np.zeros(500)
    for t in range(500):
        y[t] = (0.3 * y[t - 1] if t else 0) + 0.3 * u[t] + e[t]
    found = model_of([arx(a=0.3, b=0.3)]).residuals(2 + 0.5 * u, 10 + 4 * y, first=0)
    assert "u0 follows the errors: feedback" in repr(found)


def test_missing_outputs_and_sequences():
    lists = [record(200, seed, 0.2) for seed in (1, 2)]
    u, y, e = ([item[k] for item in lists] for k in range(3))
    y[1] = y[1].copy()
    y[1][50:60] = np.nan
    found = model_of([arx()]).residuals(u, y, first=0, lags=5)
    assert [len(item) for item in found.errors] == [200, 200]
    assert np.isnan(found.errors[1][50:60]).all() and np.isfinite(found.errors[0]).all()
    # Pairs of known values alone make the bound.
    pairs = 199 + 199 - 11
    bound = 2.5758 * np.sqrt(pairs) / 390
    assert np.isclose(found.autocorrelation_bound[1, 0], bound, rtol=1e-4)
    assert found.whiteness[0].p > 0.01


def test_exact_constant_and_few():
    u, y, _ = record(60)
    assert "nothing is left but rounding" in repr(model_of([arx()]).residuals(u, y))
    found = model_of([arx()]).residuals(np.full(60, 2.0), y)
    assert np.isnan(found.independence[0][0].p) and "u0 is constant" in repr(found)
    found = model_of([arx()]).residuals(u, np.where(np.arange(60) == 30, y[:, 0], np.nan))
    assert np.isnan(found.whiteness[0].p) and "too few to test" in repr(found)
    wild = model_of([state_space(A=1e4)]).residuals(u, y, None)
    assert "the run diverges" in repr(wild) and abs(wild.errors[-1, 0]) > 1e100


def test_tables():
    pd = pytest.importorskip("pandas")
    u, y, _ = record(100, noise=0.1)
    index = pd.date_range("2026-01-01", periods=100, freq="s")
    model = model_of([arx()], input_names=["drive"], output_names=["speed"])
    found = model.residuals(pd.DataFrame({"drive": u[:, 0]}, index), y, lags=4)
    assert list(found.errors.columns) == ["speed"] and found.errors.index.equals(index)
    table = found.to_frame()
    assert list(table.columns) == ["output", "other", "lag", "correlation", "bound"]
    assert len(table) == 5 + 9 and set(table["other"]) == {"speed", "drive"}
    row = table[(table["other"] == "drive") & (table["lag"] == 2)].iloc[0]
    assert row["correlation"] == found.cross_correlation[6, 0, 0]
    assert "speed: mean" in repr(found) and "of drive" in repr(found)


def test_bad_lags():
    u, y, _ = record(50)
    model = model_of([arx()])
    with pytest.raises(bt.SizeError, match="lags: 50 came for 50 time steps"):
        model.residuals(u, y, lags=50)
    with pytest.raises(bt.ArgumentError, match="lags: 0 came"):
        model.residuals(u, y, lags=0)
    with pytest.raises(TypeError, match="lags"):
        model.residuals(u, y, lags=2.5)
    assert model.residuals(u, y, lags=49).lags[-1] == 49
