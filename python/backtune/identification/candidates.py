"""Candidates of `identify`: state-space networks, how they start, and how they are raced."""

from __future__ import annotations

import time

import numpy as np

from .records import Record
from ..estimator import Estimator
from ..network import Network
from ..regularisation import Ridge

UNIT = "state_space"
# Iterations between two looks at the validation part.
_STRIDE = 5
# Iterations without a quarter, from weights that have seen it.
_CROSS_ITERATIONS = 20
# Iterations of the refit, at least and at most, and its work: steps x weights^1.5 x iterations.
_REFIT_ITERATIONS = (5, 20)
_REFIT_WORK = 4e8


def make_network(
    inputs: int, outputs: int, order: int, hidden: int, initial: str | None = None
) -> Network:
    """Make the network of a candidate, weights at zero."""
    net = Network(inputs)
    net.state_space(order, hidden=hidden, outputs=outputs, initial=initial)
    return net


def weight_count(inputs: int, outputs: int, order: int, hidden: int) -> int:
    """Return how many weights that network has."""
    states = order * (order + inputs + hidden)
    return states + (outputs + hidden) * (1 + order + inputs) + outputs * hidden


class Candidate:
    """A network at work: the best weights by free-run error on the validation part are kept."""

    def __init__(self, record: Record, net: Network, ridge: float, draw: int) -> None:
        self.record = record
        self.net = net
        self.ridge = ridge
        self.draw = draw
        groups = net.groups
        self.order = groups[f"{UNIT}.x"].size
        self.hidden = groups[f"{UNIT}.h"].size if f"{UNIT}.h" in groups else 0
        self.best = net.get_weights()
        self.initial: np.ndarray | None = None
        self.validation = self.training = np.inf
        self.crossed: float | None = None
        self.iterations = self.best_iterations = 0
        self.seconds = 0.0
        self.ended = False
        self._estimator: Estimator | None = None

    def run(self, iterations: int) -> Candidate:
        """Go on for some iterations on the estimation part."""
        began = time.perf_counter()
        if self._estimator is None:
            self._estimator = self._make(*self.record.estimation())
        done = 0
        while done < iterations and not self.ended:
            trace = self._estimator.run(_STRIDE, progress=False)
            done += _STRIDE
            self.iterations += _STRIDE
            self.ended = trace.stop != "iterations"
            self._look()
        self.seconds += time.perf_counter() - began
        return self

    def refit(self, record: Record) -> Candidate:
        """Go on from the best weights on the whole record, unless poles leave the unit circle."""
        stable = radius(self.net) < 1
        began = time.perf_counter()
        work = sum(map(len, record.u)) * self.best.size**1.5
        iterations = int(np.clip(_REFIT_WORK / work, *_REFIT_ITERATIONS))
        self.net.set_weights(self.best)
        estimator = self._make(record.u, record.y, record.gains)
        estimator.run(iterations, progress=False)
        initial = estimator.initial_states
        error = record.error(self.net.simulate(record.u, list(initial)), False)
        if np.isfinite(error) and (radius(self.net) < 1 or not stable):
            self.initial, self.training = initial, error
        else:
            self.net.set_weights(self.best)
        self.seconds += time.perf_counter() - began
        return self

    def cross(self, records: list[Record]) -> Candidate:
        """Set the error on the block of each record, after some iterations without that block."""
        began = time.perf_counter()
        errors = []
        for record in records:
            self.net.set_weights(self.best)
            with self._make(*record.estimation()) as estimator:
                estimator.run(_CROSS_ITERATIONS, progress=False)
                starts = list(estimator.initial_states)
            errors.append(record.error(self.net.simulate(record.u, starts), True))
        self.net.set_weights(self.best)
        if errors:
            self.crossed = float(np.exp(np.mean(np.log(np.maximum(errors, 1e-300)))))
        self.seconds += time.perf_counter() - began
        return self

    def close(self) -> None:
        """Free the memory of the estimator; the best weights go to the network."""
        if self._estimator is not None:
            self._estimator.close()
            self._estimator = None
        self.net.set_weights(self.best)

    def _make(
        self, u: list[np.ndarray], y: list[np.ndarray], gains: list[np.ndarray] | None
    ) -> Estimator:
        if gains is None:
            observed: float = sum(int(np.isfinite(item).sum()) for item in y)
        else:
            observed = sum(float(v[np.isfinite(item)].sum()) for v, item in zip(gains, y))
        return Estimator(
            self.net,
            u,
            y,
            gains,
            method="gauss-newton",
            restarts=0,
            initial_states=True,
            regularisation=Ridge(self.ridge * observed) if self.ridge > 0 else None,
        )

    def _look(self) -> None:
        estimator = self._estimator
        if estimator is None:
            return
        starts = estimator.initial_states
        error = self.record.error(self.net.simulate(self.record.u, list(starts)), True)
        if error < self.validation:
            self.validation, self.training = error, estimator.nmse
            self.best, self.initial = self.net.get_weights(), starts
            self.best_iterations = self.iterations


