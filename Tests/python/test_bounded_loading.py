"""A small file takes little memory and time to read, whatever sizes it declares."""

import json
import subprocess
import sys
from pathlib import Path

import backtune as bt
import pytest
from backtune.command.tables import read
from conftest import same
from identified_cases import arx, model_of

#: Of a reader of files below 10 kB: MB above what there was, seconds of the processor.
MEMORY, SECONDS = 64, 1
LARGE, HUGE = 10**8, 10**9


def network(groups, weights=None, inputs=1, **more):
    content = {"format": "backtune-network", "version": 3, "inputs": inputs, "groups": groups}
    content.update(more if weights is None else {"weights": weights, **more})
    return json.dumps(content)


def group(size, *connections, name="a", **more):
    links = [{"weight": "w", "source": "a", "lag": 1, "form": "dense", **c} for c in connections]
    return {"name": name, "kind": "learnware", "size": size, "connections": links, **more}


def term(size, *factors, name="a"):
    parts = [{"f": {"name": "exp"}, "source": s, "lag": lag} for s, lag in factors]
    terms = [{"coef": 1, "factors": parts}]
    return {"name": name, "kind": "firmware", "size": size, "terms": terms}


def values(*numbers):
    return [{"name": "w", "values": list(numbers)}]


ONE = {"form": "shared", "entries": [0], "slotOfEntry": [0]}
#: Networks that declare more than they say; what is answered, None where they are read.
NETWORKS = {
    "a dense matrix": (network([group(15_000, {})]), "no values are listed, expected 1048576"),
    "a matrix of no values": (network([group(15_000, {})], values()), "0 values, expected"),
    "a matrix of two values": (network([group(15_000, {})], values(1, 2)), "2 values, expected"),
    "a diagonal": (network([group(40_000, {"form": "diagonal"})]), None),
    "biases": (network([group(LARGE, bias={"weight": "b"})]), "no values are listed"),
    "biases of one value": (network([group(LARGE, bias={"weight": "w"})], values(1)), "1 values"),
    "an initial state": (
        network([group(1000, initial={"weight": "x", "depth": 100_000})]),
        "no values are listed",
    ),
    "shared entries": (network([group(40_000, ONE)], values(1)), None),
    "a slot of a large number": (
        network([group(40_000, {**ONE, "slotOfEntry": [HUGE]})], values(1)),
        "slot 0 is used nowhere",
    ),
    "a sparse matrix": (
        network([group(40_000, {"form": "sparse", "entries": [HUGE]})], values(1)),
        None,
    ),
    "one matrix of many": (network([group(9000, *[{}] * 100)], values(1)), "1 values, expected"),
    "nodes": (network([term(HUGE)]), None),
    "nodes in many groups": (network([term(10**7, name=f"g{k}") for k in range(60)]), None),
    "inputs": (network([group(1)], inputs=LARGE), None),
    "names of inputs": (network([group(1)], inputs=LARGE, data={"inputNames": ["a"]}), "names"),
    "rest": (network([group(1)], inputs=LARGE, rest={"values": [0]}), "rest: 1 values"),
    "observed nodes": (network([term(LARGE)], observe=[{"group": "a", "outputs": LARGE}]), None),
    "measured nodes": (
        network(
            [
                group(LARGE),
                {"name": "m", "kind": "measured", "size": LARGE, "source": "a", "lag": 1},
            ]
        ),
        None,
    ),
    "lags": (network([group(1, {"lag": 1_000_000})], values(1)), None),
    "a chain at lag 0": (
        network(
            [term(1, (f"g{k + 1}" if k < 59 else "input", 0), name=f"g{k}") for k in range(60)]
        ),
        None,
    ),
    "all at lag 0": (
        network([term(1, *[(f"g{j}", 0) for j in range(k)], name=f"g{k}") for k in range(15)]),
        None,
    ),
    "a long number": (network([], inputs=0).replace('"inputs": 0', '"inputs": ' + "9" * 9000), ""),
    "nesting": ("[" * 9000, "nested deeper"),
    "brackets": ('{"a":' * 1900, "nested deeper"),
}


def model(**changes):
    """Return the text of a model, some values of its only member changed."""
    content = json.loads(model_of([arx()]).to_json())
    for path, value in changes.items():
        *steps, last = path.split("__")
        at = content
        for step in steps:
            at = at[int(step)] if isinstance(at, list) else at[step]
        at[last] = value
    return json.dumps(content)


