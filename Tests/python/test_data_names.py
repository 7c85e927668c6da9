"""Names, units and sampling time of a network: kept, checked, and read from earlier files."""

import copy
import json
import pickle
import sys

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, same

EARLIER = ROOT / "Tests" / "data" / "earlier"


def named():
    net = bt.Network(inputs=["voltage", "flow"])
    net.linear(2)
    net.output_names = ["level", "heat"]
    net.input_units, net.output_units = ["V", "l/s"], ["m", ""]
    net.sampling_time = 0.25
    return net.randomize(1)


def frame(columns=("voltage", "flow"), steps=6):
    values = bt.random.normal(steps * len(columns), seed=2).reshape(steps, -1)
    return pd.DataFrame(values, columns=list(columns))


@pytest.mark.parametrize(
    "again",
    [
        bt.Network.copy,
        copy.deepcopy,
        lambda net: pickle.loads(pickle.dumps(net)),
        lambda net: bt.Network.from_json(net.to_json()),
    ],
)
def test_labels_are_kept(again):
    net = again(named())
    assert net.inputs == 2 and net.input_names == ["voltage", "flow"]
    assert net.output_names == ["level", "heat"]
    assert net.input_units == ["V", "l/s"] and net.output_units == ["m", ""]
    assert net.sampling_time == 0.25
    document = json.loads(net.to_json())
    assert document["version"] == 2 and document["data"]["samplingTime"] == 0.25


def test_labels_of_files(tmp_path):
    named().save(tmp_path / "net.json")
    assert bt.Network.load(tmp_path / "net.json").input_names == ["voltage", "flow"]


def test_labels_can_be_taken_away_and_outputs_lose_theirs():
    net = named()
    net.observe(net.groups["linear.x"], 1)
    assert net.output_names is None and net.output_units is None
    assert list(net.simulate(frame()).columns) == ["linear.x[0]"]
    assert net.input_names == ["voltage", "flow"]
    net.input_names = net.input_units = net.sampling_time = None
    assert net.input_names is net.input_units is net.sampling_time is None
    assert "data" not in json.loads(net.to_json())
    fresh = bt.Network(1)
    assert fresh.input_names is fresh.output_names is fresh.sampling_time is None


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [
        ("input_names", ["a"], bt.SizeError, "1"),
        ("input_names", ["a", "a"], bt.ArgumentError, "'a' came twice"),
        ("input_names", ["a", ""], bt.ArgumentError, "empty"),
        ("input_names", "ab", TypeError, "list of texts"),
        ("input_names", ["a", 3], TypeError, "3 came"),
        ("output_names", ["a", "b", "c"], bt.SizeError, "3"),
        ("sampling_time", 0, bt.ArgumentError, "0 came"),
        ("sampling_time", -1.0, bt.ArgumentError, "above 0"),
        ("sampling_time", "fast", TypeError, "sampling_time"),
    ],
)
def test_wrong_labels(name, value, kind, message):
    net = named()
    with pytest.raises(kind, match=message):
        setattr(net, name, value)
    assert net.input_names == ["voltage", "flow"] and net.sampling_time == 0.25


def test_names_instead_of_a_number():
    assert bt.Network(("a", "b", "c")).inputs == 3
    for wrong in ([], ["a", 1], "a", [1, 2]):
        with pytest.raises(TypeError, match="integer"):
            bt.Network(wrong)


# ---- Columns


def test_columns_go_by_name():
    net, u = named(), frame()
    assert same(net.simulate(u[["flow", "voltage"]]), net.simulate(u))
    assert same(net.simulate(u.to_numpy()), net.simulate(u))
    # Without names of its own a table goes by place.
    assert same(net.simulate(pd.DataFrame(u.to_numpy())), net.simulate(u))
    both = net.simulate([u, u[["flow", "voltage"]]])
    assert same(both[1], both[0])
    # Tables of a list are matched with its first.
    plain = bt.Network(2)
    plain.linear(1)
    plain.randomize(0)
    first, second = plain.simulate([u, u[["flow", "voltage"]]])
    assert same(first, second)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("voltage", "pressure"), "missing 'flow', unknown 'pressure'; expected 'voltage', 'flow'"),
        (("voltage",), "missing 'flow'"),
        (("voltage", "flow", "time"), "unknown 'time'"),
        (("voltage", "voltage"), "'voltage' came twice"),
    ],
)
def test_wrong_columns_are_named(columns, message):
    net, u = named(), frame(columns)
    stream = net.stream()
    for call in (
        net.simulate,
        stream.run,
        lambda u: net.simulate([frame(), u]),
        lambda u: bt.Estimator(net, u, np.zeros((6, 2))),
        lambda u: bt.OnlineEstimator(net, window=5).update(u, np.zeros((6, 2))),
        lambda u: net.gradient(u, np.zeros((6, 2))),
        lambda u: bt.plot.compare(net, u, np.zeros((6, 2))),
    ):
        with pytest.raises(bt.ArgumentError, match=message):
            call(u)
    assert stream.steps == 0


