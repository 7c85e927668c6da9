"""The transforms: units of appendix A of RR-9100, their nodes stacked as in the original."""

from __future__ import annotations

import math

import numpy as np

from .._engine.errors import ArgumentError
from ..networks.functions import zeta
from ..networks.network import Network
from ._kernels import CONSTANT, Factor, Kernel, inputs, node, sigmoid
from ._unit import UnitTransform
from .inputs import Input
from .kernel_transform import Slot
from .sparse import SparseNonLinearTransform

__all__ = [
    "IntegrateAndFireTransform",
    "LinearNonLinearTransform",
    "LinearTransform",
    "SoftMaxTransform",
    "SparseNonLinearTransform",
]


class LinearTransform(UnitTransform):
    """x_n(t) = alpha_n + sum W x(t-1) + sum W i(t-1).

    Weights: (n, 1) the offset, (n, 2 + n') recurrent, (n, 2 + N + m) of the input.

    Parameters
    ----------
    N : int
        Number of units, one node each.
    input : Input
    """

    _matrix = "x.W1"

    def _build(self) -> None:
        self.network = Network(self.input.N)
        self.network.linear(self._units, name="u")
        self.setOffset(0)

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        return [], self._linear()

    def _slot(self, n: int, d: int) -> Slot:
        return self._linear_slot("u.x", n, d)

    def setOffset(self, value: float = 0) -> LinearTransform:
        """Hold all offsets at a value; NaN: they are adjusted."""
        return self._hold("u.x.a", value)


class LinearNonLinearTransform(UnitTransform):
    """x_n = x_n1 + zeta(x_n2), x_n1 = gamma_n x_n(t-1), x_n2 linear: equation (7).

    Nodes: N outputs, N leaks x_n1, N linear parts x_n2. Weights: (N + n, 1) the leak, in
    [0, 0.999], (2N + n, 1) the offset, (2N + n, 2 + n') recurrent, (2N + n, 2 + N + m) of the
    input.

    Parameters
    ----------
    N : int
        Number of units, three nodes each.
    input : Input
    min, max : float
        Of zeta; max infinite: rectified.
    """

    _layers = (0, 1, 2)
    _groups = ("x", "x1", "x2")
    _matrix = "x2.W"

    def __init__(self, N: int, input: Input, min: float = 0, max: float = 1) -> None:
        if not min < max or math.isinf(min):
            raise ArgumentError(f"min, max: {min}, {max} came, expected a range")
        self._range = float(min), float(max)
        super().__init__(N, input)

    def _build(self) -> None:
        low, high = self._range
        self.network = Network(self.input.N)
        activation = "relu" if math.isinf(high) else zeta(low, high)
        x = self.network.lnl(self._units, name="u", leak="adjust", activation=activation)
        if math.isinf(high) and low:
            x.add(low)
        self.setLeak(0).setOffset(0)

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        units = self._units
        if n < units:
            squashed = Kernel((Factor(n + 2 * units, 0, *sigmoid(*self._range)),))
            return [node(n + units, 0), squashed], []
        return [], [node(n - units)] if n < 2 * units else self._linear()

    def _slot(self, n: int, d: int) -> Slot:
        units = self._units
        if n < 2 * units:
            return "u.x1.g", (n - units,), 1.0
        return self._linear_slot("u.x2", n - 2 * units, d)

    def setLeak(self, value: float = 0) -> LinearNonLinearTransform:
        """Hold all leaks at a value; NaN: they are adjusted."""
        return self._hold("u.x1.g", value)

    def setOffset(self, value: float = 0) -> LinearNonLinearTransform:
        """Hold all offsets at a value; NaN: they are adjusted."""
        return self._hold("u.x2.a", value)


