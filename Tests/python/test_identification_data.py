"""What comes to `identify`: odd records, gains, units, and what is refused."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from identify_cases import filtered, identify, nmse, plant


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u, y: (u[:7], y[:7]), "7 time steps, expected 8|7 observed values"),
        (lambda u, y: (u[:30], y[:30]), "30 observed values"),
        (lambda u, y: (u[:50], y), "50 time steps of u, 100 of y"),
        (lambda u, y: ([u, u], [y]), "2 sequences of u"),
        (lambda u, y: (np.where(u > u.mean(), np.inf, u), y), "inputs: sequence 0, time .* is inf"),
        (lambda u, y: (u * np.nan, y), "(inputs|u): 0 of 100 values of channel 0 are known"),
        (lambda u, y: (u, np.where(y > y.mean(), np.inf, y)), "y of sequence 0: an infinite"),
        (lambda u, y: (u, np.full(100, np.nan)), "0 observed values"),
        (
            lambda u, y: (
                np.resize(u, 200),
                np.vstack([np.outer(y, [1, np.nan]), np.outer(y, [np.nan, 1])]),
            ),
            "validation part",
        ),
        (lambda u, y: (None, y), "u: None"),
        (lambda u, y: (np.zeros((100, 0)), y), "u: shape"),
    ],
)
def test_bad_records(change, message):
    with pytest.raises(bt.ArgumentError, match=message):
        identify(*change(*plant(100)))


def test_bad_calls():
    u, y = plant(100)
    model = identify(u, y, max_order=1, linear=True, focus="simulation")
    with pytest.raises(bt.SizeError, match="100 time steps of u, 101 of y"):
        model.simulate(u, np.zeros(101))
    with pytest.raises(bt.SizeError, match="2 sequences of u"):
        model.simulate([u, u], [y])
    with pytest.raises(bt.ArgumentError, match="NaN or infinite"):
        model.simulate(u * np.nan)


def test_gains():
    u, y = plant(120, bend=0.3)
    holes = np.where(np.arange(120) % 7 == 3, np.nan, y)
    wild = np.where(np.isnan(holes), 1e3, y)
    options = {"max_order": 1, "linear": True, "focus": "simulation"}
    missing = identify(u, holes, **options)
    weights = missing.net.get_weights()
    assert same(identify(u, wild, gains=np.isfinite(holes), **options).net.get_weights(), weights)
    assert same(identify(u, holes, gains=4, **options).net.get_weights(), weights)
    # By a factor that is no power of two up to rounding, but for the scale of the state, which the
    # record does not tell.
    run, thrice = (model.simulate(u) for model in (missing, identify(u, holes, gains=3, **options)))
    assert np.abs(thrice - run).max() < 1e-8 * np.ptp(run)
    # A gain that grows with time tells more of the end.
    late = identify(u, y, gains=np.linspace(0.01, 1, 120), **options)
    assert not same(late.net.get_weights(), identify(u, y, **options).net.get_weights())


@pytest.mark.parametrize(
    ("gains", "message"),
    [(np.full(100, -1.0), "gains of sequence 0"), (np.ones(99), "gains"), (0, "0 observed")],
)
def test_bad_gains(gains, message):
    u, y = plant(100)
    with pytest.raises(bt.ArgumentError, match=message):
        identify(u, y, gains=gains)


# ---- Odd records: a finite model


OPTIONS = {"max_order": 1, "hidden": 2, "focus": "simulation"}


def record(steps=200):
    random = np.random.default_rng(0)
    u = random.normal(size=(steps, 1))
    return u, filtered(u[:, 0], (0.8,))[:, None] + 0.05 * random.normal(size=(steps, 1))


def assert_finite(model, u, y):
    for run in (model.simulate(u), model.predict(u, y), model.simulate(u, y[:5])):
        assert run.shape == y.shape and np.isfinite(run).all()
    assert np.isfinite(model.report.training) and np.isfinite(model.errors).all()


def test_constant_outputs():
    u, y = record()
    model = identify(u, np.full(200, 7.0), **OPTIONS)
    assert (model.order, model.hidden) == (1, 0)
    assert np.allclose(model.simulate(u), 7, atol=1e-9)
    # One of two.
    both = np.hstack([y, np.full_like(y, 1e6)])
    model = identify(u, both, **OPTIONS)
    assert_finite(model, u, both)
    run = model.simulate(u)
    assert nmse(run[:, 0], y) < 0.01 and np.allclose(run[:, 1], 1e6, rtol=1e-6)


@pytest.mark.parametrize("level", [0.0, 1.0, 1e9])
def test_constant_inputs(level):
    u, y = record()
    given = np.full_like(u, level)
    model = identify(given, y, **OPTIONS)
    assert_finite(model, given, y)
    assert np.isfinite(model.simulate(np.full(300, level))).all()
    assert model.report.training < 1.01
    # Beside another it has no say.
    beside = np.hstack([u, given])
    assert nmse(identify(beside, y, **OPTIONS).simulate(beside), y) < 0.01


def test_nothing_moves():
    model = identify(np.zeros(100), np.zeros(100), **OPTIONS)
    assert not model.simulate(np.zeros(50)).any()


def test_the_least_record():
    u, y = record(40)
    model = identify(u, y, **OPTIONS)
    assert_finite(model, u, y)
    assert model.order == 1 and model.hidden == 0
    assert nmse(model.simulate(u), y) < 0.01
    with pytest.raises(bt.SizeError, match="39 observed values, expected 40"):
        identify(u, np.where(np.arange(40)[:, None] == 7, np.nan, y))


def test_outputs_known_rarely():
    u, y = record(900)
    rare = np.where(np.random.default_rng(1).random(y.shape) < 0.9, np.nan, y)
    model = identify(u, rare, **OPTIONS)
    assert_finite(model, u, y)
    assert nmse(model.simulate(u), y) < 0.01
    # Every other one: none has known neighbours.
    other = np.where(np.arange(900)[:, None] % 2, np.nan, y)
    model = identify(u[:300], other[:300], **OPTIONS)
    assert nmse(model.simulate(u), y) < 0.01


def test_many_missing_at_the_end():
    u, y = record(400)
    short = np.where(np.arange(400)[:, None] < 80, y, np.nan)
    model = identify(u, short, **OPTIONS)
    assert nmse(model.simulate(u), y) < 0.01
    assert same(model.simulate(u), identify(u[:80], y[:80], **OPTIONS).simulate(u))


def test_empty_sequences():
    u, y = record(300)
    lists = [u[:0], u, u[:5]], [y[:0], y, y[:5]]
    model = identify(*lists, **OPTIONS)
    runs = model.simulate(lists[0])
    assert [len(run) for run in runs] == [0, 300, 5]
    assert nmse(runs[1], y) < 0.01


@pytest.mark.filterwarnings("ignore:simulate. the state of the best member")
@pytest.mark.parametrize("length", [1, 3])
def test_sequences_too_short_for_anything(length):
    u, y = record(150)
    cuts = range(0, 150, length)
    model = identify(
        [u[k : k + length] for k in cuts], [y[k : k + length] for k in cuts], **OPTIONS
    )
    assert np.isfinite(model.simulate(u)).all()


def test_more_channels_than_the_record_tells_of():
    u, y = record(100)
    random = np.random.default_rng(2)
    many = random.normal(size=(100, 30))
    model = identify(many, y, **OPTIONS)
    assert_finite(model, many, y)
    outputs = random.normal(size=(100, 12))
    assert_finite(identify(u, outputs, **OPTIONS), u, outputs)


def test_units():
    """Powers of two change no bit, also where squares of values overflow or vanish."""
    random = np.random.default_rng(0)
    u = random.normal(size=300)
    y = filtered(u, (0.8,)) + 0.5 * np.tanh(filtered(u, (0.5,))) + 0.01 * random.normal(size=300)
    expected = identify(u, y, **OPTIONS)
    for k, j in ((20, -30), (-600, 600)):
        model = identify(u * 2.0**k, y * 2.0**j, **OPTIONS)
        assert same(model.simulate(u * 2.0**k) / 2.0**j, expected.simulate(u))
        assert same(model.predict(-u * 2.0**k, y * 2.0**j) / 2.0**j, expected.predict(-u, y))
        assert same(model.errors / 2.0**j, expected.errors)


@pytest.mark.parametrize(("offset", "scale"), [(1e9, 1.0), (0.0, 1e-12), (1e-3, 1e-12)])
def test_offsets_and_scales(offset, scale):
    u, y = record()
    given, desired = offset + scale * u, offset + scale * y
    model = identify(given, desired, **OPTIONS)
    expected = identify(u, y, **OPTIONS)
    assert model.report.training == pytest.approx(expected.report.training, rel=0.01)
    assert nmse(model.simulate(given), desired) < 0.01


def test_a_short_dead_time_that_states_stand_for_is_told():
    """It is not taken, since it lessens no error: x(t) = 0.8 x(t-1) + u(t-4)."""
    random = np.random.default_rng(3)
    u = random.normal(size=(300, 1))
    y = np.zeros((300, 1))
    for t in range(4, 300):
        y[t] = 0.8 * y[t - 1] + u[t - 4]
    y += 0.05 * random.normal(size=y.shape)
    model = bt.identify(u, y, linear=True, max_order=6, progress=False)
    found = [text for text in model.report.findings if text.startswith("dead time")]
    assert found == [
        "dead time: seems to be 4 steps of input 0; left to the states, which do as well"
    ]
    assert model.delays.tolist() == [0]
