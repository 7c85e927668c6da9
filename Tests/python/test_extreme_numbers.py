"""Numbers at the ends of what a double can be: a defined answer, or an error that names the place.

A fit does not depend on the units of its data there either, and ends no worse than it began.
"""

import re

import backtune as bt
import numpy as np
import pytest
from conftest import same
from extreme_cases import LARGE, SCALES, SMALL, fit, readout
from units_of_data_cases import KINDS, STEPS, make, record

# ---- Units


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {"dense": 1}) for kind in KINDS),
        ("lnl", {"dense": 0}),
        ("state_space", {"dense": 0}),
    ],
)
def test_the_same_iterations_at_any_scale(kind, options):
    u, y = record(kind)
    expected, _, _ = fit(u, y, kind=kind, **options)
    assert expected.nmse[-1] < 0.6 * expected.nmse[0]
    for a, b in SCALES:
        found, net, estimator = fit(u * a, y * b, kind=kind, **options)
        assert same(found.nmse, expected.nmse) and found.stop == expected.stop
        left = np.abs(net.simulate(u * a) - estimator.simulate()).max()
        assert left <= 1e-12 * np.abs(y).max() * b


@pytest.mark.parametrize("a", [LARGE, SMALL])
def test_backward_tuning_follows_inputs(a):
    u, y = record()
    expected, _, _ = fit(u, y, method="backward-tuning")
    found, _, _ = fit(u * a, y, method="backward-tuning")
    assert same(found.nmse, expected.nmse)
    # Outputs it does not, but no cost grows.
    for b in LARGE, SMALL:
        fit(u, y * b, method="backward-tuning")


@pytest.mark.parametrize("criterion", ["l1", "l0", "huber", "biweight"])
def test_robust_criteria(criterion):
    u, y = record()
    expected, _, _ = fit(u, y, criterion=criterion)
    for b in LARGE, SMALL:
        found, _, _ = fit(u, y * b, criterion=criterion)
        assert same(found.nmse, expected.nmse)


@pytest.mark.parametrize(
    ("criterion", "activation"),
    [("boolean", "logistic"), ("bernoulli", "logistic"), ("poisson", "exp")],
)
def test_criteria_of_natural_units(criterion, activation):
    u, y = record()
    o = np.floor(2 * np.abs(y)) if criterion == "poisson" else (y > 0).astype(float)
    _, expected = readout(activation, u, o, criterion)
    for a in LARGE, SMALL:
        assert same(readout(activation, u * a, o, criterion)[1].cost, expected.cost)


def test_cross_entropy():
    """Desired values are weights of the choices: their scale is that of the gains."""
    u, y = record()
    expected, _ = readout("softmax", u, np.abs(y), "cross-entropy")
    for b in LARGE, SMALL:
        assert same(readout("softmax", u, np.abs(y) * b, "cross-entropy")[0], expected)
        assert same(readout("softmax", u, np.abs(y), "cross-entropy")[0], expected)


@pytest.mark.parametrize("dense", [1, 0])
@pytest.mark.parametrize("gain", [2.0**-1000, 2.0**1000])
def test_gains(gain, dense):
    u, y = record()
    gains = np.random.default_rng(0).uniform(0.1, 1, y.shape)
    expected, _, _ = fit(u, y, gains, dense=dense)
    found, _, _ = fit(u, y, gains * gain, dense=dense)
    assert same(found.cost, expected.cost)


@pytest.mark.parametrize("a", [1e300, 1e-300])
def test_inputs_at_the_ends(a):
    u, y = record()
    expected, _, _ = fit(u, y)
    found, net, estimator = fit(u * a, y)
    np.testing.assert_allclose(found.nmse, expected.nmse, rtol=1e-6)
    np.testing.assert_allclose(net.simulate(u * a), estimator.simulate(), atol=1e-6)


@pytest.mark.parametrize("b", [1e-290, 1e-160, 1e160, 1e290])
def test_balanced_outputs_at_the_ends(b):
    """In deviations of each output squares are near 1."""
    u, y = record()
    expected, _, _ = fit(u, y, "balanced")
    found, _, _ = fit(u, y * [b, 1], "balanced")
    np.testing.assert_allclose(found.nmse, expected.nmse, rtol=1e-6)


