"""Series for `forecast`: read, checked, their season, what asks for no model, and the index."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._engine.data.forms import Form, PandasForm, PolarsForm
from .._engine.data.pairs import paired, placed
from .._engine.data.scales import unit_of
from .._engine.data.sequences import Sequences, read
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import DataLike

if TYPE_CHECKING:
    from pandas import Index

#: Least number of known values of each series.
LEAST_VALUES = 8
# A peak of the autocorrelation is a season from here on, and may stand out less than the best one.
_LEAST_PEAK = 0.3
_NEARLY = 0.9
# Where a step explains so much of the next one, changes are looked at instead.
_INTEGRATED = 0.9


@dataclass
class Series:
    """A series and what is known beside it.

    Attributes
    ----------
    y : array of shape (T, O)
        From its first known value on; NaN where missing.
    u : array of shape (T, M)
        Known inputs of the same time steps.
    ahead : array of shape (steps, M)
        Those that follow.
    form : Form or None
        Of the table of y; `form_u` that of u.
    names : list of str or None
        Of the columns of y.
    flat : bool
        Whether y came as (T,).
    """

    y: np.ndarray
    u: np.ndarray
    ahead: np.ndarray
    form: Form | None
    form_u: Form | None
    names: list[str] | None
    flat: bool


def read_series(y: DataLike | None, u: DataLike | None = None, steps: int = 0) -> Series:
    """Return a series and its inputs, which go on for `steps` time steps after it.

    Raises
    ------
    SizeError
        Fewer than `LEAST_VALUES` known values, inputs of another length.
    ArgumentError
        Infinite values, inputs that are not finite.
    """
    given = one_sequence(y, None, "y")
    values, form = given.arrays[0], given.forms[0]
    flat = form.flat if form is not None else np.asarray(y).ndim == 1
    if np.isinf(values).any():
        raise ArgumentError("y: an infinite value came, expected numbers, NaN where missing")
    length, form_u = len(values), None
    inputs = np.empty((length + steps, 0))
    if u is not None:
        others = one_sequence(u, None, "u")
        inputs, form_u = others.arrays[0], others.forms[0]
        if len(inputs) != length + steps:
            raise SizeError(
                f"u: {len(inputs)} time steps came, expected {length + steps}: the {length} of y"
                + (f" and the {steps} that are forecast" if steps else "")
            )
        if not np.isfinite(inputs).all():
            raise ArgumentError("u: NaN or infinite, expected finite values")
        values = placed([values], paired(others, given, "u", "y"), [length + steps], np.nan)[0]
        if np.isfinite(values[length:]).any():
            raise ArgumentError("y: its index goes on where forecasts are asked for")
        values = values[:length]
    counts = np.isfinite(values).sum(axis=0)
    if counts.min() < LEAST_VALUES:
        which = f"series {counts.argmin()} has" if counts.size > 1 else "it has"
        raise SizeError(f"y: {which} {counts.min()} known values, expected {LEAST_VALUES} or more")
    first = int(np.isfinite(values).any(axis=1).argmax())
    return Series(
        values[first:], inputs[first:length], inputs[length:], form, form_u, given.names, flat
    )


def one_sequence(
    values: DataLike | None, channels: int | None, what: str, names: list[str] | None = None
) -> Sequences:
    """Read one sequence, not a list of them; columns of a table by name, where names are known."""
    if values is None:
        raise ArgumentError(f"{what}: None came, expected an array (T,) or (T, channels)")
    given = read(values, channels, what, names)
    if given.is_list:
        raise SizeError(f"{what}: a list of {len(given.arrays)} sequences came, expected one")
    return given


def check_follows(form: Form | None, before: Form | None, what: str) -> None:
    """Refuse a table whose index does not begin after that of the series.

    Raises
    ------
    ArgumentError
        It begins at its end or before.
    """
    if not isinstance(form, PandasForm) or not isinstance(before, PandasForm):
        return
    if not len(form.index) or not len(before.index):
        return
    first, last = form.index[0], before.index[-1]
    if not isinstance(first, type(last)):
        return
    if first <= last:
        raise ArgumentError(
            f"{what}: its index begins at {first}, expected after {last}, the end of the series"
        )


def estimated_season(y: np.ndarray) -> int:
    """Return the season of a series (T, O), the highest peak of its autocorrelation; 1: none."""
    total = np.zeros(len(y) // 3 + 2)
    for column in (y / unit_of(y)).T:
        known = np.flatnonzero(np.isfinite(column))
        filled = np.interp(np.arange(len(column)), known, column[known])
        times = np.arange(len(filled)) - (len(filled) - 1) / 2
        slope = times @ filled / max(times @ times, 1e-300)
        rest = filled - filled.mean() - slope * times
        if _correlation(rest, 2)[1] > _INTEGRATED:
            rest = np.diff(filled)
            rest = rest - rest.mean()
        total += _correlation(rest, len(total)) / y.shape[1]
    inner = total[2:-1]
    peaks = np.flatnonzero((inner >= total[1:-2]) & (inner >= total[3:])) + 2
    least = max(_LEAST_PEAK, 2 / np.sqrt(len(y)))
    lowest = np.minimum.accumulate(total)
    peaks = peaks[(total[peaks] > least) & ((total - lowest)[peaks] > least)]
    if peaks.size == 0:
        return 1
    return int(peaks[total[peaks] >= _NEARLY * total[peaks].max()][0])


def _correlation(values: np.ndarray, lags: int) -> np.ndarray:
    size = float(values @ values)
    if size <= 1e-24 * max(float(np.abs(values).max(initial=0.0)), 1e-300) or size == 0:
        return np.zeros(lags)
    count = min(lags, len(values))
    found = [float(values[: len(values) - k] @ values[k:]) / size for k in range(count)]
    return np.array(found + [0.0] * (lags - count))


def held(y: np.ndarray, season: int, origins: list[int], steps: int) -> np.ndarray:
    """Return the forecasts that repeat the last season, (origins, steps, O); 1: the last value.

    What is missing of it is taken from the season before, or from the one before that.
    """
    # Cycles counted from the end, (cycles, season, O): which one was known last at each place.
    lead, outputs = -len(y) % season, y.shape[1]
    cycles = np.concatenate([np.full((lead, outputs), np.nan), y]).reshape(-1, season, outputs)
    place = np.arange(len(cycles))[:, None, None]
    last = np.maximum.accumulate(np.where(np.isnan(cycles), 0, place), axis=0)
    filled = np.take_along_axis(cycles, last, axis=0).reshape(-1, outputs)[lead:]
    places = np.arange(steps) % season - season
    rows = np.array(origins)[:, None] + places
    return np.where(rows[..., None] >= 0, filled[np.maximum(rows, 0)], np.nan)


def continued(form: Form | None, inputs: Form | None, steps: int) -> Index | None:
    """Return the index of the time steps after a table of pandas, None where there is none.

    It is that of the inputs where they have one; dates and periods go on by their frequency,
    numbers by their step, other labels as a plain range from the number of rows.
    """
    if isinstance(inputs, PandasForm) and isinstance(form, PandasForm):
        return inputs.index[-steps:]
    if not isinstance(form, PandasForm):
        return None
    module, index, name = form.module, form.index, form.index.name
    if isinstance(index, module.RangeIndex):
        end = index.stop + steps * index.step
        return module.RangeIndex(index.stop, end, index.step, name=name)
    if isinstance(index, module.PeriodIndex):
        return module.period_range(index[-1] + 1, periods=steps, freq=index.freq, name=name)
    kind = getattr(index.dtype, "kind", "O")
    if kind in "iuf" and len(index) > 1:
        step = np.diff(index.to_numpy())
        if step[0] > 0 and np.allclose(step, step[0]):
            return module.Index(index[-1] + step[0] * np.arange(1, steps + 1), name=name)
    if isinstance(index, (module.DatetimeIndex, module.TimedeltaIndex)) and len(index) > 2:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            freq = index.freq or index.inferred_freq
        if freq is not None:
            make = module.date_range
            if isinstance(index, module.TimedeltaIndex):
                make = module.timedelta_range
            return make(index[-1], periods=steps + 1, freq=freq, name=name)[1:]
    return module.RangeIndex(len(index), len(index) + steps, name=name)


def shaped(values: np.ndarray, series: Series, index: Index | None) -> Any:
    """Return forecasts (steps, O) as y came: (steps,) for (T,), a table of pandas or polars."""
    form, flat = series.form, series.flat
    names = series.names or [f"y{k}" for k in range(values.shape[1])]
    if isinstance(form, PandasForm):
        if flat:
            return form.module.Series(values[:, 0], index=index, name=form.values.name)
        return form.module.DataFrame(values, index=index, columns=form.values.columns)
    if isinstance(form, PolarsForm):
        name = series.names[0] if series.names else None
        return form.series(values[:, 0], name) if flat else form.frame(values, names)
    return values[:, 0] if flat else values
