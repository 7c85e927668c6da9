"""Forecasts of series: values, bands, errors beside, forms."""

import backtune as bt
import numpy as np
import pytest
from backtune.forecasting.data import estimated_season, held
from backtune.forecasting.model import Predictor
from backtune.forecasting.network import Shape
from conftest import same
from forecast_cases import A, B, logistic, nonlinear, passengers, second_order


def test_linear_weights_are_those_of_least_squares():
    y = second_order(400, 0)[:, None]
    shape = Shape((1, 2, 3))
    found = Predictor(shape, np.empty((400, 0)), y).fit(np.empty((400, 0)), y, 1, 0.0, 5)
    rows = np.column_stack([np.ones(397), y[2:-1], y[1:-2], y[:-3]])
    expected = np.linalg.lstsq(rows, y[3:, 0], rcond=None)[0]
    weights = [float(found.net.weights[f"f.K{lag}"][0, 0]) for lag in (1, 2, 3)]
    np.testing.assert_allclose(weights, expected[1:], atol=1e-8)
    residuals = found.residuals(np.empty((400, 0)), y)[3:, 0] * found.scale_y.deviation
    np.testing.assert_allclose(residuals, y[3:, 0] - rows @ expected, atol=1e-8)


@pytest.mark.parametrize("differences", [(1,), (12,), (1, 12)])
def test_differenced_network_is_least_squares_of_the_changes(differences):
    y = passengers(150)[:, None]
    blank = np.empty((150, 0))
    found = Predictor(Shape((1, 2), differences), blank, y).fit(blank, y, 1, 0.0, 5)
    z = y[:, 0]
    for lag in differences:
        z = z[lag:] - z[:-lag]
    rows = np.column_stack([np.ones(len(z) - 2), z[1:-1], z[:-2]])
    expected = np.linalg.lstsq(rows, z[2:], rcond=None)[0]
    weights = [float(found.net.weights[f"f.K{lag}"][0, 0]) for lag in (1, 2)]
    np.testing.assert_allclose(weights, expected[1:], atol=1e-7)
    # The free run of the changes, added up.
    run, changes = list(y[:, 0]), list(z)
    for _ in range(20):
        changes.append(expected[0] + expected[1] * changes[-1] + expected[2] * changes[-2])
        if len(differences) == 2:
            run.append(changes[-1] + run[-1] + run[-12] - run[-13])
        else:
            run.append(changes[-1] + run[-differences[0]])
    path, _ = found.on(np.empty((170, 0)), y, np.empty((0, 20, 1)))
    np.testing.assert_allclose(path[:, 0], run[150:], rtol=1e-6)


def test_forecast_of_a_linear_series_is_near_the_best_one():
    y = second_order(800, 3)
    found = bt.forecast(y, 10)
    best = list(y)
    for _ in range(10):
        best.append(A * best[-1] + B * best[-2])
    assert abs(found.mean - best[-10:]).max() < 0.5
    # The band of the true process: deviations from the weights of its innovations.
    psi = [1.0, A]
    for _ in range(8):
        psi.append(A * psi[-1] + B * psi[-2])
    deviation = np.sqrt(np.cumsum(np.square(psi)))
    width = (found.upper - found.lower) / (2 * 1.645 * deviation)
    assert (abs(width - 1) < 0.2).all()
    assert found.beats_naive and not found.fell_back and found.season == 1
    assert "linear" in found.report and "does not beat" not in found.report


@pytest.mark.slow
def test_coverage_of_bands():
    inside = {"linear": [], "nonlinear": []}
    for seed in range(4):
        rng = np.random.default_rng(100 + seed)
        futures = np.empty((200, 12))
        y = second_order(300, seed)
        found = bt.forecast(y, 12, seed=seed)
        last, before = np.full(200, y[-1]), np.full(200, y[-2])
        for t in range(12):
            last, before = A * last + B * before + rng.normal(size=200), last
            futures[:, t] = last
        inside["linear"].append(((found.lower <= futures) & (futures <= found.upper)).mean())
        y = nonlinear(400, seed)
        found = bt.forecast(y, 12, seed=seed)
        last = np.full(200, y[-1])
        for t in range(12):
            last = logistic(last, 0.1 * rng.normal(size=200))
            futures[:, t] = last
        inside["nonlinear"].append(((found.lower <= futures) & (futures <= found.upper)).mean())
    for name, parts in inside.items():
        assert 0.8 < np.mean(parts) < 0.97, (name, parts)


