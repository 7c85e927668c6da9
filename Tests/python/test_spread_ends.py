"""Estimations over several processes: how they end, and what is not spread."""

import itertools
import threading

import backtune as bt
import numpy as np
import pytest
from backtune.estimation.processes import SpreadEstimator
from spread_cases import Joined, costs, network, sequences, shares, spread, together


def test_a_callback_of_any_process_stops_all():
    u, y = sequences()

    def body(est):
        callback = (lambda report: report.iteration == 2) if est.rank == 1 else None
        trace = est.run(50, progress=False, callback=callback)
        return trace.stop, len(trace.cost), est.net.get_weights()

    found = spread(3, network, u, y, body)
    assert {item[:2] for item in found} == {("callback", 3)}
    assert all(np.array_equal(item[2], found[0][2]) for item in found)


def test_an_exception_in_a_callback_comes_to_all():
    u, y = sequences()

    def body(est):
        def fail(report):
            if est.rank == 1 and report.iteration == 2:
                raise LookupError("where was it? \N{GREEK SMALL LETTER OMEGA}")

        try:
            est.run(50, progress=False, callback=fail)
        except Exception as error:
            # All are in step still.
            return error, est.run(2, progress=False).cost
        return None

    found = spread(3, network, u, y, body, restarts=0)
    assert [type(error).__name__ for error, _ in found] == [
        *("OtherProcessError", "LookupError", "OtherProcessError")
    ]
    assert isinstance(found[0][0], bt.ProcessesError)
    assert str(found[2][0]) == "process 1 was stopped by LookupError: where was it? \u03c9"
    assert all(np.array_equal(cost, found[0][1]) for _, cost in found)


@pytest.mark.parametrize("restarts", [0, 3])
def test_an_interruption_stops_all_with_the_best_weights(restarts):
    """What a poll in the middle of an iteration says comes to all at the same place."""
    from backtune._engine.callbacks import stop_by

    u, y = sequences(count=40)

    def body(est):
        event = threading.Event()
        if est.rank == 0:
            stop_by(event)
            threading.Timer(0.3, event.set).start()
        trace = est.run(100_000, tolerance=0, progress=False)
        return trace.stop, len(trace.cost), est.cost, est.net.get_weights()

    def make():
        return network(size=12)

    found = spread(2, make, u, y, body, restarts=restarts)
    assert {item[0] for item in found} == {"interrupted"}
    assert all(item[1:3] == found[0][1:3] for item in found)
    assert all(np.array_equal(item[3], found[0][3]) for item in found)
    check = bt.Estimator(make(), u, y)
    check.net.set_weights(found[0][3])
    assert check.cost == pytest.approx(found[0][2], rel=1e-12)


def test_a_reduction_that_fails_ends_the_run():
    u, y = sequences()
    calls = [0, 0]

    def body(rank, combine):
        def failing(values, operation):
            calls[rank] += 1
            if calls[rank] == 60 and rank == 1:
                raise OSError("the cable is out")
            combine(values, operation)

        own_u, own_y = shares(u, 2)[rank], shares(y, 2)[rank]
        est = SpreadEstimator(network(), own_u, own_y, failing, rank, 2)
        return est.run(100, progress=False)

    with pytest.raises(OSError, match="the cable is out"):
        together(2, body)
    assert max(calls) <= 60


def test_a_failure_stays_until_the_reduction_is_set_again():
    u, y = sequences()
    broken = [True]

    def combine(values, operation):
        if broken[0]:
            raise OSError("no")

    est = SpreadEstimator(network(), u, y, combine, 0, 1)
    with pytest.raises(OSError, match="no"):
        est.gradient()
    broken[0] = False
    with pytest.raises(bt.ProcessesError, match="it answered 1 to process 0 of 1"):
        est.gradient()
    est._spread()
    assert est.gradient()[0] == pytest.approx(bt.Estimator(network(), u, y).cost, rel=1e-13)


@pytest.mark.parametrize("what", ["weights", "options", "fixed"])
def test_processes_that_differ(what):
    u, y = sequences()

    def body(rank, combine):
        net = network(seed=1 + (rank if what == "weights" else 0))
        if what == "fixed" and rank == 1:
            name = next(iter(net.weights))
            net.weights.constrain(name, fixed=True)
        est = SpreadEstimator(net, shares(u, 2)[rank], shares(y, 2)[rank], combine, rank, 2)
        return est.run(4 + (rank if what == "options" else 0), progress=False)

    with pytest.raises(bt.ProcessesError, match="processes 0 and 1 differ"):
        together(2, body)