class IntegrateAndFireTransform(UnitTransform):
    """Units that reset: x = w (1 - z) x(t-1)/2 + a + W z + B i(t-1), z = zeta01(q): equation (10).

    Nodes: N outputs, N thresholds q = sharpness (x(t-1) - 1/2). Weights: (n, 1) the leak w, in
    [0, 0.999], (n, 2) the offset, (n, 3 + n') recurrent, (n, 3 + N + m) of the input, (N + n, 1)
    the sharpness, in [0, 100].

    Parameters
    ----------
    N : int
        Number of units, two nodes each.
    input : Input
    """

    _layers = (0, 1)
    _groups = ("x", "q")

    def _build(self) -> None:
        self.network = Network(self.input.N)
        self.network.aif(self._units, name="u", leak="adjust", sharpness="adjust")
        self.network.weights.constrain("u.x.g", upper=0.999 / 2)
        self.setOffset(0).setLeak(0).setSharpness(1)

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        units = self._units
        if n >= units:
            return [], [Kernel((Factor(n - units, 1, lambda x: x - 0.5),))]
        fire, slope = sigmoid(0, 1)
        rest = Factor(n + units, 0, lambda q: 1 - fire(q), lambda q: -slope(q))
        spikes = [Kernel((Factor(k + units, 0, fire, slope),)) for k in range(units)]
        kept = Kernel((rest, Factor(n, 1)), scale=0.5)
        return [], [kept, CONSTANT, *spikes, *inputs(self.input.N)]

    def _slot(self, n: int, d: int) -> Slot:
        if n >= self._units:
            return "u.q.w", (n - self._units,), 1.0
        # The network's leak is that of (1 - z) x, not of half of it.
        return ("u.x.g", (n,), 0.5) if d == 1 else self._linear_slot("u.x", n, d - 1)

    def setSharpness(self, value: float = 1) -> IntegrateAndFireTransform:
        """Hold the sharpness of all units at a value; NaN: it is adjusted."""
        return self._hold("u.q.w", value)

    def setLeak(self, value: float = 0) -> IntegrateAndFireTransform:
        """Hold all leaks at a value; NaN: they are adjusted."""
        return self._hold("u.x.g", value, 0.5)

    def setOffset(self, value: float = 0) -> IntegrateAndFireTransform:
        """Hold all offsets at a value; NaN: they are adjusted."""
        return self._hold("u.x.a", value)


class SoftMaxTransform(UnitTransform):
    """x_n = exp(z_n) / sum of exp(z), z linear: equation (11).

    Nodes: N outputs, the sum, N exponentials, N linear parts z. Weights: (2N + 1 + n, 1) the
    offset, (2N + 1 + n, 2 + n') recurrent, (2N + 1 + n, 2 + N + m) of the input.

    Parameters
    ----------
    N : int
        Number of units, three nodes each and one more.
    input : Input
    """

    _layers = (0, 1, 2)
    _groups = ("x",)
    _matrix = "z.W"

    def __init__(self, N: int, input: Input) -> None:
        super().__init__(N, input, more=1)

    def _build(self) -> None:
        self.network = Network(self.input.N)
        self.network.softmax(self._units, name="u")
        self.setOffset(0)

    def _stacked(self, states: dict[str, np.ndarray]) -> np.ndarray:
        # Beyond what can be represented the outputs, which do not overflow, are still right.
        with np.errstate(over="ignore"):
            powers = np.exp(states["u.z"])
            total = powers.sum(axis=1, keepdims=True)
        return np.concatenate([states["u.x"], total, powers, states["u.z"]], axis=1)

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        units = self._units
        if n < units:
            divided = Factor(units, 0, lambda s: 1 / s, lambda s: -1 / s**2)
            return [Kernel((Factor(n + units + 1, 0), divided))], []
        if n == units:
            return [node(units + 1 + k, 0) for k in range(units)], []
        if n <= 2 * units:
            return [Kernel((Factor(n + units, 0, math.exp, math.exp),))], []
        return [], self._linear()

    def _slot(self, n: int, d: int) -> Slot:
        return self._linear_slot("u.z", n - 2 * self._units - 1, d)

    def setOffset(self, value: float = 0) -> SoftMaxTransform:
        """Hold all offsets at a value; NaN: they are adjusted."""
        return self._hold("u.z.a", value)
