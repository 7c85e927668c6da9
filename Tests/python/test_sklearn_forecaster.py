"""Forecasts as an estimator of scikit-learn."""

import pickle

import backtune as bt
import numpy as np
import pytest
from backtune.forecasting.fit import quantiles
from conftest import same
from export_cases import Program, deviation
from forecast_cases import second_order
from sklearn.base import clone


@pytest.fixture(scope="module")
def series():
    return second_order(220, 4)


@pytest.fixture(scope="module")
def model(series):
    return bt.RecurrentForecaster(10).fit(series[:200])


def test_it_is_bt_forecast(series, model):
    found = bt.forecast(series[:200], 10)
    assert same(model.predict(10), found.mean)
    lower, upper = model.predict_interval(10)
    assert same(lower, found.lower) and same(upper, found.upper)
    assert model.report_ == found.report and model.beats_naive_ and not model.fell_back_
    narrow = model.predict_interval(10, level=0.5)
    assert (narrow[0] > lower).all() and (narrow[1] < upper).all()


def test_horizons(model):
    ten = model.predict(10)
    assert same(model.predict([1, 4, 10]), ten[[0, 3, 9]])
    assert same(model.predict(4), ten[:4])
    for fh, text in ((0, "fh: 0 came"), ([], "fh: an empty list"), ([1, -2], "fh: -2 came")):
        with pytest.raises(bt.ArgumentError, match=text):
            model.predict(fh)
    with pytest.raises(bt.ArgumentError, match="level: 1.5 came"):
        model.predict_interval(3, level=1.5)


def test_update_goes_on_by_the_same_weights(series, model):
    weights = model.network_.get_weights()
    later = pickle.loads(pickle.dumps(model)).update(series[200:])
    assert same(later.network_.get_weights(), weights)
    # One-step forecasts as measurements come are those of the network over all of them.
    steps = pickle.loads(pickle.dumps(model))
    ones = []
    for value in series[200:]:
        ones.append(steps.predict(1)[0])
        steps.update([value])
    fitted = later._fitted
    whole = fitted.predictor.restored(fitted.fitted_values())[200:, 0]
    np.testing.assert_allclose(ones, whole, rtol=1e-9)
    assert same(steps.predict(5), later.predict(5))
    with pytest.raises(bt.ArgumentError, match="y: an infinite value"):
        model.update([np.inf])


def test_parameters(series):
    made = bt.RecurrentForecaster(4, season=6, samples=50, random_state=3)
    other = clone(made)
    assert other.get_params() == made.get_params() and other is not made
    first, second = made.fit(series), other.fit(series)
    assert made.season_ == 6 and same(first.predict(4), second.predict(4))
    assert same(*(item.predict_interval(4)[0] for item in (first, second)))
    for name, value in (("steps", 0), ("held_out", 0.9), ("fallback", "yes"), ("samples", 0)):
        with pytest.raises(bt.ArgumentError, match=f"{name}: {value!r} came"):
            bt.RecurrentForecaster(**{name: value}).fit(series)
    with pytest.raises(ValueError, match="not fitted"):
        bt.RecurrentForecaster().predict(3)


def test_known_inputs_and_tables():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2020-01-01", periods=120, freq="D")
    X = pd.DataFrame({"u": bt.random.normal(120)}, days)
    y = (2 * X["u"] + X["u"].shift(1, fill_value=0.0)).rename("y")
    y += 0.01 * bt.random.normal(120, seed=1)
    model = bt.RecurrentForecaster(5).fit(y[:100], X[:100])
    found = model.predict(10, X[100:110])
    assert found.index.equals(days[100:110]) and found.name == "y"
    assert abs(found - y[100:110]).max() < 0.1
    later = model.update(y[100:110], X[100:110]).predict([1, 3], X[110:113])
    assert later.index.equals(days[[110, 112]]) and abs(later - y[later.index]).max() < 0.1
    with pytest.raises(bt.ArgumentError, match="X: None came, fit had 1 inputs"):
        model.predict(3)
    with pytest.raises(bt.SizeError, match="X: 2 time steps came, expected 3"):
        model.predict(3, X[110:112])
    with pytest.raises(bt.ArgumentError, match="X: it came, fit had no inputs"):
        bt.RecurrentForecaster(3).fit(y[:60], None).predict(3, X[:3])


def test_fallback():
    y = np.cumsum(bt.random.normal(150, seed=0))
    model = bt.RecurrentForecaster(10, fallback=True).fit(y)
    assert model.fell_back_ and same(model.predict(3), np.full(3, y[-1]))


