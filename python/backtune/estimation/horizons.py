"""Horizons: how far ahead a network with measured groups runs by itself in an estimation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Callable, Optional, Union

import numpy as np
from numpy.typing import ArrayLike

from .._engine.abi import lib
from .._engine.arrays import as_number
from .._engine.errors import ArgumentError, StateError
from .._engine.types import Array
from .handle import EstimatorHandle
from .trace import Stage, Trace
from .validation import restore, snapshot

# A free run with a lower NMSE stays with the data.
_FOLLOWS = 0.1

#: Horizons together, infinity for the free run.
Horizons = tuple[float, ...]
#: As users give them: one, a tuple of some together, or a list of such; None for the free run.
HorizonLike = Union[ArrayLike, None, Sequence[Union[float, None, tuple[Optional[float], ...]]]]


class Kept:
    """The weights of an estimator, and the initial states of its sequences where it learns them."""

    def __init__(self, estimator: EstimatorHandle) -> None:
        self._estimator = estimator
        self._weights = snapshot(estimator.net)
        # What the engine is given as initial states, None for the network's, and what they are.
        self._given: Array | None = None
        self._starts: Array | None = None
        if not estimator.get_option("initial_states"):
            return
        try:
            self._given = self._starts = estimator.initial_states
        except StateError:  # none were learnt yet
            self._given = estimator._given_starts
            own = np.tile(estimator.net._own_start(), estimator._sequences)
            values = own if self._given is None else self._given
            self._starts = values.reshape(estimator._sequences, -1)

    def restore(self) -> None:
        """Give the estimator and its network what they had."""
        estimator = self._estimator
        restore(estimator.net, self._weights)
        if self._starts is None:
            return
        estimator._set_starts(self._given)
        estimator._starts_back = self._starts


def stages(horizon: HorizonLike) -> list[Horizons]:
    """Return what is asked in turn: a list is one after the other, a tuple together.

    Raises
    ------
    ArgumentError
        An empty list or tuple.
    """
    turns = horizon.tolist() if isinstance(horizon, np.ndarray) else horizon
    turns = turns if isinstance(turns, list) else [turns]
    if not turns:
        raise ArgumentError("horizon: an empty list came, expected at least one horizon")
    return [_together(turn) for turn in turns]


def _together(horizon: object) -> Horizons:
    values = horizon if isinstance(horizon, tuple) else (horizon,)
    if not values:
        raise ArgumentError("horizon: an empty tuple came, expected at least one horizon")
    return tuple(math.inf if one is None else as_number(one, "horizon") for one in values)


def words(stage: Horizons) -> str:
    """Return a stage as one would write it."""
    texts = ["None" if value == math.inf else f"{value:g}" for value in stage]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


class Schedule:
    """The horizons of an estimator, one after the other.

    A run that is stopped in the middle of one goes on there the next time; after the last of them
    further runs go on at the last.

    Raises
    ------
    ArgumentError
        An empty list or tuple, a horizon that is no whole number of 1 or more, or infinity.
    """

    def __init__(self, estimator: EstimatorHandle, horizon: HorizonLike) -> None:
        self._estimator = estimator
        self._stages = stages(horizon)
        #: The stages that are done with, and their traces.
        self.earlier: list[Stage] = []
        self._start: tuple[float, Kept] | None = None
        # The engine looks at all of them, and is left with the first.
        for place in reversed(range(len(self._stages))):
            self._place = place
            self._set()

    def _set(self) -> None:
        values = np.array(self._stages[self._place])
        lib.bt_estimator_set_horizons(self._estimator._pointer, values, values.size)

    @property
    def stage(self) -> Horizons:
        """The horizons that the next iteration works with."""
        return self._stages[self._place]

    @property
    def is_single(self) -> bool:
        """Whether there is one stage alone."""
        return len(self._stages) == 1

    def run(self, iterate: Callable[[], Trace]) -> Trace:
        """Run the stages that are left, within the limit of iterations.

        Weights come back where the last horizon only spoilt them: those before the free run where
        trajectories part and it does not predict as far, or it follows the data no better than
        their mean, and those that were set before all stages where those that were found cost more
        at the last horizon. Initial states that each sequence learns come back with them.
        """
        if self.is_single:
            return iterate()
        net, begun = self._estimator.net, self._place
        # Asked before anything is found: another question makes the estimator start anew.
        if net.origin == "set" and self._estimator._trace_length() == 0:
            self._start = self._cost_at_last(), Kept(self._estimator)
        trace = self._run(iterate)
        is_done = begun < self._place == len(self._stages) - 1
        if is_done and not trace.free_horizon and trace.stop != "interrupted":
            self._go_back(trace)
        return trace

    def _run(self, iterate: Callable[[], Trace]) -> Trace:
        estimator = self._estimator
        limit = left = int(estimator.get_option("max_iterations"))
        before = estimator._trace_length()
        try:
            while True:
                ahead = len(self._stages) - self._place
                share = left // ahead
                estimator.set_option("max_iterations", share)
                trace = self._guarded(iterate) if self.stage == (math.inf,) else iterate()
                left -= min(share, _iterations(trace, before))
                if ahead == 1 or trace.stop in ("interrupted", "callback"):
                    return trace
                self.earlier.append(Stage(words(self.stage), trace))
                self._place, before = self._place + 1, 0
                self._set()
        finally:
            estimator.set_option("max_iterations", limit)

    def _guarded(self, iterate: Callable[[], Trace]) -> Trace:
        """Run freely; go back where that follows nothing, or only made predictions worse."""
        estimator = self._estimator
        if not self.earlier:
            return iterate()
        one_step, horizon = estimator._parting(lib.bt_estimator_find_parting)
        kept = Kept(estimator)
        trace = iterate()
        last = trace.nmse[-1] if len(trace) else math.nan
        if last > _FOLLOWS and trace.free_horizon < horizon:
            kept.restore()
            trace.one_step_nmse, trace.free_horizon = one_step, horizon
            trace.stop_reason = (
                f"trajectories part: one-step NMSE {one_step:.3g}, the free run stays within half a"
                f" deviation for {horizon} steps; the weights are those before it"
            )
            trace.stop = trace.stop if trace.stop == "interrupted" else "parting"
        elif last >= 1 and not trace.free_horizon:
            kept.restore()
            trace.stop_reason += "; no better than the mean: the weights are those before it"
        return trace

    def _go_back(self, trace: Trace) -> None:
        """Return to the weights of the start where those that were found cost more."""
        # Costs under one nu alone compare.
        if self._start is None or np.ptp(trace.nu) > 0:
            return
        if not trace.cost[-1] <= self._start[0]:
            self._start[1].restore()
            trace.stop_reason += "; the weights of the start cost less at the last horizon"

    def _cost_at_last(self) -> float:
        """Return what the weights cost at the last horizon."""
        place, self._place = self._place, len(self._stages) - 1
        try:
            self._set()
            return self._estimator.cost
        finally:
            self._place = place
            self._set()


def _iterations(trace: Trace, before: int) -> int:
    """Return how many of a trace are of its last run, of one that had so many entries before."""
    if trace.stop == "iterations":
        return len(trace)  # All that it was given.
    entries = max(len(trace) - 1, 0)
    return entries - (before - 1) if 0 < before <= entries else entries
