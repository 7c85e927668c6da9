"""Records and ends of searches that are at an edge."""

import signal
import warnings
from dataclasses import replace

import backtune as bt
import numpy as np
import pytest
from backtune._engine.data.front import Front, interpolated, medians
from backtune._engine.data.scales import Scale
from backtune.identification import course, delays, linear
from backtune.identification.candidates import Candidate
from backtune.identification.combination import weighted_median
from backtune.identification.fits import Kind
from backtune.identification.linear import least
from backtune.identification.networks import Form, make_network
from backtune.identification.pool import level
from backtune.identification.race import Plan, race
from backtune.identification.records import Record, raced, refitted
from backtune.identification.search import Search

CTRL_C = r"ended by Ctrl-C after \d+ candidates"


def _record(steps, seed=0):
    """Return inputs and outputs of y = x + noise, x(t) = 0.8 x(t-1) + u(t-1)."""
    random = np.random.default_rng(seed)
    u, noise = random.normal(size=(steps, 1)), 0.05 * random.normal(size=(steps, 1))
    x = np.zeros((steps, 1))
    for t in range(1, steps):
        x[t] = 0.8 * x[t - 1] + u[t - 1]
    return u, x + noise


def _fit(u, y, told=None, **options):
    given = {"linear": True, "max_order": 2, "focus": "simulation", "n_jobs": 1}
    with (
        warnings.catch_warnings() if told is None else pytest.warns(bt.BacktuneWarning, match=told)
    ):
        if told is None:
            warnings.simplefilter("error")
        return bt.identify(u, y, progress=False, **(given | options))


def _of(u, y):
    front = Front(Scale.of(u), Scale.of(y), np.zeros(1, dtype=int))
    return Record.of(front, u, y)


@pytest.mark.parametrize("linear", [True, False])
def test_a_time_limit_that_is_over_at_once_still_gives_a_linear_model(linear):
    u, y = _record(200)
    model = _fit(u, y, linear=linear, focus="both", time_limit=1e-6)
    assert model.report.interrupted == "time limit"
    assert model.score(u, y) > 0.98


@pytest.mark.parametrize("how", ["callback", "Ctrl-C"])
def test_an_end_during_preparation_gives_a_linear_model(how):
    def end(report):
        if how == "Ctrl-C":
            signal.raise_signal(signal.SIGINT)
        return True

    u, y = _record(200)
    model = _fit(u, y, CTRL_C if how == "Ctrl-C" else None, callback=end)
    assert model.report.interrupted == how
    assert abs(model.poles()[0] - 0.8) < 0.02


@pytest.mark.parametrize("order", [13, 30])
def test_any_order_that_is_asked_for_is_that_of_the_model(order):
    u, y = _record(300)
    model = _fit(u, y, order=order, time_limit=10)
    assert model.order == order and model.score(u, y) > 0.98


def test_an_order_with_more_weights_than_values_is_tried_all_the_same():
    u, y = _record(60)
    assert _fit(u, y, order=10).order == 10


def test_a_layer_that_the_record_is_too_short_for_is_told():
    u, y = _record(200)
    model = _fit(u, y, linear=False, max_order=1, hidden=40)
    assert model.hidden == 0
    assert any("too few values for 40 nodes" in text for text in model.report.findings)


def test_an_empty_sequence_changes_nothing():
    u, y = _record(200)
    alone, beside = _fit(u, y), _fit([u, np.empty((0, 1))], [y, np.empty((0, 1))])
    assert np.allclose(alone.simulate(u), beside.simulate(u), atol=1e-9)
    assert beside.simulate(np.empty((0, 1))).shape == (0, 1)


def test_no_rows_have_no_medians_and_no_lines():
    assert medians(np.empty((0, 2))).shape == (0, 2)
    assert interpolated(np.empty((0, 2)), 5, 0).shape == (0, 2)


def test_outputs_known_every_fourth_step_warn_of_nothing():
    u, y = _record(400)
    rare = np.where(np.arange(400)[:, None] % 4, np.nan, y)
    assert _fit(u, rare).score(u, y, first=20) > 0.98


