"""Candidates of `identify`: networks at work, the best weights by what is held back kept."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .._engine.types import Array, Arrays, Starts
from ..estimation.estimator import Estimator
from ..networks.network import Network
from .blocks import measured
from .combination import HORIZONS, PERFECT
from .fits import Kind, estimator_of, learns_starts
from .networks import filter_radius, reads_measured
from .records import Record
from .search import Search

# Iterations between two looks at the validation part.
_STRIDE = 5
# Of the quarters, those that are left out in turns after the block.
_CROSSED_PART = 0.75
# Iterations without a quarter, from weights that have seen it.
_CROSS_ITERATIONS = 10
# Time steps that starts are learnt from where there is no refit.
_HEAD = 2000


class Effort(NamedTuple):
    """How long a fit goes on.

    Attributes
    ----------
    work : float
        Steps x weights^1.5 x iterations, at most; it bounds these within a range.
    least, most : int
        Iterations.
    gain : float
        It ends sooner where five iterations lessen the cost by a smaller part than this.
    """

    work: float
    least: int
    most: int
    gain: float = 0.0


#: That of the refit.
REFIT = Effort(4e8, 5, 20)


class Candidate:
    """A network at work: the best weights by the error on the validation part are kept.

    Attributes
    ----------
    errors : array of shape (4,)
        Mean square errors on the block at `HORIZONS`, set by `judge`.
    runs : array of shape (4, steps, O)
        Predictions of the block at them, on the user's clock.
    crossed : array of shape (4,), or None
        Geometric means of errors on quarters left out, set by `cross`.
    refitted : bool
        Whether it has seen all of its record.
    """

    def __init__(self, record: Record, net: Network, kind: Kind, search: Search) -> None:
        self.record, self.net, self.kind = record, net, kind
        self.search = search
        self.best = net.get_weights()
        self.starts: Starts = [None] * len(record.u)
        self.validation = np.inf
        self.errors = np.full(len(HORIZONS), np.inf)
        self.runs: np.ndarray | None = None
        self.crossed: np.ndarray | None = None
        self.refitted = False
        self.iterations = 0
        self.seconds = 0.0
        self.ended = False
        self._forgets = False
        self._estimator: Estimator | None = None
        # Where the estimator set out, and iterations since.
        self._origin: tuple[Array, Starts] | None = None
        self._since = 0

    @property
    def predicts(self) -> bool:
        """Whether it reads measured outputs."""
        return reads_measured(self.net)

    @property
    def scores(self) -> np.ndarray:
        """Logarithms of errors at `HORIZONS`, in the mean over the quarters of the record."""
        errors = np.log(np.maximum(self.errors, PERFECT))
        if self.crossed is None:
            return errors
        crossed = np.log(np.maximum(self.crossed, PERFECT))
        return (1 - _CROSSED_PART) * errors + _CROSSED_PART * crossed

    @property
    def score(self) -> float:
        """That of the free run."""
        return float(self.scores[-1])

    # ---- Work

    def run(self, iterations: int) -> Candidate:
        """Go on for some iterations on the estimation part."""
        began = time.perf_counter()
        if self._estimator is None:
            self._estimator = self._brought()
        done = 0
        while done < iterations and not self.ended and not self.search.late():
            trace = self._estimator.run(_STRIDE, progress=False)
            done += _STRIDE
            self._since += _STRIDE
            self.iterations += _STRIDE
            self.ended = trace.stop != "iterations"
            self._look(self._estimator)
        self.seconds += time.perf_counter() - began
        return self

    def close(self) -> Candidate:
        """Free the memory of the estimator; the best weights go to the network."""
        if self._estimator is not None:
            self._estimator.close()
            self._estimator = None
        self._origin = None
        self.net.set_weights(self.best)
        return self

    def judge(self) -> Candidate:
        """Set errors and runs at all horizons, from the best weights."""
        self.errors, self.runs = measured(self.net, self.record, _finite(self.starts))
        return self

    def cross(self, records: list[Record]) -> Candidate:
        """Set the errors on the block of each record, after some iterations without that block."""
        began = time.perf_counter()
        logs = []
        for record in records:
            if self.search.late():
                break
            self.net.set_weights(self.best)
            with self._make(*record.estimation(), None) as estimator:
                estimator.run(_CROSS_ITERATIONS, progress=False)
                starts = _finite(self._starts_of(estimator, record))
                errors, _ = measured(self.net, record, starts)
            logs.append(np.log(np.maximum(errors, PERFECT)))
        self.net.set_weights(self.best)
        if logs:
            self.crossed = np.exp(np.mean(logs, axis=0))
        self.seconds += time.perf_counter() - began
        return self

    def refit(self, record: Record, effort: Effort = REFIT) -> tuple[Array, Starts | None]:
        """Go on from the best weights on another record; return weights and starts.

        Where starts cannot be learnt, the weights that there were, and no starts.
        """
        began = time.perf_counter()
        work = record.steps * self.best.size**1.5
        left = int(np.clip(effort.work / work, effort.least, effort.most))
        stride = _STRIDE if effort.gain else left
        self.net.set_weights(self.best)
        with self._make(record.u, record.y, record.gains, None) as estimator:
            while left > 0:
                trace = estimator.run(min(stride, left), progress=False)
                left -= stride
                self.iterations += len(trace) - 1
                slow = trace.cost[-1] > (1 - effort.gain) * trace.cost[0]
                if trace.stop != "iterations" or slow:
                    break
            starts = self._starts_of(estimator, record)
        self.seconds += time.perf_counter() - began
        if not _are_finite(starts):
            self.net.set_weights(self.best)
            return self.best, None
        return self.net.get_weights(), starts

    def head_starts(self, whole: Record, iterations: int = 20) -> Starts:
        """Return the states from which sequences start, learnt from their first steps."""
        return self.fitted_starts(whole.head(_HEAD), iterations)

    def fitted_starts(self, record: Record, iterations: int = 20) -> Starts:
        """Return the states from which sequences start, the weights being the best."""
        if self.kind.training == "arx":
            # Predictions of one step soon forget them, free runs of an integrator never.
            kind = replace(self.kind, training="output error")
            freed = Candidate(self.record, self.net, kind, self.search)
            return freed.fitted_starts(record, iterations)
        if not self._learns_starts:
            return [None] * len(record.u)
        with self.net.copy() as copy:
            for name in copy.weights:
                copy.weights.constrain(name, fixed=True)
            with self._make(record.u, record.y, record.gains, None, copy) as estimator:
                estimator.run(iterations, progress=False)
                found = self._starts_of(estimator, record)
        return _finite(found)

    # ---- In other processes

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_estimator": None}

    def adopt(self, other: Candidate) -> None:
        """Take what a copy of it has come to elsewhere; networks and records stay."""
        kept = {name: self.__dict__[name] for name in ("record", "net", "kind", "search")}
        if self._estimator is not None:
            self._estimator.close()
        self.net.set_weights(other.net.get_weights())
        self.__dict__.update(other.__dict__)
        self.__dict__.update(kept)

    def _brought(self) -> Estimator:
        """Return an estimator; where it was in another process, brought to where it stood."""
        if self._origin is None:
            self._origin, self._since = (self.net.get_weights(), self.starts), 0
        weights, starts = self._origin
        self.net.set_weights(weights)
        estimator = self._make(*self.record.estimation(), starts)
        for _ in range(0, self._since, _STRIDE):
            estimator.run(_STRIDE, progress=False)
        return estimator

    # ---- Inside

    def _make(
        self,
        u: Arrays,
        y: Arrays,
        gains: Arrays | None,
        starts: Starts | None,
        net: Network | None = None,
    ) -> Estimator:
        chosen = self.net if net is None else net
        return estimator_of(self.kind, chosen, self.record, u, y, gains, starts, net is not None)

    @property
    def _learns_starts(self) -> bool:
        return learns_starts(self.kind, self.record)

    def _starts_of(self, estimator: Estimator, record: Record) -> Starts:
        return list(estimator.initial_states) if self._learns_starts else [None] * len(record.u)

    def _look(self, estimator: Estimator) -> None:
        starts = self._starts_of(estimator, self.record)
        if not _are_finite(starts):
            return
        free = self.kind.horizon is None
        if free:
            runs = self.net.simulate(self.record.u, starts)
        else:
            runs = self.net.predict(self.record.u, self.record.y, 1, initial=starts)
        error = self.record.error(runs, True)
        # A predictor that does not forget its start is of no use, however small its errors, but
        # for its free run, or where there is nothing to forget.
        forgets = free or error <= PERFECT or filter_radius(self.net) < 1
        if (not forgets, error) < (not self._forgets, self.validation):
            self.validation, self.starts, self._forgets = error, starts, forgets
            self.best = self.net.get_weights()


def _are_finite(starts: Starts) -> bool:
    return all(item is None or np.isfinite(item).all() for item in starts)


def _finite(starts: Starts) -> Starts:
    """Return starts, those of the network where some diverged."""
    return starts if _are_finite(starts) else [None] * len(starts)