@pytest.mark.slow
def test_nonlinear_series_get_a_tanh_layer():
    y = bt.datasets.mackey_glass(900)[:, 0]
    found = bt.forecast(y[:800], 20)
    assert "tanh" in found.report and found.beats_naive
    assert abs(found.mean - y[800:820]).max() < 0.05
    relative = found.errors.relative(found.errors.multi_step)
    assert relative["network"] < 0.1 * relative["seasonal naive"]


def test_seasons_and_growth():
    y = passengers(144 + 24)
    found = bt.forecast(y[:144], 24)
    assert found.season == 12
    assert np.abs(found.mean / y[144:] - 1).max() < 0.12
    assert ((found.lower <= y[144:]) & (y[144:] <= found.upper)).mean() > 0.7
    assert {*found.errors.one_step} == {"network", "persistence", "seasonal naive"}


@pytest.mark.parametrize("season", [7, 12, 25])
def test_estimated_season(season):
    t = np.arange(200)
    y = np.sin(2 * np.pi * t / season) + 0.02 * t + 0.2 * bt.random.normal(200, seed=2)
    assert estimated_season(y[:, None]) == season


def test_no_season_of_noise():
    for seed in range(5):
        noise = bt.random.normal(200, seed=seed)[:, None]
        assert estimated_season(noise) == estimated_season(np.cumsum(noise, axis=0)) == 1
    assert estimated_season(np.ones((50, 1))) == 1


def test_errors_of_persistence_are_what_they_should_be():
    y = second_order(200, 5)
    found = bt.forecast(y, 8, season=5)
    errors = found.errors
    assert errors.steps == 8 and errors.origins == 24
    origins = np.unique(np.linspace(160, 192, 24).astype(int))
    rows = origins[:, None] + np.arange(8)
    by_step = np.sqrt(np.mean((y[rows] - y[origins - 1][:, None]) ** 2, axis=0))
    np.testing.assert_allclose(errors.by_step["persistence"][:, 0], by_step)
    season = y[origins[:, None] - 5 + np.arange(8) % 5]
    expected = np.sqrt(np.mean((y[rows] - season) ** 2))
    np.testing.assert_allclose(errors.multi_step["seasonal naive"], expected)
    one = np.sqrt(np.mean((y[160:] - y[159:-1]) ** 2))
    np.testing.assert_allclose(errors.one_step["persistence"], one)
    assert errors.one_step["network"] < one


def test_repeated_seasons_of_a_series_with_gaps():
    y = np.arange(14.0)[:, None]
    y[[9, 13]] = np.nan
    assert same(held(y, 1, [14, 5], 2)[..., 0], [[12.0, 12.0], [4.0, 4.0]])
    # The seasons of three: 11 12 (13), of which the last is that of before, 10.
    assert same(held(y, 3, [14], 4)[0, :, 0], [11.0, 12.0, 10.0, 11.0])
    assert same(held(y, 3, [12], 3)[0, :, 0], [6.0, 10.0, 11.0])
    assert np.isnan(held(y, 3, [2], 2)[0, 0, 0])


def test_the_network_is_a_model_of_the_series():
    y = second_order(300, 9)
    found = bt.forecast(y, 5)
    z = (y[:, None] - found.y_mean) / found.y_scale
    ones = found.network.predict(None, z) * found.y_scale + found.y_mean
    assert np.std((y - ones[:, 0])[5:]) < 1.05
    _, state = found.network.predict(None, z, return_state=True)
    path = found.network.simulate(5, state) * found.y_scale + found.y_mean
    np.testing.assert_allclose(path[:, 0], found.mean, rtol=1e-12)


def test_a_network_that_does_not_beat_persistence_says_so():
    y = np.cumsum(bt.random.normal(150, seed=0))
    with pytest.warns(bt.BacktuneWarning, match="no better than persistence") as caught:
        found = bt.forecast(y, 10)
    assert caught[0].filename == __file__
    assert not found.beats_naive and not found.fell_back
    assert "does not beat persistence" in found.report
    instead = bt.forecast(y, 10, fallback=True)
    assert instead.fell_back and same(instead.mean, np.full(10, y[-1]))
    deviation = np.std(np.diff(y)) * np.sqrt(np.arange(1, 11))
    width = (instead.upper - instead.lower) / (2 * 1.645 * deviation)
    assert (abs(width - 1) < 0.2).all()


