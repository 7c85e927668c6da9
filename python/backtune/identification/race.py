"""The race of `identify`: nonlinear layers on the promising linear models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable

import numpy as np

from .candidates import Candidate
from .combination import PERFECT
from .fits import Kind
from .networks import Form, Layer, bent, states_of
from .records import RACE_STEPS
from .search import Search

#: Strengths of the ridge per observed value, given to the draws in turns.
RIDGES = (1e-8, 1e-4, 1e-3)
#: Sizes of the layer.
HIDDEN = (2, 4, 6, 8)
TANH = Layer("tanh")
#: It goes on where tanh ends.
CUBIC = Layer("cubic", "identity", 3)
# Linear models near to the best that get a layer: all up to an order, and beyond the least orders
# that come as near as that to the best, as logarithms.
_SMALL, _NEARLY = 4, (0.15, 0.03, 0.0)
# Rounds of draws.
_LEAST_ROUNDS, _MOST_ROUNDS = 2, 24
# What is left after each heat, and iterations of the heats.
_HEATS = ((15, 1 / 3), (25, 1 / 3))
# Observed values per weight of a candidate, at least; with fewer the choice is luck.
_VALUES_PER_WEIGHT = 10
_FINALISTS = 16
# How many go on after the heats, and their iterations.
_FINALS = ((_FINALISTS, 40), (6, 60))
# The finals are run where a layer has less than this part of the error of the best linear one.
_HOPE = 0.98
# How near to the best linear one, as a logarithm, those are that get a layer.
_PROMISING = 0.7


@dataclass(frozen=True)
class Plan:
    """What is raced.

    Attributes
    ----------
    work : float
        Steps x weights^1.5 x iterations of the first heat.
    share : float
        Of what goes on to the finals where several races are run.
    hidden : tuple of int
    layers : tuple of Layer
        Of the draws in turn.
    """

    work: float = 2e9
    share: float = 1.0
    hidden: tuple[int, ...] = HIDDEN
    layers: tuple[Layer, ...] = (TANH, TANH, CUBIC)


def promising(linear: list[Candidate]) -> list[Candidate]:
    """Return the linear models that get a layer: near to the best, of large orders the least."""
    ordered = sorted(linear, key=_error)
    limit = _error(ordered[0]) + _PROMISING
    near = sorted(
        (item for item in ordered if _error(item) <= limit), key=lambda item: item.kind.form.order
    )
    small = [item for item in near if item.kind.form.order <= _SMALL]
    large = [item for item in near if item.kind.form.order > _SMALL]
    if not large:
        return small
    # A layer makes up for what is left: the least orders that explain nearly all, and the best.
    least = min(map(_error, large))
    within = [next(item for item in large if _error(item) <= least + gap) for gap in _NEARLY]
    return small + [item for item in large if any(item is other for other in within)]


def race(linear: list[Candidate], plan: Plan, seed: int, search: Search) -> list[Candidate]:
    """Race draws of layers on linear models, and return all; none if a linear one is exact."""
    if not linear or min(map(_error, linear)) <= PERFECT:
        return []
    record = linear[0].record
    values, steps = record.values(), min(record.steps * 3 // 4, RACE_STEPS)
    tasks: list[tuple[Candidate, Form, float, int, np.ndarray]] = []
    work, starts = 0.0, promising(linear)
    states = {id(item): states_of(item.net, record.u, item.starts) for item in starts}
    for draw in range(_MOST_ROUNDS):
        if draw >= _LEAST_ROUNDS and work > plan.work:
            break
        for place, (start, hidden) in enumerate((s, h) for s in starts for h in plan.hidden):
            layer = plan.layers[draw % len(plan.layers)]
            form = replace(start.kind.form, hidden=hidden, layer=layer)
            if form.weights > values / _VALUES_PER_WEIGHT:
                continue
            ridge = RIDGES[(draw + draw // len(RIDGES) + place) % len(RIDGES)]
            tasks.append((start, form, ridge, draw, states[id(start)]))
            work += steps * form.weights**1.5 * _HEATS[0][0]

    def enter(task: tuple[Candidate, Form, float, int, np.ndarray]) -> Candidate:
        start, form, ridge, draw, seen = task
        net = bent(start.net, form, seen, (seed, form.order, form.hidden, draw))
        kind = Kind(start.kind.training, form, ridge, draw)
        return Candidate(record, net, kind, search).run(_HEATS[0][0])

    def going_on(iterations: int) -> Callable[[Candidate], Candidate]:
        return lambda item: item.run(iterations)

    going: list[Candidate] = []

    def entered(item: Candidate) -> float:
        # Those that cannot go on hold no memory.
        going.append(item)
        if len(going) > max(_FINALISTS, int(np.ceil(_HEATS[0][1] * len(tasks)))):
            worst = max(range(len(going)), key=lambda k: (going[k].validation, k))
            going.pop(worst).close()
        return item.validation

    runners = everyone = search.work("layers", enter, tasks, entered)
    for (iterations, _), (_, left) in zip(_HEATS[1:], _HEATS):
        runners = _best(runners, max(_FINALISTS, int(np.ceil(left * len(runners)))))
        search.work("heats", going_on(iterations), runners, _error)
    hopeful = min(map(_error, everyone), default=np.inf) < _HOPE * min(map(_error, linear))
    for count, iterations in _FINALS if hopeful else ():
        runners = _best(runners, max(2, round(plan.share * count)))
        search.work("finals", going_on(iterations), runners, _error)
    for item in everyone:
        item.close()
    return everyone


def _error(item: Candidate) -> float:
    return item.validation


def _best(candidates: list[Candidate], count: int) -> list[Candidate]:
    """Return the best, and close the others."""
    ordered = sorted(candidates, key=_error)
    for item in ordered[count:]:
        item.close()
    return ordered[:count]
