"""Linear models of networks: from their own start, at operating points, with standard errors."""

import json
import re

import backtune as bt
import numpy as np
import pytest
from backtune.errors import ArgumentError, NetworkError, SizeError
from linear_models import model_of, networks, state_space


def run(system, u):
    """Return outputs (T, O) of a linear model that begins in its start."""
    x, found = system.start, []
    for row in u - system.u0:
        found.append(system.y0 + system.C @ x + system.D @ row)
        x = system.A @ x + system.B @ row
    return np.array(found)


def normal(steps, channels, seed):
    return bt.random.normal(steps * channels, seed=seed).reshape(steps, channels)


def lags():
    """Make a linear network of several lags, a learnt start, inputs at rest, measured feedback."""
    net = bt.Network(2)
    x = net.linear(2, "x", sources=[bt.SELF.lag(1), bt.SELF.lag(3), net.input.lag(2)])
    x.learn_initial_state(3)
    y = net.linear(2, "y", sources=[x.lag(0), x.lag(4), net.input.lag(0)])
    y.connect(y.measured().lag(2), "K")
    net.observe(y)
    net.randomize(1)
    net.set_weights(0.4 * net.get_weights())
    net.weights["x.x.x0"] = normal(3, 2, seed=2)
    net.rest = [0.5, -2]
    return net


