"""NIR of integrate-and-fire networks: graphs, run here, do what networks of sharp spikes do."""

import importlib.util
import json

import backtune as bt
import numpy as np
import pytest
from backtune.networks import nir

needs_nir = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("nir", "h5py")),
    reason="needs nir and h5py: pip install backtune[nir]",
)

DT = 0.01


class Run:
    """Steps of Euler's method through a graph; what a node reads of itself is a step old."""

    def __init__(self, nodes, edges):
        self.nodes = nodes
        self.feeds = {name: [a for a, b in edges if b == name] for name in nodes}
        self.order, self.cyclic = [], set()
        for name in nodes:
            self.visit(name, ())
        self.v = {}
        self.last = {}
        self.queues = {}

    def visit(self, name, path):
        if name in self.order:
            return
        if name in path:
            self.cyclic.add((name, path[-1]))
            return
        kind, _ = self.nodes[name]
        # What comes out of a delay is old.
        if kind != "Delay":
            for source in self.feeds[name]:
                self.visit(source, (*path, name))
        if name not in self.order:
            self.order.append(name)

    def step(self, u):
        now = {}
        for name in self.order:
            kind, taken = self.nodes[name]
            if kind == "Delay":
                steps = int(round(taken["delay"][0] / DT))
                assert steps > 0 and np.all(taken["delay"] == taken["delay"][0])
                queue = self.queues.setdefault(name, [np.zeros(len(taken["delay"]))] * steps)
                now[name] = queue[0]
                continue
            parts = [now[s] if s in now else self.last.get(s) for s in self.feeds[name]]
            parts = [part for part in parts if part is not None]
            now[name] = self.value(name, kind, taken, u, parts)
        for name, queue in self.queues.items():
            (source,) = self.feeds[name]
            queue.append(now[source])
            queue.pop(0)
        self.last = now
        return now

    def value(self, name, kind, p, u, parts):
        if kind == "Input":
            return u
        none = np.zeros(p["weight"].shape[1]) if "weight" in p else 0.0
        total = sum(parts, none)
        if kind in ("Output", "Linear", "Affine"):
            total = p["weight"] @ total if "weight" in p else total
            return total + p.get("bias", 0.0)
        v = self.v.get(name, 0.0)
        if kind in ("LIF", "LI"):
            v = v + DT / p["tau"] * (p["v_leak"] - v + p["r"] * total)
        else:
            v = v + DT * p["r"] * total
        spikes = v > p["v_threshold"] if "v_threshold" in p else None
        self.v[name] = v if spikes is None else np.where(spikes, p["v_reset"], v)
        return v if spikes is None else spikes.astype(float)


def sharp(net):
    """Return the network with the limits of its spikes."""
    document = json.loads(net.to_json())
    for group in document["groups"]:
        if group["name"].endswith(".z"):
            x = group["name"][:-1] + "x"
            factor = {"f": {"name": "step"}, "lag": 1, "source": x}
            group["terms"] = [{"coef": 1, "factors": [factor]}]
    return bt.Network.from_json(json.dumps(document))


def spiking(leak="adjust", **options):
    """Make two units of which one drives the other, and a leaky readout of both."""
    net = bt.Network(2)
    net.aif(5, "first", leak=leak, **options)
    spikes = net.groups["first.z"]
    net.aif(4, "second", sources=[bt.SELF.lag(1), bt.SELF.lag(3), spikes.lag(0), spikes.lag(2)])
    out = net.learnware(2, "out").bias("a")
    out.connect(out.lag(1), "g", form="diagonal")
    out.connect(net.groups["second.z"].lag(1), "W").connect(net.input.lag(2), "B")
    net.observe([out, net.groups["second.z"]])
    net.randomize(3)
    for name in ("first.x.B", "second.x.W0", "first.x.W"):
        net.weights[name] = 1.5 * net.weights[name]
    for name in ("first.x.a", "second.x.a"):
        net.weights[name] = 0.35
    net.weights["out.g"] = [0.9, 0.5]
    if leak == "adjust":
        net.weights.constrain("first.x.g", upper=1)
        net.weights["first.x.g"] = [0.9, 0.1, 0.5, 0.99, 0.0]
    return net


def check(net, nodes, edges, least=0.02):
    u = 0.7 * bt.random.normal(200 * net.inputs, seed=6).reshape(200, net.inputs)
    expected = sharp(net).simulate(u)
    run = Run(nodes, edges)
    outputs = [name for name, (kind, _) in nodes.items() if kind == "Output"]
    found = np.array([np.concatenate([now[n] for n in outputs]) for now in map(run.step, u)])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    fired = sharp(net).simulate(u, states=True)[1]
    assert all(np.mean(v) > least for name, v in fired.items() if name.endswith(".z"))


