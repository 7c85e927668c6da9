"""Derivatives of the engine against those of the plain interpreter, over random networks.

The interpreter's are exact: a step of 1e-30 along the imaginary axis.
"""

import backtune as bt
import numpy as np
import pytest
from random_units import KINDS
from reference import Reference
from reference_cases import (
    DERIVED,
    case,
    drawn,
    draws,
    inputs,
    large,
    moderate,
    near,
    observing,
    starts,
)

IMAGINARY = 1e-30j


def side(x):
    return np.where(np.real(x) < 0, -1, 1)


def magnitude(x):
    return x * side(x)


def huber(x, o, nu=0.3):
    e = magnitude(x - o)
    return np.where(np.real(e) < nu, e * e / (2 * nu), e - nu / 2)


def biweight(x, o, nu=0.7):
    u = (x - o) / nu
    return np.where(np.abs(np.real(u)) < 1, u**6 - 3 * u**4 + 3 * u**2, 1)


def boolean(x, o, nu=0.4):
    lack = nu - np.sign(o - 0.5) * (x - 0.5)
    return np.where(np.real(lack) > 0, lack * lack / 2, 0)


CRITERIA = {
    "least-squares": (bt.criteria.LeastSquares(), lambda x, o: (x - o) ** 2 / 2),
    "huber": (bt.criteria.Huber(0.3), huber),
    "biweight": (bt.criteria.Biweight(0.7), biweight),
    "boolean": (bt.criteria.Boolean(0.4), boolean),
    "l1": (
        bt.criteria.Robust(1, 0.2),
        lambda x, o: magnitude(x - o) - 0.2 * np.log1p(magnitude(x - o) / 0.2),
    ),
    "l0": (bt.criteria.Robust(0, 0.2), lambda x, o: np.log1p((x - o) ** 2 / 0.2) / 2),
    "cross-entropy": (bt.criteria.CrossEntropy(), lambda x, o: -o * np.log(x)),
}


class Problem:
    """Sequences with desired values, some missing, and gains, some zero."""

    def __init__(self, net, reference, random, lengths):
        self.net, self.reference = net, reference
        self.u = inputs(net, random, *lengths)
        self.initial = starts(net, random, len(lengths))
        self.options = {"washout": int(random.integers(2)), "static": bool(random.random() < 0.1)}
        self.y = None
        outputs = self.outputs(reference.weights)
        self.y = [x + 0.5 * random.normal(size=x.shape) for x in outputs]
        self.gains = [random.uniform(0.2, 2, x.shape) for x in outputs]
        for y, gains in zip(self.y, self.gains):
            y[random.random(y.shape) < 0.1] = np.nan
            gains[random.random(y.shape) < 0.1] = 0
        self.y[0][-1], self.gains[0][-1] = 0.8, 1.5

    def estimator(self, criterion, **options):
        initial = None if self.initial[0] is None else self.initial
        return bt.Estimator(
            self.net,
            self.u,
            self.y,
            self.gains,
            criterion=criterion,
            initial=initial,
            **self.options,
            **options,
        )

    def outputs(self, weights):
        """Return the free run: what stands for an input is measured all the same."""
        known = [self.reference.known_outputs(y) for y in self.y or []] or [None] * len(self.u)
        runs = zip(self.u, self.initial, known)
        return [self.reference.simulate(u, start, weights, y)[0] for u, start, y in runs]

    def counted(self):
        """Return the gain of every value, 0 where it is not compared."""
        for y, gains in zip(self.y, self.gains):
            first = max(self.options["washout"], len(y) - 1 if self.options["static"] else 0)
            yield np.where(np.isnan(y) | (np.arange(len(y)) < first)[:, None], 0, gains)

    def cost(self, rho, weights):
        total, divisor = 0, 0
        for x, y, gains in zip(self.outputs(weights), self.y, self.counted()):
            total = total + (gains * rho(x, np.nan_to_num(y))).sum()
            divisor += gains.sum()
        return total / divisor


def directions(random, count, most=16):
    """Give single places, all of them where there are few, and ways through all of them."""
    for place in random.permutation(count)[:most]:
        yield np.arange(count) == place
    yield from random.normal(size=(2, count))


def is_derivative(gradient, function, random):
    """Assert that a gradient is that of a function at 0 that takes complex arguments.

    Values are about 1: what is below 1e-6 of it may be the rounding of sums that cancel.
    """
    scale = np.abs(gradient).max(initial=1e-6)
    for direction in directions(random, gradient.size):
        expected = np.imag(function(IMAGINARY * direction)) / IMAGINARY.imag
        allowed = 1e-10 * scale * np.abs(direction).sum()
        assert abs(gradient @ direction - expected) <= allowed


def check_gradient(problem, name, random):
    """Compare cost and gradient of a criterion; return the gradient."""
    criterion, rho = CRITERIA[name]
    weights = problem.reference.weights
    cost, gradient = problem.estimator(criterion).gradient()
    assert cost == pytest.approx(problem.cost(rho, weights), rel=1e-12)
    is_derivative(gradient, lambda step: problem.cost(rho, weights + step), random)
    return gradient


