"""The recipe on systems that are known: starts, integrators, dead time, short sequences, CASES."""

import backtune as bt
import numpy as np
import pytest
from conftest import later, same
from identify_cases import (
    away_from_rest,
    filtered,
    identify,
    late,
    nmse,
    position,
    short,
    unstable,
    wave,
)


@pytest.mark.parametrize(("poles", "options"), [((0.9,), {}), ((0.9, 0.95, 0.97), {"order": 3})])
def test_records_that_begin_away_from_rest(poles, options):
    """F1: a free run of the record begins as the record did."""
    u, y = away_from_rest(poles)
    model = identify(u, y, hidden=2, focus="simulation", **options)
    run = model.simulate(u)
    assert abs(run[0] - y[0]).max() < 0.05 * y.std()
    assert 1 - nmse(run, y) > 0.999
    # What the report says: of all outputs in their deviations.
    assert nmse(run, y) == pytest.approx(model.report.training, rel=1e-6)


def test_the_first_line_of_the_manual():
    u, y = away_from_rest()
    assert bt.RecurrentRegressor(max_order=1).fit(u, y).score(u, y) > 0.999


@pytest.mark.filterwarnings("ignore:simulate. the state of the best member")
@pytest.mark.parametrize("friction", [0.0, 0.02])
def test_integrators(friction):
    """F2: position from drive, noise-free, ahead of the record."""
    u, y = position(friction)
    model = identify(u[:600], y[:600], max_order=4)
    assert model.hidden == 0 and all(trial.hidden == 0 for trial in model.report)
    run = model.simulate(u[600:], y[600:620])[:, 0]
    assert nmse(run[20:], y[620:]) < 1e-6
    # Or as the end of one run from the start of the record.
    run = model.simulate(u)[:, 0]
    assert nmse(run[:600], y[:600]) < 1e-6 and nmse(run[600:], y[600:]) < 1e-6
    assert model.report.training < 1e-6
    assert abs(model.poles()).max() == pytest.approx(1, abs=1e-4)
    assert any(note.startswith("poles: one o") for note in model.report.findings)


def test_an_unstable_pole():
    u, y = unstable()
    model = identify(u[:400], y[:400])
    assert model.hidden == 0
    # Such a state goes on where the record has not been.
    with pytest.warns(bt.BacktuneWarning, match="times as far as the record"):
        run = model.simulate(u[400:], y[400:420])[20:, 0]
    assert nmse(run, y[420:]) < 1e-6
    (note,) = model.report.findings
    assert note.startswith("poles: one outside the unit circle, modulus 1.0")
    assert float(note.split()[-1]) == pytest.approx(1.02, abs=1e-6)


@pytest.mark.parametrize("delay", [10, 20, 30])
def test_dead_time(delay):
    """F6: found, and reported."""
    u, y, _ = late(delay)
    options = {"linear": True, "focus": "simulation", "order": 2}
    model = identify(u, y, **options)
    assert model.delays.tolist() == [delay]
    assert f"dead time: {delay} steps of input 0" in model.report.findings
    v, _, z = late(delay, seed=7)
    assert nmse(model.simulate(v)[100:, 0], z[100:]) < 3e-5


def test_dead_time_that_is_given():
    u, y, _ = late(20, steps=400)
    options = {"linear": True, "focus": "simulation", "order": 2}
    found, known = identify(u, y, **options), identify(u, y, delay=20, **options)
    assert found.delays.tolist() == known.delays.tolist() == [20]
    assert same(known.simulate(u), found.simulate(u))
    # As good as if the input came shifted.
    by_hand = identify(u[:-20], y[20:], delay=0, **options)
    assert by_hand.delays.tolist() == [0]
    v, _, z = late(20, seed=7)
    shifted = by_hand.simulate(v[:-20])[80:]
    assert nmse(known.simulate(v)[100:], z[100:]) < 1.2 * nmse(shifted, z[100:])
    # A wrong one is taken as it is.
    assert identify(u, y, delay=18, **options).delays.tolist() == [18]


