"""What takes long and is ended by Ctrl-C: how fast it answers, and what it leaves."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from dataclasses import dataclass
from typing import Any, Callable

import backtune as bt
import numpy as np


@dataclass
class Case:
    """Something to interrupt.

    Attributes
    ----------
    work : callable
        What takes long. It may return, or raise KeyboardInterrupt.
    usable : callable
        Raises AssertionError where what is left is not as promised; given the result, None where
        there is none.
    """

    work: Callable[[], Any]
    usable: Callable[[Any], None]


def interrupt(case: Case, after: float) -> float | None:
    """Send SIGINT so many seconds after the work began; return the time of the answer.

    None where the work was done before.
    """
    lock, state = threading.Lock(), {"runs": False, "sent": 0.0}

    def send() -> None:
        with lock:
            if state["runs"]:
                state["sent"] = time.perf_counter()
                os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    result = None
    try:
        state["runs"] = True
        timer.start()
        result = case.work()
        ended = time.perf_counter()
        with lock:
            state["runs"] = False
    except KeyboardInterrupt:
        ended = time.perf_counter()
        state["runs"] = False
    timer.cancel()
    timer.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    case.usable(result)
    return ended - state["sent"] if state["sent"] else None


def _estimation(net: bt.Network, u: Any, y: Any, **options: Any) -> Case:
    drawn, estimators = net.copy(), []

    def work() -> Any:
        # As drawn: weights that are set are not raced.
        fresh = drawn.copy()
        estimators.append(bt.Estimator(fresh, u, y, **options))
        return estimators[-1].run(progress=False)

    def usable(trace: Any) -> None:
        if not estimators:
            return
        estimator = estimators.pop()
        weights = estimator.net.get_weights()
        assert np.isfinite(weights).all()
        if trace is None:  # it came before the run
            return
        assert np.array_equal(weights, estimator.get_weights())
        assert trace.stop_reason == "interrupted by the user" or len(trace) > 0
        assert len(trace) == 0 or estimator.cost <= min(report.cost for report in trace)
        assert np.isfinite(estimator.net.simulate(u[:20])).all()
        # It goes on from there.
        estimator.run(max_iterations=0, progress=False)

    return Case(work, usable)


def _same_after(net: bt.Network, work: Callable[[], Any]) -> Case:
    """Do work that changes nothing."""
    weights = net.get_weights()

    def usable(result: Any) -> None:
        assert np.array_equal(net.get_weights(), weights)
        assert np.isfinite(net.simulate(np.zeros((5, net.inputs)))).all()

    return Case(work, usable)


def _teacher(units: int, steps: int) -> tuple[Any, Any]:
    u = bt.random.normal(steps, seed=3).reshape(-1, 1)
    return u, bt.lnl_network(units).randomize(1).simulate(u)


def gauss_newton() -> Case:
    """Run tangents of long records."""
    return _estimation(bt.lnl_network(8).randomize(2), *_teacher(8, 100_000))


def many_weights() -> Case:
    """Solve normal equations of 1,700 weights."""
    u, y = _teacher(40, 3000)
    return _estimation(bt.lnl_network(40).randomize(2), u, y, method="gauss-newton", restarts=0)


def backward_tuning() -> Case:
    """Take steps of the local second order, with line searches."""
    u, y = _teacher(8, 60_000)
    return _estimation(bt.lnl_network(8).randomize(2), u, y, method="backward-tuning")


def wide_nodes() -> Case:
    """Invert matrices of order 900."""
    u = bt.random.normal(4000, seed=3).reshape(-1, 1)
    y = bt.lnl_network(4).randomize(1).simulate(u)
    net = bt.Network(1)
    net.reservoir(900, outputs=1, seed=1)
    net.randomize(1)
    return _estimation(net, u, y, method="backward-tuning")


def readout() -> Case:
    """Solve a linear readout of 1,200 nodes."""
    u = bt.random.normal(6000, seed=3).reshape(-1, 1)
    y = bt.lnl_network(4).randomize(1).simulate(u)
    net = bt.Network(1)
    net.reservoir(1200, outputs=1, seed=1)
    net.randomize(1)
    return _estimation(net, u, y)


def race() -> Case:
    """Race draws of weights."""
    return _estimation(bt.lnl_network(8).randomize(2), *_teacher(8, 20_000), restarts=16)


def observables() -> Case:
    """Project states on desired means."""
    u, y = _teacher(2, 50_000)
    net = bt.lnl_network(2).randomize(2)
    means = [bt.observables.mean(0), bt.observables.autocorrelation(0, 5)]
    criterion = bt.criteria.Observables(means)
    return _estimation(net, u, y, criterion=criterion, method="backward-tuning")


def uncertainty() -> Case:
    """Find singular values of 1,000 weights and more."""
    u, y = _teacher(34, 3000)
    net = bt.lnl_network(34).randomize(2)
    # Of an estimator that remembers nothing.
    return _same_after(net, lambda: bt.Estimator(net, u, y).uncertainty())


def band() -> Case:
    """Find bands of a long record."""
    u, y = _teacher(24, 40_000)
    net = bt.lnl_network(24).randomize(2)
    found = bt.Estimator(net, u[:900], y[:900]).uncertainty()
    return _same_after(net, lambda: found.band(u))


def simulate() -> Case:
    """Run a long record through a network."""
    net = bt.lnl_network(24).randomize(2)
    u = bt.random.normal(1_000_000, seed=3).reshape(-1, 1)
    return _same_after(net, lambda: net.simulate(u))


def states() -> Case:
    """Run a long record, and keep the values of every group."""
    net = bt.lnl_network(16).randomize(2)
    u = bt.random.normal(1_500_000, seed=3).reshape(-1, 1)
    return _same_after(net, lambda: net.simulate(u, states=True, return_state=True))


def simulate_measured() -> Case:
    """Run a network freely that reads what was measured of itself."""
    net = bt.Network(1)
    net.lnl(24, feedback="measured")
    net.randomize(2)
    u = bt.random.normal(1_000_000, seed=3).reshape(-1, 1)
    return _same_after(net, lambda: net.simulate(u))


def reservoir() -> Case:
    """Run a reservoir, of which few weights count."""
    net = bt.Network(1)
    net.reservoir(1000, outputs=1, seed=1)
    net.randomize(1)
    u = bt.random.normal(20_000, seed=3).reshape(-1, 1)
    return _same_after(net, lambda: net.simulate(u))


def gradient() -> Case:
    """Take the derivative of a long record's outputs."""
    net = bt.lnl_network(16).randomize(2)
    u = bt.random.normal(800_000, seed=3).reshape(-1, 1)
    slopes = np.ones((len(u), 1))
    return _same_after(net, lambda: net.gradient(u, slopes))


