"""Estimation of the weights of a network from sequences."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

import numpy as np

from . import _abi
from ._abi import lib
from ._arrays import as_float, as_number, as_sequences, as_text, joined
from ._callbacks import RunGuard
from ._data import Data
from ._handle import Owner
from ._progress import Progress
from .criteria import Criterion, Observables
from .errors import ArgumentError, NetworkError
from .network import Network
from .regularisation import Regularisation
from .trace import COLUMNS, Report, Trace, make_report
from .uncertainty import Uncertainty, make_uncertainty

# BT_STOP_* of include/backtune.h, in their order.
_STOPS = (
    "none",
    "tolerance",
    "target",
    "stalled",
    "iterations",
    "callback",
    "diverged",
    "nothing",
    "converged",
)


class ObservableMeans(NamedTuple):
    """Means of the observables, the desired ones, and their lambda, each of shape (K,)."""

    means: np.ndarray
    desired: np.ndarray
    lambdas: np.ndarray


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
    remaining: np.ndarray
    removed: np.ndarray

    def __repr__(self) -> str:
        total, left = self.remaining.size, int(self.remaining.sum())
        return f"<{self.name}: {left} of {total} weights, {int(self.removed.sum())} removed>"


class Estimator(Owner):
    """Adjusts the weights of a network so that its outputs come near to desired ones.

    By Gauss-Newton, or by the method of RR-9100, section "Backward tuning".

    Parameters
    ----------
    net : Network
        Its weights are where estimation starts, and receive the best found. Its structure may not
        change any more.
    u : array of shape (T, M), or list of such
        Inputs of one sequence or of several, of any lengths; (T,) means one channel. For a network
        without inputs: None, or numbers of time steps.
    y : array of shape (T, O), or list of such
        Desired outputs; NaN means not observed, masked entries too. (T,) means one output. None
        for `criteria.Observables`.
    gains : array of the shape of y, or list of such, or O numbers, or one; optional
        How much each desired value, or each output, counts: 0 or more, 0 = not observed.
    criterion : str or Criterion, optional
        "least-squares", "l1", "l0", "huber", "biweight", "boolean", "cross-entropy", or an object
        of `backtune.criteria`.
    regularisation : Regularisation or list of such, optional
        Objects of `backtune.regularisation`, in any combination.
    washout : int, optional
        First time steps of every sequence that are not compared.
    static : bool, optional
        Whether only the last time step of every sequence is compared.
    method : str, optional
        "auto", "gauss-newton", or "backward-tuning", the report's own; "auto" is Gauss-Newton
        unless there are more than some thousand weights.
    restarts : int or "auto", optional
        Draws of the weights that Gauss-Newton races besides the first, within the limit of
        iterations; not with a scale nu that follows the errors. "auto": some for a network whose
        weights are as `Network.randomize` drew them, none where weights were set.
    initial_states : bool, optional
        Whether every sequence has a learnt initial state of its own, see `initial_states`, instead
        of what the network says (zero, or states learnt for all sequences).
    guard : bool, optional
        Whether adjoint values are kept from vanishing and exploding, equation (5).
    reestimation : bool, optional
        Whether the second order is tried on re-estimated states too, footnote 7.

    Raises
    ------
    SizeError
        Sequences of u and y of unequal number, lengths or channels.
    ArgumentError
        An input that is not finite, no observed value at all, an unknown criterion or method.

    Notes
    -----
    Options left at None keep the engine's defaults; `get_option` reads them.
    """

    def __init__(
        self,
        net: Network,
        u: Any,
        y: Any = None,
        gains: Any = None,
        *,
        criterion: str | Criterion | None = None,
        regularisation: Regularisation | Sequence[Regularisation] | None = None,
        washout: int | None = None,
        static: bool | None = None,
        method: str | None = None,
        restarts: int | str | None = None,
        initial_states: bool | None = None,
        guard: bool | None = None,
        reestimation: bool | None = None,
    ) -> None:
        if not isinstance(net, Network):
            raise TypeError(f"net: {net!r} came, expected a Network")
        if net.outputs == 0:
            raise NetworkError("the network has no group: add a unit first")
        data = Data(u, y, gains, net.inputs, net.outputs)
        self.net = net
        self._create(lib.bt_estimator_create, lib.bt_estimator_free, net._pointer)
        lib.bt_estimator_set_data(
            self._pointer,
            data.lengths.size,
            data.lengths,
            data.inputs,
            data.inputs.size,
            data.desired,
            0 if data.desired is None else data.desired.size,
            data.gains,
            0 if data.gains is None else data.gains.size,
        )
        options = {
            "restarts": None if restarts == "auto" else restarts,
            "initial_states": initial_states,
            "guard": guard,
            "reestimation": reestimation,
            "washout": washout,
            "static": static,
        }
        if criterion is not None:
            options["nu"] = self._set_criterion(criterion)
        for item in _listed(regularisation):
            lib.bt_estimator_add_regularisation(
                self._pointer, item.name.encode(), item._options().encode()
            )
        if method is not None:
            lib.bt_estimator_set_method(self._pointer, as_text(method, "method"))
        for name, value in options.items():
            if value is not None:
                self.set_option(name, value)
        self._sequences = data.lengths.size
        self._lengths, self._is_list = data.lengths, data.is_list

    def _set_criterion(self, criterion: str | Criterion) -> float | None:
        """Set it, and return the scale that was given with it."""
        name = criterion.name if isinstance(criterion, Criterion) else criterion
        lib.bt_estimator_set_criterion(self._pointer, as_text(name, "criterion"))
        if isinstance(criterion, Observables):
            self._set_observables(criterion)
        nu = getattr(criterion, "nu", None)
        if nu is None:
            return None
        number = as_number(nu, "nu")
        if not number > 0:
            raise ArgumentError(f"nu: {number} came, expected a number above 0")
        return number

    def _set_observables(self, criterion: Observables) -> None:
        for item in criterion.observables:
            parameters = as_float(item.parameters, f"parameters of {item.kind}").reshape(-1)
            desired = np.nan
            if item.desired is not None:
                desired = as_number(item.desired, f"desired mean of {item.kind}")
                if not np.isfinite(desired):
                    raise ArgumentError(f"desired mean of {item.kind}: {desired} came")
            lib.bt_estimator_add_observable(
                self._pointer, as_text(item.kind, "kind"), parameters, parameters.size, desired
            )
        for function, series, what in (
            (lib.bt_estimator_set_reference, criterion.reference, "reference"),
            (lib.bt_estimator_set_samples, criterion.samples, "samples"),
        ):
            if series is not None:
                given = as_sequences(series, self.net.outputs, what)
                lengths = np.array([len(item) for item in given], dtype=np.int64)
                values = joined(given, self.net.outputs)
                function(self._pointer, lengths.size, lengths, values, values.size)

    # ---- Settings

    @property
    def criterion(self) -> str:
        """Name of the criterion."""
        return _abi.read_text(lib.bt_estimator_get_criterion, self._pointer)

    @property
    def method(self) -> str:
        """Name of the method."""
        return _abi.read_text(lib.bt_estimator_get_method, self._pointer)

    def get_option(self, name: str) -> float:
        """Return an option: "max_iterations", "tolerance", "target", "initial_states" ..."""
        value = ctypes.c_double()
        lib.bt_estimator_get_option(self._pointer, as_text(name, "option"), ctypes.byref(value))
        return value.value

    def set_option(self, name: str, value: float) -> None:
        """Set one of the options of `get_option`, for all runs that follow."""
        lib.bt_estimator_set_option(self._pointer, as_text(name, "option"), float(value))

    # ---- Work

    def step(self) -> Report:
        """Do one iteration of the method.

        Returns
        -------
        Report
            Its `stop` tells why a further step cannot help.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C; the weights are the best seen all the same.
        """
        guard, stop = self._call(lib.bt_estimator_step, lambda: False)
        if guard.interrupted:
            raise KeyboardInterrupt
        place = self._trace_length() - 1
        return self._report(place, None if stop == _abi.STOP_NONE else _stop_words(stop))

    def run(
        self,
        max_iterations: int | None = None,
        tolerance: float | None = None,
        target: float | None = None,
        *,
        progress: bool = True,
        callback: Callable[[Report], Any] | None = None,
    ) -> Trace:
        """Iterate until the cost is low enough, cannot be lowered, or the iterations are spent.

        Parameters
        ----------
        max_iterations : int, optional
            Limit of this run; like those below, what `get_option` says by default.
        tolerance : float, optional
            Stop when the cost falls below this times its first value.
        target : float, optional
            Stop when the cost falls below this.
        progress : bool
            Whether to show a progress bar with the cost and the NMSE.
        callback : callable, optional
            Called with a `Report` after each iteration; what it returns, when true, stops the run.
            An exception stops it too and comes out of `run`; the network has the best weights all
            the same.

        Returns
        -------
        Trace
            Of all iterations of this estimator. Ctrl-C ends the run early and returns it too: the
            network has the best weights seen, and `stop` is "interrupted"; a loop of runs has to
            look at that.

        Raises
        ------
        BusyError
            The estimator, or its network, is in use by another thread or by a callback.
        """
        given = {"max_iterations": max_iterations, "tolerance": tolerance, "target": target}
        chosen = {name: value for name, value in given.items() if value is not None}
        before = {name: self.get_option(name) for name in chosen}
        try:
            for name, value in chosen.items():
                self.set_option(name, value)
            guard = self._run(progress, callback)
        finally:
            for name, value in before.items():
                self.set_option(name, value)
        return self._trace(interrupted=guard.interrupted)

    def _run(self, progress: bool, callback: Callable[[Report], Any] | None) -> RunGuard:
        with Progress(progress, int(self.get_option("max_iterations"))) as bar:

            def on_iteration() -> Any:
                if callback is None and not progress:
                    return False
                report = self._report(self._trace_length() - 1)
                bar.update(report)
                return callback(report) if callback is not None else False

            return self._call(lib.bt_estimator_run, on_iteration)[0]

    def _call(self, function: Any, on_iteration: Callable[[], Any]) -> tuple[RunGuard, int]:
        stop = ctypes.c_int32()
        with RunGuard(on_iteration) as guard:
            function(self._pointer, guard.callback, None, ctypes.byref(stop))
        guard.finish()
        return guard, stop.value

    # ---- Results

    @property
    def stop_reason(self) -> str:
        """Why the last run or step stopped, in words."""
        return _stop_words(self._stop())

    def _stop(self) -> int:
        stop = ctypes.c_int32()
        lib.bt_estimator_stop_reason(self._pointer, ctypes.byref(stop))
        return stop.value

    @property
    def cost(self) -> float:
        """Criterion of the best weights."""
        return self._costs()[0]

    @property
    def nmse(self) -> float:
        """Normalised mean square error of the best weights; NaN for constant desired outputs."""
        return self._costs()[1]

    def _costs(self) -> tuple[float, float]:
        cost, nmse = ctypes.c_double(), ctypes.c_double()
        lib.bt_estimator_cost(self._pointer, ctypes.byref(cost), ctypes.byref(nmse))
        return cost.value, nmse.value

    def get_weights(self) -> np.ndarray:
        """Return the best weights seen, in the order of ``net.get_weights()``."""
        values = np.empty(_abi.read_int(lib.bt_network_weight_count, self.net._pointer))
        lib.bt_estimator_get_weights(self._pointer, values, values.size)
        return values

    @property
    def initial_states(self) -> np.ndarray:
        """Learnt initial states, (sequences, state_size), with ``initial_states=True``.

        A row is what `Network.simulate` takes as `initial`; without the option, StateError.
        """
        values = np.empty((self._sequences, self.net.state_size))
        lib.bt_estimator_get_initial_states(self._pointer, values, values.size)
        return values

    def observables(self) -> ObservableMeans:
        """Return the means of the observables at the network's weights, and the desired ones.

        StateError with another criterion.
        """
        count = _abi.read_int(lib.bt_estimator_observable_count, self._pointer)
        means, desired, lambdas = np.empty(count), np.empty(count), np.empty(count)
        lib.bt_estimator_observables(self._pointer, means, desired, lambdas, count)
        return ObservableMeans(means, desired, lambdas)

    def divergence(self) -> float:
        """Return the KL divergence of the outputs' distribution from the desired one.

        At the network's weights; both are modelled as Gibbs distributions over the samples of the
        criterion, or over its reference. NaN where these do not reach the means of one of the two.
        """
        value = ctypes.c_double()
        lib.bt_estimator_divergence(self._pointer, ctypes.byref(value))
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

    def gradient(self) -> tuple[float, np.ndarray]:
        """Return the cost at the network's weights, and its derivative by each, without guard."""
        cost = ctypes.c_double()
        values = np.empty(_abi.read_int(lib.bt_network_weight_count, self.net._pointer))
        lib.bt_estimator_gradient(self._pointer, ctypes.byref(cost), values, values.size)
        return cost.value, values

    def uncertainty(self) -> Uncertainty:
        """Return standard errors at the network's weights, and what the data leave undetermined.

        After `run`: the linear theory of least squares, at the minimum that was found.

        Raises
        ------
        StateError
            The simulation diverges.

        Notes
        -----
        The covariance is s^2 (J^T W J + D)^+, J the derivative of the n observed values by the
        weights, W their gains, D the curvature of the weights' regularisation, and
        s^2 = sum w e^2 / (n - rank). It takes all derivatives by the weights twice, and the
        eigenvalues of a matrix of order P: ten seconds or so for a thousand weights. Combinations
        that move the outputs by less than about 1e-6 of what others do count as undetermined: in
        large networks there are some, and many weights have a small part in them (`freedom`).
        With criteria other than least squares, W are the weights of the quadratic that majorises
        them, and the result an approximation; with "cross-entropy", for desired probabilities that
        add up to 1, W is Fisher's information and s = 1.
        """
        count = _abi.read_int(lib.bt_network_weight_count, self.net._pointer)
        covariance = np.empty((count, count))
        errors, freedom = np.empty(count), np.empty(count)
        noise, rank = ctypes.c_double(), ctypes.c_int64()
        lib.bt_estimator_uncertainty(
            self._pointer,
            covariance,
            covariance.size,
            errors,
            freedom,
            count,
            ctypes.byref(noise),
            ctypes.byref(rank),
        )
        deviation = np.empty((int(self._lengths.sum()), self.net.outputs))
        lib.bt_estimator_prediction_deviation(self._pointer, deviation, deviation.size)
        parts = np.split(deviation, np.cumsum(self._lengths)[:-1])
        return make_uncertainty(
            {name: self.net.weights.fixed(name) for name in self.net.weights},
            covariance,
            errors,
            freedom,
            noise.value,
            rank.value,
            parts if self._is_list else parts[0],
        )

    @property
    def trace(self) -> Trace:
        """All iterations so far."""
        return self._trace()

    def _trace(self, interrupted: bool = False) -> Trace:
        length = self._trace_length()
        columns = {name: self._column(name, length) for name in COLUMNS}
        if interrupted:
            return Trace(columns, "interrupted by the user", "interrupted")
        stop = self._stop()
        return Trace(columns, _stop_words(stop), _STOPS[stop])

    def _trace_length(self) -> int:
        return _abi.read_int(lib.bt_estimator_trace_length, self._pointer)

    def _column(self, name: str, length: int) -> np.ndarray:
        values = np.empty(length)
        lib.bt_estimator_trace(self._pointer, name.encode(), values, length)
        return values

    def _report(self, place: int, stop: str | None = None) -> Report:
        columns = {name: self._column(name, place + 1) for name in COLUMNS}
        return make_report(place, {name: values[place] for name, values in columns.items()}, stop)

    def __reduce__(self) -> tuple:
        raise TypeError(
            "an Estimator cannot be pickled or copied: pickle its network, and make a new one there"
        )

    def __repr__(self) -> str:
        if self.closed:
            return "<Estimator, closed>"
        return f"<Estimator of {self.net!r}, {max(self._trace_length() - 1, 0)} iterations>"


def _stop_words(reason: int) -> str:
    return lib.bt_stop_string(reason).decode()


def _listed(items: Regularisation | Sequence[Regularisation] | None) -> list[Regularisation]:
    if items is None:
        return []
    given = [items] if isinstance(items, Regularisation) else list(items)
    for item in given:
        if not isinstance(item, Regularisation):
            raise TypeError(
                f"regularisation: {item!r} came, expected objects of backtune.regularisation"
            )
    return given
