"""Tables in, tables out: pandas, xarray and polars give what arrays give, in their own form."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same

T = 60
NAMES = ["voltage", "flow"]


def plant():
    """Return a network of two inputs and two outputs, and its inputs and outputs."""
    net = bt.Network(2)
    h = net.lnl(3, activation="tanh")
    net.linear(2, sources=[h.lag(0), net.input.lag(0)])
    u = bt.random.normal(2 * T, seed=3).reshape(T, 2)
    return net.randomize(1), u, net.simulate(u)


def pandas_table(values, names):
    return pd.DataFrame(values, pd.date_range("2024", periods=len(values), freq="s"), names)


def xarray_table(values, names):
    xr = pytest.importorskip("xarray")
    times = pd.date_range("2024", periods=len(values), freq="s")
    return xr.DataArray(values, {"time": times, "channel": names}, ("time", "channel"))


def xarray_transposed(values, names):
    return xarray_table(values, names).transpose("channel", "time")


def xarray_set(values, names):
    xr = pytest.importorskip("xarray")
    times = pd.date_range("2024", periods=len(values), freq="s")
    columns = {name: ("time", values[:, k]) for k, name in enumerate(names)}
    return xr.Dataset(columns, {"time": times})


def polars_table(values, names):
    polars = pytest.importorskip("polars")
    return polars.DataFrame({name: values[:, k] for k, name in enumerate(names)})


TABLES = [pandas_table, xarray_table, xarray_transposed, xarray_set, polars_table]
KINDS = {xarray_transposed: "DataArray", xarray_set: "Dataset", xarray_table: "DataArray"}


def values_of(table):
    if hasattr(table, "data_vars"):
        return np.column_stack([table[name] for name in table])
    return np.asarray(table)


def names_of(table):
    if hasattr(table, "coords") and not hasattr(table, "data_vars"):
        return table[table.dims[1]].values.tolist()
    return list(table.columns) if hasattr(table, "columns") else list(table)


def index_of(table):
    if hasattr(table, "coords"):
        return table.indexes["time"]
    return getattr(table, "index", None)


def check(result, table, make, expected, names):
    """Check that a result has the form, index and names that it is to have, and the values."""
    assert type(result).__name__ == KINDS.get(make, "DataFrame")
    assert type(result).__module__.split(".")[0] == type(table).__module__.split(".")[0]
    assert names_of(result) == names
    if index_of(table) is not None:
        assert index_of(result).equals(index_of(table))
    np.testing.assert_allclose(values_of(result), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", TABLES)
def test_network(make):
    net, u, y = plant()
    table = make(u, NAMES)
    check(net.simulate(table), table, make, y, ["linear.x[0]", "linear.x[1]"])
    outputs, states, _ = net.simulate(table, states=True, return_state=True)
    check(outputs, table, make, y, ["linear.x[0]", "linear.x[1]"])
    check(
        states["lnl.x"],
        table,
        make,
        net.simulate(u, states=True)[1]["lnl.x"],
        [f"lnl.x[{k}]" for k in range(3)],
    )
    assert same(net.gradient(table, y), net.gradient(u, y))


@pytest.mark.parametrize("make", TABLES)
def test_estimator_learns_names_and_results_bear_them(make):
    net, u, y = plant()
    est = bt.Estimator(net, make(u, NAMES), make(y, ["level", "heat"]))
    assert net.input_names == NAMES and net.output_names == ["level", "heat"]
    assert est.gradient()[0] == bt.Estimator(net.copy(), u, y).gradient()[0] < 1e-25
    table = make(u, NAMES)
    check(net.simulate(table), table, make, y, ["level", "heat"])
    swapped = make(u[:, ::-1], NAMES[::-1])
    check(net.simulate(swapped), swapped, make, y, ["level", "heat"])
    stream = net.stream()
    check(stream.run(swapped), table, make, y, ["level", "heat"])
    assert stream.steps == T


@pytest.mark.parametrize("make", TABLES)
def test_identify(make):
    u = bt.random.normal(160, seed=3).reshape(80, 2)
    y = np.cumsum(u @ [[1.0], [0.5]], axis=0) * 0.1
    table = make(u, NAMES)
    model = bt.identify(table, make(y, ["level"]), max_order=1, progress=False)
    plain = bt.identify(u, y, max_order=1, progress=False)
    for net in (model.net, model.linear.net):
        assert net.input_names == NAMES and net.output_names == ["level"]
    expected = plain.simulate(u, y[:5])
    check(model.simulate(table, make(y[:5], ["level"])), table, make, expected, ["level"])
    swapped = make(u[:, ::-1], NAMES[::-1])
    expected = plain.simulate(u, y[:5], linear=True)
    check(model.simulate(swapped, y[:5], linear=True), table, make, expected, ["level"])


@pytest.mark.parametrize("make", TABLES)
def test_regressor(make):
    pytest.importorskip("sklearn")
    u = bt.random.normal(160, seed=3).reshape(80, 2)
    y = np.tanh(u @ [[1.0, 0.3], [0.5, -1.0]])
    table, targets = make(u, NAMES), make(y, ["level", "heat"])
    model = bt.RecurrentRegressor(2, max_iter=5).fit(table, targets)
    expected = bt.RecurrentRegressor(2, max_iter=5).fit(u, y).predict(u)
    check(model.predict(table), table, make, expected, ["level", "heat"])
    assert model.network_.input_names == NAMES
    np.testing.assert_allclose(model.score(table, targets), model.score(table, y), rtol=1e-12)
    if make in (xarray_table, xarray_transposed):
        level = targets.sel(channel="level", drop=True).rename("level")
    else:
        level = targets["level"]
    flat = bt.RecurrentRegressor(2, max_iter=5).fit(table, level)
    result = flat.predict(table)
    assert np.asarray(result).shape == (80,)
    # One series comes back in the form of X.
    kind = "DataArray" if make in KINDS else "Series"
    assert type(result).__name__ == kind and result.name == "level"
    if index_of(table) is not None:
        assert index_of(result).equals(index_of(table))
    with pytest.warns(UserWarning, match="valid feature names"):  # scikit-learn's own
        assert isinstance(flat.predict(u), np.ndarray)
    assert flat.score(table, level) == flat.score(table, y[:, 0])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(make(u[:, ::-1], NAMES[::-1]))


@pytest.mark.parametrize("make", TABLES)
def test_online(make):
    net, u, y = plant()
    start = net.copy()
    online = bt.OnlineEstimator(net, window=20, every=30)
    table = make(u, NAMES)
    result = online.update(table, make(y, ["level", "heat"]))
    expected = bt.OnlineEstimator(start, window=20, every=30).update(u, y)
    check(result, table, make, expected, ["level", "heat"])
    assert net.input_names == NAMES


@pytest.mark.parametrize("make", TABLES)
def test_validation_matches_columns(make):
    net, u, y = plant()
    start = net.randomize(5).copy()
    est = bt.Estimator(net, make(u, NAMES), make(y, ["level", "heat"]), restarts=0)
    swapped = (make(u[:, ::-1], NAMES[::-1]), make(y[:, ::-1], ["heat", "level"]))
    trace = est.run(3, progress=False, validation=swapped)
    other = bt.Estimator(start, u, y, restarts=0).run(3, progress=False, validation=(u, y))
    np.testing.assert_allclose(trace.validation, other.validation, rtol=1e-9)
    wrong = (make(u, ["voltage", "other"]), y)
    with pytest.raises(bt.ArgumentError, match="missing 'flow'.*unknown 'other'"):
        est.run(3, progress=False, validation=wrong)


def test_gains_match_columns():
    net, u, y = plant()
    gains = np.column_stack([np.ones(T), np.full(T, 3.0)])
    y = y + bt.random.normal(2 * T, seed=8).reshape(T, 2)
    table = pandas_table(y, ["level", "heat"])
    est = bt.Estimator(net, u, table, pandas_table(gains, ["level", "heat"])[["heat", "level"]])
    expected = bt.Estimator(net.copy(), u, y, gains).cost
    assert est.cost == expected != bt.Estimator(net.copy(), u, y, gains[:, ::-1]).cost


@pytest.mark.parametrize("dtype", ["bool", "f2", "f4", "g", ">f8", "i8", "O"])
def test_dtypes_in_tables(dtype):
    net, u, _ = plant()
    whole = np.rint(u) if dtype != "bool" else (u > 0).astype(float)
    expected = net.simulate(whole if dtype != "f2" else whole.astype("f2").astype(float))
    frame = pd.DataFrame(whole, columns=NAMES).astype(dtype)
    assert same(net.simulate(frame), expected)
    frame["flow"] = whole[:, 1]
    assert same(net.simulate(frame), expected)


def test_series_of_polars_and_nulls():
    polars = pytest.importorskip("polars")
    net = bt.lnl_network(2).randomize(0)
    u = bt.random.normal(T, seed=1)
    assert same(net.simulate(polars.Series("u", u)), net.simulate(u))
    est = bt.Estimator(net, polars.Series("u", u), polars.Series("y", [None, *u[1:].tolist()]))
    missing = np.concatenate([[np.nan], u[1:]])
    assert est.cost == bt.Estimator(net.copy(), u, missing).cost
    assert net.input_names == ["u"] and net.output_names == ["y"]


def test_tables_are_read_without_a_parse_of_the_network(monkeypatch):
    net = bt.Network(2)
    net.lnl(8)
    net.randomize(0)
    u = bt.random.normal(2000).reshape(1000, 2)
    table = pd.DataFrame(u, pd.date_range("2024", periods=1000, freq="s"), NAMES)
    expected = net.simulate(table)

    def refuse(*_, **__):
        raise AssertionError("JSON was read or written")

    for name in ("loads", "dumps"):
        monkeypatch.setattr(f"json.{name}", refuse)
    pd.testing.assert_frame_equal(net.simulate(table), expected)
