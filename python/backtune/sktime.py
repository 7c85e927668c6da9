"""Forecasts as sktime has them, which is needed here: ``pip install backtune[sktime]``."""

from __future__ import annotations

import os

import numpy as np

try:
    import pandas as pd
    from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
except ImportError as error:
    raise ImportError("the forecaster for sktime needs it: pip install backtune[sktime]") from error

from ._engine.errors import ArgumentError
from .forecasting.fit import quantiles
from .sklearn import RecurrentForecaster as _Forecaster

__all__ = ["RecurrentForecaster"]


class RecurrentForecaster(BaseForecaster):
    """`backtune.RecurrentForecaster` for sktime: its pipelines, searches and evaluations.

    Exogenous data of the past and of the time steps that are forecast are known inputs; what is
    missing of them is taken from the time step before. A forecaster that was fitted with some asks
    for them in `update` and for time steps ahead. In-sample forecasts are one-step predictions.
    Intervals are quantiles of simulations.

    Parameters
    ----------
    steps, season, held_out, fallback, samples, random_state
        As those of `backtune.RecurrentForecaster`.

    Attributes
    ----------
    forecaster_ : backtune.RecurrentForecaster

    Raises
    ------
    ArgumentError
        No exogenous data where `fit` had some, or some where it had none; none of the time steps
        that are forecast.

    Examples
    --------
    >>> from backtune.sktime import RecurrentForecaster        # doctest: +SKIP
    >>> model = RecurrentForecaster().fit(y, fh=[1, 2, 3])     # doctest: +SKIP
    >>> model.predict(), model.predict_interval(coverage=0.9)  # doctest: +SKIP
    """

    _tags = {
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "capability:categorical_in_X": False,
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "requires-fh-in-fit": False,
        "X-y-must-have-same-index": True,
        "capability:non_contiguous_X": False,
    }

    def __init__(
        self,
        steps: int | None = None,
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
        super().__init__()

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Return parameters that sktime's checks are run with."""
        return [{"samples": 50}, {"steps": 3, "season": 4, "fallback": True, "samples": 20}]

    def export(
        self,
        path: str | os.PathLike | None = None,
        *,
        format: str | None = None,
        **options: object,
    ) -> str | bytes | None:
        """Write the network for other programs: as `backtune.RecurrentForecaster.export`.

        Returns
        -------
        None, str or bytes
            Without a path the text, or the bytes of a format that is none.
        """
        self.check_is_fitted()
        return self.forecaster_.export(path, format=format, **options)

    def _fit(
        self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon | None
    ) -> RecurrentForecaster:
        self._record, self._end = (y, X), self.cutoff
        return self._trained(y, X)

    def _trained(self, y: pd.DataFrame, X: pd.DataFrame | None) -> RecurrentForecaster:
        forecaster = _Forecaster(**self.get_params(deep=False))
        inputs = _inputs(X if X is None else X.reindex(y.index))
        self.forecaster_ = forecaster.fit(y.to_numpy(dtype=float), inputs)
        return self

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> RecurrentForecaster:
        record, end = self._record, self._end
        try:
            return self._taken(y, X, update_params)
        except BaseException:
            # The cutoff has been moved already, and is the end of the record again.
            self._record = record
            self._set_cutoff(end)
            raise

    def _taken(
        self, y: pd.DataFrame, X: pd.DataFrame | None, update_params: bool
    ) -> RecurrentForecaster:
        self._check(X)
        values, inputs = self._record
        if inputs is not None and X is not None:
            inputs = _joined(inputs, X)
        self._record = _joined(values, y), inputs
        frequency = getattr(self._end, "freq", None)
        if frequency is not None and self.cutoff.freq is None:
            # Of few dates it is not known.
            self._set_cutoff(pd.DatetimeIndex(self.cutoff, freq=frequency))
        # All time steps up to the cutoff, which may be before the end, and after a gap.
        first = ForecastingHorizon(self._record[0].index[:1], is_relative=False)
        times = self._after(self._places(first)[0], 0)
        y, X = (item if item is None else item.reindex(times) for item in self._record)
        if update_params:
            self._trained(y, X)
        else:
            found, blank = _inputs(X), np.empty((len(y), 0))
            self.forecaster_._fitted.take(
                y.to_numpy(dtype=float), blank if found is None else found
            )
        self._end = self.cutoff
        return self

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        fitted, places = self.forecaster_._fitted, self._places(fh)
        values = np.full((len(places), fitted.y.shape[1]), np.nan)
        inside, ahead = self._inside(places), places > 0
        if inside.any():
            predicted = fitted.fitted_values()[places[inside] - 1]
            values[inside] = fitted.predictor.restored(predicted)
        if ahead.any():
            inputs = self._ahead(X, int(places.max()))
            values[ahead] = fitted.path(inputs, self.forecaster_.fell_back_)[places[ahead] - 1]
        return pd.DataFrame(values, index=self._times(fh), columns=self._record[0].columns)

    def _predict_quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]
    ) -> pd.DataFrame:
        fitted, places = self.forecaster_._fitted, self._places(fh)
        found = np.full((len(alpha), len(places), fitted.y.shape[1]), np.nan)
        inside, ahead = self._inside(places), places > 0
        if inside.any():
            predicted = fitted.fitted_values()[places[inside] - 1]
            added = fitted.innovations(self.samples, len(predicted), fitted.seed)
            ways = fitted.predictor.restored(predicted + added)
            found[:, inside] = np.quantile(ways, alpha, axis=0)
        if ahead.any():
            inputs = self._ahead(X, int(places.max()))
            _, ways = fitted.ahead(inputs, self.samples, fitted.seed, self.forecaster_.fell_back_)
            found[:, ahead] = quantiles(ways, alpha)[:, places[ahead] - 1]
        columns = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        # (alpha, steps, series) to rows of steps, series one after the other.
        rows = found.transpose(1, 2, 0).reshape(found.shape[1], -1)
        return pd.DataFrame(rows, index=self._times(fh), columns=columns)

    # ---- Time steps, counted from the cutoff

    def _times(self, fh: ForecastingHorizon) -> pd.Index:
        return fh.to_absolute_index(self.cutoff)

    def _after(self, first: int, last: int) -> pd.Index:
        """Return the labels of time steps, 0 being the cutoff."""
        return self._times(ForecastingHorizon(np.arange(first, last + 1)))

    def _places(self, fh: ForecastingHorizon) -> np.ndarray:
        return np.asarray(fh.to_relative(self.cutoff).to_pandas()).astype(int)

    def _inside(self, places: np.ndarray) -> np.ndarray:
        """Tell which of them are of the record, which ends at the cutoff."""
        return (places <= 0) & (places > -len(self.forecaster_._fitted.y))

    # ---- Inputs

    def _check(self, X: pd.DataFrame | None) -> None:
        count = self.forecaster_.n_features_in_
        if count and X is None:
            raise ArgumentError(f"X: None came, fit had {count} inputs")
        if X is not None and X.shape[1] and not count:
            raise ArgumentError("X: it came, fit had no inputs")

    def _ahead(self, X: pd.DataFrame | None, steps: int) -> np.ndarray:
        """Return the inputs of the time steps after the cutoff, (steps, M)."""
        self._check(X)
        if X is None or not self.forecaster_.n_features_in_:
            return np.empty((steps, 0))
        times = self._after(1, steps)
        if not times.isin(X.index).any():
            raise ArgumentError(f"X: it has no time step from {times[0]} to {times[-1]}")
        before = self._record[1]
        whole = X if before is None else _joined(before, X)
        # What is missing of the first ones is taken from before the cutoff.
        filled = _filled(whole.reindex(whole.index.union(times)))
        return filled.reindex(times).to_numpy(dtype=float)


def _joined(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the rows of another one, which count where both have the same label."""
    whole = pd.concat([before, after])
    return whole[~whole.index.duplicated(keep="last")].sort_index()


def _inputs(X: pd.DataFrame | None) -> np.ndarray | None:
    """Return inputs as an array, without gaps; None for none."""
    if X is None or X.shape[1] == 0:
        return None
    return _filled(X).to_numpy(dtype=float)


def _filled(X: pd.DataFrame) -> pd.DataFrame:
    return X.ffill().bfill().fillna(0.0)
