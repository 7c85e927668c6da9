"""An estimation over several processes is that of one, but for rounding."""

import itertools
import threading

import backtune as bt
import numpy as np
import pytest
from backtune._spread import SpreadEstimator
from spread_cases import Joined, network, sequences, shares, spread, together

RANKS = [1, 2, 3, 4]


def close(a, b, tolerance):
    a, b = np.asarray(a), np.asarray(b)
    return np.abs(a - b).max() <= tolerance * np.abs(b).max()


def costs(est):
    return est.run(3, progress=False).cost


def first_costs(ranks, make, u, y, **options):
    """Assert that the first costs are those of one process, and return them."""
    setting = options.pop("setting", {})

    def body(est):
        for name, value in setting.items():
            est.set_option(name, value)
        trace = est.run(3, progress=False)
        return trace.cost, est.net.get_weights()

    alone = bt.Estimator(make(), u, y, missing="error", **options)
    expected, _ = body(alone)
    found = spread(ranks, make, u, y, body, **options)
    for cost, weights in found:
        assert len(cost) == len(expected)
        assert cost == pytest.approx(expected, rel=1e-10)
        # All have the same, to the bit.
        assert np.array_equal(weights, found[0][1])
        assert np.array_equal(cost, found[0][0])
    return expected


@pytest.mark.parametrize("ranks", RANKS)
def test_costs_and_gradients(ranks):
    u, y = sequences()
    alone = bt.Estimator(network(), u, y)
    cost, gradient = alone.gradient()
    found = spread(ranks, network, u, y, lambda est: (*est.gradient(), est.cost, est.nmse))
    for own, slopes, again, nmse in found:
        assert own == pytest.approx(cost, rel=1e-13) and again == own
        assert nmse == pytest.approx(alone.nmse, rel=1e-13)
        assert close(slopes, gradient, 1e-13)
        assert np.array_equal(slopes, found[0][1])


@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_first_costs(ranks, method):
    u, y = sequences()
    expected = first_costs(ranks, network, u, y, method=method)
    assert expected[-1] < 0.9 * expected[0]


@pytest.mark.parametrize("ranks", [2, 4])
def test_first_costs_by_conjugate_gradients(ranks):
    u, y = sequences()
    first_costs(ranks, network, u, y, method="gauss-newton", restarts=0, setting={"dense": 0})


@pytest.mark.parametrize("criterion", ["l1", "l0", "huber", "biweight", "boolean"])
@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_pointwise_criteria(criterion, method):
    u, y = sequences()
    first_costs(3, network, u, y, method=method, criterion=criterion)


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_likelihoods(method):
    rng = np.random.default_rng(0)
    u = [rng.normal(size=(30, 1)) for _ in range(5)]

    def classes():
        net = bt.Network(inputs=1)
        net.softmax(2)
        return net.randomize(seed=1)

    y = [np.eye(2)[rng.integers(0, 2, 30)] for _ in range(5)]
    first_costs(2, classes, u, y, method=method, criterion="cross-entropy")


def test_observables():
    u, y = sequences()
    reference = np.concatenate(y)
    of = bt.observables
    criterion = bt.criteria.Observables(
        [of.mean(0), of.product(0, 0), of.autocorrelation(0, 2)], reference=reference
    )
    # Of one process alone the states are re-estimated too.
    tuned = {"method": "backward-tuning", "reestimation": False}
    first_costs(3, network, u, y, criterion=criterion, **tuned)
    first_costs(4, network, u, y, criterion=criterion, method="gauss-newton", restarts=0)
    plain = bt.criteria.Observables([of.mean(0)])
    with pytest.raises(bt.ArgumentError, match="expected a reference"):
        spread(2, network, u, y, costs, criterion=plain)


@pytest.mark.parametrize(
    "regularisation",
    [
        bt.regularisation.Ridge(0.1),
        bt.regularisation.SparseActivity(0.01),
        bt.regularisation.OrthogonalActivity(0.01),
        bt.regularisation.ActivityBound(0.01, 1.0, 2.0),
    ],
    ids=lambda item: type(item).__name__,
)
@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_regularisations(regularisation, method):
    u, y = sequences()
    first_costs(3, network, u, y, method=method, regularisation=regularisation)


