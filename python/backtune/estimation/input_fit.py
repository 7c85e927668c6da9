"""The linear network that predicts inputs which may be missing: its form, its fit, its order."""

from __future__ import annotations

import warnings

import numpy as np

from .._engine.errors import BacktuneWarning
from .._engine.types import Array, Flags, Places
from ..networks.network import Network
from .core import CoreEstimator
from .gaps import Autoregression, Gaps
from .regularisation import Ridge

#: Orders that are tried.
ORDERS = (0, 1, 2, 4, 8)
UNIT = "x"
# Rows beside weights of a node, at least, and weights, at most, of an order that is tried.
_ROWS_PER_WEIGHT, _MOST_WEIGHTS = 5, 400
_RIDGE = 1e-6
_ITERATIONS = 30
# Time steps that are fitted, about, where there are more.
_STEPS = 20_000
_START = 0.5
# Poles are kept inside this radius: what is missing for long goes back to the mean.
_RADIUS = 0.999
# Variance of errors, at least, in that of the channel.
_FLOOR = 1e-10
# Where too few values follow known ones: rounds and draws for the covariance of errors.
_ROUNDS, _DRAWS = 3, 20


#: A fitted network, its order, and what `Gaps` takes of it.
Fit = tuple[Network, int, Autoregression]


def make_network(known: int, modelled: int, order: int) -> Network:
    """Make the network, all weights 0: x(t) = a + sum B_k w(t-k) + sum A_k m(t-k)."""
    net = Network(known)
    x = net.learnware(modelled, UNIT, bias=True)
    for lag in range(order + 1 if known else 0):
        x.connect(net.input.lag(lag), f"B{lag}")
    for lag in range(1, order + 1):
        x.connect(x.measured(stands_for_input=True).lag(lag), f"A{lag}")
    net.observe(x)
    net.set_weights(np.zeros(net.get_weights().size))
    return net


def constant_part(net: Network, channels: Places, values: Array) -> Array:
    """Return what the bias and the channels that are always known say, (T, K)."""
    others = np.delete(values, channels, axis=1)
    weights = net.weights
    found = np.tile(weights[f"{UNIT}.a"], (len(values), 1))
    lag = 0
    while f"{UNIT}.B{lag}" in weights:
        found[lag:] += others[: max(len(values) - lag, 0)] @ weights[f"{UNIT}.B{lag}"].T
        lag += 1
    return found


class _Record:
    """Standardised sequences, split in channels that are modelled and others."""

    def __init__(self, arrays: list[Array], channels: Places) -> None:
        self.arrays, self.channels = arrays, channels
        self.modelled = [np.ascontiguousarray(item[:, channels]) for item in arrays]
        self.others = [np.ascontiguousarray(np.delete(item, channels, axis=1)) for item in arrays]
        self.nodes, self.inputs = len(channels), self.others[0].shape[1]

    def weights(self, order: int) -> int:
        """Return how many weights a node has."""
        return 1 + order * self.nodes + (order + 1) * self.inputs

    def complete(self, order: int) -> list[Flags]:
        """Return, (T, K), which values are known and follow `order` steps that are known."""
        found = []
        for values in self.modelled:
            known = ~np.isnan(values)
            whole = np.all(known, axis=1)
            follows = np.arange(len(values)) >= order
            for lag in range(1, order + 1):
                follows[lag:] &= whole[: max(len(values) - lag, 0)]
            found.append(known & follows[:, None])
        return found

    def is_enough(self, order: int) -> bool:
        """Tell whether an order can be fitted to such values alone."""
        count = self.weights(order)
        rows = sum(item.sum(axis=0) for item in self.complete(order)).min()
        few = order == 0 or count * self.nodes <= _MOST_WEIGHTS
        return bool(few and rows >= _ROWS_PER_WEIGHT * count)

    def fit(self, order: int, complete: list[Flags] | None) -> Network:
        """Fit a network to the values that are complete, or to all where None."""
        net = make_network(self.inputs, self.nodes, order)
        if order and complete is None:
            # From 0, where the network's own values say nothing, it could not find what they do.
            net.weights[f"{UNIT}.A1"] = _START * np.eye(self.nodes)
        gains = None if complete is None else [item.astype(float) for item in complete]
        known = sum(int((~np.isnan(item)).sum()) for item in self.modelled)
        rows = known if complete is None else sum(int(item.sum()) for item in complete)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BacktuneWarning)
            with CoreEstimator(
                net,
                self.others if self.inputs else None,
                self.modelled,
                gains,
                method="gauss-newton",
                restarts=0,
                regularisation=Ridge(_RIDGE * rows),
            ) as est:
                est.run(_ITERATIONS, progress=False)
        return _stable(net, order)

    def errors(self, net: Network, order: int, complete: list[Flags]) -> Array:
        """Return one-step errors of the rows that are complete in all channels, (rows, K)."""
        model = _autoregression(net, order, np.eye(self.nodes))
        found = []
        for arrays, own, rows in zip(self.arrays, self.modelled, complete):
            constant = constant_part(net, self.channels, arrays)
            found.append(model.errors(own, constant)[rows.all(axis=1)])
        return np.concatenate(found)