# ---- What cannot be: errors that name the place


def test_targets_whose_squares_vanish_or_overflow():
    """The cost was 0, and the fit said to be perfect, or no fit was found."""
    u, y = record()
    step, output = np.unravel_index(np.abs(y).argmax(), y.shape)
    for b, words in [
        (1e-160, "vanish"),
        (1e-320, "vanish"),
        (1e160, "infinite"),
        (1e300, "infinite"),
    ]:
        with pytest.raises(bt.ArgumentError, match=words) as error:
            fit(u, y * b)
        assert f"sequence 0, step {step}, output {output}" in str(error.value)
        assert f"{abs(y[step, output] * b):.3g}"[:3] in str(error.value)
    y[7, 1] = 1e155
    for method in "gauss-newton", "backward-tuning":
        with pytest.raises(
            bt.ArgumentError, match=r"1e\+155, sequence 1, step 7, output 1.*infinite"
        ):
            fit([u[:5], u], [y[:5], y], method=method)
    with pytest.raises(bt.ArgumentError, match="sequence 0, step 7, output 1"):
        bt.Estimator(make(), u, y).gradient()
    # One that does not count.
    y[7, 1], gains = 1e300, np.ones(y.shape)
    gains[7, 1] = 0
    assert fit(u, y, gains)[0].nmse[-1] < 0.1
    # Nothing but zeros is no small value.
    assert fit(u, np.zeros(y.shape))[0].cost[-1] < 1e-3


def test_gains_that_vanish():
    u, y = record()
    for gain in 5e-324, 1e-310:
        with pytest.raises(
            bt.ArgumentError, match=f"gains: their mean is {gain}.*expected 2.2.*e-308"
        ):
            fit(u, y, np.full(y.shape, gain))
    with pytest.raises(bt.ArgumentError, match="gains: their sum is infinite"):
        fit(u, y, np.full(y.shape, 1.7e308))
    with pytest.raises(bt.ArgumentError, match="squares of errors vanish, times their gains"):
        fit(u, y * SMALL, np.full(y.shape, 1e-100))
    # Beside others those of nothing count as nothing.
    gains = np.ones(y.shape)
    gains[::2] = 0
    expected, _, _ = fit(u, y, gains)
    gains[::2] = 5e-324
    np.testing.assert_allclose(fit(u, y, gains)[0].nmse[-1], expected.nmse[-1], rtol=0.5)


def test_units_in_which_weights_cannot_be_written():
    """Weights became infinite, and the network could not be saved."""
    u, y = record()
    with pytest.raises(
        bt.ArgumentError, match=r"input 1: its deviation is .*e-320, and weights lnl.x2.B"
    ):
        fit(u * [1, 1e-320], y)
    with pytest.raises(bt.ArgumentError, match=r"input 0: its deviation"):
        fit(u * [1e-170, 1], y * LARGE, kind="linear")
    with pytest.raises(bt.ArgumentError, match=r"desired output 0: its deviation .*e-321"):
        fit(u, y * [1e-320, 1], "balanced")


def test_values_that_are_no_numbers():
    u, y = record()
    u[3, 1] = np.inf
    with pytest.raises(bt.ArgumentError, match="inputs: sequence 0, step 3, channel 1 is inf"):
        make().simulate(u)
    with pytest.raises(bt.ArgumentError, match="sequence 0, step 3, (channel|input) 1"):
        fit(u, y)
    u[3, 1], y[4, 0] = 0, -np.inf
    with pytest.raises(bt.ArgumentError, match="sequence 0, step 4, (channel|output) 0"):
        fit(u, y)


# ---- Networks that diverge


def exploding(radius=3.0):
    """Return a linear reservoir of that spectral radius."""
    net = bt.Network(1)
    net.reservoir(12, "r", spectral_radius=radius, outputs=1, activation="identity")
    return net.randomize(0)