@pytest.mark.parametrize("ranks", [2, 4])
def test_sparse_removal(ranks):
    u, y = sequences()
    penalty = bt.regularisation.SparseWeights(0.02)

    def body(est):
        est.run(40, progress=False)
        return est.net.get_weights()

    alone = body(bt.Estimator(network(), u, y, regularisation=penalty, restarts=0))
    found = spread(ranks, network, u, y, body, regularisation=penalty, restarts=0)
    assert (alone == 0).any()
    for weights in found:
        assert np.array_equal(weights == 0, alone == 0)
        assert close(weights, alone, 1e-6)


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_options_of_the_data(ranks):
    u, plain = sequences(outputs=2)
    y = [item * [1, 100] + [0, 1000] for item in plain]

    def make():
        return network(outputs=2)

    first_costs(ranks, make, u, y, gains="balanced", washout=3)
    first_costs(ranks, make, u, plain, static=True, restarts=0)
    rng = np.random.default_rng(1)
    gains = [rng.uniform(0, 2, item.shape) for item in y]
    first_costs(ranks, make, u, plain, gains=gains)
    # Whose unit and offset come from all of the data.
    first_costs(ranks, make, [1e3 + 50 * item for item in u], y, gains="balanced")


def test_initial_states_that_are_given():
    u, y = sequences()
    rng = np.random.default_rng(2)
    initial = [rng.normal(size=network().state_size) for _ in u]

    def run(est):
        return est.run(3, progress=False).cost

    for method in ("gauss-newton", "backward-tuning"):
        alone = run(bt.Estimator(network(), u, y, initial=initial, method=method))
        for ranks in (2, 4):
            parts = list(zip(*(shares(item, ranks) for item in (u, y, initial))))

            def body(rank, combine, ranks=ranks, parts=parts, method=method):
                own_u, own_y, starts = parts[rank]
                given = {"initial": starts} if starts else {}
                est = SpreadEstimator(
                    network(), own_u, own_y, combine, rank, ranks, method=method, **given
                )
                return run(est)

            for found in together(ranks, body):
                assert found == pytest.approx(alone, rel=1e-10)


def test_shared_initial_states_are_learnt():
    u, y = sequences()

    def make():
        net = bt.Network(inputs=1)
        h = net.lnl(3, activation="tanh", initial="learn")
        net.linear(1, sources=[h.lag(0)])
        return net.randomize(seed=1)

    for method in ("gauss-newton", "backward-tuning"):
        first_costs(4, make, u, y, method=method)


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("restarts", [0, 2])
def test_initial_states_of_sequences_stay_where_they_are(ranks, restarts):
    u, y = sequences()
    rng = np.random.default_rng(4)
    # Outputs that begin anywhere.
    y = [item + rng.normal() * 0.7 ** np.arange(len(item))[:, None] for item in y]

    def body(est):
        trace = est.run(3, progress=False)
        return trace.cost, est.net.get_weights(), est.initial_states

    options = {"initial_states": True, "restarts": restarts}
    cost, weights, starts = body(bt.Estimator(network(), u, y, **options))
    plain = bt.Estimator(network(), u, y, restarts=restarts).run(3, progress=False).cost
    assert cost[-1] < plain[-1]
    found = spread(ranks, network, u, y, body, **options)
    for own in found:
        assert own[0] == pytest.approx(cost, rel=1e-10)
        assert np.array_equal(own[0], found[0][0]) and np.array_equal(own[1], found[0][1])
        assert close(own[1], weights, 1e-7)
    own = [state for item in found for state in item[2]]
    assert len(own) == len(u) and close(own, starts, 1e-6)


def test_initial_states_alone_are_learnt():
    u, y = sequences()
    y = [item + 0.7 ** np.arange(len(item))[:, None] for item in y]

    def make():
        net = network()
        for name in net.weights:
            net.weights.fix(name)
        return net

    def body(est):
        return est.run(5, progress=False).cost

    alone = body(bt.Estimator(make(), u, y, initial_states=True))
    assert alone[-1] < alone[0]
    for ranks in (2, 4):
        for cost in spread(ranks, make, u, y, body, initial_states=True):
            assert cost == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("horizon", [1, (1, None)])
def test_measured_feedback(ranks, horizon):
    u, y = sequences()

    def make():
        net = bt.Network(inputs=1)
        net.lnl(1, activation="tanh", feedback="measured")
        return net.randomize(seed=1)

    first_costs(ranks, make, u, y, horizon=horizon)


