"""Linear candidates: from subspaces of the record on, by output error and by prediction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Union

import numpy as np

from .candidates import Candidate
from .combination import PERFECT
from .fits import Kind
from .networks import UNIT, Form, innovations, make_network, radius
from .records import Record
from .search import Search
from .subspace import Subspace, largest_block, subspace

#: What a candidate starts from: a basis of its states, or the number of a draw.
Start = Union[Subspace, int]
#: Strengths of the ridge per observed value, by training.
RIDGES = {"output error": 1e-8, "prediction": 1e-7}
# Blocks of the subspaces that are tried, in time steps.
_BLOCKS = (8, 15, 30)
#: Iterations of a fit in free run, and of a predictor.
ITERATIONS, _PREDICTION_ITERATIONS = 30, 40
# Iterations in which A and C stand still: the rest is a linear problem then.
_HELD_ITERATIONS = 3
# Orders that are tried together, and by how much those of a batch must be better, in logarithms,
# for the next batch to be tried.
_BATCHES = ((1, 2, 3, 4, 5, 6), (7, 8, 9, 10), (11, 12, 14), (16, 18, 20))
_PAYS = 0.05
# Draws of small models, for records that tell a subspace too little.
_DRAWS, _DRAWN_ORDER = 2, 4
# A pole this far outside the unit circle doubles what it stands for within the record, and is
# brought back before estimation goes on.
_EDGE = 0.9999
# Observed values per weight, at least.
_VALUES = 2
_GAINS = (0.0, 0.5)
# Orders of a quick look, and its iterations.
_QUICK, _QUICK_ITERATIONS = (1, 2, 3, 4, 6), 10


def subspaces(record: Record, most: int) -> list[Subspace]:
    """Return the subspaces of the estimation part, of blocks that it has windows enough for."""
    u, y, _ = record.estimation()
    outputs = record.y[0].shape[1]
    longest = max(_BLOCKS[1], min(_BLOCKS[2], most // outputs + 10))
    sizes = {largest_block(u, y, wanted) for wanted in (_BLOCKS[0], longest)}
    return [subspace(u, y, block) for block in sorted(sizes) if block > 1]


def output_error(
    record: Record, form: Form, orders: list[int], seed: int, search: Search
) -> list[Candidate]:
    """Return linear models trained in free run, the best of each order that pays.

    `form` says all but the order.
    """
    values = record.values()
    found: dict[int, Candidate] = {}
    bases = subspaces(record, max(orders)) if orders else []
    before = np.inf
    beyond = tuple(n for n in orders if n > _BATCHES[-1][-1])
    for batch in [*_BATCHES, beyond] if len(orders) > 1 else [orders]:
        wanted = [n for n in orders if n in batch]
        if not wanted and found:
            continue
        tasks: list[tuple[int, Start]] = []
        for n in wanted:
            if n > 1 and replace(form, order=n).weights > values / _VALUES:
                continue
            tasks += [(n, base) for base in bases if n <= base.most]
            tasks += [(n, draw) for draw in range(_DRAWS) if n <= _DRAWN_ORDER or not bases]
        results = search.work(
            "linear",
            lambda task: _fitted(record, replace(form, order=task[0]), task[1], seed, search),
            tasks,
            lambda item: item.validation,
        )
        for item in results:
            n = item.kind.form.order
            if n not in found or _rank(item) < _rank(found[n]):
                found[n] = item
        least = min((item.validation for item in found.values()), default=np.inf)
        if found and not least < before * np.exp(-_PAYS) or least <= PERFECT:
            break
        before = least
    return [found[n] for n in sorted(found)]


def least(record: Record, form: Form, orders: list[int], seed: int, search: Search) -> Candidate:
    """Return one linear model of the least order, however late it is and however short the record.

    For searches that ended before there was any.
    """
    order = orders[0]
    bases = [base for base in subspaces(record, order) if order <= base.most]
    unlimited = Search(search.bar)
    return _fitted(record, replace(form, order=order), bases[-1] if bases else 0, seed, unlimited)


def _rank(item: Candidate) -> tuple[bool, float]:
    """Order candidates: those whose poles are far outside come last."""
    return radius(item.net) > 1 / _EDGE, item.validation


def quick_error(record: Record, form: Form, search: Search) -> float:
    """Return the least error on the held-back part of a few small linear models."""
    values = record.values()
    tasks = [
        (n, base)
        for base in subspaces(record, max(_QUICK))[-1:]
        for n in _QUICK
        if n <= base.most and replace(form, order=n).weights <= values / _VALUES
    ]

    def fit(task: tuple[int, Subspace]) -> Candidate:
        return _fitted(record, replace(form, order=task[0]), task[1], 0, search, _QUICK_ITERATIONS)

    found = search.work("preparation", fit, tasks, lambda item: item.validation)
    return min((item.validation for item in found), default=np.inf)


def _fitted(
    record: Record,
    form: Form,
    start: Start,
    seed: int,
    search: Search,
    iterations: int = ITERATIONS,
) -> Candidate:
    """Fit one, from a subspace or from a draw."""
    net = make_network(form)
    drawn = start if isinstance(start, int) else 0
    kind = Kind("output error", form, RIDGES["output error"], drawn)
    if isinstance(start, int):
        net.randomize(seed + 1000 * form.order + start)
        return Candidate(record, net, kind, search).run(iterations).close()
    A, C = start.model(form.order)
    poles = np.abs(np.linalg.eigvals(A)).max()
    # Within a record of T steps an unstable pole grows as pole^T.
    longest = max(map(len, record.u))
    if longest * np.log(max(poles, 1.0)) > np.log(1e3):
        A = A * (_EDGE / poles)
    net.weights = {f"{UNIT}.x.A": A, f"{UNIT}.y.C": C, f"{UNIT}.x.B": 0.0, f"{UNIT}.y.D": 0.0}
    held = [f"{UNIT}.x.A", f"{UNIT}.y.C"]
    for name in held:
        net.weights.constrain(name, fixed=True)
    item = Candidate(record, net, kind, search).run(_HELD_ITERATIONS).close()
    for name in held:
        net.weights.constrain(name, fixed=False)
    again = Candidate(record, net, kind, search)
    again.best, again.validation, again.starts = net.get_weights(), item.validation, item.starts
    return again.run(iterations).close()


def prediction(
    record: Record, linear: list[Candidate], count: int, search: Search
) -> list[Candidate]:
    """Return predictors: linear models of innovations form, from the best ones in free run."""
    starts = sorted(linear, key=lambda item: item.validation)[:count]
    values = record.values()
    tasks = []
    for item in starts:
        form = replace(item.kind.form, measured=True)
        if form.order > 1 and form.weights > values / _VALUES:
            continue
        tasks += [(item, form, gain) for gain in _GAINS]

    def fit(task: tuple[Candidate, Form, float]) -> Candidate:
        start, form, gain = task
        net = innovations(start.net, start.kind.form, gain)
        kind = Kind("prediction", form, RIDGES["prediction"])
        return Candidate(record, net, kind, search).run(_PREDICTION_ITERATIONS).close()

    found = search.work("predictors", fit, tasks, lambda item: item.validation)
    return best_by_order(found)


def best_by_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the best of each order, or number of lags, by the held-back part."""
    best: dict[int, Candidate] = {}
    for item in candidates:
        n = item.kind.form.order
        if n not in best or item.validation < best[n].validation:
            best[n] = item
    return [best[n] for n in sorted(best)]