def test_predict_draws_nothing(series, model, monkeypatch):
    walk = np.cumsum(bt.random.normal(150, seed=0))
    repeated = bt.RecurrentForecaster(10, fallback=True).fit(walk)
    found, last = bt.forecast(series[:200], 10), walk[-1]

    def drawn(*arguments):
        raise AssertionError("numbers were drawn")

    monkeypatch.setattr("backtune.forecasting.fit.uniform", drawn)
    assert same(model.predict(10), found.mean)
    assert same(repeated.predict(3), np.full(3, last))
    with pytest.raises(AssertionError, match="drawn"):
        model.predict_interval(10)


def test_a_record_has_inputs_at_all_its_time_steps():
    u = bt.random.normal(100).reshape(-1, 1)
    fitted = bt.RecurrentForecaster(3).fit(u[:, 0] ** 2 + u[:, 0], u)._fitted
    with pytest.raises(bt.SizeError, match="X: 99 time steps of inputs came, expected the 100"):
        fitted.take(fitted.y, fitted.u[:-1])
    assert len(fitted.u) == 100


def test_quantiles_leave_out_what_diverges():
    lanes = bt.random.normal(300, seed=3).reshape(50, 3, 2)
    expected = np.quantile(np.delete(lanes, [4, 7, 9], axis=0), [0.1, 0.5, 0.9], axis=0)
    lanes[4, 2, 1], lanes[7, 0, 0], lanes[9, 1:] = np.nan, np.inf, -np.inf
    assert same(quantiles(lanes, [0.1, 0.5, 0.9]), expected)
    none = quantiles(lanes[[4, 7]], [0.1, 0.9])
    assert none.shape == (2, 3, 2) and np.isnan(none).all()


def test_tables_are_known_by_their_names_and_index():
    pd = pytest.importorskip("pandas")
    random = np.random.default_rng(4)
    days = pd.date_range("2020", periods=140)
    x = pd.DataFrame({"a": random.normal(size=140), "b": random.normal(size=140)}, index=days)
    s = pd.Series(np.convolve(x["a"], [0, 1, 0.5])[:140], index=days) + 0.01 * random.normal(
        size=140
    )
    made = bt.RecurrentForecaster(random_state=0).fit(s[:110], x[:110])
    expected = made.predict(5, x[110:115])
    assert expected.equals(made.predict(5, x[["b", "a"]][110:115]))
    with pytest.raises(bt.ArgumentError, match="c"):
        made.predict(5, x[110:115].rename(columns={"a": "c"}))
    with pytest.raises(bt.ArgumentError, match="X: its index begins at 2020-01-01"):
        made.predict(2, x[:2])
    with pytest.raises(bt.ArgumentError, match="y: its index begins at"):
        made.update(s[100:120], x[100:120])
    made.update(s[110:120], x[110:120])
    assert made.predict(1, x[120:121]).index[0] == days[120]


def test_exports_go_on_from_what_is_measured(series, model, tmp_path):
    """One step ahead where y is known, and forecasts after it, in the units of y."""
    program = Program(model, tmp_path, measured=True)
    assert program.givable == {"innovation": "innovation"}
    known = np.concatenate([series[:200], np.full(10, np.nan)])[:, None]
    found = program(np.empty((210, 0)), known)
    assert deviation(found[200:, 0], model.predict(10)) < 1e-12
    fitted = model._fitted
    ahead = fitted.predictor.restored(fitted.predictor.one_step(fitted.u, fitted.y))
    assert deviation(found[20:200], ahead[20:]) < 1e-12


def test_exports_with_known_inputs(tmp_path):
    u = 5 + 2 * bt.random.normal(130)
    y = 100 + 2 * u + np.r_[5, u[:-1]] + 0.01 * bt.random.normal(130, seed=1)
    model = bt.RecurrentForecaster(5, samples=50).fit(y[:120], u[:120, None])
    known = np.concatenate([y[:120], np.full(10, np.nan)])[:, None]
    found = Program(model, tmp_path, measured=True)(u[:, None], known)
    assert deviation(found[120:, 0], model.predict(10, u[120:, None])) < 1e-12


def test_what_has_no_export():
    walk = bt.RecurrentForecaster(fallback=True).fit(np.cumsum(bt.random.normal(150, seed=6)))
    t = np.arange(160)
    rising = np.exp(0.02 * (t + bt.random.normal(160))) * (2 + np.sin(2 * np.pi * t / 12))
    growth = bt.RecurrentForecaster(season=12).fit(rising)
    with pytest.raises(ValueError, match="not fitted"):
        bt.RecurrentForecaster().export(format="c")
    assert walk.fell_back_ and "of the logarithm" in growth.report_
    with pytest.raises(bt.NetworkError, match=r"forecasts are those of no model"):
        walk.export(format="c")
    with pytest.raises(bt.NetworkError, match=r"reads and gives the logarithm of y"):
        growth.export(format="c")
