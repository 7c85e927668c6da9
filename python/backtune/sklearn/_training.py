"""Training of a network: iterations, early stopping, and the states that sequences begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

from .._engine.errors import ArgumentError, StateError
from .._engine.progress import Progress
from .._engine.types import Array, Arrays, Flags
from ..estimation.criteria import Criterion
from ..estimation.estimator import Estimator
from ..estimation.regularisation import Ridge
from ..estimation.run import shown
from ..estimation.trace import Report, Trace
from ..networks.network import Network


@dataclass
class Task:
    """Scaled sequences: inputs (T, M), desired outputs (T, O) with NaN, gains (T, O) or None.

    Attributes
    ----------
    alpha : float
        Ridge on the weights, per value that counts.
    learn_starts : bool
        Whether each sequence learns the state that it begins with; else it is zero.
    loss : callable
        Of outputs and desired outputs, value by value: what early stopping compares.
    static : bool
        Whether the last steps alone count.
    held : list of bool array, or None
        Time steps (T,) kept for early stopping.
    """

    u: Arrays
    y: Arrays
    gains: Arrays | None
    criterion: str | Criterion
    alpha: float
    learn_starts: bool
    loss: Callable[[Array, Array], Array]
    static: bool = False
    held: list[Flags] | None = None

    def counted(self) -> Arrays:
        """Return how much each value counts, (T, O), held ones too."""
        result = []
        for place, y in enumerate(self.y):
            known = np.isfinite(y).astype(float)
            if self.gains is not None:
                known *= self.gains[place]
            if self.static:
                known[:-1] = 0
            result.append(known)
        return result

    def error(self, net: Network, starts: Arrays | None) -> float:
        """Return the mean loss of the held steps, infinite where the network diverges."""
        total = weight = 0.0
        outputs = net.simulate(self.u, starts)
        for x, y, gain, held in zip(outputs, self.y, self.counted(), self.held or []):
            chosen = (gain > 0) & held[:, None]
            with np.errstate(over="ignore", invalid="ignore"):
                total += float((gain[chosen] * self.loss(x[chosen], y[chosen])).sum())
            weight += float(gain[chosen].sum())
        if weight == 0:
            raise ArgumentError("validation_fraction: no observed value in the validation part")
        return total / weight if np.isfinite(total) else np.inf


@dataclass
class Trained:
    """What came of it: the network, states before each sequence (None is zero), the iterations."""

    net: Network
    starts: Arrays | None
    trace: Trace | None
    iterations: int
    validation: list[float] = field(default_factory=list)


def train(
    net: Network,
    task: Task,
    *,
    max_iter: int,
    patience: int,
    callback: Callable[[Report], object] | None,
    progress: bool,
    method: str | None,
    restarts: int | str,
) -> Trained:
    """Adjust the weights of the network."""
    counted = task.counted()
    gains = task.gains
    if task.held is not None:
        gains = [
            gain * ~held[:, None]
            for gain, held in zip(gains or map(np.ones_like, task.y), task.held)
        ]
        counted = [gain * ~held[:, None] for gain, held in zip(counted, task.held)]
    strength = task.alpha * sum(float(gain.sum()) for gain in counted)
    with Estimator(
        net,
        task.u,
        task.y,
        gains,
        static=task.static,
        initial="learn" if task.learn_starts else None,
        regularisation=Ridge(strength) if strength > 0 else None,
        missing="error",
        criterion=task.criterion,
        method=method,
        restarts=restarts,
    ) as estimator:
        if task.held is None:
            trace = estimator.run(max_iter, progress=progress, callback=callback)
            _check(trace)
            starts = list(estimator.initial_states) if task.learn_starts else None
            return Trained(net, starts, trace, len(trace) - 1)
        return _run_to_least(estimator, task, max_iter, patience, callback, progress)


def _run_to_least(
    estimator: Estimator,
    task: Task,
    max_iter: int,
    patience: int,
    callback: Callable[[Report], object] | None,
    progress: bool,
) -> Trained:
    """Iterate until the error of the held steps has not fallen for a while; keep the best."""
    best = np.inf
    kept = Trained(estimator.net, None, None, 0)
    weights = estimator.net.get_weights()
    with Progress(progress, "iteration", max_iter) as bar:
        while True:
            trace = estimator.run(1, progress=False, callback=callback)
            _check(trace)
            bar.advance(shown(trace[-1]))
            starts = list(estimator.initial_states) if task.learn_starts else None
            kept.validation.append(task.error(estimator.net, starts))
            kept.trace = trace
            if kept.validation[-1] < best:
                best, weights = kept.validation[-1], estimator.net.get_weights()
                kept.starts, kept.iterations = starts, len(kept.validation)
            done = len(kept.validation)
            if trace.stop != "iterations" or done >= max_iter or done - kept.iterations >= patience:
                break
    if not np.isfinite(best):
        raise StateError("the network diverges on the validation part, whatever the weights")
    estimator.net.set_weights(weights)
    return kept


def _check(trace: Trace) -> None:
    if trace.stop == "interrupted":
        raise KeyboardInterrupt
    if trace.stop == "diverged":
        raise StateError(f"no weights could be estimated: {trace.stop_reason}")
