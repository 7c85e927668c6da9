"""Estimation of the weights of a network from sequences."""

from __future__ import annotations

import ctypes
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_text
from .._engine.callbacks import RunGuard
from .._engine.data.loaded import LoadedData, Recordings, is_mapped
from .._engine.data.pairs import Data, learn_labels, set_initial
from .._engine.data.starts import initial_states as listed_states
from .._engine.errors import ArgumentError, BacktuneWarning, NetworkError
from .._engine.handle import Owner
from .._engine.warn import is_quiet
from ..networks.modelled import ModelledNetwork
from ..networks.network import Network
from .criteria import Criterion
from .horizons import Schedule
from .missing import MissingInputs
from .objective import add_regularisations, set_criterion
from .regularisation import Regularisation
from .results import ResultsMixin, stop_words
from .run import run
from .trace import Report, Trace
from .uncertainty import Uncertainty
from .validation import Validation


class Estimator(ResultsMixin, Owner):
    """Adjusts the weights of a network so that its outputs come near to desired ones.

    By Gauss-Newton, or by the method of RR-9100, section "Backward tuning".

    Parameters
    ----------
    net : Network
        Its weights are where estimation starts, and receive the best found; where they were neither
        drawn nor set, they are drawn with seed 0, and a `BacktuneWarning` says so. Its structure
        may not change any more.
    u : array of shape (T, M), or list of such
        Inputs of one sequence or of several, of any lengths; (T,) means one channel. NaN means
        missing, see `missing`. For a network
        without inputs: None, or numbers of time steps. Tables of pandas, xarray or polars too, one
        with a MultiIndex (instance, time) being several sequences: their columns are matched with
        ``net.input_names``, which are learnt from them where there are none.
        A list of `numpy.memmap`, a memory map (B, T, M), or `Recordings` (with y None): sequences
        that are read when they are worked on, for data larger than memory.
    y : array of shape (T, O), or list of such
        Desired outputs; NaN means not observed, masked entries too, and what follows the end of a y
        shorter than u. (T,) means one output. None for `criteria.Observables`. Rows of a table are
        those of u with the same index.
    gains : array of the shape of y, or list of such, or O numbers, or one; optional
        How much each desired value, or each output, counts: 0 or more, 0 = not observed.
        "balanced": errors are taken in deviations of their output, so that outputs of unequal units
        have an equal say; costs and nu are then without unit.
    criterion : str or Criterion, optional
        "least-squares", "l1", "l0", "huber", "biweight", "boolean", "bernoulli", "poisson",
        "cross-entropy", or an object of `backtune.criteria`.
    regularisation : Regularisation or list of such, optional
        Objects of `backtune.regularisation`, in any combination.
    washout : int, optional
        First time steps of every sequence that are not compared.
    static : bool, optional
        Whether only the last time step of every sequence is compared.
    method : str, optional
        "auto", "gauss-newton", or "backward-tuning", the report's own; "auto" is Gauss-Newton
        unless orthogonal activities of many nodes make it dear.
    restarts : int or "auto", optional
        Draws of the weights that Gauss-Newton races besides the first, within the limit of
        iterations; not with a scale nu that follows the errors. "auto": some for a network whose
        weights are as `Network.randomize` drew them, none where weights were set. How they ended is
        in `Trace.restarts`.
    initial : array of shape (state_size,), or list of such, optional
        The state that each sequence starts from, as `Network.simulate` takes it; what the network
        says (zero, or states learnt for all sequences) by default.
    initial_states : bool, optional
        Whether every sequence has a learnt initial state of its own, see `initial_states`: it is
        learnt from `initial` on, or from zero.
    guard : bool, optional
        Whether adjoint values are kept from vanishing and exploding, equation (5).
    reestimation : bool, optional
        Whether the second order is tried on re-estimated states too, footnote 7.
    horizon : int, None, tuple or list of such, optional
        Of a network that reads measurements (`Group.measured`): time is cut in blocks of so many
        steps; what a block reads from before its start is measured, y or `measured`, what it reads
        from inside is the network's own. 1 is the one-step predictor, None or infinity the free
        run. A tuple such as (1, None): together, the costs add. A list such as [1, 4, 16, None]:
        one after the other in `run`, which divides its iterations among them (`step` stays at the
        one at hand). Where trajectories part (`Trace.free_horizon`) and a None after others
        spoils the weights, those before it come back, with the initial states that were learnt
        with them.
    measured : dict, optional
        What was measured of groups that are no outputs, by group or its name: arrays of shape
        (T, group size), or lists of such, NaN where not known.
    missing : {"model", "error"}, optional
        What becomes of NaN in u. "model": an `InputModel`, fitted to u, says what the missing
        values may have been; their mean takes their place, and `uncertainty` widens by what it
        leaves open; with least squares and one horizon, half of the iterations of the first `run`
        are followed by others in which outputs count the less the more missing inputs leave open
        of them (`Trace.stages`). "error": it is refused. By default "model", with a warning.

    Attributes
    ----------
    net : Network
    input_model : InputModel or None
        Of missing inputs; None where none are missing.

    Raises
    ------
    SizeError
        Sequences of u and y of unequal number or channels, a y longer than u.
    ArgumentError
        An input that is infinite, or NaN with ``missing="error"`` or in a channel of which fewer
        than 10 values are known; no observed value at all, an unknown criterion or method;
        columns that are missing or unknown, labels of the index of y that u has not.
    TypeError
        Something else than numbers: the message names the dtype, or the column of a table.

    Warns
    -----
    BacktuneWarning
        Inputs are missing, and `missing` was not given: the channels, and how many values.

    Notes
    -----
    Options left at None keep the engine's defaults; `get_option` reads them.

    Examples
    --------
    >>> import backtune as bt
    >>> u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    >>> net = bt.lnl_network(2).randomize(seed=0)
    >>> est = bt.Estimator(net, u, y)
    >>> trace = est.run(max_iterations=50, progress=False)
    >>> bool(est.cost == trace.cost[-1] < trace.cost[0])
    True
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
        initial: Any = None,
        initial_states: bool | None = None,
        guard: bool | None = None,
        reestimation: bool | None = None,
        horizon: Any = None,
        measured: Mapping[Any, Any] | None = None,
        missing: str | None = None,
    ) -> None:
        if not isinstance(net, Network):
            raise TypeError(f"net: {net!r} came, expected a Network")
        if isinstance(net, ModelledNetwork):
            raise NetworkError(
                "net: one of with_missing_inputs came, expected the network that it was made of"
            )
        if net.outputs == 0:
            raise NetworkError("the network has no group: add a unit first")
        balanced = isinstance(gains, str)
        if balanced and gains != "balanced":
            raise ArgumentError(f"gains: {gains!r} came, expected numbers or 'balanced'")
        data = self._read(net, u, y, None if balanced else gains)
        if missing == "model" and isinstance(data, LoadedData):
            raise ArgumentError(
                "missing: 'model' came, expected 'error' where sequences are read when they are"
                " wanted: a model of the inputs is of all of them"
            )
        self._missing = MissingInputs.of(net, data, missing)
        self.input_model = None if self._missing is None else self._missing.model
        self.net = net
        # The engine asks for sequences that are not in memory as long as this lives.
        self._source = data if isinstance(data, LoadedData) else None
        if self._source is not None:
            self._calls_back = True
        self._create(lib.bt_estimator_create, lib.bt_estimator_free, net._pointer)
        self._spread()
        groups, values = net._measured_values(measured, data)
        self._measured_names = [net._group(number).name for number in groups.tolist()]

        def give(data: Data, initial: Any) -> None:
            data.give_to(self._pointer)
            set_initial(self._pointer, net, data, initial)
            first = 0
            for number in groups.tolist():
                size = int(data.lengths.sum()) * net._group(number).size
                block = np.ascontiguousarray(values[first : first + size])
                lib.bt_estimator_set_measured(self._pointer, number, block, block.size)
                first += size

        with self._asking():
            give(data, initial)
        options: dict[str, Any] = {
            "restarts": None if restarts == "auto" else restarts,
            "initial_states": initial_states,
            "guard": guard,
            "reestimation": reestimation,
            "washout": washout,
            "static": static,
            "balanced": balanced or None,
        }
        if criterion is not None:
            options["nu"] = set_criterion(self._pointer, net.outputs, criterion)
        add_regularisations(self._pointer, regularisation)
        if method is not None:
            lib.bt_estimator_set_method(self._pointer, as_text(method, "method"))
        for name, value in options.items():
            if value is not None:
                self.set_option(name, value)
        learn_labels(net, *data.tables)
        self._form = data.form
        self._start = "network" if initial is None else "given"
        self._sequences = data.lengths.size
        self._lengths, self._is_list = data.lengths, data.is_list
        starts = None if initial is None else listed_states(initial, self._sequences)
        self._given_starts = None if starts is None else net._starts(starts)
        self._schedule = Schedule(self, horizon)
        if self._missing is not None:
            self._missing.keep(data, initial, measured, give)
        # Asked here: what was found is told after the network was closed too.
        self._outputs = net.outputs
        self._validated: dict[int, float] = {}
        self._told: set[str] = set()

    def _read(self, net: Network, u: Any, y: Any, gains: Any) -> Data:
        if isinstance(u, Recordings) or is_mapped(u) or is_mapped(y):
            return LoadedData(net, u, y, gains)
        return Data(net, u, y, gains)

    def _spread(self) -> None:
        """Tell the engine of other processes, before it has data."""

    # ---- Settings

    @property
    def criterion(self) -> str:
        """Name of the criterion."""
        return abi.read_text(lib.bt_estimator_get_criterion, self._pointer)

    @property
    def method(self) -> str:
        """Name of the method."""
        return abi.read_text(lib.bt_estimator_get_method, self._pointer)

    def get_option(self, name: str) -> float:
        """Return an option: "max_iterations", "tolerance", "target", "initial_states" ..."""
        return self._option(name)

    def set_option(self, name: str, value: float) -> None:
        """Set one of the options of `get_option`, for all runs that follow."""
        lib.bt_estimator_set_option(self._pointer, as_text(name, "option"), float(value))
        if name == "horizon" and not math.isnan(value):
            self._schedule = Schedule(self, value)

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
        self._warn()
        place = self._trace_length() - 1
        return self._report(place, None if stop == abi.STOP_NONE else stop_words(stop))

    def run(
        self,
        max_iterations: int | None = None,
        tolerance: float | None = None,
        target: float | None = None,
        *,
        progress: bool = True,
        callback: Callable[[Report], Any] | None = None,
        validation: Any = None,
        patience: int = 20,
    ) -> Trace:
        """Iterate until the cost is low enough, cannot be lowered, or the iterations are spent.

        Parameters
        ----------
        max_iterations : int, optional
            Limit of this run; like those below, what `get_option` says by default.
        tolerance : float, optional
            Stop when the cost falls below this times its first value, or times what the mean of the
            desired values costs where that is less.
        target : float, optional
            Stop when the cost falls below this.
        progress : bool
            Whether to show a progress bar with the cost and the NMSE.
        callback : callable, optional
            Called with a `Report` after each iteration; what it returns, when true, stops the run.
            An exception stops it too and comes out of `run`; the network has the best weights all
            the same.
        validation : (u, y), (u, y, initial) or (u, y, initial, measured), optional
            Sequences kept for early stopping, with the states that they start from (None for the
            network's) and what was measured of groups, needed where `measured` was given: the
            network receives the weights whose NMSE there was the least, those of the start among
            them, however the run ends. The errors are in `Trace.validation`; `cost` and `trace` of
            the estimator go on telling of the data it adjusts to.
        patience : int
            Iterations without a lower error there after which the run stops.

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
        ArgumentError
            Validation without a value that is observed, or without measured values of a group of
            which the estimator has some.

        Examples
        --------
        >>> import backtune as bt
        >>> u, y = bt.datasets.reverse_engineering(units=2, seed=0)
        >>> net = bt.lnl_network(4).randomize(seed=0)
        >>> est = bt.Estimator(net, u[:8], y[:8])
        >>> trace = est.run(30, progress=False, validation=(u[8:], y[8:]), patience=5)
        >>> trace.validation.shape == trace.cost.shape
        True
        """
        looks: Callable[[], Validation] | None = None
        if validation is not None:
            washout, static = int(self.get_option("washout")), bool(self.get_option("static"))

            def looks() -> Validation:
                return Validation(
                    *(self.net, validation, patience, washout, static),
                    *(self._schedule.stage, self.input_model, self._measured_names),
                )

        self._validated = {}
        given = {"max_iterations": max_iterations, "tolerance": tolerance, "target": target}
        chosen = {name: value for name, value in given.items() if value is not None}
        before = {name: self.get_option(name) for name in chosen}
        try:
            for name, value in chosen.items():
                self.set_option(name, value)

            def iterate() -> Trace:
                return self._schedule.run(
                    lambda: run(self, progress, callback, looks() if looks else None)
                )

            trace = iterate() if self._missing is None else self._missing.run(self, iterate)
        finally:
            for name, value in before.items():
                self.set_option(name, value)
        self._warn()
        return trace

    def _widened(self, report: Uncertainty) -> Uncertainty:
        """Return a report with what missing inputs leave open."""
        if self._missing is None:
            return report
        learnt = self.initial_states if self.get_option("initial_states") else None
        return self._missing.widened(report, max(self._schedule.stage), learnt)

    def _call(self, function: Any, on_iteration: Callable[[], Any]) -> tuple[RunGuard, int]:
        stop = ctypes.c_int32()
        if self._starts_back is not None:
            # What follows learns them anew, from where it was told to.
            self._set_starts(self._given_starts)
            self._starts_back = None
        with RunGuard(on_iteration) as guard:
            try:
                function(self._pointer, guard.callback, None, ctypes.byref(stop))
            except KeyboardInterrupt:
                # While a recording was read: it ends a run as at any other time.
                if not guard.interrupted:
                    raise
        self._finish(guard)
        return guard, stop.value

    def _finish(self, guard: RunGuard) -> None:
        guard.finish()

    def _set_starts(self, states: np.ndarray | None) -> None:
        """Give the engine the states that sequences start from; None for the network's."""
        size = 0 if states is None else states.size
        lib.bt_estimator_set_initial_states(self._pointer, states, size)

    def _warn(self) -> None:
        """Give the engine's notes as warnings, each once."""
        for kind, text in self._notes():
            # Those are part of the stop reason.
            if kind not in ("interpolates", "parting") and text not in self._told:
                self._told.add(text)
                if not is_quiet():
                    warnings.warn(text, BacktuneWarning, stacklevel=3)

    def __reduce__(self) -> tuple:
        raise TypeError(
            "an Estimator cannot be pickled or copied: pickle its network, and make a new one there"
        )

    def __repr__(self) -> str:
        if self.closed:
            return "<Estimator, closed>"
        return f"<Estimator of {self.net!r}, {max(self._trace_length() - 1, 0)} iterations>"
