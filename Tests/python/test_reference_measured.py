"""Measurements that networks read, against the plain interpreter, over random networks."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from random_networks import is_measuring
from reference import blocks, until
from reference_cases import case, draws, inputs, near, starts
from test_reference_gradient import is_derivative

SEEDS = [seed for seed in range(225) if is_measuring(seed)]
HORIZONS = [1, 2, 5, np.inf]


class Record:
    """Sequences, and what was measured in them: of outputs, and of groups that are given apart."""

    def __init__(self, net, reference, random, lengths):
        self.net, self.reference = net, reference
        self.u = inputs(net, random, *lengths)
        self.initial = starts(net, random, len(lengths))
        self.y = [self.with_gaps(random, len(u), net.outputs) for u in self.u]
        names = [name for name in reference.measured if random.random() < 0.6]
        self.others = {
            name: [self.with_gaps(random, len(u), reference.sizes[name]) for u in self.u]
            for name in names
        }

    @staticmethod
    def with_gaps(random, steps, channels):
        values = random.normal(size=(steps, channels)) / 2
        values[random.random(values.shape) < random.choice([0, 0.2, 0.7])] = np.nan
        return values

    def measured(self, k):
        """Return all that was measured in a sequence, by group."""
        known = self.reference.known_outputs(self.y[k])
        return {**known, **{name: values[k] for name, values in self.others.items()}}

    def expected(self, k, known, weights=None):
        return self.reference.simulate(self.u[k], self.initial[k], weights, self.measured(k), known)

    @property
    def starts(self):
        return None if self.initial[0] is None else self.initial

    def predict(self, horizon, **options):
        return self.net.predict(
            *(self.u, self.y, horizon), initial=self.starts, measured=self.others, **options
        )


def record(seed, purpose, *lengths):
    return Record(*case(seed), draws(seed, purpose), lengths)


def test_there_are_many_networks():
    assert len(SEEDS) >= 80
    assert all(case(seed)[1].measured for seed in SEEDS[:20])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lengths", [[14], [6, 0, 11, 1, 3]])
def test_filter(seed, lengths):
    it = record(seed, 40, *lengths)
    for k, (outputs, state) in enumerate(it.predict(1, return_state=True)):
        expected = it.expected(k, blocks(1))
        near(outputs, expected[0])
        near(state, expected[2])


@pytest.mark.parametrize("seed", SEEDS)
def test_filter_of_many_sequences(seed):
    it = record(seed, 48, *[3] * 17)
    for k, outputs in enumerate(it.predict(1)):
        if k % 4 == 0:
            near(outputs, it.expected(k, blocks(1))[0])


@pytest.mark.parametrize("place", range(len(SEEDS)))
def test_steps_ahead(place):
    """The value of every time by its definition: a run that knows nothing after t - horizon."""
    horizon = [2, 3, 7, 12][place % 4]
    it = record(SEEDS[place], 41, 8, 3)
    for k, (outputs, state) in enumerate(it.predict(horizon, return_state=True)):
        expected = [it.expected(k, until(t - horizon))[0][t] for t in range(len(outputs))]
        near(outputs, np.reshape(expected, outputs.shape))
        near(state, it.expected(k, blocks(1))[2])


@pytest.mark.parametrize("seed", SEEDS[::12])
def test_steps_ahead_of_long_sequences(seed):
    """Long enough to be filtered in parts."""
    it = record(seed, 42, 1300, 2)
    outputs = it.predict(3)[0]
    it.u[0] = it.u[0][:700]
    for t in [0, 3, 255, 699]:
        near(outputs[t], it.expected(0, until(t - 3))[0][t], 1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_free_run_knows_what_stands_for_inputs_alone(seed):
    it = record(seed, 43, 8, 3)
    for k, (outputs, state) in enumerate(it.predict(None, return_state=True)):
        near(outputs, it.expected(k, blocks(np.inf))[0])
        near(state, it.expected(k, blocks(1))[2])


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_that_measure(seed):
    """A stream that is given measurements is the filter, to the bit, however it is cut."""
    it = record(seed, 44, 12)
    it.others = {}
    ((outputs, state),) = it.predict(1, return_state=True)
    stream = it.net.stream(it.initial[0])
    u, y = it.u[0], it.y[0]
    parts = [stream.run(u[:5], y[:5]), [stream.step(u[5], y[5])], stream.run(u[6:], y[6:])]
    assert same(np.vstack(parts), outputs)
    assert same(stream.state, state)


# ---- What an estimation compares


class Problem(Record):
    """A record with what is desired beside, gains, a washout, and horizons."""

    def __init__(self, seed, purpose, lengths):
        net, reference = case(seed)
        random = draws(seed, purpose)
        super().__init__(net, reference, random, lengths)
        for name in reference.measured.keys() - self.others.keys():
            known = [self.reference.known_outputs(y).get(name) for y in self.y]
            if known[0] is None or np.isnan(np.concatenate(known)).all():
                size = reference.sizes[name]
                self.others[name] = [self.with_gaps(random, len(u), size) for u in self.u]
        for values in self.others.values():
            values[0][-1] = 0.3
        self.y[0][-1] = 0.8
        self.gains = [
            random.uniform(0.2, 2, y.shape) * (random.random(y.shape) > 0.1) for y in self.y
        ]
        self.gains[0][-1] = 1.5
        self.washout = int(random.integers(min(3, len(self.u[0]))))
        count = random.integers(1, 3, endpoint=True)
        self.horizons = tuple(random.choice(HORIZONS, count, replace=False))

    def estimator(self, **options):
        return bt.Estimator(
            *(self.net, self.u, self.y, self.gains),
            initial=self.starts,
            washout=self.washout,
            measured=self.others,
            horizon=tuple(None if h == np.inf else int(h) for h in self.horizons),
            **options,
        )

    def outputs(self, horizon, weights=None):
        runs = range(len(self.u))
        return [self.expected(k, blocks(horizon), weights)[0] for k in runs]

    def counted(self):
        for y, gains in zip(self.y, self.gains):
            yield np.where(np.isnan(y) | (np.arange(len(y)) < self.washout)[:, None], 0, gains)

    def cost(self, weights):
        """Of every horizon, and their mean: gains are the same."""
        total = 0
        for horizon in self.horizons:
            for x, y, kappa in zip(self.outputs(horizon, weights), self.y, self.counted()):
                total = total + (kappa * (x - np.nan_to_num(y)) ** 2 / 2).sum()
        return total / (len(self.horizons) * sum(kappa.sum() for kappa in self.counted()))


@pytest.mark.parametrize("place", range(0, len(SEEDS), 2))
def test_cost_and_gradient(place):
    seed, lengths = SEEDS[place], [[11], [6, 7, 0, 3], [2] * 17][place // 2 % 3]
    problem = Problem(seed, 45, lengths)
    weights, estimator = problem.reference.weights, problem.estimator()
    cost, gradient = estimator.gradient()
    assert cost == pytest.approx(problem.cost(weights), rel=1e-12)
    is_derivative(gradient, lambda step: problem.cost(weights + step), draws(seed, 46))
    found = estimator.simulate()
    for x, expected in zip(found, problem.outputs(problem.horizons[0])):
        near(x, expected)


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_uncertainty(seed):
    """The covariance, from the derivatives of the interpreter; horizons together count once."""
    problem = Problem(seed, 47, [12, 9])
    weights = problem.reference.weights
    if not 0 < weights.size <= 60:
        return
    for name in problem.net.weights:
        problem.net.weights.constrain(name, lower=-np.inf, upper=np.inf)
    copies = len(problem.horizons)
    ridge = bt.regularisation.Ridge(0.05, weights=list(problem.net.weights))
    report = problem.estimator(regularisation=ridge).uncertainty()
    squares, information = 0, 0.1 * np.eye(weights.size)
    gains = np.concatenate(list(problem.counted())).ravel()
    desired = np.nan_to_num(np.concatenate(problem.y)).ravel()
    for horizon in problem.horizons:
        errors = np.concatenate(problem.outputs(horizon)).ravel() - desired
        squares += (gains * errors * errors).sum()
        rows = np.empty((weights.size, errors.size))
        for k in range(weights.size):
            step = 1e-30j * (np.arange(weights.size) == k)
            rows[k] = np.concatenate(problem.outputs(horizon, weights + step)).imag.ravel() / 1e-30
        information += rows * gains @ rows.T
    freedom = np.count_nonzero(gains) - weights.size
    if freedom <= 0:
        assert np.isnan(report.noise)
        return
    assert report.noise == pytest.approx(np.sqrt(squares / copies / freedom), rel=1e-10)
    product = report.covariance @ information / copies / report.noise**2
    near(product, np.eye(weights.size), 1e-8)
    assert [x.shape for x in report.deviation] == [y.shape for y in problem.y]
