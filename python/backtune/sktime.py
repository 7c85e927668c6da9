"""Forecasts as sktime has them, which is needed here: ``pip install backtune[sktime]``."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import pandas as pd
    from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
except ImportError as error:
    raise ImportError("the forecaster for sktime needs it: pip install backtune[sktime]") from error

from .sklearn import RecurrentForecaster as _Forecaster

__all__ = ["RecurrentForecaster"]


class RecurrentForecaster(BaseForecaster):
    """`backtune.RecurrentForecaster` for sktime: its pipelines, searches and evaluations.

    Exogenous data of the past and of the time steps that are forecast are known inputs; what is
    missing of them is taken from the time step before. In-sample forecasts are one-step
    predictions. Intervals are quantiles of simulations.

    Parameters
    ----------
    steps, season, held_out, fallback, samples, random_state
        As those of `backtune.RecurrentForecaster`.

    Attributes
    ----------
    forecaster_ : backtune.RecurrentForecaster

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
        random_state: Any = 0,
    ) -> None:
        self.steps = steps
        self.season = season
        self.held_out = held_out
        self.fallback = fallback
        self.samples = samples
        self.random_state = random_state
        super().__init__()

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameters that sktime's checks are run with."""
        return [{"samples": 50}, {"steps": 3, "season": 4, "fallback": True, "samples": 20}]

    def _fit(self, y: Any, X: Any, fh: Any) -> RecurrentForecaster:
        forecaster = _Forecaster(**self.get_params(deep=False))
        self.forecaster_ = forecaster.fit(y.to_numpy(dtype=float), _inputs(X))
        self._record = y, X
        return self

    def _update(self, y: Any, X: Any = None, update_params: bool = True) -> RecurrentForecaster:
        before = self._record
        y, X = _joined(before[0], y), _joined(before[1], X)
        if update_params:
            return self._fit(y, X, None)
        self._record = y, X
        known, inputs = y.to_numpy(dtype=float), _inputs(X)
        blank = np.empty((len(known), 0))
        self.forecaster_._fitted.take(known, blank if inputs is None else inputs)
        return self

    def _predict(self, fh: Any, X: Any) -> Any:
        values = self._simulated(fh, X)[0]
        return pd.DataFrame(values, index=self._times(fh), columns=self._record[0].columns)

    def _predict_quantiles(self, fh: Any, X: Any, alpha: Any) -> Any:
        found = np.quantile(self._simulated(fh, X)[1], alpha, axis=0)
        columns = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        # (alpha, steps, series) to rows of steps, series one after the other.
        rows = found.transpose(1, 2, 0).reshape(found.shape[1], -1)
        return pd.DataFrame(rows, index=self._times(fh), columns=columns)

    def _times(self, fh: Any) -> Any:
        return fh.to_absolute_index(self.cutoff)

    def _simulated(self, fh: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return forecasts (steps, O) of a horizon, and the ways (samples, steps, O) it may go."""
        model = self.forecaster_
        fitted = model._fitted
        places = np.asarray(fh.to_relative(self.cutoff).to_pandas()).astype(int)
        outputs = fitted.y.shape[1]
        path = np.full((len(places), outputs), np.nan)
        lanes = np.full((self.samples, len(places), outputs), np.nan)
        past, ahead = places <= 0, places > 0
        if past.any():
            rows = places[past] + len(fitted.y) - 1
            inside = np.flatnonzero(past)[rows >= 0]
            predicted = fitted.fitted_values()[rows[rows >= 0]]
            added = fitted.innovations(self.samples, len(predicted), fitted.seed)
            path[inside] = fitted.predictor.restored(predicted)
            lanes[:, inside] = fitted.predictor.restored(predicted + added)
        if ahead.any():
            steps = int(places.max())
            inputs = self._ahead(X, steps)
            run, ways = fitted.ahead(inputs, self.samples, fitted.seed, model.fell_back_)
            path[ahead], lanes[:, ahead] = run[places[ahead] - 1], ways[:, places[ahead] - 1]
        return path, lanes

    def _ahead(self, X: Any, steps: int) -> np.ndarray:
        """Return the inputs of the time steps after the end, (steps, M)."""
        count = self.forecaster_.n_features_in_
        if X is None or not count:
            return np.zeros((steps, count))
        times = ForecastingHorizon(np.arange(1, steps + 1)).to_absolute_index(self.cutoff)
        return _inputs(X.reindex(times))


def _joined(before: Any, after: Any) -> Any:
    """Return a table with the rows of another one, which count where both have the same label."""
    if before is None or after is None:
        return before
    whole = pd.concat([before, after])
    return whole[~whole.index.duplicated(keep="last")].sort_index()


def _inputs(X: Any) -> Any:
    """Return inputs as an array, without gaps; None for none."""
    if X is None or X.shape[1] == 0:
        return None
    return X.ffill().bfill().fillna(0.0).to_numpy(dtype=float)
