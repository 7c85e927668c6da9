"""An estimation over several processes is that of one, but for rounding."""

import backtune as bt
import numpy as np
import pytest
from backtune.estimation.processes import SpreadEstimator
from spread_cases import costs, network, sequences, shares, spread, together

RANKS = [1, 2, 3, 4]


def close(a, b, tolerance):
    a, b = np.asarray(a), np.asarray(b)
    return np.abs(a - b).max() <= tolerance * np.abs(b).max()


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

    options = {"initial": "learn", "restarts": restarts}
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
            net.weights.constrain(name, fixed=True)
        return net

    def body(est):
        return est.run(5, progress=False).cost

    alone = body(bt.Estimator(make(), u, y, initial="learn"))
    assert alone[-1] < alone[0]
    for ranks in (2, 4):
        for cost in spread(ranks, make, u, y, body, initial="learn"):
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
        net.weights.constrain("lnl.x2.W", lower=-0.2, upper=0.2)
        net.weights.constrain("lnl.x2.a", fixed=True)
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
