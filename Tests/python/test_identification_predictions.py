"""Predictions of identified models: what they may know, and where they begin."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from linear_models import model_of, networks
from scipy.signal import lfilter

STEPS, NOISE = 400, 1e-3


def resonance(steps, seed):
    """Return smooth inputs and outputs of a lightly damped mode, a little noise on them."""
    random = np.random.default_rng(seed)
    u = lfilter([0.1], [1, -0.9], random.normal(size=steps + 200))
    y = lfilter([0, 0.05], [1, -1.9, 0.95], u) + NOISE * random.normal(size=steps + 200)
    return u[200:, None], y[200:, None]


def integrator(steps, seed):
    """Return the same behind an integrator, far from where it was in another record."""
    u, y = resonance(steps, seed)
    return u, 100 + 3 * seed + np.cumsum(y, axis=0)


@pytest.fixture(scope="module")
def models():
    return {
        plant: bt.identify(*plant(STEPS, 0), max_order=3, linear=True, progress=False)
        for plant in (resonance, integrator)
    }


@pytest.mark.parametrize("plant", [resonance, integrator])
@pytest.mark.parametrize("horizon", [1, 3, 20])
def test_no_value_knows_what_comes_later(models, plant, horizon):
    u, y = plant(120, 1)
    whole = models[plant].predict(u, y, horizon)
    for known in (0, 1, 2, 7, 33, 64):
        other = y.copy()
        other[known:] += np.random.default_rng(known).normal(size=(120 - known, 1))
        found = models[plant].predict(u, other, horizon)
        assert same(found[: known + horizon], whole[: known + horizon])
        assert not same(found[known + horizon :], whole[known + horizon :])


@pytest.mark.parametrize("plant", [resonance, integrator])
def test_predictions_are_good_from_the_first_outputs_on(models, plant):
    """Regressions of many lags wait until they were measured; states start where outputs are."""
    u, y = plant(400, 2)
    errors = (models[plant].predict(u, y) - y)[:, 0]
    late = np.sqrt(np.mean(errors[100:] ** 2))
    early = np.sqrt(np.mean(errors[5:40] ** 2))
    assert late < 2.5 * NOISE * (1 if plant is resonance else 1.5)
    assert early < 3 * late


def test_missing_outputs_at_the_beginning(models):
    """What is not known yet says nothing, and nothing is waited for."""
    u, y = resonance(200, 3)
    y[:30] = np.nan
    found = models[resonance].predict(u, y)
    assert np.isfinite(found).all()
    errors = (found - y)[36:, 0]
    assert np.sqrt(np.mean(errors**2)) < 4 * NOISE


def test_a_sequence_of_no_known_output_is_run_freely(models):
    u, _ = resonance(50, 4)
    nothing = np.full((50, 1), np.nan)
    for horizon in (1, 5):
        found = models[resonance].predict(u, nothing, horizon)
        assert np.isfinite(found).all()
        # All members that say something of it begin in their rest.
        assert abs(found - models[resonance].simulate(u)).max() < 0.2


@pytest.mark.parametrize("steps", [0, 1, 2, 30])
def test_horizons_beyond_the_end(models, steps):
    """Nothing of their length is made."""
    u, y = resonance(30, 9)
    u, y = u[:steps], y[:steps]
    freely = models[resonance].predict(u, y * np.nan, 10**12)
    for horizon in (10**12, 2**70):
        found = models[resonance].predict(u, y, horizon)
        assert found.shape == (steps, 1)
        assert np.isfinite(found).all()
    assert same(models[resonance].predict(u, y, 10**12), freely)


def test_several_sequences_are_predicted_as_each_is(models):
    model = models[integrator]
    parts = [integrator(steps, seed) for steps, seed in ((40, 5), (1, 6), (3, 7), (120, 8))]
    together = model.predict([u for u, _ in parts], [y for _, y in parts], 2)
    for (u, y), found in zip(parts, together):
        assert same(model.predict(u, y, 2), found)


def test_what_few_first_outputs_tell_holds_to_the_end(models):
    """An integrator far from the record, measured three times: it stays where it was."""
    u, y = integrator(200, 9)
    known = y.copy()
    known[3:] = np.nan
    found = models[integrator].predict(u, known, 1)
    assert abs(found[5:] - y[5:]).max() < 5 < abs(y[5:].mean() - integrator(STEPS, 0)[1].mean())


@pytest.mark.parametrize("kind", ["prediction", "output error"])
def test_what_first_outputs_tell_a_run(kind):
    """Beside the start, where states were trained to hear them: K of free runs may be anything."""
    net = networks()["linear innovations"]
    model = model_of(net, kind=kind)
    (member,) = model.members
    random = np.random.default_rng(1)
    u = 3 + random.normal(size=(60, net.inputs))
    y = 100 + 20 * random.normal(size=(10, net.outputs))
    inputs, known = member.front.inputs(u), member.front.outputs(y)
    start = member.start(inputs, known)
    measured = np.vstack([known, np.full((50, net.outputs), np.nan)])
    heard = net.predict(inputs, measured, 1, initial=start)
    free = net.simulate(inputs, start)
    assert np.abs(heard - free)[10:].max() > 1e-3
    wanted = heard if kind == "prediction" else free
    assert np.allclose(model.simulate(u, y), member.front.restore(wanted, 60), rtol=1e-12)
