"""Subspaces, predictors and dead times, against plants that are known."""

import backtune as bt
import numpy as np
import pytest
from backtune.identification.delays import estimated
from backtune.identification.networks import (
    Form,
    bent,
    filter_radius,
    free_matrix,
    innovations,
    make_arx,
    make_network,
    radius,
    reads_measured,
)
from backtune.identification.subspace import largest_block, subspace
from identify_cases import filtered
from test_identification_records import front

POLES = np.array([0.9, 0.7 + 0.4j, 0.7 - 0.4j])


def plant(steps, inputs=2, outputs=2, seed=0, start=None):
    """Simulate a plant of `POLES`: (u, y)."""
    random = np.random.default_rng(seed)
    A = np.array([[0.9, 0, 0], [0, 0.7, 0.4], [0, -0.4, 0.7]])
    fixed = np.random.default_rng(99)
    B, C = fixed.normal(size=(3, inputs)), fixed.normal(size=(outputs, 3))
    D = fixed.normal(size=(outputs, inputs))
    u, x = random.normal(size=(steps, inputs)), np.zeros(3) if start is None else start
    y = np.empty((steps, outputs))
    for t in range(steps):
        y[t] = C @ x + D @ u[t]
        x = A @ x + B @ u[t]
    return u, y


def poles(A):
    return np.sort_complex(np.linalg.eigvals(A))


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 2), (3, 1), (1, 4)])
def test_exact_plants(inputs, outputs):
    u, y = plant(400, inputs, outputs)
    found = subspace([u], [y], 8)
    assert found.outputs == outputs and found.most == 7 * outputs
    A, C = found.model(3)
    assert A.shape == (3, 3) and C.shape == (outputs, 3)
    np.testing.assert_allclose(poles(A), np.sort_complex(POLES), atol=1e-6)
    # There are three states, and no more.
    assert found.values[2] > 1e-3 * found.values[0] and found.values[3] < 1e-9 * found.values[0]


def test_several_sequences():
    """Sequences that start anywhere; those that are too short say nothing."""
    starts = [np.array([5.0, -3, 1]), np.zeros(3), np.array([0, 10.0, 0])]
    lists = [plant(150, seed=k, start=s) for k, s in enumerate(starts)]
    u, y = [u for u, _ in lists], [y for _, y in lists]
    A, _ = subspace(u, y, 8).model(3)
    np.testing.assert_allclose(poles(A), np.sort_complex(POLES), atol=1e-6)
    B, _ = subspace([*u, u[0][:15]], [*y, 1e6 + y[0][:15]], 8).model(3)
    np.testing.assert_allclose(poles(B), poles(A), atol=1e-9)


def test_missing_outputs():
    """Lines between the neighbours take their place: poles are near."""
    random = np.random.default_rng(0)
    u = np.repeat(random.normal(size=(300, 1)), 4, axis=0)
    y = filtered(u[:, 0], (0.95,))[:, None]
    holes = np.where(random.random(y.shape) < 0.1, np.nan, y)
    A, _ = subspace([u], [holes], 8).model(1)
    assert A[0, 0] == pytest.approx(0.95, abs=0.01)
    # The same as if one had put them there.
    known = np.isfinite(holes[:, 0])
    line = np.interp(np.arange(1200), np.flatnonzero(known), holes[known, 0])[:, None]
    filled, _ = subspace([u], [line], 8).model(1)
    assert A[0, 0] == filled[0, 0]


def test_unstable_and_integrating_plants():
    u = np.random.default_rng(0).normal(size=300)
    for pole in (1.0, 1.02):
        A, _ = subspace([u[:, None]], [filtered(u, (pole,))[:, None]], 8).model(1)
        assert A[0, 0] == pytest.approx(pole, abs=1e-6)


def test_blocks_that_records_have_windows_enough_for():
    def windows(lengths, block):
        return sum(max(0, n - 2 * block + 1) for n in lengths)

    for lengths, inputs, outputs in (([400], 1, 1), ([60, 60], 2, 1), ([30], 1, 1), ([40], 5, 5)):
        u = [np.zeros((n, inputs)) for n in lengths]
        y = [np.zeros((n, outputs)) for n in lengths]
        enough = [
            b for b in range(2, 31) if windows(lengths, b) >= 1.5 * 2 * b * (inputs + outputs)
        ]
        assert largest_block(u, y, 30) == max(enough, default=0)


# ---- Networks


@pytest.fixture(scope="module")
def linear():
    form = Form(2, 2, 3)
    net = make_network(form).randomize(4)
    net.weights["state_space.x.A"] = np.array([[0.5, 0.2, 0], [0, 0.4, -0.3], [0.1, 0.3, 0.4]])
    return net, form