@pytest.mark.parametrize("ranks", [2, 4])
def test_trajectories_that_part(ranks):
    rng = np.random.default_rng(0)
    y = [np.empty((150, 1)) for _ in range(5)]
    for item in y:
        item[0] = rng.uniform(0.2, 0.8)
        for t in range(1, len(item)):
            item[t] = 4 * item[t - 1] * (1 - item[t - 1])

    def parabola():
        net = bt.Network(inputs=0)
        out, square = net.learnware(1, "out"), net.firmware(1, "square")
        known = out.measured().lag(1)
        square.add(1.0, ("square", known))
        out.connect(known, "W").connect(square.lag(0), "V")
        net.observe(out)
        net.set_weights([4 - 4e-6, -4 + 4e-6])
        return net

    def body(est):
        trace = est.run(0, progress=False)
        return trace.one_step_nmse, trace.free_horizon

    u = [len(item) for item in y]
    nmse, horizon = body(bt.Estimator(parabola(), u, y))
    assert 10 < horizon < 25
    for own in spread(ranks, parabola, u, y, body):
        assert own == (pytest.approx(nmse, rel=1e-9), horizon)


@pytest.mark.parametrize("ranks", RANKS)
def test_readouts(ranks):
    u, y = sequences()

    def make():
        net = bt.Network(inputs=1)
        net.reservoir(20, seed=3)
        return net

    expected = first_costs(ranks, make, u, y)
    # One step solves it.
    assert expected[1] < 0.5 * expected[0]


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_bounds_signs_and_fixed_weights(method):
    u, y = sequences()

    def make():
        net = network()
        net.weights.set_bounds("lnl.x2.W", -0.2, 0.2)
        net.weights.fix("lnl.x2.a")
        return net

    expected = first_costs(3, make, u, y, method=method)
    free = bt.Estimator(network(), u, y, method=method).run(3, progress=False).cost
    assert expected[-1] != free[-1]


@pytest.mark.parametrize("ranks", [2, 4])
def test_sequences_side_by_side(ranks):
    """Many of similar length: in lanes, other ones in each process."""
    rng = np.random.default_rng(6)
    u = [rng.normal(size=(length, 1)) for length in rng.integers(38, 41, 50)]
    y = [np.tanh(np.cumsum(item, axis=0) / 5) for item in u]
    cost, gradient = bt.Estimator(network(), u, y).gradient()
    for own, slopes in spread(ranks, network, u, y, lambda est: est.gradient()):
        assert own == pytest.approx(cost, rel=1e-13) and close(slopes, gradient, 1e-13)
    first_costs(ranks, network, u, y, restarts=0)


@pytest.mark.parametrize("ranks", [2, 4])
def test_uncertainty(ranks):
    u, y = sequences()

    def body(est):
        report = est.uncertainty()
        return report, est.net.get_weights()

    alone, _ = body(bt.Estimator(network(), u, y))
    all_of_them = spread(ranks, network, u, y, body)
    deviations = [item for found, _ in all_of_them for item in found.deviation]
    assert len(deviations) == len(alone.deviation)
    for own, other in zip(deviations, alone.deviation):
        assert close(own, other, 1e-9)
    for found, _ in all_of_them:
        assert found.rank == alone.rank
        assert found.output_noise == pytest.approx(alone.output_noise, rel=1e-12)
        assert found.noise == pytest.approx(alone.noise, rel=1e-12)
        assert close(found.covariance, alone.covariance, 1e-9)


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
def test_same_bits_for_the_same_shares(method):
    u, y = sequences()

    def body(est):
        trace = est.run(8, progress=False)
        return est.net.get_weights(), trace.cost

    once = spread(3, network, u, y, body, method=method)
    before = bt.get_threads()
    try:
        for threads in (1, 3):
            bt.set_threads(threads)
            again = spread(3, network, u, y, body, method=method)
            for (weights, cost), (other, others) in zip(once, again):
                assert np.array_equal(weights, other) and np.array_equal(cost, others)
    finally:
        bt.set_threads(before)


def test_the_same_verdict():
    u, y = sequences()

    def make():
        return network(size=2)

    def body(est):
        trace = est.run(200, progress=False)
        return trace.stop, est.nmse

    stop, nmse = body(bt.Estimator(make(), u, y, restarts=0))
    found = spread(3, make, u, y, body, restarts=0)
    assert {item[0] for item in found} == {stop} == {"converged"}
    assert [item[1] for item in found] == pytest.approx([nmse] * 3, rel=1e-6)


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
    from backtune._callbacks import stop_by

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
            net.weights.fix(name)
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
        spread(2, network, u, y, costs, initial_states=True, method="backward-tuning")
    with pytest.raises(bt.ArgumentError, match=refused + "for uncertainty"):
        spread(2, network, u, y, lambda est: est.uncertainty(), initial_states=True)
    orthogonal = bt.regularisation.OrthogonalActivity(0.1)
    with pytest.raises(bt.ArgumentError, match=refused + "with observables or orthogonal"):
        spread(2, network, u, y, costs, initial_states=True, regularisation=orthogonal)
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
