"""What an online estimator does when its window is full of news: one adjustment."""

from __future__ import annotations

from functools import partial

import numpy as np

from .._engine.types import Array
from ..networks.network import Network
from ..networks.stream import Stream
from .estimator import Estimator
from .regularisation import Regularisation, Ridge
from .trace import Report
from .window import Window


class AdjustmentMixin:
    """The part of `OnlineEstimator` that adjusts."""

    net: Network
    stream: Stream
    iterations: int
    adjustments: int
    divergences: int
    redraws: int
    report: Report | None
    _data: Window
    _start: Array
    _good: Array
    _least: int
    _rules: list[Regularisation]
    _ridge: float
    _matrices: list[str]
    _make: partial[Estimator]
    _learns_start: bool

    def adjust(self) -> Report | None:
        """Adjust to the window now.

        Returns
        -------
        Report
            Of the last iteration; None where nothing was adjusted, too little being observed.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C: the weights are the best seen.
        """
        left = self._data.move()
        if len(left):
            self._start = self._run(left)
        before, interrupted = self.report, False
        if self._data.observed >= self._least:
            interrupted = self._estimate()
        self.stream.state = self._run(self._data.u)
        if interrupted:
            raise KeyboardInterrupt
        if self.report is before:
            return None
        self.adjustments += 1
        return self.report

    def _estimate(self) -> bool:
        """Run some iterations; whether they were interrupted."""
        with self._estimator(self.net) as estimator:
            trace = estimator.run(self.iterations, progress=False)
            found = len(trace) > 0 and bool(np.isfinite(trace.cost[-1]))
            if found and self._learns_start:
                self._start = estimator.initial_states[0]
        if found:
            self._accept(trace[-1], self.net)
        interrupted = trace.stop == "interrupted"
        if interrupted or (found and not trace.nmse[-1] > 1):
            return interrupted
        # A constant would do better: these weights lead nowhere.
        if not self._redraw(trace.nmse[-1] if found else np.inf) and not found:
            self.net.set_weights(self._good)
            self._start = self._finite(np.full_like(self._start, np.nan))
        return False

    def _redraw(self, nmse: float) -> bool:
        """Take the weights of another draw, if the window is the better for it."""
        self.redraws += 1
        net = self.net.copy().randomize(self.redraws)
        with self._estimator(net) as estimator:
            trace = estimator.run(10 * self.iterations, progress=False)
        if not len(trace) or not trace.nmse[-1] < nmse:
            return False
        self.net.set_weights(net.get_weights())
        self._accept(trace[-1], net)
        return True

    def _accept(self, report: Report, net: Network) -> None:
        self.report, self._good = report, net.get_weights()

    def _estimator(self, net: Network) -> Estimator:
        # One that is infinite is of data that the estimator refuses.
        strength = min(self._ridge * self._data.spread, np.finfo(float).max)
        rules = self._rules
        if strength > 0 and self._matrices:
            rules = [*rules, Ridge(strength, weights=self._matrices, units="data")]
        data = self._data.u, self._data.y
        estimator = self._make(
            net, *data, regularisation=rules, initial=self._start, missing="error"
        )
        estimator.set_option("initial_states", self._learns_start)
        return estimator

    def _run(self, u: Array) -> Array:
        """Return the state to which the present weights come from the start of the window."""
        return self._finite(self.net.simulate(u, self._start, return_state=True)[1])

    def _finite(self, state: Array) -> Array:
        if np.isfinite(state).all():
            return state
        self.divergences += 1
        return np.zeros_like(state)