def test_known_inputs():
    u = bt.random.normal(420, seed=1).reshape(-1, 1)
    y = np.zeros(420)
    for t in range(1, 420):
        y[t] = 0.7 * y[t - 1] + 2 * u[t, 0] - u[t - 1, 0]
    y = 5 + y + 0.01 * bt.random.normal(420, seed=2)
    found = bt.forecast(y[:400], 20, u)
    assert abs(found.mean - y[400:]).max() < 0.1
    assert found.errors.relative(found.errors.multi_step)["network"] < 0.05


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_no_logarithm_where_the_held_out_end_has_none(value):
    y = passengers(144)
    assert "of the logarithm" in bt.forecast(y, 6).report
    y[140] = value
    found = bt.forecast(y, 6)
    assert "logarithm" not in found.report and np.isfinite(found.mean).all()
    # The value counts among the errors of one step, for what repeats the last value too.
    one = np.sqrt(np.mean((y[115:] - y[114:-1]) ** 2))
    np.testing.assert_allclose(found.errors.one_step["persistence"], one)
    assert found.errors.one_step["network"] > y[139] / np.sqrt(29) / 2


def test_several_series():
    first = second_order(300, 1)
    y = np.column_stack([first, np.r_[0, first[:-1]]]) + 0.01 * second_order(600, 2).reshape(300, 2)
    found = bt.forecast(y, 6)
    assert found.mean.shape == found.lower.shape == found.upper.shape == (6, 2)
    # The second is the first one, a step later.
    assert abs(found.mean[0, 1] - first[-1]) < 0.3
    assert (found.lower < found.mean).all() and (found.mean < found.upper).all()


def test_missing_values():
    y = second_order(500, 7)
    holes = y.copy()
    holes[np.random.default_rng(0).random(500) < 0.1] = np.nan
    holes[:3] = np.nan
    whole, found = bt.forecast(y, 8), bt.forecast(holes, 8)
    assert np.isfinite(found.mean).all() and found.beats_naive
    assert abs(found.mean - whole.mean).max() < 1.0
    # What is missing at the end is forecast on the way.
    late = y.copy()
    late[-3:] = np.nan
    assert np.isfinite(bt.forecast(late, 5).mean).all()
    blank = np.empty((505, 0))
    predictor = Predictor(Shape((1, 2), (1,)), blank[:500], y[:, None])
    predictor.fit(blank[:500], y[:, None], 1, 0.0, 5)
    short, _ = predictor.on(blank, y[:-3, None], np.empty((0, 8, 1)))
    path, _ = predictor.on(blank, late[:, None], np.empty((0, 5, 1)))
    np.testing.assert_allclose(path, short[3:], rtol=1e-12)


def test_same_seed_same_bits():
    y = nonlinear(200, 1)
    first, again, other = bt.forecast(y, 5), bt.forecast(y, 5), bt.forecast(y, 5, seed=1)
    for name in ("mean", "lower", "upper"):
        assert same(getattr(first, name), getattr(again, name))
    assert not same(first.lower, other.lower)
    assert first.report == again.report


def test_threads_change_nothing():
    y = nonlinear(160, 2)
    before = bt.get_threads()
    try:
        bt.set_threads(1)
        one = bt.forecast(y, 5)
        bt.set_threads(2)
        two = bt.forecast(y, 5)
    finally:
        bt.set_threads(before)
    assert same(one.mean, two.mean) and same(one.upper, two.upper)


def test_constant_series():
    found = bt.forecast(np.full(60, 3.0), 4)
    np.testing.assert_allclose(found.mean, 3.0, atol=1e-9)
    np.testing.assert_allclose(found.upper - found.lower, 0.0, atol=1e-9)
    assert not found.beats_naive


@pytest.mark.parametrize("length", [8, 9, 12, 20])
@pytest.mark.parametrize("steps", [1, 3, 30])
def test_short_series(length, steps):
    found = bt.forecast(second_order(length, 1), steps, fallback=True)
    assert found.mean.shape == (steps,) and np.isfinite(found.mean).all()
    assert np.isfinite(found.lower).all() and (found.lower <= found.upper).all()


