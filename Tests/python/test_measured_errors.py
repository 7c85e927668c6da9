"""What is refused of networks that read measurements: errors say why, and nothing happens."""

import backtune as bt
import numpy as np
import pytest
from test_measured import data, measuring

U, Y, _ = data(20, lengths=[9, 5])


@pytest.mark.parametrize("horizon", [0, -1, 1.5, np.nan, -np.inf])
def test_horizons(horizon):
    net = measuring()
    for given in horizon, (1, horizon), [horizon, None]:
        with pytest.raises(bt.ArgumentError, match="horizon.* expected"):
            bt.Estimator(net, U, Y, horizon=given)
    with pytest.raises(bt.ArgumentError, match="horizon.* expected a whole number of 1 or more"):
        net.predict(U, Y, horizon)
    est = bt.Estimator(net, U, Y, horizon=2)
    if not np.isnan(horizon):
        with pytest.raises(bt.ArgumentError, match="horizon.* expected"):
            est.set_option("horizon", horizon)
    assert est.get_option("horizon") == 2


@pytest.mark.parametrize("horizon", [[], (), [1, ()]])
def test_no_horizon(horizon):
    with pytest.raises(bt.ArgumentError, match="horizon: an empty .* at least one"):
        bt.Estimator(measuring(), U, Y, horizon=horizon)


@pytest.mark.parametrize("horizon", ["1", [[1]], object(), (1, "a"), 1j])
def test_horizons_of_other_types(horizon):
    with pytest.raises((TypeError, ValueError)):
        bt.Estimator(measuring(), U, Y, horizon=horizon)
    with pytest.raises((TypeError, ValueError)):
        measuring().predict(U, Y, horizon)


def test_horizon_of_too_many_digits():
    with pytest.raises(bt.ArgumentError, match="horizon: .*expected numbers of 64 bits"):
        bt.Estimator(measuring(), U, Y, horizon=10**400)
    with pytest.raises(bt.ArgumentError, match="horizon: .*expected numbers of 64 bits"):
        measuring().predict(U, Y, 10**400)


def test_too_many_horizons():
    with pytest.raises(bt.SizeError, match="65, expected 1 to 64"):
        bt.Estimator(measuring(), U, Y, horizon=tuple(range(1, 66)))


def test_horizons_of_a_network_that_reads_no_measurements():
    net = bt.lnl_network(2).randomize(seed=0)
    y = [a[:, :1] for a in Y]
    with pytest.raises(bt.ArgumentError, match="horizon: 1.0, .* no measured group"):
        _ = bt.Estimator(net, U, y, horizon=1).cost
    with pytest.raises(bt.ArgumentError, match="no measured group"):
        net.predict(U, y)
    with pytest.raises(bt.ArgumentError, match="no measured group"):
        net.stream().step(0.5, 0.5)
    est = bt.Estimator(net, U, y, horizon=None)
    assert est.cost == bt.Estimator(net, U, y).cost


def test_nothing_is_known():
    net = measuring()
    y = [np.full_like(a, np.nan) for a in Y]
    known = [a.copy() for a in y]
    known[1][2, 1] = 0.5
    for measured in {"out": y}, {net.groups["out"]: y}:
        with pytest.raises(bt.ArgumentError, match="out: none is known, .* horizon of 3"):
            _ = bt.Estimator(net, U, Y, horizon=3, measured=measured).cost
        assert np.isfinite(bt.Estimator(net, U, Y, measured=measured).cost)
    assert np.isfinite(bt.Estimator(net, U, Y, horizon=3, measured={"out": known}).cost)
    with pytest.raises(bt.ArgumentError, match="none of the 28 values is observed"):
        bt.Estimator(net, U, y, horizon=1)
    # A prediction without any is the free run.
    for found, expected in zip(net.predict(U, y), net.simulate(U)):
        assert np.array_equal(found, expected)


def test_values_that_do_not_fit():
    net = measuring()
    two = [np.zeros((9, 2)), np.zeros((4, 2))]
    for measured in {"out": two}, {"out": [two[0]]}, {"out": two[0]}:
        with pytest.raises(bt.SizeError, match="measured values of out: lengths"):
            bt.Estimator(net, U, Y, measured=measured)
        with pytest.raises(bt.SizeError, match="measured values of out: lengths"):
            net.predict(U, Y, measured=measured)
    with pytest.raises(bt.SizeError, match="measured values of out"):
        net.predict(U, Y, measured={"out": [np.zeros((9, 3)), np.zeros((5, 3))]})
    with pytest.raises(bt.SizeError):
        net.predict(U, [Y[0], Y[1][:, :1]])
    with pytest.raises(bt.SizeError):
        net.predict(U, [Y[0], np.zeros((6, 2))])
    with pytest.raises(bt.SizeError, match="initial"):
        net.predict(U, Y, initial=[np.zeros(3)] * 2)
    stream = net.stream()
    with pytest.raises(bt.SizeError, match="measured outputs: shape"):
        stream.step(0.5, [1, 2, 3])
    with pytest.raises(bt.SizeError, match="measured outputs: shape"):
        stream.step(0.5, 1.0)
    with pytest.raises(bt.SizeError, match="measured outputs: 4 time steps, expected 5"):
        stream.run(U[1], Y[1][:4])
    with pytest.raises(bt.SizeError, match="values"):
        stream.set_measured("out", [1.0])
    assert stream.steps == 0 and not stream.state.any()


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(value):
    net = measuring()
    y = [a.copy() for a in Y]
    y[1][3, 0] = value
    with pytest.raises(bt.ArgumentError, match="sequence 1, step 3.*inf"):
        net.predict(U, y)
    with pytest.raises(bt.ArgumentError, match="measured values of out.*inf"):
        net.predict(U, Y, measured={"out": y})
    with pytest.raises(bt.ArgumentError, match="measured values of out.*inf"):
        bt.Estimator(net, U, Y, measured={"out": y})
    stream = net.stream()
    with pytest.raises(bt.ArgumentError, match="measured: step 3, output 0 is -?inf"):
        stream.run(U[1], y[1])
    with pytest.raises(bt.ArgumentError, match="value 1 is -?inf"):
        stream.set_measured("out", [0, value])
    assert stream.steps == 0 and not stream.state.any()


