"""Networks that run without some of their inputs, and where streams of measured groups begin."""

import pickle

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same
from missing_cases import coloured, holes


def make_pair():
    """Make a network of three inputs, its twin for missing ones, inputs, and these with holes."""
    u = coloured(300, 3, 3) * [1, 3, 1] + [2, 15, -1]
    x = u.copy()
    x[:, :2] = holes(u[:, :2], 0.2, "gaps", 1)
    x[:4, 0] = np.nan
    net = bt.Network(["a", "b", "c"])
    h = net.lnl(3, activation="tanh", leak="adjust")
    net.linear(2, sources=[h.lag(0), net.input.lag(0), net.input.lag(2)])
    net.randomize(0).rest = [1, 2, 3]
    model = bt.InputModel(x, names=["a", "b", "c"])
    return net, net.with_missing_inputs(model), model, u, x


def predicted(model, x):
    """Return x with what is missing predicted from what came before."""
    scaled = (x - model.mean) / model.scale
    weights = model.net.weights
    for t in range(len(x)):
        value = weights["x.a"].copy()
        for lag in range(min(t, model.order) + 1):
            value += weights[f"x.B{lag}"] @ np.delete(scaled[t - lag], model.channels)
            if lag:
                value += weights[f"x.A{lag}"] @ scaled[t - lag][model.channels]
        own = scaled[t, model.channels]
        scaled[t, model.channels] = np.where(np.isnan(own), value, own)
    return np.where(np.isnan(x), scaled * model.scale + model.mean, x)


def test_networks_that_run_without_inputs():
    net, twin, model, u, x = make_pair()
    assert model.order > 0 and twin.modelled_channels.tolist() == [0, 1]
    assert same(twin.get_weights(), net.get_weights())
    assert all(same(twin.weights[name], net.weights[name]) for name in net.weights)
    assert abs(twin.simulate(u) - net.simulate(u)).max() < 1e-12
    outputs = twin.simulate(x)
    assert abs(outputs - net.simulate(predicted(model, x))).max() < 1e-10
    several = twin.simulate([x[:100], x])
    assert same(several[1], outputs) and abs(several[0] - outputs[:100]).max() < 1e-12
    table = twin.simulate(pd.DataFrame(x, columns=["a", "b", "c"]))
    assert same(table.to_numpy(), outputs)
    first, state = twin.simulate(x[:150], return_state=True)
    assert same(np.vstack([first, twin.simulate(x[150:], state)]), outputs)


def test_streams_of_missing_inputs():
    _, twin, _, _, x = make_pair()
    outputs = twin.simulate(x)
    stream = twin.stream()
    assert same(np.array([stream.step(row) for row in x]), outputs)
    stream.reset()
    assert same(stream.run(x[:50]), outputs[:50])
    other = pickle.loads(pickle.dumps(stream))
    assert same(other.run(x[50:]), outputs[50:]) and other.steps == 300
    assert same(stream.copy().run(x[50:]), outputs[50:])
    with pytest.raises(bt.ArgumentError, match="channel 2 is nan"):
        stream.step([1.0, 2.0, np.nan])
    bad = x[:5].copy()
    bad[3, 0] = np.inf
    for call in (stream.run, twin.simulate, lambda rows: [twin.stream().step(r) for r in rows]):
        with pytest.raises(bt.ArgumentError):
            call(bad)


def test_what_a_network_without_inputs_refuses(tmp_path):
    net, twin, model, u, x = make_pair()
    with pytest.raises(bt.NetworkError, match="with_missing_inputs"):
        bt.Estimator(twin, u, np.zeros((300, 2)))
    with pytest.raises(bt.NetworkError, match="gradient"):
        twin.gradient(u, np.zeros((300, 2)))
    with pytest.raises(bt.ArgumentError, match="states"):
        twin.simulate(u, states=True)
    with pytest.raises(bt.NetworkError, match=r"missing\.x"):
        twin.with_missing_inputs(model)
    with pytest.raises(bt.SizeError, match="of 3 channels, the network has 1"):
        bt.lnl_network(2).with_missing_inputs(model)
    twin.save(tmp_path / "twin.json")
    plain = bt.Network.load(tmp_path / "twin.json")
    known = np.where(np.isnan(x), 0, x)
    outputs = plain.predict(known, None, None, measured={"missing.x": x[:, :2]})
    assert same(outputs, twin.simulate(x))


def test_streams_start_from_learnt_states_of_measured_groups():
    net = bt.Network(1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(0))
    out.connect(out.measured().lag(1), "K").learn_initial_state()
    net.observe(out)
    net.weights = {"out.a": 0.0, "out.B": 1.0, "out.K": 0.5, "out.x0": 8.0}
    assert net.stream().step(1.0) == net.simulate([1.0])[0] == 5.0
