"""From candidates to members: compared, tried outside of the record, weighed."""

from __future__ import annotations

from itertools import islice
from typing import Callable

import numpy as np

from ..estimation.draws import noises
from .candidates import Candidate
from .combination import HORIZONS, PERFECT, weighted_median, weights_of
from .networks import filter_radius, radius
from .records import quarters
from .search import CTRL_C, Search
from .unknown import stays, unknown_runs

#: Members of a model, at most.
MOST = 30
# Candidates of each kind that are cross-checked, best first, and that are looked at for them.
_CROSSED, _LOOKED_AT = 10, 40
# Those that there is time for after Ctrl-C.
_LATE = 3
# Candidates of a clock that say how its errors on quarters compare.
_LEVELLED = 5
# By how much, as a logarithm of a ratio of errors, one with a pole outside the unit circle must be
# better than all others.
_OUTSIDE = 0.7
# Poles up to this are inside the unit circle.
_EDGE = 1 + 1e-9
# Regressions in free run, at most.
_REGRESSIONS = 3
# The like of one that predicts without reading measured outputs.
_BLIND = 0.4


def compare(candidates: list[Candidate], search: Search, crosswise: bool) -> list[Candidate]:
    """Judge candidates, and return the best of each training, cross-checked where that is asked."""
    found = search.work("compared", Candidate.judge, candidates, _free_error)
    # After an interruption the best of the others only: it should not take long.
    few = _LATE if search.ended == CTRL_C else _CROSSED
    late = _best_of_each(candidates[len(found) :], lambda item: item.validation, most=few)
    found += [item.judge() for item in late]
    found = [item for item in found if np.isfinite(item.errors).any()]
    # One that is exact leaves nothing to compare.
    if min((item.errors[-1] for item in found), default=np.inf) <= PERFECT:
        return found

    if search.ended is not None:
        return _those_there_is_time_for(found, search)
    limit = reach(found)
    best = _best_of_each(
        found, _own_error, lambda item: not item.kind.form.hidden or stays(item, limit)
    )
    if not crosswise:
        return best
    search.work("cross-checked", lambda item: item.cross(quarters(item.record)), best, _free_error)
    level(best)
    # After an interruption there are comparisons of none or of some only.
    return best if search.ended is None else _those_there_is_time_for(found, search)


def _those_there_is_time_for(found: list[Candidate], search: Search) -> list[Candidate]:
    """Return what is looked at further after an interruption: all, the best few after Ctrl-C."""
    return _best_of_each(found, _own_error, most=_LATE) if search.ended == CTRL_C else found


def _own_error(item: Candidate) -> float:
    """Return the error on the block for which a candidate is trained."""
    return float(item.errors[-1 if item.kind.training == "output error" else 0])


def _best_of_each(
    candidates: list[Candidate],
    error: Callable[[Candidate], float],
    usable: Callable[[Candidate], bool] = lambda item: True,
    most: int = _CROSSED,
) -> list[Candidate]:
    """Return the best few of each training, without and with a layer; of the latter usable ones."""
    kinds: dict[tuple[str, bool], list[Candidate]] = {}
    for item in candidates:
        kinds.setdefault((item.kind.training, item.kind.form.hidden > 0), []).append(item)
    found: list[Candidate] = []
    for kind in sorted(kinds):
        ordered = sorted(kinds[kind], key=error)
        best = list(islice((item for item in ordered[:_LOOKED_AT] if usable(item)), most))
        found += best or ordered[:1]
    return found


def _free_error(item: Candidate) -> float:
    return float(item.errors[-1])


def level(candidates: list[Candidate]) -> None:
    """Make errors on quarters comparable between clocks, whose quarters are not alike.

    Where there are several clocks, those of each are multiplied so that the best few are alike on
    quarters and on the block: between clocks the block alone decides.
    """
    factors = sorted({item.record.front.factor for item in candidates})
    for factor in factors if len(factors) > 1 else ():
        own = [
            (item, np.log(item.crossed))
            for item in candidates
            if item.record.front.factor == factor and item.crossed is not None
        ]
        if not own:
            continue
        best = sorted(own, key=lambda pair: pair[0].score)[:_LEVELLED]
        gaps = [crossed - np.log(np.maximum(item.errors, PERFECT)) for item, crossed in best]
        for item, crossed in own:
            item.crossed = np.exp(crossed - np.median(gaps, axis=0))


