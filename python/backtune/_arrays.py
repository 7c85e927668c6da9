"""The one gate of arrays: whatever holds real numbers in, C-contiguous float64 out.

Nothing of the caller is changed. Letters: T time steps, M inputs, O outputs. Time comes first; a
1-D array of T values is one channel.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import ArgumentError, SizeError

_BAD_OBJECTS = (str, bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)


def as_float(values: Any, what: str) -> np.ndarray:
    """Convert to float64, row-major; masked and pandas-missing entries become NaN.

    Raises
    ------
    TypeError
        The entries are not real numbers; the message names the dtype.
    """
    if isinstance(values, np.ma.MaskedArray):
        array = np.array(values.data)
        _check_kind(array, what)
        array = array.astype(np.float64)
        array[np.ma.getmaskarray(values)] = np.nan
    else:
        try:
            array = np.asarray(values)
        except ValueError as error:  # rows of different lengths
            raise SizeError(f"{what}: not a rectangular array ({error})") from None
        if array.dtype == object and hasattr(values, "to_numpy"):  # pandas with missing entries
            array = np.asarray(_from_pandas(values, what))
    _check_kind(array, what)
    try:
        return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what}: dtype {array.dtype} cannot be read as numbers: {error}") from None


def _from_pandas(values: Any, what: str) -> np.ndarray:
    _check_kind(np.asarray(values), what)
    try:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{what}: {type(values).__name__} with entries that are not numbers: {error}"
        ) from None


def _check_kind(array: np.ndarray, what: str) -> None:
    if array.dtype.kind in "biuf":
        return
    if array.dtype == object:
        stranger = next((entry for entry in array.flat if isinstance(entry, _BAD_OBJECTS)), None)
        if stranger is None:
            return
        raise TypeError(
            f"{what}: dtype object with a {type(stranger).__name__} in it, expected real numbers"
        )
    raise TypeError(f"{what}: dtype {array.dtype}, expected real numbers")


def as_sequence(values: Any, channels: int, what: str) -> np.ndarray:
    """Convert one sequence to shape (T, channels).

    Raises
    ------
    SizeError
        Another number of channels; the message names the time and the channel axis.
    """
    if channels == 0 and isinstance(values, (int, np.integer)) and not isinstance(values, bool):
        return np.empty((as_size(values, f"{what}: number of time steps"), 0))
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


def is_list_of_sequences(values: Any, channels: int) -> bool:
    """Tell a list of sequences from one sequence written as a (nested) list of numbers.

    It is a list of sequences when it is a list or tuple that holds arrays, series, frames or
    matrices written as nested lists; without input channels, when it holds numbers of steps; or
    when it is an array of three axes.
    """
    if getattr(values, "ndim", 0) == 3:
        return True
    if not isinstance(values, (list, tuple)) or not values:
        return False
    first = values[0]
    if channels == 0 and isinstance(first, (int, np.integer)):
        return True
    if isinstance(first, (list, tuple)):
        return bool(first) and isinstance(first[0], (list, tuple, np.ndarray))
    return getattr(first, "ndim", 0) >= 1


def as_sequences(values: Any, channels: int, what: str) -> list[np.ndarray]:
    """Convert one sequence or a list of them to a list of arrays of shape (T, channels)."""
    if not is_list_of_sequences(values, channels):
        return [as_sequence(values, channels, what)]
    return [as_sequence(item, channels, f"{what}[{place}]") for place, item in enumerate(values)]


def joined(sequences: Sequence[np.ndarray], channels: int) -> np.ndarray:
    """Put sequences one after the other, as the engine takes them."""
    if len(sequences) == 1:
        return sequences[0]
    return np.concatenate([np.empty((0, channels)), *sequences])


def as_flat(values: Any, count: int, what: str) -> np.ndarray:
    """Convert to a vector of `count` values."""
    array = as_float(values, what)
    if array.shape != (count,):
        raise SizeError(f"{what}: shape {array.shape}, expected ({count},)")
    return array


def as_full(values: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Convert to that shape; one number stands for all entries."""
    array = as_float(values, what)
    if array.ndim == 0:
        return np.full(shape, float(array))
    if array.shape != shape:
        raise SizeError(f"{what}: shape {array.shape}, expected {shape} or one number")
    return array


def as_index(values: Any, what: str) -> np.ndarray:
    """Convert whole numbers to int64."""
    array = as_float(values, what)
    index = np.where(np.isfinite(array), array, 0.5)
    if np.any(index != np.rint(index)) or np.any(np.abs(index) > 2.0**53):
        raise ArgumentError(f"{what}: expected whole numbers")
    return np.ascontiguousarray(index, dtype=np.int64)


def as_mask(values: Any, what: str) -> np.ndarray:
    """Convert zeros and ones, or booleans, to uint8."""
    array = as_float(values, what)
    if not np.all((array == 0) | (array == 1)):
        raise ArgumentError(f"{what}: expected entries 0 or 1")
    return np.ascontiguousarray(array, dtype=np.uint8)


def as_number(value: Any, what: str) -> float:
    """Convert one real number."""
    array = as_float(value, what)
    if array.ndim:
        raise SizeError(f"{what}: shape {array.shape}, expected one number")
    return float(array)


def as_size(value: Any, what: str, *, unsigned: bool = False) -> int:
    """Convert to an integer that fits the engine's 64 bits."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what}: {value!r} came, expected an integer") from None
    least, most = (0, 2**64 - 1) if unsigned else (-(2**63), 2**63 - 1)
    if not least <= number <= most:
        raise ArgumentError(f"{what}: {number} came, expected {least} to {most}")
    return number


def as_count(value: Any, what: str, least: int) -> int:
    """Convert to an integer that is not below the least one."""
    number = as_size(value, what)
    if number < least:
        raise ArgumentError(f"{what}: {number} came, expected {least} or more")
    return number


def as_text(value: Any, what: str) -> bytes:
    """Convert to UTF-8 for the engine."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: {value!r} came, expected a text")
    if "\0" in value:
        raise ArgumentError(f"{what}: it holds a zero character")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{what}: not valid Unicode: {error}") from None


def as_path(path: Any) -> bytes:
    """Convert a path of any kind to the bytes that the file system knows it by."""
    name = os.fsencode(path)
    if b"\0" in name:
        raise ArgumentError("path: it holds a zero character")
    return name