def test_dead_time_of_each_input():
    random = np.random.default_rng(3)
    u = random.normal(size=(400, 2))
    y = filtered(u[:, 0], (0.8,), delay=12) + filtered(u[:, 1], (0.8,), (0.5,), delay=4)
    y += 0.02 * random.normal(size=400)
    model = identify(u, y, linear=True, focus="simulation")
    assert model.delays.tolist() == [12, 4]
    assert identify(
        u, y, linear=True, focus="simulation", order=1, delay=[3, 0]
    ).delays.tolist() == [3, 0]
    # What is not there is not found.
    plain = filtered(u[:, 0], (0.8,)) + 0.02 * random.normal(size=400)
    assert identify(u[:, 0], plain, linear=True, focus="simulation").delays.tolist() == [0]


def test_three_long_sequences_and_a_short_one():
    """F7: the short one does no harm."""
    u, y, v, z = short((250, 250, 250, 7))
    model = identify(u, y, max_order=1, hidden=2, focus="simulation")
    assert model.hidden == 2
    run = model.simulate(v)[:, 0]
    assert nmse(run, z) < 1e-3
    assert nmse(np.concatenate(model.simulate(u)), np.concatenate(y)) < 2e-3


def test_many_short_sequences():
    u, y, v, z = short(300 * (7,))
    model = identify(u, y, max_order=1, hidden=2)
    assert nmse(model.simulate(v)[:, 0], z) < 1e-3
    # They share a start.
    assert model.initial_states is None


def test_glitches_of_inputs_are_repaired():
    random = np.random.default_rng(0)
    u = wave(random, 1200, 0.1)
    y = filtered(u, (1.4, -0.55), (0.0, 0.15)) + 0.005 * random.normal(size=1200)
    hit = np.zeros(1200, dtype=bool)
    hit[[100, 333, 500, 601, 800, 1100]] = True
    seen = np.where(hit, u + 6, u)
    model = identify(seen, y, linear=True, focus="simulation")
    note = model.report.findings[0]
    assert note == "glitches: 6 of input 0; medians of the values about them take their place"
    wild = model.simulate(seen)
    # Also those of new inputs.
    assert abs(wild[:, 0] - model.simulate(u)[:, 0]).max() < 0.2 * y.std()
    assert nmse(wild, y) < 0.01


@later
def test_wild_inputs_that_the_plant_sees_are_none():
    random = np.random.default_rng(0)
    u = wave(random, 1200, 0.1)
    u[[100, 333, 500, 800, 1100]] += 6
    y = filtered(u, (1.4, -0.55), (0.0, 0.15)) + 0.005 * random.normal(size=1200)
    model = identify(u, y, linear=True, focus="simulation")
    assert model.members[0].front.glitches is None
    assert model.report.findings == [
        "glitches: 5 of input 0; taken as they are, no better without them"
    ]
    assert nmse(model.simulate(u), y) < 1e-3


def test_outliers_of_outputs_are_left_out():
    random = np.random.default_rng(1)
    u = wave(random, 800, 0.1)
    clean = filtered(u, (1.4, -0.55), (0.0, 0.15))
    y = clean + 0.005 * random.normal(size=800)
    wild = y.copy()
    wild[[50, 210, 400, 650, 790]] += 20 * y.std()
    model = identify(u, wild, linear=True, focus="simulation")
    assert "outliers: 5 of output 0; left out" in model.report.findings
    plain = identify(u, y, linear=True, focus="simulation")
    assert not any("outliers" in note for note in plain.report.findings)
    assert nmse(model.simulate(u), clean) < 4 * nmse(plain.simulate(u), clean)


@later
def test_a_slower_clock_is_tried_where_records_are_sampled_too_often():
    random = np.random.default_rng(2)
    u = np.repeat(wave(random, 200, 0.1), 20)
    y = filtered(u, (1.94, -0.941), (0.0, 0.001)) + 1e-5 * random.normal(size=4000)
    model = identify(u, y, max_order=1, linear=True, focus="simulation")
    factors = {trial.factor for trial in model.report}
    assert factors > {1} and max(factors) <= 10
    assert any(note.startswith("time scale: means of ") for note in model.report.findings)
    for member in model.members:
        run = member.simulate([u[:, None]], [None])[0]
        assert run.shape == (4000, 1) and np.isfinite(run).all()
    # One that is not: its own clock alone.
    u = random.normal(size=1000)
    plain = identify(u, filtered(u, (0.5,)), max_order=1, linear=True)
    assert {trial.factor for trial in plain.report} == {1}
