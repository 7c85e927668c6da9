"""What an estimator found: outputs, observables, connections, uncertainty."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .._engine import abi, shown
from .._engine.abi import lib
from .._engine.callbacks import interruptible
from .._engine.data.sequences import Sequences, parted
from .._engine.found import CostGradient
from .._engine.types import Array, Flags
from .handle import EstimatorHandle
from .uncertainty import Uncertainty, by_array


class ObservableMeans(NamedTuple):
    """Means of the observables, the desired ones, and their lambda, each of shape (K,)."""

    means: Array
    desired: Array
    lambdas: Array

    def _repr_html_(self) -> str | None:
        return shown.html(self)


@dataclass(frozen=True)
class Connections:
    """Which weights of an array there are: what `Estimator.connections` reports.

    Attributes
    ----------
    name : str
        Of the array, as in ``net.weights``.
    remaining : array of bool
        The weights that are not zero.
    removed : array of bool
        Those that a sparse estimation took away.
    """

    name: str
    remaining: Flags
    removed: Flags

    def __repr__(self) -> str:
        total, left = self.remaining.size, int(self.remaining.sum())
        return f"<{self.name}: {left} of {total} weights, {int(self.removed.sum())} removed>"

    def _repr_html_(self) -> str | None:
        return shown.html(self)


class FoundEstimator(EstimatorHandle):
    """An estimator that tells what it found."""

    _is_list: bool
    _form: Sequences

    def simulate(self) -> Any:
        """Return the outputs at the network's weights over the data: what `nmse` tells of.

        From the initial states that were found, with ``initial="learn"``, or given; unlike
        ``net.simulate(u)``, which starts from those of the network.

        Returns
        -------
        array of shape (T, O), or list of such
            As the data came, tables with their index; every time step, observed or not.
        """
        outputs = np.empty((self._total, self._outputs))
        self._ask(lib.bt_estimator_simulate, outputs, outputs.size)
        return self._form.results(self._parts(outputs), self.net._output_names())

    def observables(self) -> ObservableMeans:
        """Return the means of the observables at the network's weights, and the desired ones.

        StateError with another criterion.
        """
        count = abi.read_int(lib.bt_estimator_observable_count, self._pointer)
        means, desired, lambdas = np.empty(count), np.empty(count), np.empty(count)
        self._ask(lib.bt_estimator_observables, means, desired, lambdas, count)
        return ObservableMeans(means, desired, lambdas)

    def divergence(self) -> float:
        """Return the KL divergence of the outputs' distribution from the desired one.

        At the network's weights; both are modelled as Gibbs distributions over the samples of the
        criterion, or over its reference. NaN where these do not reach the means of one of the two.
        """
        value = ctypes.c_double()
        self._ask(lib.bt_estimator_divergence, ctypes.byref(value))
        return value.value

    def connections(self) -> list[Connections]:
        """Return which weights of each array remain, after a sparse estimation took some away."""
        result = []
        for name in self.net.weights:
            values = self.net.weights[name]
            removed = np.empty(values.shape, dtype=np.uint8)
            lib.bt_estimator_removed(self._pointer, name.encode(), removed, removed.size)
            result.append(Connections(name, (values != 0) & (removed == 0), removed == 1))
        return result

    def gradient(self) -> CostGradient:
        """Return the cost at the network's weights, and its derivative by each, without guard.

        Ctrl-C is answered by KeyboardInterrupt.
        """
        cost = ctypes.c_double()
        values = np.empty(self.net._weight_count)
        self._ask(lib.bt_estimator_gradient, ctypes.byref(cost), values, values.size)
        return CostGradient(cost.value, values)

    def uncertainty(self) -> Uncertainty:
        """Return standard errors at the network's weights, and what the data leave undetermined.

        After `run`: the linear theory of least squares, at the minimum that was found.

        Raises
        ------
        StateError
            The simulation diverges.
        KeyboardInterrupt
            Ctrl-C; nothing has changed.

        Notes
        -----
        The covariance is s^2 (J^T W J + D)^+, J the derivative of the n observed values by the
        weights, W their gains, D the curvature of the weights' regularisation, and
        s^2 = sum w e^2 / (n - rank). It is computed from J itself (QR factors, singular values):
        combinations that move the outputs by less than 1e-12 of what others do count as
        undetermined. It takes all derivatives by the weights twice, and the singular values of a
        matrix of order P: a few seconds for a thousand weights. Ctrl-C is answered at once.
        With criteria other than least squares, W are the weights of the quadratic that majorises
        them, and the result an approximation; with "cross-entropy", for desired probabilities that
        add up to 1, "bernoulli" and "poisson", W is Fisher's information and s = 1.

        Examples
        --------
        >>> import backtune as bt
        >>> u = bt.random.normal(50)
        >>> net = bt.linear_network(1).randomize(seed=0)
        >>> est = bt.Estimator(net, u, net.simulate(u) + 0.1 * bt.random.normal(50, 1)[:, None])
        >>> _ = est.run(progress=False)
        >>> report = est.uncertainty()
        >>> report.rank == net.get_weights().size, round(report.noise, 1)
        (True, 0.1)
        """
        interruptible(
            lambda callback, stop: lib.bt_estimator_find_uncertainty(
                self._pointer, callback, None, stop
            )
        )
        count = self.net._weight_count
        covariance = np.empty((count, count))
        errors, freedom = np.empty(count), np.empty(count)
        noise, rank = ctypes.c_double(), ctypes.c_int64()
        lib.bt_estimator_uncertainty(
            *(self._pointer, covariance, covariance.size, errors, freedom, count),
            *(ctypes.byref(noise), ctypes.byref(rank)),
        )
        deviation = np.empty((self._total, self._outputs))
        outputs, output_noise = np.empty_like(deviation), np.empty(self._outputs)
        lib.bt_estimator_fitted_outputs(
            self._pointer, outputs, outputs.size, output_noise, output_noise.size
        )
        size = abi.read_int(lib.bt_estimator_combination_count, self._pointer)
        directions, deviations = np.empty((size, count)), np.empty(size)
        lib.bt_estimator_combinations(self._pointer, directions, directions.size, deviations, size)
        lib.bt_estimator_prediction_deviation(self._pointer, deviation, deviation.size)
        fixed = {name: self.net.weights.fixed(name) for name in self.net.weights}
        standard_errors, undetermined, held, shares = by_array(fixed, errors, freedom)
        report = Uncertainty(
            covariance=covariance,
            standard_errors=standard_errors,
            undetermined=undetermined,
            held=held,
            freedom=shares,
            noise=noise.value,
            output_noise=output_noise,
            rank=rank.value,
            outputs=self._by_sequence(outputs),
            deviation=self._by_sequence(deviation),
            _net=self.net.copy(),
            _directions=directions,
            _deviations=deviations,
        )
        return self._widened(report)

    def _widened(self, report: Uncertainty) -> Uncertainty:
        """Return a report with what else is open."""
        return report

    def _by_sequence(self, values: Array) -> Array | list[Array]:
        """Split what came of all sequences as the data came."""
        parts = self._parts(values)
        return parts if self._is_list else parts[0]

    def _parts(self, values: Array) -> list[Array]:
        """Split what came of all sequences; of none nothing."""
        return parted(values, self._lengths) if self._lengths.size else []
