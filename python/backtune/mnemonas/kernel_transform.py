"""Transforms with weights, by node and kernel."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Callable, ClassVar

import numpy as np

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError
from .._engine.types import Array, Flags
from . import _draws
from .inputs import Input
from .recurrent import KernelEquations

if TYPE_CHECKING:
    from typing_extensions import Self

#: Array and index of a weight of the network, and by what it is multiplied there.
Slot = tuple[str, tuple[int, ...], float]


class KernelTransform(KernelEquations):
    """Nodes that are sums of kernels: x_n(t) = Phi_n0t + sum over d of W_nd Phi_ndt.

    Equation (1) of RR-9100. Weights are counted by node n and kernel d, from 1.

    Parameters
    ----------
    N, R, input
        As in `RecurrentTransform`.
    """

    # The classes of units, by name.
    _kinds: ClassVar[dict[str, Callable[[int, Input], KernelTransform]]] = {}

    @staticmethod
    def newKernelTransform(type: str, N: int, input: Input) -> KernelTransform:
        """Make a transform by the name of its class.

        Raises
        ------
        ArgumentError
            There is no such class.
        """
        kinds = KernelTransform._kinds
        if type not in kinds:
            raise ArgumentError(f"type {type!r}: expected one of {', '.join(sorted(kinds))}")
        return kinds[type](N, input)

    def _slot(self, n: int, d: int) -> Slot:
        raise NotImplementedError

    def _places(self) -> Iterator[tuple[int, int]]:
        for n in range(self.N):
            for d in range(1, self.getKernelDimension(n) + 1):
                yield n, d

    def getWeightCount(self) -> int:
        """Return the number of weights, of all nodes."""
        return sum(self.getKernelDimension(n) for n in range(self.N))

    def _there(self, n: int, d: int) -> bool:
        return 0 <= n < self.N and 0 < d <= self.getKernelDimension(n)

    def getWeight(self, n: int, d: int) -> float:
        """Return a weight, 0 where there is none."""
        if not self._there(n, d):
            return 0.0
        name, index, factor = self._slot(n, d)
        return float(self.network.weights[name][index]) / factor

    def setWeight(self, n: int, d: int, w: float) -> bool:
        """Set a weight.

        Returns
        -------
        bool
            Whether it is inside its bounds; one that is not becomes the bound. False, and nothing
            happens, where a leak, offset or sharpness is held, or there is no such weight.
        """
        return self._set({(n, d): w}).get((n, d), False)

    def _set(self, wanted: dict[tuple[int, int], float]) -> dict[tuple[int, int], bool]:
        """Set several weights; whether each of them is inside its bounds."""
        weights = self.network.weights
        arrays: dict[str, tuple[Array, Array, Array, Flags]] = {}
        result = {}
        for (n, d), value in wanted.items():
            number = as_number(value, "weight")
            if not math.isfinite(number):
                raise ArgumentError(f"weight ({n}, {d}): {number} came, expected a finite number")
            if not self._there(n, d):
                continue
            name, index, factor = self._slot(n, d)
            if name not in arrays:
                arrays[name] = (weights[name].copy(), *weights.bounds(name), weights.fixed(name))
            values, lower, upper, fixed = arrays[name]
            if fixed[index]:
                result[n, d] = False
                continue
            scaled = factor * number
            values[index] = min(max(scaled, lower[index]), upper[index])
            result[n, d] = bool(values[index] == scaled)
        for name, (values, *_) in arrays.items():
            weights[name] = values
        self._changed()
        return result

    def _hold(self, name: str, value: float, factor: float = 1.0) -> Self:
        """Hold all weights of an array at a value, or let them be adjusted where it is NaN."""
        weights = self.network.weights
        if math.isnan(value):
            weights.constrain(name, fixed=False)
        else:
            weights[name] = factor * as_number(value, "value")
            weights.constrain(name, fixed=True)
        return self._changed()

    def setWeights(self, transform: KernelTransform) -> Self:
        """Take the weights of another transform of the same class, for the units that both have.

        Raises
        ------
        ArgumentError
            A transform of another class, or with other connections.
        """
        if type(transform) is not type(self):
            raise ArgumentError(
                f"setWeights: a {type(transform).__name__} came, expected a {type(self).__name__}"
            )
        units = min(self._units, transform._units)
        mine, others = self._tags(units), transform._tags(units)
        self._set({mine[tag]: transform.getWeight(*others[tag]) for tag in mine if tag in others})
        return self

    def _tags(self, units: int) -> dict[tuple, tuple[int, int]]:
        """Return the weights among the first units, by array and index in it."""
        tags = {}
        for n, d in self._places():
            name, index, _ = self._slot(n, d)
            sources = () if name.endswith(".B") else index[1:]
            if all(k < units for k in (index[0], *sources)):
                tags[name, index] = n, d
        return tags

    def setWeightsRandom(
        self,
        mean: float = 0.0,
        sigma: float = 0.0,
        add: bool = False,
        mode: str = "normal",
        seed: int = -1,
    ) -> Self:
        """Draw all weights that are not held.

        Parameters
        ----------
        mean, sigma : float
            Mean and deviation; of deviation 0 all are the mean.
        add : bool
            Whether to add to what they are.
        mode : {"normal", "uniform"}
        seed : int
            -1: from the clock.
        """
        if mode not in ("normal", "uniform"):
            raise ArgumentError(f"mode {mode!r}: expected normal or uniform")
        places = list(self._places())
        drawn = np.full(len(places), float(mean))
        if sigma:
            white = getattr(_draws, mode)(len(places), seed)
            drawn += sigma * (white if mode == "normal" else math.sqrt(12) * (white - 0.5))
        if add:
            drawn += self._weights()
        self._set(dict(zip(places, drawn)))
        return self

    def _weights(self) -> np.ndarray:
        """Return all weights, node after node."""
        arrays = dict(self.network.weights.items())
        slots = [self._slot(n, d) for n, d in self._places()]
        return np.array([arrays[name][index] / factor for name, index, factor in slots])

    def asString(self) -> str:
        """Return what it is and its weights, a list for each node, as JSON."""
        rows: list[list[float]] = [[] for _ in range(self.N)]
        for (n, _), weight in zip(self._places(), self._weights().tolist()):
            rows[n].append(weight)
        return json.dumps({**json.loads(super().asString()), "weights": rows})
