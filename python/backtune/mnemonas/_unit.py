"""What the transforms of one unit have: its groups of nodes, stacked."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .._engine.arrays import as_count
from .._engine.errors import ArgumentError
from ._kernels import CONSTANT, Kernel, inputs, node
from .inputs import Input
from .kernel_transform import KernelTransform, Slot


class UnitTransform(KernelTransform):
    """A unit of one kind, of `layers` nodes for each of N, plus some."""

    def __init_subclass__(cls) -> None:
        KernelTransform._kinds[cls.__name__] = cls

    _layers: tuple[int, ...] = (0,)  # first node of the groups of N nodes, in multiples of N
    _groups: tuple[str, ...] = ("x",)  # their names in the network
    _matrix = "x.W"

    def __init__(self, N: int, input: Input, more: int = 0) -> None:
        self._units = as_count(N, "N", 1)
        super().__init__((max(self._layers) + 1) * self._units + more, 1, input)
        self._build()
        self._kernels = lru_cache(maxsize=None)(self._make_kernels)  # type: ignore[method-assign]

    def _build(self) -> None:
        raise NotImplementedError

    def _make_kernels(self, n: int) -> tuple[list[Kernel], list[Kernel]]:
        raise NotImplementedError

    def _linear(self) -> list[Kernel]:
        """Return the kernels of a + W x(t-1) + B i(t-1)."""
        return [CONSTANT, *(node(n) for n in range(self._units)), *inputs(self.input.N)]

    def _linear_slot(self, group: str, unit: int, d: int) -> Slot:
        if d == 1:
            return f"{group}.a", (unit,), 1.0
        if d < 2 + self._units:
            return f"{group}.{self._matrix.split('.')[-1]}", (unit, d - 2), 1.0
        return f"{group}.B", (unit, d - 2 - self._units), 1.0

    def _stacked(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return np.concatenate([states[f"u.{name}"] for name in self._groups], axis=1)

    def _observable(self, count: int) -> tuple[list[str], list[int]]:
        """Return the groups that hold the first nodes, and how many of each."""
        groups: list[str] = []
        counts: list[int] = []
        for name in self._groups:
            here = min(max(count - len(groups) * self._units, 0), self._units)
            if here:
                groups.append(f"u.{name}")
                counts.append(here)
        if sum(counts) != count:
            raise ArgumentError(f"{count} nodes are to be observed: {self.N} there are")
        return groups, counts

    def _recurrent(self) -> np.ndarray:
        return self.network.weights[f"u.{self._matrix}"]
