"""Finding and loading the engine."""

import shutil
import subprocess
import sys

import pytest
from backtune._engine import cpu, library


def flags(*names):
    return "processor\t: 0\nflags\t\t: " + " ".join(names) + "\n"


V3 = ("sse2", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "abm")
V4 = (*V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (flags(*V4), ("x86-64-v4", "x86-64-v3")),
        (flags(*V3), ("x86-64-v3",)),
        (flags(*(name for name in V4 if name != "avx512vl")), ("x86-64-v3",)),
        (flags(*(name for name in V4 if name != "fma")), ()),
        (flags("sse2"), ()),
        ("", ()),
    ],
)
def test_flavour_by_processor(tmp_path, monkeypatch, text, expected):
    monkeypatch.setattr(cpu.platform, "machine", lambda: "x86_64")
    assert cpu.built_levels() == cpu.LEVELS
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert cpu.supported_levels(str(path)) == expected


def test_flavour_elsewhere(monkeypatch, tmp_path):
    assert cpu.supported_levels(str(tmp_path / "absent")) == ()
    monkeypatch.setattr(cpu.platform, "machine", lambda: "aarch64")
    assert cpu.supported_levels() == ()
    assert cpu.built_levels() == ()


def test_order_of_paths(tmp_path):
    both = library.candidates(None, tmp_path, ("x86-64-v4", "x86-64-v3"))
    assert both == [
        tmp_path / "x86-64-v4" / "libbacktune.so.1",
        tmp_path / "x86-64-v3" / "libbacktune.so.1",
        tmp_path / "libbacktune.so.1",
    ]
    assert library.candidates("", tmp_path, ()) == both[2:]
    assert [str(p) for p in library.candidates("/a/b.so", tmp_path, cpu.LEVELS)] == ["/a/b.so"]


def import_error(**environment):
    result = subprocess.run(
        [sys.executable, "-c", "import backtune"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin", **environment},
    )
    assert result.returncode != 0
    return result.stderr


def test_absent_library_names_the_path():
    assert "/nowhere/libbacktune.so.1" in import_error(BACKTUNE_LIBRARY="/nowhere/libbacktune.so.1")


def test_file_that_is_no_library(tmp_path):
    path = tmp_path / "libbacktune.so.1"
    path.write_text("not a library")
    assert "cannot be loaded" in import_error(BACKTUNE_LIBRARY=str(path))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_other_abi_number(tmp_path):
    source, path = tmp_path / "old.c", tmp_path / "old.so"
    source.write_text("int bt_abi_number(void) { return 99; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source], check=True)
    message = import_error(BACKTUNE_LIBRARY=str(path))
    assert "99" in message and "different versions" in message
    source.write_text("int unrelated(void) { return 0; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source], check=True)
    assert "is not a backtune library" in import_error(BACKTUNE_LIBRARY=str(path))
