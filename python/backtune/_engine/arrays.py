"""Small gates: vectors, matrices, whole numbers, texts, as the engine takes them.

Sequences are read in `backtune._engine.data`.
"""

from __future__ import annotations

import json
import operator
import os
import reprlib
from collections.abc import Mapping
from typing import SupportsIndex

import numpy as np

from .data.numbers import as_float
from .errors import ArgumentError, SizeError


def as_flat(values: object, count: int, what: str) -> np.ndarray:
    """Convert to a vector of `count` values."""
    array = as_float(values, what)
    if array.shape != (count,):
        raise SizeError(f"{what}: shape {array.shape}, expected ({count},)")
    return array


def as_full(values: object, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Convert to that shape; one number stands for all entries."""
    array = as_float(values, what)
    if array.ndim == 0:
        return np.full(shape, float(array))
    if array.shape != shape:
        raise SizeError(f"{what}: shape {array.shape}, expected {shape} or one number")
    return array


def as_index(values: object, what: str) -> np.ndarray:
    """Convert whole numbers to int64."""
    array = as_float(values, what)
    index = np.where(np.isfinite(array), array, 0.5)
    if np.any(index != np.rint(index)) or np.any(np.abs(index) > 2.0**53):
        raise ArgumentError(f"{what}: expected whole numbers")
    return np.ascontiguousarray(index, dtype=np.int64)


def as_mask(values: object, what: str) -> np.ndarray:
    """Convert zeros and ones, or booleans, to uint8."""
    array = as_float(values, what)
    if not np.all((array == 0) | (array == 1)):
        raise ArgumentError(f"{what}: expected entries 0 or 1")
    return np.ascontiguousarray(array, dtype=np.uint8)


def sized(array: np.ndarray | None) -> tuple[np.ndarray | None, int]:
    """Return an array and how many values it has, as the engine takes them; None has none."""
    return array, 0 if array is None else array.size


def as_number(value: object, what: str) -> float:
    """Convert one real number."""
    array = as_float(value, what)
    if array.ndim:
        raise SizeError(f"{what}: shape {array.shape}, expected one number")
    return float(array)


def as_size(value: object, what: str, *, unsigned: bool = False) -> int:
    """Convert to an integer that fits the engine's 64 bits."""
    try:
        if not isinstance(value, SupportsIndex):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what}: {value!r} came, expected an integer") from None
    least, most = (0, 2**64 - 1) if unsigned else (-(2**63), 2**63 - 1)
    if not least <= number <= most:
        raise ArgumentError(f"{what}: {number} came, expected {least} to {most}")
    return number


# Of values of 8 bytes; beyond it NumPy speaks of shapes.
_MOST_COUNT = 2**40


def as_count(value: object, what: str, least: int) -> int:
    """Convert to an integer that is not below the least one, and no more than memory may hold."""
    number = as_size(value, what)
    if number < least:
        raise ArgumentError(f"{what}: {number} came, expected {least} or more")
    if number > _MOST_COUNT:
        raise ArgumentError(f"{what}: {number} came, expected {_MOST_COUNT} at most")
    return number


def as_text(value: object, what: str) -> bytes:
    """Convert to UTF-8 for the engine."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: {value!r} came, expected a text")
    if "\0" in value:
        raise ArgumentError(f"{what}: it holds a zero character")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{what}: not valid Unicode: {error}") from None


def as_options(options: Mapping[str, object], what: str) -> bytes:
    """Write options as an object of JSON."""
    parts = []
    for key, value in options.items():
        plain = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
        try:
            parts.append(f"{json.dumps(key)}: {json.dumps(plain, allow_nan=False)}")
        except (TypeError, ValueError, RecursionError) as error:
            came = f"option {key}{what}: {reprlib.repr(plain)} came"
            raise ArgumentError(f"{came}, expected JSON: {error}") from None
    return f"{{{', '.join(parts)}}}".encode()


def as_path(path: str | os.PathLike) -> bytes:
    """Convert a path of any kind to the bytes that the file system knows it by."""
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError as error:
        raise ArgumentError(f"path: not valid Unicode: {error}") from None
    if b"\0" in name:
        raise ArgumentError("path: it holds a zero character")
    return name