def test_wrong_columns_of_outputs():
    net = named()
    with pytest.raises(bt.ArgumentError, match="desired outputs: columns missing 'heat'"):
        bt.Estimator(net, frame(), frame(["level", "x"]))


def test_wrong_columns_of_a_model():
    u = frame(steps=80)
    y = pd.DataFrame({"level": u["voltage"].cumsum() * 0.1})
    model = bt.identify(u, y, max_order=1, progress=False)
    with pytest.raises(bt.ArgumentError, match="missing 'flow'"):
        model.simulate(frame(["voltage", "x"]))
    with pytest.raises(bt.ArgumentError, match="y: columns missing 'level'"):
        model.simulate(u, y[:5].rename(columns={"level": "other"})[["other"]])
    again = pickle.loads(pickle.dumps(model))
    assert list(again.simulate(u).columns) == ["level"]


def test_a_series_of_another_name_is_worth_a_warning():
    net = bt.Network(["voltage"])
    net.linear(1)
    net.randomize(0)
    u = pd.Series([1.0, 2.0, 3.0], name="flow")
    with pytest.warns(bt.BacktuneWarning, match="'flow' came, and is taken as 'voltage'"):
        result = net.simulate(u)
    assert same(result, net.simulate(u.rename("voltage")))


def test_a_row_goes_by_name():
    net, u = named(), frame()
    expected = net.simulate(u).to_numpy()
    one, other = net.stream(), net.stream()
    for t in range(3):
        assert same(one.step(u.iloc[t]), expected[t])
        assert same(other.step(u[["flow", "voltage"]].iloc[t]), expected[t])
    with pytest.raises(bt.ArgumentError, match="missing 'flow'"):
        one.step(frame(["voltage", "x"]).iloc[0])
    assert one.steps == 3


def test_units_are_learnt_from_attributes():
    u, net = frame(), bt.Network(2)
    net.linear(1)
    u.attrs["units"] = {"flow": "l/s"}
    bt.Estimator(net.randomize(0), u, np.zeros(6))
    assert net.input_units == ["", "l/s"] and net.output_names is None
    xr = pytest.importorskip("xarray")
    other = bt.Network(1)
    other.linear(1)
    series = xr.DataArray(np.arange(6.0), dims="time", name="u", attrs={"units": "V"})
    bt.Estimator(other.randomize(0), series, np.zeros(6))
    assert other.input_names == ["u"] and other.input_units == ["V"]


def test_the_sampling_time_is_learnt_from_attributes():
    xr = pytest.importorskip("xarray")
    table = frame(["voltage"])
    array = xr.DataArray(np.arange(6.0), dims="time", name="u")
    for given in (table, array, array.to_dataset()):
        net = bt.Network(1)
        net.linear(1)
        given.attrs["sampling_time"] = 0.25
        bt.Estimator(net.randomize(0), given, np.zeros(6))
        assert net.sampling_time == 0.25
        given.attrs["sampling_time"] = 0.5
        with pytest.warns(bt.BacktuneWarning, match=r"0\.5 s came, the network's is 0\.25 s"):
            net.simulate(given)
        for wrong in (0, -1.0, np.inf, np.nan, "1 s"):
            given.attrs["sampling_time"] = wrong
            with pytest.raises(bt.ArgumentError, match=r'attrs\["sampling_time"\]'):
                net.simulate(given)


def test_what_was_given_is_not_learnt_anew():
    net = named()
    bt.Estimator(net, frame(), frame(["heat", "level"]))
    assert net.output_names == ["level", "heat"] and net.input_units == ["V", "l/s"]
    bad = bt.Network(2)
    bad.linear(1)
    with pytest.raises(ValueError):
        bt.Estimator(bad.randomize(0), frame() * np.nan, np.zeros(6))
    assert bad.input_names is None


# ---- Files of the release before names


def test_earlier_files_and_pickles():
    expected = json.loads((EARLIER / "expected.json").read_text())
    assert json.loads((EARLIER / "network.json").read_text())["version"] == 1
    # Of a time when modules stood elsewhere.
    for name in [name for name in sys.modules if name.startswith("backtune._engine.earlier")]:
        for moved in sys.modules[name].MOVED:
            sys.modules.pop(f"backtune.{moved}", None)
    with open(EARLIER / "network.pickle", "rb") as file, pytest.warns(DeprecationWarning):
        pickled = pickle.load(file)
    for net in (pickled, bt.Network.load(EARLIER / "network.json")):
        np.testing.assert_allclose(net.simulate(expected["u"]), expected["y"], rtol=1e-12)
        assert net.input_names is None and net.weights.fixed("lnl.x2.a").all()
    with pytest.raises(bt.ArgumentError, match="a pickle, .* identify again"):
        bt.IdentifiedModel.load(EARLIER / "model.pickle")


def test_later_files_are_refused():
    text = named().to_json().replace('"version":2', '"version":4')
    with pytest.raises(bt.ArgumentError, match="version is 4, expected 1 to 3"):
        bt.Network.from_json(text)