def _asked(ask: Callable[[bt.Estimator], Any]) -> Case:
    """Ask an estimator that has found nothing; what it says afterwards is what it said before."""
    net = bt.lnl_network(16).randomize(2)
    estimator = bt.Estimator(net, *_teacher(16, 800_000))
    before = estimator.cost
    case = _same_after(net, lambda: ask(estimator))
    usable = case.usable

    def same(result: Any) -> None:
        usable(result)
        assert estimator.cost == before and len(estimator.trace) == 0

    case.usable = same
    return case


def cost() -> Case:
    """Find what the weights cost."""
    return _asked(lambda estimator: estimator.cost)


def cost_gradient() -> Case:
    """Find the derivative of the cost."""
    return _asked(lambda estimator: estimator.gradient())


def output_nmse() -> Case:
    """Find the errors of each output."""
    return _asked(lambda estimator: estimator.output_nmse)


def predict() -> Case:
    """Predict steps ahead from every time of a record."""
    net = bt.Network(1)
    net.state_space(6, hidden=4, feedback="measured")
    net.randomize(1)
    u = bt.random.normal(40_000, seed=3).reshape(-1, 1)
    return _same_after(net, lambda: net.predict(u, u, 64))


def export() -> Case:
    """Write the code of a network of a million weights."""
    net = bt.lnl_network(1000).randomize(1)
    return _same_after(net, lambda: net.export(format="c"))


def save() -> Case:
    """Write the JSON form of a network of a million weights."""
    import tempfile

    net = bt.lnl_network(1000).randomize(1)
    path = os.path.join(tempfile.mkdtemp(), "net.json")
    net.save(path)
    with open(path, "rb") as file:
        content = file.read()
    case = _same_after(net, lambda: net.save(path))
    usable = case.usable

    def whole(result: Any) -> None:
        usable(result)
        with open(path, "rb") as file:
            assert file.read() == content
        assert os.listdir(os.path.dirname(path)) == ["net.json"]

    case.usable = whole
    return case


def identify() -> Case:
    """Follow the whole recipe, on threads."""
    u = bt.random.normal(1500, seed=3).reshape(-1, 1)
    y = bt.lnl_network(3).randomize(1).simulate(u)[:, :1]

    def work() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bt.identify(u, y, progress=False)

    def usable(model: Any) -> None:
        if model is not None:
            assert np.isfinite(model.simulate(u[:50])).all()

    return Case(work, usable)


def forecast() -> Case:
    """Forecast in one call."""
    y = bt.datasets.mackey_glass(1200).ravel()

    def work() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bt.forecast(y, 20)

    def usable(found: Any) -> None:
        if found is not None:
            assert np.isfinite(found.mean).all()

    return Case(work, usable)


CASES = [
    gauss_newton,
    many_weights,
    backward_tuning,
    wide_nodes,
    readout,
    race,
    observables,
    uncertainty,
    band,
    simulate,
    states,
    simulate_measured,
    reservoir,
    gradient,
    cost,
    cost_gradient,
    output_nmse,
    predict,
    export,
    save,
    identify,
    forecast,
]
