"""Observables: means over time of functions of an input's values."""

from __future__ import annotations

import numpy as np

from .._engine.errors import StateError
from ..estimation import observables
from .inputs import Input


class Observable:
    """A mean over time of a function of the values of an input.

    To be subclassed with a `doValue` and a `doValueDerivative` of one's own, which read
    ``self.input``; estimation takes those of `ObservableCriterion.getObservable` only.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.input: Input | None = None

    def reset(self, input: Input) -> Observable:
        """Take an input."""
        self.input = input
        return self

    def getValue(self) -> float:
        """Return the value of the input that was taken."""
        return self.doValue()

    def getValueDerivative(self, n: int, t: float) -> float:
        """Return its derivative by the input's value of unit n at time t."""
        return self.doValueDerivative(n, t)

    def doValue(self) -> float:
        """Compute the value."""
        raise NotImplementedError("Observable.doValue: to be written by a subclass")

    def doValueDerivative(self, n: int, t: float) -> float:
        """Compute the derivative."""
        raise NotImplementedError("Observable.doValueDerivative: to be written by a subclass")

    def _taken(self) -> Input:
        if self.input is None:
            raise StateError(f"observable {self.name}: it has no input yet, call reset(input)")
        return self.input

    def asString(self) -> str:
        """Return name and value, as JSON."""
        value = "null" if self.input is None else repr(self.getValue())
        return f'{{"name": "{self.name}", "value": {value}}}'


class Product(Observable):
    """The mean of x_n(t), or of x_n(t) x_m(t - tau) over the times from tau on."""

    def __init__(self, name: str, n: int, m: int | None = None, tau: int = 0) -> None:
        super().__init__(f"{name}({n}{'' if name == 'mean' else f', {tau if m == n else m}'})")
        self._n, self._m, self._tau, self._kind = n, m, tau, name

    @property
    def _last(self) -> int:
        return self._n if self._m is None else max(self._n, self._m)

    def _engine(self, desired: float) -> observables.Observable:
        if self._kind == "mean":
            return observables.mean(self._n, desired)
        if self._kind == "icorr" and self._m is not None:
            return observables.product(self._n, self._m, desired)
        return observables.autocorrelation(self._n, self._tau, desired)

    def _sides(self) -> tuple[np.ndarray, np.ndarray]:
        x, tau = self._taken()._values(), self._tau
        return x[tau:, self._n], x[: len(x) - tau, self._m]

    def doValue(self) -> float:
        """Compute the value."""
        if self._m is None:
            return float(self._taken()._values()[:, self._n].mean())
        left, right = self._sides()
        return float((left * right).mean())

    def doValueDerivative(self, n: int, t: float) -> float:
        """Compute the derivative."""
        place, count = int(t), int(self._taken().T)
        if self._m is None:
            return 1 / count if n == self._n else 0.0
        left, right = self._sides()
        value = right[place - self._tau] if n == self._n and place >= self._tau else 0.0
        if n == self._m and place < count - self._tau:
            value += left[place]
        return float(value) / (count - self._tau)
