"""The examples of the documentation run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT

EXAMPLES = ROOT / "examples"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="not in the source tree")


def modules():
    return [bt] + [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(bt.__path__, "backtune.")
    ]


def test_docstrings():
    results = [doctest.testmod(module, extraglobs={"bt": bt, "np": np}) for module in modules()]
    assert sum(result.attempted for result in results) >= 8
    assert sum(result.failed for result in results) == 0


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
