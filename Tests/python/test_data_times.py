"""Times: columns that are times are refused, an index is looked at, rows are paired by it."""

import datetime
import warnings

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same

T = 40
DATES = pd.date_range("2024-01-01", periods=T, freq="10s")


def fresh(inputs=1):
    net = bt.Network(inputs)
    net.linear(1)
    return net.randomize(0)


def series(index=None, seed=1):
    return pd.Series(bt.random.normal(T, seed=seed), index)


# ---- Columns that are times


@pytest.mark.parametrize(
    "column",
    [
        DATES,
        DATES.tz_localize("UTC"),
        DATES - DATES[0],
        DATES.to_period("s"),
        DATES.astype(str),
        DATES.astype(object),
        [datetime.date(2024, 1, 1)] * T,
        [datetime.timedelta(seconds=k) for k in range(T)],
        pd.Categorical(["a", "b"] * (T // 2)),
        [None] * (T - 1) + ["x"],
        np.zeros(T, dtype=complex),
    ],
    ids=lambda column: str(getattr(column, "dtype", type(column[-1]).__name__)),
)
def test_a_time_column_is_named(column):
    pytest.importorskip("sklearn")
    u = pd.DataFrame({"u": np.zeros(T), "when": column})
    y = np.zeros(T)
    net = fresh(2)
    for call in (
        lambda: net.simulate(u),
        lambda: net.simulate([u, u]),
        lambda: bt.Estimator(net, u, y),
        lambda: bt.Estimator(fresh(), u["u"], u[["when"]]),
        lambda: net.stream().run(u),
        lambda: bt.identify(u, y),
        lambda: bt.RecurrentRegressor(2).fit(u, y),
        lambda: bt.OnlineEstimator(net, window=5).update(u, y),
    ):
        with pytest.raises(TypeError, match="column 'when'"):
            call()


def test_a_time_column_of_polars_and_xarray_is_named():
    polars, xr = pytest.importorskip("polars"), pytest.importorskip("xarray")
    for table in (
        polars.DataFrame({"u": np.zeros(T), "when": DATES.to_numpy()}),
        polars.DataFrame({"u": np.zeros(T), "when": ["x"] * T}),
        xr.Dataset({"u": ("t", np.zeros(T)), "when": ("t", DATES)}),
    ):
        with pytest.raises(TypeError, match="column 'when'"):
            fresh(2).simulate(table)


def test_dates_among_numbers_of_an_array():
    mixed = np.array([[0.0, datetime.datetime(2024, 1, 1)], [1.0, None]], dtype=object)
    for values in (mixed, mixed.tolist(), np.array([[0.0, pd.NaT]], dtype=object)):
        with pytest.raises(TypeError, match="inputs: dtype object with a (datetime|NaTType)"):
            fresh(2).simulate(values)


# ---- The index of one table


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (DATES[::-1], "not in order, row 1"),
        (np.r_[0:20, 10:30], "not in order, row 20"),
        (DATES[[0, *range(T - 1)]], "twice"),
        (DATES[[*range(T - 1)]].append(DATES[-1:] + pd.Timedelta("1h")), "irregular, as between"),
        (np.r_[0:20, 21:41], "irregular"),
        (pd.RangeIndex(T, 0, -1), "not in order"),
        (["a"] * T, "same label twice"),
        (DATES.where(np.arange(T) != 3), "missing times"),
        (DATES.to_period("s")[::-1], "not in order"),
    ],
)
def test_a_doubtful_index_is_worth_a_warning(index, message):
    pytest.importorskip("sklearn")
    u = series(index)
    net = fresh()
    model = bt.RecurrentRegressor(2, max_iter=2)
    for call in (
        lambda: net.simulate(u),
        lambda: net.stream().run(u),
        lambda: bt.Estimator(net, u, np.zeros(T)),
        lambda: bt.identify(u, bt.random.normal(T), max_order=1, progress=False),
        lambda: model.fit(u.to_frame(), bt.random.normal(T)),
    ):
        with pytest.warns(bt.BacktuneWarning, match=message) as caught:
            call()
        assert caught[0].filename == __file__
    with pytest.warns(bt.BacktuneWarning):
        assert same(net.simulate(u), net.simulate(u.to_numpy()))


