"""The gate of numbers: whatever holds real numbers in, C-contiguous float64 out."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError, SizeError
from .forms import form_of
from .kinds import check_iterator, check_kind

_FLOAT = np.dtype(np.float64)


def as_float(values: object, what: str) -> np.ndarray:
    """Convert to float64, row-major; masked, null and pandas-missing entries become NaN.

    Raises
    ------
    TypeError
        The entries are not real numbers; the message names the dtype, and the column of a table.
    """
    if type(values) is np.ndarray:
        if values.dtype == _FLOAT and values.flags.c_contiguous:  # what comes most often
            return values
        array = values
    elif isinstance(values, np.ma.MaskedArray):
        array = np.array(values.data)
        check_kind(array, what)
        array = array.astype(np.float64)
        array[np.ma.getmaskarray(values)] = np.nan
    else:
        array = _converted(values, what)
    check_kind(array, what)
    try:
        return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what}: dtype {array.dtype} cannot be read as numbers: {error}") from None
    except OverflowError as error:
        raise ArgumentError(f"{what}: {error}, expected numbers of 64 bits") from None


def _converted(values: object, what: str) -> np.ndarray:
    check_iterator(values, what)
    form = form_of(values)
    if form is not None:
        return form.numbers(what)
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise SizeError(f"{what}: not a rectangular array ({error})") from None
    if array.dtype == object and hasattr(values, "to_numpy"):  # pandas with missing entries
        check_kind(array, what)
        try:
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{what}: {type(values).__name__} with entries that are not numbers: {error}"
            ) from None
    return array
