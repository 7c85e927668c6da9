"""What pickles of objects with a JSON form are made of again."""

from __future__ import annotations

from typing import Any


def from_json(kind: Any, text: str) -> Any:
    """Return an object of its JSON form.

    A function of a module: by a method of a class cloudpickle, which joblib and Dask pickle with,
    would take the whole class along.
    """
    return kind.from_json(text)
