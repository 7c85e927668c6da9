"""Columns of tables matched by name with the channels of a network."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ArgumentError
from ..warn import warn
from .forms import Form

# Names listed one by one in a message, at most.
_LISTED = 8


def order_of(form: Form, names: Sequence[str] | None, what: str) -> list[int] | None:
    """Return the places of the columns that a network's channels are, None where they are as given.

    Columns without names are taken by place. Of one series, another name is worth a warning.

    Raises
    ------
    ArgumentError
        Columns that are missing, unknown or named twice.
    """
    came = form.names
    if names is None or came is None or came == names:
        return None
    if form.flat and len(names) == 1:
        warn(f"{what}: a series named {came[0]!r} came, and is taken as {names[0]!r}")
        return None
    return _places(came, names, what)


def row_order(form: Form, names: Sequence[str] | None, what: str) -> list[int] | slice:
    """Return the places of the values of a row of a table of pandas, whose index is the columns."""
    labels = [] if form.times is None else list(form.times)
    named = bool(labels) and all(isinstance(label, str) for label in labels)
    if names is None or not named or labels == list(names):
        return slice(None)
    return _places(labels, names, what)


def _places(came: Sequence[str], names: Sequence[str], what: str) -> list[int]:
    places = {name: place for place, name in enumerate(came)}
    if len(places) < len(came):
        twice = next(name for name in came if came.count(name) > 1)
        raise ArgumentError(f"{what}: column {twice!r} came twice")
    missing = [name for name in names if name not in places]
    unknown = [name for name in came if name not in names]
    if missing or unknown:
        said = [f"missing {listed(missing)}"] if missing else []
        said += [f"unknown {listed(unknown)}"] if unknown else []
        raise ArgumentError(f"{what}: columns {', '.join(said)}; expected {listed(names)}")
    return [places[name] for name in names]


def learnable(names: Sequence[str] | None, count: int) -> list[str] | None:
    """Return the names that a network of so many channels can keep."""
    if names is None or len(names) != count or len(set(names)) != count or not all(names):
        return None
    return None if any("\0" in name for name in names) else list(names)


def listed(names: Sequence[str]) -> str:
    """Return names in words, the first ones of many."""
    more = len(names) - _LISTED
    text = ", ".join(map(repr, names[:_LISTED]))
    return text + (f" and {more} more" if more > 0 else "")
