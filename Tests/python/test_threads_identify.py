"""`identify` on several threads: the same model, in the same order, stopped at once."""

import signal
import subprocess
import sys
import threading
import time

import backtune as bt
import numpy as np
import pytest
from backtune._engine.at_once import at_once
from backtune.identification import recipe
from conftest import same
from threads_cases import NUMBERS, on_threads


def record(steps=480, seed=0):
    """Simulate two states, one of them bent: (u, y)."""
    random = np.random.default_rng(seed)
    u = np.repeat(random.normal(size=steps // 4), 4)
    x, v, y = 0.0, 0.0, np.empty(steps)
    for t in range(steps):
        y[t] = x
        x, v = 0.8 * x + 0.3 * v + 0.2 * u[t], 0.6 * v + 0.4 * u[t] - 0.5 * x * abs(np.tanh(x))
    return u, y + 1e-3 * random.normal(size=steps)


def identified(u, y):
    model = bt.identify(u, y, max_order=1, hidden=2, progress=False)
    trials = [
        [t.order, t.hidden, t.draw, t.ridge, t.iterations, t.validation, t.crossed or -1, t.weight]
        for t in model.report
    ]
    weights = [item.net.get_weights() for item in (*model.members, model.linear)]
    runs = [model.simulate(u, y[:5]), model.predict(u, y, 3)]
    return [np.array(trials, dtype=float), *weights, *runs, model.errors]


def test_same_model():
    u, y = record(280)
    one = on_threads(1, lambda: identified(u, y))
    # Linear models, regressions, and layers.
    assert len(one[0]) > 10
    for number in NUMBERS[1:]:
        found = on_threads(number, lambda: identified(u, y))
        assert len(found) == len(one) and all(same(a, b) for a, b in zip(found, one))


def test_bar_shows_candidates_in_their_order(monkeypatch):
    shown = []

    class Bar:
        def __init__(self, *given, **options):
            pass

        def advance(self, text, done, total):
            # The time that is left differs.
            shown.append((text.partition(", about")[0], done, total))

        def __enter__(self):
            return self

        def __exit__(self, *problem):
            pass

    monkeypatch.setattr(recipe, "Progress", Bar)
    u, y = record(240)
    told = []
    for number in NUMBERS:
        shown.clear()
        on_threads(number, lambda: bt.identify(u, y, max_order=1, linear=True))
        told.append(list(shown))
    assert len(told[0]) > 4 and all(item == told[0] for item in told)


PROGRAM = """
import sys, time, threading, numpy as np, backtune as bt
u = np.random.default_rng(0).normal(size=200_000)
y = np.convolve(u, 0.9 ** np.arange(30))[:u.size] + np.tanh(u)
bt.set_threads(int(sys.argv[1]))
print("ready", flush=True)
try:
    ended = bt.identify(u, y, progress=False).report.interrupted
except KeyboardInterrupt:
    ended = "Ctrl-C"  # before there was any model
print(ended, threading.active_count(), flush=True)
"""


@pytest.mark.parametrize("number", NUMBERS)
def test_ctrl_c_comes_out_at_once(number):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(number)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, _ = process.communicate(timeout=30)
        took = time.monotonic() - began
    finally:
        process.kill()
        process.wait()
    assert out == "Ctrl-C 1\n" and process.returncode == 0
    assert took < 5


def test_results_come_in_the_order_of_items():
    def work(item):
        time.sleep(0.02 * (3 - item % 4))
        return item

    assert on_threads(5, lambda: list(at_once(work, range(12)))) == list(range(12))
    assert list(at_once(work, [])) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_no_more_at_once_than_threads(number):
    lock, under_way, most = threading.Lock(), set(), []

    def work(item):
        with lock:
            under_way.add(item)
            most.append(len(under_way))
        time.sleep(0.01)
        with lock:
            under_way.remove(item)

    on_threads(number, lambda: list(at_once(work, range(20))))
    assert len(most) == 20 and max(most) <= number


def test_an_error_stops_those_under_way(long_problem):
    """The others do not begin."""
    net, u, y = long_problem
    begun = []

    def work(item):
        begun.append(item)
        if item == 1:
            time.sleep(0.3)
            raise ValueError("no good")
        with net.copy() as copy, bt.Estimator(copy, u, y) as estimator:
            return estimator.run(100_000, progress=False).stop

    began = time.monotonic()
    with pytest.raises(ValueError, match="no good"):
        # The first never ends by itself.
        on_threads(2, lambda: list(at_once(work, range(4))))
    assert time.monotonic() - began < 10
    assert set(begun) <= {0, 1}


def test_runs_elsewhere_are_not_stopped():
    u, y = bt.datasets.reverse_engineering(2, seed=0)

    def work(item):
        net = bt.lnl_network(2).randomize(item)
        return bt.Estimator(net, u, y).run(5, progress=False).stop

    for result in at_once(work, range(4)):
        assert result != "interrupted"
        break
    assert work(0) != "interrupted"
