"""Horizons in turn and together, and what is said where trajectories part."""

import math
import signal

import backtune as bt
import numpy as np
import pytest
from conftest import same


def network(hidden=0, outputs=1, inputs=1):
    """Return a network that reads its outputs as measured, and perhaps some tanh nodes."""
    net = bt.Network(inputs)
    out = net.learnware(outputs, "out", bias=True)
    net.observe(out)
    read = [out.measured().lag(1)] + ([net.input.lag(1)] if inputs else [])
    if hidden:
        h = net.lnl(hidden, "h", activation="tanh", sources=read)
        out.connect(h.lag(0), "C")
    for place, source in enumerate(read):
        out.connect(source, f"D{place}")
    return net.randomize(0)


@pytest.fixture
def record():
    """Return inputs and noisy outputs of a first-order system: (u, y)."""
    u = bt.random.normal(200, seed=1).reshape(-1, 1)
    y, noise = np.zeros((200, 1)), bt.random.normal(200, seed=2)
    for t in range(1, 200):
        y[t] = np.tanh(0.8 * y[t - 1] + 0.5 * u[t - 1] + 0.2 * noise[t])
    return u, y


@pytest.fixture(scope="module")
def butterfly():
    return bt.datasets.lorenz(600, seed=1)


def test_stages_share_the_limit_and_go_on_from_each_other(record):
    net, by_hand = network(4), network(4)
    est = bt.Estimator(net, *record, horizon=[1, 4, None])
    trace = est.run(20, progress=False)
    assert [name for name, _ in trace.stages] == ["1", "4"]
    assert [len(stage) - 1 for _, stage in trace.stages] == [6, 7] and len(trace) - 1 == 7
    assert est.get_option("max_iterations") == bt.Estimator(net, *record).get_option(
        "max_iterations"
    )
    for horizon, stage in zip([1, 4, None], [*(stage for _, stage in trace.stages), trace]):
        other = bt.Estimator(by_hand, *record, horizon=horizon)
        expected = other.run(len(stage) - 1, progress=False)
        assert same(stage.cost, expected.cost) and stage.stop == expected.stop
    assert same(net.get_weights(), by_hand.get_weights())
    assert [name for name, _ in est.trace.stages] == ["1", "4"]
    assert same(est.trace.cost, trace.cost) and est.cost == trace.cost[-1]


def test_iterations_that_a_stage_leaves_go_to_those_that_follow(record):
    # Linear: the first stage is one step, and knows that it is done.
    est = bt.Estimator(network(), *record, horizon=[1, 2], restarts=0)
    trace = est.run(20, progress=False)
    first = len(trace.stages[0][1]) - 1
    assert trace.stages[0][1].stop == "converged" and first < 10
    assert len(trace) - 1 <= 20 - first
    # No stage but the first goes on with iterations of before.
    est = bt.Estimator(network(), *record, horizon=[1, 1, 1, 1], restarts=0)
    trace = est.run(40, progress=False)
    done = [len(stage) - 1 for stage in [*(stage for _, stage in trace.stages), trace]]
    assert sum(done) <= 40 and {stage.stop for _, stage in trace.stages} == {"converged"}
    nothing = bt.Estimator(network(3), *record, horizon=[1, 2, None]).run(0, progress=False)
    assert [len(stage) for _, stage in nothing.stages] == [1, 1] and len(nothing) == 1


def test_a_run_that_is_stopped_goes_on_where_it_was(record):
    net, plain = network(4), network(4)
    est = bt.Estimator(net, *record, horizon=[1, 4])
    seen = []

    def third(report):
        seen.append(report.iteration)
        return len(seen) == 3

    trace = est.run(10, progress=False, callback=third)
    assert trace.stop == "callback" and trace.stages == [] and len(trace) == 4
    # The stage has three iterations more than the run that goes on with it.
    trace = est.run(12, progress=False)
    assert [(name, len(stage) - 1) for name, stage in trace.stages] == [("1", 9)]
    assert len(trace) - 1 == 6
    bt.Estimator(plain, *record, horizon=1).run(9, progress=False)
    bt.Estimator(plain, *record, horizon=4).run(6, progress=False)
    assert same(net.get_weights(), plain.get_weights())
    # At the last one further runs go on.
    again = est.run(2, progress=False)
    assert len(again) - 1 == 8 and [name for name, _ in again.stages] == ["1"]


