"""Forecasts for sktime, where it is installed."""

import backtune as bt
import numpy as np
import pytest
from backtune.forecasting.fit import FittedForecast

pytest.importorskip("sktime")

import pandas as pd
from backtune.sktime import RecurrentForecaster
from sktime.split import ExpandingWindowSplitter

pytestmark = pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")
DAYS = pd.period_range("2020-01-01", periods=130, freq="D")


def cases(index=DAYS):
    """Return inputs and what follows from them, 130 values."""
    u = bt.random.normal(130)
    y = 2 * u + np.r_[0, u[:-1]] + 0.01 * bt.random.normal(130, seed=1)
    return pd.DataFrame({"u": u}, index), pd.Series(y, index, name="y")


@pytest.fixture
def model():
    X, y = cases()
    return RecurrentForecaster(5, samples=50).fit(y[:100], X[:100])


def test_inputs_are_asked_for(model):
    X, y = cases()
    with pytest.raises(bt.ArgumentError, match="X: None came, fit had 1 inputs"):
        model.predict([1, 2])
    with pytest.raises(bt.ArgumentError, match="X: None came, fit had 1 inputs"):
        model.predict_quantiles([1, 2], alpha=[0.5])
    with pytest.raises(bt.ArgumentError, match="X: it has no time step from 2020-04-10 to 2020"):
        model.predict([1, 2], X=X[110:120])
    assert model.predict([-1, 0]).notna().all()  # one-step predictions of the record
    for refit in (False, True):
        with pytest.raises(bt.ArgumentError, match="X: None came, fit had 1 inputs"):
            model.update(y[100:110], update_params=refit)
    # Then forecasts are from where they were.
    assert model.cutoff[0] == DAYS[99]
    assert abs(model.predict([1], X=X[100:101]) - y[100:101]).max() < 0.1
    alone = RecurrentForecaster(5, samples=50).fit(y[:100])
    with pytest.raises(bt.ArgumentError, match="X: it came, fit had no inputs"):
        alone.predict([1], X=X[100:])
    with pytest.raises(bt.ArgumentError, match="X: it came, fit had no inputs"):
        alone.update(y[100:110], X[100:110])


def test_missing_inputs_are_those_of_the_time_step_before(model):
    X, _ = cases()
    given = X.copy()
    given.iloc[[100, 102]] = given.iloc[[99, 101]]
    expected = model.predict([1, 2, 3], X=given[100:103])
    found = model.predict([1, 2, 3], X=X.iloc[[101]])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(7, 137),
        DAYS,
        DAYS.to_timestamp(),
        pd.DatetimeIndex(DAYS.to_timestamp().to_numpy()),
        pd.date_range("2001-01-01", periods=130, freq="MS"),
    ],
)
def test_updates_end_at_the_cutoff(index):
    X, y = cases(index)
    model = RecurrentForecaster(5, samples=50).fit(y[:100], X[:100])
    # One row; more inputs than rows; a gap; back to before the end.
    for rows, inputs in (
        (slice(100, 101), slice(100, 101)),
        (slice(101, 104), slice(0, 130)),
        (slice(108, 112), slice(108, 112)),
        (slice(90, 95), slice(90, 95)),
    ):
        model.update(y[rows], X[inputs], update_params=False)
        end = rows.stop
        fitted = model.forecaster_._fitted
        assert len(fitted.y) == len(fitted.u) == end
        known = np.isfinite(fitted.y[:, 0])
        np.testing.assert_array_equal(fitted.y[known, 0], y[:end][known])
        assert known.sum() == (end if end != 112 else 108)
        found = model.predict([1, 2, 3], X=X[end : end + 3])
        assert found.index.equals(index[end : end + 3])
        assert abs(found - y[end : end + 3]).max() < 0.1
    model.update(y[95:120], X[95:120])
    assert model.forecaster_._fitted.y.shape == (120, 1)
    assert abs(model.predict([1], X=X[120:121]).iloc[0] - y.iloc[120]) < 0.1


def test_moving_cutoffs():
    X, y = cases()
    model = RecurrentForecaster(5, samples=50).fit(y[:100], X)  # more inputs than rows
    windows = ExpandingWindowSplitter(fh=[1], initial_window=1, step_length=5)
    found = model.update_predict(y[100:], windows, X, update_params=False)
    assert len(found) == 6 and abs(found - y[found.index]).max() < 0.1


def test_a_simulation_that_diverges_spoils_no_quantile(model, monkeypatch):
    X, _ = cases()
    alpha, ahead = [0.05, 0.5, 0.95], FittedForecast.ahead
    before = model.predict_quantiles([1, 3], X=X[100:103], alpha=alpha).to_numpy()

    def one_diverged(self, *arguments):
        path, lanes = ahead(self, *arguments)
        lanes[0, 1:] = np.nan
        return path, lanes

    monkeypatch.setattr(FittedForecast, "ahead", one_diverged)
    found = model.predict_quantiles([1, 3], X=X[100:103], alpha=alpha).to_numpy()
    _, lanes = ahead(model.forecaster_._fitted, X[100:103].to_numpy(), 50, 0)
    np.testing.assert_array_equal(found, np.quantile(lanes[1:, [0, 2], 0], alpha, axis=0).T)
    assert not np.array_equal(found, before)


def test_predict_draws_nothing(model, monkeypatch):
    X, y = cases()

    def drawn(*arguments):
        raise AssertionError("numbers were drawn")

    monkeypatch.setattr("backtune.forecasting.fit.uniform", drawn)
    assert abs(model.predict([-2, 0, 1, 2], X=X[100:102]) - y.iloc[[97, 99, 100, 101]]).max() < 0.1
    with pytest.raises(AssertionError, match="drawn"):
        model.predict_quantiles([1], X=X[100:101], alpha=[0.5])


def test_exports(model):
    assert model.export(format="c") == model.forecaster_.export(format="c")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the checks, and of what they forecast
def test_checks_of_sktime():
    from sktime.utils.estimator_checks import check_estimator

    results = check_estimator(RecurrentForecaster(), verbose=False)
    assert len(results) > 100
    assert {name: value for name, value in results.items() if value != "PASSED"} == {}
