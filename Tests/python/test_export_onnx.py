"""ONNX out of networks: checked, and run by onnxruntime, it does what streams do."""

import json

import backtune as bt
import numpy as np
import pytest
from conftest import later
from export_cases import KINDS, deviation, drawn, inputs_of, unit, variants
from identified_cases import arx, model_of, state_space
from onnx_cases import Model, needs_onnx
from random_networks import RandomNetwork
from sklearn_cases import plant, small

pytestmark = [later, needs_onnx]

CLOSE, FLOAT = 1e-10, 1e-5


def networks(kind):
    for options in variants(kind):
        net = unit(kind, options)
        if net is not None:
            yield net, inputs_of(net)


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_of_the_table(kind):
    worst, single, tried = 0.0, 0.0, 0
    for net, u in networks(kind):
        tried += 1
        expected = net.simulate(u)
        worst = max(worst, deviation(Model(net)(u), expected))
        if np.abs(expected).max() < 1e6:  # others explode, with the errors of float
            single = max(single, deviation(Model(net, precision="float")(u), expected))
    assert tried >= 3
    assert worst < CLOSE
    assert 0 < single < FLOAT


#: Units of which some are nodes of ONNX, whatever else there is, and how many at least.
STANDARD = {"lnl": 16, "sparse_lnl": 15, "linear": 9, "lstm": 8, "gru": 8, "reservoir": 20}


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_that_is_a_node(kind):
    worst, nodes = 0.0, 0
    for net, u in networks(kind):
        try:
            model = Model(net, form="rnn")
        except bt.NetworkError as error:
            assert "form 'rnn' cannot say" in str(error)
            continue
        kinds = {node.op_type for node in model.model.graph.node}
        nodes += bool(kinds & {"RNN", "LSTM", "GRU"})
        assert not kinds & {"Scan", "Loop"}
        worst = max(worst, deviation(model(u), net.simulate(u)))
    assert worst < FLOAT
    assert nodes >= STANDARD.get(kind, 0)


def some(rng, *shape):
    """Draw values, some of them unknown."""
    values = rng.normal(size=shape)
    values[rng.random(shape) < 0.3] = np.nan
    return values


def measured_run(net, model, u, rng):
    """Return what comes with a run, and the outputs of a stream that is given the same."""
    feeds = {
        name: some(rng, len(u), net.outputs if name == "measured" else net.groups[name[9:]].size)
        for name in model.optional
        if name.startswith("measured")
    }
    stream = net.stream()
    expected = []
    for t in range(len(u)):
        for name, values in feeds.items():
            if name != "measured":
                stream.set_measured(net.groups[name[9:]], values[t])
        known = [feeds["measured"][t]] if "measured" in feeds else []
        expected.append(stream.step(u[t], *known))
    return feeds, np.reshape(expected, (len(u), net.outputs))


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed):
    """Free runs, runs with measured values, streams in pieces, and sequences side by side."""
    net, rng = RandomNetwork(seed).net, np.random.default_rng(seed)
    u = inputs_of(net, seed=seed)
    free = net.simulate(u)
    model = Model(net)
    assert deviation(model(u), free) < CLOSE
    feeds, expected = measured_run(net, model, u, rng)
    assert deviation(model(u, **feeds), expected) < CLOSE
    for form, size in (("scan", 25), ("step", 1)):
        part = Model(net, streaming=True, form=form)
        found, state = [], {}
        for first in range(0, len(u), size):
            rows = first if form == "step" else slice(first, first + size)
            known = {name: values[rows] for name, values in feeds.items()}
            y, after = part(u[rows], **known, **state)
            found.append(y.reshape(-1, net.outputs))
            state = {"state": after}
        assert deviation(np.concatenate(found), expected) < CLOSE
    several = np.stack([u, 0.5 * u[::-1], u + 0.1], axis=1)
    wide = {name: np.stack([v, np.full_like(v, np.nan), v], axis=1) for name, v in feeds.items()}
    found = Model(net, batch=True)(several, **wide)
    assert deviation(found[:, 0], expected) < CLOSE
    assert deviation(found[:, 1], net.simulate(several[:, 1])) < CLOSE
    y, _ = Model(net, batch=True, form="step")(several[0])
    assert deviation(y[2], net.simulate(several[:1, 2])[0]) < CLOSE


def test_units_with_all_about_them():
    """Layers, readouts, lags, starts, measured values: nodes for units, the rest at all times."""
    net = bt.Network(2)
    net.rest = [0.3, -0.2]
    first = net.lstm(5, "first", initial="learn")
    second = net.gru(4, "second", sources=[bt.SELF.lag(1), first.lag(0), net.input.lag(3)])
    third = net.lnl(3, "third", activation=bt.zeta(-2, 2), sources=[bt.SELF.lag(1), second.lag(2)])
    x = net.linear(2, "out", sources=[third.lag(0), net.input.lag(0)])
    given = net.learnware(2, "reading")
    given.connect(x.measured(stands_for_input=True).lag(0), "W")
    net.observe([x, given, third], [2, 2, 3])
    drawn(net)
    u = inputs_of(net)
    model = Model(net, form="rnn")
    kinds = [node.op_type for node in model.model.graph.node]
    assert [kind for kind in kinds if kind in ("RNN", "LSTM", "GRU")] == ["LSTM", "GRU", "RNN"]
    assert model.kind == "f4"
    assert deviation(model(u), net.simulate(u)) < FLOAT
    feeds, expected = measured_run(net, model, u, np.random.default_rng(1))
    assert "measured" in feeds
    assert deviation(model(u, **feeds), expected) < FLOAT
    several = np.stack([u, 0.5 * u], axis=1)
    found = Model(net, form="rnn", batch=True)(several)
    for k in range(2):
        assert deviation(found[:, k], net.simulate(several[:, k])) < FLOAT