@pytest.mark.parametrize("input_lag", [0, 1])
@pytest.mark.parametrize("gain", [0.0, 0.5])
def test_predictors_run_freely_as_the_linear_model_does(gain, input_lag):
    form = Form(2, 2, 3, input_lag=input_lag)
    net = make_network(form).randomize(4)
    u = np.random.default_rng(0).normal(size=(100, 2))
    made = innovations(net, form, gain)
    assert reads_measured(made) and not reads_measured(net)
    expected = net.simulate(u)
    if input_lag:
        # But for what it thinks was measured before the start.
        np.testing.assert_allclose(made.simulate(u)[80:], expected[80:], atol=1e-8)
        np.testing.assert_allclose(free_matrix(made), net.weights["state_space.x.A"], atol=1e-12)
        assert radius(made) == pytest.approx(radius(net), rel=1e-9)
    # What it would measure itself changes nothing.
    run = made.simulate(u)
    np.testing.assert_allclose(made.predict(u, run, 1), run, atol=1e-9)


def test_weights_are_counted(linear):
    _, plain = linear
    for form in (
        plain,
        Form(2, 1, 3, hidden=4),
        Form(1, 3, 2, hidden=2, measured=True),
        Form(2, 2, 1, measured=True),
    ):
        assert make_network(form).get_weights().size == form.weights


def test_poles_of_regressions():
    """y(t) = 1.5 y(t-1) - 0.7 y(t-2) + u(t)."""
    net = make_arx(1, 1, 2)
    net.weights = {"y.x.K1": 1.5, "y.x.K2": -0.7, "y.x.B0": 1}
    expected = np.sort_complex(np.roots([1, -1.5, 0.7]))
    np.testing.assert_allclose(poles(free_matrix(net)), expected, atol=1e-12)
    assert radius(net) == pytest.approx(np.sqrt(0.7)) and filter_radius(net) == 0
    u = np.random.default_rng(0).normal(size=30)
    np.testing.assert_allclose(net.simulate(u)[:, 0], filtered(u, (1.5, -0.7)), atol=1e-12)


def test_a_layer_starts_near_the_linear_model(linear):
    net, form = linear
    u = np.random.default_rng(0).normal(size=(200, 2))
    run, states = net.simulate(u, states=True)
    made = bent(net, Form(2, 2, 3, hidden=4), states["state_space.x"], (0, 1))
    found, scaled = made.simulate(u, states=True)
    assert abs(found - run).max() < 0.05 * run.std()
    np.testing.assert_allclose(scaled["state_space.x"].std(axis=0), 1, rtol=0.05)
    other = bent(net, Form(2, 2, 3, hidden=4), states["state_space.x"], (0, 2))
    assert not np.array_equal(other.get_weights(), made.get_weights())


# ---- Dead times


def test_delays_by_channel():
    random = np.random.default_rng(1)
    u = random.normal(size=(600, 3))
    y = filtered(u[:, 0], (0.8,), delay=7) + filtered(u[:, 1], (0.5,), delay=20)
    y += 0.05 * random.normal(size=600)
    delays, ratios = estimated([u], [y[:, None]], front(3))
    # The third has no say: none is seen.
    assert delays.tolist() == [7, 20, 0]
    assert (ratios[:2] > 2).all() and ratios[2] == 1
    # Of two records the same.
    halves = [u[:300], u[300:]], [y[:300, None], y[300:, None]]
    assert estimated(*halves, front(3))[0].tolist() == [7, 20, 0]


def test_delays_that_are_not_there():
    random = np.random.default_rng(2)
    u = random.normal(size=(400, 1))
    y = filtered(u[:, 0], (0.9,))[:, None] + 0.1 * random.normal(size=(400, 1))
    assert estimated([u], [y], front())[0].tolist() == [0]
    # Noise alone, a constant input, records too short to tell.
    assert estimated([u], [random.normal(size=(400, 1))], front())[0].tolist() == [0]
    assert estimated([np.ones((400, 1))], [y], front())[0].tolist() == [0]
    assert estimated([u[:5]], [y[:5]], front())[0].tolist() == [0]
    # Longer than a tenth of the record: not looked for.
    late = filtered(u[:, 0], (0.5,), delay=60)[:, None]
    assert estimated([u], [late], front())[0].max() <= 40


def test_networks_of_layers_of_other_functions():
    from backtune.identification.race import CUBIC

    net = make_network(Form(1, 1, 2, hidden=2, layer=CUBIC))
    net.weights = {"state_space.h2.G": [[1], [0]], "state_space.y.H": [[2, 0]]}
    u = np.array([0.5, -2.0])
    np.testing.assert_allclose(net.simulate(u)[:, 0], 2 * u**3)
    assert isinstance(net, bt.Network)
