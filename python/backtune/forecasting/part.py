"""The end of a record that is held out: errors of forecasts on it, and the score of a network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .._engine import shown
from .._engine.data.scales import unit_of
from .._engine.types import Array

# Origins that errors are taken over, at most; steps ahead that are compared, at most.
_ORIGINS = 24
_MOST_STEPS = 64
# How much errors further ahead say in a score, and the least error that counts.
_AHEAD, _TINY = 1 / 3, 1e-24


def deviation_of(y: np.ndarray) -> np.ndarray:
    """Return the deviation of each series (T, O), 1 where it is 0."""
    unit = unit_of(y)
    found = np.nanstd(y / unit, axis=0) * unit
    return np.where(found > 0, found, 1.0)


def mean_known(squares: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis of what is known; NaN where nothing is."""
    known = ~np.isnan(squares)
    count = known.sum(axis=0)
    total = np.where(known, squares, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass
class Part:
    """A record cut in two: what is estimated from, and an end that forecasts are compared on."""

    u: np.ndarray
    y: np.ndarray
    cut: int
    origins: list[int]
    steps: int

    @classmethod
    def of(cls, u: np.ndarray, y: np.ndarray, size: int, steps: int) -> Part:
        """Hold out the last `size` time steps."""
        steps = min(steps, size, _MOST_STEPS)
        cut, last = len(y) - size, len(y) - steps
        count = min(_ORIGINS, last - cut + 1)
        return cls(
            u, y, cut, sorted(set(np.linspace(cut, last, count).astype(int).tolist())), steps
        )

    def errors(self, paths: np.ndarray) -> np.ndarray:
        """Return the mean square error of each step ahead, (steps, O), in variances of y.

        NaN where nothing is known, infinite where a path is not finite.
        """
        rows = np.array(self.origins)[:, None] + np.arange(self.steps)
        truth = self.y[rows]
        scale = deviation_of(self.y[: self.cut])
        with np.errstate(over="ignore", invalid="ignore"):
            squares = ((paths - truth) / scale) ** 2
        squares = np.where(np.isnan(paths) & ~np.isnan(truth), np.inf, squares)
        return mean_known(squares)

    def score(self, paths: np.ndarray, next_steps: np.ndarray) -> float:
        """Return a mean of two logs of errors: over steps ahead, and of one step.

        Parameters
        ----------
        paths : array of shape (origins, steps, O)
        next_steps : array of shape (n, O)
            One-step predictions of the last n time steps: of all that there is a past for, as those
            of the end are few. What more weights do there by themselves `Race` counts.
        """
        first = len(self.y) - len(next_steps)
        one = replace(self, origins=list(range(first, len(self.y))), steps=1)
        found = [self.errors(paths), one.errors(next_steps[:, None])]
        logs = [np.log(np.maximum(v[~np.isnan(v)], _TINY)) for v in found]
        ahead, one_step = (v.mean() if v.size else np.inf for v in logs)
        return float(_AHEAD * ahead + (1 - _AHEAD) * one_step)


@dataclass
class ForecastErrors:
    """Root mean square errors on the held-out end, in the units of y, by what forecasts.

    Keys are "network", "persistence" and, where there is a season, "seasonal naive".

    Attributes
    ----------
    one_step, multi_step : dict of array of shape (O,)
        Of one step ahead, and over all of 1 to `steps` ahead.
    by_step : dict of array of shape (steps, O)
        Of each number of steps ahead.
    steps : int
        How many steps ahead were compared.
    origins : int
        From how many times of the held-out end.
    """

    one_step: dict[str, Array] = field(default_factory=dict)
    multi_step: dict[str, Array] = field(default_factory=dict)
    by_step: dict[str, Array] = field(default_factory=dict)
    steps: int = 0
    origins: int = 0

    def relative(self, errors: dict[str, Array]) -> dict[str, float]:
        """Return errors as parts of those of persistence, in the geometric mean over series."""
        least = np.finfo(float).tiny
        base = np.maximum(errors["persistence"], least)
        return {
            name: float(np.exp(np.log(np.maximum(values, least) / base).mean()))
            for name, values in errors.items()
        }

    @property
    def best_naive(self) -> str:
        """What without any model has the least error over all steps."""
        found = self.relative(self.multi_step)
        return min((name for name in found if name != "network"), key=lambda name: found[name])

    @property
    def beats_naive(self) -> bool:
        """Whether the network has a lower error over all steps than either of the others."""
        found = self.relative(self.multi_step)
        return found["network"] < found[self.best_naive]

    def _repr_html_(self) -> str | None:
        return shown.html(self)