def test_outputs_known_late_only():
    u, y = _record(2400)
    y[:2100] = np.nan
    assert _fit(u, y).score(u[2100:], y[2100:], first=50) > 0.98


def test_a_head_reaches_the_first_known_outputs():
    u, y = _record(500)
    late = np.where(np.arange(500)[:, None] < 300, np.nan, y)
    assert list(map(len, _of([u, u], [y, late]).head(100).u)) == [100, 400]


def test_a_large_panel_is_raced_and_refitted_in_part():
    u, y = _record(10)
    record = _of([u] * 16_000, [y] * 16_000)
    assert record.panel
    some, more = raced(record), refitted(record)
    assert 2000 < some.steps < 8000 and 60_000 < more.steps < 160_000
    assert {len(item) for item in some.u + more.u} == {10}
    held = [block.stop > 0 for block in some.blocks]
    assert held == [k % 4 == 3 for k in range(len(held))]


def test_very_many_sequences_are_raced_and_refitted_in_part():
    u, y = _record(30)
    record = _of([u] * 6000, [y] * 6000)
    assert not record.panel
    assert 2000 < raced(record).steps < 8000
    assert 60_000 < refitted(record).steps < 160_000


def test_few_sequences_are_raced_as_before():
    u, y = _record(4000)
    record = _of([u, u], [y, y])
    assert [len(item) for item in raced(record).u] == [1000, 1500] * 2


def test_dead_time_is_looked_for_in_the_first_sequences_of_very_many_steps(monkeypatch):
    monkeypatch.setattr(delays, "_STEPS", 1000)
    u, y = _record(1000)
    late, other = np.roll(y, 7, axis=0), np.random.default_rng(1).normal(size=(1000, 1))
    front = Front(Scale.of([u]), Scale.of([late]), np.zeros(1, dtype=int))
    assert delays.estimated([u, u, u], [late, other, other], front)[0].tolist() == [8]


def test_a_refit_whose_starts_are_lost_changes_nothing(monkeypatch):
    u, y = _record(200)
    record = _of([u], [y])
    net = make_network(Form(1, 1, 1))
    net.weights = {"state_space.x.A": 0.5, "state_space.x.B": 1, "state_space.y.C": 1}
    kind = Kind("output error", Form(1, 1, 1), 0.0)
    item = Candidate(record, net, kind, Search(None))
    monkeypatch.setattr(Candidate, "_starts_of", lambda *_: [np.array([np.nan])])
    weights, starts = item.refit(record)
    assert starts is None
    assert np.array_equal(weights, item.best) and np.array_equal(net.get_weights(), item.best)


def test_subspaces_that_run_away_are_no_candidates(monkeypatch):
    # Errors of the first iterations are infinite: weights of some names fixed are not kept.
    u, y = _record(200)
    monkeypatch.setattr(Record, "error", lambda *_: np.inf)
    record = _of([u], [y])
    found = least(record, Form(1, 1, 1), [2], 0, Search(None))
    assert found.validation == np.inf and found.net.get_weights().size == found.best.size


