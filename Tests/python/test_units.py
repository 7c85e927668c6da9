"""Every unit: its method, its options, what is refused."""

import json
import re

import backtune as bt
import numpy as np
import pytest
from conftest import same

KINDS = list(bt.unit_options())
RECURRENT = [kind for kind in KINDS if kind not in ("dense", "conv1d")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_runs_and_has_its_gradient(kind):
    net = bt.Network(4)
    out = getattr(net, kind)(2)
    assert out.name in (f"{kind}.x", f"{kind}.y")
    net.randomize(2)
    u = bt.random.normal(32, seed=1).reshape(8, 4)
    y = net.simulate(u)
    assert y.shape == (8, out.size) and np.all(np.isfinite(y)) and np.std(y) > 0
    slopes = bt.random.normal(y.size, seed=2).reshape(y.shape)
    gradient, weights, step = net.gradient(u, slopes), net.get_weights(), 1e-6
    for place in range(weights.size):
        sums = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[place] += sign * step
            net.set_weights(moved)
            sums.append(np.sum(slopes * net.simulate(u)))
        assert abs((sums[0] - sums[1]) / (2 * step) - gradient[place]) < 1e-7
    net.set_weights(weights)
    assert same(bt.Network.from_json(net.to_json()).simulate(u), y)


def test_time_constant_is_a_leak():
    one, two = bt.Network(1), bt.Network(1)
    one.lnl(2, time_constant=5.0, dt=2.0)
    two.lnl(2, leak=1 - 2.0 / 5.0)
    assert one.to_json() == two.to_json()


def test_softmax_group():
    net = bt.Network(3)
    hot = net.softmax_group(net.input.lag(0), temperature=0.5)
    cold = net.softmax_group(hot.lag(1), "cold")
    assert (hot.name, cold.name, cold.size) == ("softmax_group", "cold", 3)
    assert net.softmax_group(hot.lag(0)).name == "softmax_group2"
    u = np.array([[0.0, 1, 2], [1e4, 0, -1e4]])
    x = net.observe([hot, cold]).simulate(u)
    expected = np.exp(2 * u[0]) / np.exp(2 * u[0]).sum()
    np.testing.assert_allclose(x[0], [*expected, 1 / 3, 1 / 3, 1 / 3], rtol=1e-14)
    np.testing.assert_allclose(x[1, :3], [1, 0, 0], atol=1e-300)
    np.testing.assert_allclose(x[1, 3:], np.exp(expected) / np.exp(expected).sum(), rtol=1e-14)
    for call in (
        lambda: net.softmax_group(hot.lag(0), temperature=0),
        lambda: net.softmax_group(hot.lag(0), temperature=[1, 2]),
        lambda: net.softmax_group(hot.lag(0).masked(np.ones((3, 3)))),
        lambda: net.softmax_group(bt.Network(1).input.lag(0)),
        lambda: net.softmax_group(hot.lag(0), "cold"),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError, match=r"lag\(0\)"):
        net.softmax_group(hot)


def test_masked_sources():
    net = bt.Network(3)
    h = net.lnl(4, "h", sources=[bt.SELF.lag(1).masked(np.eye(4)), net.input.lag(0)])
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 0]])
    net.linear(2, "out", sources=[h.lag(0).masked(mask), net.input.lag(1).masked(np.ones((2, 3)))])
    net.randomize(0)
    assert same(net.weights["h.x2.W"] != 0, np.eye(4, dtype=bool))
    assert same(net.weights["out.x.W_h"] != 0, mask != 0)
    assert np.all(net.weights["out.x.B"] != 0)
    v = net.learnware(2, "v").connect(h.lag(1).masked(mask))
    assert same(net.randomize(1).weights["v.W"] != 0, mask != 0)
    assert repr(h.lag(1).masked(mask)) == "h.x.lag(1).masked(...)"
    assert h.lag(1).masked(mask) == h.lag(1).masked(mask.astype(bool)) != h.lag(1)
    with pytest.raises(bt.SizeError, match=r"h\.x\.lag\(1\).*\(2, 3\).*4"):
        h.lag(1).masked(np.ones((2, 3)))
    with pytest.raises(bt.SizeError, match="SELF"):
        bt.SELF.lag(1).masked([1, 0])
    with pytest.raises(ValueError, match="0 or 1"):
        h.lag(1).masked(np.full((2, 4), 0.5))
    with pytest.raises(ValueError, match="another"):
        v.connect(h.lag(2).masked(mask), "M", mask=mask)
    with pytest.raises(ValueError, match="one of"):
        v.connect(h.lag(2).masked(mask), "M", form="diagonal")
    with pytest.raises(ValueError, match="weights"):
        net.firmware(2).add(1, h.lag(0).masked(mask))
    before = net.to_json()
    with pytest.raises(bt.SizeError, match="2 rows"):
        net.lnl(2, sources=[bt.SELF.lag(1).masked(np.ones((3, 3)))])
    with pytest.raises(bt.SizeError, match="3 rows"):
        net.linear(3, sources=[h.lag(0).masked(mask)])
    assert net.to_json() == before


