"""What all transforms have: values from a network, and weights by unit and kernel."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError
from ..networks.network import Network
from . import _draws
from ._kernels import Kernel
from .inputs import Input

if TYPE_CHECKING:
    from typing_extensions import Self

_OWN = (
    "{}: kernels of one's own are written with Network.learnware and Network.firmware; here use one"
    " of the transforms with weights"
)


class RecurrentTransform(Input):
    """Nodes x_n(t) that depend on each other's past and on an input, read one time step later.

    Parameters
    ----------
    N : int
        Number of nodes: for most transforms several a unit, stacked.
    R : int
        The largest lag.
    input : Input

    Attributes
    ----------
    network : Network
        What runs; call `reset` after changing it by other means than these methods.

    Raises
    ------
    NotImplementedError
        For the class itself, or a subclass with equations of its own.
    """

    network: Network
    # Number of units: the nodes from 0 on that others read later.
    _units: int

    def __init__(self, N: int, R: int, input: Input) -> None:
        if not hasattr(self, "_build"):
            raise NotImplementedError(_OWN.format(type(self).__name__))
        self._R = R
        self._past: np.ndarray | None = None
        self.N, self.input = N, input
        self._imposed: dict[int, dict[int, float]] = {}
        self._kept: tuple[int, np.ndarray] | None = None

    @property
    def T(self) -> int:  # type: ignore[override]
        """Number of time steps, those of the input."""
        return int(self.input.T)

    def setN(self, N: int) -> None:
        """Refused: the number of nodes is the transform's own."""
        raise ArgumentError("setN: a transform has as many nodes as it was made with")

    def setT(self, T: int) -> None:
        """Set the number of time steps of the input."""
        self.input.setT(T)
        self._changed()

    def setInput(self, input: Input) -> RecurrentTransform:
        """Take another input of as many units."""
        if input.N != self.input.N:
            raise ArgumentError(f"input: {input.N} units, expected {self.input.N}")
        self.input = input
        return self._changed()

    def reset(self, buffered: bool = False, upsilon: float = 0) -> RecurrentTransform:
        """Simulate anew.

        Parameters
        ----------
        buffered : bool
            Not used: all values are kept.
        upsilon : float
            Deviation of the values before time 0.
        """
        self._past = upsilon * _draws.normal(self._units) if upsilon else None
        self._imposed = {}
        return self._changed()

    def _changed(self) -> Self:
        self._kept = None
        return self

    @property
    def _initial(self) -> np.ndarray | None:
        """The state before time 0, None for zero."""
        return None if self._past is None else self._state(np.zeros(self.input.N), self._past)

    def _state(self, u: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the flat state of the network after inputs u and units x."""
        return np.concatenate([u, x])

    def _values(self) -> np.ndarray:
        """Return all values, (T, N), simulated where they are not known."""
        if self._kept is None or self._kept[0] != self.T:
            self._kept = self.T, self._simulated(self.input._values())
        return self._kept[1]

    def _simulated(self, u: np.ndarray, network: Network | None = None) -> np.ndarray:
        """Simulate, in pieces that end where values are imposed."""
        net = self.network if network is None else network
        state, first, parts = self._initial, 0, []
        for end in [*sorted(t + 1 for t in self._imposed if t < len(u)), len(u)]:
            inputs = u[first:end] if u.shape[1] else end - first
            values = self._stacked(net.simulate(inputs, state, states=True)[1])
            for n, value in self._imposed.get(end - 1, {}).items():
                values[-1, n] = value
            if end > first:
                state = self._state(u[end - 1], values[-1, : self._units])
            parts.append(values)
            first = end
        return np.concatenate(parts)

    def _stacked(self, states: dict[str, np.ndarray]) -> np.ndarray:
        """Put the groups of the network in the order of the nodes."""
        raise NotImplementedError

    def getR(self) -> int:
        """Return the largest lag."""
        return self._R

    def get(self, n: int, t: float) -> float:
        """Return x_n(t); before time 0 the initial value."""
        place = self._place(n, t)
        if place < 0:
            if self._past is None or t < -1 or n >= self._units:
                return 0.0
            return float(self._past[n])
        return float(self._values()[place, n])

    def set(self, n: int, t: float, value: float) -> None:
        """Impose x_n(t): times that follow are computed from it, until `reset`."""
        place = self._place(n, t)
        if place < 0:
            raise ArgumentError(f"set: time {t}, expected 0 or more")
        self._imposed.setdefault(place, {})[n] = as_number(value, "value")
        self._changed()

    def getValue(self, n: int, t: float) -> float:
        """Return what the equation of node n gives at time t."""
        raise NotImplementedError(_OWN.format(type(self).__name__))

    def getValueDerivative(self, n: int, t: float, n_: int, t_: float) -> float:
        """Return the derivative of `getValue` by the value of node n_ at time t_."""
        raise NotImplementedError(_OWN.format(type(self).__name__))

    def isConnected(self, n: int, t: float, n_: int, t_: float) -> bool:
        """Tell whether node n at time t may depend directly on node n_ at time t_."""
        raise NotImplementedError(_OWN.format(type(self).__name__))

    def getLyapunovExponent(self, W: int = 10, K: int = 10, d0: float = 1e-6) -> float:
        """Estimate how fast near trajectories part, in 1/time step.

        K times the units are disturbed by d0 in all, W steps before the end; the exponent is the
        mean of log(d/d0)/W. -inf where they meet.
        """
        u, x = self.input._values(), self._values()
        first = self.T - W
        if not 0 < first < self.T:
            raise ArgumentError(f"W: {W}, expected 1 to {self.T - 1}")
        inputs = u[first:] if u.shape[1] else W
        units = x[first - 1, : self._units]
        end = self._after(inputs, u[first - 1], units)
        rates = []
        for k in range(K):
            change = _draws.normal(self._units, seed=k)
            moved = units + d0 * change / np.linalg.norm(change)
            distance = float(np.linalg.norm(self._after(inputs, u[first - 1], moved) - end))
            rates.append(math.log(distance / d0) / W if distance > 0 else -math.inf)
        return float(np.mean(rates))

    def _after(self, inputs: np.ndarray | int, u: np.ndarray, units: np.ndarray) -> np.ndarray:
        states = self.network.simulate(inputs, self._state(u, units), states=True)[1]
        return self._stacked(states)[-1, : self._units]

    def getSpectralRadius(self) -> float:
        """Return the largest modulus of the eigenvalues of the recurrent weights."""
        weights = self._recurrent()
        return float(np.abs(np.linalg.eigvals(weights)).max()) if weights.size else 0.0

    def _recurrent(self) -> np.ndarray:
        raise NotImplementedError

    def asString(self) -> str:
        """Return what it is, as JSON."""
        return json.dumps({"type": type(self).__name__, "N": self.N, "R": self._R, "T": self.T})


class KernelEquations(RecurrentTransform):
    """Nodes that are sums of kernels: the part of `KernelTransform` without the weights."""

    def getWeight(self, n: int, d: int) -> float:
        """Return a weight."""
        raise NotImplementedError

    def _kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        """Return the kernels of node n without a weight, which are added, and those with one."""
        raise NotImplementedError

    def _kernel(self, n: int, d: int) -> list[Kernel]:
        fixed, weighted = self._kernels(n)
        return fixed if d == 0 else weighted[d - 1 : d] if d > 0 else []

    def getKernelDimension(self, n: int) -> int:
        """Return the number of weights of node n."""
        return len(self._kernels(n)[1])

    def getKernelValue(self, n: int, d: int, t: float) -> float:
        """Return the kernel d of node n at time t; d = 0 is what has no weight."""
        return sum(kernel.value(self, t) for kernel in self._kernel(n, d))

    def getKernelDerivative(self, n: int, d: int, t: float, n_: int, t_: float) -> float:
        """Return the derivative of a kernel by the value of node n_ at time t_."""
        return sum(kernel.derivative(self, t, n_, t_) for kernel in self._kernel(n, d))

    def getValue(self, n: int, t: float) -> float:
        """Return what the equation of node n gives at time t, for the values there are."""
        return self.getKernelValue(n, 0, t) + sum(
            self.getWeight(n, d) * self.getKernelValue(n, d, t)
            for d in range(1, self.getKernelDimension(n) + 1)
        )

    def getValueDerivative(self, n: int, t: float, n_: int, t_: float) -> float:
        """Return the derivative of `getValue` by the value of node n_ at time t_."""
        value = self.getKernelDerivative(n, 0, t, n_, t_)
        for d, kernel in enumerate(self._kernels(n)[1], 1):
            slope = kernel.derivative(self, t, n_, t_)
            if slope:
                value += self.getWeight(n, d) * slope
        return value

    def isConnected(self, n: int, t: float, n_: int, t_: float) -> bool:
        """Tell whether node n at time t may depend directly on node n_ at time t_."""
        fixed, weighted = self._kernels(n)
        return any(kernel.reads(n_, t - t_) for kernel in [*fixed, *weighted])
