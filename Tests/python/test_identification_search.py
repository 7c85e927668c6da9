"""Options of `identify`, and its ends from outside."""

import signal
import subprocess
import sys
import time

import backtune as bt
import numpy as np
import pytest
from conftest import same
from identify_cases import identify, nmse, plant


@pytest.fixture(scope="module")
def bent():
    return plant(320, bend=0.5, noise=1e-2)


# ---- Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, "order: 0 came"),
        ({"order": 1.5}, "order"),
        ({"order": "two"}, "order"),
        ({"max_order": 0}, "max_order: 0 came"),
        ({"max_order": -1}, "max_order: -1 came"),
        ({"hidden": -1}, "hidden: -1 came"),
        ({"hidden": 2.5}, "hidden"),
        ({"hidden": 2, "linear": True}, "hidden: 2 came with linear=True"),
        ({"linear": "yes"}, "linear: 'yes' came, expected True or False"),
        ({"linear": 1}, "linear: 1 came"),
        ({"delay": -1}, "delay: -1 came, expected whole numbers"),
        ({"delay": 0.5}, "delay: 0.5 came"),
        ({"delay": [1, 2]}, r"delay: \[1, 2\] came, expected a number, or 1 of them"),
        ({"delay": "late"}, "delay: 'late' came"),
        ({"delay": 320}, "delay: 320 came, the longest sequence has 320 time steps"),
        ({"delay": np.nan}, "delay: nan came"),
        ({"input_lag": 2}, "input_lag: 2 came, expected 0 or 1"),
        ({"focus": "both!"}, "focus: 'both!' came, expected 'simulation', 'prediction', 'both'"),
        ({"focus": None}, "focus: None came"),
        ({"time_limit": 0}, "time_limit: 0 came, expected more than 0"),
        ({"time_limit": -1.0}, "time_limit: -1.0 came"),
        ({"time_limit": np.nan}, "time_limit: nan came"),
        ({"time_limit": "soon"}, "time_limit"),
        ({"n_jobs": 0}, "n_jobs: 0 came, expected 1 or more, or -1"),
        ({"n_jobs": -2}, "n_jobs: -2 came"),
        ({"n_jobs": 1.5}, "n_jobs"),
        ({"seed": -1}, "seed"),
        ({"missing": "guess"}, "missing"),
    ],
)
def test_bad_options(bent, options, message):
    with pytest.raises((bt.ArgumentError, TypeError), match=message):
        bt.identify(*bent, progress=False, **options)


def test_order(bent):
    model = identify(*bent, order=3, linear=True)
    states = [trial for trial in model.report if not trial.kind.endswith("arx")]
    assert {trial.order for trial in states} == {3} and model.order == 3
    # Orders of regressions are numbers of lags.
    kinds = {trial.kind for trial in model.report}
    assert kinds == {"output error", "prediction", "arx", "free arx"}
    several = identify(*bent, max_order=2, linear=True)
    assert {t.order for t in several.report if t.kind == "prediction"} == {1, 2}


def test_hidden(bent):
    straight = identify(*bent, hidden=0, max_order=1, focus="simulation")
    linear = identify(*bent, linear=True, max_order=1, focus="simulation")
    u, _ = bent
    assert same(straight.simulate(u), linear.simulate(u))
    assert {trial.hidden for trial in linear.report} == {0}
    model = identify(*bent, hidden=3, max_order=1, focus="simulation")
    assert {trial.hidden for trial in model.report} == {0, 3}


def test_focus(bent):
    u, y = bent
    errors = {}
    for focus in ("simulation", "prediction"):
        model = identify(u, y, focus=focus, hidden=3)
        kinds = {trial.kind for trial in model.report if trial.hidden}
        assert kinds == {"output error" if focus == "simulation" else "prediction"}
        errors[focus] = [nmse(model.predict(u, y, horizon), y) for horizon in (1, None)]
    assert errors["simulation"][1] < 1.05 * errors["prediction"][1]
    assert errors["prediction"][0] < 0.2 * errors["simulation"][0]


