"""The race of `identify`: linear models of every order, then tanh layers on the promising ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

import numpy as np

from .._at_once import at_once
from .records import RACE_STEPS, Record, quarters
from .candidates import Candidate, grown, make_network, nonlinear, radius, weight_count

#: Strengths of the ridge per observed value, given to the draws in turns.
RIDGES = (1e-8, 1e-4, 1e-3)
#: Orders that get a tanh layer if their linear models are promising, and its sizes.
ORDERS = (1, 2, 3, 4, 6, 8)
HIDDEN = (2, 4, 6, 8)
_LINEAR_RIDGE = 1e-8
_LINEAR_DRAWS = 3
_LINEAR_ITERATIONS = 30
# Rounds of draws, and the work of the first heat: steps x weights^1.5 x iterations.
_LEAST_ROUNDS, _MOST_ROUNDS, _WORK = 2, 24, 2e9
# What is left after each heat, and iterations of the heats.
_HEATS = ((10, 1 / 4), (20, 1 / 3))
# Observed values per weight of a tanh candidate, at least; with fewer the choice is luck.
_VALUES_PER_WEIGHT = 10
_FINALISTS = 6
# How many go on after the heats, and their iterations.
_FINALS = ((_FINALISTS, 20), (3, 40))
# Best of the race that are cross-checked, and of those the best that are compared after the refit.
_CROSSED, _CONSENSUS = 6, 3
# Logarithms of ratios of errors: by how much a smaller linear model may be worse than the best one,
# how near to that one those are that get a tanh layer, by how much a tanh layer must be better, and
# how near to the best of the cross-checked those are that are compared after the refit.
_MARGIN, _PROMISING, _GAIN, _CLOSE = 0.15, 0.7, 0.4, 0.5
# An error below this, in deviations squared, leaves nothing to explain.
_PERFECT = 1e-10

Tick = Callable[[str, float], Any]


def work_on(work: Callable[[Any], Candidate], items: Iterable[Any], tick: Tick) -> list[Candidate]:
    """Do the work of all items side by side; results in their order."""
    results = []
    for result in at_once(work, items):
        tick(f"order {result.order}, hidden {result.hidden}", result.validation)
        results.append(result)
    return results


def linear_models(
    record: Record, orders: int, values: int, seed: int, tick: Tick
) -> list[Candidate]:
    """Return the best linear model of each order from 1, by validation."""
    inputs, outputs = record.u[0].shape[1], record.y[0].shape[1]
    best: list[Candidate] = []

    def run(task: tuple[int, int]) -> Candidate:
        order, draw = task
        if draw == _LINEAR_DRAWS:
            net = grown(best[-1].net, seed + order)
        else:
            net = make_network(inputs, outputs, order, 0)
            net.randomize(seed + 1000 * order + draw)
        candidate = Candidate(record, net, _LINEAR_RIDGE, draw)
        candidate.run(_LINEAR_ITERATIONS)
        candidate.close()
        return candidate

    for order in range(1, orders + 1):
        if order > 1 and weight_count(inputs, outputs, order, 0) > values / 2:
            break
        draws = range(_LINEAR_DRAWS + (1 if best else 0))
        found = work_on(run, [(order, draw) for draw in draws], tick)
        stable = [item for item in found if radius(item.net) < 1] or found
        best.append(min(stable, key=lambda item: item.validation))
    return best


def cross_check(record: Record, candidates: list[Candidate], tick: Tick) -> None:
    """Set the errors of `Candidate.cross`."""
    parts = quarters(record)
    work_on(lambda item: item.cross(parts), candidates, tick)


def promising(linear: list[Candidate]) -> list[Candidate]:
    """Return the linear models that get a tanh layer, by both errors."""
    limit = min(map(_score, linear)) + _PROMISING
    chosen = [item for item in linear if item.order in ORDERS and _score(item) <= limit]
    return chosen or [min(linear, key=_score)]


def race(
    record: Record, linear: list[Candidate], values: int, seed: int, tick: Tick
) -> list[Candidate]:
    """Race draws of the nonlinear models, and return all of them; none if a linear one is exact.

    Parameters
    ----------
    values : int
        Observed values of the estimation part: no candidate has more weights than a tenth of them.
    """
    inputs, outputs = record.u[0].shape[1], record.y[0].shape[1]
    if min(item.validation for item in linear) <= _PERFECT:
        return []
    steps = min(sum(map(len, record.u)) * 3 // 4, RACE_STEPS)
    tasks, work = [], 0.0
    for draw in range(_MOST_ROUNDS):
        if draw >= _LEAST_ROUNDS and work > _WORK:
            break
        for place, (start, hidden) in enumerate((s, h) for s in promising(linear) for h in HIDDEN):
            count = weight_count(inputs, outputs, start.order, hidden)
            if count > values / _VALUES_PER_WEIGHT:
                continue
            ridge = RIDGES[(draw + place) % len(RIDGES)]
            tasks.append((start, hidden, ridge, draw))
            work += steps * count**1.5 * _HEATS[0][0]

    def enter(task: tuple[Candidate, int, float, int]) -> Candidate:
        start, hidden, ridge, draw = task
        net = nonlinear(start, hidden, (seed, start.order, hidden, draw))
        return Candidate(record, net, ridge, draw).run(_HEATS[0][0])

    def going_on(iterations: int) -> Callable[[Candidate], Candidate]:
        return lambda item: item.run(iterations)

    runners = everyone = work_on(enter, tasks, tick)
    for (iterations, _), (_, left) in zip(_HEATS[1:], _HEATS):
        runners = _best(runners, max(_FINALISTS, int(np.ceil(left * len(runners)))))
        runners = work_on(going_on(iterations), runners, tick)
    for count, iterations in _FINALS:
        runners = _best(runners, count)
        runners = work_on(going_on(iterations), runners, tick)
    for item in everyone:
        item.close()
    return everyone


def _best(candidates: list[Candidate], count: int) -> list[Candidate]:
    return sorted(candidates, key=lambda item: item.validation)[:count]


def choose(
    record: Record, linear: list[Candidate], raced: list[Candidate], tick: Tick
) -> Candidate:
    """Return the choice, fitted to the whole record.

    What is compared is the error on the last quarter and that of `Candidate.cross`. Tanh is
    bounded: with the poles of A inside the unit circle no bounded input can make the model diverge.
    Those with poles outside come last.
    """
    stable = [item for item in linear if radius(item.net) < 1] or linear
    rivals = _best([item for item in raced if radius(item.net) < 1], _CROSSED)
    cross_check(record, rivals, tick)
    least = min(map(_score, stable))
    line = min(
        (item for item in stable if _score(item) <= least + _MARGIN), key=lambda item: item.order
    )
    rivals = [item for item in rivals if _score(item) <= least - _GAIN]
    if not rivals:
        return refitted(line, record)
    limit = min(map(_score, rivals)) + _CLOSE
    rivals = sorted((i for i in rivals if _score(i) <= limit), key=_score)[:_CONSENSUS]
    return consensus(record, work_on(lambda item: item.refit(record), rivals, tick))


def refitted(item: Candidate, record: Record) -> Candidate:
    """Fit one candidate on to the whole record; Ctrl-C is raised, as elsewhere."""
    return next(at_once(lambda item: item.refit(record), [item]))


def _score(item: Candidate) -> float:
    """Return the mean log of both errors."""
    crossed = item.validation if item.crossed is None else item.crossed
    return float(np.log(np.maximum([item.validation, crossed], _PERFECT)).mean())


def consensus(record: Record, candidates: list[Candidate]) -> Candidate:
    """Return the one whose outputs are nearest to those of the others, the inputs run backwards."""
    runs = [np.concatenate(item.net.simulate([u[::-1] for u in record.u])) for item in candidates]
    far = [sum(np.sqrt(np.mean((run - other) ** 2)) for other in runs) for run in runs]
    return candidates[int(np.argmin(far))]
