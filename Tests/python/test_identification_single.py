"""The best member of a model as one network in the user's units, from Python and from C."""

import shutil
import subprocess
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
from backtune._engine import library
from backtune.errors import NetworkError
from conftest import ROOT
from linear_models import arx, model_of, networks, state_space

NETWORKS = networks()
PROGRAM = ROOT / "examples" / "c" / "identified.c"


def inputs_of(model, steps=50, seed=5):
    scale = model.members[0].front.u
    return scale.restore(np.random.default_rng(seed).normal(size=(steps, len(scale.mean))))


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("settles", [False, True])
@pytest.mark.parametrize("delays", [[0, 0], [3, 0], [1, 5]])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_runs_as_the_member(name, delays, settles):
    net = NETWORKS[name]
    model = model_of(net, delays=delays[: net.inputs], settles=settles)
    u = inputs_of(model)
    expected = model.members[0].simulate([u], [None])[0]
    single = model.single
    assert relative(single.simulate(u, model.single_state(u)), expected) < 1e-10
    back = bt.Network.from_json(single.to_json())
    assert (back.simulate(u) == single.simulate(u)).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_by_itself_it_begins_in_the_mean_state(name):
    net = NETWORKS[name]
    model = model_of(net)
    u = inputs_of(model)
    member = model.members[0]
    assert relative(model.single.simulate(u), member.simulate([u], [None])[0]) < 1e-10
    np.testing.assert_allclose(model.single.rest, member.front.u.mean, rtol=1e-12)
    # Late inputs were at their means: as those of a member whose first ones are.
    model = model_of(net, delays=[4, 2][: net.inputs])
    u[0] = model.members[0].front.u.mean
    expected = model.members[0].simulate([u], [None])[0]
    assert relative(model.single.simulate(u), expected) < 1e-10


@pytest.mark.parametrize("horizon", [1, 4, None])
@pytest.mark.parametrize("name", ["innovations", "linear innovations", "arx", "late arx"])
def test_it_predicts_as_the_member(name, horizon):
    net = NETWORKS[name]
    model = model_of(net, delays=[2, 0][: net.inputs], kind="prediction")
    member, u = model.members[0], inputs_of(model)
    y = member.simulate([u], [None])[0]
    y += np.random.default_rng(1).normal(size=y.shape)
    y[5:8, 0] = np.nan
    front = member.front
    run = net.predict(front.inputs(u), front.outputs(y), horizon, initial=member.rest)
    expected = front.restore(run, len(u))
    found = model.single.predict(u, y, horizon, initial=model.single_state(u))
    assert relative(found, expected) < 1e-10


def test_equilibrium_of_the_first_input():
    model = model_of(NETWORKS["tanh"], delays=[2, 0], settles=True)
    u = np.tile(inputs_of(model)[0], (20, 1))
    run = model.single.simulate(u, model.single_state(u))
    assert np.ptp(run, axis=0).max() < 1e-3 * np.abs(run).max()
    # Without a state the network rests at the mean inputs.
    u[:] = model.members[0].front.u.mean
    run = model.single.simulate(u)
    np.testing.assert_allclose(run, np.tile(run[:1], (20, 1)), rtol=1e-9)


def test_a_start_that_the_network_says():
    net = state_space(1, 1, 2, 2, initial="learn")
    net.weights["state_space.x.x0"] = [1.5, -2.0]
    model = model_of(net, rest=None)
    u = inputs_of(model)
    expected = model.members[0].simulate([u], [None])[0]
    assert relative(model.single.simulate(u), expected) < 1e-10
    assert relative(model.single.simulate(u, model.single_state(u)), expected) < 1e-10


@pytest.mark.parametrize("delays", [[3, 0], [4, 1]])
def test_a_slower_clock(delays):
    net = NETWORKS["tanh"].copy()
    net.input_names, net.output_names, net.sampling_time = ["a", "b"], ["c", "d"], 0.1
    net.input_units = ["V", "A"]
    model = model_of(net, delays=delays, factor=3)
    # Held for whole time steps, inputs are their means.
    slow = inputs_of(model, 20)
    slow[0] = model.members[0].front.u.mean
    u = np.repeat(slow, 3, axis=0)
    middles = model.members[0].simulate([u], [None])[0][1::3]
    single = model.single
    found = single.simulate(slow, model.single_state(u))
    assert relative(found, middles) < 1e-10
    assert single.sampling_time == pytest.approx(0.3) and model.sampling_time == 0.1
    assert single.input_names == ["a", "b"] and single.output_names == ["c", "d"]
    assert single.input_units == ["V", "A"]


def test_weights_are_in_the_units_of_the_record():
    net = state_space(1, 1, 2, 0)
    model = model_of(net)
    front, weights = model.members[0].front, model.single.weights
    scales = {"x.B": 1 / front.u.deviation, "y.C": front.y.deviation, "x.A": 1}
    for name, scale in scales.items():
        expected = net.weights[f"state_space.{name}"] * scale
        np.testing.assert_allclose(weights[f"state_space.{name}"], expected, rtol=1e-12)
    # The weights are ones that an estimation may go on with.
    assert model.single.origin == "set" and "state_space.x.x0" in weights


def test_fixed_weights_stay_fixed():
    net = state_space(2, 1, 2, 0)
    flags = np.array([[True, False], [False, False]])
    net.weights.constrain("state_space.x.B", fixed=flags)
    single = model_of(net, delays=[0, 3]).single
    assert single.weights.fixed("state_space.x.B")[:, 0].tolist() == [True, False]
    assert not single.weights.fixed("state_space.x.B_lag4")[:, 1].any()


def test_what_has_no_weights_cannot_be_scaled():
    net = bt.Network(1)
    h = net.firmware(1, "h").add(1, ("tanh", net.input.lag(0)))
    net.observe(net.learnware(1, "y", bias=True).connect(h.lag(0)))
    net.set_weights([0.5, 0.5])
    with pytest.raises(NetworkError, match="group h: it reads inputs"):
        _ = model_of(net).single
    net = bt.Network(1)
    v = net.learnware(1, "v", bias=True).connect(net.input.lag(0))
    net.observe(net.firmware(1, "h").add(1, ("tanh", v.lag(0))))
    net.set_weights([0.5, 0.5])
    with pytest.raises(NetworkError, match="group h: its outputs"):
        _ = model_of(net).single


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.skipif(not PROGRAM.is_file(), reason="not in the source tree")
def test_a_c_program_runs_it(tmp_path):
    file = Path(library.load()._name).resolve()
    place = [file, f"-Wl,-rpath,{file.parent}", "-lm"]
    command = ["cc", "-std=c99", PROGRAM, f"-I{ROOT}/include", *place]
    subprocess.run([*command, "-o", tmp_path / "identified"], check=True)
    for net in (state_space(2, 1, 2, 2), arx(1, 2, 2, 1)):
        model = model_of(net, delays=[2, 1][: net.inputs])
        u = inputs_of(model, 30)
        y = model.members[0].simulate([u], [None])[0]
        y += np.random.default_rng(2).normal(size=y.shape)
        y[4] = np.nan
        single = model.single
        single.save(tmp_path / "model.json")
        rows = "\n".join(" ".join(map(repr, row)) for row in np.hstack([u, y]).tolist())
        run = subprocess.run(
            [tmp_path / "identified", tmp_path / "model.json", str(len(u))],
            input=rows,
            capture_output=True,
            text=True,
            check=True,
        )
        found = np.array([line.split() for line in run.stdout.splitlines()], dtype=float)
        reads = model.members[0].predicts
        expected = single.predict(u, y) if reads else single.simulate(u)
        assert (found == expected).all()
