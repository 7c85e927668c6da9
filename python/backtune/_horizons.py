"""Horizons: how far ahead a network with measured groups runs by itself in an estimation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from ._abi import lib
from ._arrays import as_number
from .errors import ArgumentError

if TYPE_CHECKING:
    from .estimator import Estimator
    from .trace import Trace

Stage = tuple[float, ...]  # horizons together, infinity for the free run


def stages(horizon: Any) -> list[Stage]:
    """Return what is asked in turn: a list is one after the other, a tuple together.

    Raises
    ------
    ArgumentError
        An empty list or tuple.
    """
    turns = list(horizon) if isinstance(horizon, (list, np.ndarray)) else [horizon]
    if not turns:
        raise ArgumentError("horizon: an empty list came, expected at least one horizon")
    return [_together(turn) for turn in turns]


def _together(horizon: Any) -> Stage:
    values = horizon if isinstance(horizon, tuple) else (horizon,)
    if not values:
        raise ArgumentError("horizon: an empty tuple came, expected at least one horizon")
    return tuple(math.inf if one is None else as_number(one, "horizon") for one in values)


def words(stage: Stage) -> str:
    """Return a stage as one would write it."""
    texts = ["None" if value == math.inf else f"{value:g}" for value in stage]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


class Schedule:
    """The horizons of an estimator, one after the other."""

    def __init__(self, estimator: Estimator, horizon: Any) -> None:
        self._estimator = estimator
        self._stages = stages(horizon)
        self._place = 0
        self._set()

    def _set(self) -> None:
        values = np.array(self._stages[self._place])
        lib.bt_estimator_set_horizons(self._estimator._pointer, values, values.size)

    @property
    def stage(self) -> Stage:
        """The horizons that the next iteration works with."""
        return self._stages[self._place]

    @property
    def is_single(self) -> bool:
        """Whether there is one stage alone."""
        return len(self._stages) == 1

    def run(self, iterate: Callable[[], Trace]) -> Trace:
        """Run the stages that are left, within the limit of iterations.

        The weights are those of the start where the last horizon would cost more than there.
        """
        estimator, earlier = self._estimator, []
        if self.is_single:
            return iterate()
        limit = int(estimator.get_option("max_iterations"))
        left = limit
        start = estimator.net.get_weights()
        known = estimator.net.origin != "untouched"
        first, begun = self._cost_at_last() if known else math.inf, self._place
        trace = None
        try:
            while True:
                ahead = len(self._stages) - self._place
                estimator.set_option("max_iterations", left // ahead)
                trace = iterate()
                left -= min(left, trace[-1].iteration if len(trace) else 0)
                if ahead == 1 or trace.stop in ("interrupted", "callback"):
                    break
                earlier.append((words(self.stage), trace))
                self._place += 1
                self._set()
        finally:
            estimator.set_option("max_iterations", limit)
        trace.stages = earlier
        if self._place > begun and trace.stop != "interrupted" and not estimator.cost <= first:
            estimator.net.set_weights(start)
            trace.stop_reason += "; the weights of the start cost less at the last horizon"
        return trace

    def _cost_at_last(self) -> float:
        """Return what the weights cost at the last horizon."""
        place, self._place = self._place, len(self._stages) - 1
        self._set()
        cost = self._estimator.cost
        self._place = place
        self._set()
        return cost
