"""FMUs: what they compute, and what they answer to importers that are wrong."""

import xml.etree.ElementTree as ElementTree

import backtune as bt
import numpy as np
import pytest
from export_cases import KINDS, deviation, drawn, unit, variants
from fmu_cases import CLOSE, Fmu, farthest, normal, tank
from identified_cases import arx, model_of, state_space
from sklearn_cases import plant, small

BOTH = pytest.mark.parametrize("version", ["3.0", "2.0"])


# ---- What is computed


@pytest.mark.parametrize("kind", KINDS)
def test_units(kind, tmp_path):
    """Every unit with its defaults and with every option."""
    for number, options in enumerate(variants(kind)):
        net = unit(kind, options)
        if net is None:
            continue
        assert farthest(net, tmp_path / str(number)) < CLOSE, options


@BOTH
def test_lags_and_groups_that_share(version, tmp_path):
    net = bt.Network(2)
    h = net.lstm(3, sources=[bt.SELF.lag(1), net.input.lag(3)], initial="learn")
    g = net.lnl(3, density=0.4, activation=bt.softplus(0.3), sources=[bt.SELF.lag(2), h.lag(0)])
    s = net.softmax(3, sources=[g.lag(0)])
    net.linear(2, sources=[h.lag(4), g.lag(2), s.lag(0), net.input.lag(0)])
    drawn(net).rest = [0.5, -0.5]
    u = normal(60, 2, seed=1)
    assert deviation(Fmu(net, tmp_path, version)(u), net.simulate(u)) < CLOSE


@BOTH
def test_scales(version, tmp_path):
    net = tank()
    u = 1e3 + 3 * normal(40, 2, seed=1)
    scales = {"input_mean": [1e3, 1e3], "input_scale": [3, 0.1]}
    found = Fmu(net, tmp_path, version, **scales, output_mean=[20], output_scale=[4])(u)
    assert deviation(found, net.simulate((u - 1e3) / [3, 0.1]) * 4 + 20) < CLOSE


@BOTH
def test_what_is_measured(version, tmp_path):
    """Measured outputs and other nodes of their groups are inputs, NaN where nothing is known."""
    net = bt.Network(1)
    x = net.lnl(3, "x", feedback="measured")
    net.observe(x, 2)
    net.randomize(1)
    u, y = normal(50, 1, seed=2), normal(50, 3, seed=3)
    y[5:9] = np.nan
    y[20:30, 1] = np.nan
    fmu = Fmu(net, tmp_path, version)
    assert list(fmu.inputs)[1:] == ["y1.measured", "y2.measured", "x.x.2.measured"]
    assert deviation(fmu(u), net.simulate(u)) < CLOSE
    stream = net.stream()
    expected = []
    for row, known in zip(u, y):
        stream.set_measured(x, known)
        expected.append(stream.step(row))
    assert deviation(fmu(u, y), expected) < CLOSE


def test_missing_inputs(tmp_path):
    u = normal(80, 2, seed=7)
    u[20:30, 1] = np.nan
    net = tank().with_missing_inputs(bt.InputModel(u))
    stream = net.stream()
    expected = [stream.step(row) for row in u]
    found = Fmu(net, tmp_path)(np.nan_to_num(u), u[:, 1:])
    assert deviation(found, expected) < CLOSE


def test_models_and_regressors(tmp_path):
    u = 2 + 0.5 * normal(60, 1, seed=4)
    model = model_of([state_space(start=0.3)])
    assert deviation(Fmu(model, tmp_path / "states")(u), model.single.simulate(u)) < CLOSE
    predictor = model_of([arx()])
    y = 10 + normal(60, 1, seed=5)
    stream = predictor.single.stream()
    expected = [stream.step(*row) for row in zip(u, y)]
    assert deviation(Fmu(predictor, tmp_path / "arx")(u, y), expected) < CLOSE
    X, target = plant(200)
    regressor = small(random_state=0).fit(X, target)
    found = Fmu(regressor, tmp_path / "units")(X)[:, 0]
    assert deviation(found, regressor.predict(X)) < CLOSE


