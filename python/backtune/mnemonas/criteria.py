"""Criteria: what the values of a transform are asked to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Union

import numpy as np
from numpy.typing import ArrayLike

from .._engine.arrays import as_count, as_float, as_number
from .._engine.errors import ArgumentError
from ..estimation import criteria
from ._criterion import TransformCriterion
from ._rho import NAMES, slopes, values_of
from ._unit import UnitTransform
from .inputs import Input
from .observables import Observable, Product

#: Observables, or the values that they are asked to have.
Listed = Union[Sequence[Observable], Sequence[float], np.ndarray]


class SupervisedCriterion(TransformCriterion):
    """The first nodes are asked to be given values; NaN where nothing is asked.

    Parameters
    ----------
    transform : transform with weights
    values : Input
        Desired values of the nodes 0 to values.N - 1.
    criterion : str
        "2", "1", "0", "a", "b" or "h": what `backtune.criteria` calls least-squares, l1, l0, huber,
        biweight, boolean.
    nu : float
        Its scale; 0: one that follows the errors.
    reinject : str
        "b": estimation is also tried on re-estimated states, with desired values imposed; "o", "n":
        it is not. A bool stands for "b" and "n".

    Raises
    ------
    ArgumentError
        Another letter, a negative nu, more values than nodes that can be observed.
    """

    def __init__(
        self,
        transform: UnitTransform,
        values: Input,
        criterion: str = "2",
        nu: float = 1e-3,
        reinject: str | bool = "b",
    ) -> None:
        super().__init__(transform)
        if str(criterion) not in NAMES:
            raise ArgumentError(f"criterion {criterion!r}: expected one of {', '.join(NAMES)}")
        letter = ("n", "b")[reinject] if isinstance(reinject, bool) else reinject
        if letter not in ("b", "o", "n"):
            raise ArgumentError(f"reinject {reinject!r}: expected b, o or n")
        self.values, self.criterion, self.reinject = values, str(criterion), letter
        self.nu = as_number(nu, "nu")
        if not self.nu >= 0:
            raise ArgumentError(f"nu: {nu} came, expected 0 or more")
        self._observed = values.N
        transform._observable(values.N)

    def _desired(self) -> np.ndarray:
        desired = self.values._values()
        if len(desired) != self.transform.T:
            raise ArgumentError(
                f"values: {len(desired)} times, the transform has {self.transform.T}"
            )
        return desired

    def rho(self, n: int | None = None, t: float | None = None) -> float:
        """Return rho of node n at time t; without them the mean over all nodes and times.

        All nodes count in the mean, also those of which nothing is asked.
        """
        states = self.transform._values()
        if n is None or t is None:
            found = values_of(self.criterion, states[:, : self._observed], self._desired(), self.nu)
            return float(found.sum()) / states.size
        place = self.transform._place(n, t)
        if place < 0 or n >= self._observed:
            return 0.0
        desired = self._desired()[place, n]
        return float(values_of(self.criterion, states[place, n], desired, self.nu))

    def _slopes(self, states: np.ndarray) -> np.ndarray:
        return slopes(self.criterion, states[:, : self._observed], self._desired(), self.nu)

    def get(self, n: int, t: float) -> float:
        """Return the desired value, NaN where there is none or it is not reinjected."""
        inside = self.reinject != "n" and 0 <= n < self._observed
        return self.values.get(n, t) if inside else math.nan

    def getN0(self) -> int:
        """Return the number of nodes with desired values, all of them with reinject "b"."""
        return {"b": self.transform.N, "o": self._observed, "n": 0}[self.reinject]

    @property
    def _reestimates(self) -> bool:
        return self.reinject == "b"

    def _goal(self) -> criteria.Criterion:
        nu = self.nu or None
        kinds: dict[str, criteria.Criterion] = {
            "1": criteria.Robust(order=1, nu=nu),
            "0": criteria.Robust(order=0, nu=nu),
            "a": criteria.Huber(nu=nu),
            "b": criteria.Biweight(nu=nu),
            "h": criteria.Boolean(nu=nu),
        }
        return kinds.get(self.criterion, criteria.LeastSquares())

    def _wanted(self, part: slice) -> np.ndarray:
        return self._desired()[part]

    def _has_values(self, part: slice) -> bool:
        return not np.isnan(self._desired()[part]).all()

    @property
    def _scale(self) -> float:
        """What turns the engine's cost into the original's: it counts all nodes and times."""
        desired = self._desired()
        return np.count_nonzero(~np.isnan(desired)) / (self.transform.N * max(len(desired), 1))


class ObservableCriterion(TransformCriterion):
    """Means over time are asked to be what they are in an input, or given values.

    Parameters
    ----------
    transform : transform with weights
    *arguments
        An input and observables, or observables and their values.
    lambdas : array, optional
        Must all be 1 or -1: others come from samples, see `backtune.criteria.Observables`.
    reinject : bool
        Whether estimation is also tried on re-estimated states.

    Raises
    ------
    NotImplementedError
        Observables of one's own, or other lambdas.
    """

    def __init__(
        self,
        transform: UnitTransform,
        first: Input | Listed,
        second: Listed,
        lambdas: ArrayLike | None = None,
        reinject: bool = False,
    ) -> None:
        super().__init__(transform)
        listed = list(second if isinstance(first, Input) else first)
        self.observables = [item for item in listed if isinstance(item, Product)]
        if len(self.observables) < len(listed):
            raise NotImplementedError(
                "observables of one's own: the mean of a firmware group of the network that is"
                " observed, by backtune.observables.mean and backtune.criteria.Observables"
            )
        if lambdas is not None and (np.abs(as_float(lambdas, "lambdas")) != 1).any():
            raise NotImplementedError(
                "lambdas: the engine fits them to samples, by backtune.criteria.Observables"
            )
        if isinstance(first, Input):
            self._expected = [item.reset(first).getValue() for item in self.observables]
        else:
            self._expected = [float(value) for value in as_float(second, "values").reshape(-1)]
        if len(self._expected) != len(self.observables) or not self.observables:
            raise ArgumentError(
                f"{len(self.observables)} observables and {len(self._expected)} values came"
            )
        self.reinject = bool(reinject)
        self._observed = 1 + max(item._last for item in self.observables)
        transform._observable(self._observed)

    @staticmethod
    def getObservable(name: str, *parameters: int) -> Observable:
        """Return the observable "mean" (n), "icorr" (n, m) or "acorr" (n, tau)."""
        sizes = {"mean": 1, "icorr": 2, "acorr": 2}
        if sizes.get(name) != len(parameters):
            raise ArgumentError(f"observable {name!r} of {parameters}: expected one of {sizes}")
        first, *rest = (as_count(value, "parameter", 0) for value in parameters)
        if name == "mean":
            return Product(name, first)
        if name == "icorr":
            return Product(name, first, rest[0])
        return Product(name, first, first, rest[0])

    @staticmethod
    def getObservables(name: str, N: int, tau: int = 0) -> list[Observable]:
        """Return all means of N units, then all pairs ("icorr") or delays up to tau ("acorr")."""
        make = ObservableCriterion.getObservable
        means = [make("mean", n) for n in range(N)]
        if name == "mean":
            return means
        if name == "icorr":
            return means + [make(name, n, m) for n in range(N) for m in range(n, N)]
        if name == "acorr":
            return means + [make(name, n, d) for d in range(tau + 1) for n in range(N)]
        raise ArgumentError(f"observables {name!r}: expected mean, icorr or acorr")

    def getObservableExpectedValue(self, k: int) -> float:
        """Return the value that observable k is asked to have."""
        return self._expected[k]

    def _measured(self) -> list[float]:
        return [item.reset(self.transform).getValue() for item in self.observables]

    def rho(self) -> float:
        """Return the sum of the absolute differences."""
        return float(np.abs(np.subtract(self._measured(), self._expected)).sum())

    def get(self, n: int, t: float) -> float:
        """NaN: no value is asked at a time."""
        return math.nan

    def getN0(self) -> int:
        """Return the number of nodes that are observed with `reinject`, else 0."""
        return self._observed if self.reinject else 0

    def _slopes(self, states: np.ndarray) -> np.ndarray:
        signs = np.sign(np.subtract(self._measured(), self._expected))
        result = np.zeros((len(states), self._observed))
        for sign, item in zip(signs, self.observables):
            for n in {item._n, item._n if item._m is None else item._m}:
                result[:, n] += [sign * item.doValueDerivative(n, t) for t in range(len(states))]
        return result

    @property
    def _reestimates(self) -> bool:
        return self.reinject

    def _goal(self) -> criteria.Criterion:
        pairs = zip(self.observables, self._expected)
        return criteria.Observables([item._engine(value) for item, value in pairs])

    _scale = 1.0
