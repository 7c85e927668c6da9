"""Missing values of series, given those that are known before and after: means and draws.

Of a Gaussian autoregression r(t) = v(t) - sum_k A_k v(t-k) - c(t) of whitened errors, the missing
values are those of least sum of r^2, and their precision matrix is that of its second derivatives:
block tridiagonal, with blocks of as many time steps as the longest lag or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._engine.types import Array, Places, Reals

# Time steps of a block, at least.
_BLOCK = 16


@dataclass(frozen=True)
class Autoregression:
    """Of series whose means are 0.

    Attributes
    ----------
    feedback : array of shape (p, K, K)
        A_k, k from 1.
    covariance : array of shape (K, K)
        Of the errors.
    variance : array of shape (K,)
        Of the series: what is known of the first p values, before any is seen.
    """

    feedback: Array
    covariance: Array
    variance: Array

    @property
    def order(self) -> int:
        """The longest lag p."""
        return len(self.feedback)

    def errors(self, values: Array, constant: Array) -> Array:
        """Return v(t) - sum_k A_k v(t-k) - c(t), (T, K), from t = p on; 0 before."""
        p = self.order
        found = np.zeros_like(values)
        if len(values) <= p:
            return found
        found[p:] = values[p:] - constant[p:]
        for k in range(1, p + 1):
            found[p:] -= values[p - k : len(values) - k] @ self.feedback[k - 1].T
        return found


class Gaps:
    """What is missing in one sequence.

    Parameters
    ----------
    model : Autoregression
    values : array of shape (T, K)
        NaN where missing.
    constant : array of shape (T, K)
        c, what other series say.
    """

    def __init__(self, model: Autoregression, values: Array, constant: Array) -> None:
        self._values = values
        self._times, self._nodes = np.nonzero(np.isnan(values))
        self._whiten = np.linalg.inv(np.linalg.cholesky(model.covariance))
        p, size = model.order, values.shape[1]
        # By how far the row of an error is behind an unknown: 1, -A_1 ... -A_p, and none.
        taps = np.concatenate([np.eye(size)[None], -model.feedback, np.zeros((1, size, size))])
        self._taps = self._whiten @ taps
        self._order, self._steps = p, len(values)
        length = max(p, _BLOCK)
        self._first = np.searchsorted(self._times, np.arange(0, self._steps + length, length))
        known = np.nan_to_num(values, nan=0.0)
        self._errors = model.errors(known, constant) @ self._whiten.T
        self._prior = np.where(self._times < p, 1 / model.variance[self._nodes], 0.0)
        self._factors: list[Array] = []
        self._links: list[Array] = []
        self._mean = self._solve()

    def _rows(self, part: slice, times: Places) -> Array:
        """Return the derivatives of the errors at some times by some unknowns, (rows, unknowns)."""
        behind = times[:, None] - self._times[part]
        none = (behind < 0) | (behind > self._order) | (times[:, None] < self._order)
        taps = self._taps[np.where(none, self._order + 1, behind), :, self._nodes[part]]
        return np.moveaxis(taps, 2, 1).reshape(-1, taps.shape[1])

    def _solve(self) -> Reals:
        """Factorise the precision matrix, block after block, and return the means."""
        right: list[Reals] = []
        before = slice(0, 0)
        for first, end in zip(self._first, self._first[1:]):
            if first == end:
                continue
            part = slice(first, end)
            start = self._times[first]
            stop = min(self._times[end - 1] + self._order + 1, self._steps)
            times = np.arange(start, stop)
            own = self._rows(part, times)
            square = own.T @ own + np.diag(self._prior[part])
            pull = -own.T @ self._errors[times].ravel()
            link = np.zeros((end - first, before.stop - before.start))
            if link.size:
                shared = own.T @ self._rows(before, times)
                link = np.linalg.solve(self._factors[-1], shared.T).T
                square -= link @ link.T
                pull -= link @ right[-1]
            factor = np.linalg.cholesky(square)
            self._factors.append(factor)
            self._links.append(link)
            right.append(np.linalg.solve(factor, pull))
            before = part
        return self._back(right)

    def _back(self, right: Sequence[Reals]) -> Reals:
        """Return x of C' x = right, C the factor."""
        found: list[Reals] = []
        after: Reals | None = None
        for place in reversed(range(len(right))):
            side = right[place]
            if after is not None:
                side = side - self._links[place + 1].T @ after
            after = np.linalg.solve(self._factors[place].T, side)
            found.append(after)
        return np.concatenate(found[::-1]) if found else np.empty(0)

    def filled(self) -> Array:
        """Return the values with their conditional means where they are missing."""
        whole = self._values.copy()
        whole[self._times, self._nodes] = self._mean
        return whole

    def draws(self, count: int, random: np.random.Generator) -> Array:
        """Return the values with draws where they are missing, (count, T, K)."""
        noise = [random.standard_normal((len(factor), count)) for factor in self._factors]
        whole = np.repeat(self._values[None], count, axis=0)
        if noise:
            whole[:, self._times, self._nodes] = (self._mean[:, None] + self._back(noise)).T
        return whole
