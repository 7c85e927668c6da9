"""The engine's own table of units and their options."""

from __future__ import annotations

import json
from typing import Any, TypedDict, overload

from .._engine.abi import lib, read_text
from .._engine.arrays import as_text
from .._engine.types import JsonObject


class UnitOption(TypedDict, total=False):
    """What the engine tells of an option."""

    type: str
    text: str
    default: Any  # as JSON has it
    least: float
    most: float
    words: list[str]
    form: str


@overload
def unit_options(kind: str) -> dict[str, UnitOption]: ...
@overload
def unit_options(kind: None = ...) -> dict[str, dict[str, UnitOption]]: ...
def unit_options(
    kind: str | None = None,
) -> dict[str, UnitOption] | dict[str, dict[str, UnitOption]]:
    """Read the options of units from the engine: what they are called, take and default to.

    Parameters
    ----------
    kind : str, optional
        A kind of unit, as in `Network.unit`; all of them by default.

    Returns
    -------
    dict
        Of one kind: its options by name, each a dict with "type", "text" and "default"; "least" and
        "most" where they bound a number, "words" where there are texts that it takes, "form" where
        it is written in JSON in a way of its own. A default of None is none, or follows from the
        size or other options: the text says which. Of all kinds: these dicts by kind.

    Raises
    ------
    ArgumentError
        An unknown kind; the message lists those that there are.

    Examples
    --------
    >>> bt.unit_options("softmax")["temperature"]["default"]
    1
    >>> bt.unit_options("lstm")["profile"]["words"]
    ['zeta', 'logistic']
    >>> "gru" in bt.unit_options()
    True
    """
    text = None if kind is None else as_text(kind, "kind")
    document = json.loads(read_text(lib.bt_unit_options, text))
    if kind is not None:
        return _by_name(document)
    return {unit["kind"]: _by_name(unit) for unit in document}


def _by_name(unit: JsonObject) -> dict[str, UnitOption]:
    return {row.pop("name"): row for row in unit["options"]}
