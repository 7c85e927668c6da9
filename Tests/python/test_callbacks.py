"""The user's callback, progress bar and Ctrl-C during a run."""

import gc
import os
import signal
import threading
import time

import backtune as bt
import numpy as np
import pytest
from conftest import same


def test_a_report_per_iteration(problem):
    reports = []
    trace = bt.Estimator(*problem).run(5, progress=False, callback=reports.append)
    assert reports == trace[1:]
    assert [report.iteration for report in reports] == list(range(1, len(trace)))


def test_returning_true_stops(problem):
    trace = bt.Estimator(*problem).run(
        50, progress=False, callback=lambda report: report.iteration == 3
    )
    assert len(trace) == 4 and trace.stop_reason.startswith("stopped by the caller")


class OwnError(Exception):
    pass


@pytest.mark.parametrize("kind", [ValueError, OwnError, KeyboardInterrupt, SystemExit, MemoryError])
def test_an_exception_comes_out_and_the_best_weights_stay(problem, kind):
    net, u, y = problem
    expected = net.copy()
    bt.Estimator(expected, u, y).run(3, progress=False)
    error = kind("at three")

    def callback(report):
        if report.iteration == 3:
            raise error

    estimator = bt.Estimator(net, u, y)
    with pytest.raises(kind) as caught:
        estimator.run(50, progress=False, callback=callback)
    assert caught.value is error
    assert same(net.get_weights(), expected.get_weights())
    assert len(estimator.run(1, progress=False)) > 3


def test_collection_inside_the_callback(problem):
    net, u, y = problem

    def callback(report):
        gc.collect(0)

    calls = []
    for _ in range(20):
        estimator = bt.Estimator(net.randomize(1), u, y)
        estimator.run(50, progress=False, callback=lambda r: (calls.append(r), callback(r))[1])
    assert len(calls) > 500


def test_reading_is_allowed_inside_and_running_is_not(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    seen = []

    def callback(report):
        seen.append((estimator.cost, estimator.get_weights(), len(estimator.trace)))
        with pytest.raises(bt.BusyError):
            estimator.step()
        with pytest.raises(bt.BusyError):
            estimator.close()
        with pytest.raises(bt.BusyError):
            net.set_weights(np.zeros(24))

    trace = estimator.run(3, progress=False, callback=callback)
    assert [cost for cost, _, _ in seen] == list(trace.cost[1:])
    with pytest.raises(bt.BusyError):
        estimator.run(3, progress=False, callback=lambda report: estimator.run(1))


def test_another_run_inside_the_callback(problem):
    net, u, y = problem
    inner = []

    def callback(report):
        inner.append(bt.Estimator(net.copy(), u, y).run(1, progress=False))

    bt.Estimator(net, u, y).run(3, progress=False, callback=callback)
    assert len(inner) == 3


def test_progress_line(problem, capsys, monkeypatch):
    bt.Estimator(*problem).run(5)
    assert capsys.readouterr().err == ""  # nobody looks
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    bt.Estimator(*problem).run(5, callback=lambda report: None)
    shown = capsys.readouterr().err
    assert "NMSE" in shown and "cost" in shown and shown.count("\n") <= 2
    with pytest.raises(ValueError):
        bt.Estimator(*problem).run(5, callback=lambda report: int("x"))
    assert capsys.readouterr().err.count("\n") <= 2


def test_ctrl_c_in_the_middle(long_problem):
    net, u, y = long_problem
    start = net.get_weights()
    estimator = bt.Estimator(net, u, y)
    first = estimator.cost
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(2.0, interrupt)
    timer.start()
    trace = estimator.run(progress=False)
    waited = time.monotonic() - sent[0]
    timer.join()
    assert waited < 2
    assert trace.stop_reason == "interrupted by the user"
    assert estimator.cost <= first and np.all(np.isfinite(net.get_weights()))
    assert same(net.get_weights(), estimator.get_weights())
    assert same(net.get_weights(), start) or estimator.cost < first
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_inside_the_callback(problem):
    def callback(report):
        if report.iteration == 2:
            signal.raise_signal(signal.SIGINT)
            time.sleep(60)

    begin = time.monotonic()
    trace = bt.Estimator(*problem).run(50, progress=False, callback=callback)
    assert time.monotonic() - begin < 10
    assert trace.stop_reason == "interrupted by the user" and len(trace) == 3


def test_ctrl_c_in_a_nested_run(problem, long_problem):
    net, u, y = problem
    stopped = []

    def callback(report):
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        stopped.append(bt.Estimator(*long_problem).run(progress=False).stop_reason)

    trace = bt.Estimator(net, u, y).run(50, progress=False, callback=callback)
    assert stopped == ["interrupted by the user"]
    assert trace.stop_reason == "interrupted by the user" and len(trace) == 2


def test_ctrl_c_in_a_step(long_problem):
    estimator = bt.Estimator(*long_problem)
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            estimator.step()
    timer.join()


def test_handlers_of_the_user(problem, long_problem):
    seen = []

    def handler(number, frame):
        seen.append(number)
        raise OwnError

    old = signal.signal(signal.SIGINT, handler)
    try:
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(OwnError):
            bt.Estimator(*long_problem).run(progress=False)
        assert seen == [signal.SIGINT] and signal.getsignal(signal.SIGINT) is handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        bt.Estimator(*problem).run(2, progress=False)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, old)


