"""The package has floors: imports go down, and none comes back."""

import subprocess
import sys

import pytest
from import_graph import ROOMS, circles, graph, modules, room


@pytest.fixture(scope="module")
def edges():
    return graph(modules())


def test_no_circle(edges):
    assert len(edges) > 150
    assert circles(edges) == []


def test_imports_go_down(edges):
    up = [(a, b) for a, others in edges.items() for b in others if room(b) > room(a)]
    assert up == []


def test_every_room_is_there(edges):
    assert {name.split(".")[1] for name in edges if name.count(".") == 2} >= set(ROOMS)


def test_circles_are_seen(tmp_path):
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .a import x\n")
    (folder / "a.py").write_text("def f():\n    from .b import y\n")
    (folder / "b.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import c\n"
    )
    (folder / "c.py").write_text("import house.a\n")
    assert circles(graph(modules(folder))) == [["house.a", "house.b", "house.c"]]
    (folder / "c.py").write_text("")
    assert circles(graph(modules(folder))) == []


def test_rare_parts_are_loaded_when_used():
    code = (
        "import sys, backtune as bt\n"
        "late = ['experiments', 'forecasting', 'identification', 'mnemonas', 'mpi', 'sklearn']\n"
        "print([name for name in late if f'backtune.{name}' in sys.modules])\n"
        "print([name for name in ('matplotlib', 'pandas', 'scipy') if name in sys.modules])\n"
        "print(callable(bt.identify) and 'backtune.identification' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[:3] == ["[]", "[]", "True"]


def test_modules_of_earlier_releases():
    code = (
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as told:\n"
        "    warnings.simplefilter('always')\n"
        "    from backtune.network import Network\n"
        "    import backtune.trace\n"
        "    from backtune.identification.linearisation import LinearSystem\n"
        "import backtune as bt\n"
        "print(LinearSystem is bt.identification.LinearSystem)\n"
        "print(Network is bt.Network, backtune.trace.Trace is bt.Trace)\n"
        "print([(w.category.__name__, str(w.message).split()[2]) for w in told])\n"
        "for name, now in bt._engine.earlier.MOVED.items():\n"
        "    __import__(f'backtune.{now}')\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    linear, first, second = told.stdout.splitlines()
    assert linear == "True" and first == "True True" and told.returncode == 0, told.stderr
    assert eval(second) == [
        ("DeprecationWarning", "backtune.networks.network"),
        ("DeprecationWarning", "backtune.estimation.trace"),
        ("DeprecationWarning", "backtune.networks.linear.system"),
    ]