@pytest.mark.parametrize(
    "index",
    [
        None,
        DATES,
        pd.DatetimeIndex(DATES.to_numpy()),
        pd.date_range("2024", periods=T, freq="MS"),
        pd.DatetimeIndex(pd.date_range("2024", periods=T, freq="B").to_numpy()),
        pd.period_range("2024", periods=T, freq="M"),
        np.arange(1, T + 1) * 0.1,
        np.arange(1700, 1700 + T),
        [f"row {k}" for k in range(T)],
        DATES.tz_localize("Europe/Paris"),
    ],
)
def test_a_good_index_is_none(index):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = fresh().simulate(series(index))
    assert index is None or result.index.equals(series(index).index)


def test_one_warning_for_a_list():
    parts = [series(DATES[::-1]) for _ in range(3)]
    with pytest.warns(bt.BacktuneWarning) as caught:
        fresh().simulate(parts)
    assert len(caught) == 1 and "inputs[0]" in str(caught[0].message)


# ---- Sampling time


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (DATES, 10.0),
        (DATES.as_unit("ms") if hasattr(DATES, "as_unit") else DATES, 10.0),
        (DATES.tz_localize("UTC"), 10.0),
        (pd.timedelta_range(0, periods=T, freq="20ms"), 0.02),
        (np.arange(T) * 0.5, None),
        (None, None),
        (pd.date_range("2024", periods=T, freq="MS"), None),
    ],
)
def test_sampling_time_is_learnt(index, expected):
    net = fresh()
    bt.Estimator(net, series(index), np.zeros(T))
    assert net.sampling_time == pytest.approx(expected) if expected else net.sampling_time is None


def test_another_sampling_time_is_worth_a_warning():
    net = fresh()
    net.sampling_time = 10.0
    assert net.simulate(series(DATES)).shape == (T, 1)
    faster = series(pd.date_range("2024", periods=T, freq="1s"))
    for call in (net.simulate, lambda u: bt.Estimator(net, u, np.zeros(T))):
        with pytest.warns(bt.BacktuneWarning, match="of 1 s came, the network's is 10 s"):
            call(faster)


# ---- Pairs


def cost(u, y, inputs=1):
    return bt.Estimator(fresh(inputs), u, y).cost


def test_rows_are_paired_by_label():
    u, y = series(DATES), series(DATES, seed=2)
    expected = cost(u.to_numpy(), y.to_numpy())
    assert cost(u, y) == expected
    with pytest.warns(bt.BacktuneWarning, match="not in order"):
        assert cost(u, y[::-1]) == expected
    # Measured at some of the times only.
    part = y[5::7]
    missing = np.full(T, np.nan)
    missing[5::7] = part
    assert cost(u, part) == cost(u.to_numpy(), missing)
    # Of every second of two ranges.
    u, y = series(), series(seed=2)
    missing = np.where(np.arange(T) % 2, np.nan, y)
    assert cost(u, y[::2]) == cost(u.to_numpy(), missing)


def test_labels_that_inputs_have_not():
    u, y = series(DATES), series(DATES + pd.Timedelta("5s"), seed=2)
    model = bt.identify(u, series(DATES, seed=2), max_order=1, progress=False)
    for call in (
        lambda: cost(u, y),
        lambda: bt.identify(u, y),
        lambda: model.simulate(u, y[:3]),
        lambda: bt.OnlineEstimator(fresh(), window=5).update(u, y),
        lambda: bt.Estimator(fresh(), u, u).run(1, progress=False, validation=(u, y)),
    ):
        with pytest.raises(bt.ArgumentError, match="labels of its index.*2024-01-01 00:00:05"):
            call()
    with pytest.raises(bt.ArgumentError, match="40 of 40 labels"):
        cost(series()[10:20], series(np.arange(T) + 100.0))
    with pytest.raises(bt.ArgumentError, match="10 of 20 labels"):
        cost(series()[:20], series()[10:30])
    # Times with and without a zone, of labels twice.
    with pytest.raises(bt.ArgumentError, match="labels of its index"):
        cost(u, series(DATES.tz_localize("UTC")))
    with pytest.warns(bt.BacktuneWarning), pytest.raises(bt.ArgumentError, match="labels twice"):
        cost(series([0] * T), series([1] * T))


def test_a_range_beside_dates_goes_by_place():
    u, y = series(DATES), series(seed=2)
    with pytest.warns(bt.BacktuneWarning, match="paired by place"):
        found = cost(u, y)
    assert found == cost(u.to_numpy(), y.to_numpy())
    assert cost(u, y.to_numpy()) == cost(u.to_numpy(), y) == found


