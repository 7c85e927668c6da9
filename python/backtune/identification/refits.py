"""Members adjusted to all of the record, and the states that its sequences start from."""

from __future__ import annotations

import time

import numpy as np

from .._engine.types import Starts
from .candidates import Candidate
from .combination import PERFECT
from .networks import filter_radius, radius
from .records import Record, refitted
from .search import Search
from .unknown import unknown_runs

# A refit may move runs of unknown inputs by this many times the error, or by this part of their
# size, squares.
_MOVED, _MOVED_PART = 4.0, 0.1
# Work of all refits: time steps x weights^1.5, and time steps; and how many there are anyway.
_REFIT_WORK, _REFIT_STEPS, _REFITS = 2e9, 500_000, 4


def refit(
    candidates: list[Candidate], wholes: list[Record], weights: np.ndarray, search: Search
) -> list[Starts]:
    """Refit candidates to whole records, those that are not; return the starts of all.

    The weightiest first, by the rows of `weights`, (n, candidates), in turns. Accepted where runs
    on unknown inputs stay near to what they were.
    """
    orders = np.argsort(-weights, axis=1, kind="stable")
    order = list(dict.fromkeys(orders.T.ravel().tolist()))
    spent, steps = 0.0, 0
    tasks: list[int] = []
    for k in (k for k in order if not candidates[k].refitted):
        length = refitted(wholes[k]).steps
        spent, steps = spent + length * candidates[k].best.size ** 1.5, steps + length
        if spent <= _REFIT_WORK and steps <= _REFIT_STEPS or len(tasks) < _REFITS:
            tasks.append(k)
    starts: dict[int, Starts] = {}

    for k, fitted, found, iterations in search.work(
        "refitted",
        _refit,
        [(k, candidates[k], wholes[k]) for k in tasks],
        lambda task: candidates[task[0]].errors[-1],
    ):
        candidates[k].best, candidates[k].iterations = fitted, iterations
        if found is not None and all(start is not None for start in found):
            starts[k] = found
    for item in candidates:
        item.net.set_weights(item.best)
    late = [k for k in range(len(candidates)) if k not in starts]
    learnt = fitted_starts([candidates[k] for k in late], [wholes[k] for k in late], search)
    starts.update(zip(late, learnt))
    return [starts[k] for k in range(len(candidates))]


def _refit(task: tuple[int, Candidate, Record]) -> tuple[int, np.ndarray, Starts | None, int]:
    """Return the number of a candidate, its weights from now on, its starts or None, iterations.

    It may be a copy that does it, in another process.
    """
    k, item, whole = task
    part = refitted(whole)
    before = unknown_runs(item, whole)
    weights, found = item.refit(part)
    after = unknown_runs(item, whole)
    limit = _MOVED * max(float(item.errors[-1]), PERFECT)
    if not (_are_near(after, before, limit) and _as_stable(item, weights)):
        return k, item.best, None, item.iterations
    # With dead time the first outputs had little say in the starts.
    known = part is whole and not whole.front.delays.any()
    return k, weights, found if known else None, item.iterations


def _are_near(runs: list[np.ndarray], others: list[np.ndarray], limit: float) -> bool:
    """Tell whether runs are near to others: within a limit, or a part of their mean squares."""
    with np.errstate(over="ignore", invalid="ignore"):
        return all(
            np.mean((run - other) ** 2) <= max(limit, _MOVED_PART * np.mean(other**2))
            for run, other in zip(runs, others)
        )


def fitted_starts(
    candidates: list[Candidate], wholes: list[Record], search: Search, seconds: float = np.inf
) -> list[Starts]:
    """Return the starts of all sequences, learnt from their heads.

    Of so many candidates as so much time allows, of the first at least.
    """
    began = time.perf_counter()

    def work(k: int) -> Starts:
        return candidates[k].head_starts(wholes[k])

    starts: list[Starts] = []
    step = search.jobs if np.isfinite(seconds) else max(len(candidates), 1)
    for first in range(0, len(candidates), step):
        starts += search.all_of(work, range(first, min(first + step, len(candidates))))
        if time.perf_counter() - began > seconds:
            break
    return starts


def _as_stable(item: Candidate, weights: np.ndarray) -> bool:
    """Tell whether weights leave poles inside the unit circle that were there.

    Those of the linear part of a layered model say little of its runs, which are looked at.
    """

    def sizes(values: np.ndarray) -> np.ndarray:
        with item.net.copy() as copy:
            copy.set_weights(values)
            free = 0.0 if item.kind.form.hidden else radius(copy)
            return np.array([free, filter_radius(copy) if item.predicts else 0.0])

    return bool((sizes(weights) <= np.maximum(1.0, sizes(item.best))).all())
