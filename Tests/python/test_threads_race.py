"""A race on several threads: counted, traced and stopped in the order of one."""

import threading
import time

import backtune as bt
import numpy as np
import pytest
from conftest import same
from threads_cases import NUMBERS, on_threads, race, racing, trace_values


def equal(found, other):
    return all(same(a, b) for a, b in zip(found, other))


@pytest.mark.parametrize(("units", "steps", "iterations"), [(2, 300, 120), (4, 300, 80)])
def test_trace_weights_and_costs_of_draws(units, steps, iterations):
    one = on_threads(1, lambda: race(units, steps, iterations))
    # Several draws, heats and turns of leaders.
    assert len(one[2]) >= 8 and one[0].shape[1] > 48
    for number in NUMBERS[1:]:
        assert equal(on_threads(number, lambda: race(units, steps, iterations)), one)


def test_conjugate_gradients_that_change_to_the_matrix():
    """More weights than the dense form takes at once."""

    def run():
        estimator = racing(20, 120, restarts=3)
        trace = estimator.run(30, progress=False)
        return [trace_values(trace), estimator.net.get_weights(), np.array(trace.draw_costs)]

    one = on_threads(1, run)
    assert len(one[2]) == 4 and one[1].size > 400
    assert all(equal(on_threads(number, run), one) for number in NUMBERS[1:])


QUESTIONS = {
    "huber": {"criterion": bt.criteria.Huber(nu=0.01)},
    "biweight": {"criterion": bt.criteria.Biweight(nu=0.5)},
    "boolean": {"criterion": "boolean"},
    "means": {"criterion": bt.criteria.Observables([bt.observables.mean(0)])},
    "initial states": {"initial": "learn"},
    "static": {"static": True},
    "sparse weights": {"regularisation": bt.regularisation.SparseWeights(0.01)},
    "sparse activity": {"regularisation": bt.regularisation.SparseActivity(0.01)},
    "orthogonal activity": {"regularisation": bt.regularisation.OrthogonalActivity(0.001)},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_other_questions(question):
    def run():
        u, y = bt.datasets.reverse_engineering(4, seed=3)
        net = bt.lnl_network(4 if question == "sparse weights" else 3).randomize(5)
        estimator = bt.Estimator(net, u, y, restarts=7, **QUESTIONS[question])
        trace = estimator.run(60, progress=False)
        return [trace_values(trace), net.get_weights(), np.array(trace.draw_costs)]

    one = on_threads(1, run)
    assert one[0].shape[1] > 1
    # Who had a session before differs from time to time.
    for number in NUMBERS[1:] * 4:
        assert equal(on_threads(number, run), one)


def test_stops_where_one_thread_does():
    trace = on_threads(1, lambda: race(4, 300, 60))[0]
    costs, nmse = trace[:2]
    # Between two costs of the trace, in the turn of a later draw than the first.
    place = next(k for k in range(8, costs.size) if costs[k] < costs[k - 1])
    target = (costs[place] + costs[place - 1]) / 2
    # Of a start that is worse than the mean, what that mean would cost counts.
    most = min(costs[0], costs[0] / nmse[0] if nmse[0] > 1 else np.inf)
    for options in (
        {"target": target},
        {"tolerance": target / most},
        {"callback": lambda report: report.iteration == place},
    ):
        one = on_threads(1, lambda given=options: race(4, 300, 60, **given))
        assert one[0].shape[1] == place + 1 and same(one[0][0], costs[: place + 1])
        for number in NUMBERS[1:]:
            assert equal(on_threads(number, lambda given=options: race(4, 300, 60, **given)), one)
    for iterations in (0, 1, 5, 6, 7, 13, 20):
        one = on_threads(1, lambda count=iterations: race(4, 300, count))
        assert one[0].shape[1] == iterations + 1
        assert same(one[0][0], costs[: iterations + 1])
        for number in NUMBERS[1:]:
            assert equal(on_threads(number, lambda count=iterations: race(4, 300, count)), one)


def test_runs_and_steps_with_numbers_of_threads_in_turns():
    whole = on_threads(1, lambda: race(4, 300, 43))

    def run():
        estimator = racing(4, 300)
        for number, count in ((2, 7), (1, 3), (5, 12), (2, 1), (5, 2), (1, 2)):
            bt.set_threads(number)
            estimator.run(count, progress=False)
        for number in (1, 2, 5):
            bt.set_threads(number)
            estimator.step()
            estimator.cost, estimator.gradient()
        bt.set_threads(2)
        trace = estimator.run(13, progress=False)
        return [trace_values(trace), estimator.net.get_weights(), np.array(trace.draw_costs)]

    assert equal(on_threads(1, run), whole)


def test_callback_sees_the_weights_of_every_iteration():
    def run():
        estimator = racing(4, 300)
        seen = []
        estimator.run(
            30,
            progress=False,
            callback=lambda report: seen.append([report.cost, *estimator.net.get_weights()]),
        )
        return np.array(seen)

    one = on_threads(1, run)
    assert one.shape[0] == 30
    assert all(same(on_threads(number, run), one) for number in NUMBERS[1:])


@pytest.mark.parametrize("number", [2, 5])
def test_ctrl_c_keeps_the_best_and_it_goes_on(number):
    import signal

    def run():
        estimator = racing(6, 4000)
        first = estimator.cost
        began = time.perf_counter()
        timer = threading.Timer(0.7, signal.raise_signal, [signal.SIGINT])
        timer.start()
        trace = estimator.run(5000, progress=False, tolerance=0, target=0)
        took = time.perf_counter() - began
        timer.join()
        assert trace.stop == "interrupted" and took < 5
        kept = estimator.cost
        assert kept == trace.cost[-1] <= first
        assert estimator.run(10, progress=False).cost[-1] <= kept
        return kept

    assert np.isfinite(on_threads(number, run))


@pytest.mark.parametrize("number", NUMBERS)
def test_stopped_at_any_poll_it_goes_on(number):
    """Stopped again and again inside iterations, it loses nothing, and ends as well."""
    import ctypes

    from backtune._engine import abi

    def run():
        estimator = racing(4, 2000)
        stop = ctypes.c_int32()
        costs = [np.inf]
        for polls in (1, 3, 5, 2, 7, 4, 9, 6):
            left = [polls]

            def poll(handle, event, data, left=left):
                left[0] -= event == abi.EVENT_POLL
                return int(left[0] <= 0)

            callback = abi.Callback(poll)
            abi.lib.bt_estimator_run(estimator._pointer, callback, None, ctypes.byref(stop))
            assert stop.value == 5  # BT_STOP_CALLBACK
            costs.append(estimator.cost)
            assert costs[-1] <= costs[-2]
            assert estimator.trace.cost.size == 0 or estimator.trace.cost[-1] == costs[-1]
        estimator.run(60, progress=False)
        assert estimator.cost <= costs[-1]
        return estimator.cost

    whole = on_threads(1, lambda: race(4, 2000, 60))[0][0, -1]
    assert on_threads(number, run) <= 3 * whole
