"""The recipe of system identification, on made-up systems."""

import pickle
import re

import backtune as bt
import numpy as np
import pytest
from backtune._identify_data import last_quarter, quarters
from backtune._identify_models import Candidate, make_network
from backtune._identify_race import consensus
from conftest import same


def plant(steps=400, seed=0, bend=0.0, noise=0.0):
    """Simulate two states whose second is bent, in units of its own: (u, y)."""
    random = np.random.default_rng(seed)
    u = np.repeat(random.normal(size=steps // 4 + 1), 4)[:steps]
    x, v, y = 0.3, -0.2, np.empty(steps)
    for t in range(steps):
        y[t] = x
        x, v = 0.8 * x + 0.3 * v + 0.2 * u[t], 0.6 * v + 0.4 * u[t] - bend * x * abs(np.tanh(x))
    y += noise * random.normal(size=steps)
    return 3 + 0.5 * u, 100 + 20 * y


def identify(u, y, **options):
    return bt.identify(u, y, progress=False, **{"max_order": 2, **options})


def error(model, u, y, **options):
    """Return the NMSE of the free run, the first 5 outputs given."""
    return np.mean((model.simulate(u, y[:5], **options)[5:, 0] - y[5:]) ** 2) / np.var(y)


@pytest.fixture(scope="module")
def bent():
    return identify(*plant(600, bend=0.5, noise=1e-3))


def test_linear_system_of_order_two():
    u, y = plant()
    model = identify(u, y, max_order=3)
    assert model.order == 2 and model.hidden == 0
    assert model.report.linear[1] > 100 * model.report.linear[2]
    u, y = plant(seed=1)
    assert error(model, u, y) < 1e-6


def test_noisy_linear_system_stays_linear():
    model = identify(*plant(300, noise=0.3), max_order=3)
    assert model.hidden == 0 and model.order <= 2
    u, y = plant(seed=1)
    assert error(model, u, y) < 0.02


def test_short_record_with_slow_noise_is_no_worse_than_linear():
    # A tanh layer is better on the last quarter, by chance, and worse by half after it.
    random = np.random.default_rng(1)
    u = np.repeat(random.normal(size=(200, 3)), 6, axis=0)
    x, slow, states, noise = np.zeros(3), np.zeros(2), [], []
    for given in u:
        x = np.array([0.95, 0.8, 0.6]) * x + 0.2 * given
        slow = 0.95 * slow + 0.1 * random.normal(size=2)
        states.append(x)
        noise.append(slow)
    clean = np.array(states) @ random.normal(size=(3, 2))
    y = clean + np.array(noise)
    model = identify(u[:200], y[:200])
    errors = [
        np.mean((model.simulate(u[200:], y[200:220], linear=linear) - clean[200:]) ** 2)
        for linear in (False, True)
    ]
    assert errors[0] <= 1.05 * errors[1]


def test_beats_linear_model_on_new_data(bent):
    u, y = plant(seed=1, bend=0.5)
    assert bent.hidden > 0
    assert error(bent, u, y) < 0.1 * error(bent, u, y, linear=True)


def test_first_outputs_set_the_state(bent):
    u, y = plant(seed=2, bend=0.5)
    y0 = y + 0.0
    known, unknown = bent.simulate(u, y0[:5]), bent.simulate(u)
    assert known.shape == unknown.shape == (400, 1)
    assert abs(known[:5, 0] - y[:5]).max() < 0.1 * abs(unknown[:5, 0] - y[:5]).max()
    # Only those given count; with none of them known the state is that of mean inputs.
    y0[5:] = 0
    assert same(bent.simulate(u, y0[:5]), known)
    assert same(bent.simulate(u, np.full(5, np.nan)), unknown)


def test_units(bent):
    u, y = plant(600, bend=0.5, noise=1e-3)
    assert np.allclose([bent.u_mean[0], bent.u_scale[0]], [u.mean(), u.std()])
    assert np.allclose([bent.y_mean[0], bent.y_scale[0]], [y.mean(), y.std()])
    assert abs(bent.simulate(u)[100:, 0] - y[100:]).max() < 0.2 * y.std()


def test_reproducible():
    u, y = plant(160, bend=0.5, noise=1e-2)
    models = [identify(u, y, max_order=1, seed=seed) for seed in (1, 1, 2)]
    weights = [model.linear.get_weights() for model in models]
    assert same(weights[0], weights[1]) and not same(weights[0], weights[2])
    assert same(models[0].net.get_weights(), models[1].net.get_weights())


def test_kept(bent, tmp_path):
    u, y = plant(seed=3)
    expected = bent.simulate(u, y[:5])
    bent.save(tmp_path / "model")
    for copy in (
        pickle.loads(pickle.dumps(bent)),
        bt.IdentifiedModel.load(tmp_path / "model"),
    ):
        assert same(copy.simulate(u, y[:5]), expected)
        assert copy.report == bent.report and repr(copy.report) == repr(bent.report)
    (tmp_path / "other").write_bytes(pickle.dumps(1))
    with pytest.raises(bt.ArgumentError, match="not a model"):
        bt.IdentifiedModel.load(tmp_path / "other")


def test_report(bent):
    report = bent.report
    linear = [trial for trial in report if trial.hidden == 0]
    for name in ("validation", "crossed"):
        least = min(getattr(trial, name) for trial in linear)
        assert getattr(report.chosen, name) < 0.1 * least
    assert sorted(t.validation for t in report) == [t.validation for t in report]
    assert [trial.chosen for trial in report].count(True) == 1
    assert {trial.hidden for trial in report} >= {0, bent.hidden}
    assert 0 < report.training < 0.01 and report.seconds > 0
    assert re.search(r"chosen\n(.*\n)*refitted: NMSE", repr(report))
    assert repr(bent).startswith("<IdentifiedModel: 1 inputs, 1 outputs, ")


def test_report_shows_persistence():
    u = np.random.default_rng(0).normal(size=400)
    y = np.cumsum(np.random.default_rng(1).normal(size=400))
    model = identify(u, y, max_order=1)
    expected = np.mean(np.diff(y) ** 2) / y.var()
    assert np.isclose(model.report.persistence, expected, rtol=1e-12)
    assert model.report.persistence < model.report.training
    assert f"(persistence, y(t) = y(t-1): {expected:.3g})" in repr(model.report)
    # Pairs within a sequence, both known; of unequal gains by that of the later one.
    holes = y.copy()
    holes[::5] = np.nan
    gains = np.linspace(1, 3, 400)
    report = bt.identify([u, u], [holes, holes], [gains, gains], max_order=1, progress=False).report
    steps = np.diff(holes)
    known = np.isfinite(steps)
    expected = np.average(steps[known] ** 2, weights=gains[1:][known]) / np.nanvar(holes)
    assert np.isclose(report.persistence, expected, rtol=1e-12)
    # Every other value known: no pair, and no word.
    holes[1::2] = np.nan
    holes[::2] = y[::2]
    report = identify(u, holes, max_order=1).report
    assert np.isnan(report.persistence) and "persistence" not in repr(report)
    # A report that an earlier release pickled.
    del report.persistence
    assert "refitted: NMSE" in repr(report)


def test_several_sequences_outputs_and_missing_values():
    random = np.random.default_rng(5)
    u, y = [], []
    for seed, steps in ((1, 160), (2, 100)):
        given, out = plant(steps, seed)
        u.append(np.column_stack([given, random.normal(size=steps)]))
        y.append(np.column_stack([out, 5 * np.roll(out, 1) + u[-1][:, 1]]))
        y[-1][0, 1] = np.nan
        y[-1][random.random(y[-1].shape) < 0.1] = np.nan
    model = identify(u, y, max_order=3)
    results = model.simulate(u, [item[:20] for item in y])
    assert [item.shape for item in results] == [(160, 2), (100, 2)]
    for result, desired in zip(results, y):
        assert (np.nanmean((result - desired) ** 2, 0) < 0.01 * np.nanvar(desired, 0)).all()
    assert same(model.simulate(u[0], y[0][:20]), results[0])


def test_constant_output():
    u, _ = plant(100)
    model = identify(u, np.full(100, 7.0))
    assert (model.order, model.hidden) == (1, 0)
    assert np.allclose(model.simulate(u), 7)


def test_constant_input():
    u, y = plant(200)
    assert np.isfinite(identify(np.ones(200), y, max_order=1).simulate(np.ones(300))).all()


def test_consensus_is_the_one_in_the_middle():
    record = last_quarter([np.linspace(-1, 1, 20)[:, None]], [np.zeros((20, 1))])
    candidates = []
    for gain in (3, 1, 0.8):
        net = make_network(1, 1, 1, 0)
        net.weights = {"state_space.x.B": gain, "state_space.y.C": 1}
        candidates.append(Candidate(record, net, 0, 0))
    assert consensus(record, candidates) is candidates[1]
    assert consensus(record, candidates[:2]) is candidates[0]


def test_quarters():
    u, y = np.arange(40.0)[:, None], np.arange(40.0)[:, None]
    parts = quarters(last_quarter([u], [y]))
    assert [part.blocks for part in parts] == [[slice(k, k + 10)] for k in (10, 20, 30)]
    seen = parts[0].estimation()
    assert len(seen[0][0]) == 40 and len(parts[2].estimation()[1][0]) == 30
    assert np.isnan(seen[1][0][10:20]).all() and np.isfinite(seen[1][0][20:]).all()
    assert parts[0].error([y + 2], True) == parts[0].error([y + 2], False) == 4
    # Quarters are of what is observed: 7, 15 and 22 of 30 values are before them.
    y = y.copy()
    y[10:20] = np.nan
    assert [part.blocks[0].start for part in quarters(last_quarter([u], [y]))] == [7, 25, 32]
    # An output that is not seen in a block: that quarter does not count.
    both = np.hstack([np.arange(40.0)[:, None], np.arange(40.0)[:, None]])
    both[6:30, 1] = np.nan  # the first of the blocks at 14, 28 and 42 of 56 values, rows 8 to 22
    assert [part.blocks[0].start for part in quarters(last_quarter([u], [both]))] == [22, 33]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u, y: (u[:7], y[:7]), "7 time steps, expected 8"),
        (lambda u, y: (u[:30], y[:30]), "30 observed values"),
        (lambda u, y: (u[:50], y), "50 time steps of u, 100 of y"),
        (lambda u, y: ([u, u], [y]), "2 sequences of u"),
        (lambda u, y: (np.where(u > u.mean(), np.inf, u), y), "inputs: sequence 0, time .* is inf"),
        (lambda u, y: (u * np.nan, y), "inputs: 0 of 100 values of channel 0 are known"),
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


def test_bad_calls(bent):
    u, y = plant(100)
    with pytest.raises(bt.ArgumentError, match="max_order"):
        identify(u, y, max_order=0)
    with pytest.raises(bt.SizeError, match="100 time steps of u, 101 of y"):
        bent.simulate(u, np.zeros(101))
    with pytest.raises(bt.SizeError, match="2 sequences of u"):
        bent.simulate([u, u], [y])
    with pytest.raises(bt.ArgumentError, match="NaN or infinite"):
        bent.simulate(u * np.nan)


def test_gains():
    u, y = plant(120, bend=0.3)
    holes = np.where(np.arange(120) % 7 == 3, np.nan, y)
    wild = np.where(np.isnan(holes), 1e3, y)
    options = {"max_order": 1}
    missing = identify(u, holes, **options).net.get_weights()
    assert same(identify(u, wild, gains=np.isfinite(holes), **options).net.get_weights(), missing)
    assert np.allclose(identify(u, holes, gains=3, **options).net.get_weights(), missing)
    # A gain that grows with time tells more of the end.
    late = identify(u, y, gains=np.linspace(0.01, 1, 120), **options)
    assert not same(late.net.get_weights(), identify(u, y, **options).net.get_weights())


def test_initial_states():
    lists = [plant(120, seed) for seed in (1, 2)]
    u, y = [pair[0] for pair in lists], [pair[1] for pair in lists]
    model = identify(u, y)
    assert model.initial_states.shape == (2, model.net.state_size)
    for given, desired, start in zip(u, y, model.initial_states):
        scaled = (given.reshape(-1, 1) - model.u_mean) / model.u_scale
        result = model.net.simulate(scaled, start) * model.y_scale + model.y_mean
        assert abs(result[:, 0] - desired).max() < 1e-3 * desired.std()


@pytest.mark.parametrize(
    ("gains", "message"),
    [(np.full(100, -1.0), "gains of sequence 0"), (np.ones(99), "gains"), (0, "0 observed")],
)
def test_bad_gains(gains, message):
    u, y = plant(100)
    with pytest.raises(bt.ArgumentError, match=message):
        identify(u, y, gains=gains)