CASES = {
    "lags": lags,
    "states": lambda: state_space(2, 2, 3, 0),
    "starts": lambda: state_space(1, 2, 3, 0, initial="learn"),
    "predictor": lambda: state_space(1, 2, 2, 0, feedback="measured"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("away", [0, 0.7])
def test_linear_networks_are_their_matrices(name, away):
    """Whatever the operating point."""
    net = CASES[name]()
    if name == "starts":
        net.weights["state_space.x.x0"] = normal(1, 3, seed=5)[0]
    u = normal(40, net.inputs, seed=3)
    system = net.to_state_space(net.rest + away if away else None)
    np.testing.assert_allclose(system.u0, net.rest + away)
    np.testing.assert_allclose(run(system, u), net.simulate(u), rtol=0, atol=1e-11)
    assert system.sampling_time is None and not system.delays.any()
    np.testing.assert_allclose(
        np.sort_complex(system.poles()), np.sort_complex(np.linalg.eigvals(system.A)), atol=1e-9
    )
    still = np.tile(system.u0, (3000, 1))
    rest, state = net.simulate(still, return_state=True)
    np.testing.assert_allclose(rest[-1], system.y0, atol=1e-9)
    for m in range(net.inputs):
        after = np.tile(system.u0 + np.eye(net.inputs)[m], (3000, 1))
        step = net.simulate(after, state) - system.y0
        np.testing.assert_allclose(step[:30], system.step(30)[:, :, m], atol=1e-9)
        np.testing.assert_allclose(step[-1], system.gains()[:, m], atol=1e-9)


def test_operating_points_of_bent_networks():
    """Derivatives at the equilibrium of the inputs, of every kind of unit that has one."""
    tried = 0
    for kind in ("lnl", "lstm", "gru", "softmax", "state_space", "gate"):
        net = bt.Network(1)
        x = net.unit(kind, 3)
        net.linear(2, "out", sources=[x.lag(0)])
        net.randomize(4)
        net.set_weights(0.5 * net.get_weights())
        for at in (None, [0.4]):
            system = net.to_state_space(at)
            rest, state = net.simulate(np.tile(system.u0, (3000, 1)), return_state=True)
            np.testing.assert_allclose(system.y0, rest[-1], atol=1e-9)
            change = 1e-4
            up, down = (
                net.simulate(np.tile(system.u0 + c, (12, 1)), state) for c in (change, -change)
            )
            found = (up - down) / (2 * change)
            np.testing.assert_allclose(system.step(12)[:, :, 0], found, atol=1e-7)
            tried += 1
    assert tried == 12


def test_responses():
    net = state_space(2, 1, 2, 0)
    net.sampling_time = 0.01
    system = net.to_state_space()
    f = np.array([0.0, 3.0, 20.0])
    z = np.exp(2j * np.pi * f * 0.01)
    expected = [system.C @ np.linalg.inv(v * np.eye(2) - system.A) @ system.B + system.D for v in z]
    found = system.bode(f)
    np.testing.assert_allclose(found.response, expected)
    np.testing.assert_allclose(found.response[0].real, system.gains())
    assert system.bode().frequencies[-1] == 50.0
    with pytest.raises(ArgumentError, match="frequencies"):
        system.bode([-1.0])
    with pytest.raises(ArgumentError, match="steps"):
        system.step(-1)


@pytest.mark.parametrize("delays", [[0, 0], [4, 1]])
@pytest.mark.parametrize("at", [None, [0.3, -0.2]])
def test_identified_models_begin_where_their_single_network_does(delays, at):
    """In the units of the record, dead times as states."""
    model = model_of(networks()["linear"], delays=delays)
    point = None if at is None else model.members[0].front.u.mean + at
    u = model.members[0].front.u.mean + normal(30, 2, seed=6)
    system = model.to_state_space(point, with_delays=True)
    expected = model.single.simulate(u)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(run(system, u), expected, rtol=0, atol=1e-10 * scale)
    np.testing.assert_allclose(model.gains(point), system.gains(), rtol=1e-9)


# ---- Standard errors


def fitted(hidden=0):
    plant = state_space(1, 2, 2, hidden, seed=3)
    u = normal(300, 1, seed=7)
    y = plant.simulate(u) + 0.05 * normal(300, 2, seed=8)
    net = plant.copy()
    with bt.Estimator(net, u, y, restarts=0) as estimator:
        estimator.run(20, progress=False)
        return net, estimator.uncertainty()


@pytest.mark.parametrize("hidden", [0, 3])
def test_errors_are_those_of_the_delta_method(hidden):
    """Beside differences by each weight."""
    net, report = fitted(hidden)
    found = report.linear([0.1], steps=12, frequencies=[0.05, 0.2])
    parts = {
        "gains_error": lambda system: system.gains(),
        "step_error": lambda system: system.step(12),
        "magnitude_error": lambda system: system.bode([0.05, 0.2]).magnitude,
        "phase_error": lambda system: system.bode([0.05, 0.2]).phase,
        "poles_error": lambda system: system.poles(),
    }
    weights, h = net.get_weights(), 1e-5
    for name, part in parts.items():
        rows = []
        for place in range(weights.size):
            ends = []
            for sign in (h, -h):
                moved = weights.copy()
                moved[place] += sign
                net.set_weights(moved)
                ends.append(part(net.to_state_space([0.1])).ravel())
            rows.append((ends[0] - ends[1]) / (2 * h))
        slopes = np.array(rows)
        net.set_weights(weights)
        deviation = [
            np.sqrt(np.einsum("pk,pq,qk->k", v, report.covariance, v))
            for v in (slopes.real, slopes.imag)
        ]
        expected = deviation[0] + 1j * deviation[1]
        value = getattr(found, name).ravel()
        if name != "poles_error":
            expected = expected.real
        assert np.abs(value).max() > 0
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found.gains, net.to_state_space([0.1]).gains(), rtol=1e-6)
    u = normal(20, 1, seed=9)
    for own, theirs in zip(found.band(u), report.band(u)):
        assert np.array_equal(own, theirs)


# ---- What is refused


def test_refused():
    net = state_space(2, 1, 2, 0)
    with pytest.raises(SizeError, match=re.escape("at")):
        net.to_state_space([1.0])
    with pytest.raises(ArgumentError, match="at: NaN"):
        net.to_state_space([1.0, np.nan])
    with pytest.raises(NetworkError):
        bt.Network(1).to_state_space()
    # x(t) = exp(x(t-1)) rests nowhere.
    spins = bt.Network(1)
    spins.firmware(1, "x").add(1, ("exp", spins.groups["x"].lag(1)))
    with pytest.raises(
        ArgumentError, match=r"at: \[0.0\] came, under which the model does not rest"
    ):
        spins.to_state_space()


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_what_was_measured_some_steps_ago(lag):
    """Networks by JSON may read it late, as those made here do not: the impulse response."""
    net = bt.Network(1)
    y = net.learnware(1, "y").connect(net.input.lag(0), "B")
    net.observe(y.connect(y.measured().lag(1), "A"))
    net.set_weights(np.array([0.5, 0.3]))
    content = json.loads(net.to_json())
    content["groups"][0]["connections"][1]["lag"] = lag
    late = bt.Network.from_json(json.dumps(content))
    system = late.to_state_space()
    powers = [np.linalg.matrix_power(system.A, k) for k in range(8)]
    answer = [system.D[0, 0], *((system.C @ A @ system.B)[0, 0] for A in powers)]
    assert np.allclose(answer, late.simulate(np.eye(9)[:, :1])[:, 0], rtol=1e-14, atol=0)
    content["observe"] = [{"group": "y.m1", "outputs": 1}]
    with pytest.raises(bt.ArgumentError, match=r"observes 'y\.m1', which is measured"):
        bt.Network.from_json(json.dumps(content)).to_state_space()
