"""The core of `Estimator`: a network, sequences whose inputs are known, what is asked, runs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Callable, Optional

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_text
from .._engine.data.loaded import LoadedData, Recordings, is_mapped
from .._engine.data.pairs import Data, learn_labels
from .._engine.data.starts import initial_states as listed_states
from .._engine.data.starts import wanted_start
from .._engine.errors import ArgumentError, BacktuneWarning, NetworkError
from .._engine.types import DataLike, Measured, StateLike
from .._engine.warn import is_quiet, warn
from ..networks.modelled import ModelledNetwork
from ..networks.network import Network
from ..networks.summary import hint_of
from .criteria import Criterion
from .draws import FilledInputs
from .handle import stop_words
from .horizons import HorizonLike, Schedule
from .objective import listed, set_criterion
from .regularisation import Regularisation
from .results import FoundEstimator
from .run import run
from .trace import Report, Stage, Trace
from .validation import Validation, ValidationLike

# NMSE above which a fit has found little.
_POOR = 0.5

#: What gives data to the engine, with the states that sequences start from.
Give = Callable[[Data, Optional[StateLike]], None]


class CoreEstimator(FoundEstimator):
    """An `Estimator` that does nothing about `missing` inputs: see there."""

    input_model: FilledInputs | None = None

    def __init__(
        self,
        net: Network,
        u: DataLike | None,
        y: DataLike | None = None,
        gains: DataLike | None = None,
        *,
        criterion: str | Criterion | None = None,
        regularisation: Regularisation | Sequence[Regularisation] | None = None,
        washout: int | None = None,
        static: bool | None = None,
        method: str | None = None,
        restarts: int | str | None = None,
        initial: StateLike | None = None,
        guard: bool | None = None,
        reestimation: bool | None = None,
        horizon: HorizonLike = None,
        measured: Measured | None = None,
        missing: str | None = None,
        initial_states: bool | None = None,
    ) -> None:
        if not isinstance(net, Network):
            raise TypeError(f"net: {net!r} came, expected a Network")
        if isinstance(net, ModelledNetwork):
            raise NetworkError(
                "net: one of with_missing_inputs came, expected the network that it was made of"
            )
        if net.outputs == 0:
            raise NetworkError("the network has no group: add a unit first")
        if initial_states is not None:
            warn("initial_states: say initial='learn'", DeprecationWarning)
        initial, learns = wanted_start(initial)
        learns = learns or bool(initial_states)
        balanced = isinstance(gains, str)
        if balanced and gains != "balanced":
            raise ArgumentError(f"gains: {gains!r} came, expected numbers or 'balanced'")
        if isinstance(restarts, str) and restarts != "auto":
            raise ArgumentError(f"restarts: {restarts!r} came, expected a number or 'auto'")
        data = self._read(net, u, y, None if balanced else gains)
        self.net = net
        self._fill(data, missing)
        # The engine asks for sequences that are not in memory as long as this lives.
        self._source = data if isinstance(data, LoadedData) else None
        if self._source is not None:
            self._calls_back = True
        self._create(lib.bt_estimator_create, lib.bt_estimator_free, net._pointer)
        self._spread()
        groups, values = net._measured_values(measured, data)
        self._measured_names = [net._group_facts(number)[0] for number in groups.tolist()]

        def give(data: Data, initial: StateLike | None) -> None:
            data.give_to(self._pointer)
            if initial is not None:
                self._set_starts(net._starts(listed_states(initial, data.lengths.size)))
            first = 0
            for number in groups.tolist():
                size = int(data.lengths.sum()) * net._group_facts(number)[1]
                block = np.ascontiguousarray(values[first : first + size])
                lib.bt_estimator_set_measured(self._pointer, number, block, block.size)
                first += size

        with self._asking():
            give(data, initial)
        options: dict[str, float | None] = {
            "restarts": None if isinstance(restarts, str) else restarts,
            "initial_states": learns or None,
            "guard": guard,
            "reestimation": reestimation,
            "washout": washout,
            "static": static,
            "balanced": balanced or None,
        }
        if criterion is not None:
            options["nu"] = set_criterion(self._pointer, net.outputs, criterion)
        for item in listed(regularisation):
            words = item.name.encode(), item._options().encode()
            lib.bt_estimator_add_regularisation(self._pointer, *words)
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
        self._total = int(data.lengths.sum())
        starts = None if initial is None else listed_states(initial, self._sequences)
        self._given_starts = None if starts is None else net._starts(starts)
        self._schedule = Schedule(self, horizon)
        self._keep(data, initial, measured, give)
        # Asked here: what was found is told after the network was closed too.
        self._outputs = net.outputs
        self._validated: dict[int, float] = {}
        self._told: set[str] = set()

    def _read(
        self, net: Network, u: DataLike | None, y: DataLike | None, gains: DataLike | None
    ) -> Data:
        if isinstance(u, Recordings) or is_mapped(u) or is_mapped(y):
            return LoadedData(net, u, y, gains)
        return Data(net, u, y, gains)

    def _spread(self) -> None:
        """Tell the engine of other processes, before it has data."""

    def set_option(self, name: str, value: float) -> None:
        """Set one of the options of `get_option`, for all runs that follow."""
        super().set_option(name, value)
        if name == "horizon" and not math.isnan(value):
            self._schedule = Schedule(self, value)

    # What is done about missing inputs

    def _fill(self, data: Data, missing: str | None) -> None:
        """Look at data before the engine has them."""

    def _keep(
        self, data: Data, initial: StateLike | None, measured: Measured | None, give: Give
    ) -> None:
        """Take note of what was given, and of what gives it."""

    def _iterate(self, iterate: Callable[[], Trace]) -> Trace:
        return iterate()

    def _earlier(self) -> list[Stage]:
        return list(self._schedule.earlier)

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
        callback: Callable[[Report], object] | None = None,
        validation: ValidationLike | None = None,
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
            Whether a line says how far it is, with the cost, the NMSE and the error on `validation`
            of the best weights so far, where somebody looks: in a terminal or a notebook.
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

        def iterate() -> Trace:
            looks = None
            if validation is not None:
                looks = Validation(
                    self.net,
                    validation,
                    patience,
                    washout=int(self.get_option("washout")),
                    static=bool(self.get_option("static")),
                    horizons=self._schedule.stage,
                    inputs=self.input_model,
                    measured=self._measured_names,
                )
            return run(self, progress, callback, looks)

        self._validated = {}
        given = {"max_iterations": max_iterations, "tolerance": tolerance, "target": target}
        chosen = {name: value for name, value in given.items() if value is not None}
        before = {name: self.get_option(name) for name in chosen}
        try:
            for name, value in chosen.items():
                self.set_option(name, value)
            trace = self._iterate(lambda: self._schedule.run(iterate))
        finally:
            for name, value in before.items():
                self.set_option(name, value)
        self._warn()
        # Not after Ctrl-C: of 80,000 connections the structure takes 0.2 s to look at.
        if len(trace) and trace.nmse[-1] > _POOR and trace.stop != "interrupted":
            trace.hint = self._hint
        return trace

    @cached_property
    def _hint(self) -> str:
        """What may be meant otherwise: of the structure, which stays, so looked at once."""
        return hint_of(self.net)

    def _warn(self) -> None:
        """Give the engine's notes as warnings, each once."""
        for kind, text in self._notes():
            # Those are part of the stop reason.
            if kind not in ("interpolates", "parting", "diverged") and text not in self._told:
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
