"""Estimators: the weights of a transform adjusted to a criterion."""

from __future__ import annotations

import math
import os
from typing import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._engine.errors import ArgumentError, FileError
from .._engine.files import write_whole
from ..estimation.trace import Report, Trace
from ..networks.network import Network
from ._adjoint import backward_errors
from ._hold import hold_others
from ._unit import UnitTransform
from .criteria import Listed, ObservableCriterion, SupervisedCriterion
from .fits import CurveFit
from .inputs import Input

_TRACED = ("cost", "ratio-negligible", "ratio-saturated", "iteration-time")
_ERRORS = ("output-error", "backward-error")


class KernelEstimator:
    """What all estimators have: cost, errors, readout and fits.

    Parameters
    ----------
    transform : transform with weights
    criterion : SupervisedCriterion or ObservableCriterion
    """

    def __init__(
        self, transform: UnitTransform, criterion: SupervisedCriterion | ObservableCriterion
    ) -> None:
        if criterion.transform is not transform:
            raise ArgumentError("criterion: it was made for another transform")
        self.transform, self.criterion = transform, criterion
        self._cost = math.nan
        self._fits = {name: CurveFit() for name in _TRACED}
        # Flat weights of the network at every entry of the fits.
        self._passed: list[np.ndarray] = []
        self._errors: tuple[np.ndarray, np.ndarray] | None = None

    def run(self) -> float:
        """Simulate with the present weights, and note cost and backward errors.

        Returns
        -------
        float
            The cost: the mean of rho over all nodes and times.
        """
        self._cost = self.criterion.rho()
        self._fits["cost"].add(self._cost)
        self._note()
        return self._cost

    def _note(self) -> None:
        self._passed.append(self.transform.network.get_weights())
        self._errors = None

    def getCost(self) -> float:
        """Return the cost of the last run, NaN before."""
        return self._cost

    def getValue(self, n: int, t: float) -> float:
        """Return the desired value of node n at time t where there is one, else the simulated."""
        desired = self.criterion.get(n, t)
        return self.transform.get(n, t) if math.isnan(desired) else desired

    def getError(self, n: int, t: float) -> float:
        """Return the backward tuning error of node n at time t, equation (4), without guard."""
        place = self.transform._place(n, t)
        if self._errors is None:
            self._errors = backward_errors(self.criterion)
        return float(self._errors[1][place, n]) if place >= 0 else 0.0

    def getWeights(self) -> np.ndarray:
        """Return all weights, node after node, kernel after kernel."""
        return self.transform._weights()

    def updateReadout(self, N0: int = 0) -> float:
        """Adjust the weights of the first nodes only, all others being held.

        Parameters
        ----------
        N0 : int
            0: the nodes with desired values.

        Returns
        -------
        float
            The cost.
        """
        count = N0 or self.criterion._observed
        net = self.criterion._network()
        free = {(n, d) for n, d in self.transform._places() if n < count}
        hold_others(self.transform, net, free)
        if net.get_weights().size:
            self._estimate(net, 100, 1e-12, "gauss-newton")
        return self._finish(net)

    def getFit(self, what: str = "cost") -> CurveFit:
        """Return the fit of what happened, one value an iteration, the start first.

        Parameters
        ----------
        what : str
            "cost", "output-error" (mean of the absolute slopes of rho that are not 0),
            "backward-error" (the same of what comes back in time), "ratio-negligible" and
            "ratio-saturated" (parts of the backward errors that the guard changed),
            "iteration-time" (s).
        """
        if what in self._fits:
            return self._fits[what]
        if what not in _ERRORS:
            known = ", ".join([*self._fits, *_ERRORS])
            raise ArgumentError(f"fit {what!r}: unknown, expected one of {known}")
        fit = CurveFit()
        for weights in self._passed:
            found = backward_errors(self.criterion, weights)[_ERRORS.index(what)]
            some = np.abs(found[found != 0])
            fit.add(some.mean() if some.size else 0.0)
        return fit

    def _estimate(
        self,
        net: Network,
        iterations: int,
        tolerance: float,
        method: str,
        callback: Callable[[Report], object] | None = None,
    ) -> Trace:
        initial = self.transform._initial
        with self.criterion._estimator(net, initial, method=method) as estimator:
            return estimator.run(iterations, tolerance, 0.0, progress=False, callback=callback)

    def _take(self, net: Network) -> None:
        """Take the weights of a network of the same arrays."""
        for name, array in net.weights.items():
            self.transform.network.weights[name] = array
        self.transform._changed()

    def _finish(self, net: Network) -> float:
        self._take(net)
        self._errors = None
        self._cost = self.criterion.rho()
        return self._cost