def radius(net: Network) -> float:
    """Return the largest modulus of the poles of the linear part."""
    return float(np.abs(np.linalg.eigvals(net.weights[f"{UNIT}.x.A"])).max())


def grown(net: Network, seed: int) -> Network:
    """Return a linear network of one state more that does the same; the new state is driven."""
    order, inputs = net.weights[f"{UNIT}.x.B"].shape
    random = np.random.default_rng(seed)
    more = make_network(inputs, net.outputs, order + 1, 0)
    A = np.zeros((order + 1, order + 1))
    A[:order, :order] = net.weights[f"{UNIT}.x.A"]
    A[order, order] = random.uniform(0, 0.9)
    B = np.vstack([net.weights[f"{UNIT}.x.B"], random.normal(size=(1, inputs))])
    C = np.hstack([net.weights[f"{UNIT}.y.C"], 1e-3 * random.normal(size=(net.outputs, 1))])
    more.weights = {
        f"{UNIT}.x.A": A,
        f"{UNIT}.x.B": B,
        f"{UNIT}.y.C": C,
        f"{UNIT}.y.D": net.weights[f"{UNIT}.y.D"],
        f"{UNIT}.y.a": net.weights[f"{UNIT}.y.a"],
    }
    return more


def nonlinear(linear: Candidate, hidden: int, seed: tuple[int, ...]) -> Network:
    """Return a network that starts as the linear model, its states of deviation 1.

    The tanh layer is drawn, its weights to the states and outputs near zero.
    """
    starts = None if linear.initial is None else list(linear.initial)
    runs = linear.net.simulate(linear.record.u, starts, states=True)
    deviation = np.concatenate([states[f"{UNIT}.x"] for _, states in runs]).std(axis=0)
    deviation = np.where(np.isfinite(deviation) & (deviation > 1e-9), deviation, 1.0)
    weights = linear.net.weights
    order, inputs = weights[f"{UNIT}.x.B"].shape
    outputs = linear.net.outputs
    net = make_network(inputs, outputs, order, hidden)
    random = np.random.default_rng(seed)
    fan = np.sqrt(order + inputs)
    net.weights = {
        f"{UNIT}.x.A": weights[f"{UNIT}.x.A"] * deviation / deviation[:, None],
        f"{UNIT}.x.B": weights[f"{UNIT}.x.B"] / deviation[:, None],
        f"{UNIT}.x.E": 1e-3 * random.normal(size=(order, hidden)),
        f"{UNIT}.h2.a": random.normal(size=hidden),
        f"{UNIT}.h2.F": random.normal(size=(hidden, order)) / fan,
        f"{UNIT}.h2.G": random.normal(size=(hidden, inputs)) / fan,
        f"{UNIT}.y.a": weights[f"{UNIT}.y.a"],
        f"{UNIT}.y.C": weights[f"{UNIT}.y.C"] * deviation,
        f"{UNIT}.y.D": weights[f"{UNIT}.y.D"],
        f"{UNIT}.y.H": 1e-3 * random.normal(size=(outputs, hidden)),
    }
    return net


def initial_state(net: Network, u: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Return the flat state that fits the first outputs, the weights being what they are."""
    known = int(np.isfinite(y).sum())
    if known == 0:
        return None
    weights = dict(net.weights)
    order, hidden = weights[f"{UNIT}.x.A"].shape[0], weights.get(f"{UNIT}.h2.a", np.empty(0)).size
    state = f"{UNIT}.x.x0"
    with make_network(net.inputs, net.outputs, order, hidden, "learn") as copy:
        copy.weights = weights
        for name in copy.weights:
            if name != state:
                copy.weights.fix(name)
        ridge = Ridge(1e-4 * known, weights=[state])
        with Estimator(copy, u, y, method="gauss-newton", restarts=0, regularisation=ridge) as est:
            est.run(50, progress=False)
        found = copy.weights[state]
    return np.concatenate([np.zeros(net.inputs), found, np.zeros(hidden)])
