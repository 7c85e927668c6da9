"""Tables of scikit-learn's X and y: matched with each other, and results in their form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .._engine.data.forms import Form, PandasForm, XarrayForm, form_of
from .._engine.data.names import learnable, listed
from .._engine.data.sequences import panel_of
from .._engine.data.times import complaint, is_plain_beside, rows_of
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Arrays
from .._engine.warn import warn

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

T = TypeVar("T")


def axes(values: object) -> int:
    """Return the number of axes, -1 of rows of unequal lengths."""
    try:
        return int(values.ndim if hasattr(values, "ndim") else np.asarray(values).ndim)
    except ValueError:  # rows of different lengths
        return -1


def is_list(values: object) -> TypeGuard[Iterable[object]]:
    """Tell a list of sequences from rows: an item has two axes or is a table, or there are three.

    A table of pandas with a MultiIndex (instance, time) is a list too, and a DataArray of three
    axes.
    """
    if getattr(values, "ndim", 0) == 3:
        return True
    if isinstance(values, np.ndarray) and (values.dtype != object or values.ndim != 1):
        return False
    if panel_of(values) is not None:
        return True
    if isinstance(values, Iterable) and hasattr(values, "iloc") and axes(values) == 1:
        values = list(values) if getattr(values, "dtype", None) == np.dtype(object) else values
    if not isinstance(values, (list, tuple, np.ndarray)) or len(values) == 0:
        return False
    return axes(values[0]) == 2 or form_of(values[0]) is not None


def look_at_times(X: object) -> None:
    """Warn of the first index whose order is doubtful."""
    for place, form in enumerate(forms(X)):
        message = complaint(form.times, f"sequence {place} of X") if form is not None else None
        if message is not None:
            warn(message)
            return


def forms(values: object) -> list[Form | None]:
    """Return the form of each sequence."""
    panel = panel_of(values)
    if panel is not None:
        form = panel.form
        return [PandasForm(form.module, form.values, form.index[rows]) for rows in panel.rows]
    return [form_of(item) for item in (values if is_list(values) else [values])]


def aligned(X: object, y: Any, complete: bool = False, name: str = "y") -> Any:
    """Return y, or weights of that name, as it belongs to X.

    Instances of panels are put in the order of X, rows of tables with an index that is not that of
    X where X has the same label; rows that y has not are NaN, or with ``complete=True`` an error.

    Raises
    ------
    ArgumentError
        Labels or instances that X has not.
    """
    ours, theirs = panel_of(X), panel_of(y)
    if ours is None and theirs is not None:
        raise ArgumentError(f"{name}: a table of instances came, and none of X")
    if ours is not None and theirs is not None:
        y = _instances(ours.keys, theirs.keys, [y.iloc[rows] for rows in theirs.rows], name)
    elif ours is not None and isinstance(form_of(y), PandasForm):  # one value an instance
        plain = type(y.index).__name__ == "RangeIndex"
        return y if plain else _instances(ours.keys, list(y.index), list(y), name)
    tables = forms(X)
    if not is_list(X):
        return _placed(tables[0], y, name, complete)
    if not isinstance(y, (list, tuple)) or len(tables) != len(y):
        return y
    return [
        _placed(form, item, f"{name} of sequence {place}", complete)
        for place, (form, item) in enumerate(zip(tables, y))
    ]


def _instances(keys: list[object], came: list[object], items: list[T], name: str) -> list[T]:
    places = {key: place for place, key in enumerate(came)}
    absent = [str(key) for key in keys if key not in places]
    unknown = [str(key) for key in came if key not in set(keys)]
    if absent or unknown:
        raise ArgumentError(
            f"{name if absent else 'X'}: no rows of instances {listed(absent or unknown)},"
            " which the other has"
        )
    return [items[places[key]] for key in keys]


def _placed(ours: Form | None, y: object, what: str, complete: bool) -> object:
    """Return a table y at the rows of X."""
    theirs = form_of(y)
    if ours is None or theirs is None or ours.times is None or theirs.times is None:
        return y
    if is_plain_beside(ours.times, theirs.times):
        return y
    rows = rows_of(ours.times, theirs.times, what, "X")
    is_table = isinstance(theirs, XarrayForm) and not theirs.flat
    values, count = theirs.numbers(what) if is_table else np.asarray(y), len(ours.times)
    if rows is None and len(values) == count:
        return y
    if len(values) == count:
        result = np.empty_like(values)
    elif complete:
        raise SizeError(f"{what}: {len(values)} rows came for {count} of X")
    else:
        values = theirs.numbers(what)
        result = np.full((count, *values.shape[1:]), np.nan)
    result[slice(len(values)) if rows is None else rows] = values
    return result


def like(X: object, outputs: Arrays, names: list[str], flat: bool) -> Any:
    """Return outputs (T, O) of the sequences of X in its form; ``flat``: as series (T,)."""
    panel = panel_of(X)
    if panel is not None and not flat:
        return panel.frame(outputs, names)
    if panel is not None:
        whole = np.empty(len(panel.form.index))
        for rows, item in zip(panel.rows, outputs):
            whole[rows] = item[:, 0]
        return panel.form.series(whole, names[0] if names else None)
    shaped = [
        _like(form, item[:, 0] if flat else item, names) for form, item in zip(forms(X), outputs)
    ]
    return shaped if is_list(X) else shaped[0]


def _like(form: Form | None, array: Array, names: list[str]) -> Any:
    if form is None:
        return array
    if array.ndim == 1:
        return form.series(array, names[0] if names else None)
    return form.frame(array, names)


def names_of(values: object, count: int) -> list[str] | None:
    """Return the names of so many columns of the first table; None without any."""
    form = next(iter(forms(values)), None)
    return None if form is None else learnable(form.names, count)
