"""What include/backtune.h says of functions and units is what the engine does."""

import math
import re

import backtune as bt
import numpy as np
import pytest
from backtune._engine import abi
from conftest import ROOT
from export_cases import KINDS

TEXT = re.sub(r"\n \* ?", "\n", (ROOT / "include" / "backtune.h").read_text())

#: Options with which a unit has all groups and weights that stand in brackets.
WHOLE = {
    "linear": {"range": 3},
    "lnl": {"leak": "adjust"},
    "sparse_lnl": {"leak": "adjust"},
    "lstm": {"peephole": True},
    "aif": {"sharpness": "adjust"},
    "reservoir": {"leak": "adjust"},
}
#: Dots of the table, written out.
DOTS = {
    "(x.W2[N,N] ...)": "(x.W2[N,N]) (x.W3[N,N])",
    "f2 ... x": "f2 f3 f4 x",
    "x.c2[N] ...": "x.c2[N] x.c3[N] x.c4[N]",
}
SIZES = {"N": 3, "M": 2, "O": 2, "H": 4}


def part(first, last):
    return TEXT.split(first)[1].split(last)[0]


def test_sections_stand_in_the_order_that_is_told():
    found = re.findall(r"(?m)^/\* ---- (.*?) -+ \*/$", TEXT)
    assert found == [
        "Types",
        "Library and errors",
        "Network: functions and units",
        "Network: groups of one's own",
        "Network: what it is",
        "Network: the data that it is for",
        "Weights",
        "JSON and files",
        "Simulation",
        "Estimation: data",
        "Estimation: what is asked",
        "Estimation: observables",
        "Estimation: at work",
        "Trace",
        "Uncertainty",
        "Streams",
        "Export",
        "Threads",
        "Data larger than memory",
        "Several processes",
        "Random numbers",
    ]
    lines = [line for line in TEXT.splitlines() if re.match(r"/\* ---- ", line)]
    assert {len(line) for line in lines} == {120}


def test_page_of_c_has_every_call():
    """And what the calls are in Python exists there."""
    page = (ROOT / "docs" / "c.md").read_text()
    assert set(re.findall(r"`(bt_\w+)`", page)) == set(abi.FUNCTIONS)
    missing = [name for name in re.findall(r"`bt\.(\w+)", page) if not hasattr(bt, name)]
    classes = {"net": bt.Network, "est": bt.Estimator, "stream": bt.Stream}
    for owner, name in re.findall(r"`(net|est|stream)\.(\w+)", page):
        if not hasattr(classes[owner], name):
            missing.append(f"{owner}.{name}")
    assert missing == []


# ---- Functions


def functions():
    """Return what is told of each function: its parameters and what it is, by name."""
    told = {}
    for line in part("Functions of one value v", "A unit's option").splitlines():
        row = re.fullmatch(r"  (\w+) (?:\((.*?)\))? +(.*)", line)
        if row:
            told[row[1]] = (row[2].split(", ") if row[2] else [], row[3])
    return told


def known(call):
    with pytest.raises(bt.ArgumentError, match="expected one of|expected a name") as error:
        call()
    return set(re.search(r"one of (.*)", str(error.value))[1].split(", "))


def test_functions_have_the_same_names_everywhere():
    names = set(functions())
    assert len(names) == 13
    group = bt.Network(1).firmware(1)
    assert known(lambda: group.add(1, ("none", group.lag(1)))) == names
    assert known(lambda: bt.Network(1).lnl(1, activation="none")) == names
    assert known(lambda: bt.Network(1).versatile(1, functions=["none"])) == names
    words = bt.unit_options("lnl")["activation"]["words"]
    assert set(words) == {name for name, (parameters, _) in functions().items() if not parameters}


def evaluated(formula, v, **parameters):
    """Return what a formula of the table says."""
    if formula == "v above 0, else 0":
        return max(v, 0)
    if formula.startswith("0, 1/2, 1 below, at, above 1/2"):
        return (v > 0.5) + 0.5 * (v == 0.5)
    formula = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", re.split(": |, ", formula)[0])
    scope = {"exp": math.exp, "log": math.log, "tanh": math.tanh, "v": v, **parameters}
    scope["zeta01"] = lambda u: 1 / (1 + math.exp(-4 * u))
    return eval(formula, scope)


@pytest.mark.parametrize("name", list(functions()))
def test_functions_are_what_their_formulas_say(name):
    parameters, formula = functions()[name]
    values = dict(
        zip(parameters, {"zeta": [-0.5, 2], "softplus": [0.3], "upsilon": [3]}.get(name, []))
    )
    v = np.array([0.3, 0.5, 0.8, 1.7] + ([] if name == "log" else [-0.4, -2.0]))
    net = bt.Network(1)
    given = bt.Function(name, tuple(values.items()))
    net.observe(net.firmware(1, "x").add(1, (given, net.input.lag(0))))
    if name in ("tanh", "zeta01"):  # told by zeta
        a = {"tanh": -1, "zeta01": 0}[name]
        assert formula.startswith(f"zeta ({a}, 1)")
        formula, values = functions()["zeta"][1], {"a": a, "b": 1}
    expected = [evaluated(formula, x, **values) for x in v]
    assert np.allclose(net.simulate(v)[:, 0], expected, rtol=1e-14, atol=1e-15)


