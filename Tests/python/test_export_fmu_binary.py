"""The binary of exported FMUs: its steps, instances and states, and all that may be wrong."""

import ctypes
import re
import subprocess

import backtune as bt
import numpy as np
import pytest
from export_cases import compiler, deviation
from fmu_cases import CLOSE, DISCARD, ERROR, OK, Fmu, Instance, normal, tank

FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"]


@pytest.fixture(params=["3.0", "2.0"])
def fmu(request, tmp_path):
    return Fmu(tank(), tmp_path, request.param)


def functions(fmu):
    """List the functions that can be seen."""
    command = [compiler("nm"), "-D", "--defined-only", fmu.binary]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in found.splitlines() if " T " in line]


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