@pytest.mark.parametrize("seed", DERIVED)
def test_gradient_of_the_cost(seed):
    """Of every other network all nodes are observed: no weight is without influence."""
    net, reference = case(seed) if seed % 2 else observing(case(seed)[0], drawn(seed).net.groups)
    random = draws(seed, 20)
    lengths = [[12], [6] * (2 + seed % 8), [9, 2, 5, 1, 7][: 2 + seed % 4], [2] * 16][seed // 2 % 4]
    problem = Problem(net, reference, random, lengths)
    gradient = check_gradient(problem, "least-squares", random)
    assert seed % 2 or gradient.any()
    check_gradient(problem, list(CRITERIA)[1 + seed // 3 % 5], random)


@pytest.mark.parametrize("lengths", [[12], [4] * 16, [8, 1, 5]])
def test_gradient_by_many_weights(lengths):
    random = draws(0, 24)
    gradient = check_gradient(Problem(*large(), random, lengths), "least-squares", random)
    assert gradient.all()


@pytest.mark.parametrize("seed", range(KINDS.index("softmax"), 225, len(KINDS)))
def test_gradient_of_cross_entropy(seed):
    net, reference = case(seed)
    groups = [
        group
        for group in reference.groups.values()
        if group["kind"] == "softmax" and group["lag"] == 0 and group["source"] != "input"
    ]
    random = draws(seed, 21)
    counts = [random.integers(1, group["size"], endpoint=True) for group in groups]
    net, reference = observing(net, [group["name"] for group in groups], counts)
    problem = Problem(net, reference, random, [8, 3, 8])
    problem.y = [np.abs(y) for y in problem.y]
    check_gradient(problem, "cross-entropy", random)


def test_derivative_by_the_past_of_inputs_is_0_through_softmax():
    net = bt.Network(2)
    distribution = net.softmax_group(net.input.lag(1))
    net.linear(1, sources=[distribution.lag(0)])
    net.randomize(0)
    assert not net.gradient(np.zeros((3, 2)), np.ones(3), return_initial=True)[1].any()


# ---- The Jacobian


@pytest.mark.parametrize("place", range(100))
def test_jacobian(place):
    """What is told of all derivatives J: the covariance C = s^2 (J^T W J + D)^-1, and J C J^T.

    D, of a ridge, keeps the condition low. J c comes from the interpreter, J^T from the adjoint.
    """
    seed = moderate()[place]
    net = case(seed)[0].copy()
    for name in net.weights:
        net.weights.constrain(name, lower=-np.inf, upper=np.inf)
    count, random = net.get_weights().size, draws(seed, 30)
    if place % 2 or 20 * net.outputs < 2 * count:
        net.observe(list(net.groups.values()))
    reference = Reference(net.to_json())
    problem = Problem(net, reference, random, [10, 7, 20, 3])
    problem.options["static"] = False
    ridge = bt.regularisation.Ridge(0.05, weights=list(net.weights))
    report = problem.estimator("least-squares", regularisation=ridge).uncertainty()
    gains = list(problem.counted())
    errors = [x - np.nan_to_num(y) for x, y in zip(problem.outputs(reference.weights), problem.y)]
    squares = sum((kappa * e * e).sum() for kappa, e in zip(gains, errors))
    freedom = sum(np.count_nonzero(kappa) for kappa in gains) - count
    assert report.noise == pytest.approx(np.sqrt(squares / freedom), rel=1e-10)

    def transposed(slopes):
        if not reference.measured:
            parts = zip(problem.u, slopes, problem.initial)
            return sum(net.gradient(u, slope, start) for u, slope, start in parts)
        # What stands for inputs is measured: the gradient of squares whose errors are the slopes.
        outputs = problem.outputs(reference.weights)
        known = [reference.known_outputs(y) for y in problem.y]
        estimator = bt.Estimator(
            *(net, problem.u, [x - slope for x, slope in zip(outputs, slopes)]),
            initial=None if problem.initial[0] is None else problem.initial,
            measured={name: [values[name] for values in known] for name in known[0]},
        )
        return estimator.gradient()[1] * sum(x.size for x in outputs)

    given = random.normal(size=count)
    found = report.covariance @ given / report.noise**2
    moved = [
        x.imag / IMAGINARY.imag for x in problem.outputs(reference.weights + IMAGINARY * found)
    ]
    back = transposed([kappa * x for kappa, x in zip(gains, moved)]) + 0.1 * found
    near(back, given, 1e-8)
    for _ in range(3):
        slopes = [np.zeros(x.shape) for x in errors]
        sequence = random.integers(len(slopes))
        value = tuple(random.integers(slopes[sequence].shape))
        slopes[sequence][value] = 1
        row = transposed(slopes)
        expected = np.sqrt(row @ report.covariance @ row)
        assert report.deviation[sequence][value] == pytest.approx(expected, rel=1e-8, abs=1e-12)
