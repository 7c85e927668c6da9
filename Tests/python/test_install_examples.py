"""The programs of examples/c against what `make install` puts: `make test-all`."""

import re
import subprocess

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT, later
from export_cases import compiler
from install_cases import installed, options, run

pytestmark = later

EXAMPLES = ROOT / "examples" / "c"
SOURCES = sorted(path.stem for path in EXAMPLES.glob("*.c"))
NUMBER = r"(-?[\d.]+(?:e[-+]\d+)?)"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return installed(tmp_path_factory)


def numbers(text, line):
    found = re.fullmatch(text.replace("#", NUMBER), line)
    assert found, line
    return [float(value) for value in found.groups()]


# ---- What each of them prints


def check_minimal(lines, folder):
    (cost,) = numbers("cost #", lines[0])
    assert 0 < cost < 1e-2 and len(lines) == 1


def check_train(lines, folder):
    assert lines[0].startswith("360 rows, 1 inputs; ")
    fitted, rest = numbers("NMSE # where it was fitted, # on the rest", lines[1])
    assert fitted < 1e-4 and rest < 1e-3
    net = bt.Network.load(folder / "model.json")
    shown = {line.split()[0]: [float(word) for word in line.split()[1:]] for line in lines[2:]}
    assert list(shown) == list(net.weights)
    for name, values in shown.items():
        assert np.allclose(values, net.weights[name].ravel(), atol=6e-5)
    data = np.genfromtxt(EXAMPLES / "tank.csv", delimiter=",", names=True)
    y, run = data["level"], net.simulate(data["valve"])[:, 0]
    known = np.isfinite(y) & (np.arange(360) >= 240)
    nmse = np.mean((run - y)[known] ** 2) / np.var(y[known])
    assert np.isfinite(y).sum() == 354 and abs(nmse - rest) < 6e-3 * rest


def check_recordings(lines, folder):
    assert re.fullmatch(r"\d+ iterations: stopped by the caller; .*", lines[-4])
    reports = [numbers("  iteration +#: NMSE #", line) for line in lines[:-4]]
    assert [k for k, _ in reports] == [5 * (k + 1) for k in range(len(reports))] and reports
    for place, line in enumerate(lines[-3:]):
        which, known, missing = numbers("recording #: error # at most, # in its gaps", line)
        assert which == place and 0 < known < 0.005 and known < missing < 0.02


def check_control(lines, folder):
    (nmse,) = numbers("model of the tank: NMSE #", lines[0])
    assert nmse < 1e-3
    found = [numbers("level +#, wanted #, valve #", line) for line in lines[1:]]
    assert [wanted for _, wanted, _ in found] == [20, 35, 10]
    assert all(abs(level - wanted) < 1 and 0 <= valve <= 1 for level, wanted, valve in found)


def check_realtime(lines, folder):
    (mean,) = numbers("mean of the first output #", lines[0])
    net = bt.Network(1)
    net.lstm(8)
    u = np.arange(48000) % 100 < 50
    assert mean == float(f"{net.randomize(0).simulate(u)[:, 0].mean():g}")


def check_own_unit(lines, folder):
    assert lines[:5] == [
        "own.f(t) = a + W own.x(t-1) + B u(t-1)",
        "own.r(t) = logistic(own.f(t)) .* own.x(t-1)",
        "own.h(t) = a + U own.r(t) + B u(t-1)",
        "own.x(t) = own.x(t-1) - logistic(own.f(t)) .* own.x(t-1)"
        " + logistic(own.f(t)) .* tanh(own.h(t))",
        "y(t) = C own.x(t)",
    ]
    assert numbers("learnt from 300 steps: NMSE #", lines[5])[0] < 1e-6
    assert numbers("1000 other steps: error # at most", lines[6])[0] < 0.01


def check_two_threads(lines, folder):
    for line, kind, weights in zip(lines[-2:], ("lnl", "gru"), (29, 81)):
        found = numbers(f"{kind}: # weights, # iterations, NMSE #", line)
        assert found[0] == weights and 0 < found[1] <= 40 and found[2] < 1e-3
    assert all(re.fullmatch(r"  (lnl|gru): iteration \d+, NMSE .*", line) for line in lines[:-2])
    assert len(lines) > 3


def check_observables(lines, folder):
    assert lines[0] == "as drawn" and len(lines) == 12
    for first, off in ((5, 1e-4), (9, 0.02)):
        for line in lines[first : first + 3]:
            mean, wanted = numbers(r"  mean of [x(t) \-1]+ #, wanted #", line)
            assert abs(mean - wanted) <= off


def check_export(lines, folder):
    (nmse,) = numbers(r".*plant\.c: a network whose NMSE is #", lines[0])
    assert nmse < 1e-3 and "plant_step" in (folder / "plant.h").read_text()
    program = folder / "alone"
    (folder / "main.c").write_text(
        '#include "plant.h"\nint main(void) { plant_state s; plant_init(&s); return 0; }\n'
    )
    sources = [folder / "main.c", folder / "plant.c"]
    subprocess.run([compiler("gcc"), "-std=c99", "-o", program, *sources, "-lm"], check=True)
    run(program)


def check_identified(lines, folder):
    assert (
        len(lines) == 4
        and np.isfinite([float(word) for line in lines for word in line.split()]).all()
    )


def run_and_check(program, name, folder, **environment):
    arguments, stdin = [], None
    if name == "train":
        arguments = [EXAMPLES / "tank.csv"]
    elif name == "identified":
        arguments = [ROOT / "Tests" / "c" / "identified.json", "4"]
        stdin = (ROOT / "Tests" / "c" / "identified.txt").read_text()
    lines = run(program, *arguments, cwd=folder, stdin=stdin, **environment)
    globals()[f"check_{name}"](lines, folder)


# ---- Built in every way


@pytest.mark.parametrize("cc", ["gcc", "clang", "g++", "clang++"])
def test_by_pkg_config(cc, prefix, tmp_path):
    language = ["-x", "c++"] if cc.endswith("++") else ["-std=c99"]
    flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-pedantic", *language]
    link = [*options(prefix, "--cflags", "--libs"), "-lm", "-lpthread"]
    for name in SOURCES:
        program = tmp_path / name
        source = EXAMPLES / f"{name}.c"
        subprocess.run([compiler(cc), *flags, source, "-o", program, *link], check=True)
        run_and_check(program, name, tmp_path, LD_LIBRARY_PATH=str(prefix / "lib"))


def test_by_cmake(prefix, tmp_path):
    tool, build = compiler("cmake"), tmp_path / "build"
    given = [f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"]
    for command in (["-S", EXAMPLES, "-B", build, *given], ["--build", build]):
        subprocess.run([tool, *command], check=True, capture_output=True)
    for name in SOURCES:
        run_and_check(build / name, name, tmp_path)


def test_each_says_what_it_shows():
    index = (EXAMPLES / "README.md").read_text()
    targets = re.search(r"foreach\(name (.*)\)", (EXAMPLES / "CMakeLists.txt").read_text())[1]
    assert sorted(targets.split()) == SOURCES
    assert sorted(re.findall(r"\[(\w+)\.c\]", index)) == SOURCES
    for name in SOURCES:
        text = (EXAMPLES / f"{name}.c").read_text()
        head = text[: text.index("*/")]
        assert f"cc -std=c99 -o {name} {name}.c $(pkg-config --cflags --libs backtune)" in head
        assert " * Prints " in head and len(text.splitlines()) <= 120