def test_interrupted_in_the_middle(record):
    net = network(4)
    est = bt.Estimator(net, *record, horizon=[1, 4])
    count = []

    def press(report):
        count.append(report)
        if len(count) == 7:
            signal.raise_signal(signal.SIGINT)

    trace = est.run(10, progress=False, callback=press)
    assert trace.stop == "interrupted" and [name for name, _ in trace.stages] == ["1"]
    assert len(trace) - 1 <= 3 and same(net.get_weights(), est.get_weights())
    assert est.run(4, progress=False).stages[0][0] == "1"


def test_an_exception_of_a_callback_leaves_the_options(record):
    est = bt.Estimator(network(4), *record, horizon=[1, 4])
    limit = est.get_option("max_iterations")

    def fail(report):
        raise ValueError("seen")

    with pytest.raises(ValueError, match="seen"):
        est.run(10, progress=False, callback=fail)
    assert est.get_option("max_iterations") == limit
    assert est.run(10, progress=False).stages


def test_weights_that_were_set_come_back_where_the_last_horizon_would_cost_more(record):
    net = network(4)
    bt.Estimator(net, *record, horizon=None).run(100, progress=False)
    found, free = net.get_weights(), bt.Estimator(net, *record).cost
    # The one-step predictor in few iterations leaves that minimum, and one step does not come back.
    trace = bt.Estimator(net, *record, horizon=[1, None]).run(2, progress=False)
    assert trace.cost[-1] > free
    assert same(net.get_weights(), found)
    assert trace.stop_reason.endswith("the weights of the start cost less at the last horizon")
    # Weights as drawn are nothing to go back to.
    drawn = network(4)
    trace = bt.Estimator(drawn, *record, horizon=[1, None]).run(0, progress=False)
    assert "start" not in trace.stop_reason


def test_weights_come_back_that_a_sparse_stage_took_away(record):
    net, sparse = network(4), bt.regularisation.SparseWeights(0.03)
    bt.Estimator(net, *record, regularisation=sparse).run(100, progress=False)
    for name in net.weights:
        net.weights.constrain(name, fixed=False)
    found = net.get_weights()
    est = bt.Estimator(net, *record, horizon=[1, None], regularisation=sparse)
    trace = est.run(16, progress=False)
    assert sum(item.removed.sum() for item in est.connections()) > 0
    assert trace.stop_reason.endswith("the weights of the start cost less at the last horizon")
    assert same(net.get_weights(), found)


def test_together_costs_add(record):
    net = network(4)
    costs = [bt.Estimator(net, *record, horizon=h).cost for h in (1, 5, None)]
    pair = bt.Estimator(net, *record, horizon=(1, 5, None))
    assert pair.cost == pytest.approx(np.mean(costs), rel=1e-12)
    gradients = [bt.Estimator(net, *record, horizon=h).gradient()[1] for h in (1, 5, None)]
    assert np.allclose(pair.gradient()[1], np.mean(gradients, axis=0), rtol=1e-10, atol=1e-14)
    assert math.isnan(pair.get_option("horizon"))
    trace = bt.Estimator(net, *record, horizon=[1, (1, None)]).run(4, progress=False)
    assert [name for name, _ in trace.stages] == ["1"]


def test_progress_shows_every_stage(record, capsys, monkeypatch):
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    est = bt.Estimator(network(3), *record, horizon=[1, (4, None)])
    est.run(4)
    text = capsys.readouterr().err
    assert text.count("2/2") == 2


def test_validation_is_of_the_horizons_of_the_stage(record):
    u, y = record
    net = network(4)
    weights = []
    est = bt.Estimator(net, u[:100], y[:100], horizon=[1, (3, None)])
    trace = est.run(
        6,
        progress=False,
        validation=(u[100:], y[100:]),
        patience=100,
        callback=lambda report: weights.append(est.get_weights()),
    )
    stages = [trace.stages[0][1], trace]
    assert [len(stage.validation) for stage in stages] == [4, 4]
    spread = ((y[100:] - y[100:].mean()) ** 2).sum()

    def error(values, *horizons):
        other = net.copy()
        other.set_weights(values)
        runs = [other.predict(u[100:], y[100:], horizon) for horizon in horizons]
        return np.mean([((run - y[100:]) ** 2).sum() for run in runs]) / spread

    for place in range(3):
        assert stages[0].validation[1 + place] == pytest.approx(error(weights[place], 1), rel=1e-9)
        expected = error(weights[3 + place], 3, None)
        assert stages[1].validation[1 + place] == pytest.approx(expected, rel=1e-9)
    assert error(net.get_weights(), 3, None) == pytest.approx(trace.validation.min(), rel=1e-9)