def test_spectral_radius_of_3():
    """Bounded nodes stay so; others leave the numbers at a time that is told."""
    u = np.random.default_rng(0).normal(size=(1500, 1))
    y = np.roll(u, 2, 0)
    net = bt.Network(1)
    net.reservoir(12, spectral_radius=3.0, outputs=1)
    trace = bt.Estimator(net.randomize(0), u, y).run(5, progress=False)
    assert trace.cost[-1] < trace.cost[0] and trace.nmse[-1] < 1
    net = exploding()
    before, values = net.get_weights(), net.simulate(u, states=True)[1]
    bad = {name: ~np.isfinite(x).all(axis=1) for name, x in values.items()}
    first = min(x.argmax() for x in bad.values() if x.any())
    group = next(name for name, x in bad.items() if x[first])
    node = int((~np.isfinite(values[group][first])).argmax())
    assert 300 < first < 1500
    place = f"group {group}, node {node}, is .* at step {first} of sequence 1"
    estimator = bt.Estimator(net, [u[:9], u], [y[:9], y])
    trace = estimator.run(5, progress=False)
    assert trace.stop == "diverged" and same(net.get_weights(), before)
    assert re.search(place, trace.stop_reason), trace.stop_reason
    with pytest.raises(bt.StateError, match=place):
        estimator.uncertainty()
    # A record that it stays within ends as usual.
    trace = bt.Estimator(exploding(), u[:100], y[:100]).run(5, progress=False)
    assert trace.cost[-1] < 1 < trace.cost[0]


def test_streams_that_diverge():
    net = exploding(1e6)
    stream, u = net.stream(), np.ones((99, 1))
    outputs = net.simulate(u)
    steps = int(np.isfinite(outputs).all(axis=1).argmin())
    for row in outputs[:steps]:
        assert same(stream.step([1.0]), row)
    stream.step([1.0])
    with pytest.raises(bt.StateError, match="diverged"):
        stream.step([1.0])


# ---- Arguments of 1e300

ARGUMENTS = np.array([[0.0, 5e-324, -5e-324, 1e150, -1e150, 1e300, -1e300, 1.7e308, -1.7e308]]).T
ENDS = {
    "zeta": (bt.zeta(-1, 2), -1, 0.5, 2),
    "tanh": ("tanh", -1, 0, 1),
    "logistic": ("logistic", 0, 0.5, 1),
    "upsilon": (bt.upsilon(1), 0, 1 / (1 + np.exp(2)), 1),
    "step": ("step", 0, 0, 1),
    "relu": ("relu", 0, 0, None),
    "softplus": (bt.softplus(1), 0, np.log(2), None),
    "identity": ("identity", None, 0, None),
    "exp": ("exp", 0, 1, np.inf),
}


@pytest.mark.parametrize("name", ENDS)
def test_functions_of_large_arguments(name):
    """The value at 0, and what large arguments lead to: `None` is the argument itself."""
    function, low, middle, high = ENDS[name]
    net = bt.Network(1)
    net.firmware(1).add(1, (function, net.input.lag(0)))
    u = ARGUMENTS.ravel()
    expected = np.where(u > 1, u if high is None else high, u if low is None else low)
    expected = np.where(np.abs(u) < 1, middle, expected)
    found = net.simulate(ARGUMENTS)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-15, atol=1e-300)
    stream = net.stream()
    finite = np.isfinite(expected)
    assert same([stream.step(row) for row in ARGUMENTS[finite]], found[finite])


def test_softmax_of_large_arguments():
    net = bt.Network(2)
    net.softmax_group(net.input.lag(0))
    rows = [[1e300, -1e300], [-1.7e308, 1.7e308], [-1e300, -1e300], [5e-324, 0]]
    expected = [[1, 0], [0, 1], [0.5, 0.5], [0.5, 0.5]]
    assert net.simulate(rows).tolist() == expected


def test_weights_of_1e300():
    """Saturated nodes are 1 or -1, slopes 0, and nothing is to be learnt."""
    u, y = record()
    net = bt.Network(2)
    hidden = net.lnl(3, activation="tanh", bias=False)
    net.linear(2, sources=[hidden.lag(0)])
    net.randomize(0)
    for name in "lnl.x2.W", "lnl.x2.B":
        net.weights[name] = np.sign(net.weights[name]) * 1e300
    states = net.simulate(u, states=True)[1]["lnl.x"]
    assert set(np.unique(np.abs(states[1:]))) <= {0.0, 1.0}
    cost, gradient = bt.Estimator(net, u, y).gradient()
    assert np.isfinite(cost) and np.isfinite(gradient).all()
    trace = bt.Estimator(net, u, y).run(4, progress=False)
    assert trace.cost[-1] <= trace.cost[0] and np.isfinite(net.get_weights()).all()
    assert same(bt.Network.from_json(net.to_json()).simulate(u), net.simulate(u))


