"""What a Swift package sees of this one: its manual, and a program that depends on it."""

import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT

needs_docc = pytest.mark.skipif(
    shutil.which("docc") is None or not list(ROOT.glob(".build-lib-*/release/Modules")),
    reason="no docc, or the library was not built here",
)
needs_swift = pytest.mark.skipif(
    shutil.which("swift") is None or not (ROOT / "examples" / "swift").is_dir(),
    reason="no Swift toolchain, or not in the source tree",
)


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docc")
    command = [ROOT / "tools" / "swift_docs.sh", folder]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def symbols(manual):
    """The public symbols, without what the standard library makes of them."""
    graph = json.loads((manual / "symbols" / "Backtune.symbols.json").read_text())
    own = [s for s in graph["symbols"] if "::SYNTHESIZED" not in s["identifier"]["precise"]]
    return {".".join(symbol["pathComponents"]): symbol for symbol in own}


@needs_docc
def test_everything_public_is_documented(symbols):
    assert len(symbols) > 200
    assert [name for name, symbol in symbols.items() if "docComment" not in symbol] == []


@needs_docc
def test_nothing_of_the_insides_is_public(symbols):
    types = {name for name in symbols if "." not in name}
    assert {"Network", "LNL", "Estimator", "Sequences", "BacktuneError"} <= types
    inside = {"VectorMath", "MatrixKernels", "GroupBody", "WeightSlots", "RandomStream", "Plan"}
    assert not types & inside
    for name, symbol in symbols.items():
        text = "".join(part["spelling"] for part in symbol.get("declarationFragments", []))
        assert not re.search("Unsafe|JSONOptions|UnitTable", text), (name, text)


@needs_docc
def test_the_manual_has_its_pages(manual, symbols):
    pages = manual / "pages" / "data" / "documentation" / "backtune"
    for name in symbols:
        if "." not in name:
            assert (pages / f"{name.lower()}.json").is_file(), name
    catalogue = (ROOT / "Sources" / "Backtune" / "Backtune.docc" / "Backtune.md").read_text()
    named = set(re.findall(r"^- ``(\w+)``", catalogue, re.M))
    assert named == {name for name in symbols if "." not in name}


@needs_swift
@pytest.mark.skipif("BACKTUNE_TEST_ALL" not in os.environ, reason="minutes: make test-all")
def test_a_package_that_depends_on_this_one(tmp_path):
    command = ["swift", "run", "-c", "release", "--package-path", ROOT / "examples" / "swift"]
    result = subprocess.run(
        [*command, "--scratch-path", tmp_path / "build"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    first, fit, kept = result.stdout.splitlines()
    assert first.startswith("33 weights, ")
    seen, unseen = (float(word) for word in re.findall(r"\d\S*e-\d+", fit))
    assert seen < 1e-6 and unseen < 1e-4
    assert kept == "kept: true"