def test_input_lag():
    random = np.random.default_rng(0)
    u = random.normal(size=200)
    model = identify(u, np.cumsum(u) * 0 + u, input_lag=0, max_order=1, linear=True)
    assert nmse(model.simulate(u), u) < 1e-8


# ---- Ends


def told(count):
    """Return a callback that ends the search at its call of that number, and what it was told."""
    reports = []

    def callback(report):
        reports.append(report)
        return len(reports) >= count

    return callback, reports


def test_callback(bent):
    callback, reports = told(10**9)
    model = identify(*bent, max_order=1, hidden=2, callback=callback)
    assert model.report.interrupted is None
    stages = [report.stage for report in reports]
    for stage in ("preparation", "linear", "predictors", "regressions", "layers", "heats"):
        assert stage in stages
    assert stages[0] == "preparation" and stages[-1] == "refitted"
    assert [report.done for report in reports] == list(range(1, len(reports) + 1))
    least, before = np.inf, 0.0
    for report in reports:
        least = min(least, report.error)
        assert report.best == least
        assert report.done <= report.total
        assert report.seconds >= before and report.seconds_left >= 0
        before = report.seconds
    # What is done of the whole never grows less, and is all of it at the end.
    gone = [r.seconds / (r.seconds + r.seconds_left) for r in reports]
    assert all(b >= a - 1e-12 for a, b in zip(gone, gone[1:])) and 0 < gone[0] < 0.1
    assert reports[-1].done == reports[-1].total
    assert reports[-1].seconds_left == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 6, 9, 30, 60])
def test_a_callback_ends_the_search(bent, count):
    u, y = bent
    callback, reports = told(count)
    model = identify(u, y, hidden=2, callback=callback)
    assert len(reports) == count
    assert model.report.interrupted == "callback"
    assert "ended early: callback" in repr(model.report)
    # At least linear models are there.
    assert nmse(model.simulate(u), y) < 0.2
    assert np.isfinite(model.errors).all()


def test_errors_of_a_callback_come_out(bent):
    def callback(report):
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        identify(*bent, callback=callback)


@pytest.mark.parametrize("limit", [1e-9, 0.3])
def test_time_limit(bent, limit):
    u, y = bent
    began = time.monotonic()
    model = bt.identify(u, y, time_limit=limit, progress=False)
    assert time.monotonic() - began < limit + 6
    assert model.report.interrupted == "time limit"
    assert nmse(model.simulate(u), y) < 0.2


def test_time_limit_that_is_not_reached(bent):
    options = {"max_order": 1, "linear": True, "focus": "simulation"}
    model = identify(*bent, time_limit=600, **options)
    assert model.report.interrupted is None
    assert same(model.simulate(bent[0]), identify(*bent, **options).simulate(bent[0]))


PROGRAM = """
import sys, numpy as np, backtune as bt
u = np.random.default_rng(0).normal(size=1500)
y = np.convolve(u, 0.9 ** np.arange(30))[:u.size] + np.tanh(u)
best = []
def callback(report):
    best.append(report)
    if report.stage == "layers" and not callback.said:
        callback.said = True
        print("now", flush=True)
callback.said = False
model = bt.identify(u, y, progress=False, callback=callback, max_order=2, hidden=2)
print(model.report.interrupted, np.mean((model.simulate(u)[:, 0] - y) ** 2) / y.var() < 0.1)
"""


def test_ctrl_c_gives_the_best_so_far():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, error = process.communicate(timeout=60)
        took = time.monotonic() - began
    finally:
        process.kill()
        process.wait()
    assert out == "Ctrl-C True\n", error
    assert took < 15


def test_ctrl_c_before_there_is_any_model(bent, monkeypatch):
    from backtune.identification import search

    def stopped(*given):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(search, "at_once", stopped)
    with pytest.raises(KeyboardInterrupt):
        identify(*bent)
