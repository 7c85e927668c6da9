"""Identified models as JSON: the same bits, files of other kinds, damage."""

import copy
import json
import pickle

import backtune as bt
import numpy as np
import pytest
from backtune.identification import IdentifiedModel
from conftest import same
from identified_cases import arx, gap_model, late_front, model_of, record, state_space


@pytest.fixture
def model():
    u, _, _ = record(90)
    first = state_space(A=0.1 + 0.2, start=1 / 3)
    second = state_space(A=-0.4, front=late_front())
    third = state_space(A=-0.4, front=late_front(ranged=True))
    labels = {
        "input_names": ["Zulauf é"],
        "output_names": ["NaN"],
        "input_units": ["l/min"],
        "output_units": ["°C"],
        "sampling_time": 0.1,
    }
    return model_of([first, arx()], u, candidates={0: first, 2: second, 3: third}, **labels)


def alike(a, b):
    """Tell whether two models say the same, to the bit."""
    u, y, _ = record(90, noise=0.1)
    assert same(a.simulate(u), b.simulate(u))
    assert same(a.simulate(u[:50]), b.simulate(u[:50]))
    assert same(a.simulate(u, y[:40]), b.simulate(u, y[:40]))
    for horizon in (1, 3, None):
        assert same(a.predict(u, y, horizon), b.predict(u, y, horizon))
    for one, other in zip(a.forecast(u, y[:60])[:3], b.forecast(u, y[:60])[:3]):
        assert same(one, other)
    assert a.report == b.report and repr(a.report) == repr(b.report)
    assert vars(a.report).keys() == vars(b.report).keys()
    for name in ("names", "units", "sampling_time", "_digests"):
        assert getattr(a, name) == getattr(b, name)
    assert same(a.errors, b.errors) and same(a.delays, b.delays)
    assert a.candidates.keys() == b.candidates.keys()
    for row, member in a.candidates.items():
        other = b.candidates[row]
        assert member.trial == other.trial and member.net.to_json() == other.net.to_json()
        assert same(member.scores, other.scores) and same(member.starts[0], other.starts[0])
        assert member.front.factor == other.front.factor
        assert repr(member.front.glitches) == repr(other.front.glitches)
    return True


def test_reads_back_to_the_same_bits(model, tmp_path):
    text = model.to_json()
    assert alike(IdentifiedModel.from_json(text), model)
    assert IdentifiedModel.from_json(text).to_json() == text
    path = tmp_path / "a model é.json"
    model.save(path)
    model.save(str(path))  # over the old one
    assert path.read_text() == text and [item.name for item in tmp_path.iterdir()] == [path.name]
    assert alike(bt.IdentifiedModel.load(path), model)
    assert alike(pickle.loads(pickle.dumps(model)), model) and alike(copy.deepcopy(model), model)


def test_is_plain_json_whose_networks_others_read(model):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    content = json.loads(model.to_json(), parse_constant=refuse)
    assert (content["format"], content["version"]) == ("backtune-model", 1)
    assert len(content["members"]) == 4  # one stands for a member and a candidate
    net = bt.Network.from_json(json.dumps(content["members"][0]["net"]["network"]))
    assert same(net.get_weights(), model.net.get_weights())
    read = IdentifiedModel.from_json(model.to_json())
    assert read.linear is read.members[0] is read.candidates[0]


def test_zeros_keep_their_sign_and_infinities_stay():
    member = state_space(A=-0.0)
    member.net.weights["state_space.y.a"] = -0.0
    front = late_front()
    member.front = front
    read = IdentifiedModel.from_json(model_of([member]).to_json()).members[0]
    assert np.signbit(read.net.weights["state_space.x.A"]).all()
    assert np.signbit(read.net.weights["state_space.y.a"]).all()
    assert same(read.scores, member.scores) and np.isinf(read.scores[:3]).all()
    assert same(read.front.glitches.limits, front.glitches.limits)
    assert read.front.delays.dtype == np.int64 and isinstance(read.front.factor, int)
    model = model_of([member])
    model.report.training = np.nan
    assert np.isnan(IdentifiedModel.from_json(model.to_json()).report.training)


def test_model_of_missing_inputs_is_kept():
    u, y, _ = record(200)
    holes = u.copy()
    holes[20:24] = np.nan
    model = model_of([state_space()])
    model.input_model = bt.InputModel(holes, names=["flow"])
    read = IdentifiedModel.from_json(model.to_json())
    assert same(read.simulate(holes), model.simulate(holes))
    for one, other in zip(read.band(holes), model.band(holes)):
        assert same(one, other)
    assert repr(read.input_model) == repr(model.input_model)
    assert same(read.input_model.missing, model.input_model.missing)


