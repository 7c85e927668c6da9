"""Networks that run without some of their inputs, and where streams of measured groups begin."""

import json
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


def make_filter():
    """Make a network that reads its outputs as measured, its twin, and data with holes: x, y."""
    u = coloured(60, 4) + 3
    x = holes(u, 0.2, "random", 2)
    net = bt.Network(1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(0))
    other = net.learnware(2, "other", bias=True).connect(out.lag(0))
    out.connect(out.measured().lag(1), "K").connect(other.measured().lag(1), "L")
    net.observe([out, other]).randomize(0)
    y = np.random.default_rng(5).normal(size=(60, net.outputs))
    y[::7, 0] = np.nan
    return net, net.with_missing_inputs(bt.InputModel(x)), x, y


def test_the_rest_of_measured_groups_stays():
    net, _, x, _ = make_filter()
    u = np.nan_to_num(x, nan=3.0)
    document = json.loads(net.to_json())
    document["rest"] = {"values": [3.0], "groups": {"out": [5.0], "other": [-1.0, 2.0]}}
    net = bt.Network.from_json(json.dumps(document))
    twin = net.with_missing_inputs(bt.InputModel(x))
    found = json.loads(twin.to_json())
    assert found["rest"]["groups"] == document["rest"]["groups"]
    assert found["observe"] == document["observe"] and twin.outputs == 3
    assert abs(twin.simulate(u) - net.simulate(u)).max() < 1e-12
    net.rest = [3.0]
    assert abs(twin.simulate(u) - net.simulate(u))[0].max() > 0.1


def test_what_is_observed_stays():
    for observe in (True, False):
        net = bt.Network(1)
        h = net.lnl(2, "h", activation="tanh")
        net.linear(1, "out", sources=[h.lag(0)])
        if observe:
            net.observe(h)
        net.randomize(0)
        x = holes(coloured(60, 4), 0.2, "random", 2)
        twin = net.with_missing_inputs(bt.InputModel(x))
        u = np.nan_to_num(x)
        assert twin.outputs == net.outputs
        assert abs(twin.simulate(u) - net.simulate(u)).max() < 1e-12


@pytest.mark.parametrize("measures", [True, False])
def test_runs_of_missing_inputs_are_steps(measures):
    _, twin, x, y = make_filter()
    y = y if measures else [None] * len(x)
    by_step, stream = twin.stream(), twin.stream()
    values = np.random.default_rng(6).normal(size=2)
    found = []
    for t, (row, seen) in enumerate(zip(x, y)):
        if t == 20:
            by_step.set_measured("other", values)
        found.append(by_step.step(row, seen))
    runs = []
    for begin, end in ((0, 1), (1, 20), (20, 50), (50, 50), (50, 60)):
        if begin == 20:
            stream.set_measured("other", values)
        runs.append(stream.run(x[begin:end], y[begin:end] if measures else None))
    assert same(np.vstack(runs), np.array(found))
    assert same(stream.state, by_step.state) and stream.steps == by_step.steps == 60


def test_a_run_of_missing_inputs_that_is_refused_has_not_begun():
    _, twin, x, y = make_filter()
    stream = twin.stream()
    stream.run(x[:10], y[:10])
    state = stream.state
    bad, worse = y[10:].copy(), x[10:].copy()
    bad[5, 0] = worse[5] = np.inf
    for arguments in ((x[10:], bad), (worse, y[10:])):
        with pytest.raises(bt.ArgumentError, match=r"measured outputs|inputs"):
            stream.run(*arguments)
    with pytest.raises(bt.SizeError, match="49 time steps, expected 50"):
        stream.run(x[10:], y[11:])
    with pytest.raises(bt.SizeError, match="a stream is one"):
        stream.run([x, x])
    assert stream.steps == 10 and same(stream.state, state)


@pytest.mark.parametrize("gain", [1e200, 1e308])
def test_runs_of_missing_inputs_that_diverge(gain):
    net = bt.linear_network(1)
    net.weights["linear.x.W1"] = net.weights["linear.x.B"] = gain
    x = np.abs(holes(coloured(60, 4) + 30, 0.2, "random", 2))
    twin = net.with_missing_inputs(bt.InputModel(x))
    stream = twin.stream()
    outputs = stream.run(x)
    assert same(outputs, twin.simulate(x)) and not np.isfinite(outputs[-1])
    assert stream.steps == 60
    for call in (lambda: stream.step(x[0]), lambda: stream.run(x)):
        with pytest.raises(bt.StateError, match="diverged"):
            call()
    assert stream.steps == 60
    stream.reset()
    assert same(stream.run(x[:1]), outputs[:1])


def test_a_run_of_missing_inputs_that_is_interrupted_has_not_begun(monkeypatch):
    _, twin, x, y = make_filter()
    stream = twin.stream()
    stream.run(x[:10], y[:10])
    state = stream.state

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(twin), "predict", interrupt)
        with pytest.raises(KeyboardInterrupt):
            stream.run(x[10:], y[10:])
    assert stream.steps == 10 and same(stream.state, state)
    other = twin.stream()
    assert same(stream.run(x[10:], y[10:]), other.run(x, y)[10:])


def test_predictions_and_files_take_missing_inputs(tmp_path):
    random = np.random.default_rng(5)
    u = np.cumsum(random.normal(size=(300, 1)), axis=0) / 5
    net = bt.Network(inputs=1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(1))
    out.connect(out.measured().lag(1), "K")
    net.observe(out)
    net.randomize(seed=2)
    y = net.simulate(u) + 0.1 * random.normal(size=(300, 1))
    holes = u.copy()
    holes[40:60] = np.nan
    twin = net.with_missing_inputs(bt.InputModel(holes))
    for horizon in (1, 4, None):
        np.testing.assert_allclose(twin.predict(u, y, horizon), net.predict(u, y, horizon))
    found = twin.predict(holes, y)
    assert np.isfinite(found).all() and (found[41:61] != net.predict(u, y)[41:61]).all()
    np.testing.assert_allclose(found[100:], net.predict(u, y)[100:], atol=1e-9)
    assert (twin.predict([holes, holes[:50]], [y, y[:50]])[1] == found[:50]).all()
    twin.save(tmp_path / "twin.json")
    for other in (bt.Network.load(tmp_path / "twin.json"), bt.Network.from_json(twin.to_json())):
        assert type(other) is type(twin)
        assert (other.simulate(holes) == twin.simulate(holes)).all()
