"""Forecasts of series, as scikit-learn has its estimators: `RecurrentForecaster`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._engine.arrays import as_count, as_number
from .._engine.data.forms import Form, PandasForm
from .._engine.errors import ArgumentError, SizeError
from .._engine.found import Band
from .._engine.types import Array, DataLike, Places
from ..forecasting.data import check_follows, continued, one_sequence, read_series, shaped
from ..forecasting.fit import FittedForecast
from ..forecasting.forecast import banded, check_options, tell
from ..forecasting.part import ForecastErrors
from ._options import seed_of

if TYPE_CHECKING:
    from pandas import Index

#: How many time steps after the end, or which of them, 1 being the first.
Steps = Union[int, Sequence[int], NDArray[np.integer]]


class RecurrentForecaster(BaseEstimator):
    """Forecasts of a series by a network that reads it as measured; see `backtune.forecast`.

    Parameters
    ----------
    steps : int, optional
        How many steps ahead networks are compared; a season, or 8, by default.
    season : int, optional
        Time steps of a season; 1 for none. By default the highest peak of the autocorrelation.
    held_out : float
        Part of the series, from its end, that errors are reported on.
    fallback : bool
        Whether the last value, or season, is repeated where the network does not beat that there.
    samples : int
        Number of simulations for a band.
    random_state : int, RandomState or None
        Of all draws: the same number gives the same forecasts.

    Attributes
    ----------
    network_ : Network
    errors_ : ForecastErrors
    beats_naive_, fell_back_ : bool
    season_ : int
    report_ : str
        As those of `backtune.Forecast`.

    Examples
    --------
    >>> t = np.arange(220)
    >>> y = np.sin(t / 4) + 0.1 * bt.random.normal(220, seed=1)
    >>> model = bt.RecurrentForecaster(steps=10).fit(y[:200])
    >>> bool(abs(model.predict(20) - np.sin(t[200:] / 4)).max() < 0.2)
    True
    >>> model.predict([1, 10]).shape, model.update(y[200:]).predict(3).shape
    ((2,), (3,))
    """

    def __init__(
        self,
        steps: int | None = None,
        *,
        season: int | None = None,
        held_out: float = 0.2,
        fallback: bool = False,
        samples: int = 500,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.steps = steps
        self.season = season
        self.held_out = held_out
        self.fallback = fallback
        self.samples = samples
        self.random_state = random_state

    def fit(self, y: DataLike, X: DataLike | None = None) -> RecurrentForecaster:
        """Choose a network and estimate its weights.

        Parameters
        ----------
        y : array of shape (T,) or (T, O), or table
            The series, NaN where missing.
        X : array of shape (T, M), or table, optional
            Inputs that are known, finite.

        Returns
        -------
        RecurrentForecaster
            Itself. A `BacktuneWarning` says where the network does not beat the last value, or the
            last season, on the held-out end.

        Raises
        ------
        SizeError
            Fewer than 8 known values of a series, an X of another length.
        ArgumentError
            Infinite values, parameters outside what is allowed.
        """
        if self.steps is not None:
            as_count(self.steps, "steps", 1)
        _, held_out = check_options(self.season, 0.5, self.held_out, self.samples)
        if not isinstance(self.fallback, (bool, np.bool_)):
            raise ArgumentError(f"fallback: {self.fallback!r} came, expected True or False")
        seed = seed_of(self.random_state)
        series = read_series(y, X)
        self._fitted = FittedForecast(series.y, series.u, self.steps, self.season, held_out, seed)
        self._series = series
        self.n_outputs_, self.n_features_in_ = series.y.shape[1], series.u.shape[1]
        errors = self._fitted.errors
        self.network_ = self._fitted.predictor.net
        self.errors_: ForecastErrors = errors
        self.beats_naive_ = errors.beats_naive
        self.fell_back_ = bool(self.fallback) and not errors.beats_naive
        self.season_ = self._fitted.season
        self.report_ = self._fitted.report()
        if not self.fell_back_:
            tell(self._fitted)
        return self

    def update(self, y: DataLike, X: DataLike | None = None) -> RecurrentForecaster:
        """Take what was measured since, the weights being what they are: forecasts go on from it.

        Parameters
        ----------
        y : array of shape (n,) or (n, O), or table
            The rows that follow those of `fit`, NaN where missing.
        X : array of shape (n, M), or table, optional
            Inputs of the same time steps, where `fit` had some.

        Returns
        -------
        RecurrentForecaster
            Itself.
        """
        check_is_fitted(self, "_fitted")
        given = one_sequence(y, self.n_outputs_, "y", self._series.names)
        check_follows(given.forms[0], self._series.form, "y")
        if np.isinf(given.arrays[0]).any():
            raise ArgumentError("y: an infinite value came, expected numbers, NaN where missing")
        inputs, _ = self._inputs(X, len(given.arrays[0]))
        fitted = self._fitted
        fitted.take(np.concatenate([fitted.y, given.arrays[0]]), np.concatenate([fitted.u, inputs]))
        form = self._series.form
        if isinstance(form, PandasForm) and isinstance(given.forms[0], PandasForm):
            form = PandasForm(form.module, form.values, form.index.append(given.forms[0].index))
        self._series = replace(self._series, y=fitted.y, u=fitted.u, form=form)
        return self

    def predict(self, fh: Steps, X: DataLike | None = None) -> Any:
        """Forecast.

        Parameters
        ----------
        fh : int, or list of int
            How many time steps after the end; or which of them, 1 being the first.
        X : array of shape (n, M), or table, optional
            Known inputs of the time steps after the end, as many as the largest of `fh`, where
            `fit` had some.

        Returns
        -------
        array of shape (steps,) or (steps, O) as y was, or table
            Of a table the index goes on.
        """
        places, inputs, index = self._asked(fh, X)
        path = self._fitted.path(inputs, self.fell_back_)
        return shaped(path[places], self._series, index)

    def predict_interval(self, fh: Steps, X: DataLike | None = None, *, level: float = 0.9) -> Band:
        """Return the ends of the band that `level` of the simulated ways to go on stay in.

        Parameters
        ----------
        fh, X
            As `predict` takes them.
        level : float
            Between 0 and 1.

        Returns
        -------
        Band
            Its `lower` and `upper` are arrays of shape (steps,) or (steps, O), or tables.
        """
        check_is_fitted(self, "_fitted")
        level = as_number(level, "level")
        if not 0 < level < 1:
            raise ArgumentError(f"level: {level} came, expected more than 0, less than 1")
        places, inputs, index = self._asked(fh, X)
        _, *ends = banded(self._fitted, inputs, level, self.samples, self.fell_back_)
        lower, upper = (shaped(values[places], self._series, index) for values in ends)
        return Band(lower, upper)

    def export(
        self, path: str | os.PathLike | None = None, *, format: str | None = None, **options: Any
    ) -> str | bytes | None:
        """Write the network for other programs: as `Network.export`.

        What is written reads X, and y as it is measured, and gives predictions one step ahead, or,
        where y is not known any more, what `predict` gives. It begins without a past: some rows of
        y go before what counts, as many as the network reads (``report_``), more where it is
        recurrent.

        Returns
        -------
        None, str or bytes
            Without a path the text, or the bytes of a format that is none.

        Raises
        ------
        NetworkError
            Forecasts that repeat the last value or season, networks of the logarithm of y: no
            format says them.
        """
        check_is_fitted(self, "_fitted")
        return self._fitted.export(path, format, self.fell_back_, options)

    def _asked(self, fh: Steps, X: DataLike | None) -> tuple[Places, Array, Index | None]:
        """Return which steps are asked for, from 0, the inputs up to the last, and an index."""
        check_is_fitted(self, "_fitted")
        if isinstance(fh, int) or np.ndim(fh) == 0:
            places = np.arange(as_count(fh, "fh", 1))
        else:
            places = np.array([as_count(step, "fh", 1) for step in list(fh)], dtype=int) - 1
        if places.size == 0:
            raise ArgumentError("fh: an empty list came, expected at least one step")
        steps = int(places.max()) + 1
        inputs, form = self._inputs(X, steps)
        index = continued(self._series.form, form, steps)
        return places, inputs, index if index is None else index[places]

    def _inputs(self, X: DataLike | None, steps: int) -> tuple[Array, Form | None]:
        count = self.n_features_in_
        if X is None:
            if count:
                raise ArgumentError(f"X: None came, fit had {count} inputs")
            return np.empty((steps, 0)), None
        if not count:
            raise ArgumentError("X: it came, fit had no inputs")
        known = self._series.form_u
        given = one_sequence(X, count, "X", None if known is None else known.names)
        check_follows(given.forms[0], self._series.form, "X")
        values = given.arrays[0]
        if len(values) != steps:
            raise SizeError(f"X: {len(values)} time steps came, expected {steps}")
        if not np.isfinite(values).all():
            raise ArgumentError("X: NaN or infinite, expected finite values")
        return values, given.forms[0]
