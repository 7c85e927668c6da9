"""Linear models of members: matrices, poles, steps, frequency responses."""

import json
import re
import sys
import types

import backtune as bt
import numpy as np
import pytest
from backtune.errors import ArgumentError, SizeError
from backtune.networks import scalars
from conftest import ROOT
from linear_models import model_of, networks, state_space

NETWORKS = networks()
A = np.array([[1.5, -0.7], [1.0, 0.0]])
B, C, D = np.array([[1.0], [0.0]]), np.array([[0.5, 0.2]]), np.array([[0.1]])


def known(**options):
    """Return a model of a linear plant of the poles 0.75 +- 0.37j."""
    net = bt.Network(1)
    net.state_space(2, hidden=0, outputs=1)
    names = ("x.A", "x.B", "y.C", "y.D")
    net.weights = {f"state_space.{name}": v for name, v in zip(names, (A, B, C, D))}
    net.weights["state_space.y.a"] = 0.3
    return model_of(net, **options)


def test_matrices_in_the_units_of_the_record():
    model = known(delays=[3])
    system = model.to_state_space()
    front = model.members[0].front
    u, y = front.u.deviation[0], front.y.deviation[0]
    np.testing.assert_allclose(system.A, A)
    np.testing.assert_allclose(system.B, B / u)
    np.testing.assert_allclose(system.C, C * y)
    np.testing.assert_allclose(system.D, D * y / u)
    assert system.delays.tolist() == [3] and system.sampling_time is None
    # At the mean input x is 0 and the output its bias.
    np.testing.assert_allclose(system.u0, front.u.mean)
    np.testing.assert_allclose(system.x0, 0, atol=1e-12)
    np.testing.assert_allclose(system.y0, front.y.restore(np.array([0.3])))
    # At another one it is what the gain says.
    other = model.to_state_space(front.u.mean + u)
    states = np.linalg.solve(np.eye(2) - A, B)
    np.testing.assert_allclose(other.x0, states[:, 0])
    np.testing.assert_allclose(other.y0 - system.y0, (C @ states + D)[0] * y)


def test_poles():
    expected = np.sort_complex(np.linalg.eigvals(A))[::-1]
    np.testing.assert_allclose(known(delays=[3]).poles(), expected)
    # Measured feedback is closed in free run: A + K C.
    net = state_space(2, 1, 2, 0, feedback="measured")
    w = net.weights
    closed = w["state_space.x.A"] + w["state_space.x.K"] @ w["state_space.y.C"]
    found = model_of(net).poles()
    np.testing.assert_allclose(np.sort(found), np.sort(np.linalg.eigvals(closed)), atol=1e-12)
    # Of y = a1 y(t-1) + a2 y(t-2) + ...: the roots of z^2 - a1 z - a2.
    net = bt.Network(1)
    y = net.learnware(1, "y").connect(net.input.lag(0))
    net.observe(y)
    for lag in (1, 2):
        y.connect(y.measured().lag(lag), f"A{lag}")
    net.weights = {"y.B": 1, "y.A1": 1.2, "y.A2": -0.35}
    np.testing.assert_allclose(model_of(net).poles(), [0.7, 0.5])


@pytest.mark.parametrize("name", NETWORKS)
def test_the_linear_model_is_the_derivative_of_runs(name):
    net = NETWORKS[name]
    model = model_of(net, delays=[2, 1][: net.inputs])
    at = model.members[0].front.u.mean + 0.2
    system = model.to_state_space(at)
    run = model.members[0].simulate([np.tile(at, (2000, 1))], [None])[0]
    np.testing.assert_allclose(system.y0, run[-1], rtol=1e-9)
    step = model.step(15, at)
    # Of steps up and down the quadratic part goes.
    up, down = model.step(15, at, size=1e-3), model.step(15, at, size=-1e-3)
    np.testing.assert_allclose(step, (up - down) / 2e-3, atol=1e-5 * np.abs(step).max())
    assert step.shape == (15, net.outputs, net.inputs)
    assert not step[0].any()  # the dead time


def test_a_real_step_of_a_bent_model_is_that_of_its_single_network():
    net = NETWORKS["tanh"]
    model = model_of(net, delays=[2, 0])
    at, size = model.members[0].front.u.mean + 0.1, np.array([1.5, -2.0])
    single = model.single
    still = np.tile(at, (1500, 1))
    rest, state = single.simulate(still, return_state=True)
    found = model.step(30, at, size=size)
    for m in range(2):
        change = np.zeros(2)
        change[m] = size[m]
        run = single.simulate(np.tile(at + change, (30, 1)), state)
        np.testing.assert_allclose(found[:, :, m], run - rest[-1], atol=1e-9)
    linear = model.step(30, at) * size
    assert np.abs(found - linear).max() > 1e-3 * np.abs(linear).max()