def test_lists_of_one():
    net = bt.Network(2)
    h = net.versatile(2, functions="tanh", sources=net.input.lag(1))
    assert {name: array.shape for name, array in net.weights.items()} == {
        "versatile.v.a": (2,),
        "versatile.v.B": (2, 2),
        "versatile.x.c1": (2,),
    }
    g = net.gate(2, sources=h.lag(0), value_sources=[h.lag(0)])
    assert g.name == "gate.x" and "gate.v.W_versatile" in net.weights
    three = net.versatile(2, functions=["identity", bt.softplus(0.1), {"name": "relu"}])
    assert three.name == "versatile2.x" and "versatile2.x.c3" in net.weights


def test_reservoir_is_fixed_then_freed():
    net = bt.Network(1)
    net.reservoir(20, outputs=2, spectral_radius=0.7, density=0.2, seed=3, leak=0.1)
    w = net.weights["reservoir.x2.W"]
    assert np.abs(np.linalg.eigvals(w)).max() == pytest.approx(0.7, rel=1e-10)
    assert np.count_nonzero(w) == 80 and net.get_weights().size == 2 + 40
    net.randomize(1)
    assert same(net.weights["reservoir.x2.W"], w)
    net.weights.constrain("reservoir.x2.W", fixed=False)
    assert net.get_weights().size == 42 + 80
    assert same(net.weights["reservoir.x2.W"], w)


@pytest.mark.parametrize("kind", RECURRENT)
def test_learnt_initial_states(kind):
    net = bt.Network(1)
    getattr(net, kind)(2, initial="learn")
    starts = [name for name in net.weights if name.endswith(".x0")]
    assert f"{kind}.x.x0" in starts
    net.randomize(1)
    u = bt.random.normal(6)
    y = net.simulate(u)
    plain = bt.Network(1)
    getattr(plain, kind)(2, initial="zero")
    plain.weights = {name: net.weights[name] for name in plain.weights}
    assert same(plain.simulate(u), y)
    net.weights[f"{kind}.x.x0"] = 0.3
    assert not same(net.simulate(u)[0], y[0])
    with pytest.raises(ValueError, match="initial.*'nosuch'.*'learn'"):
        getattr(net, kind)(2, initial="nosuch")


def test_a_peephole_between_unequal_sizes():
    net = bt.Network(1)
    net.lstm(3)
    v = net.learnware(2, "v")
    with pytest.raises(bt.SizeError, match=r"v\.p"):
        v.connect(net.groups["lstm.s"].lag(1), "p", form="diagonal")