def test_tables_go_on():
    pd = pytest.importorskip("pandas")
    y = second_order(96, 2)
    plain = bt.forecast(y, 3)
    months = pd.date_range("2001-01-01", periods=99, freq="MS")
    cases = [
        (months[:96], months[96:]),
        (months[:96].to_period("M"), months[96:].to_period("M")),
        (pd.RangeIndex(10, 106), pd.RangeIndex(106, 109)),
        (pd.Index(np.arange(0, 9.6, 0.1)), pd.Index(np.arange(9.6, 9.85, 0.1))),
        (pd.Index([f"r{k}" for k in range(96)]), pd.RangeIndex(96, 99)),
    ]
    for index, after in cases:
        found = bt.forecast(pd.Series(y, index.rename("when"), name="level"), 3)
        assert isinstance(found.mean, pd.Series) and found.mean.name == "level"
        assert found.mean.index.name == found.lower.index.name == "when"
        if after.dtype.kind == "f":
            np.testing.assert_allclose(found.mean.index, after)
        else:
            assert found.mean.index.equals(after) and found.upper.index.equals(after)
        assert same(found.mean.to_numpy(), plain.mean)
    table = pd.DataFrame({"a": y, "b": y[::-1]}, months[:96])
    found = bt.forecast(table, 3, fallback=True)
    assert list(found.lower.columns) == ["a", "b"] and found.lower.index.equals(months[96:])
    # Rows of y are found in the index of u, which says that of the forecast.
    u = pd.DataFrame({"u": bt.random.normal(99)}, months)
    found = bt.forecast(table[["a"]], 3, u, fallback=True)
    assert found.mean.index.equals(months[96:]) and list(found.mean.columns) == ["a"]
    with pytest.raises(bt.ArgumentError, match="its index goes on where forecasts"):
        bt.forecast(pd.Series(y, months[3:]), 3, u)


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "text"),
    [
        ((np.arange(20.0), 0), {}, bt.ArgumentError, "steps: 0 came, expected 1 or more"),
        ((np.arange(20.0), 2.5), {}, TypeError, "steps: 2.5 came"),
        ((None, 3), {}, bt.ArgumentError, "y: None came"),
        (([[1.0, 2.0]], 3), {}, bt.SizeError, "it has 1 known|series 0 has 1 known"),
        (([1.0], 3), {}, bt.SizeError, "y: it has 1 known values, expected 8 or more"),
        (([1.0, 2.0], 3), {}, bt.SizeError, "y: it has 2 known values, expected 8 or more"),
        ((np.full(50, np.nan), 3), {}, bt.SizeError, "y: it has 0 known values"),
        ((np.full(50, np.inf), 3), {}, bt.ArgumentError, "y: an infinite value"),
        ((np.ones(20), 5, np.ones(24)), {}, bt.SizeError, "u: 24 time steps came, expected 25"),
        ((np.ones(20), 5, np.full(25, np.nan)), {}, bt.ArgumentError, "u: NaN or infinite"),
        (([np.ones(20)] * 2, 5), {}, bt.SizeError, "y: a list of 2 sequences came"),
        ((np.ones(20), 5), {"level": 1.0}, bt.ArgumentError, "level: 1.0 came"),
        ((np.ones(20), 5), {"held_out": 0.5}, bt.ArgumentError, "held_out: 0.5 came"),
        ((np.ones(20), 5), {"season": 0}, bt.ArgumentError, "season: 0 came"),
        ((np.ones(20), 5), {"samples": 0}, bt.ArgumentError, "samples: 0 came"),
        ((np.ones(20), 5), {"seed": -1}, bt.ArgumentError, "seed: -1 came"),
    ],
)
def test_refused(arguments, options, kind, text):
    with pytest.raises(kind, match=text):
        bt.forecast(*arguments, **options)


@pytest.mark.parametrize(("factor", "offset"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e6), (-1.0, 0.0)])
def test_units_do_not_matter(factor, offset):
    y = second_order(120, 1)
    found = bt.forecast(factor * y + offset, 5)
    expected = bt.forecast(y, 5).mean
    np.testing.assert_allclose((found.mean - offset) / factor, expected, atol=1e-7)


@pytest.mark.parametrize(
    "law", [lambda t: 2.0 * t, lambda t: t**2, lambda t: 1.1**t, lambda t: (-1.0) ** t]
)
def test_exact_laws_are_continued(law):
    t = np.arange(150.0)
    found = bt.forecast(law(t)[:100], 50)
    np.testing.assert_allclose(found.mean, law(t)[100:], rtol=1e-3)
    assert found.beats_naive or found.season == 2


def test_gaps_of_any_kind():
    y = second_order(100, 3)
    rare, half = np.full(200, np.nan), np.full((100, 2), np.nan)
    rare[::10] = y[:20]
    half[:50, 0], half[50:, 1] = y[:50], y[50:]
    for series in (rare, half, np.r_[np.full(150, np.nan), y[:50]]):
        found = bt.forecast(series, 4, fallback=True)
        assert np.isfinite(found.mean).all() and np.isfinite(found.lower).all()


def test_bands_that_no_memory_holds_are_refused():
    y = np.sin(np.arange(60) / 3) + 0.1 * bt.random.normal(60, seed=1)
    with pytest.raises(bt.SizeError, match="steps: 1000000 ahead, 500 times drawn"):
        bt.forecast(y, 1_000_000)
