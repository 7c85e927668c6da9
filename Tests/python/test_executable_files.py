"""No file that the package or the engine reads can make it run something."""

import ast
import json
import pickle
import pickletools
import re
from pathlib import Path

import backtune as bt
import pytest
from conftest import ROOT

PACKAGE = Path(bt.__file__).parent
#: Modules by which data become code, or other programs are run.
MODULES = {
    *(
        "pickle",
        "_pickle",
        "cPickle",
        "dill",
        "cloudpickle",
        "joblib",
        "marshal",
        "shelve",
        "copyreg",
    ),
    *("yaml", "code", "codeop", "runpy", "imp", "zipimport", "subprocess", "pty"),
}
#: Calls of the same kind, by the last part of their name.
CALLS = {
    *("eval", "exec", "compile", "__import__", "system", "popen", "execv", "execve", "spawnv"),
    *("read_pickle", "input"),
}
#: What there is of it, and why.
ALLOWED = {
    # Objects go to workers of joblib and back; nothing of it is a file of ours.
    "identification/workers.py": {"pickle", "cloudpickle", "joblib"},
}


def used(tree):
    """Yield what a module imports or calls of these."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (item.name.partition(".")[0] for item in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "attr", None) or getattr(function, "id", None)
            # Methods of patterns and of the like bear some of these names.
            owner = getattr(getattr(function, "value", None), "id", None)
            if name in CALLS and not (owner == "re" and name == "compile"):
                yield name
            if name == "load" and owner in ("np", "numpy"):
                yield "numpy.load"
            yield from (k.arg for k in node.keywords if k.arg == "allow_pickle")


def test_the_package_runs_no_data():
    known = MODULES | CALLS | {"numpy.load", "allow_pickle"}
    found, count = {}, 0
    for path in sorted(PACKAGE.rglob("*.py")):
        count += 1
        names = set(used(ast.parse(path.read_text(encoding="utf-8")))) & known
        if names:
            found[path.relative_to(PACKAGE).as_posix()] = names
    assert count > 150
    assert found == ALLOWED


def test_the_search_finds_what_it_looks_for():
    code = """
import pickle, os
from yaml import load
import numpy as np
a = eval("1"); exec("2"); os.system("3"); np.load("4", allow_pickle=True); __import__("5")
pattern = re.compile("6")
"""
    assert set(used(ast.parse(code))) - {"os", "numpy"} == {
        *("pickle", "yaml", "eval", "exec", "system", "numpy.load", "allow_pickle", "__import__"),
    }


@pytest.mark.skipif(not (ROOT / "Sources").is_dir(), reason="not in the source tree")
def test_the_engine_loads_and_starts_nothing():
    words = re.compile(r"\b(dlopen|dlsym(?!\(nil)|system|popen|execv\w*|posix_spawn\w*|Process)\(")
    files = [
        *(ROOT / "Sources").rglob("*.swift"),
        *(ROOT / "Sources" / "Interpreter").glob("*.[ch]"),
    ]
    assert len(files) > 200
    assert [str(path) for path in files if words.search(path.read_text())] == []


TRAPS = [
    {"type": "os.system", "command": "true"},
    {"type": "Member", "py/reduce": ["os.system", ["true"]]},
    {"type": "builtins.eval", "value": "1"},
    {"type": "__class__"},
    {"type": "Scale", "__class__": "os", "mean": 0, "deviation": 1},
    {"type": "InputModel", "__class__": {"type": "InputModel"}},
    {"type": "IdentificationReport", "items": [], "__class__": 1},
    {"type": "array", "kind": "O", "shape": [1], "values": [{"type": "os.system"}]},
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["type"])
def test_a_model_is_made_of_known_parts(trap):
    content = {"format": "backtune-model", "version": 1, "model": [0], "linear": 0, "digests": []}
    parts = {"report": trap, "errors": trap, "input_model": trap, "candidates": {}}
    with pytest.raises(bt.ArgumentError, match="damaged"):
        bt.IdentifiedModel.from_json(json.dumps({**content, "members": [trap], **parts}))


def test_pickles_of_our_objects_call_ours(net):
    """A pickle is Python's own: who loads one trusts it. Ours call nothing that is not ours."""
    objects = net, net.stream(), bt.criteria.Huber(), bt.RecurrentRegressor(units=2)
    for item in objects:
        called = [
            value
            for operation, value, _ in pickletools.genops(pickle.dumps(item, protocol=2))
            if operation.name == "GLOBAL"
        ]
        homes = {name.partition(" ")[0].partition(".")[0] for name in called}
        assert "backtune" in homes and homes <= {"backtune", "copy_reg", "_codecs", "numpy"}, called
