"""How `forecast` chooses: networks compared by what they forecast of an end held out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .._engine.at_once import at_once
from .._engine.errors import BacktuneError
from .model import Horizon, Predictor
from .network import Shape
from .part import Part

# Numbers of lags that are tried; those with which differencing and logarithms are decided.
_LAGS = (1, 2, 3, 4, 6, 8, 12, 16)
_FIRST = 3
# Known values per weight, at least.
_VALUES_PER_WEIGHT = 5
# Time steps from the end that candidates are estimated from, at most.
_RACE_STEPS = 1500
# Ridge per known value and iterations of a linear network.
_LINEAR = (1e-8, 5)
# Of tanh layers: ridges, nodes; iterations of each heat of their race, and how many take part; of
# the two that go on at horizon 1 and this one together; of a refit.
_RIDGES = (1e-7, 1e-4)
_HIDDEN = (4, 8)
_HEATS = ((10, 0), (20, 4), (20, 2))
_BLOCK, _FURTHER, _AGAIN = 12, 15, 10
# Differences of scores: what a simpler network may be worse by, and what a
# tanh layer has to gain.
_CLOSE, _GAIN = 0.02, 0.1
# A linear network with less is not compared with others.
_PERFECT = np.log(1e-16)


@dataclass
class Candidate:
    """A network that was tried."""

    predictor: Predictor
    horizon: Horizon
    ridge: float
    score: float

    @property
    def weights(self) -> int:
        """Number of adjustable weights."""
        return int(self.predictor.net.get_weights().size)

    def refitted(self, u: np.ndarray, y: np.ndarray) -> Predictor:
        """Return a network of the same kind that goes on from these weights on more data."""
        predictor, shape = self.predictor, self.predictor.shape
        if not shape.hidden:
            return Predictor(shape, u, y).fit(u, y, 1, *_LINEAR)
        return predictor.copy().fit(u, y, self.horizon, self.ridge, _AGAIN)


class Race:
    """Candidates estimated from a part of a record, and compared on the rest of it.

    Parameters
    ----------
    part : Part
    season : int
        1: none.
    seed : int
    positive : bool
        Whether all of the series, what follows `part` too, is above 0: it has logarithms.
    """

    def __init__(self, part: Part, season: int, seed: int, positive: bool) -> None:
        self.part, self.season, self.seed, self.positive = part, season, seed, positive
        first = max(0, part.cut - _RACE_STEPS)
        self.u, self.y = part.u[first : part.cut], part.y[first : part.cut]
        # The longest past that a shape may have, so that all have the same one-step errors.
        self.skipped = min(part.cut // 2, 1 + max(_LAGS) + 2 * (1 + season))
        self.values = int(np.isfinite(self.y).sum(axis=0).min())

    def choose(self) -> Candidate:
        """Return the best network."""
        starts = list(at_once(self._linear, self._first_shapes()))
        promising = self._best_kinds(starts)
        more = [
            replace(shape, lags=lags)
            for shape in promising
            for lags in self._lag_sets(shape.differences)
            if len(lags) != len(shape.lags)
        ]
        linear = starts + list(at_once(self._linear, filter(self._fits, more)))
        least = min(item.score for item in linear)
        line = min(
            (item for item in linear if item.score <= least + _CLOSE or item.score == least),
            key=lambda item: item.weights,
        )
        if line.score <= _PERFECT:
            return line
        tanh = self._tanh(linear)
        best = min(tanh, key=lambda item: item.score, default=line)
        return best if best.score < line.score - _GAIN else line

    # ---- Shapes

    def _lag_sets(self, differences: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        season = self.season
        for count in _LAGS:
            lags = tuple(range(1, count + 1))
            yield lags
            if season > count:
                more = (season,) if season in differences else (season, season + 1)
                yield (*lags, *more)

    def _first_shapes(self) -> list[Shape]:
        season = self.season
        kinds = [(), (1,)] if season == 1 else [(), (1,), (season,), (1, season)]
        logs = [False]
        y = self.part.y
        if self.positive and np.nanmax(y) > 2 * np.nanmin(y):
            logs.append(True)
        few = tuple(range(1, _FIRST + 1))
        shapes = [
            Shape(lags, kind, log=log)
            for log in logs
            for kind in kinds
            for lags in ([few] if season <= _FIRST else [few, (*few, season, season + 1)])
        ]
        fitting = [shape for shape in shapes if self._fits(shape)]
        return fitting or [Shape((1,), log=log) for log in logs]

    def _best_kinds(self, candidates: list[Candidate]) -> list[Shape]:
        """Return the shapes of the two best ways of differencing, and of the series itself."""
        best: dict[tuple, Candidate] = {}
        for item in sorted(candidates, key=lambda item: item.score):
            shape = item.predictor.shape
            best.setdefault((shape.differences, shape.log), item)
        shapes = [item.predictor.shape for item in best.values()]
        plain = [shape for shape in shapes if not shape.differences]
        return list(dict.fromkeys(shapes[:2] + plain[:1]))

    def _fits(self, shape: Shape) -> bool:
        """Tell whether the record is long enough for it."""
        outputs, inputs = self.y.shape[1], self.u.shape[1]
        read = len(shape.lags) * outputs + inputs * (1 + shape.input_lags)
        weights = 1 + read
        if shape.hidden:
            weights += (shape.hidden * (2 + read) + shape.hidden * outputs) // outputs
        left = self.values - shape.reach
        return shape.reach <= len(self.y) // 2 and weights * _VALUES_PER_WEIGHT <= left

    def _tanh_tasks(self, linear: list[Candidate]) -> list[tuple[Shape, float, int]]:
        # The best, and the best that reads the series itself: a tanh layer has less use for others.
        ordered = [item.predictor.shape for item in sorted(linear, key=lambda i: i.score)]
        plain = [shape for shape in ordered if not shape.differences]
        shapes = dict.fromkeys(ordered[:1] + plain[:1])
        tasks: list[tuple[Shape, float, int]] = []
        for place, shape in enumerate(shapes):
            for hidden in _HIDDEN:
                for recurrent in (False, True):
                    found = replace(shape, hidden=hidden, recurrent=recurrent)
                    if self._fits(found):
                        ridge = _RIDGES[(place + recurrent) % len(_RIDGES)]
                        tasks.append((found, ridge, self.seed + len(tasks)))
        return tasks

    # ---- Work

    def _judged(self, predictor: Predictor, horizon: Horizon, ridge: float) -> Candidate:
        part, score = self.part, np.inf
        try:
            paths = predictor.paths(part.u, part.y, part.origins, part.steps)
            ones = predictor.restored(predictor.one_step(part.u, part.y))[self.skipped :]
            score = part.score(paths, ones)
        except BacktuneError:
            pass  # it diverges: the worst score
        item = Candidate(predictor, horizon, ridge, score)
        # As of Bayes' criterion.
        item.score += item.weights * np.log(self.values) / self.values
        return item

    def _linear(self, shape: Shape) -> Candidate:
        return self._trained(Predictor(shape, self.u, self.y), 1, *_LINEAR)

    def _enter(self, task: tuple[Shape, float, int]) -> Candidate:
        shape, ridge, seed = task
        return self._trained(Predictor(shape, self.u, self.y, seed), 1, ridge, _HEATS[0][0])

    def _trained(
        self, predictor: Predictor, horizon: Horizon, ridge: float, iterations: int
    ) -> Candidate:
        predictor.fit(self.u, self.y, horizon, ridge, iterations)
        return self._judged(predictor, horizon, ridge)

    def _tanh(self, linear: list[Candidate]) -> list[Candidate]:
        """Race tanh layers one step ahead; the last ones go on further ahead besides."""
        runners = list(at_once(self._enter, self._tanh_tasks(linear)))
        for iterations, count in _HEATS[1:]:
            runners = sorted(runners, key=lambda item: item.score)[:count]
            runners = list(at_once(self._go_on, [(item, 1, iterations) for item in runners]))
        block = min(self.part.steps, _BLOCK)
        if block > 1:
            further = [(item, (1, block), _FURTHER) for item in runners if np.isfinite(item.score)]
            runners += at_once(self._go_on, further)
        return runners

    def _go_on(self, task: tuple[Candidate, Horizon, int]) -> Candidate:
        item, horizon, iterations = task
        predictor = item.predictor if horizon == item.horizon else item.predictor.copy()
        return self._trained(predictor, horizon, item.ridge, iterations)
