"""Networks fed back with what was measured: an offset of it changes nothing (DESIGN 2.13)."""

import copy
import json

import backtune as bt
import numpy as np
import pytest

STEPS = 200


def arx(net):
    out = net.linear(1, name="y", sources=[net.input.lag(1)])
    for lag in (1, 2):
        out.connect(out.measured().lag(lag), f"K{lag}")


def state_space(net):
    net.state_space(2, hidden=2, feedback="measured")


def lnl(net):
    h = net.lnl(3, activation="tanh")
    out = net.linear(1, name="y", sources=[h.lag(0)])
    net.groups["lnl.x2"].connect(out.measured().lag(1), "K")


KINDS = {"arx": arx, "state_space": state_space, "lnl": lnl}


def make(kind, seed=0):
    net = bt.Network(1)
    KINDS[kind](net)
    return net.randomize(seed)


def record(seed=0):
    """Draw an input, and a nonlinear system's output with noise, of deviation 1."""
    random = np.random.default_rng(seed)
    u, y = random.normal(size=(STEPS, 1)), np.zeros((STEPS, 1))
    for t in range(2, STEPS):
        y[t] = 0.6 * y[t - 1] - 0.2 * y[t - 2] + np.tanh(u[t - 1] + 0.3 * y[t - 1])
        y[t] += 0.2 * random.normal()
    # Shifts by whole numbers are exact: rounding is another matter.
    return u, np.round((y - y.mean()) / y.std() * 2.0**30) / 2.0**30


def fit(kind, u, y, horizon=1, iterations=15, net=None, **options):
    est = bt.Estimator(net or make(kind), u, y, horizon=horizon, **options)
    return est, est.run(iterations, progress=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("horizon", [1, 4, (1, None)])
def test_an_offset_is_taken_out(kind, horizon):
    """Of 10 and of 1,000 deviations, where the past is taken to be the mean."""
    u, y = record()
    _, expected = fit(kind, u, y + 10, horizon)
    est, found = fit(kind, u, y + 1000, horizon)
    assert len(found) == len(expected) and found.stop == expected.stop
    np.testing.assert_allclose(found.nmse, expected.nmse, rtol=1e-6)
    assert found.nmse[-1] < 0.2
    # What came out predicts in the units that went in.
    if horizon == 1:
        error = est.net.predict(u, y + 1000) - (y + 1000)
        assert found.nmse[-1] == pytest.approx((error**2).mean() / y.var(), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_no_offset_is_no_other_case(kind):
    """About 0, from the state before t = 0 that corresponds."""
    u, y = record()

    def run(shift):
        net = make(kind)
        # The output, and what was measured of it, stand at its end.
        state = net.predict(u[:0], y[:0], return_state=True)[1]
        state[-4 if kind == "arx" else -2 :] = shift
        return fit(kind, u, y + shift, net=net, initial=state)[1]

    expected, found = run(0), run(1000)
    assert len(found) == len(expected) and found.stop == expected.stop
    np.testing.assert_allclose(found.nmse, expected.nmse, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_powers_of_two_give_the_same_bits(kind):
    u, y = record()
    _, expected = fit(kind, u, y + 40)
    _, found = fit(kind, u * 2.0**-9, (y + 40) * 2.0**13)
    np.testing.assert_array_equal(found.nmse, expected.nmse)


@pytest.mark.parametrize("kind", KINDS)
def test_learnt_values_before_the_start(kind):
    """They are drawn at the mean, and are in the units of the data."""
    u, y = record()

    expected, found = (
        fit(kind, u, y + shift, initial="learn", restarts=0)[1] for shift in (10, 1000)
    )
    # Where all slopes vanish one more step may do nothing.
    count = min(len(found), len(expected))
    np.testing.assert_allclose(found.nmse[:count], expected.nmse[:count], rtol=1e-6)
    assert found.nmse[-1] == pytest.approx(expected.nmse[-1], rel=1e-6)


def test_learnt_values_of_a_unit():
    u, y = record()
    traces = []
    for shift in (10, 1000):
        net = bt.Network(1)
        net.state_space(2, hidden=2, feedback="measured", initial="learn")
        traces.append(fit("", u, y + shift, net=net.randomize(0))[1])
        assert net.weights["state_space.y.x0"][0] == pytest.approx(shift, abs=30)
    np.testing.assert_allclose(traces[1].nmse, traces[0].nmse, rtol=1e-6)


def test_rest_is_kept():
    """Copies and streams start from the same values before t = 0."""
    u, y = record()
    net = fit("lnl", u, y + 1000)[0].net
    free = net.simulate(u)
    assert np.abs(free - y - 1000).max() < 10
    for other in (bt.Network.from_json(net.to_json()), copy.deepcopy(net)):
        np.testing.assert_array_equal(other.simulate(u), free)
        np.testing.assert_array_equal(other.predict(u, y + 1000), net.predict(u, y + 1000))
    np.testing.assert_array_equal(net.stream().run(u), free)
    # A rest that a user sets has 0 for groups.
    net.rest = [0.0]
    assert not np.allclose(net.simulate(u)[:1], free[:1])


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"lnl.x": [1, 2, 3]}, "rest of group lnl.x: nothing is read of it as measured"),
        ({"y.x": [1, 2]}, r"rest of group y.x: 2 values, expected 1 \(its nodes\)"),
        ({"nobody": [1]}, "nobody"),
    ],
)
def test_a_file_with_another_rest_is_refused(groups, message):
    document = json.loads(make("lnl").to_json())
    document["rest"] = {"values": [0], "groups": groups}
    with pytest.raises(bt.BacktuneError, match=message):
        bt.Network.from_json(json.dumps(document))


def test_without_a_bias_it_is_told():
    u, y = record()
    net = bt.Network(1)
    h = net.lnl(3, activation="tanh", bias=False)
    out = net.linear(1, name="y", sources=[h.lag(0)])
    net.groups["lnl.x2"].connect(out.measured().lag(1), "K")
    est = bt.Estimator(net.randomize(0), u, y + 1000, horizon=1)
    with pytest.warns(bt.BacktuneWarning, match=r"output 0, which is measured.* lnl\.x2"):
        est.run(2, progress=False)


def test_gradient_is_that_of_the_units():
    u, y = record()
    net = make("lnl")
    est = bt.Estimator(net, u, y + 3, horizon=1)
    est.run(5, progress=False)
    weights, (cost, gradient) = net.get_weights(), est.gradient()
    assert cost == pytest.approx(np.mean((net.predict(u, y + 3) - y - 3) ** 2) / 2, rel=1e-12)
    for place in range(weights.size):
        sides = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[place] += sign * 1e-5
            net.set_weights(moved)
            sides.append(np.mean((net.predict(u, y + 3) - y - 3) ** 2) / 2)
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(gradient[place], abs=1e-7)
