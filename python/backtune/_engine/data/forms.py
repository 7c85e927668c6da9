"""Tables of pandas, xarray and polars: their numbers, and results in their form.

None is imported: an object of theirs brings its own library along.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping
from numbers import Real
from types import ModuleType
from typing import TYPE_CHECKING, Callable

import numpy as np

from ..errors import ArgumentError, SizeError
from .kinds import check_kind

if TYPE_CHECKING:
    import pandas
    import polars
    import xarray


class Form:
    """One table of time steps: what it says besides numbers, and how results take its form.

    Attributes
    ----------
    names : list of str or None
        Of its columns; None where not all of them are texts.
    units : list of str or None
        Of its columns.
    times : pandas.Index or None
        Of its rows.
    sampling_time : float or None
        In seconds, where its attributes say it.
    flat : bool
        Whether it is one series, not a table.
    """

    names: list[str] | None = None
    units: list[str] | None = None
    times: pandas.Index | None = None
    sampling_time: float | None = None
    flat = False

    def numbers(self, what: str) -> np.ndarray:
        """Return its values as floats, (T,) or (T, columns); TypeError names a wrong column."""
        raise NotImplementedError

    def frame(self, array: np.ndarray, names: list[str]) -> object:
        """Return an array (T, columns) in this form, with the index of this one."""
        raise NotImplementedError

    def series(self, array: np.ndarray, name: str | None) -> object:
        """Return an array (T,) as a series of this form."""
        raise NotImplementedError


def _seconds(attrs: Mapping | None) -> float | None:
    """Return the sampling time that attributes say, in seconds; None where they say none."""
    value = attrs.get("sampling_time") if attrs else None
    if value is None:
        return None
    if not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise ArgumentError(
            f'attrs["sampling_time"]: {value!r} came, expected a finite number of seconds above 0'
        )
    return float(value)


class PandasForm(Form):
    """A Series or DataFrame; or some rows of one with a MultiIndex."""

    def __init__(
        self,
        module: ModuleType,
        values: pandas.Series | pandas.DataFrame,
        index: pandas.MultiIndex | None = None,
    ) -> None:
        self.module, self.values = module, values
        self.flat = isinstance(values, module.Series)
        self.names = _texts([values.name] if self.flat else values.columns)
        self.index = values.index if index is None else index
        self.times = self.index if self.index.nlevels == 1 else self.index.get_level_values(-1)
        units = values.attrs.get("units") if values.attrs else None
        self.sampling_time = _seconds(values.attrs)
        if self.names is not None and isinstance(units, dict):
            self.units = [str(units.get(name, "")) for name in self.names]

    def numbers(self, what: str) -> np.ndarray:
        values = self.values
        array = values.to_numpy()
        if array.dtype.kind in "biuf":
            return array.astype(np.float64, copy=False)
        columns = [values] if self.flat else [values.iloc[:, k] for k in range(values.shape[1])]
        names = [values.name] if self.flat else list(values.columns)
        for name, column in zip(names, columns):
            _check_column(name, column, what)
        return values.to_numpy(dtype=np.float64, na_value=np.nan)

    def frame(self, array: np.ndarray, names: list[str]) -> pandas.DataFrame:
        return self.module.DataFrame(array, index=self.index, columns=names)

    def series(self, array: np.ndarray, name: str | None) -> pandas.Series:
        return self.module.Series(array, index=self.index, name=name)


class XarrayForm(Form):
    """A DataArray whose first axis is time, or whose axis "time" is; or a Dataset of series."""

    def __init__(self, module: ModuleType, whole: xarray.DataArray | xarray.Dataset) -> None:
        from xarray import Dataset

        self.module = module
        # Of a Dataset.
        self.columns: Mapping[Hashable, xarray.DataArray] | None = None
        if isinstance(whole, Dataset):
            self.columns = dict(whole.items())
            values: xarray.DataArray = _stacked(whole)
        else:
            values = whole
            if "time" in values.dims[1:] and values.ndim == 2:
                values = values.transpose("time", ...)
        self.values = values
        self.flat = values.ndim == 1
        if values.ndim == 2 and values.dims[1] in values.coords:
            self.names = _texts(values.coords[values.dims[1]].values)
        if self.flat:
            self.names = _texts([values.name])
        if values.ndim:
            self.times = values.indexes.get(values.dims[0])
        self.sampling_time = _seconds(whole.attrs)
        if self.columns is not None:
            self.units = [str(item.attrs.get("units", "")) for item in self.columns.values()]
        elif "units" in values.attrs and values.ndim in (1, 2):
            self.units = [str(values.attrs["units"])] * (1 if self.flat else values.shape[1])
        if self.units is not None and not any(self.units):
            self.units = None

    def numbers(self, what: str) -> np.ndarray:
        for name, column in (self.columns or {}).items():
            _check_column(name, column, what)
        array = np.asarray(self.values)
        check_kind(array, what)
        return array.astype(np.float64, copy=False)

    def pandas(self, what: str) -> pandas.DataFrame:
        """Return its numbers as a DataFrame with its names, for readers that know no xarray."""
        from pandas import DataFrame  # which xarray needs itself

        array = self.numbers(what)
        return DataFrame(array[:, None] if self.flat else array, columns=self.names)

    def frame(self, array: np.ndarray, names: list[str]) -> xarray.DataArray | xarray.Dataset:
        time = self.values.dims[0]
        # Coordinates along the time alone, or along nothing: those of the channels are not ours.
        kept = {name: c for name, c in self.values.coords.items() if set(c.dims) <= {time}}
        if self.columns is not None:
            columns = {name: (time, array[:, k]) for k, name in enumerate(names)}
            return self.module.Dataset(columns, {k: c for k, c in kept.items() if k not in columns})
        other = "output" if time != "output" else "node"
        kept.pop(other, None)
        return self.module.DataArray(array, {**kept, other: names}, (time, other))

    def series(self, array: np.ndarray, name: str | None) -> xarray.DataArray:
        time = self.values.dims[0]
        kept = {key: c for key, c in self.values.coords.items() if set(c.dims) <= {time}}
        return self.module.DataArray(array, kept, (time,), name=name)


class PolarsForm(Form):
    """A Series or DataFrame of polars, which have no index."""

    def __init__(self, module: ModuleType, values: polars.Series | polars.DataFrame) -> None:
        from polars import Series

        self.module, self.values = module, values
        self.flat = isinstance(values, Series)
        self.columns = [values] if isinstance(values, Series) else values.get_columns()
        names = [column.name for column in self.columns]
        self.names = None if names == [""] else names

    def numbers(self, what: str) -> np.ndarray:
        for column in self.columns:
            kind = column.dtype
            if not (kind.is_numeric() or kind in (self.module.Boolean, self.module.Null)):
                raise _wrong(column.name, kind, what)
        return self.values.cast(self.module.Float64).to_numpy()

    def frame(self, array: np.ndarray, names: list[str]) -> polars.DataFrame:
        return self.module.DataFrame({name: array[:, k] for k, name in enumerate(names)})

    def series(self, array: np.ndarray, name: str | None) -> polars.Series:
        return self.module.Series(name or "", array)


def form_of(values: object) -> Form | None:
    """Return the form of a table of pandas, xarray or polars; None for anything else."""
    package = type(values).__module__.partition(".")[0]
    if package not in _FORMS and not hasattr(values, "columns") and not hasattr(values, "index"):
        return None
    for name, (kinds, make) in _FORMS.items():
        module = sys.modules.get(name)
        known = tuple(getattr(module, kind) for kind in kinds if hasattr(module, kind))
        if known and isinstance(values, known):
            return make(module, values)
    return None


_FORMS: dict[str, tuple[tuple[str, ...], Callable[..., Form]]] = {
    "pandas": (("Series", "DataFrame"), PandasForm),
    "xarray": (("DataArray", "Dataset"), XarrayForm),
    "polars": (("Series", "DataFrame"), PolarsForm),
}


def _texts(labels: Iterable[object]) -> list[str] | None:
    """Return labels where all of them are texts."""
    found = list(labels)
    return [str(label) for label in found] if all(isinstance(v, str) for v in found) else None


def _stacked(values: xarray.Dataset) -> xarray.DataArray:
    """Return a Dataset of series along one axis as an array, time first."""
    if len(values.dims) != 1 or not values.data_vars or any(c.ndim != 1 for c in values.values()):
        raise SizeError(
            f"a Dataset of the axes {', '.join(map(str, values.dims)) or 'none'} came, expected"
            " variables along one axis, time"
        )
    if any(column.dtype.kind not in "biufO" for column in values.values()):
        return next(iter(values.values()))  # `numbers` says which
    axis = "channel" if "channel" not in values.coords and "channel" not in values.dims else "of"
    return values.to_array(axis).transpose(..., axis)


def _check_column(name: object, column: pandas.Series | xarray.DataArray, what: str) -> None:
    """Refuse what is no column of numbers: times, periods, texts, categories."""
    if column.dtype.kind in "biuf":
        return
    if column.dtype != object:
        raise _wrong(name, column.dtype, what)
    try:
        check_kind(np.asarray(column), f"column {name!r}")
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None


def _wrong(name: object, kind: object, what: str) -> TypeError:
    return TypeError(
        f"{what}: column {name!r} is of dtype {kind}, expected real numbers; leave it out, or let"
        " it be the index where it is the time"
    )