def test_processes_that_differ_later():
    u, y = sequences()

    def body(est):
        est.run(2, progress=False)
        est.net.set_weights(est.net.get_weights() * (1 - 0.1 * est.rank))
        est.run(2, progress=False)

    with pytest.raises(bt.ProcessesError, match="processes 0 and 1 differ"):
        spread(2, network, u, y, body)


def test_what_is_not_spread():
    u, y = sequences()
    refused = "initial_states: 1, expected 0 "
    with pytest.raises(bt.ArgumentError, match=refused + "with the method backward-tuning"):
        spread(2, network, u, y, costs, initial="learn", method="backward-tuning")
    with pytest.raises(bt.ArgumentError, match=refused + "for uncertainty"):
        spread(2, network, u, y, lambda est: est.uncertainty(), initial="learn")
    orthogonal = bt.regularisation.OrthogonalActivity(0.1)
    with pytest.raises(bt.ArgumentError, match=refused + "with observables or orthogonal"):
        spread(2, network, u, y, costs, initial="learn", regularisation=orthogonal)
    with pytest.raises(bt.ArgumentError, match="missing: 'model' came"):
        spread(2, network, u, y, costs, missing="model")
    with pytest.raises(bt.ArgumentError, match="validation: it came"):
        spread(2, network, u, y, lambda est: est.run(2, validation=(u, y)))


def test_data_that_only_some_have():
    u, y = sequences()

    def nothing(rank, combine):
        hidden = [np.full_like(item, np.nan) for item in y]
        return SpreadEstimator(network(), u, hidden, combine, rank, 2).cost

    with pytest.raises(bt.ArgumentError, match="no value is observed in any process"):
        together(2, nothing)

    def some(rank, combine):
        own = y if rank == 0 else [np.full_like(item, np.nan) for item in y]
        return SpreadEstimator(network(), u, own, combine, rank, 2).cost

    expected = bt.Estimator(network(), u, y).cost
    assert together(2, some) == pytest.approx([expected] * 2, rel=1e-13)


def test_what_is_sent_does_not_grow_with_the_data():
    sent = []
    for length in (50, 5000):
        rng = np.random.default_rng(0)
        u = [rng.normal(size=(length, 1)) for _ in range(2)]
        y = [np.tanh(item) for item in u]
        joined = Joined(1)
        est = SpreadEstimator(network(), u, y, joined.combine(0), 0, 1, restarts=0)
        est.gradient()
        sent.append(est.bytes_sent)
        assert est.bytes_sent == 8 * sum(size for _, size in joined.calls)
    assert sent[0] == sent[1] < 8 * 500


def test_own_results_of_a_process_without_sequences():
    u, y = sequences(count=2)

    def body(est):
        est.run(2, progress=False)
        return est.simulate(), est.uncertainty().standard_errors

    found = spread(4, network, u, y, body)
    assert found[3][0] == []
    assert sum(len(item[0]) for item in found) == 2
    errors = [list(item[1].values())[0] for item in found]
    assert all(np.array_equal(item, errors[0]) for item in errors)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0, 1e300, 0.5])
def test_a_reduction_may_answer_anything(wrong):
    """Numbers of things that are none are told; nothing else is more than another cost."""
    u, y = [list(part) for part in zip(*[(np.ones((9, 1)) * k, np.ones((9, 1))) for k in range(4)])]
    told = 0
    for call in range(2, 24, 3):

        def run(rank, combine, call=call):
            calls = itertools.count(1)

            def combined(values, operation):
                combine(values, operation)
                if next(calls) == call:
                    values[: max(1, values.size - 1)] = wrong

            own = slice(2 * rank, 2 * rank + 2)
            net = bt.lnl_network(2).randomize(seed=0)
            try:
                est = SpreadEstimator(net, u[own], y[own], combined, rank, 2, criterion="l1")
                est.run(2, progress=False)
            except (bt.ProcessesError, bt.ArgumentError) as error:
                return str(error)
            return None

        answers = together(2, run)
        assert answers[0] == answers[1]
        told += "of a number of things, expected" in (answers[0] or "")
    assert told > 0 or wrong == 0.5