def _feedback(net: Network, order: int) -> Array:
    size = net.weights[f"{UNIT}.a"].size
    arrays = [net.weights[f"{UNIT}.A{lag}"] for lag in range(1, order + 1)]
    return np.array(arrays).reshape(order, size, size)


def _autoregression(net: Network, order: int, covariance: Array) -> Autoregression:
    size = len(covariance)
    floor = _FLOOR * np.eye(size)
    return Autoregression(_feedback(net, order), covariance + floor, np.ones(size))


def _stable(net: Network, order: int) -> Network:
    """Move the poles inside the unit circle where some are not."""
    if order == 0:
        return net
    feedback = _feedback(net, order)
    size = feedback.shape[-1]
    companion = np.eye(order * size, k=-size)
    companion[:size] = np.concatenate(list(feedback), axis=1)
    radius = float(np.abs(np.linalg.eigvals(companion)).max())
    if radius > _RADIUS:
        for lag in range(1, order + 1):
            net.weights[f"{UNIT}.A{lag}"] = feedback[lag - 1] * (_RADIUS / radius) ** lag
    return net


def _covariance(errors: Array, weights: int) -> Array:
    return errors.T @ errors / max(len(errors) - weights, 1)


def best_fit(arrays: list[Array], channels: Places, order: int | None) -> Fit:
    """Fit the order that is given, or the best of `ORDERS` by Schwarz's criterion.

    Where they suffice, weights are fitted to values that follow known ones: a linear problem, which
    the values after long gaps, predicted from far, would spoil. Else to all that are known.
    """
    record = _Record(_first_part(arrays, channels), channels)
    orders = [p for p in ORDERS if record.is_enough(p)] if order is None else [order]
    if order is not None and not record.is_enough(order):
        return _sparse_fit(record, order)
    if order is None and orders in ([], [0]):
        known = int((~np.isnan(np.concatenate(record.modelled))).sum(axis=0).min())
        possible = [p for p in (0, 1, 2) if known >= _ROWS_PER_WEIGHT * record.weights(p)]
        return _sparse_fit(record, max(possible, default=0))
    longest = record.complete(max(orders))

    def tried(p: int) -> tuple[float, int, Network]:
        net = record.fit(p, record.complete(p))
        errors = record.errors(net, p, longest)
        found = _covariance(errors, 0) + _FLOOR * np.eye(record.nodes)
        score = len(errors) * np.linalg.slogdet(found)[1]
        score += np.log(len(errors)) * record.weights(p) * record.nodes
        return score, p, net

    _, p, net = min(map(tried, orders), key=lambda item: item[0])
    errors = record.errors(net, p, record.complete(p))
    return net, p, _autoregression(net, p, _covariance(errors, record.weights(p)))


def _first_part(arrays: list[Array], channels: Places) -> list[Array]:
    """Return the first part of long sequences, unless it has much less of what is known."""
    total = sum(map(len, arrays))
    if total <= _STEPS:
        return arrays
    part = [item[: -(-len(item) * _STEPS // total)] for item in arrays]
    known = [sum((~np.isnan(v[:, channels])).sum(axis=0) for v in some) for some in (part, arrays)]
    enough = known[0] >= 0.5 * _STEPS / total * known[1]
    return part if enough.all() else arrays


def _sparse_fit(record: _Record, order: int) -> Fit:
    """Fit to all known values; the covariance of errors is that of draws of what is missing."""
    net = record.fit(order, None)
    covariance = np.eye(record.nodes)
    for _ in range(_ROUNDS):
        model = _autoregression(net, order, covariance)
        random, total, count = np.random.default_rng(0), np.zeros_like(covariance), 0
        for arrays, own in zip(record.arrays, record.modelled):
            constant = constant_part(net, record.channels, arrays)
            for draw in Gaps(model, own, constant).draws(_DRAWS, random):
                errors = model.errors(draw, constant)[order:]
                total += errors.T @ errors
                count += len(errors)
        covariance = total / max(count, 1)
    return net, order, _autoregression(net, order, covariance)
