"""FMUs by FMPy: `make test-all`, where it is installed (`pip install backtune[fmu]`)."""

import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT, later
from export_cases import KINDS, deviation, drawn, inputs_of

CLOSE = 1e-12
BOTH = pytest.mark.parametrize("version", ["3.0", "2.0"])
# What it uses of others warns by itself.
pytestmark = [later, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def fmpy():
    return pytest.importorskip("fmpy", reason="FMPy is not installed: pip install backtune[fmu]")


def network(kind):
    """Return a network of a unit whose outputs do not depend on inputs of the same time."""
    net = bt.Network(["a", "b", "c", "d"])
    group = net.unit(kind, 4)
    net.linear(2, sources=[group.lag(1)])
    net.sampling_time, net.output_names = 0.1, ["left", "right"]
    net.input_units, net.output_units = ["V", "", "m/s", "%"], ["cm", "cm"]
    return drawn(net)


def record(net, u, **more):
    """Return inputs as FMPy takes them."""
    columns = {"time": np.arange(len(u)) * net.sampling_time, **dict(zip(net.input_names, u.T))}
    columns.update(more)
    found = np.zeros(len(u), dtype=[(name, float) for name in columns])
    for name, values in columns.items():
        found[name] = values
    return found


def simulated(fmpy, path, net, data):
    """Return the outputs of a simulation, (T, O)."""
    last = (len(data) - 1) * net.sampling_time
    result = fmpy.simulate_fmu(
        str(path), stop_time=last, output_interval=net.sampling_time, input=data, validate=True
    )
    assert deviation(result["time"], data["time"]) < CLOSE
    return np.stack([result[name] for name in net.output_names], axis=1)


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_valid_and_simulated(kind, version, fmpy, tmp_path):
    from fmpy.validation import validate_fmu

    net, path = network(kind), tmp_path / "model.fmu"
    net.export(path, version=version)
    assert validate_fmu(str(path)) == []
    u = inputs_of(net)
    assert deviation(simulated(fmpy, path, net, record(net, u)), net.simulate(u)) < CLOSE


@BOTH
def test_measured(version, fmpy, tmp_path):
    from fmpy.validation import validate_fmu

    net = bt.Network(["valve"])
    x = net.lnl(3, feedback="measured")
    net.observe(x, 1)
    net.sampling_time, net.output_names = 0.1, ["level"]
    path = tmp_path / "model.fmu"
    net.randomize(2).export(path, version=version)
    assert validate_fmu(str(path)) == []
    u, y = (bt.random.normal(50, seed=k).reshape(-1, 1) for k in range(2))
    data = record(net, u, **{"level.measured": y[:, 0]})
    stream = net.stream()
    expected = np.array([stream.step(*row) for row in zip(u, y)])
    found = simulated(fmpy, path, net, data)
    assert deviation(found, expected) < CLOSE


def test_example(fmpy, tmp_path):
    """A loop between two FMUs."""
    program = ROOT / "examples" / "export" / "loop_fmu.py"
    result = subprocess.run(
        [sys.executable, program, tmp_path], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("wanted") == 3
