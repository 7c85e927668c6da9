"""Networks in a table, and what is said where none can follow its data."""

import json

import backtune as bt
import numpy as np
import pytest


def reservoir():
    net = bt.Network(inputs=2)
    net.reservoir(50, feedback="measured", leak=0.5)
    return net


def test_a_row_for_each_unit():
    net = bt.Network(inputs=1)
    h = net.lstm(4)
    net.linear(1, "out", sources=[h.lag(0), h.lag(3), net.input.lag(2)])
    net.weights.constrain("out.x.a", fixed=True)
    found = net.summary()
    assert [unit.name for unit in found.units] == ["lstm", "out"]
    lstm, out = found.units
    assert lstm.groups == len(net.groups) - 1 and lstm.sizes == [4] and lstm.observed == 0
    assert lstm.reads == {"input": {1}, "lstm": {1}}
    assert out.reads == {"lstm": {0, 3}, "input": {2}} and out.observed == 1
    free = sum(int((~net.weights.fixed(name)).sum()) for name in net.weights)
    assert lstm.free + out.free == free == net.get_weights().size
    assert out.fixed == 1 and lstm.fixed == 0
    text = repr(found).splitlines()
    assert text[0] == repr(net)
    assert text[1].split("  ")[0] == "unit" and text[1].endswith("outputs")
    assert text[3].startswith("out") and "lstm 0, 3; input 2" in text[3]


def test_several_sizes_and_fixed_weights():
    (unit,) = reservoir().summary().units
    assert unit.sizes == [50, 1] and unit.free == 51 and unit.fixed == 450
    assert unit.observed == 1 and unit.reads == {"input": {1}, "reservoir": {1}}


def test_weights_of_any_name_that_are_shared():
    net = bt.Network(1)
    for name in ("v", "w"):
        net.learnware(2, name, bias=True).connect(net.input.lag(0))
    document = json.loads(net.to_json())
    text = json.dumps(document).replace("v.B", "b.rate").replace("v.a", "offset")
    shared = json.loads(text)
    for group in shared["groups"]:
        group["bias"]["weight"] = "offset"
    shared["weights"] = [item for item in shared["weights"] if item["name"] != "w.a"]
    net = bt.Network.from_json(json.dumps(shared))
    units = net.summary().units
    assert [(unit.name, unit.free, unit.fixed) for unit in units] == [("v", 4, 0), ("w", 2, 0)]
    assert sum(unit.free for unit in units) == net.get_weights().size


def test_networks_of_nothing():
    net = bt.Network(0)
    assert net.summary().units == [] and net.summary().hints == []


@pytest.mark.parametrize("how", ["unit", "source", "chain"])
def test_at_once_needs_no_hint(how):
    net = bt.Network(1)
    if how == "unit":
        net.lnl(2, input_lag=0)
    elif how == "source":
        h = net.lnl(2)
        net.linear(1, sources=[h.lag(0), net.input.lag(0)])
    else:
        v = net.learnware(2, "v").connect(net.input.lag(0))
        x = net.firmware(2, "x").add(1, ("tanh", v.lag(0)))
        net.observe(x)
    assert net.summary().hints == []


def test_what_stands_for_an_input_is_one():
    net = bt.Network(1)
    x = net.learnware(1, "x").connect(net.input.lag(1))
    y = net.learnware(1, "y").connect(x.measured(stands_for_input=True).lag(0), "K")
    net.observe(y)
    assert net.summary().hints == []
    own = bt.Network(1)
    out = own.learnware(1, "out").connect(own.input.lag(1))
    out.connect(out.measured().lag(1), "K")
    own.observe(out)
    assert len(own.summary().hints) == 1


@pytest.mark.parametrize("lag", [0, 1])
def test_a_poor_fit_says_what_may_be_meant(lag):
    u = bt.random.normal(300)
    net = bt.Network(1)
    h = net.lnl(8, input_lag=lag)
    net.linear(1, sources=[h.lag(0)])
    trace = bt.Estimator(net.randomize(0), u, np.tanh(u) + 0.3 * u**2).run(30, progress=False)
    assert bool(trace.hint) == (trace.nmse[-1] > 0.5) == (lag == 1)
    assert ("input_lag=0" in repr(trace)) == (lag == 1)
    assert (trace.hint in net.summary().hints) == (lag == 1)
