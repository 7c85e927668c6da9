"""Two builds in other folders, at other times and with other permissions have the same bytes."""

import os
import shutil
import subprocess
import sys

import pytest
from backtune._engine.cpu import supported_levels
from conftest import ROOT, later

pytestmark = [
    pytest.mark.skipif(not (ROOT / "Package.swift").is_file(), reason="not in the source tree"),
    pytest.mark.skipif(shutil.which("swift") is None, reason="no Swift toolchain"),
]
BUILT = (".build*", ".venv*", ".git", "build", "dist", "lib", "__pycache__", "*.egg-info", "*cache")
FLAVOUR = (*supported_levels(), "baseline")[0]


def copied(folder, moment, mask):
    """Copy the tree, its files of another time and with other permissions."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*BUILT), symlinks=True)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~mask)
            os.utime(path, (moment, moment))
    return folder


@pytest.fixture
def trees(tmp_path):
    first = copied(tmp_path / "a", 1_500_000_000, 0), {"TZ": "UTC", "LC_ALL": "C"}
    second = copied(tmp_path / "in" / "folder-b", 1_900_000_000, 0o077)
    return first, (second, {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "USER": "other"})


def run(tree, *command):
    folder, variables = tree
    result = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=3600,
        umask=0o077 if "USER" in variables else 0o022,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables},
    )
    assert result.returncode == 0, result.stdout + result.stderr


def same_bytes(trees, pattern):
    found = [sorted(folder.glob(pattern)) for folder, _ in trees]
    assert len(found[0]) == len(found[1]) == 1, found
    first, second = (path.read_bytes() for (path,) in found)
    assert len(first) > 100_000 and found[0][0].name == found[1][0].name
    assert first == second


def test_source_archive(trees):
    code = "import setuptools.build_meta as b; b.build_sdist('dist')"
    for tree in trees:
        run(tree, sys.executable, "-c", code)
    same_bytes(trees, "dist/*.tar.gz")


@later
def test_library_and_wheel(trees):
    code = "import setuptools.build_meta as b; b.build_wheel('dist')"
    for tree in trees:
        tree[1]["BACKTUNE_FLAVOUR"] = FLAVOUR
        run(tree, sys.executable, "-c", code)
        run(tree, "tools/static.sh", FLAVOUR, "dist/libbacktune.a")
    same_bytes(trees, f".build-lib-{FLAVOUR}/release/libbacktune-c.so")
    same_bytes(trees, "dist/*.whl")
    same_bytes(trees, "dist/*.a")
