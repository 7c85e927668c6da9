"""FMUs: what they compute, and what they answer to importers that are wrong."""

import ctypes
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import backtune as bt
import numpy as np
import pytest
from export_cases import KINDS, compiler, deviation, drawn, unit, variants
from fmu_cases import DISCARD, ERROR, OK, Fmu, Instance, farthest
from identified_cases import arx, model_of, state_space
from sklearn_cases import plant, small

CLOSE = 1e-12
BOTH = pytest.mark.parametrize("version", ["3.0", "2.0"])
FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"]


def normal(steps, channels, seed):
    return bt.random.normal(steps * channels, seed=seed).reshape(steps, channels)


def tank():
    """Return a network with names, units and a sampling time, 2 s."""
    net = bt.Network(["valve", "rain"])
    net.input_units = ["%", ""]
    h = net.lnl(4, "tank", activation="tanh", leak="adjust", initial="learn")
    net.linear(1, "level", sources=[h.lag(0)])
    net.output_names, net.output_units, net.sampling_time = ["level"], ["cm"], 2.0
    return drawn(net)


@pytest.fixture(params=["3.0", "2.0"])
def fmu(request, tmp_path):
    return Fmu(tank(), tmp_path, request.param)


def functions(fmu):
    """List the functions that can be seen."""
    command = [compiler("nm"), "-D", "--defined-only", fmu.binary]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in found.splitlines() if " T " in line]


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


# ---- The binary and its sources


def test_the_binary_needs_the_c_library_alone(fmu):
    found = subprocess.run(
        [compiler("readelf"), "-d", fmu.binary], capture_output=True, text=True, check=True
    )
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", found.stdout))
    assert needed <= {"libm.so.6", "libc.so.6"} and "libc.so.6" in needed
    names = functions(fmu)
    assert all(name.startswith(("fmi2", "fmi3")) for name in names)


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_sources(cc, tmp_path):
    """They are strict C99, and what is built of them is what is in the FMU."""
    fmu = Fmu(tank(), tmp_path)
    built = tmp_path / "built.so"
    command = [compiler(cc), *FLAGS, "-O2", "-fPIC", "-shared", "-o", built]
    sources = sorted((fmu.folder / "sources").glob("*.c"))
    subprocess.run([*command, *sources, "-lm"], check=True)
    u = normal(20, 2, seed=3)
    expected = fmu(u)
    fmu.load(built)
    assert deviation(fmu(u), expected) < CLOSE
    prefixed = [*command, "-DFMI3_FUNCTION_PREFIX=plant_", "-DFMI2_FUNCTION_PREFIX=plant_"]
    subprocess.run([*prefixed, *sources, "-lm"], check=True)
    loaded = ctypes.CDLL(str(built.rename(tmp_path / "prefixed.so")))
    assert loaded.plant_fmi3Reset(None) == ERROR and loaded.plant_fmi2Reset(None) == ERROR


# ---- Steps


def test_steps_larger_and_smaller_than_a_sample(fmu):
    """Between samples outputs stay; inputs count from the next sample on."""
    net = tank()
    u = np.repeat(normal(6, 2, seed=3), 5, axis=0)
    expected = net.simulate(u)
    with Instance(fmu) as instance:
        instance.begin()
        found = []
        for row in u[::5]:
            assert instance.set(list(row)) == OK
            found.append(instance.get())
            assert instance.step(10.0) == OK
        assert deviation(np.array(found), expected[::5]) < CLOSE
    with Instance(fmu) as instance:
        instance.begin(start=3.0)
        for k, row in enumerate(u):
            for part in range(3):
                # What is set between samples is overwritten before the next.
                assert instance.set(list(row) if part == 0 else [9.0, 9.0]) == OK
                assert deviation(instance.get(), expected[k]) < CLOSE
                assert instance.step(2.0 / 3) == OK
        assert instance.get([0]) == pytest.approx(3 + 2 * len(u))


def test_steps_of_importers_that_add_up_their_time(tmp_path):
    net = tank()
    net.sampling_time = 0.1
    u = normal(2000, 2, seed=3)
    with Instance(Fmu(net, tmp_path)) as instance:
        instance.begin()
        found = []
        for row in u:
            assert instance.set(list(row)) == OK
            found.append(instance.get())
            for _ in range(7):
                assert instance.step(0.1 / 7) == OK
        assert deviation(np.array(found), net.simulate(u)) < CLOSE


