"""The end of a record that is held out: errors of forecasts on it, and the score of a network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

# Origins that errors are taken over, at most; steps ahead that are compared, at most.
_ORIGINS = 24
_MOST_STEPS = 64
# How much errors further ahead say in a score, and the least error that counts.
_AHEAD, _TINY = 1 / 3, 1e-24


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
        scale = np.nanstd(self.y[: self.cut], axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            squares = ((paths - truth) / np.where(scale > 0, scale, 1.0)) ** 2
        squares = np.where(np.isnan(paths) & ~np.isnan(truth), np.inf, squares)
        known = ~np.isnan(truth)
        count = known.sum(axis=0)
        total = np.where(known, squares, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

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
