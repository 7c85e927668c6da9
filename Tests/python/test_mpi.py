"""Estimation over the processes that mpirun starts."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT
from spread_cases import network, sequences

HAS_MPI = importlib.util.find_spec("mpi4py") is not None and shutil.which("mpirun") is not None
needs_mpi = pytest.mark.skipif(not HAS_MPI, reason="mpi4py or mpirun is not installed")

START = """
import sys
sys.path.insert(0, {tests!r})
import numpy as np
import backtune as bt
from mpi4py import MPI
from spread_cases import network, sequences, shares
comm = MPI.COMM_WORLD
u, y = sequences({count})
own_u, own_y = shares(u, comm.size)[comm.rank], shares(y, comm.size)[comm.rank]
"""


def command(ranks):
    words = ["mpirun", "-n", str(ranks), "--oversubscribe"]
    if os.geteuid() == 0:
        words.append("--allow-run-as-root")
    return words


def environment():
    # Memory shared by processes and no network: a container may have nothing else.
    return {
        **os.environ,
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_mpi_yield_when_idle": "1",
        "BACKTUNE_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def start(ranks, folder, program, count=7):
    path = folder / "program.py"
    path.write_text(START.format(tests=str(Path(__file__).parent), count=count) + program)
    return subprocess.Popen(
        [*command(ranks), sys.executable, str(path)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_mpi4py():
    """The module is there all the same, and says what it needs."""
    code = (
        "import sys; sys.modules['mpi4py'] = None\n"
        "import backtune as bt\n"
        "try: bt.mpi.Estimator(bt.lnl_network(2), [0.0], [0.0])\n"
        "except ImportError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "backtune.mpi: it needs mpi4py: pip install backtune[mpi]"


@needs_mpi
@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_as_one_process(ranks, tmp_path):
    program = f"""
est = bt.mpi.Estimator(network(), own_u, own_y, comm)
cost, gradient = est.gradient()
trace = est.run(3)
np.savez({str(tmp_path)!r} + f"/{{comm.rank}}.npz", cost=cost, gradient=gradient, trace=trace.cost,
    weights=est.net.get_weights(), sent=est.bytes_sent)
"""
    process = start(ranks, tmp_path, program)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    found = [np.load(tmp_path / f"{rank}.npz") for rank in range(ranks)]
    u, y = sequences()
    alone = bt.Estimator(network(), u, y)
    cost, gradient = alone.gradient()
    trace = alone.run(3, progress=False)
    for own in found:
        assert own["cost"] == pytest.approx(cost, rel=1e-13)
        assert np.abs(own["gradient"] - gradient).max() <= 1e-13 * np.abs(gradient).max()
        assert own["trace"] == pytest.approx(trace.cost, rel=1e-10)
        assert np.array_equal(own["weights"], found[0]["weights"])
        assert 0 < own["sent"] == found[0]["sent"]


@needs_mpi
@pytest.mark.parametrize("how", ["raises", "is killed", "has data that are refused"])
def test_one_process_that_fails_ends_all(how, tmp_path):
    fails = {
        "raises": "raise RuntimeError('out of paper')",
        "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    }.get(how, "")
    program = f"""
def look(report):
    if comm.rank == 1 and report.iteration == 2:
        {fails or "pass"}

if comm.rank == 1 and {how.startswith("has")}:
    own_u[0][3] = np.inf

est = bt.mpi.Estimator(network(size=12), own_u, own_y, comm, restarts=0)
print("ready", flush=True)
est.run(100_000, tolerance=0, callback=look, progress=False)
"""
    process = start(3, tmp_path, program)
    assert process.stdout is not None and "ready" in process.stdout.readline()
    began = time.monotonic()
    out, err = process.communicate(timeout=100)
    assert process.returncode != 0
    assert time.monotonic() - began < 10
    if how == "raises":
        assert "RuntimeError: out of paper" in err
        assert "process 1 of 3 ended all" in err
    elif how == "is killed":
        assert "signal 9" in out + err
    else:
        assert "inputs: sequence 0, step 3, channel 0 is inf" in err


@needs_mpi
def test_ctrl_c_in_one_process_keeps_the_best_weights_everywhere(tmp_path):
    program = f"""
import os
est = bt.mpi.Estimator(network(size=12), own_u, own_y, comm, restarts=0)
def look(report):
    if comm.rank == 0 and report.iteration == 3:
        print(os.getpid(), flush=True)
trace = est.run(1_000_000, tolerance=0, callback=look, progress=False)
np.savez({str(tmp_path)!r} + f"/{{comm.rank}}.npz", cost=est.cost, stop=trace.stop,
    weights=est.net.get_weights(), length=len(trace.cost))
"""
    process = start(2, tmp_path, program, count=40)
    assert process.stdout is not None
    number = int(process.stdout.readline())
    os.kill(number, signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    assert time.monotonic() - began < 10
    first, second = (np.load(tmp_path / f"{rank}.npz") for rank in range(2))
    assert str(first["stop"]) == str(second["stop"]) == "interrupted"
    assert first["length"] == second["length"] < 100_000
    assert np.array_equal(first["weights"], second["weights"]) and first["cost"] == second["cost"]
    u, y = sequences(40)
    net = network(size=12)
    net.set_weights(first["weights"])
    assert bt.Estimator(net, u, y).cost == pytest.approx(float(first["cost"]), rel=1e-12)


@needs_mpi
@pytest.mark.skipif(shutil.which("mpicc") is None, reason="mpicc is not installed")
def test_the_example_in_c(tmp_path):
    library = Path(bt._engine.abi.lib._name)
    (tmp_path / "libbacktune.so.1").symlink_to(library)
    program = tmp_path / "spread"
    source = ROOT / "examples" / "c" / "mpi" / "spread.c"
    words = ["mpicc", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
    words += ["-o", str(program), str(source), str(library), f"-Wl,-rpath,{tmp_path}", "-lm"]
    subprocess.run(words, check=True)
    said = []
    for ranks in (1, 4):
        result = subprocess.run(
            [*command(ranks), str(program)], env=environment(), capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        said.append(float(result.stdout.split()[1].rstrip(",")))
    assert max(said) < 1e-3
