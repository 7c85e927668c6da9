"""An estimator as all who work on it know it: options, calls of the engine, costs, the trace."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_number, as_text
from .._engine.callbacks import RunGuard, calling_back, ended
from .._engine.handle import Owner
from .._engine.types import Array
from ..networks.network import Network
from .trace import COLUMNS, Report, Stage, Trace, make_report

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
_NOTES = {1: "drawn", 2: "units", 3: "interpolates", 4: "parting", 5: "diverged"}


class EstimatorHandle(Owner):
    """Owns an estimation of the engine.

    Attributes
    ----------
    net : Network
    """

    net: Network
    _lengths: np.ndarray
    _total: int
    _sequences: int
    _outputs: int
    # How the sequences start: "network", or "given".
    _start: str
    _given_starts: Array | None
    _validated: dict[int, float]
    # Whether the engine calls Python also where nothing runs.
    _calls_back = False
    # Those of weights that came back: the engine tells of what it found last.
    _starts_back: Array | None = None

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
        value = ctypes.c_double()
        lib.bt_estimator_get_option(self._pointer, as_text(name, "option"), ctypes.byref(value))
        return value.value

    def set_option(self, name: str, value: float) -> None:
        """Set one of the options of `get_option`, for all runs that follow."""
        text = as_text(name, "option")
        lib.bt_estimator_set_option(self._pointer, text, as_number(value, f"option {name}"))

    # ---- Calls

    def _asking(self) -> AbstractContextManager[None]:
        """Return what calls of the engine stand in that may have to read."""
        return calling_back() if self._calls_back else nullcontext()

    def _ask(self, function: Callable[..., object], *arguments: object) -> None:
        """Make a call of the engine that may have to compute; Ctrl-C ends it."""
        if self._calls_back or self.net._takes_long(self._total):
            ended(lambda: function(self._pointer, *arguments), by_event=False)
        else:
            function(self._pointer, *arguments)

    def _call(
        self, function: Callable[..., object], on_iteration: Callable[[], object]
    ) -> tuple[RunGuard, int]:
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

    def _set_starts(self, states: Array | None) -> None:
        """Give the engine the states that sequences start from; None for the network's."""
        size = 0 if states is None else states.size
        lib.bt_estimator_set_initial_states(self._pointer, states, size)

    # ---- What was found

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
        """Criterion of the best weights. Where it is computed, Ctrl-C is KeyboardInterrupt."""
        return self._costs()[0]

    @property
    def nmse(self) -> float:
        """Normalised mean square error of the best weights; NaN for constant desired outputs."""
        return self._costs()[1]

    @property
    def output_nmse(self) -> Array:
        """NMSE of each output at the network's weights, (O,); NaN of a constant one."""
        values = np.empty(self._outputs)
        self._ask(lib.bt_estimator_output_nmse, values, values.size)
        return values

    def _costs(self) -> tuple[float, float]:
        cost, nmse = ctypes.c_double(), ctypes.c_double()
        self._ask(lib.bt_estimator_cost, ctypes.byref(cost), ctypes.byref(nmse))
        return cost.value, nmse.value

    def get_weights(self) -> Array:
        """Return the best weights seen, in the order of ``net.get_weights()``."""
        values = np.empty(self.net._weight_count)
        lib.bt_estimator_get_weights(self._pointer, values, values.size)
        return values

    @property
    def initial_states(self) -> Array:
        """Learnt initial states, (sequences, state_size), with ``initial="learn"``.

        A row is what `Network.simulate` takes as `initial`; without the option, StateError.
        """
        if self._starts_back is not None:
            return self._starts_back.copy()
        values = np.empty((self._sequences, self.net.state_size))
        lib.bt_estimator_get_initial_states(self._pointer, values, values.size)
        return values

    @property
    def trace(self) -> Trace:
        """All iterations so far."""
        return self._trace()

    def _trace(self, interrupted: bool = False) -> Trace:
        length = self._trace_length()
        columns = {name: self._column(name, length) for name in COLUMNS}
        draw_costs = self._draw_costs()
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
            [words, *(text for kind, text in self._notes() if kind in ("interpolates", "diverged"))]
        )
        if interrupted:
            words, name = "interrupted by the user", "interrupted"
        outputs = self.output_nmse if length and self._outputs > 1 else columns["nmse"][-1:]
        start = "learnt" if self.get_option("initial_states") else self._start
        trace = Trace(columns, words, name, draw_costs, validation, outputs, start)
        trace.one_step_nmse, trace.free_horizon = one_step, free_horizon
        trace.stages = self._earlier()
        return trace

    def _earlier(self) -> list[Stage]:
        """Return the stages that came before, and what they are called."""
        return []

    def _parting(self, function: Callable[..., object]) -> tuple[float, int]:
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

    def _draw_costs(self) -> Array:
        costs = np.empty(abi.read_int(lib.bt_estimator_restart_count, self._pointer))
        lib.bt_estimator_restarts(self._pointer, costs, costs.size)
        return costs

    def _trace_length(self) -> int:
        return abi.read_int(lib.bt_estimator_trace_length, self._pointer)

    def _column(self, name: str, length: int) -> Array:
        values = np.empty(length)
        lib.bt_estimator_trace(self._pointer, name.encode(), values, length)
        return values

    def _report(self, place: int, stop: str | None = None) -> Report:
        columns = {name: self._column(name, place + 1) for name in COLUMNS}
        return make_report(place, {name: values[place] for name, values in columns.items()}, stop)


def stop_words(reason: int) -> str:
    """Return why a run stopped, in words."""
    return lib.bt_stop_string(reason).decode()
