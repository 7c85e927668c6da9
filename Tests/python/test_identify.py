"""The recipe of system identification, on made-up systems."""

import pickle
import re

import backtune as bt
import numpy as np
import pytest
from conftest import same
from identify_cases import ahead, identify, plant


@pytest.fixture(scope="module")
def bent():
    return identify(*plant(600, bend=0.5, noise=1e-3), hidden=4)


def test_linear_system_of_order_two():
    u, y = plant()
    model = identify(u, y, max_order=3)
    assert model.order == 2 and model.hidden == 0
    assert model.report.linear[1] > 100 * model.report.linear[2]
    # Exact: no layer was tried.
    assert all(trial.hidden == 0 for trial in model.report)
    u, y = plant(seed=1)
    assert ahead(model, u, y) < 1e-6


def test_noisy_linear_system_stays_linear():
    model = identify(*plant(300, noise=0.3), max_order=20)
    assert model.hidden == 0 and model.order <= 2
    u, y = plant(seed=1)
    assert ahead(model, u, y) < 0.02


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
    assert bent.hidden == 4
    assert ahead(bent, u, y) < 0.1 * ahead(bent, u, y, linear=True)


def test_first_outputs_set_the_state(bent):
    u, y = plant(seed=2, bend=0.5)
    y0 = y + 0.0
    known, unknown = bent.simulate(u, y0[:5]), bent.simulate(u)
    assert known.shape == unknown.shape == (400, 1)
    assert abs(known[:5, 0] - y[:5]).max() < 0.1 * abs(unknown[:5, 0] - y[:5]).max()
    # Only those given count; with none of them known the state is that of the record.
    y0[5:] = 0
    assert same(bent.simulate(u, y0[:5]), known)
    assert same(bent.simulate(u, np.full(5, np.nan)), unknown)


def test_units(bent):
    u, y = plant(600, bend=0.5, noise=1e-3)
    front = bent.members[0].front
    assert np.allclose([front.u.mean[0], front.u.deviation[0]], [u.mean(), u.std()])
    assert np.allclose([front.y.mean[0], front.y.deviation[0]], [y.mean(), y.std()])
    assert abs(bent.simulate(u)[100:, 0] - y[100:]).max() < 0.2 * y.std()


def test_reproducible():
    u, y = plant(240, bend=0.5, noise=1e-2)
    models = [
        identify(u, y, max_order=1, hidden=2, focus="simulation", seed=seed) for seed in (1, 1, 2)
    ]
    runs = [model.simulate(u) for model in models]
    assert same(runs[0], runs[1]) and not same(runs[0], runs[2])
    for one, two in zip(models[0].members, models[1].members):
        assert same(one.net.get_weights(), two.net.get_weights())


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
    with pytest.raises(bt.ArgumentError, match=r"other: .*pickle"):
        bt.IdentifiedModel.load(tmp_path / "other")


def test_report(bent):
    report = bent.report
    linear = [trial for trial in report if trial.hidden == 0 and not trial.kind.endswith("arx")]
    for name in ("validation", "crossed"):
        least = min(value for t in linear if (value := getattr(t, name)) is not None)
        assert getattr(report.chosen, name) < 0.1 * least
    assert sorted(t.validation for t in report) == [t.validation for t in report]
    assert [trial.chosen for trial in report].count(True) == 1
    assert {trial.hidden for trial in report} == {0, bent.hidden}
    kinds = {trial.kind for trial in report}
    assert kinds == {"output error", "prediction", "arx", "free arx"}
    assert 0 < report.training < 0.01 and report.seconds > 0
    assert report.interrupted is None and report.findings == []
    assert re.search(r"chosen\n(.*\n)*refitted: NMSE", repr(report))
    assert repr(bent).startswith("<IdentifiedModel: 1 inputs, 1 outputs, ")
    # By hand: errors on the record, in free run from its start.
    u, y = plant(600, bend=0.5, noise=1e-3)
    for kind, error in (("linear", report.linear_error), ("all", report.training)):
        run = bent.simulate(u, linear=kind == "linear")[:, 0]
        assert error == pytest.approx(np.mean((run - y) ** 2) / y.var(), rel=1e-9)


