"""The course of a search: candidates side by side, a bar, and the ends that come from outside."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable, NamedTuple, Protocol, TypeVar

import numpy as np

from .._engine.at_once import at_once
from .._engine.progress import Progress
from .._engine.warn import quiet

# Part of the time that stages take, about; two races share theirs.
_SHARES = {
    "preparation": 0.04,
    "linear": 0.08,
    "predictors": 0.05,
    "regressions": 0.03,
    "layers": 0.32,
    "heats": 0.1,
    "finals": 0.13,
    "compared": 0.02,
    "cross-checked": 0.1,
    "refitted": 0.13,
}
#: What says that Ctrl-C ended a search.
CTRL_C = "Ctrl-C"

Item = TypeVar("Item")
Result = TypeVar("Result")


class SearchReport(NamedTuple):
    """What the callback of `identify` is told after each candidate.

    Attributes
    ----------
    stage : str
        What is being done.
    done, total : int
        Pieces of work of all stages so far, and with those of this stage that are left.
    error : float
        Mean square error of the candidate on the held-back part, in squared deviations.
    best : float
        The least so far.
    seconds, seconds_left : float
        Since the call, and until the end: an estimate from what stages usually take.
    """

    stage: str
    done: int
    total: int
    error: float
    best: float
    seconds: float
    seconds_left: float


class Elsewhere(Protocol):
    """What does tasks in other processes."""

    def at_once(self, task: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
        """Do a task of all items; yield results in their order."""


@dataclass
class Search:
    """One run of `identify`.

    Attributes
    ----------
    bar : Progress or None
    jobs : int
        Candidates at work at once.
    workers : Workers or None
        Of joblib, that do most of the work; None: threads of this process.
    callback : callable or None
    deadline : float
        Of `time.perf_counter`, inf for none.
    ended : str or None
        What ended it before its end: "Ctrl-C", "time limit" or "callback". Work that is planned
        then is not begun.
    """

    bar: Progress | None
    jobs: int = 1
    callback: Callable[[SearchReport], object] | None = None
    deadline: float = np.inf
    ended: str | None = None
    began: float = 0.0
    done: int = 0
    total: int = 0
    best: float = np.inf
    workers: Elsewhere | None = None
    _planned: int = 0
    _gone: float = 0.0

    def late(self) -> bool:
        """Tell whether the time is over; it is noted."""
        if self.ended is None and time.perf_counter() > self.deadline:
            self.ended = "time limit"
        return self.ended is not None

    def work(
        self,
        stage: str,
        task: Callable[[Item], Result],
        items: Iterable[Item],
        error: Callable[[Result], float],
    ) -> list[Result]:
        """Do a task of all items side by side; results in their order, those there are at an end.

        Ctrl-C before any candidate has an error is raised.
        """
        results: list[Result] = []
        if self.ended is not None:
            return results
        planned = list(items)
        self.total, self._planned = self.done + len(planned), len(planned)

        with self.kept():
            own, workers = _silent(task), self.workers
            found = workers.at_once(own, planned) if workers else at_once(own, planned, self.jobs)
            for result in found:
                results.append(result)
                self._tell(stage, float(error(result)))
                if self.late():
                    break
        return results

    def all_of(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Do a task of all items side by side, however late it is; Ctrl-C is raised."""
        return list(at_once(_silent(task), items, self.jobs))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let Ctrl-C end the search here; it is raised before any candidate has an error."""
        try:
            yield
        except KeyboardInterrupt:
            if not np.isfinite(self.best):
                raise
            self.ended = CTRL_C

    def _tell(self, stage: str, error: float) -> None:
        self.done += 1
        self.best = min(self.best, error)
        seconds = time.perf_counter() - self.began
        # What of the stage is done, and all stages before it in the order of their first time.
        stages = list(_SHARES)
        before = sum(_SHARES[name] for name in stages[: stages.index(stage)])
        part = 1 - (self.total - self.done) / max(1, self._planned)
        self._gone = max(self._gone, before + part * _SHARES[stage])
        left = seconds * (1 / max(self._gone, 1e-3) - 1)
        if self.bar is not None:
            text = f"{stage}, least error {self.best:.3g}, about {_duration(left)} left"
            self.bar.advance(text, self.done, self.total)
        if self.callback is not None:
            report = SearchReport(stage, self.done, self.total, error, self.best, seconds, left)
            if self.callback(report):
                self.ended = self.ended or "callback"


def _duration(seconds: float) -> str:
    """Return about how long it is."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _silent(task: Callable[[Item], Result]) -> Callable[[Item], Result]:
    def silent(item: Item) -> Result:
        with quiet():
            return task(item)

    return silent