def models():
    """Return models that declare more than they say, and what is answered."""
    net = json.loads(network([group(15_000, {})]))
    wide = {"type": "array", "kind": "f", "shape": [LARGE], "values": [0.0]}
    empty = {"type": "array", "kind": "f", "shape": [0, 10**15], "values": []}
    many = {str(10**9 + k): 0 for k in range(100)}
    return {
        "a large network": (model(members__0__net__network=net), "no values are listed"),
        "a shape": (model(errors=wide), "damaged"),
        "an empty shape": (model(errors=empty), "damaged"),
        "a factor": (model(members__0__front__factor=HUGE), None),
        "candidates": (model(candidates=many), None),
        "digits": (model(members__0__front__factor="9" * 4000), "damaged"),
        "nesting": (model(report=json.loads("[" * 900 + "]" * 900)), "damaged"),
    }


def answers(tmp_path, kind, text):
    """Read a text, and a file of it; return what was said of both."""
    path = tmp_path / f"{kind}.json"
    path.write_text(text)
    reader = bt.IdentifiedModel if kind == "model" else bt.Network
    said = []
    for call in (lambda: reader.from_json(text), lambda: reader.load(path)):
        try:
            repr(call())
        except (bt.BacktuneError, MemoryError) as error:
            said.append(str(error))
    return said


CHILD = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_bounded_loading as cases

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

folder = Path(sys.argv[2])
found = {}
for kind, texts in json.loads(sys.stdin.read()).items():
    # What is loaded and kept at the first time is not the file's.
    cases.answers(folder, kind, texts.pop("usual"))
    for name, text in texts.items():
        memory, start = peak(), time.process_time()
        said = cases.answers(folder, kind, text)
        found[f"{kind}: {name}"] = said, peak() - memory, time.process_time() - start
print(json.dumps(found))
"""


def test_json_of_networks_and_models(tmp_path):
    usual = {
        "network": network([group(2, {})], values(1, 2, 3, 4)),
        "model": model(),
    }
    expected = {f"network: {name}": said for name, (_, said) in NETWORKS.items()}
    expected.update({f"model: {name}": said for name, (_, said) in models().items()})
    texts = {
        kind: {"usual": usual[kind], **{name: text for name, (text, _) in cases.items()}}
        for kind, cases in (("network", NETWORKS), ("model", models()))
    }
    sizes = {name: len(text) for cases in texts.values() for name, text in cases.items()}
    assert max(sizes.values()) < 10_000, sizes
    result = subprocess.run(
        [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(tmp_path)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found.keys() == expected.keys()
    for name, (said, memory, seconds) in found.items():
        assert memory < MEMORY and seconds < SECONDS, (name, memory, seconds)
        assert len(said) == (0 if expected[name] is None else 2), (name, said)
        assert all(expected[name] in text for text in said), (name, said)


def test_what_is_listed_may_be_large(tmp_path):
    """What a file says whole is read: more than there may be of what is not listed."""
    net = bt.Network(1)
    unit = net.learnware(1100, "x").bias()
    unit.connect(unit.lag(1))
    net.randomize(0)
    assert len(net.get_weights()) > 2**20
    net.save(tmp_path / "net.json")
    assert same(bt.Network.load(tmp_path / "net.json").get_weights(), net.get_weights())


def test_shared_entries_in_any_order():
    """Of an entry that comes twice the last slot counts, as ever."""
    link = {"form": "shared", "entries": [3, 0, 2, 0], "slotOfEntry": [1, 1, 0, 2]}
    net = bt.Network.from_json(network([group(2, link)], values(5.0, 6.0, 7.0)))
    again = json.loads(net.to_json())["groups"][0]["connections"][0]
    assert again["entries"] == [0, 2, 3] and again["slotOfEntry"] == [2, 0, 1]
    with pytest.raises(bt.SizeError, match="do not fit 2 x 2"):
        bt.Network.from_json(network([group(2, {**link, "entries": [4, 0, 2, 1]})], values(1)))


def test_table_of_rows_that_end_early(tmp_path):
    """Missing values at their ends are few, or the file is no table."""
    path = tmp_path / "wide.csv"
    names = ",".join(f"c{k}" for k in range(900))
    path.write_text(names + "\n" + "1\n" * 2000)
    assert path.stat().st_size < 10_000
    with pytest.raises(bt.ArgumentError, match="rows of 900 columns have 2000 values in all"):
        read(str(path))
    path.write_text(names + "\n" + ",".join("1" * 900) + "\n1\n")
    assert read(str(path)).values(["c0", "c899"]).shape == (2, 2)