def test_validation_reads_what_is_measured_of_groups(record):
    u, y = record
    states = np.tanh(bt.random.normal(200, seed=7)).reshape(-1, 1)
    net = bt.Network(1)
    x = net.learnware(1, "x", bias=True).connect(net.input.lag(1))
    x.connect(x.measured().lag(1), "A")
    out = net.learnware(1, "out").connect(x.measured(stands_for_input=True).lag(1), "C")
    net.observe(out.connect(out.measured().lag(1), "D")).randomize(0)
    for horizon in (1, 4, None):
        est = bt.Estimator(
            net.copy(), u[:100], y[:100], horizon=horizon, measured={"x": states[:100]}
        )
        for key, one in (("x", states[100:]), (x, [states[100:]])):
            if key is x:
                key = est.net.groups["x"]
            kept = (u[100:], y[100:], None, {key: one})
            trace = est.run(3, progress=False, validation=kept, patience=100)
        ahead = est.net.predict(u[100:], y[100:], horizon, measured={"x": states[100:]})
        found = ((ahead - y[100:]) ** 2).mean() / y[100:].var()
        assert np.nanmin(trace.validation) == pytest.approx(found, rel=1e-9)
        for kept in ((u[100:], y[100:]), (u[100:], y[100:], None, {"out": y[100:]})):
            with pytest.raises(bt.ArgumentError, match="validation: no measured values of x, whic"):
                est.run(3, progress=False, validation=kept)
    with pytest.raises(TypeError, match="measured: a list came, expected a dict"):
        est.run(3, progress=False, validation=(u, y, None, [states]))
    with pytest.raises(bt.SizeError, match=r"measured values of x: lengths \[100\]"):
        est.run(3, progress=False, validation=(u, y, None, {"x": states[100:]}))


def test_validation_of_outputs_that_stand_for_inputs(record):
    u, y = record
    net = bt.Network(1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(0))
    other = net.learnware(1, "other").connect(out.measured(stands_for_input=True).lag(1))
    net.observe([out, other]).randomize(0)
    both = np.hstack([y, np.roll(y, 1)])
    est = bt.Estimator(net, u[:100], both[:100])
    trace = est.run(3, progress=False, validation=(u[100:], both[100:]), patience=100)
    found = bt.Estimator(net, u[100:], both[100:]).nmse
    assert trace.validation.min() == pytest.approx(found, rel=1e-9)


def test_a_step_stays_at_the_horizon_at_hand(record):
    net, plain = network(4), network(4)
    est, other = (
        bt.Estimator(net, *record, horizon=[2, None]),
        bt.Estimator(plain, *record, horizon=2),
    )
    for _ in range(2):
        assert est.step().cost == other.step().cost
    assert est.get_option("horizon") == 2
    est.run(0, progress=False)
    assert est.get_option("horizon") == math.inf


def test_an_option_takes_the_place_of_the_schedule(record):
    est = bt.Estimator(network(4), *record, horizon=[1, 4])
    est.set_option("horizon", 3)
    trace = est.run(4, progress=False)
    assert trace.stages == [] and est.get_option("horizon") == 3 and len(trace) == 5


@pytest.mark.parametrize(
    ("horizon", "error", "words"),
    [
        ([], bt.ArgumentError, "an empty list"),
        (np.empty(0), bt.ArgumentError, "an empty list"),
        ((), bt.ArgumentError, "an empty tuple"),
        ([1, ()], bt.ArgumentError, "an empty tuple"),
        (0, bt.ArgumentError, "horizons: value 0 is 0.0, expected a whole number of 1 or more"),
        ([1, 0], bt.ArgumentError, "is 0.0"),
        ((1, 2.5), bt.ArgumentError, "horizons: value 1 is 2.5"),
        ([1, math.nan], bt.ArgumentError, "is nan"),
        (-math.inf, bt.ArgumentError, "is -inf"),
        ([1, "four"], TypeError, "horizon"),
        ([1, [2, 3]], bt.SizeError, "horizon: shape"),
    ],
)
def test_refused(record, horizon, error, words):
    with pytest.raises(error, match=words):
        bt.Estimator(network(), *record, horizon=horizon)