def test_members(bent):
    """They are what counts: at most 30, the weights by their errors, one of each among them."""
    assert 1 < len(bent.members) <= 30
    assert bent.report.chosen is bent.members[0].trial
    assert [m.trial.weight for m in bent.members] == bent.weights().tolist()
    assert [m.trial.prediction_weight for m in bent.members] == bent.weights(1).tolist()
    assert bent.weights().max() == bent.weights(1).max() == 1
    # Regressions and linear predictors do not simulate what is bent, as by their scores.
    for member, weight in zip(bent.members, bent.weights()):
        if member.kind == "arx":
            assert weight < 0.01
    known = {id(trial): row for row, trial in enumerate(bent.report)}
    assert all(bent.candidates[known[id(m.trial)]] is m for m in bent.members)


def test_errors_are_those_of_held_back_parts(bent):
    """As of new data of the same kind, within a factor of two, in the units of the outputs."""
    u, y = plant(1000, seed=5, bend=0.5, noise=1e-3)
    found = []
    for horizon in (1, 5, 20, None):
        found.append((bent.predict(u, y, horizon)[60:, 0] - y[60:]).std())
    assert bent.errors.shape == (4, 1)
    ratio = bent.errors[:, 0] / found
    assert ((0.5 < ratio) & (ratio < 2)).all()


def test_report_shows_persistence():
    u = np.random.default_rng(0).normal(size=400)
    y = np.cumsum(np.random.default_rng(1).normal(size=400))
    model = identify(u, y, max_order=1, linear=True, focus="simulation")
    expected = np.mean(np.diff(y) ** 2) / y.var()
    assert np.isclose(model.report.persistence, expected, rtol=1e-12)
    assert model.report.persistence < model.report.training
    assert f"(persistence, y(t) = y(t-1): {expected:.3g})" in repr(model.report)
    # Pairs within a sequence, both known; of unequal gains by that of the later one.
    holes = y.copy()
    holes[::5] = np.nan
    gains = np.linspace(1, 3, 400)
    options = {"max_order": 1, "linear": True, "focus": "simulation"}
    report = identify([u, u], [holes, holes], [gains, gains], **options).report
    steps = np.diff(holes)
    known = np.isfinite(steps)
    expected = np.average(steps[known] ** 2, weights=gains[1:][known]) / np.nanvar(holes)
    assert np.isclose(report.persistence, expected, rtol=1e-12)
    # Every other value known: no pair, and no word.
    holes[1::2] = np.nan
    holes[::2] = y[::2]
    report = identify(u, holes, **options).report
    assert np.isnan(report.persistence) and "persistence" not in repr(report)


def test_several_sequences_outputs_and_missing_values():
    random = np.random.default_rng(5)
    u, y = [], []
    for seed, steps in ((1, 160), (2, 100)):
        given, out = plant(steps, seed)
        u.append(np.column_stack([given, random.normal(size=steps)]))
        y.append(np.column_stack([out, 5 * np.roll(out, 1) + u[-1][:, 1]]))
        y[-1][0, 1] = np.nan
        y[-1][random.random(y[-1].shape) < 0.1] = np.nan
    model = identify(u, y, max_order=3, linear=True)
    results = model.simulate(u, [item[:20] for item in y])
    assert [item.shape for item in results] == [(160, 2), (100, 2)]
    for result, desired in zip(results, y):
        assert (np.nanmean((result - desired) ** 2, 0) < 0.01 * np.nanvar(desired, 0)).all()
    assert same(model.simulate(u[0], y[0][:20]), results[0])


def test_initial_states():
    lists = [plant(120, seed) for seed in (1, 2)]
    u, y = [pair[0] for pair in lists], [pair[1] for pair in lists]
    model = identify(u, y)
    member = model.members[0]
    assert model.initial_states.shape == (2, model.net.state_size)
    for given, desired, start in zip(u, y, model.initial_states):
        scaled = (given.reshape(-1, 1) - member.front.u.mean) / member.front.u.deviation
        result = model.net.simulate(scaled, start) * member.front.y.deviation + member.front.y.mean
        assert abs(result[:, 0] - desired).max() < 1e-3 * desired.std()
