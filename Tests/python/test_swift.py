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
    """Read the public symbols, without what the standard library makes of them."""
    graph = json.loads((manual / "symbols" / "Backtune.symbols.json").read_text())
    own = [s for s in graph["symbols"] if "::SYNTHESIZED" not in s["identifier"]["precise"]]
    return [(".".join(symbol["pathComponents"]), symbol) for symbol in own]


@needs_docc
def test_everything_public_is_documented(symbols):
    assert len(symbols) > 200
    assert [name for name, symbol in symbols if "docComment" not in symbol] == []


@needs_docc
def test_nothing_of_the_insides_is_public(symbols):
    types = {name for name, _ in symbols if "." not in name}
    assert {"Network", "LNL", "Estimator", "Sequences", "BacktuneError"} <= types
    inside = {"VectorMath", "MatrixKernels", "GroupBody", "WeightSlots", "RandomStream", "Plan"}
    assert not types & inside
    for name, symbol in symbols:
        text = "".join(part["spelling"] for part in symbol.get("declarationFragments", []))
        assert not re.search("Unsafe|JSONOptions|UnitTable", text), (name, text)


@needs_docc
def test_the_manual_has_its_pages(manual, symbols):
    pages = manual / "pages" / "data" / "documentation" / "backtune"
    types = {name for name, _ in symbols if "." not in name}
    for name in types:
        assert (pages / f"{name.lower()}.json").is_file(), name
    catalogue = (ROOT / "Sources" / "Backtune" / "Backtune.docc" / "Backtune.md").read_text()
    named = set(re.findall(r"^- ``(\w+)``", catalogue, re.M))
    assert named == types


@needs_docc
def test_examples_compile(symbols, tmp_path):
    """Those of doc comments, of the manual's first page and of the page on languages."""
    blocks = {}
    for name, symbol in symbols:
        text = "\n".join(line["text"] for line in symbol["docComment"]["lines"])
        code = re.findall("(?m)^    (.*)$", text.split("- Parameter")[0])
        # Other indented lines are equations.
        if re.search(r"\b(try|sources:)", "\n".join(code)):
            blocks[name] = "\n".join(code)
    assert {"Unit", "UnitSource", "Network.simulate(_:initial:)", "Estimator"} <= set(blocks)
    page = (ROOT / "Sources" / "Backtune" / "Backtune.docc" / "Backtune.md").read_text()
    blocks["Backtune.md"] = re.search("```swift\n(.*?)```", page, re.S)[1]
    languages = (ROOT / "docs" / "languages.md").read_text()
    blocks["languages.md"] = re.search("```swift\n(.*?)```", languages, re.S)[1]
    program = ["import Backtune"]
    for place, block in enumerate(blocks.values()):
        body = block.replace("import Backtune", "")
        program.append(
            f"func example{place}(network: inout Network, sequences: Sequences, h: GroupID,"
            f" u: [[Double]], y: [[Double]]) throws {{\n{body}\n}}"
        )
    source = tmp_path / "examples.swift"
    source.write_text("\n".join(program))
    modules = next(ROOT.glob(".build-lib-*/release/Modules"))
    command = ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", "-I", modules]
    for name in ("CLAPACK", "CProcessor", "CThread"):
        command += ["-I", ROOT / "Sources" / name]
    command.append(source)
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif("BACKTUNE_TEST_ALL" not in os.environ, reason="a minute: make test-all")
@needs_swift
def test_a_package_that_depends_on_this_one(tmp_path):
    """The engine is built anew for it: less than a minute, seconds where it was built before."""
    command = ["swift", "run", "-c", "release", "--package-path", ROOT / "examples" / "swift"]
    result = subprocess.run(
        [*command, "--scratch-path", ROOT / ".build-example"],
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
