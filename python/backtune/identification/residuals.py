"""What a model leaves: errors, whether they are white, and whether they depend on the inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._engine import shown
from .._engine.data.scales import unit_of
from .._engine.types import Array, DataLike
from ..estimation.correlations import LEVEL, ChiSquare, correlations, most_lags
from ..networks.channels import channel_names
from .base import ModelBase
from .measures import compare

if TYPE_CHECKING:
    from pandas import DataFrame

# Errors below this part of the deviation of an output are those of rounding.
_ROUNDING = 1e-9
# Those of runs that diverge, above so many times the largest output, do not count.
_LARGEST = 1e100


@dataclass(frozen=True)
class Residuals:
    """Errors of a model on a record, and tests of them at the level of 1 %.

    Attributes
    ----------
    errors : array of shape (T, O), or list of such, or tables
        What was measured less what the model says, NaN where nothing counts.
    horizon : float
        Steps ahead; inf: free run.
    mean, deviation : array of shape (O,)
        Of the errors.
    lags : array of shape (L + 1,)
        0 to L, in time steps.
    autocorrelation, autocorrelation_bound : array of shape (L + 1, O)
        Of the errors, and what is not reached in 99 % of all cases if they are white.
    cross_lags : array of shape (2 L + 1,)
        -L to L: errors at time t are compared with inputs at t - lag.
    cross_correlation, cross_correlation_bound : array of shape (2 L + 1, O, M)
        Of the errors with the inputs, and the like if they are independent, whatever the
        autocorrelations of both.
    whiteness : list of O ChiSquare
        Of Ljung and Box. The degrees of freedom are the lags: on the record of the fit itself p is
        somewhat too large, as some weights were adjusted for it.
    independence : list of O lists of M ChiSquare
        Of the lags from 0 on. Those below 0 tell feedback: inputs that follow errors.
    names : tuple of two lists of str
        Of outputs and inputs.
    """

    errors: Any
    horizon: float
    mean: Array
    deviation: Array
    lags: NDArray[np.int_]
    autocorrelation: Array
    autocorrelation_bound: Array
    cross_lags: NDArray[np.int_]
    cross_correlation: Array
    cross_correlation_bound: Array
    whiteness: list[ChiSquare]
    independence: list[list[ChiSquare]]
    names: tuple[list[str], list[str]]
    _plain: list[str] = field(repr=False)

    def to_frame(self) -> DataFrame:
        """Return a table of pandas: a row for each lag of each correlation.

        Its columns are `output`, `other` (the same output, or an input), `lag`, `correlation` and
        `bound`.
        """
        import pandas as pd

        parts = []
        outputs, inputs = self.names
        for o, output in enumerate(outputs):
            values, bounds = self.autocorrelation[:, o], self.autocorrelation_bound[:, o]
            parts.append((output, output, self.lags, values, bounds))
            for m, name in enumerate(inputs):
                values = self.cross_correlation[:, o, m]
                bounds = self.cross_correlation_bound[:, o, m]
                parts.append((output, name, self.cross_lags, values, bounds))
        columns = ("output", "other", "lag", "correlation", "bound")
        return pd.concat([pd.DataFrame(dict(zip(columns, p))) for p in parts], ignore_index=True)

    def __repr__(self) -> str:
        lines = [self.head]
        for o, (name, note) in enumerate(zip(self.names[0], self.notes())):
            spread = f"mean {self.mean[o]:.3g}, deviation {self.deviation[o]:.3g}"
            lines.append(f"{name}: {spread}; {note}")
        return "\n".join(lines)

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    @property
    def head(self) -> str:
        """What was tested, in a line."""
        what = "free run" if np.isinf(self.horizon) else f"{_steps(self.horizon)} ahead"
        return f"Residuals, {what}, lags up to {self.lags[-1]}, at the level of {LEVEL:.0%}"

    def notes(self) -> list[str]:
        """Return what was found of the errors of each output, in words."""
        return [
            plain or "; ".join([self._colour(o), *self._causes(o)])
            for o, plain in enumerate(self._plain)
        ]

    def _colour(self, o: int) -> str:
        """Say whether errors are white, and what it means."""
        test = self.whiteness[o]
        if np.isnan(test.p):
            return "too few to test"
        if self.horizon > 1:
            white = "white" if test.p >= LEVEL else "correlated in time"
            nature = "noise of a free run may be" if np.isinf(self.horizon) else "as it has to be"
            return f"{white} (p = {test.p:.2g})" + (f", {nature}" if test.p < LEVEL else "")
        if test.p >= LEVEL:
            return f"white (p = {test.p:.2g})"
        beyond = self._beyond(self.lags, self.autocorrelation, self.autocorrelation_bound, o)
        return f"not white (p = {test.p:.2g}){beyond}: the last errors tell of the next"

    def _causes(self, o: int) -> list[str]:
        """Say which inputs errors depend on."""
        found = []
        causal = self.cross_lags >= 0
        for m, name in enumerate(self.names[1]):
            test = self.independence[o][m]
            if np.isnan(test.p):
                found.append(f"{name} is constant")
                continue
            lags = self.cross_lags
            values, bounds = self.cross_correlation[..., m], self.cross_correlation_bound[..., m]
            if test.p >= LEVEL:
                found.append(f"independent of {name} (p = {test.p:.2g})")
            else:
                beyond = self._beyond(lags[causal], values[causal], bounds[causal], o)
                found.append(
                    f"depends on {name} (p = {test.p:.2g}){beyond}: the model misses some of it"
                )
            early = np.abs(values[~causal, o]) > bounds[~causal, o]
            if early.sum() > max(2, 0.1 * early.size):
                found.append(f"{name} follows the errors: feedback")
        return found

    def _beyond(self, lags: np.ndarray, values: np.ndarray, bounds: np.ndarray, o: int) -> str:
        """Name the lags at which bounds are exceeded, the largest first."""
        ratio = np.abs(values[:, o]) / bounds[:, o]
        places = [k for k in np.argsort(-np.nan_to_num(ratio)) if ratio[k] > 1][:3]
        return f", most at lag {', '.join(str(lags[k]) for k in places)}" if places else ""


def residuals_of(
    model: ModelBase,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None = 1,
    *,
    lags: int | None = None,
    first: int | None = None,
) -> Residuals:
    """Return errors on a record, with their correlations and tests of what the model misses.

    Of a good model errors of one step are white and independent of the inputs. Those of a free run
    are independent of the inputs, whatever the noise.

    Parameters
    ----------
    u, y, horizon, first
        As of `nmse`; by default one step ahead.
    lags : int, optional
        Largest lag L of correlations, in time steps; by default 25, or a quarter of the longest
        sequence where that is less.

    Returns
    -------
    Residuals
        Its repr says in words what was found; `to_frame` gives the correlations as a table.

    Raises
    ------
    ArgumentError, SizeError
        As of `nmse`; `lags` below 1 or not below the length of the longest sequence.
    """
    found = compare(model, u, y, horizon, first)
    most = most_lags(lags, max(map(len, found.inputs)))
    steps = np.inf if horizon is None else float(horizon)
    left = [d - x for d, x in zip(found.desired, found.outputs)]
    desired = np.concatenate(found.desired)
    unit = unit_of(desired)
    scale = np.nanstd(desired / unit, axis=0) * unit
    known = [np.abs(item / unit) < _LARGEST for item in left]
    told = correlations([np.where(k, e, np.nan) for e, k in zip(left, known)], found.inputs, most)
    diverged = (np.isfinite(desired) & ~np.concatenate(known)).any(axis=0)
    return Residuals(
        found.given.results(left, model._output_names()),
        steps,
        *told,
        channel_names(model.net),
        [_in_short(*item) for item in zip(np.hypot(told.mean, told.deviation), scale, diverged)],
    )


def _in_short(size: float, scale: float, diverged: bool) -> str:
    """Say of an output what makes tests idle; nothing where they are not."""
    if diverged:
        return "the run diverges"
    return "nothing is left but rounding" if size <= _ROUNDING * scale else ""


def _steps(horizon: float) -> str:
    return "1 step" if horizon == 1 else f"{horizon:g} steps"