def test_model_of_identify_is_kept(tmp_path):
    u, y, _ = record(160, noise=0.02)
    model = bt.identify(u, y, max_order=1, progress=False)
    model.save(tmp_path / "model")
    read = IdentifiedModel.load(tmp_path / "model")
    assert same(read.simulate(u), model.simulate(u))
    assert same(read.predict(u, y), model.predict(u, y))
    assert same(read.initial_states, model.initial_states) and read.report == model.report


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"net": 1}), "a pickle, as earlier releases wrote them.*identify again"),
        (b"\xff\xfe", "not a model, and no text"),
        (b"", "not a model: no JSON"),
        (b"u,y\n1,2\n", "not a model: no JSON"),
        (b"[1, 2]", "not a model: format 'list'"),
        (b'{"format": "backtune-network"}', "not a model: format 'backtune-network', expected"),
        (b'{"format": "backtune-model", "members": [', "damaged: no JSON"),
        (b"9" * 5000, "not a model"),
        (b"[" * 100000, "not a model: no JSON"),
    ],
)
def test_other_files(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(bt.ArgumentError, match=f"file: {message}"):
        IdentifiedModel.load(path)


def test_newer_version(model):
    content = json.loads(model.to_json())
    for version in (2, 0, "1", None):
        content.update(version=version, backtune="99.0")
        with pytest.raises(bt.ArgumentError, match=f"version {version!r} .*backtune '99.0'"):
            IdentifiedModel.from_json(json.dumps(content))


def _places(item, path=()):
    """Yield the path of everything in a document but what networks hold."""
    yield path
    if isinstance(item, dict):
        for key, part in item.items():
            if key != "network":
                yield from _places(part, (*path, key))
    elif isinstance(item, list) and len(item) < 10:
        for key, part in enumerate(item):
            yield from _places(part, (*path, key))


def test_damage_is_told_wherever_it_is(model):
    content = json.loads(model.to_json())
    told = 0
    paths = [
        path for path in _places(content) if len(path) > 1 or path in (("model",), ("errors",))
    ]
    for place, path in enumerate(paths):
        damaged = json.loads(model.to_json())
        inner = damaged
        for key in path[:-1]:
            inner = inner[key]
        if place % 3 == 0:
            del inner[path[-1]]
        else:
            inner[path[-1]] = None if place % 3 == 1 else {"type": "os.system"}
        try:
            read = IdentifiedModel.from_json(json.dumps(damaged))
            read.simulate(np.zeros(5))
        except bt.ArgumentError as error:
            assert str(error).startswith("damaged: ")
            told += 1
    # The others are of fields that may be absent or None.
    assert told > 0.8 * len(paths) > 150


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("members"), "no 'members'"),
        (lambda c: c.update(linear=7), "list index"),
        (lambda c: c.update(model=[]), "list index"),
        (lambda c: c.update(linear=-1), "member -1"),
        (lambda c: c["members"][0].update(type="Estimator"), "an object of type 'Estimator'"),
        (lambda c: c["members"][0]["rest"].update(values=[0.0], shape=[1]), "rest of member 0"),
        (lambda c: c["members"][0]["net"].update(network={"format": "?"}), "damaged"),
        (lambda c: c["errors"].update(shape=[2, 2]), "errors, expected an array of shape"),
        (lambda c: c.update(report=None), "no report"),
        (lambda c: c["errors"]["values"].append(10**400), "too large"),
        (lambda c: c["members"][0]["front"]["delays"].update(values=[2**64]), "too large"),
        (lambda c: c["members"][0]["front"]["delays"].update(values=[-4]), "delays of member 0"),
        (lambda c: c["members"][0]["front"]["delays"].update(kind="f"), "an array of int64"),
        (lambda c: c["members"][0]["front"].update(factor=10**30), "factor 1000"),
        (lambda c: c["members"][0]["trial"].update(order=-1), "order -1 of member 0"),
        (lambda c: c["members"][0].update(reach=c["errors"]), r"reach of member 0: shape \(4, 1\)"),
        (lambda c: c["report"].update(more=1), "the report, expected seconds"),
        (lambda c: c["report"].update(training=[0.5]), "training of the report"),
        (lambda c: c["report"].update(findings=[1]), "findings and interrupted"),
        (lambda c: c["report"].update(items=c["report"]["items"][1:]), "of which one is chosen"),
        (lambda c: c["report"].update(items=[c["errors"]]), "trials of which one is chosen"),
    ],
)
def test_damage_is_named(model, change, message):
    content = json.loads(model.to_json())
    change(content)
    with pytest.raises(bt.ArgumentError, match=f"damaged: .*{message}|{message}"):
        IdentifiedModel.from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(channels=m["channels"] | {"values": [1]}), "channels of input_model"),
        (lambda m: m.update(names=["a", "b"]), "names of input_model, expected 1 texts"),
        (lambda m: m["_model"]["covariance"].update(values=[-1.0]), "positive definite"),
        (lambda m: m["_model"]["variance"].update(values=[0.0]), "positive variances"),
        (lambda m: m["_model"].update(feedback=m["_model"]["covariance"]), "feedback of input_mod"),
        (lambda m: m.update(order=2), "expected one of order 1"),
        (lambda m: m.pop("names"), "no attribute 'names'"),
        (lambda m: m.update(type="Scale"), "damaged"),
    ],
)
def test_damage_of_the_model_of_missing_inputs(change, message):
    content = json.loads(model_of([arx()], input_model=gap_model()).to_json())
    change(content["input_model"])
    with pytest.raises(bt.ArgumentError, match=f"damaged: .*{message}|{message}"):
        IdentifiedModel.from_json(json.dumps(content))


@pytest.mark.parametrize("levels", [400, 700, 950, 100_000])
def test_lists_in_lists_are_damage(model, levels):
    """However deep: where JSON is read, and where what it holds is."""
    deep = "[" * levels + "]" * levels
    text = model.to_json().replace('"errors":', f'"errors":{deep},"earlier":', 1)
    with pytest.raises(bt.ArgumentError, match="damaged"):
        IdentifiedModel.from_json(text)


def test_files_that_cannot_be(model, tmp_path):
    with pytest.raises(bt.errors.FileError, match="cannot be read"):
        IdentifiedModel.load(tmp_path / "none")
    with pytest.raises(bt.errors.FileError, match="cannot be written"):
        model.save(tmp_path / "none" / "model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(bt.errors.FileError, match="cannot be written"):
        model.save(tmp_path / "folder")
    assert [item.name for item in tmp_path.iterdir()] == ["folder"]
    for wrong in (3, None):
        with pytest.raises(TypeError):
            IdentifiedModel.load(wrong)
        with pytest.raises(TypeError, match="JSON"):
            IdentifiedModel.from_json(wrong)