def test_steps_that_are_wrong(fmu):
    with Instance(fmu) as instance:
        assert instance.step() == ERROR
        instance.begin(stop=10.0)
        for size in (0.0, -2.0, np.nan, np.inf, 1e300):
            assert instance.step(size) == ERROR
        for point in (2.0, -2.0, np.nan):
            assert instance.step(point=point) == ERROR
        assert instance.step(12.0) == ERROR
        assert "stop time" in instance.messages[-1]
        before = instance.get()
        assert instance.set([1.0, 1.0]) == OK and instance.step(10.0) == OK
        assert instance.get() != before
        assert instance.step() == ERROR


def test_a_network_that_diverges(tmp_path):
    net = bt.Network(1)
    net.linear(1, sources=[bt.SELF.lag(1), net.input.lag(1)])
    for name in net.weights:
        net.weights[name] = np.full(net.weights[name].shape, 1e200)
    with Instance(Fmu(net, tmp_path)) as instance:
        instance.begin()
        assert instance.set([1e200]) == OK
        assert [instance.step() for _ in range(3)][-1] == ERROR
        assert "diverges" in instance.messages[-1]


# ---- Instances and states


def test_instances_do_not_touch_each_other(fmu):
    u = normal(30, 2, seed=5)
    expected = fmu(u)
    with Instance(fmu) as one, Instance(fmu) as other:
        one.begin()
        other.begin()
        other.run(3 * u[:7])
        assert np.array_equal(one.run(u[:20]), expected[:20])
        other.run(u[:3])
        assert np.array_equal(one.run(u[20:]), expected[20:])
        other.call("Reset")
        other.begin()
        assert np.array_equal(other.run(u), expected)
        other.call("Terminate")
        assert other.get().shape == (1,)


