"""One sequence, or a list of them in any form: arrays (T, channels), and results in that form.

Letters: T time steps, M inputs, O outputs. Time comes first; a 1-D array of T values is one
channel. Nothing of the caller is changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import SizeError
from ..warn import warn
from .forms import Form, PandasForm, form_of
from .kinds import check_iterator
from .names import order_of
from .numbers import as_float
from .times import complaint

if TYPE_CHECKING:
    from pandas import DataFrame
    from typing_extensions import TypeGuard

_FLOAT = np.dtype(np.float64)


@dataclass
class Panel:
    """A table of pandas with a MultiIndex: instances, and time as its last level."""

    form: PandasForm
    keys: list[Hashable]
    rows: list[np.ndarray]

    def frame(self, results: list[np.ndarray], names: list[str]) -> DataFrame:
        """Return the results of all instances as one table, rows where they came from."""
        whole = np.empty((len(self.form.index), len(names)))
        for rows, result in zip(self.rows, results):
            whole[rows] = result
        return self.form.frame(whole, names)


@dataclass
class Sequences:
    """What came.

    Attributes
    ----------
    arrays : list of array of shape (T, channels)
    forms : list of Form or None
        Of each sequence, None for arrays and lists of numbers.
    is_list : bool
    names, units : list of str or None
        Of the columns, in the order of the arrays.
    panel : Panel or None
    whole : array of shape (sum T, channels) or None
        The arrays one after the other, where they came so.
    """

    arrays: list[np.ndarray]
    forms: list[Form | None]
    is_list: bool
    names: list[str] | None = None
    units: list[str] | None = None
    panel: Panel | None = field(default=None)
    whole: np.ndarray | None = field(default=None, init=False)

    @property
    def lengths(self) -> np.ndarray:
        """Time steps of each, int64."""
        return np.fromiter(map(len, self.arrays), np.int64, len(self.arrays))

    def joined(self, channels: int) -> np.ndarray:
        """Return the arrays one after the other, as the engine takes them."""
        return joined(self.arrays, channels) if self.whole is None else self.whole

    def like(self, place: int, array: np.ndarray, names: list[str]) -> Any:
        """Return an array (T, columns) in the form of one sequence."""
        form = self.forms[place]
        return array if form is None else form.frame(array, names)

    def results(self, arrays: list[np.ndarray], names: list[str]) -> Any:
        """Return arrays (T, columns), one for each sequence, as the sequences came."""
        if self.panel is not None:
            return self.panel.frame(arrays, names)
        found = [self.like(place, array, names) for place, array in enumerate(arrays)]
        return found if self.is_list else found[0]


def read(
    values: object, channels: int | None, what: str, names: Sequence[str] | None = None
) -> Sequences:
    """Read one sequence or a list of them.

    Parameters
    ----------
    values : object
        An array (T, channels), or (T,) for one channel; a table of pandas, xarray or polars; a list
        or an object array of such, an array of three axes, or a table of pandas with a MultiIndex
        (instance, time): several sequences. Without channels, a number of time steps or a list.
    channels : int or None
        None: as many as the first sequence has.
    what : str
        What it is, for messages.
    names : list of str, optional
        Names of the channels: columns are put in their order.

    Raises
    ------
    TypeError
        Something else, or a column of something else than numbers, which the message names.
    SizeError
        Another number of channels.
    ArgumentError
        Columns that are missing or unknown.
    """
    ready = _read_ready(values, channels)
    if ready is not None:
        return ready
    check_iterator(values, what)
    panel = panel_of(values)
    if panel is not None:
        return _read_panel(panel, channels, what, names)
    width = 1 if channels is None else channels
    items: Sequence[Any] = values if is_list_of_sequences(values, width) else [values]
    many = items is values
    result = Sequences([], [], many)
    told = False
    for place, item in enumerate(items):
        if _are_ready((item,), channels):
            result.arrays.append(item)
            result.forms.append(None)
            continue
        label = f"{what}[{place}]" if many else what
        form = form_of(item)
        array = item
        if form is not None:
            array = form.numbers(label)
            told = _look(form, label, told)
            order = order_of(form, result.names if names is None else names, label)
            _learn(result, form, order)
            array = array if order is None else array[:, order]
        if channels is None:
            array = as_float(array, label)
            channels = channels_of(array, label)
        result.arrays.append(as_sequence(array, channels, label))
        result.forms.append(form)
    return result


def _read_ready(values: object, channels: int | None) -> Sequences | None:
    """Read what comes most often: arrays that are ready, a list of such, or all in one array."""
    if type(values) is np.ndarray and values.ndim == 3 and values.flags.c_contiguous:
        count, steps, width = values.shape
        whole = values.reshape(count * steps, width)
        if _are_ready((whole,), channels):
            result = Sequences(list(values), [None] * count, True)
            result.whole = whole
            return result
    items: list[Any] = values if type(values) is list else [values]
    if items and _are_ready(items, channels):
        return Sequences(items.copy(), [None] * len(items), items is values)
    return None


def _are_ready(items: Iterable[Any], channels: int | None) -> bool:
    """Tell whether each is one sequence as `as_sequence` returns it."""
    for item in items:
        if type(item) is not np.ndarray or item.dtype != _FLOAT or item.ndim != 2:
            return False
        if item.shape[1] != channels or not item.flags.c_contiguous:
            return False
    return True


def _read_panel(
    panel: Panel, channels: int | None, what: str, names: Sequence[str] | None
) -> Sequences:
    form = panel.form
    whole, order = form.numbers(what), order_of(form, names, what)
    if order is not None:
        whole = whole[:, order]
    if channels is None:
        channels = channels_of(whole, what)
    whole = as_sequence(whole, channels, what)
    result = Sequences([], [], True, panel=panel)
    _learn(result, form, order)
    told = False
    for key, rows in zip(panel.keys, panel.rows):
        item = PandasForm(form.module, form.values, form.index[rows])
        told = _look(item, f"{what} of {key}", told)
        result.arrays.append(np.ascontiguousarray(whole[rows]))
        result.forms.append(item)
    return result


def _look(form: Form, what: str, told: bool) -> bool:
    """Warn of the index of a table, unless that was done already."""
    message = None if told else complaint(form.times, what)
    if message is not None:
        warn(message)
    return told or message is not None


def _learn(result: Sequences, form: Form, order: list[int] | None) -> None:
    """Take note of the names and units of the first table."""
    if result.names is None and form.names is not None:
        places = range(len(form.names)) if order is None else order
        result.names = [form.names[place] for place in places]
        if form.units is not None:
            result.units = [form.units[place] for place in places]


def panel_of(values: object) -> Panel | None:
    """Return a table of pandas with a MultiIndex split by all levels but the last."""
    if getattr(getattr(values, "index", None), "nlevels", 1) < 2:
        return None
    form = form_of(values)
    if not isinstance(form, PandasForm):
        return None
    levels = list(range(form.index.nlevels - 1))
    groups = form.values.groupby(level=levels, sort=False, dropna=False).indices
    pairs = sorted(groups.items(), key=lambda pair: pair[1][0])
    return Panel(form, [key for key, _ in pairs], [np.asarray(rows) for _, rows in pairs])


def is_list_of_sequences(values: object, channels: int) -> TypeGuard[Sequence[ArrayLike]]:
    """Tell a list of sequences from one sequence written as a (nested) list of numbers.

    It is a list of sequences when it is a list, tuple, object array or object series that holds
    arrays, series, tables or matrices written as nested lists; without input channels, when it
    holds numbers of steps; when it is an array of three axes, or a table with a MultiIndex.
    """
    ndim = getattr(values, "ndim", 0)
    if ndim == 3 or panel_of(values) is not None:
        return True
    if type(values) is np.ndarray or hasattr(values, "iloc"):
        if getattr(values, "dtype", None) != np.dtype(object) or ndim != 1:
            return False
        values = list(np.asarray(values))
    if not isinstance(values, (list, tuple)) or not values:
        return False
    first = values[0]
    if channels == 0 and isinstance(first, (int, np.integer)):
        return True
    if isinstance(first, (list, tuple)):
        return bool(first) and isinstance(first[0], (list, tuple, np.ndarray))
    return getattr(first, "ndim", 0) >= 1 or form_of(first) is not None


def channels_of(array: np.ndarray, what: str) -> int:
    """Return the number of channels of a sequence."""
    shape = array.shape
    if len(shape) not in (1, 2) or shape[-1] == 0:
        raise SizeError(f"{what}: shape {shape}, expected (time,) or (time, channels)")
    return 1 if len(shape) == 1 else shape[1]


def as_sequence(values: object, channels: int, what: str) -> np.ndarray:
    """Convert one sequence to shape (T, channels).

    Raises
    ------
    SizeError
        Another number of channels; the message names the time and the channel axis.
    """
    if channels == 0 and isinstance(values, (int, np.integer)) and not isinstance(values, bool):
        if values < 0 or values >= 2**63:
            raise SizeError(f"{what}: {values} time steps came, expected 0 or more")
        return np.empty((int(values), 0))
    array = as_float(values, what)
    if array.ndim == 1 and channels == 1:
        return array.reshape(-1, 1)
    if array.ndim == 2 and array.shape[1] == channels:
        return array
    raise SizeError(_shape_message(array.shape, channels, what))


def _shape_message(shape: tuple[int, ...], channels: int, what: str) -> str:
    expected = f"(time, channels) with {channels} channel{'' if channels == 1 else 's'}"
    if channels == 1:
        expected += ", or (time,)"
    if channels == 0:
        expected += ", or a number of time steps"
    message = f"{what}: shape {shape}, expected {expected}"
    if len(shape) == 2:
        message += f": axis 0 is time ({shape[0]} steps), axis 1 the channels ({shape[1]})"
        if shape[0] == channels:
            message += "; the axes may be swapped"
    return message


def joined(sequences: Sequence[np.ndarray], channels: int) -> np.ndarray:
    """Put sequences one after the other, as the engine takes them."""
    if len(sequences) == 1:
        return sequences[0]
    steps = sum(map(len, sequences))
    if steps * channels == 0:
        return np.empty((steps, channels))
    # A quarter of the time of np.concatenate.
    buffers: Any = sequences
    return np.frombuffer(bytearray().join(buffers)).reshape(steps, channels)


def parted(whole: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each sequence, views, where they stand one after the other."""
    steps = lengths.tolist()
    if len(steps) == 1:
        return [whole]
    if steps.count(steps[0]) == len(steps):  # half the time
        return list(whole.reshape(len(steps), steps[0], *whole.shape[1:]))
    return [whole[end - count : end] for count, end in zip(steps, accumulate(steps))]