def test_graphs_do_what_sharp_networks_do():
    net = spiking()
    nodes, edges = nir.graph(net, DT)
    check(net, nodes, edges)
    kinds = [kind for kind, _ in nodes.values()]
    assert (kinds.count("LIF"), kinds.count("LI"), kinds.count("Output")) == (2, 1, 2)
    lif = nodes["first"][1]
    np.testing.assert_allclose(lif["tau"], DT / (1 - net.weights["first.x.g"]))
    np.testing.assert_allclose(lif["v_leak"] / lif["r"], net.weights["first.x.a"])
    assert np.all(lif["v_threshold"] == 0.5) and not lif["v_reset"].any()


@pytest.mark.parametrize("leak", [1, 0.5])
def test_other_leaks(leak):
    """Nodes without a leak, whose bias goes with a matrix; sharpness does not matter."""
    net = spiking(sharpness="adjust")
    net.weights["first.x.g"], net.weights["first.x.a"] = leak, 0.02
    nodes, edges = nir.graph(net, DT)
    assert nodes["first"][0] == ("IF" if leak == 1 else "LIF")
    check(net, nodes, edges)


def test_spikes_of_what_is_observed():
    """Observed values x are given as the spikes of the same time."""
    net = bt.Network(1)
    net.aif(3, leak=0.8)
    net.randomize(2)
    net.weights["aif.x.a"] = 0.2
    u = bt.random.normal(100).reshape(100, 1)
    run = Run(*nir.graph(net, DT))
    found = np.array([now["output"] for now in map(run.step, u)])
    assert np.array_equal(found, sharp(net).simulate(u) > 0.5)
    assert 0.02 < found.mean() < 0.9


@needs_nir
def test_files_are_read_by_nir(tmp_path):
    import nir

    net = spiking()
    net.sampling_time = DT
    assert net.export(tmp_path / "model.nir") is None
    read = nir.read(tmp_path / "model.nir")
    read.check_types()
    nodes = {name: (type(node).__name__, vars(node)) for name, node in read.nodes.items()}
    check(net, nodes, read.edges)
    content = net.export(format="nir", dt=0.5)
    assert content[1:4] == b"HDF"
    (tmp_path / "other.nir").write_bytes(content)
    other = nir.read(tmp_path / "other.nir")
    np.testing.assert_allclose(other.nodes["first"].tau, 50 * nodes["first"][1]["tau"])
    with pytest.raises(bt.FileError, match="no/such"):
        net.export(tmp_path / "no" / "such.nir")


def lone(kind, **options):
    net = bt.Network(1)
    net.unit(kind, 3, **options)
    return net.randomize(1)


def membrane():
    net = bt.Network(1)
    x = net.aif(3)
    net.linear(1, sources=[x.lag(0)])
    return net.randomize(1)


def late_start():
    net = lone("aif", initial="learn")
    net.weights["aif.x.x0"] = 0.1
    return net


def some_nodes():
    net = lone("aif")
    net.observe(net.groups["aif.x"], 2)
    return net


def steep():
    net = lone("aif", leak="adjust")
    net.weights.constrain("aif.x.g", upper=1)
    net.weights["aif.x.g"] = [0.5, 0.9, 1]
    return net


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (lambda: lone("lnl"), r"lnl\.x: no integrate-and-fire unit, and no sum with weights"),
        (lambda: lone("lstm"), r"lstm\.x: no integrate-and-fire unit"),
        (lambda: lone("aif", feedback="measured"), r"aif\.p: no integrate-and-fire unit"),
        (lambda: lone("aif", feedback="spikes"), r"aif\.p: no integrate-and-fire unit"),
        (membrane, r"linear\.x: it reads aif\.x, of which NIR gives the spikes alone"),
        (late_start, r"a network that does not start at zero"),
        (some_nodes, r"2 of the 3 nodes of aif\.x as outputs"),
        (steep, r"aif\.x: its leak is 0\.5, 0\.9, 1, expected below 1, or 1 throughout"),
    ],
)
def test_what_nir_cannot_say(net, message, tmp_path):
    with pytest.raises(bt.NetworkError, match=f"format nir cannot say {message}"):
        net().export(tmp_path / "model.nir")
    assert not list(tmp_path.iterdir())


def test_options():
    net = lone("aif")
    for options, message in [
        ({"precision": "float"}, "unknown option 'precision', expected one of dt"),
        ({"dt": 0}, "option dt of format nir: 0.0 came"),
        ({"dt": [1, 2]}, "option dt of format nir"),
    ]:
        with pytest.raises(ValueError, match=message):
            net.export(format="nir", **options)


def test_without_the_package(python):
    program = """
import sys
sys.modules["nir"] = None
import backtune as bt
net = bt.Network(1)
net.aif(2)
try:
    net.randomize(0).export(format="nir")
except ImportError as error:
    print(error)
"""
    message = "format nir needs the packages nir and h5py: pip install backtune[nir]"
    assert python(program).strip() == message