def test_states(fmu):
    u = normal(40, 2, seed=6)
    expected = fmu(u)
    with Instance(fmu) as instance, Instance(fmu) as other:
        instance.begin()
        instance.run(u[:10])
        state, time = instance.state(), instance.time
        data = instance.serialized(state)
        assert np.array_equal(instance.run(u[10:]), expected[10:])
        assert instance.go_to(state) == OK
        instance.time = time
        assert np.array_equal(instance.run(u[10:]), expected[10:])
        # Another instance goes on from the bytes, its mode and time included.
        copy = other.deserialized(data)
        assert other.go_to(copy) == OK
        other.time = time
        assert np.array_equal(other.run(u[10:]), expected[10:])
        for own, place in ((instance, state), (other, copy)):
            own.free(place)
        for wrong in (data[:-1], data + b"\0", b"\0" * len(data), b"\xff" * len(data), b""):
            assert other.deserialized(wrong) == ERROR
        # The row of a ring that there is not.
        assert other.deserialized(data[:40] + b"\xff\x7f" * ((len(data) - 40) // 2)) == ERROR
        assert other.go_to(None) == ERROR


def test_states_of_another_fmu(tmp_path):
    changed = tank()
    name = next(iter(changed.weights))
    changed.weights[name] = 2 * changed.weights[name]
    one, other = Fmu(tank(), tmp_path / "1"), Fmu(changed, tmp_path / "2")
    with Instance(one) as first, Instance(other) as second:
        state = first.state()
        assert second.go_to(state) == ERROR
        assert second.deserialized(first.serialized(state)) == ERROR
        first.free(state)


# ---- What is wrong


def test_wrong_references(fmu):
    with Instance(fmu) as instance:
        instance.begin()
        for wrong in ([4], [1, 2, 3, 99], [2**32 - 1]):
            assert instance.get(wrong) == ERROR
        for wrong in ([0], [3], [1, 4]):
            assert instance.set([1.0] * len(wrong), wrong) == ERROR
        # All of them or none.
        assert instance.get([1]) == [0]
        assert instance.get([]).size == 0 and instance.set([], []) == OK
        for value in (np.nan, np.inf):
            assert instance.set([value]) == ERROR
        others = ["Int32", "Boolean", "String", "Float32"]
        for kind in others if fmu.version == "3.0" else ["Integer", "Boolean", "String"]:
            one = (ctypes.c_uint32 * 1)(1)
            for verb in ("Get", "Set"):
                size = ctypes.c_size_t
                assert instance.status(f"{verb}{kind}", one, size(1), None, size(1)) == ERROR
                assert instance.status(f"{verb}{kind}", None, size(0), None, size(0)) == OK
        assert all(re.match(r"fmi[23]\w+: ", text) for text in instance.messages)


def test_wrong_order(fmu):
    with Instance(fmu) as instance:
        assert instance.set([1.0, 2.0]) == OK
        assert instance.get() == ERROR
        assert instance.status("ExitInitializationMode") == ERROR
        assert instance.status("Terminate") == ERROR
        instance.begin()
        assert instance.status("ExitInitializationMode") == ERROR
        entered = instance.status("EnterInitializationMode", 0, *[ctypes.c_double(0)] * 2, 0)
        assert entered == ERROR
        instance.call("Terminate")
        assert instance.step() == ERROR and instance.set([0.0]) == ERROR
        instance.call("Reset")
        instance.begin()
        assert instance.step() == OK
        if fmu.version == "3.0":
            assert instance.status("EnterEventMode") == ERROR
            assert instance.status("EnterStepMode") == ERROR
        else:
            assert instance.status("CancelStep") == ERROR
            value = ctypes.c_double()
            assert instance.status("GetRealStatus", 2, ctypes.byref(value)) == OK
            assert value.value == 2
            assert instance.status("GetStatus", 0, ctypes.byref(ctypes.c_int())) == DISCARD


def test_no_instance(fmu):
    """Every function answers a pointer that is NULL; sizes of arguments do not matter then."""
    names = functions(fmu)
    texts = ("GetVersion", "GetTypesPlatform")
    for name in names:
        if name.endswith(texts) or "Instantiate" in name:
            continue
        answer = getattr(fmu.library, name)(*[ctypes.c_void_p()] * 9)
        assert name.endswith("FreeInstance") or answer == ERROR, name
    assert len(names) == 109


def test_what_cannot_be_made(fmu):
    assert Instance(fmu, token="{other}").pointer is None
    wrong = Instance(fmu, folder=fmu.folder / "nowhere")
    assert wrong.pointer is None and "cannot be read" in wrong.messages[0]
    if fmu.version == "3.0":
        for name in ("fmi3InstantiateModelExchange", "fmi3InstantiateScheduledExecution"):
            function = getattr(fmu.library, name)
            function.restype = ctypes.c_void_p
            assert function(*[None] * 10) is None
    else:
        assert fmu.library.fmi2Instantiate(b"x", 0, b"", b"file:///", None, 0, 0) is None
        assert fmu.library.fmi2Instantiate(None, 1, None, None, None, 0, 0) is None


def test_folders_with_odd_names(tmp_path):
    folder = tmp_path / "a b%20\u00e9#"
    for version in ("3.0", "2.0"):
        fmu = Fmu(tank(), folder.with_name(folder.name + version), version)
        assert fmu(normal(3, 2, seed=1)).shape == (3, 1)


DAMAGED = """
import pathlib, random, sys
sys.path.insert(0, sys.argv[2])
import backtune as bt
from fmu_cases import Fmu, Instance
net = bt.Network(1)
h = net.lnl(2, density=0.5, feedback="measured", initial="learn")
net.softmax(2, sources=[h.lag(0)])
fmu = Fmu(net.randomize(0), pathlib.Path(sys.argv[1]))
file = fmu.folder / "resources" / "model.bin"
whole = file.read_bytes()
draw = random.Random(0)
refused = 0
for k in range(3000):
    data = bytearray(whole)
    if k < len(whole):
        data = data[:k]
    else:
        place = draw.randrange(len(data) // 8) * 8
        value = draw.choice([0, 1, 2, 3, 7, 2**31, 2**62, -1, -2**63, draw.randrange(100)])
        data[place : place + 8] = value.to_bytes(8, "little", signed=True)
    file.write_bytes(data)
    with Instance(fmu) as instance:
        refused += instance.pointer is None
        if instance.pointer is not None and k % 2:
            instance.begin()
            instance.set([1.0, 0.5])
            instance.step(point=0.0)
            instance.get()
print(refused)
"""


def test_models_that_are_damaged(python, root, tmp_path):
    """Whatever stands in the file, nothing outside of it is read."""
    refused = int(python(DAMAGED, tmp_path, root / "Tests" / "python"))
    assert refused > 1500
