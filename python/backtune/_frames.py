"""Results in the form of what came in: pandas and xarray, with the index of the inputs.

Neither is imported: an object of theirs brings its own library along.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def is_labelled(values: Any) -> bool:
    """Tell whether it is a Series or DataFrame of pandas, or a DataArray of xarray."""
    return _pandas(values) is not None or _xarray(values) is not None


def like(values: Any, array: np.ndarray, names: list[str]) -> Any:
    """Return an array (T, columns) in the form of the inputs that it belongs to.

    Parameters
    ----------
    values : object
        The inputs of T time steps: a DataFrame for a Series or DataFrame, a DataArray for a
        DataArray, with its index; the array as it is for anything else.
    array : array of shape (T, columns)
    names : list of str
        Of the columns.
    """
    pandas = _pandas(values)
    if pandas is not None:
        return pandas.DataFrame(array, index=values.index, columns=names)
    xarray = _xarray(values)
    if xarray is not None:
        time = values.dims[0]
        # Coordinates along the time alone, or along nothing: those of the channels are not ours.
        kept = {name: c for name, c in values.coords.items() if set(c.dims) <= {time}}
        other = "output" if time != "output" else "node"
        kept.pop(other, None)
        return xarray.DataArray(array, {**kept, other: names}, (time, other))
    return array


def _pandas(values: Any) -> Any:
    module = sys.modules.get("pandas")
    kinds = tuple(getattr(module, name, ()) for name in ("Series", "DataFrame"))
    return module if isinstance(values, kinds) else None


def _xarray(values: Any) -> Any:
    module = sys.modules.get("xarray")
    return module if isinstance(values, getattr(module, "DataArray", ())) else None


def node_names(name: str, size: int, count: int | None = None) -> list[str]:
    """Return the names of the first nodes of a group of so many: "linear.x", or "lnl.x[0]"."""
    if size == 1:
        return [name]
    return [f"{name}[{node}]" for node in range(size if count is None else count)]