SIGINT_PROGRAM = """
import sys, numpy as np, backtune as bt
u = bt.random.normal(100_000, seed=3).reshape(-1, 1)
y = bt.lnl_network(8).randomize(1).simulate(u)
net = bt.lnl_network(8).randomize(2)
estimator = bt.Estimator(net, u, y)
first = estimator.cost
print("ready", flush=True)
trace = estimator.run()
assert trace.stop_reason == "interrupted by the user", trace.stop_reason
assert estimator.cost <= first and np.array_equal(net.get_weights(), estimator.get_weights())
print("kept", flush=True)
"""


def test_sigint_from_outside():
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-c", SIGINT_PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, shown = process.communicate(timeout=30)
    assert time.monotonic() - begin < 2
    assert output == "kept\n" and process.returncode == 0, shown
    assert shown.count("\n") < 20


# What runs for half a second and takes little memory.
SLOW, STEPS = 400, 20_000


def send_soon(handler, work, after=0.03):
    """Do work during which Ctrl-C comes, with a handler of one's own; return what comes of it."""
    gc.collect()  # Python drops what a handler raises while what others left is freed
    old = signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        return work()
    finally:
        timer.join()
        assert signal.getsignal(signal.SIGINT) is handler
        signal.signal(signal.SIGINT, old)


@pytest.mark.parametrize("form", ["outputs", "states", "gradient", "cost", "gradient of the cost"])
def test_a_handler_of_one_s_own_ends_calls_that_take_long(form):
    net, steps = bt.lnl_network(SLOW).randomize(1), STEPS
    u, y = bt.random.normal(steps, seed=2), np.ones((steps, 1))
    estimator = bt.Estimator(net, u, y) if "cost" in form else None
    if estimator:
        estimator.cost  # noqa: B018
    work = {
        "outputs": lambda: net.simulate(u),
        "states": lambda: net.simulate(u, states=True),
        "gradient": lambda: net.gradient(u, y),
        "cost": lambda: estimator.cost,
        "gradient of the cost": lambda: estimator.gradient(),
    }[form]

    def handler(number, frame):
        raise OwnError("stop")

    weights = net.get_weights()
    with pytest.raises(OwnError, match="stop"):
        send_soon(handler, work)
    assert same(net.get_weights(), weights) and same(net.simulate(u[:5]), net.simulate(u[:9])[:5])


def test_a_handler_may_simulate_itself():
    net, other = bt.lnl_network(SLOW).randomize(1), bt.lnl_network(16).randomize(2)
    u, found = bt.random.normal(STEPS, seed=2), []
    expected, others = net.simulate(u), other.simulate(u)

    def handler(number, frame):
        found.append(other.simulate(u))

    with pytest.raises(KeyboardInterrupt):
        send_soon(handler, lambda: net.simulate(u))
    assert len(found) == 1 and same(found[0], others) and same(net.simulate(u), expected)