def test_forms_of_a_list(record):
    for horizon in (np.array([1, 4]), [np.int64(1), 4.0], np.array([1, 4], dtype=object)):
        est = bt.Estimator(network(), *record, horizon=horizon)
        assert [name for name, _ in est.run(2, progress=False).stages] == ["1"]
    assert bt.Estimator(network(), *record, horizon=np.array(3)).get_option("horizon") == 3


def test_trajectories_of_a_chaotic_fit_part(butterfly):
    net = network(8, outputs=3, inputs=0)
    one = bt.Estimator(net, None, butterfly, horizon=1, washout=1).run(60, progress=False)
    assert one.free_horizon == 0 and math.isnan(one.one_step_nmse)
    weights = net.get_weights()
    est = bt.Estimator(net, None, butterfly, washout=1)
    trace = est.run(0, progress=False)
    assert trace.nmse[-1] > 0.1 and trace.stop == "iterations"
    # As said by predictions from the same times: every so many-th, and so many steps on.
    deviations = butterfly[1:].std(0)

    def nmse(steps):
        every = max(1, steps // 16)
        errors = (net.predict(None, butterfly, steps) - butterfly) / deviations
        return (errors[every + steps - 1 :: every] ** 2).mean()

    assert trace.one_step_nmse == pytest.approx(nmse(1), rel=1e-9) and nmse(1) < 1e-5
    near = trace.free_horizon
    assert 40 < near <= 300 and nmse(near) < 0.25
    later = range(near + 1, near + max(1, near // 16) + 1)
    assert near == 300 or max(nmse(steps) for steps in later) >= 0.25
    expected = (
        f"trajectories part: one-step NMSE {trace.one_step_nmse:.2e}"[:-8],
        f"the free run stays within half a deviation for {trace.free_horizon} steps",
    )
    assert all(words in trace.stop_reason for words in expected)
    assert est.trace.free_horizon == trace.free_horizon
    assert same(net.get_weights(), weights)


def test_a_free_run_does_not_spoil_a_chaotic_fit(butterfly):
    plain, net = (network(8, outputs=3, inputs=0) for _ in range(2))
    bt.Estimator(plain, None, butterfly, horizon=1, washout=1).run(30, progress=False)
    est = bt.Estimator(net, None, butterfly, horizon=[1, None], washout=1)
    trace = est.run(60, progress=False)
    assert same(net.get_weights(), plain.get_weights())
    assert trace.stop == "parting" and trace.free_horizon > 40 and trace.one_step_nmse < 1e-5
    assert trace.stop_reason.startswith("trajectories part: one-step NMSE")
    assert trace.stop_reason.endswith("the weights are those before it")
    # The next run goes on with the free run, and is brought back too.
    assert est.run(5, progress=False).stop == "parting"
    assert same(net.get_weights(), plain.get_weights())


def test_a_free_run_that_follows_nothing_leaves_the_weights(record):
    u, _ = record
    net = network()
    net.weights["out.D0"] = 1.5
    weights = net.get_weights()
    # In free run it overflows: a start that the engine brings nearer to zero.
    trace = bt.Estimator(net, u, bt.random.normal(200, seed=8), horizon=[1, None]).run(
        0, progress=False
    )
    assert trace.nmse[-1] >= 1 and trace.free_horizon == 0
    assert trace.stop_reason.endswith("no better than the mean: the weights are those before it")
    assert same(net.get_weights(), weights)


def test_fits_whose_trajectories_do_not_part_are_not_told_so(record):
    # Noise of the system itself: the free run is bad, one step is not, and starts are forgotten.
    noise, y = bt.random.normal(1000, seed=3), np.zeros((1000, 1))
    for t in range(1, 1000):
        y[t] = 0.99 * y[t - 1] + 0.1 * noise[t]
    net = network(inputs=0)
    bt.Estimator(net, None, y, horizon=1).run(progress=False)
    trace = bt.Estimator(net, None, y).run(0, progress=False)
    assert trace.nmse[-1] > 0.5 and np.mean((net.predict(None, y) - y) ** 2) < 0.05 * y.var()
    assert trace.free_horizon == 0 and "part" not in trace.stop_reason
    # A good fit, and one of a network that reads nothing measured.
    u, _ = record
    other = network(3)
    free = bt.Estimator(network(3), u, other.randomize(5).simulate(u)).run(60, progress=False)
    assert free.nmse[-1] < 0.1 and free.free_horizon == 0
    plain = bt.lnl_network(2).randomize(0)
    trace = bt.Estimator(plain, u, bt.random.normal(200, seed=9)).run(3, progress=False)
    assert trace.nmse[-1] > 0.1 and trace.free_horizon == 0


def test_an_estimator_is_still_not_pickled(record):
    import pickle

    est = bt.Estimator(network(), *record, horizon=[1, None])
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(est)
    trace = est.run(4, progress=False)
    again = pickle.loads(pickle.dumps(trace))
    assert again.free_horizon == 0 and [name for name, _ in again.stages] == ["1"]


def check_starts(est, net, u, starts):
    """Check that all that an estimator tells is of these initial states and the weights of net."""
    assert same(est.initial_states, starts)
    outputs = net.simulate(u, list(starts))
    for k, (one, other) in enumerate(zip(est.simulate(), outputs)):
        # The engine works in deviations of the data: other roundings.
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
        assert same(est.uncertainty().outputs[k], one)


@pytest.fixture
def halves(record):
    """Return two sequences; the outputs of the first come too early."""
    u, y = record
    return [u[:100], u[100:]], [y[5:105], y[100:]]


def test_learnt_starts_come_back_with_the_weights(butterfly):
    y, options = [butterfly[:300], butterfly[300:]], {"initial": "learn"}
    plain, net = (network(8, outputs=3, inputs=0) for _ in range(2))
    first = bt.Estimator(plain, None, y, horizon=1, **options)
    first.run(30, progress=False)
    assert abs(first.initial_states).min() > 0.1
    est = bt.Estimator(net, None, y, horizon=[1, None], **options)
    assert est.run(60, progress=False).stop == "parting"
    assert same(net.get_weights(), plain.get_weights())
    check_starts(est, net, [300, 300], first.initial_states)
    given = {**options, "initial": list(first.initial_states)}
    cost = est.cost
    assert cost == bt.Estimator(net, None, y, horizon=None, **given).cost
    # A further run learns them anew, as the first did; it does no better.
    again = est.run(5, progress=False)
    alone = bt.Estimator(plain, None, y, horizon=None, **options)
    assert same(again.cost, alone.run(5, progress=False).cost)
    assert again.stop_reason.endswith("the weights are those before it")
    assert not same(alone.initial_states, first.initial_states)
    check_starts(est, net, [300, 300], first.initial_states)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("rest", [0.0, 0.3])
def test_starts_of_weights_that_were_set_come_back(halves, given, rest):
    u, y = halves
    net = network(4)
    net.rest = [rest]
    starts = np.tile(net.stream().state, (2, 1))
    if given:
        starts[:, 1:] += [[0.1], [-0.2]]
    options = {"initial": list(starts) if given else None}
    bt.Estimator(net, u, y, **options).run(100, progress=False)
    found = net.get_weights()
    before = bt.Estimator(net, u, y, **options)
    before.set_option("initial_states", 1)
    cost = before.cost
    est = bt.Estimator(net, u, y, horizon=[1, None], **options)
    est.set_option("initial_states", 1)
    trace = est.run(2, progress=False)
    assert trace.stop_reason.endswith("the weights of the start cost less at the last horizon")
    assert same(net.get_weights(), found) and est.cost == cost < trace.cost[-1]
    check_starts(est, net, u, starts)
    before.run(0, progress=False)
    np.testing.assert_allclose(before.initial_states, starts, rtol=1e-12, atol=1e-15)
    # What is learnt from there on is told of again; measured ones that were given stay.
    est.run(5, progress=False)
    assert est.cost < cost and np.allclose(est.initial_states, starts) == given
    check_starts(est, net, u, est.initial_states)