def test_clocks_without_comparisons_on_quarters_stay_as_they_are():
    u, y = _record(400)
    first = least(_of([u], [y]), Form(1, 1, 1), [1], 0, Search(None)).judge()
    front = replace(first.record.front, factor=2)
    slow = least(Record.of(front, [u], [y]), Form(1, 1, 1), [1], 0, Search(None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        level([first, slow.judge()])
    assert first.crossed is None and slow.crossed is None


def test_those_that_cannot_go_on_in_a_race_are_closed_and_change_nothing():
    u, y = _record(300)
    record, search = _of([u], [y + 0.3 * np.tanh(y)]), Search(None)
    line = least(record, Form(1, 1, 1), [1], 0, search)
    open_after = []

    class Looking(Search):
        def work(self, stage, *given):
            found = super().work(stage, *given)
            if stage == "layers":
                open_after.append(sum(item._estimator is not None for item in found))
                open_after.append(len(found))
            return found

    plan = Plan(work=2e7, hidden=(1, 2))
    found = race([line], plan, 0, Looking(None))
    still, count = open_after
    assert still == max(16, -(-count // 3)) < count
    assert all(item._estimator is None for item in found)


def test_layers_are_raced_for_the_predictions_of_a_panel():
    pairs = [_record(15, seed) for seed in range(40)]
    u, y = [a for a, _ in pairs], [np.where(b > 0, b, 0.2 * b) for _, b in pairs]
    model = _fit(u, y, linear=False, focus="prediction", max_order=1, hidden=1)
    assert any(trial.hidden for trial in model.report)


def test_orders_of_regressions_are_no_orders_of_linear_models():
    u, y = _record(240)
    report = _fit(u, y + 0.3 * np.tanh(y), order=2, focus="both").report
    assert list(report.linear) == [2]
    lags = {trial.order for trial in report if trial.kind == "free arx"}
    assert lags and all(trial.order == 2 for trial in report if not trial.kind.endswith("arx"))


def test_first_outputs_set_the_state_where_sequences_share_their_start():
    pairs = [_record(15, seed) for seed in range(60)]
    model = _fit([u for u, _ in pairs], [y for _, y in pairs])
    # From a state of 5 it falls by a fifth each step; without outputs it begins at 0.
    u, decay = np.zeros((30, 1)), 5 * 0.8 ** np.arange(30)[:, None]
    assert np.abs(model.simulate(u)).max() < 0.1
    assert np.abs(model.simulate(u, decay[:20]) - decay).max() < 0.3


def test_medians_of_two_alike_are_between_them():
    runs = np.array([0.0, 1.0, 4.0, 9.0]).reshape(4, 1, 1)
    assert weighted_median(runs[:2], np.ones(2))[0, 0] == 0.5
    assert weighted_median(runs[:3], np.ones(3))[0, 0] == 1
    assert weighted_median(runs, np.ones(4))[0, 0] == 2.5
    assert weighted_median(runs, np.array([1.0, 0.0, 0.0, 1.0]))[0, 0] == 4.5
    assert weighted_median(runs[:2], np.array([1.0, 0.9]))[0, 0] == 0
    assert weighted_median(np.array([1.0, np.inf]).reshape(2, 1, 1), np.ones(2))[0, 0] == 1


@pytest.mark.parametrize("name", ["scores_of", "held_back_errors", "race", "make_member"])
def test_ctrl_c_between_stages_gives_the_best_so_far(name, monkeypatch):
    u, y = _record(240)
    work, calls = getattr(course, name), []

    def interrupted(*given):
        calls.append(name)
        if len(calls) == 1:
            signal.raise_signal(signal.SIGINT)
        return work(*given)

    monkeypatch.setattr(course, name, interrupted)
    bent = y + 0.3 * np.tanh(y)
    model = _fit(u, bent, CTRL_C, linear=False, focus="both", max_order=1, hidden=1)
    assert model.report.interrupted == "Ctrl-C"
    assert model.score(u, bent) > 0.98


def test_a_second_ctrl_c_is_raised(monkeypatch):
    def interrupted(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(course, "scores_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _fit(*_record(200))


def test_regressions_begin_free_runs_of_an_integrator_where_the_record_did():
    u, y = _record(600)
    total = np.cumsum(y, axis=0)
    model = _fit(u, total, focus="both", time_limit=20)
    assert any(member.kind == "arx" for member in model.members)
    assert model.score(u, total) > 0.99
    assert model.report.training < 4 * model.report.best_member_error + 1e-3


def test_orders_beyond_twenty_are_tried_where_they_are_asked_for(monkeypatch):
    for name in ("ITERATIONS", "_HELD_ITERATIONS", "_DRAWS"):
        monkeypatch.setattr(linear, name, 1)
    monkeypatch.setattr(linear, "_PAYS", -np.inf)
    monkeypatch.setattr(linear, "_VALUES", 1)
    u, y = _record(900)
    orders = [1, 2, 21, 22]
    found = linear.output_error(_of([u], [y]), Form(1, 1, 1), orders, 0, Search(None))
    assert [item.kind.form.order for item in found] == orders
