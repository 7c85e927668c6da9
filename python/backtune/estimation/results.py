"""What an estimator found: results, reports and the trace."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_text
from .._engine.callbacks import calling_back, interruptible
from .._engine.data.sequences import Sequences
from ..networks.network import Network
from .horizons import Schedule
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
    "saddle",
)

# BT_NOTE_* of include/backtune.h.
_NOTES = {1: "drawn", 2: "units", 3: "interpolates", 4: "parting"}


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


class ResultsMixin:
    """The part of `Estimator` that reads what was found."""

    _pointer: int
    net: Network
    _sequences: int
    _lengths: np.ndarray
    _outputs: int
    _is_list: bool
    _form: Sequences
    _start: str
    get_option: Callable[[str], float]
    _widened: Callable[[Uncertainty], Uncertainty]
    _validated: dict[int, float]
    _schedule: Schedule
    # Whether the engine calls Python also where nothing runs.
    _calls_back = False
    # Those of weights that came back: the engine tells of what it found last.
    _starts_back: np.ndarray | None = None

    def _asking(self) -> AbstractContextManager[None]:
        """Return what calls of the engine stand in that may have to compute, or to read."""
        return calling_back() if self._calls_back else nullcontext()

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> None:
        with self._asking():
            function(self._pointer, *arguments)

    def _option(self, name: str) -> float:
        value = ctypes.c_double()
        lib.bt_estimator_get_option(self._pointer, as_text(name, "option"), ctypes.byref(value))
        return value.value

    @property
    def stop_reason(self) -> str:
        """Why the last run or step stopped, in words."""
        return stop_words(self._stop())

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

    @property
    def output_nmse(self) -> np.ndarray:
        """NMSE of each output at the network's weights, (O,); NaN of a constant one."""
        values = np.empty(self._outputs)
        self._ask(lib.bt_estimator_output_nmse, values, values.size)
        return values

    def _costs(self) -> tuple[float, float]:
        cost, nmse = ctypes.c_double(), ctypes.c_double()
        self._ask(lib.bt_estimator_cost, ctypes.byref(cost), ctypes.byref(nmse))
        return cost.value, nmse.value

    def get_weights(self) -> np.ndarray:
        """Return the best weights seen, in the order of ``net.get_weights()``."""
        values = np.empty(abi.read_int(lib.bt_network_weight_count, self.net._pointer))
        lib.bt_estimator_get_weights(self._pointer, values, values.size)
        return values

    @property
    def initial_states(self) -> np.ndarray:
        """Learnt initial states, (sequences, state_size), with ``initial_states=True``.

        A row is what `Network.simulate` takes as `initial`; without the option, StateError.
        """
        if self._starts_back is not None:
            return self._starts_back.copy()
        values = np.empty((self._sequences, self.net.state_size))
        lib.bt_estimator_get_initial_states(self._pointer, values, values.size)
        return values

    def simulate(self) -> Any:
        """Return the outputs at the network's weights over the data: what `nmse` tells of.

        From the initial states that were found, with ``initial_states=True``, or given; unlike
        ``net.simulate(u)``, which starts from those of the network.

        Returns
        -------
        array of shape (T, O), or list of such
            As the data came, tables with their index; every time step, observed or not.
        """
        outputs = np.empty((int(self._lengths.sum()), self._outputs))
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

    def gradient(self) -> tuple[float, np.ndarray]:
        """Return the cost at the network's weights, and its derivative by each, without guard."""
        cost = ctypes.c_double()
        values = np.empty(abi.read_int(lib.bt_network_weight_count, self.net._pointer))
        self._ask(lib.bt_estimator_gradient, ctypes.byref(cost), values, values.size)
        return cost.value, values

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
        matrix of order P: a few seconds for a thousand weights. Ctrl-C is answered at once, but
        singular values that are under way are finished first: these take half a second for a
        thousand weights, and grow with the cube of their number.
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
        count = abi.read_int(lib.bt_network_weight_count, self.net._pointer)
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
        deviation = np.empty((int(self._lengths.sum()), self._outputs))
        outputs, output_noise = np.empty_like(deviation), np.empty(self._outputs)
        lib.bt_estimator_fitted_outputs(
            self._pointer, outputs, outputs.size, output_noise, output_noise.size
        )
        size = abi.read_int(lib.bt_estimator_combination_count, self._pointer)
        directions, deviations = np.empty((size, count)), np.empty(size)
        lib.bt_estimator_combinations(self._pointer, directions, directions.size, deviations, size)
        lib.bt_estimator_prediction_deviation(self._pointer, deviation, deviation.size)
        report = make_uncertainty(
            {name: self.net.weights.fixed(name) for name in self.net.weights},
            errors,
            freedom,
            covariance=covariance,
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

    def _by_sequence(self, values: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Split what came of all sequences as the data came."""
        parts = self._parts(values)
        return parts if self._is_list else parts[0]

    def _parts(self, values: np.ndarray) -> list[np.ndarray]:
        """Split what came of all sequences; of none nothing."""
        return np.split(values, np.cumsum(self._lengths)[:-1]) if self._lengths.size else []

    @property
    def trace(self) -> Trace:
        """All iterations so far."""
        return self._trace()

    def _trace(self, interrupted: bool = False) -> Trace:
        length = self._trace_length()
        columns = {name: self._column(name, length) for name in COLUMNS}
        restarts = self._restarts()
        places = range(length if self._validated else 0)
        validation = [self._validated.get(place, np.nan) for place in places]
        stop = self._stop()
        words, name = stop_words(stop), _STOPS[stop]
        one_step, free_horizon = self._parting(lib.bt_estimator_parting)
        # Costs that such a run could not lower any more say nothing.
        if free_horizon and name in ("converged", "stalled", "saddle"):
            words, name = self._parting_words(), "parting"
        elif free_horizon:
            words = f"{words}; {self._parting_words()}"
        words = "; ".join(
            [words, *(text for kind, text in self._notes() if kind == "interpolates")]
        )
        if interrupted:
            words, name = "interrupted by the user", "interrupted"
        outputs = self.output_nmse if length and self._outputs > 1 else columns["nmse"][-1:]
        start = "learnt" if self._option("initial_states") else self._start
        trace = Trace(columns, words, name, restarts, validation, outputs, start)
        trace.one_step_nmse, trace.free_horizon = one_step, free_horizon
        trace.stages = self._schedule.earlier
        return trace

    def _parting(self, function: Any) -> tuple[float, int]:
        """Return the one-step NMSE and the horizon where trajectories part, otherwise NaN and 0."""
        one_step, horizon = ctypes.c_double(), ctypes.c_int64()
        self._ask(function, ctypes.byref(one_step), ctypes.byref(horizon))
        return one_step.value, horizon.value

    def _parting_words(self) -> str:
        return "".join(text for kind, text in self._notes() if kind == "parting")

    def _notes(self) -> list[tuple[str, str]]:
        """Return what else there is to know of the estimation: kinds, in a word, and texts."""
        count = abi.read_int(lib.bt_estimator_note_count, self._pointer)
        notes, kind = [], ctypes.c_int32()
        for place in range(count):
            text = abi.read_text(lib.bt_estimator_note, self._pointer, place, ctypes.byref(kind))
            notes.append((_NOTES[kind.value], text))
        return notes

    def _restarts(self) -> np.ndarray:
        costs = np.empty(abi.read_int(lib.bt_estimator_restart_count, self._pointer))
        lib.bt_estimator_restarts(self._pointer, costs, costs.size)
        return costs

    def _trace_length(self) -> int:
        return abi.read_int(lib.bt_estimator_trace_length, self._pointer)

    def _column(self, name: str, length: int) -> np.ndarray:
        values = np.empty(length)
        lib.bt_estimator_trace(self._pointer, name.encode(), values, length)
        return values

    def _report(self, place: int, stop: str | None = None) -> Report:
        columns = {name: self._column(name, place + 1) for name in COLUMNS}
        return make_report(place, {name: values[place] for name, values in columns.items()}, stop)


def stop_words(reason: int) -> str:
    return lib.bt_stop_string(reason).decode()