def scores_of(candidates: list[Candidate]) -> np.ndarray:
    """Return logarithms of errors, (4, candidates); inf where one must not take part.

    Linear ones with a pole outside the unit circle simulate where the record shows that: where all
    others have twice the error. Predictors that do not forget do not predict. Those that run away
    on inputs that are not of the record are out.
    """
    scores = np.stack([item.scores for item in candidates], axis=1)
    inside = np.array([radius(item.net) <= _EDGE for item in candidates])
    free = scores[-1]
    # Regressions are much alike: a few of them speak for all.
    arx = [k for k, item in enumerate(candidates) if item.kind.training == "arx"]
    free[sorted(arx, key=lambda k: free[k])[_REGRESSIONS:]] = np.inf
    if (inside & np.isfinite(free)).any():
        free[~inside & (free > free[inside].min() - _OUTSIDE)] = np.inf
    bar_predictions(scores, candidates)
    plain = [k for k, item in enumerate(candidates) if not item.kind.form.hidden]
    limit = reach([candidates[min(plain, key=lambda k: free[k])]]) if plain else 0.0
    for k, item in enumerate(candidates):
        if item.kind.form.hidden and not stays(item, limit):
            scores[:, k] = np.inf
    return scores


def bar_predictions(scores: np.ndarray, candidates: list[Candidate]) -> None:
    """Set scores ahead to inf where one must not take part: see `scores_of`."""
    for k, item in enumerate(candidates):
        if item.predicts and filter_radius(item.net) > _EDGE:
            scores[:-1, k] = np.inf
    # What reads no measured outputs predicts where that is much better than what does.
    reads = np.array([item.predicts for item in candidates])
    for row in scores[:-1]:
        if reads.any() and np.isfinite(row[reads].min()):
            row[~reads & (row > row[reads].min() - _BLIND)] = np.inf


def reach(candidates: list[Candidate]) -> float:
    """Return how far the best linear one goes on unknown inputs; 0 where there is none."""
    plain = [item for item in candidates if not item.kind.form.hidden]
    if not plain:
        return 0.0
    best = min(plain, key=lambda item: (radius(item.net) > _EDGE, _free_error(item)))
    runs = unknown_runs(best, best.record)
    limit = max(float(np.abs(run).max(initial=0.0)) for run in runs)
    return limit if np.isfinite(limit) else 0.0


def chosen(scores: np.ndarray, candidates: list[Candidate]) -> list[int]:
    """Return which are members: the best in free run and one step ahead, in turns, MOST at most.

    The best linear one is there in any case.
    """
    usable = [k for k in range(len(candidates)) if np.isfinite(scores[:, k]).any()]
    orders = []
    for row in (scores[-1], scores[0]):
        there = [k for k in usable if np.isfinite(row[k])]
        orders.append(sorted(there, key=row.__getitem__))
    found: list[int] = []
    for rank in range(len(usable)):
        for order in orders:
            if rank < len(order) and order[rank] not in found and len(found) < MOST:
                found.append(order[rank])
    return found + _best_linear(scores, candidates, found)


def _best_linear(scores: np.ndarray, candidates: list[Candidate], found: list[int]) -> list[int]:
    """Return the best linear one in free run, where none is among those that were found."""
    linear = [
        k
        for k, item in enumerate(candidates)
        if not item.kind.form.hidden and item.kind.training != "arx"
    ]
    if not linear or any(k in found for k in linear):
        return []
    return [min(linear, key=lambda k: (scores[-1, k], candidates[k].score))]


def held_back_errors(
    candidates: list[Candidate], scores: np.ndarray, precise: bool = False
) -> np.ndarray:
    """Return the deviation of the errors of the weighted median on held-back parts, (4, O).

    Beside what missing inputs leave open; `precise` as of `weights_of`.
    """
    found = []
    for place, weights in enumerate(weights_of(scores, np.array(HORIZONS), precise)):
        best = candidates[int(np.argmin(scores[place]))]
        same = [
            k
            for k, item in enumerate(candidates)
            if item.record.front is best.record.front and weights[k] > 0 and item.runs is not None
        ]
        runs = np.stack([candidates[k].runs[place] for k in same])  # type: ignore[index]
        middle = weighted_median(runs, weights[same])
        errors = middle - best.record.of_blocks(best.record.fine)
        error = np.sqrt(np.nanmean(errors**2, axis=0))
        if best.record.open is not None:
            noise = noises(errors, best.record.of_blocks(best.record.open))
            error = np.where(np.isfinite(noise), noise, error)
        found.append(error)
    return np.array(found)
