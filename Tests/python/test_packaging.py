"""Wheels and the build of the engine."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile

import pytest
from conftest import ROOT

slow = pytest.mark.slow
needs_swift = pytest.mark.skipif(shutil.which("swift") is None, reason="no Swift toolchain")
needs_sources = pytest.mark.skipif(
    not (ROOT / "Package.swift").is_file(), reason="not in the source tree"
)


def build_wheel(folder, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q"]
        + ["-w", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@slow
@needs_swift
@needs_sources
def test_wheel_works_outside_the_tree(tmp_path):
    result = build_wheel(tmp_path)
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == "backtune-0.1.0-py3-none-linux_x86_64.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert sum(name.endswith("libbacktune.so.1") for name in names) == 1
    for name in ("backtune/py.typed", "backtune/datasets/sunspots.csv", "backtune/_abi.py"):
        assert name in names
    assert not [name for name in names if "test" in name.lower() or name.endswith(".swift")]

    environment = tmp_path / "environment"
    venv.create(environment, system_site_packages=False, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True
    )
    packages = next(p for p in sys.path if p.endswith("site-packages"))
    code = """
import backtune as bt
assert "environment" in bt.__file__, bt.__file__
u, y = bt.datasets.reverse_engineering(2)
net = bt.lnl_network(2).randomize()
print(len(bt.Estimator(net, u, y).run(3, progress=False)), len(bt.datasets.sunspots()[0]))
"""
    program = "import sys; sys.path.append(sys.argv[1])\n" + code
    output = subprocess.run(
        [python, "-c", program, packages],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    ).stdout
    assert output.split()[1] == "309"


@needs_sources
def test_missing_toolchain_is_told(tmp_path):
    code = "import runpy, sys; sys.argv = ['setup.py', 'build_engine']; runpy.run_path('setup.py')"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert result.returncode != 0
    assert "'swift' was not found" in result.stderr and "swift.org" in result.stderr