# ---- The description


@BOTH
def test_description(version, tmp_path):
    fmu = Fmu(tank(), tmp_path, version)
    root = fmu.description
    assert root.tag == "fmiModelDescription" and root.get("fmiVersion") == version
    assert fmu.inputs == {"valve": 1, "rain": 2} and fmu.outputs == {"level": 3}
    assert fmu.step_size == 2
    units = {unit.get("name") for unit in root.find("UnitDefinitions")}
    assert units == {"%", "cm", "s"}
    variables = {v.get("name"): v for v in root.find("ModelVariables")}
    inner = {name: v if version == "3.0" else v[0] for name, v in variables.items()}
    assert inner["valve"].get("unit") == "%" and inner["valve"].get("start") == "0"
    assert inner["rain"].get("unit") is None and inner["level"].get("unit") == "cm"
    assert variables["time"].get("causality") == "independent"
    kind = root.find("CoSimulation")
    assert kind.get("modelIdentifier") == "model"
    if version == "3.0":
        assert kind.get("fixedInternalStepSize") == "2.0"
        listed = {item.get("name") for item in _build(fmu).iter("SourceFile")}
    else:
        listed = {item.get("name") for item in kind.find("SourceFiles")}
    assert listed == {path.name for path in (fmu.folder / "sources").glob("*.c")}
    assert not root.find("ModelStructure")[0].get("dependencies")


def _build(fmu):
    return ElementTree.parse(fmu.folder / "sources" / "buildDescription.xml")


@BOTH
def test_what_depends_on_inputs_of_the_same_time(version, tmp_path):
    net = bt.Network(2)
    x = net.lnl(2, "x", sources=[bt.SELF.lag(1), net.input.lag(0)], feedback="measured")
    h = net.lnl(2, sources=[bt.SELF.lag(1), net.input.lag(1)])
    net.observe([x, h], [2, 2])
    structure = Fmu(net.randomize(0), tmp_path, version).description.find("ModelStructure")
    if version == "3.0":
        found = [(item.tag, item.get("dependencies")) for item in structure]
        own = [
            (tag, text) for tag in ("Output", "InitialUnknown") for text in ("1 2", "1 2", "", "")
        ]
        assert found == own
    else:
        for part in ("Outputs", "InitialUnknowns"):
            found = [(item.get("index"), item.get("dependencies")) for item in structure.find(part)]
            assert found == [("4", "2 3"), ("5", "2 3"), ("6", ""), ("7", "")]


def test_names_that_xml_does_not_hold(tmp_path):
    net = bt.Network(["time", '<&">', "a\nb", "a\x01b", "  a  c  "])
    net.input_units = ["<", "\x7f", "&amp;", "", "\u00b0C"]
    net.linear(1)
    net.output_names = ["\u00e9\ufffe"]
    fmu = Fmu(net.randomize(0), tmp_path)
    assert list(fmu.inputs) == ["time_2", '<&">', "a_b", "a_b_2", "a c"]
    assert list(fmu.outputs) == ["\u00e9_"]
    units = {unit.get("name") for unit in fmu.description.find("UnitDefinitions")}
    assert units == {"<", "_", "&amp;", "\u00b0C"}
    assert deviation(fmu(normal(5, 5, 1)), net.simulate(normal(5, 5, 1))) < CLOSE


def test_the_same_bytes(tmp_path):
    net = tank()
    first = net.export(format="fmu")
    assert isinstance(first, bytes) and first == net.export(format="fmu")
    assert net.export(format="fmu", version="2.0") != first
    assert net.export(format="fmu", version=2) == net.export(format="fmu", version="2.0")
    assert net.export(format="fmu", version=3.0) == first
    other = tank()
    other.output_names = ["depth"]
    names = [Fmu(n, tmp_path / str(k)).token for k, n in enumerate((net, tank(), other))]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("version", ["1.0", 1, "3"])
def test_options_that_are_refused(version):
    with pytest.raises(bt.ArgumentError, match="expected '3.0' or '2.0'"):
        tank().export(format="fmu", version=version)
