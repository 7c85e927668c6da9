"""Types: annotations of the public API, and what mypy says."""

import inspect
import subprocess
import sys
from pathlib import Path

import backtune as bt
import pytest

PACKAGE = Path(bt.__file__).parent
MODULES = [bt.criteria, bt.datasets, bt.interop, bt.observables, bt.plot, bt.random]
MODULES += [bt.mpi, bt.regularisation, bt.topology, bt.closed_forms]


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def public():
    """List the functions and methods that users call: names and functions."""
    things = {name: getattr(bt, name) for name in bt.__all__}
    for module in MODULES:
        names = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
        things.update({f"{module.__name__}.{name}": getattr(module, name) for name in names})
    for name, thing in things.items():
        if not getattr(thing, "__module__", "").startswith("backtune"):
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            for key, member in inspect.getmembers(thing):
                if isinstance(member, property):
                    member = member.fget
                member = getattr(member, "__func__", member)
                own = getattr(member, "__module__", None) or ""
                if inspect.isfunction(member) and own.startswith("backtune") and key[0] != "_":
                    yield f"{name}.{key}", member


def test_the_public_api_is_annotated_and_documented():
    seen = dict(public())
    assert len(seen) > 100 and "Network.simulate" in seen and "Estimator.run" in seen
    for name, function in seen.items():
        signature = inspect.signature(function)
        assert signature.return_annotation is not inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            if parameter.name not in ("self", "cls"):
                assert parameter.annotation is not inspect.Parameter.empty, f"{name}, {parameter}"
        assert function.__doc__, name


PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
WRONG = """
import numpy as np
import backtune as bt

net = bt.Network(inputs=1)
net.lnl(4, profile="none")
net.simulat([1.0])
bt.Network("one")
cost: str = bt.Estimator(net, [0.0], [1.0]).run(3)[-1].cost
one: list[float] = net.simulate(np.zeros(3))
several: list[str] = net.simulate([np.zeros(3), np.zeros(4)])
outputs, states, more = net.simulate(np.zeros(3), states=True)
poles: list[float] = net.to_state_space().poles()
u, y, root = bt.datasets.reverse_engineering(units=2)
seed: str = bt.identify(np.zeros(50), np.zeros(50)).report[0].draw
lower: list[float] = bt.identify(np.zeros(50), np.zeros(50)).band(np.zeros(50)).level
bt.lnl_netwrk(4)
text: bytes = net.export(format="c")
slope: list[float] = net.gradient(np.zeros(3), np.zeros(3))
twin: bt.ModelledNetwork = net.copy()
"""


@pytest.mark.slow
def test_mypy_of_programs(tmp_path):
    """That of the package is run by `make lint`."""
    pytest.importorskip("mypy")
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
    (tmp_path / "wrong.py").write_text(WRONG)
    result = subprocess.run(
        [*mypy, "--strict", "--follow-imports=silent", *map(str, PROGRAMS), "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"MYPYPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin"},
    )
    assert len(PROGRAMS) == 5
    *lines, _ = result.stdout.splitlines()
    places = [line.split(": error:")[0] for line in lines if ": error:" in line]
    assert places == [f"wrong.py:{line}" for line in range(6, 21)], result.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_programs_run(program, tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "error", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