def test_deep_stack():
    net = bt.Network(5)
    convolution = net.conv1d(2, kernel=2, activation="tanh")
    dense = net.dense(3, sources=[convolution.lag(0)], activation="relu")
    lstm = net.lstm(3, peephole=True, sources=[bt.SELF.lag(1), dense.lag(0), net.input.lag(2)])
    gru = net.gru(2, sources=[bt.SELF.lag(1), lstm.lag(0)])
    aif = net.aif(2, leak="adjust", sharpness="adjust", sources=[bt.SELF.lag(1), gru.lag(0)])
    net.softmax(2, temperature=2.0, sources=[aif.lag(0), lstm.lag(3)])
    net.randomize(1)
    assert (convolution.size, net.weights["conv1d.x2.B"].shape, net.range) == (8, (4,), 3)
    np.testing.assert_allclose(net.simulate(np.ones((6, 5))).sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("kind", RECURRENT)
def test_one_observed_output_of_every_unit(kind):
    u, y = bt.datasets.reverse_engineering(3, unit=kind, length=9)
    assert u.shape == y.shape == (9, 1) and np.all(np.isfinite(y))


@pytest.mark.parametrize(
    "kind",
    ["linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax"],
)
def test_one_call_networks(kind):
    make = getattr(bt, f"{kind}_network")
    net = make(4, inputs=2, outputs=3).randomize(0)
    assert (net.inputs, net.outputs) == (2, 3)
    u = bt.random.normal(10).reshape(5, 2)
    y, states = net.simulate(u, states=True)
    assert same(y, np.ascontiguousarray(states[f"{kind}.x"][:, :3]))
    assert make(4).outputs == 1
    with pytest.raises(ValueError):
        make(2, outputs=3)
    with pytest.raises(ValueError, match="nosuch"):
        make(2, nosuch=1)
    other = make(2, input_lag=3)
    assert other.range == 3


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("lnl", {"time_constant": 0.5}, "time_constant.*0.5"),
        ("lnl", {"time_constant": 2, "leak": 0.5}, "leak and time_constant"),
        ("lnl", {"dt": 2}, "dt came without"),
        ("sparse_lnl", {"mask": np.ones((2, 3))}, "mask"),
        ("softmax", {"mask": np.ones((3, 3))}, "mask.*2 rows of 2"),
        ("softmax", {"temperature": 0}, "temperature.*0"),
        ("lstm", {"peephole": 3}, "peephole of unit lstm.*true or false"),
        ("lstm", {"profile": "tanh"}, "profile.*'tanh'.*logistic"),
        ("lstm", {"sources": [bt.SELF.lag(0)]}, "lstm.x cannot read .* at lag 0.*cycle"),
        ("gru", {"sources": [bt.SELF.lag(0)]}, "cycle"),
        ("gate", {"value_sources": [bt.SELF.lag(0)]}, "gate.x.*gate.v.*lag 0"),
        ("product", {"sources": [bt.SELF.lag(-1)]}, "lag.*-1"),
        ("aif", {"sources": [bt.SELF.lag(0)]}, "aif.*lag 0"),
        ("aif", {"sharpness": 101}, r"sharpness.*101.*\[0, 100\]"),
        ("aif", {"leak": 1}, "leak.*0.999"),
        ("reservoir", {"spectral_radius": -1}, "spectral_radius.*-1"),
        ("reservoir", {"outputs": 0}, "outputs.*0"),
        ("state_space", {"hidden": -1}, "hidden.*-1"),
        ("state_space", {"degree": 0}, "degree.*0.0 came, expected an integer of 1 to 9"),
        ("state_space", {"degree": -1}, "degree.*-1"),
        ("state_space", {"degree": 1000}, "degree.*1000"),
        ("state_space", {"degree": 10**30}, "degree.*1e.30"),
        ("state_space", {"degree": 1.5}, "degree.*1.5"),
        ("state_space", {"degree": float("nan")}, "option degree of unit state_space: nan"),
        ("state_space", {"degree": np.float64("inf"), "hidden": 0}, "option degree.*: inf came"),
        ("state_space", {"activation": "sinus"}, "sinus.*identity"),
        ("lnl", {"leak": float("nan")}, "option leak of unit lnl: nan came"),
        ("lnl", {"activation": {"name": "zeta", "a": float("nan"), "b": 1}}, "option activation"),
        ("lnl", {"leak": object()}, "option leak of unit lnl: <object"),
        ("versatile", {"functions": [bt.softplus(float("inf"))]}, "option functions of unit"),
        ("dense", {"activation": "sinus"}, "sinus.*identity"),
        ("conv1d", {}, "conv1d: a source of 1 nodes"),
        ("conv1d", {"kernel": 0}, "kernel.*0"),
        ("conv1d", {"channels": 2, "kernel": 1}, "1 nodes.*2 channels"),
        ("conv1d", {"sources": []}, "conv1d: no source"),
        ("versatile", {"functions": ["nosuch"]}, "nosuch.*identity"),
        ("versatile", {"functions": []}, "functions"),
        ("versatile", {"functions": [bt.zeta(1, 0)]}, "a < b"),
        ("linear", {"sources": [bt.SELF.lag(1), bt.SELF.lag(1)]}, "twice"),
        ("aif", {"sources": [bt.SELF.lag(-(2**63))]}, "lag -9223372036854775808 came"),
    ],
)
def test_wrong_use_names_the_error(kind, options, message):
    net = bt.Network(1)
    with pytest.raises(ValueError, match=message):
        getattr(net, kind)(2, **options)
    assert net.groups == {} and len(net.weights) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "state_space"])
