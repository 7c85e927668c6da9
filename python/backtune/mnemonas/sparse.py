"""The transform of few connections."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .._engine.arrays import as_count
from .._engine.errors import ArgumentError
from ..networks.network import Network
from . import _draws
from ._kernels import Factor, Kernel, inputs, node
from ._unit import UnitTransform
from .kernel_transform import KernelTransform, Slot


class SparseNonLinearTransform(UnitTransform):
    """x_n(t) = leak x_n(t-1) + sum of W over D rectified units + sum W i(t-1).

    Weights: (n, d) of the d-th connection, from 1 to D, (n, 1 + D + m) of the input.

    Parameters
    ----------
    N : int
        Number of units, one node each.
    input : Input
    """

    def _build(self) -> None:
        self._leak = 0.0
        self.setConnections()

    def setConnections(self, D: int = 0, seed: int = -1) -> SparseNonLinearTransform:
        """Draw the units that each unit reads, others than itself; all weights become 0.

        Parameters
        ----------
        D : int
            Their number, below N; 0: the square root of N.
        seed : int
            -1: from the clock.
        """
        units = self._units
        usual = 1 if units <= 3 else 2 if units == 4 else math.isqrt(units)
        D = min(usual, units - 1) if D == 0 else as_count(D, "D", 1)
        if D > max(units - 1, 0):
            raise ArgumentError(f"D: {D} came, expected less than the {units} units")
        order = _draws.uniform(units * units, seed).reshape(units, units)
        np.fill_diagonal(order, 2)
        self._read = np.sort(np.argsort(order, axis=1)[:, :D], axis=1)
        mask = np.zeros((units, units))
        np.put_along_axis(mask, self._read, 1, axis=1)
        self._connect(mask)
        return self

    def _connect(self, mask: np.ndarray) -> None:
        net = Network(self.input.N)
        x = net.learnware(self._units, name="u.x")
        rectified = net.firmware(self._units, name="u.r").add(1.0, ("relu", x.lag(1)))
        x.connect(x.lag(1), role="g", form="diagonal")
        if mask.any():
            x.connect(rectified.lag(0), role="W", mask=mask)
        if self.input.N:
            x.connect(net.input.lag(1), role="B")
        self.network = net.observe(x)
        net.weights.constrain("u.x.g", lower=0, upper=0.999)
        self.setLeak(self._leak)
        if hasattr(self, "_kernels"):
            self._kernels = lru_cache(maxsize=None)(self._make_kernels)  # type: ignore[method-assign]

    def setWeights(self, transform: KernelTransform) -> SparseNonLinearTransform:
        """Take the weights of another one, of the same connections."""
        other = getattr(transform, "_read", None)
        if other is None or not np.array_equal(other, self._read):
            raise ArgumentError("setWeights: the connections of the transforms differ")
        return super().setWeights(transform)

    def setLeak(self, value: float = 0) -> SparseNonLinearTransform:
        """Set the leak of all units, in [0, 1)."""
        if not 0 <= value < 1:
            raise ArgumentError(f"leak: {value} came, expected 0 or more, below 1")
        self._leak = float(value)
        self._hold("u.x.g", min(self._leak, 0.999))
        return self

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        read = [
            Kernel((Factor(int(k), 1, lambda x: max(x, 0.0), lambda x: float(x > 0)),))
            for k in self._read[n]
        ]
        return [node(n, 1, self._leak)], [*read, *inputs(self.input.N)]

    def _slot(self, n: int, d: int) -> Slot:
        count = self._read.shape[1]
        if d <= count:
            return "u.x.W", (n, int(self._read[n, d - 1])), 1.0
        return "u.x.B", (n, d - 1 - count), 1.0

    def _recurrent(self) -> np.ndarray:
        names = list(self.network.weights)
        return self.network.weights["u.x.W"] if "u.x.W" in names else np.zeros((0, 0))
