"""The examples of the documentation run."""

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT
from export_cases import FLAGS, compiler

EXAMPLES = ROOT / "examples"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="not in the source tree")


FOLDER = Path(bt.__file__).parent
WITH_EXAMPLES = sorted(path for path in FOLDER.rglob("*.py") if ">>>" in path.read_text())


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_docstrings(path):
    name = ".".join(["backtune", *path.relative_to(FOLDER).with_suffix("").parts])
    try:
        module = importlib.import_module(name.removesuffix(".__init__"))
    except ImportError as error:
        if "pip install" not in str(error):  # what is said of an extra that is not installed
            raise
        pytest.skip(str(error))
    result = doctest.testmod(module, extraglobs={"bt": bt, "np": np})
    assert result.attempted > 0 and result.failed == 0


def run(name, *arguments):
    result = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@needs_examples
def test_own_unit():
    output = run("python_own_unit.py")
    assert "Trace of" in output and "gradient" in output


@needs_examples
def test_units():
    output = run("python_units.py")
    assert "memory: wrote" in output and "xor: 0 errors" in output and "efficiency" in output


@pytest.mark.slow
@needs_examples
def test_demo(tmp_path):
    output = run("demo.py", tmp_path)
    assert "quoted" in output and "decay time" in output
    assert (tmp_path / "main_job.png").stat().st_size > 10_000


@needs_examples
def test_export(tmp_path):
    """A model, exported, in a loop in C."""
    assert "plant.c: error 0.0" in run("export/plant.py", tmp_path)
    sources = [EXAMPLES / "export" / "loop.c", tmp_path / "plant.c"]
    command = [compiler("gcc"), *FLAGS, f"-I{tmp_path}", *sources, "-o", tmp_path / "loop", "-lm"]
    subprocess.run(command, check=True)
    result = subprocess.run(tmp_path / "loop", check=True, capture_output=True, text=True)
    assert result.stdout.count("level") == 3
