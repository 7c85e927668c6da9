"""What the estimators need of a criterion."""

from __future__ import annotations

import numpy as np

from .._engine.types import Array, OneSequence, StateLike
from ..estimation.criteria import Criterion
from ..estimation.estimator import Estimator
from ..networks.network import Network
from ._unit import UnitTransform


class TransformCriterion:
    """Base of the criteria."""

    def __init__(self, transform: UnitTransform) -> None:
        if not isinstance(transform, UnitTransform):
            raise TypeError(f"transform: {transform!r} came, expected a transform with weights")
        self.transform = transform

    def _network(self) -> Network:
        """Return a copy of the transform's network with the nodes that are compared observed."""
        net = self.transform.network.copy()
        names, counts = self.transform._observable(self._observed)
        groups = net.groups
        return net.observe([groups[name] for name in names], counts)

    _observed: int

    @property
    def _reestimates(self) -> bool:
        """Whether estimation is also tried on re-estimated states."""
        raise NotImplementedError

    def _goal(self) -> Criterion:
        """Return what the engine is asked for."""
        raise NotImplementedError

    def _wanted(self, part: slice) -> Array | None:
        """Return the desired values of a part of the times, None where means are asked for."""
        return None

    def _estimator(
        self,
        net: Network,
        initial: StateLike | None = None,
        part: slice = slice(None),
        *,
        method: str | None = None,
        reestimation: bool | None = None,
    ) -> Estimator:
        return Estimator(
            net,
            self._inputs(part),
            self._wanted(part),
            criterion=self._goal(),
            missing="error",
            initial=initial,
            restarts=0,
            method=method,
            reestimation=self._reestimates if reestimation is None else reestimation,
        )

    def _slopes(self, states: np.ndarray) -> np.ndarray:
        """Return the derivative by the observed nodes, (T, nodes), of values (T, N)."""
        raise NotImplementedError

    def _inputs(self, part: slice) -> OneSequence:
        u = self.transform.input._values()[part]
        return u if u.shape[1] else len(u)

    def _has_values(self, part: slice) -> bool:
        """Tell whether anything is asked in a part of the times."""
        return True

    def drho(self, n: int, t: float) -> float:
        """Return the derivative of the sum by x_n(t)."""
        place = self.transform._place(n, t)
        if place < 0 or n >= self._observed:
            return 0.0
        return float(self._slopes(self.transform._values())[place, n])

    def update(self) -> None:
        """Do nothing: estimations re-estimate states by themselves."""
