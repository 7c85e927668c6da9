"""Kernels: what a weight is multiplied with, as functions of one or two nodes or of an input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Protocol

import numpy as np

Function = Callable[[float], float]


def sigmoid(low: float, high: float) -> tuple[Function, Function]:
    """Return zeta between two bounds, of slope 1 in the middle, and its derivative."""
    if np.isinf(high):
        return lambda u: low + max(u, 0.0), lambda u: float(u > 0)
    half, middle = (high - low) / 2, (high + low) / 2
    return (
        lambda u: middle + half * float(np.tanh(u / half)),
        lambda u: 1 - float(np.tanh(u / half)) ** 2,
    )


class Source(Protocol):
    """What has values of units at times."""

    def get(self, n: int, t: float) -> float:
        """Return the value of a unit at a time."""


class Values(Source, Protocol):
    """What has values of nodes, and an input: a `RecurrentTransform`."""

    @property
    def input(self) -> Source:
        """Values of the input."""


@dataclass(frozen=True)
class Factor:
    """A function of node number `node`, `lag` times ago."""

    node: int
    lag: int = 1
    function: Function = lambda x: x
    slope: Function = lambda x: 1.0


@dataclass(frozen=True)
class Kernel:
    """`scale` times the product of its factors, and of an input one time ago where there is one."""

    factors: tuple[Factor, ...] = ()
    input: int | None = None
    scale: float = 1.0

    def value(self, transform: Values, t: float) -> float:
        """Return the value at time t."""
        value = self.scale if self.input is None else transform.input.get(self.input, t - 1)
        for factor in self.factors:
            value *= factor.function(transform.get(factor.node, t - factor.lag))
        return value

    def derivative(self, transform: Values, t: float, n_: int, t_: float) -> float:
        """Return the derivative at time t by node n_ at time t_."""
        total = 0.0
        for k, factor in enumerate(self.factors):
            if factor.node != n_ or t - factor.lag != t_:
                continue
            part = self.scale * factor.slope(transform.get(n_, t_))
            for other in self.factors[:k] + self.factors[k + 1 :]:
                part *= other.function(transform.get(other.node, t - other.lag))
            total += part
        return total

    def reads(self, node: int, lag: float) -> bool:
        """Tell whether it reads a node so many times ago."""
        return any(factor.node == node and factor.lag == lag for factor in self.factors)


CONSTANT = Kernel()


def node(n: int, lag: int = 1, scale: float = 1.0) -> Kernel:
    """Make the kernel that is the value of a node."""
    return Kernel((Factor(n, lag),), scale=scale)


def inputs(count: int) -> list[Kernel]:
    """Make the kernels of all units of the input."""
    return [Kernel(input=m) for m in range(count)]