def test_foreign_and_wrong_sources(kind):
    foreign = bt.Network(3).lnl(3)
    net = bt.Network(3)
    with pytest.raises(ValueError, match=r"source lnl\.x: it belongs to another network"):
        getattr(net, kind)(2, sources=[foreign.lag(1)])
    with pytest.raises(TypeError, match="sources.*lag"):
        getattr(net, kind)(2, sources=[foreign])
    with pytest.raises(TypeError, match="sources: 3 came"):
        getattr(net, kind)(2, sources=3)
    with pytest.raises(TypeError, match="sources"):
        getattr(net, kind)(2, sources="input")
    with pytest.raises(ValueError, match="another network"):
        net.gate(2, value_sources=[foreign.lag(1)])
    with pytest.raises(TypeError, match="functions: 3"):
        net.versatile(2, functions=[3])
    assert net.groups == {}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_options_is_the_engine_s(kind):
    """Its names are those that are taken, its defaults make what is made without them."""
    table = bt.unit_options(kind)
    with pytest.raises(ValueError, match="nosuch") as caught:
        bt.Network(4).unit(kind, 3, nosuch=1)
    known = re.search(r"expected one of (.*)", str(caught.value))[1].split(", ")
    assert list(table) == list(dict.fromkeys(known))
    assert table == bt.unit_options()[kind]
    # dt is that of a time constant.
    given = {name: row["default"] for name, row in table.items() if name != "dt"}
    usual, told = bt.Network(4), bt.Network(4)
    usual.unit(kind, 9)
    told.unit(kind, 9, **given)
    assert told.to_json() == usual.to_json()


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_says_what_is_taken(kind):
    for name, row in bt.unit_options(kind).items():
        assert row["text"] and row["type"] in (
            *("boolean", "integer", "number", "text", "function", "functions", "sources", "mask"),
        )
        for word in row.get("words", []):
            if name != "initial":
                bt.Network(4).unit(kind, 3, **{name: word})
        if kind == "reservoir" and name == "density":
            continue  # no cycle, no radius
        for bound in ("least", "most"):
            if name in ("time_constant", "dt", "kernel", "channels") or bound not in row:
                continue
            bt.Network(4).unit(kind, 3, **{name: min(row[bound], 2)})
            beyond = row["least"] - 1 if bound == "least" else 2 * row["most"] + 1
            with pytest.raises(ValueError, match=f"{name} of unit {kind}: "):
                bt.Network(4).unit(kind, 3, **{name: beyond})


def test_the_table_of_an_unknown_kind():
    assert list(bt.unit_options()) == [row for row in bt.unit_options() if row in KINDS]
    with pytest.raises(bt.ArgumentError, match="unit 'nosuch': unknown, expected one of linear"):
        bt.unit_options("nosuch")
    with pytest.raises(TypeError):
        bt.unit_options(3)


def test_the_header_says_the_defaults_of_the_table():
    from conftest import ROOT

    text = (ROOT / "include" / "backtune.h").read_text()
    manual = text.split("`options` is a JSON object or NULL:")[1].split("`output` (may be NULL)")[0]
    manual = re.sub(r"\n \*", "\n", manual)
    units, common = manual.split("Where it makes sense a unit also takes")
    told = 0
    for kind, words in re.findall(r"(?ms)^   (\w+)  (.*?)(?=^   \w|\Z)", units):
        table = bt.unit_options(kind)
        for name, default in re.findall(r"(\w+)(?: [A-Za-z])? \(([\d.]+|true|false)[;)]", words):
            assert table[name]["default"] == json.loads(default), (kind, name)
            told += 1
    assert told == 15
    for name, default in re.findall(r"(\w+) \((1|0|true)\)", common):
        tables = [table for table in bt.unit_options().values() if name in table]
        assert tables and all(t[name]["default"] == json.loads(default) for t in tables), name


def test_weights_of_sources_whose_names_run_into_each_other():
    """Unit `lnl` at lag 2, among others of it, and unit `lnl2`."""
    net = bt.Network(1)
    first, second = net.lnl(2), net.lnl(2)
    net.lnl(2, sources=[first.lag(1), first.lag(2), second.lag(0)])
    names = [name for name in net.weights if name.startswith("lnl3.x2.W")]
    assert names == ["lnl3.x2.W_lnl1", "lnl3.x2.W_lnl2", "lnl3.x2.W_lnl2_0"]