@pytest.mark.parametrize("delays", [[0, 0], [4, 1]])
def test_dead_times_as_states(delays):
    model = model_of(NETWORKS["innovations"], delays=delays)
    system = model.to_state_space(with_delays=True)
    assert len(system.A) == 3 + sum(delays) == len(system.x0) and not system.delays.any()
    states, found = np.zeros((len(system.A), 2)), []
    for _ in range(20):
        found.append(system.C @ states + system.D)
        states = system.A @ states + system.B
    np.testing.assert_allclose(found, model.step(20), atol=1e-12)
    # The operating point is an equilibrium: deviations of 0 stay so, and late inputs are at rest.
    assert system.x0[3:].tolist() == np.repeat(system.u0, delays).tolist()
    f = np.array([0.0, 0.03, 0.4])
    z = np.exp(2j * np.pi * f)
    expected = [system.C @ np.linalg.inv(v * np.eye(len(states)) - system.A) @ system.B for v in z]
    np.testing.assert_allclose(model.bode(f).response, expected + system.D, rtol=1e-10)


def test_frequency_response_in_hertz():
    net = NETWORKS["linear"].copy()
    net.sampling_time = 0.01
    model, plain = model_of(net), model_of(NETWORKS["linear"])
    found = model.bode([1.0, 20.0])
    np.testing.assert_allclose(found.response, plain.bode([0.01, 0.2]).response)
    np.testing.assert_allclose(found.magnitude, 20 * np.log10(np.abs(found.response)))
    default = model.bode()
    assert default.frequencies[-1] == pytest.approx(50) and default.frequencies[0] < 1
    assert np.abs(np.diff(default.phase, axis=0)).max() < 180
    # A sine goes in, and comes out as the response says.
    times = np.arange(400)
    w = 2 * np.pi * 0.05
    front = plain.members[0].front
    u = front.u.mean + np.outer(np.sin(w * times), [1.0, 0.0])
    y = plain.members[0].simulate([u], [None])[0][-100:] - plain.to_state_space().y0
    answer = plain.bode([0.05]).response[0, :, 0]
    expected = np.imag(answer * np.exp(1j * w * times[-100:])[:, None])
    np.testing.assert_allclose(y, expected, atol=1e-9 * np.abs(expected).max())


def test_a_slower_clock_has_parts_of_dead_times():
    net = NETWORKS["linear"].copy()
    net.sampling_time = 0.1
    model = model_of(net, delays=[4, 3], factor=3)
    system = model.to_state_space()
    np.testing.assert_allclose(system.delays, [4 / 3, 1])
    assert system.sampling_time == pytest.approx(0.3)
    single = model.single
    u = np.tile(system.u0, (300, 1))
    state = single.simulate(u, return_state=True)[1]
    for m in range(2):
        u = np.tile(system.u0, (25, 1))
        u[:, m] += 1
        run = single.simulate(u, state) - system.y0
        np.testing.assert_allclose(model.step(25)[:, :, m], run, atol=1e-9)
        np.testing.assert_allclose(model.step(25, size=1)[:, :, m], run, atol=1e-9)
    full = system.with_delays()
    assert len(full.A) == 3 + 2 + 1
    f = np.array([0.2, 1.0])
    z = np.exp(2j * np.pi * f * 0.3)
    expected = [full.C @ np.linalg.inv(v * np.eye(6) - full.A) @ full.B + full.D for v in z]
    np.testing.assert_allclose(model.bode(f).response, expected, rtol=1e-10)


def test_an_integrator():
    net = bt.Network(1)
    net.state_space(1, hidden=0, outputs=1)
    net.weights = {"state_space.x.A": 1, "state_space.x.B": 0.5, "state_space.y.C": 2}
    model = model_of(net)
    gain = model.members[0].front
    slope = gain.y.deviation[0] / gain.u.deviation[0]
    np.testing.assert_allclose(model.step(5)[:, 0, 0], slope * np.arange(5.0))
    np.testing.assert_allclose(model.poles(), [1.0])
    # No input but the mean keeps it still; of a linear model that does not matter.
    system = model.to_state_space(gain.u.mean + 1)
    assert np.isfinite(system.x0).all() and system.A.tolist() == [[1.0]]
    assert np.isnan(model.bode([0.0]).response).all() and model.step().shape == (1000, 1, 1)
    with pytest.raises(ArgumentError, match="no equilibrium"):
        model.step(5, gain.u.mean + 1, size=1)
    # A bent integrator has no equilibrium at all there.
    net = bt.Network(1)
    net.state_space(1, hidden=1, outputs=1)
    net.weights = {"state_space.x.A": 1, "state_space.x.B": 0.5, "state_space.y.C": 2}
    net.weights["state_space.y.H"] = 1
    net.weights["state_space.h2.F"] = 0.5
    model = model_of(net)
    with pytest.raises(ArgumentError, match="does not rest"):
        model.poles(gain.u.mean + 1)
    np.testing.assert_allclose(model.poles(), [1.0])


