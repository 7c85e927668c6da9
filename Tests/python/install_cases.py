"""What `make install` puts, for tests of it."""

import os
import shutil
import subprocess

import pytest
from conftest import ROOT
from export_cases import compiler


def make(target, prefix, **variables):
    """Run make with folders of its own."""
    given = [f"{name}={value}" for name, value in variables.items()]
    result = subprocess.run(
        ["make", "-s", target, f"PREFIX={prefix}", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def installed(tmp_path_factory):
    """Install all, which builds what is not built yet; return the prefix."""
    if shutil.which("swift") is None:
        pytest.skip("no Swift toolchain")
    found = tmp_path_factory.mktemp("install") / "prefix"
    assert "installed backtune" in make("install", found)
    return found


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def options(prefix, *arguments):
    """Ask pkg-config."""
    tool = compiler("pkg-config")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    command = [tool, *arguments, "backtune"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return found.stdout.split()


def run(program, *arguments, cwd=None, stdin=None, **environment):
    """Run a program; return the lines that it prints."""
    result = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=stdin,
        timeout=300,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()
