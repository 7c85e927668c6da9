"""Forecasts of series in one call: a network with measured feedback, bands, errors beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._engine import shown
from .._engine.arrays import as_count, as_number, as_size
from .._engine.errors import ArgumentError
from .._engine.types import Array, DataLike
from .._engine.warn import warn
from ..networks.network import Network
from .data import continued, read_series, shaped
from .fit import FittedForecast, quantiles
from .part import ForecastErrors

__all__ = ["Forecast", "ForecastErrors", "forecast"]


@dataclass
class Forecast:
    """What `forecast` returns.

    Attributes
    ----------
    mean : array of shape (steps,) or (steps, O), or table
        What the network runs on to by itself, in the form of y; its index goes on.
    lower, upper : like `mean`
        The band that `level` of the simulated ways to go on stay in, at each step.
    level : float
    errors : ForecastErrors
        On the end that was held out, of the network and of what asks for no model.
    beats_naive : bool
        Whether the network has a lower error there than repeating the last value or season.
    fell_back : bool
        Whether mean and band are those of the better of these instead.
    season : int
        1: none.
    network : Network
        It reads its outputs as measured: ``network.predict(u, y)`` is one step ahead. In deviations
        from the means `y_mean`, `u_mean` in units of `y_scale`, `u_scale`, of the logarithm of y
        where `report` says so. Values of its group "innovation" are added to the outputs and fed
        back.
    y_mean, y_scale : array of shape (O,)
    u_mean, u_scale : array of shape (M,)
    report : str
        What was chosen, and how it compares.
    """

    mean: Any
    lower: Any
    upper: Any
    level: float
    errors: ForecastErrors
    beats_naive: bool
    fell_back: bool
    season: int
    network: Network
    y_mean: Array
    y_scale: Array
    u_mean: Array
    u_scale: Array
    report: str

    def __repr__(self) -> str:
        return f"<{self.head}>\n{self.report}"

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    @property
    def head(self) -> str:
        """What it is, in a line."""
        whose = self.errors.best_naive if self.fell_back else "network"
        return f"Forecast of {len(self.mean)} steps by {whose}"


def forecast(
    y: DataLike | None,
    steps: int,
    u: DataLike | None = None,
    *,
    season: int | None = None,
    level: float = 0.9,
    held_out: float = 0.2,
    fallback: bool = False,
    samples: int = 500,
    seed: int = 0,
) -> Forecast:
    """Forecast a series, with bands.

    Networks that read the series as measured (`Group.measured`) are compared by what they forecast
    of a part of the series that they were not estimated from: linear ones of several lags, of the
    series itself, differenced, or of its logarithm; then, from the best of these, ones with a tanh
    layer, recurrent or not, estimated one step ahead and further ahead. A tanh layer has to gain
    something. The one chosen is then estimated anew up to the last part, `held_out`, on which its
    errors are reported, and at last on the whole. Bands: it is simulated many times, residuals
    drawn from its one-step ones being added, and fed back, at each step.

    Parameters
    ----------
    y : array of shape (T,) or (T, O), or table
        The series, NaN where missing.
    steps : int
        How many time steps after the last row are forecast, 1 or more.
    u : array of shape (T + steps, M), or table, optional
        Inputs that are known, for the time steps ahead too. Rows of y are paired with it by index.
    season : int, optional
        Time steps of a season; 1 for none. By default the highest peak of the autocorrelation.
    level : float
        Of the band, between 0 and 1.
    held_out : float
        Part of the series, from its end, that errors are reported on; as much before it is what
        networks are compared on.
    fallback : bool
        Whether the last value, or season, is repeated instead, where the network does not beat
        that on the held-out end. Without it the network forecasts all the same, and a
        `BacktuneWarning` says so.
    samples : int
        Number of simulations.
    seed : int
        Of all draws: the same seed gives the same forecast on the same machine.

    Returns
    -------
    Forecast

    Raises
    ------
    SizeError
        Fewer than 8 known values of a series, a u of another length than T + steps.
    ArgumentError
        A value of y that is infinite, an input that is not finite; steps, a season or samples
        below 1; a level or a held-out part that is not between 0 and 1.
    StateError
        The free run of the network diverges.

    Examples
    --------
    >>> t = np.arange(200)
    >>> y = np.sin(t / 4) + 0.1 * bt.random.normal(200, seed=1)
    >>> found = bt.forecast(y, 10)
    >>> found.beats_naive
    True
    >>> bool(abs(found.mean - np.sin(np.arange(200, 210) / 4)).max() < 0.2)
    True
    """
    steps = as_count(steps, "steps", 1)
    level, held_out = check_options(season, level, held_out, samples)
    series = read_series(y, u, steps)
    fitted = FittedForecast(
        *(series.y, series.u, steps), *(season, held_out, as_size(seed, "seed", unsigned=True))
    )
    naive = fallback and not fitted.errors.beats_naive
    if not naive:
        tell(fitted)
    index = continued(series.form, series.form_u, steps)
    parts = banded(fitted, series.ahead, level, samples, naive)
    mean, lower, upper = (shaped(part, series, index) for part in parts)
    errors, predictor = fitted.errors, fitted.predictor
    return Forecast(
        *(mean, lower, upper, level),
        errors,
        errors.beats_naive,
        naive,
        fitted.season,
        predictor.net,
        *(predictor.scale_y.mean, predictor.scale_y.deviation),
        *(predictor.scale_u.mean, predictor.scale_u.deviation),
        fitted.report(),
    )


def check_options(
    season: int | None, level: float, held_out: float, samples: int
) -> tuple[float, float]:
    """Check what `forecast` takes besides data; return the level and the held-out part."""
    if season is not None:
        as_count(season, "season", 1)
    as_count(samples, "samples", 1)
    found = []
    for name, value, most in (("level", level, 1.0), ("held_out", held_out, 0.5)):
        number = as_number(value, name)
        if not 0 < number < most:
            raise ArgumentError(f"{name}: {value} came, expected more than 0, less than {most:g}")
        found.append(number)
    return found[0], found[1]


def tell(fitted: FittedForecast) -> None:
    """Warn where the network does not beat what asks for no model."""
    errors = fitted.errors
    if errors.beats_naive or not errors.multi_step["network"].any():  # nothing beats exactness
        return
    found = errors.relative(errors.multi_step)
    warn(
        f"forecast: on the held-out end the network is no better than {errors.best_naive}: over"
        f" {errors.steps} steps its error is {found['network'] / found[errors.best_naive]:.3g}"
        " times as large"
    )


def banded(
    fitted: FittedForecast, inputs: np.ndarray, level: float, samples: int, naive: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the forecast and the ends of its band, (steps, O) each."""
    path, lanes = fitted.ahead(inputs, samples, fitted.seed, naive)
    lower, upper = quantiles(lanes, [(1 - level) / 2, (1 + level) / 2])
    return path, lower, upper
