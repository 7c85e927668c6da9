"""What is a number, and what is refused by the name of its kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_NO_NUMBERS = (str, bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)


def is_number(entry: object) -> bool:
    """Tell whether an entry of an object array is a real number, or missing."""
    if entry is None or type(entry).__name__ == "NAType":
        return True
    if isinstance(entry, _NO_NUMBERS) or type(entry).__name__ == "NaTType":
        return False
    return hasattr(entry, "__float__")


def check_kind(array: np.ndarray, what: str) -> None:
    """Raise TypeError for an array of anything but real numbers."""
    if array.dtype.kind in "biuf":
        return
    if array.dtype != object:
        raise TypeError(f"{what}: dtype {array.dtype}, expected real numbers")
    for entry in array.flat:
        if not is_number(entry):
            check_iterator(entry, what)
            raise TypeError(
                f"{what}: dtype object with a {type(entry).__name__} in it, expected real numbers"
            )


def check_iterator(values: object, what: str) -> None:
    """Raise TypeError for what can be gone through only once: generators, map, zip, files."""
    if isinstance(values, Iterator):
        raise TypeError(
            f"{what}: a {type(values).__name__} came, expected an array, a table or a list of such;"
            " list(...) makes a list of it"
        )