class KernelExperimentalEstimator(KernelEstimator):
    """The report's backward tuning: second order, first order where it fails."""

    def run(
        self,
        criterion_epsilon: float = 1e-6,
        weights_epsilon: float = 1e-4,
        maxIterations: int = 100,
        dumpDirectory: str = "",
        dumpHeader: str = "{}",
    ) -> float:
        """Adjust the weights.

        Parameters
        ----------
        criterion_epsilon : float
            Stop when the cost falls below this times the first cost.
        weights_epsilon : float
            Not used: line searches have a precision of their own.
        maxIterations : int
            Limit.
        dumpDirectory : str
            Where to write estimation.json, header and costs; "stdout" prints them, "" does neither.
        dumpHeader : str
            JSON that describes the run.

        Returns
        -------
        float
            The cost: the mean of rho over all nodes and times.
        """
        net = self.criterion._network()
        passed = [net.get_weights()]

        def note(report: Report) -> None:
            passed.append(net.get_weights())

        trace = self._estimate(net, maxIterations, criterion_epsilon, "backward-tuning", note)
        # An iteration that was cut short is in the trace only where it found something.
        self._passed += [*passed, *passed[-1:]][: len(trace)]
        seconds = np.diff(trace.seconds, prepend=0.0)
        for name, column in zip(
            _TRACED, (self.criterion._scale * trace.cost, trace.raised, trace.saturated, seconds)
        ):
            for value in column:
                self._fits[name].add(value)
        cost = self._finish(net)
        if dumpDirectory:
            self._dump(dumpDirectory, dumpHeader)
        return cost

    def _dump(self, directory: str, header: str) -> None:
        costs = self._fits["cost"]
        text = f'{{"header": {header}, "cost": {costs.asString()}, "costs": {costs._values}}}\n'
        if directory == "stdout":
            print(text, end="")
            return
        try:
            os.makedirs(directory, exist_ok=True)
        except OSError as error:
            raise FileError(f"{directory}: {error}") from None
        write_whole(os.path.join(directory, "estimation.json"), text.encode())


class KernelSupervisedEstimator(KernelExperimentalEstimator):
    """The name of the report's figure 4: values that are desired.

    Parameters
    ----------
    transform, values, criterion, nu
        As in `SupervisedCriterion`.
    reinject : bool or str
        True: "b", False: "n".
    """

    def __init__(
        self,
        transform: UnitTransform,
        values: Input,
        criterion: str = "2",
        nu: float = 1e-3,
        reinject: bool | str = True,
    ) -> None:
        asked = SupervisedCriterion(transform, values, criterion, nu, reinject)
        super().__init__(transform, asked)


class KernelObservableEstimator(KernelExperimentalEstimator):
    """The name of the report's figure 4: means over time that are desired.

    Parameters
    ----------
    transform, first, second, lambdas
        As in `ObservableCriterion`: an input and observables, or observables and values; also
        values and observables.
    """

    def __init__(
        self,
        transform: UnitTransform,
        first: Input | Listed,
        second: Listed,
        lambdas: ArrayLike | None = None,
    ) -> None:
        if not isinstance(first, Input) and np.asarray(first).ndim and np.isscalar(first[0]):
            first, second = second, first
        super().__init__(transform, ObservableCriterion(transform, first, second, lambdas))