def test_gains_are_paired_with_outputs():
    u, y = series(DATES), series(DATES, seed=2)
    gains = pd.Series(np.arange(1.0, T + 1), DATES)
    expected = bt.Estimator(fresh(), u.to_numpy(), y.to_numpy(), gains.to_numpy()).cost
    assert bt.Estimator(fresh(), u, y, gains).cost == expected
    few = bt.Estimator(fresh(), u, y[::2], gains[::2]).cost
    holes = np.where(np.arange(T) % 2, np.nan, y)
    assert few == bt.Estimator(fresh(), u.to_numpy(), holes, gains.to_numpy()).cost
    with pytest.raises(bt.ArgumentError, match="gains: 20 of 40 labels"):
        bt.Estimator(fresh(), u, y[::2], gains)


def test_rows_of_regressors_are_paired_by_label():
    pytest.importorskip("sklearn")
    u, y = series(DATES).to_frame("u"), series(DATES, seed=2)
    model = bt.RecurrentRegressor(2, max_iter=4)
    expected = model.fit(u.to_numpy(), y.to_numpy()).predict(u.to_numpy())
    with pytest.warns(bt.BacktuneWarning, match="not in order"):
        model.fit(u[::-1], y[::-1])
    assert same(model.fit(u, y[::-1]).predict(u), expected)
    holes = np.where(np.arange(T) % 3, np.nan, y)
    part = model.fit(u, y[::3])
    assert same(part.predict(u), model.fit(u.to_numpy(), holes).predict(u.to_numpy()))
    with pytest.raises(bt.ArgumentError, match="y: 40 of 40 labels"):
        model.fit(u, series(DATES + pd.Timedelta("5s")))
    labels = (y > 0).astype(int)
    classifier = bt.RecurrentClassifier(2, max_iter=3)
    expected = classifier.fit(u.to_numpy(), labels.to_numpy()).predict(u.to_numpy())
    assert same(classifier.fit(u, labels[::-1]).predict(u), expected)
    with pytest.raises(bt.SizeError, match="y: 20 rows came for 40"):
        classifier.fit(u, labels[::2])


def test_rows_of_xarray_are_paired_by_label():
    pytest.importorskip("sklearn"), pytest.importorskip("xarray")
    u, y = series(DATES).rename("u"), series(DATES, seed=2).rename("y")
    model = bt.RecurrentRegressor(2, max_iter=4)
    expected = model.fit(u.to_numpy(), y.to_numpy()).predict(u.to_numpy())
    table = u.rename_axis("time").to_frame().to_xarray()
    for part in (y, y[::-1]):
        back = part.rename_axis("time").to_frame().to_xarray()
        assert same(np.asarray(model.fit(table, back).predict(table)["y"]), expected)
        flat = model.fit(table, part.rename_axis("time").to_xarray()).predict(table)
        assert same(np.asarray(flat), expected)
    labels = pd.Series(np.where(y > 0, "up", "down"), DATES.rename("time"))
    classifier = bt.RecurrentClassifier(2, max_iter=3)
    expected = classifier.fit(u.to_frame(), labels).predict(u.to_frame())
    for part in (labels, labels[::-1]):
        assert same(classifier.fit(table, part.to_xarray()).predict(table), expected)


def test_the_next_value_of_a_series():
    s = series(DATES)
    expected = cost(s[:-1].to_numpy(), s[1:].to_numpy())
    assert cost(s[:-1], s.shift(-1)[:-1]) == expected
    with pytest.raises(bt.ArgumentError, match=r"1 of 39 labels.*s\.shift\(-1\)"):
        cost(s[:-1], s[1:])


def test_weights_of_rows_are_paired_by_label():
    pytest.importorskip("sklearn")
    u, y = series(DATES).to_frame("u"), series(DATES, seed=2)
    weights = pd.Series(np.linspace(0, 1, T), DATES)
    model = bt.RecurrentRegressor(2, max_iter=4)
    expected = model.fit(u, y, weights.to_numpy()).predict(u)
    assert same(model.fit(u, y, weights[::-1]).predict(u), expected)
    assert model.score(u, y, weights[::-1]) == model.score(u, y, weights.to_numpy())
    with pytest.raises(bt.SizeError, match="sample_weight: 20 rows came for 40"):
        model.fit(u, y, weights[::2])
    labels = (y > 0).astype(int)
    classifier = bt.RecurrentClassifier(2, max_iter=3).fit(u, labels, weights[::-1])
    other = bt.RecurrentClassifier(2, max_iter=3).fit(u, labels, weights.to_numpy())
    assert same(classifier.predict_proba(u), other.predict_proba(u))
    assert classifier.score(u, labels, weights[::-1]) == other.score(u, labels, weights.to_numpy())