def test_starts_and_short_sequences():
    """Sequences shorter than lags, and a state to begin from."""
    net = bt.Network(1)
    x = net.lnl(3, sources=[bt.SELF.lag(1), bt.SELF.lag(3), net.input.lag(2)], initial="learn")
    net.linear(1, sources=[x.lag(4)])
    net = drawn(net)
    net.rest = 0.7
    u = inputs_of(net, 6)
    model = Model(net, streaming=True)
    whole, _ = model(u)
    assert deviation(whole, net.simulate(u)) < CLOSE
    _, middle = model(u[:2])
    assert deviation(model(u[2:], state=middle)[0], whole[2:]) < CLOSE
    batch = Model(net, streaming=True, batch=True)
    y, _ = batch(np.stack([u[2:], u[2:]], axis=1), state=np.stack([middle, middle]))
    assert deviation(y[:, 1], whole[2:]) < CLOSE


def test_large_and_sparse_networks():
    net = bt.Network(1)
    x = net.lnl(3000, density=0.001, feedback="own")
    net.linear(1, sources=[x.lag(0)])
    u = inputs_of(drawn(net), 10)
    model = Model(net)
    assert len(model.bytes) < 1e6  # 72 MB as a matrix
    assert deviation(model(u), net.simulate(u)) < CLOSE
    again = np.stack([u, u], axis=1)
    assert deviation(Model(net, batch=True)(again)[:, 1], net.simulate(u)) < CLOSE


def test_networks_without_a_past_or_inputs():
    net = bt.Network(2)
    net.dense(3)
    u = inputs_of(drawn(net))
    y, state = Model(net, streaming=True)(u)
    assert state.shape == (1,) and deviation(y, net.simulate(u)) < CLOSE
    lone = bt.Network(0)
    lone.linear(2, sources=[bt.SELF.lag(1)], initial="learn")
    drawn(lone)
    u = np.zeros((9, 0))
    for options, close in (({}, CLOSE), ({"form": "rnn"}, FLOAT)):
        assert deviation(Model(lone, **options)(u), lone.simulate(u)) < close


def test_names_units_and_words(tmp_path):
    net = drawn(bt.lnl_network(2))
    net.input_names, net.input_units, net.output_units = ["voltage \u2192"], ["V"], ["m"]
    net.sampling_time = 0.5
    net.export(tmp_path / "model.onnx")
    model = Model(net)
    assert (tmp_path / "model.onnx").read_bytes() == model.bytes
    said = {item.key: item.value for item in model.model.metadata_props}
    assert json.loads(said.pop("input_names")) == ["voltage \u2192"]
    assert json.loads(said.pop("output_units")) == ["m"]
    assert said == {"input_units": '["V"]', "sampling_time": "0.5"}
    assert "lnl.x(t) = lnl.x1(t) + zeta01(lnl.x2(t))" in model.model.doc_string
    assert (model.inputs, model.optional, model.outputs) == (["u"], [], ["y"])


def test_units_of_users():
    """Scales of inputs, outputs and what is measured."""
    net = bt.Network(1)
    net.observe(net.lnl(3, feedback="measured"), 2)
    net.randomize(1)
    rng = np.random.default_rng(2)
    u, y = 1e3 + 4 * rng.normal(size=(50, 1)), 20 + 4 * some(rng, 50, 2)
    stream = net.stream()
    scaled = (y - [20, 21]) / [4, 3]
    expected = [stream.step(*row) * [4, 3] + [20, 21] for row in zip((u - 1e3) / 4, scaled)]
    scales = {"input_mean": [1e3], "input_scale": [4], "output_mean": [20, 21]}
    model = Model(net, **scales, output_scale=[4, 3])
    assert deviation(model(u, measured=y), np.array(expected)) < CLOSE


def test_missing_inputs():
    """Channels that may be missing are an input of their own."""
    u = np.random.default_rng(5).normal(size=(80, 2))
    u[20:30, 1] = np.nan
    net = bt.Network(2)
    h = net.lnl(3, sources=[bt.SELF.lag(1), net.input.lag(2)])
    net.linear(2, sources=[h.lag(0), net.input.lag(0)])
    modelled = net.randomize(2).with_missing_inputs(bt.InputModel(u))
    stream = modelled.stream()
    expected = np.array([stream.step(row) for row in u])
    model = Model(modelled)
    assert model.optional == ["measured.missing.x"]
    found = model(np.nan_to_num(u), **{"measured.missing.x": u[:, 1:]})
    assert deviation(found, expected) < CLOSE


def test_models_and_regressors():
    u = 2 + 0.5 * np.random.default_rng(3).normal(size=(60, 1))
    model = model_of([state_space(start=0.3)])
    assert deviation(Model(model)(u), model.single.simulate(u)) < CLOSE
    predictor, y = model_of([arx()]), 10 + np.random.default_rng(4).normal(size=(60, 1))
    stream = predictor.single.stream()
    expected = np.array([stream.step(*row) for row in zip(u, y)])
    assert deviation(Model(predictor)(u, measured=y), expected) < CLOSE
    X, y = plant(200)
    regressor = small(random_state=0).fit(X, y)
    assert deviation(Model(regressor)(X)[:, 0], regressor.predict(X)) < CLOSE
