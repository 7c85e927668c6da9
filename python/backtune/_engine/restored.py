"""What pickles of objects with a JSON form are made of again."""

from __future__ import annotations

from typing import Protocol, TypeVar

Made = TypeVar("Made", covariant=True)


class Kind(Protocol[Made]):
    """A class of such objects."""

    def from_json(self, text: str, /) -> Made: ...  # noqa: D102


def from_json(kind: Kind[Made], text: str) -> Made:
    """Return an object of its JSON form.

    A function of a module: by a method of a class cloudpickle, which joblib and Dask pickle with,
    would take the whole class along.
    """
    return kind.from_json(text)