def test_without_states():
    net = bt.Network(2)
    net.observe(net.learnware(1, "y", bias=True).connect(net.input.lag(0)))
    net.weights = {"y.B": [[2.0, -1.0]], "y.a": 0.5}
    model = model_of(net)
    front = model.members[0].front
    gain = np.array([[2.0, -1.0]]) * front.y.deviation / front.u.deviation
    assert model.poles().shape == (0,)
    np.testing.assert_allclose(model.step(3), np.tile(gain, (3, 1, 1)))
    np.testing.assert_allclose(model.bode([0.1]).response[0], gain)


def test_for_scipy():
    signal = pytest.importorskip("scipy.signal")
    model = known(delays=[2])
    system = model.to_state_space().to_scipy()
    assert isinstance(system, signal.StateSpace) and system.dt is True
    _, (found,) = signal.dstep(system, n=30)
    np.testing.assert_allclose(found, model.step(30)[:, :, 0], atol=1e-12)
    net = model.net.copy()
    net.sampling_time = 0.5
    assert model_of(net).to_state_space().to_scipy().dt == 0.5


def test_for_python_control(monkeypatch):
    model = known(delays=[2])
    monkeypatch.setitem(sys.modules, "control", None)
    with pytest.raises(ImportError, match="pip install control"):
        model.to_state_space().to_control()
    fake = types.SimpleNamespace(ss=lambda *arguments: arguments)
    monkeypatch.setitem(sys.modules, "control", fake)
    parts = model.to_state_space().to_control()
    full = model.to_state_space(with_delays=True)
    assert all((a == b).all() for a, b in zip(parts, full[:4])) and parts[4] is True


def test_what_is_refused():
    model = model_of(NETWORKS["linear"])
    with pytest.raises(SizeError, match=r"at: shape \(3,\), expected \(2,\)"):
        model.poles([1, 2, 3])
    with pytest.raises(ArgumentError, match="at: NaN"):
        model.step(at=[1, np.nan])
    with pytest.raises(SizeError, match=r"size: shape \(3,\)"):
        model.step(size=[1, 2, 3])
    with pytest.raises(ArgumentError, match="size: NaN"):
        model.step(size=np.inf)
    with pytest.raises(ArgumentError, match="steps"):
        model.step(-1)
    for wrong in ([-0.1], [np.nan], [[0.1]]):
        with pytest.raises(ArgumentError, match="frequencies: "):
            model.bode(wrong)
    assert model.step(0).shape == (0, 2, 2) and model.bode([]).response.shape == (0, 2, 2)


@pytest.mark.parametrize(
    "function",
    [
        "identity",
        bt.zeta(-2, 3),
        "tanh",
        "logistic",
        "relu",
        bt.softplus(0.3),
        "exp",
        "log",
        "reciprocal",
        "square",
        bt.upsilon(2.0),
        "step",
    ],
)
def test_slopes_of_scalar_functions(function):
    net = bt.Network(1)
    net.observe(net.firmware(1, "x").add(1, (function, net.input.lag(0))))
    known = json.loads(net.to_json())["groups"][0]["terms"][0]["factors"][0]["f"]
    u = np.array([0.2, 0.7, 1.5, 40.0]) if known["name"] != "exp" else np.array([0.2, 0.7, 1.5])
    np.testing.assert_allclose(scalars.value(known, u), net.simulate(u)[:, 0], rtol=1e-14)
    exact = scalars.slope(known, u)
    found = np.imag(scalars.value(known, u + 1e-30j)) / 1e-30
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-15)
    if known["name"] not in ("log", "reciprocal", "relu", "step"):
        np.testing.assert_allclose(
            (scalars.value(known, -u + 1e-5) - scalars.value(known, -u - 1e-5)) / 2e-5,
            scalars.slope(known, -u),
            rtol=1e-6,
            atol=1e-10,
        )


def test_an_unknown_function_is_named():
    with pytest.raises(ArgumentError, match="function 'sin': no slope is known"):
        scalars.value({"name": "sin"}, np.zeros(1))


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in the source tree")
def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "identified-models.md").read_text()
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    sections = dict(zip(parts[1::2], parts[2::2]))
    chosen = [sections["Poles, steps, frequency response"], sections["One network for C"]]
    blocks = re.findall(r"^```python\n(.*?)^```", "\n".join(chosen), re.M | re.S)
    assert len(blocks) == 5
    names = {}
    exec(compile("\n".join(blocks), "identified-models.md", "exec"), names)
    assert (bt.Network.load("model.json").simulate(names["u"]) == names["run"]).all()