def test_names_of_zeta_are_those_of_firmware_too():
    """By the one name or the other: the same network."""
    texts = []
    for function in ("tanh", bt.zeta(-1, 1), bt.Function("tanh")):
        net = bt.Network(1)
        net.firmware(1, "x").add(1, (function, net.input.lag(0)))
        texts.append(net.to_json())
    assert texts[0] == texts[1] == texts[2] and '"zeta"' in texts[0]
    with pytest.raises(bt.ArgumentError, match="parameters: 1 values, expected 0"):
        net.firmware(1, "y").add(1, (bt.Function("tanh", (("a", 1),)), net.input.lag(0)))


# ---- Units


def units():
    """Return the groups and weights of each unit, those in brackets marked."""
    table = part("kind            groups            weights\n", "x1 is there with a leak")
    for dots, names in DOTS.items():
        assert dots in table
        table = table.replace(dots, names)
    told = {}
    for line in table.splitlines():
        row = re.fullmatch(r"  (\w+|) +(?:(\(?\w.*?) {2,})?(\(?\w+\.\w+\[.*)", line)
        assert row, line
        if row[1]:
            kind, told[row[1]] = row[1], ([], [])
            told[kind][0].extend(words(row[2]))
        told[kind][1].extend(words(row[3]))
    return told


def words(text):
    """Split, brackets being about several words or one."""
    inside, found = False, []
    for word in text.split():
        inside = inside or word.startswith("(")
        found.append((word.strip("()"), inside))
        inside = inside and not word.endswith(")")
    return found


def shape(text, kind):
    letters = text.split(",")
    if letters == ["K"]:
        return (SIZES["N"] * 2 * 3,)
    return tuple(SIZES[letter] for letter in letters)


def made(kind, **options):
    """Return the names of groups, and shapes of weights, of a unit, without its name."""
    net = bt.Network(SIZES["M"])
    sizes = {"outputs": SIZES["O"], "hidden": SIZES["H"]}
    options.update({key: n for key, n in sizes.items() if key in bt.unit_options(kind)})
    if kind == "conv1d":
        net = bt.Network(2 * 5)
        options.update(channels=2, kernel=3)
    net.unit(kind, SIZES["N"], "u", **options)
    groups = [name[2:] for name in net.groups]
    return groups, {name[2:]: array.shape for name, array in net.weights.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_units_have_the_groups_and_weights_that_are_told(kind):
    told = units()
    assert set(told) == set(KINDS)
    groups, weights = told[kind]
    for options, whole in (({}, False), (WHOLE.get(kind, {}), True)):
        found, shapes = made(kind, **options)
        assert found == [name for name, extra in groups if whole or not extra]
        expected = {}
        for text, extra in weights:
            name, letters = re.fullmatch(r"(.*)\[(.*)\]", text).groups()
            if whole or not extra:
                expected[name] = shape(letters, kind)
        assert shapes == expected
        assert kind == "linear" or list(shapes) == list(expected)


def test_what_else_is_told_of_units():
    for kind in KINDS:
        if "bias" in bt.unit_options(kind):
            names = [name for name in made(kind, bias=False)[1] if name.endswith(".a")]
            assert names == (["y.a"] if kind == "reservoir" else [])
        for word in bt.unit_options(kind).get("feedback", {}).get("words", []):
            groups, shapes = made(kind, feedback=word)
            usual = made(kind)
            added = [name for name in groups if name not in usual[0]]
            more = {name: size for name, size in shapes.items() if name not in usual[1]}
            node = "y" if kind in ("state_space", "reservoir") else "x"
            expected = {"measured": [f"{node}.m1"], "spikes": ["s", "s.m1"]}.get(word, [])
            assert added == expected and ("z" in groups) == (kind == "aif" and word != "spikes")
            gains = {
                "state_space": {"x.a": (3,), "x.K": (3, 2)},
                "reservoir": {"x2.K": (3, 2)},
            }
            assert more == (gains.get(kind, {}) if word == "measured" else {})
    groups, shapes = made("state_space", initial="learn")
    assert {name for name in shapes if name.endswith("x0")} == {"x.x0", "h.x0"}
    bare = bt.Network(2)
    bare.state_space(3, "u", hidden=0)
    assert list(bare.groups) == ["u.x", "u.y"]


def test_names_of_weights_of_sources_of_one_s_own():
    net = bt.Network(1)
    first, own = net.lnl(2, "first"), net.learnware(2, "own.v")
    itself = [bt.SELF.lag(1), bt.SELF.lag(2)]
    net.lnl(2, "u", sources=[*itself, net.input.lag(1), first.lag(0), own.lag(0)])
    names = [name for name in net.weights if name.startswith("u.")]
    assert names == ["u.x2.a", "u.x2.W1", "u.x2.W2", "u.x2.B", "u.x2.W_first", "u.x2.W_own.v"]