# ---- Constant and duplicate channels


@pytest.mark.parametrize("options", [{}, {"dense": 0}, {"method": "backward-tuning"}])
def test_constant_channels(options):
    u, y = record()
    for constant in 0, 1, 1e-290, 1e290:
        v, w = u.copy(), y.copy()
        v[:, 1] = constant
        assert fit(v, y, **options)[0].nmse[-1] < 1
        w[:, 1] = 0 if constant > 1 else constant
        trace, _, estimator = fit(u, w, **options)
        assert np.isnan(estimator.output_nmse[1]) and estimator.output_nmse[0] < 2


@pytest.mark.parametrize("options", [{}, {"dense": 0}, {"method": "backward-tuning"}])
def test_duplicate_channels(options):
    u, y = record()
    for v, w in [(u[:, [0, 0]], y), (u, y[:, [1, 1]]), (u[:, [1, 1]], y[:, [0, 0]])]:
        assert fit(v, w, **options)[0].nmse[-1] < 1
    net = make("linear")
    estimator = bt.Estimator(net, u[:, [0, 0]], y)
    estimator.run(6, progress=False)
    report = estimator.uncertainty()
    # Of two weights of a node on the same values the difference is not determined.
    assert report.rank == net.get_weights().size - 2
    assert np.isfinite(report.deviation).all()


@pytest.mark.parametrize("criterion", ["l1", "l0", "huber", "biweight"])
def test_robust_criteria_of_constant_outputs(criterion):
    u, _ = record()
    for value in 0, 1, LARGE, SMALL:
        fit(u, np.full((STEPS, 2), value), criterion=criterion)


# ---- Short and empty


@pytest.mark.parametrize("options", [{}, {"dense": 0}, {"method": "backward-tuning"}])
@pytest.mark.parametrize("kind", KINDS)
def test_few_steps(kind, options):
    u, y = record(kind)
    with pytest.raises(bt.ArgumentError, match="none of the 0 values is observed"):
        fit(u[:0], y[:0], kind=kind, **options)
    for steps in 1, 2:
        trace, _, _ = fit(u[:steps], y[:steps], kind=kind, iterations=8, **options)
        assert trace.cost[-1] < 1e-2 * trace.cost[0]
    fit([u[:0], u[:1], u[:2]], [y[:0], y[:1], y[:2]], kind=kind, **options)


def test_no_steps_at_all():
    net = make()
    assert net.simulate(np.empty((0, 2))).shape == (0, 2)
    assert [x.shape for x in net.simulate([np.empty((0, 2)), np.ones((1, 2))])] == [(0, 2), (1, 2)]
    assert not net.gradient(np.empty((0, 2)), np.empty((0, 2))).any()
    assert net.stream().run(np.empty((0, 2))).shape == (0, 2)
    with pytest.raises(bt.SizeError, match="inputs"):
        net.simulate([])


def test_no_nodes_and_one():
    with pytest.raises(bt.SizeError, match="unit lnl: size is 0"):
        bt.Network(1).lnl(0)
    with pytest.raises(bt.NetworkError, match="no group"):
        bt.Network(1).simulate(np.ones((3, 1)))
    with pytest.raises(bt.NetworkError, match="no (group|output)"):
        bt.Estimator(bt.Network(1), np.ones((3, 1)), np.ones((3, 1))).step()
    net = bt.Network(0)
    net.lnl(1)
    net.randomize(0)
    assert net.simulate(np.empty((3, 0))).shape == (3, 1)
    trace = bt.Estimator(net, np.empty((3, 0)), np.full((3, 1), 0.5)).run(20, progress=False)
    assert trace.cost[-1] < 1e-4
    # One that has nothing to adjust.
    net = bt.Network(1)
    net.linear(1)
    for name in net.weights:
        net.weights.constrain(name, fixed=True)
    estimator = bt.Estimator(net, np.ones((3, 1)), np.ones((3, 1)))
    assert estimator.run(3, progress=False).stop == "nothing"
    assert estimator.uncertainty().rank == 0