def test_groups_that_are_not_read():
    net, other = measuring(), measuring()
    values = [np.zeros((9, 4)), np.zeros((5, 4))]
    for group in "x", "v", net.groups["x"]:
        with pytest.raises(bt.ArgumentError, match="nothing is read as measured"):
            net.predict(U, Y, measured={group: values})
        with pytest.raises(bt.ArgumentError, match="nothing is read as measured"):
            bt.Estimator(net, U, Y, measured={group: values})
        with pytest.raises(bt.ArgumentError, match="group is .* measured"):
            net.stream().set_measured(group, np.zeros(4))
    for given in [values], "out", 3:
        with pytest.raises(TypeError, match="measured: a .* expected a dict of groups or names"):
            net.predict(U, Y, measured=given)
        with pytest.raises(TypeError, match="measured: a .* expected a dict of groups or names"):
            bt.Estimator(net, U, Y, measured=given)
    with pytest.raises(bt.ArgumentError, match="measured values of out: .* named twice"):
        bt.Estimator(net, U, Y, measured={"out": Y, net.groups["out"]: Y})
    for group in "none", "input", other.groups["out"], 3, None, net.input:
        with pytest.raises(bt.ArgumentError):
            net.predict(U, Y, measured={group: [a[:, :2] for a in values]})
        with pytest.raises(bt.ArgumentError):
            bt.Estimator(net, U, Y, measured={group: [a[:, :2] for a in values]})
        with pytest.raises(bt.ArgumentError):
            net.stream().set_measured(group, np.zeros(2))


def test_groups_that_cannot_be():
    net = measuring()
    out, count = net.groups["out"], len(net.groups)
    for lag in 0, -1, 2**20 + 1:
        with pytest.raises(bt.ArgumentError, match="lag of measured group .*expected 1 to 1048576"):
            out.measured().lag(lag)
    with pytest.raises(bt.ArgumentError, match="lag"):
        out.measured(stands_for_input=True).lag(-1)
    with pytest.raises(bt.ArgumentError, match="out.m1 is measured itself"):
        net.groups["out.m1"].measured().lag(1)
    with pytest.raises(bt.ArgumentError, match="input"):
        net.input.measured().lag(1)
    assert len(net.groups) == count
    source = out.measured(stands_for_input=True).lag(0)
    with pytest.raises(bt.NetworkError, match="cycle"):
        out.connect(source, "L")
    with pytest.raises((TypeError, bt.BacktuneError)):
        out.connect(out.measured(), "L")


def test_a_lag_longer_than_the_sequences():
    net = bt.Network(1)
    out = net.learnware(1, "out").bias().connect(net.input.lag(0))
    out.connect(out.measured().lag(1000), "K")
    net.observe(out).randomize(seed=0)
    y = [a[:, :1] for a in Y]
    for found, expected in zip(net.predict(U, y, 3), net.simulate(U)):
        assert np.allclose(found, expected, rtol=0, atol=1e-14)
    est = bt.Estimator(net, U, y, horizon=(1, None))
    assert est.run(3, progress=False).cost[-1] <= est.cost


def test_what_diverges_is_measured_all_the_same():
    """A free run that overflows is infinite, no error; what is measured brings a filter back."""
    net = bt.Network(1)
    out = net.learnware(1, "out").connect(net.input.lag(0))
    out.connect(out.measured().lag(1), "K")
    net.observe(out)
    net.weights = {"out.B": 1, "out.K": 1e200}
    u, y = np.ones((6, 1)), np.full((6, 1), np.nan)
    y[3] = 0.0
    found = net.predict(u, y)[:, 0]
    assert np.isinf(found[2:4]).all() and found[4] == 1
    assert bt.Estimator(net, u, np.ones((6, 1)), horizon=None).cost == np.inf
    cost, gradient = bt.Estimator(net, u, y, horizon=1).gradient()
    assert cost == np.inf and gradient.shape == (2,)
    y[:] = 0
    assert bt.Estimator(net, u, y, horizon=1).cost == 0.5
