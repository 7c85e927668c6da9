"""Wheels and the build of the engine."""

import os
import platform
import re
import shutil
import subprocess
import sys
import venv
import zipfile

import backtune as bt
import pytest
from backtune._engine.abi import lib
from conftest import ROOT

slow = pytest.mark.slow
needs_swift = pytest.mark.skipif(shutil.which("swift") is None, reason="no Swift toolchain")
needs_objdump = pytest.mark.skipif(shutil.which("objdump") is None, reason="no binutils")
needs_sources = pytest.mark.skipif(
    not (ROOT / "Package.swift").is_file(), reason="not in the source tree"
)


#: Of itself and of what is linked in.
LICENCES = ["LICENSE", *(f"licenses/{name}.txt" for name in ("GCC", "LAPACK", "Swift", "Unicode"))]

#: Nothing of the source tree is on the path of what was installed.
OUTSIDE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


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
    for name in ("backtune/py.typed", "backtune/datasets/sunspots.csv", "backtune/_engine/abi.py"):
        assert name in names
    assert "backtune-0.1.0.dist-info/entry_points.txt" in names
    assert "backtune/command/__init__.py" in names
    # What is linked in bears its licence.
    for name in LICENCES:
        assert f"backtune-0.1.0.dist-info/licenses/{name}" in names
    assert not [name for name in names if "test" in name.lower() or name.endswith(".swift")]

    environment = tmp_path / "environment"
    venv.create(environment, system_site_packages=False, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel],
        check=True,
        env=OUTSIDE,
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


@needs_objdump
@pytest.mark.skipif(platform.machine() != "x86_64", reason="versions of other processors")
def test_what_the_library_asks_of_the_system():
    """It runs with glibc 2.27 and the libstdc++ of GCC 7, and links nothing else."""
    command = ["objdump", "-p", lib._name]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED +(\S+)", text))
    assert needed <= {
        *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "ld-linux-x86-64.so.2"),
        *("libstdc++.so.6", "libgcc_s.so.1"),
    }
    references = text[text.index("Version References:") :]
    newest = {}
    for name, version in re.findall(r" (GLIBC|GLIBCXX|CXXABI)_([0-9.]+)", references):
        numbers = tuple(map(int, version.split(".")))
        newest[name] = max(newest.get(name, ()), numbers)
    assert newest["GLIBC"] <= (2, 27)
    assert newest["GLIBCXX"] <= (3, 4, 24) and newest["CXXABI"] <= (1, 3, 11)


@needs_sources
def test_versions_of_packages():
    """That of Debian's packages, of the header and of the manual are the package's."""
    changelog = (ROOT / "debian" / "changelog").read_text()
    assert changelog.startswith(f"backtune ({bt.__version__})")
    assert f'#define BT_VERSION "{bt.__version__}"' in (ROOT / "include/backtune.h").read_text()
    page = (ROOT / "docs" / "packaging.md").read_text()
    assert f"libbacktune1_{bt.__version__}_amd64.deb" in page


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


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    code = f"import setuptools.build_meta as b; print(b.build_sdist({str(folder)!r}))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    shutil.unpack_archive(next(folder.glob("*.tar.gz")), folder)
    return next(path for path in folder.iterdir() if path.is_dir())


@needs_sources
@needs_swift
def test_the_source_archive_has_the_whole_swift_package(unpacked):
    command = ["swift", "package", "--scratch-path", str(unpacked / ".build"), "describe"]
    result = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "BacktuneTests" in result.stdout and "BacktuneC" in result.stdout
    assert (unpacked / "include" / "backtune.h").is_file()
    for name in LICENCES:
        assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()


@needs_sources
@needs_swift
@pytest.mark.skipif("BACKTUNE_TEST_ALL" not in os.environ, reason="minutes: make test-all")
def test_the_source_archive_installs(unpacked, tmp_path):
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", str(unpacked)]
    subprocess.run(install, check=True, cwd=tmp_path, timeout=1800, env=OUTSIDE)
    code = """
import backtune as bt
u, y = bt.datasets.reverse_engineering(2)
est = bt.Estimator(bt.lnl_network(2).randomize(0), u, y)
print(bt.__file__, est.run(20, progress=False).nmse[-1] < 0.1, est.uncertainty().rank)
"""
    result = subprocess.run(
        [python, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env=OUTSIDE,
    )
    assert result.returncode == 0, result.stderr
    file, fitted, rank = result.stdout.split()
    assert file.startswith(str(tmp_path / "fresh")) and fitted == "True" and int(rank) > 0
