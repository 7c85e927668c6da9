"""The JSON form of a network, as `Network.to_json` writes it: the page "The file of a network"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, TypedDict

from .._engine.network import NetworkHandle
from .._engine.types import JsonObject


class FunctionForm(TypedDict, total=False):
    """A scalar function: its name, and the parameters that it has."""

    name: str
    a: float
    b: float
    eps: float
    w: float


class _Read(TypedDict):
    source: str
    lag: int


class FactorForm(_Read):
    """A factor of a term: a function of what is read."""

    f: FunctionForm


class TermForm(TypedDict):
    """A coefficient times a product."""

    coef: float
    factors: list[FactorForm]


class ConnectionForm(_Read, total=False):
    """What is read through weights."""

    form: Literal["dense", "diagonal", "sparse", "shared"]
    weight: str
    entries: list[int]
    slotOfEntry: list[int]


class SlotsForm(TypedDict, total=False):
    """Weights of nodes: a bias, with `index` where they share some; learnt values before t = 0."""

    weight: str
    index: list[int]
    depth: int


class GroupForm(TypedDict, total=False):
    """A group, of any kind: what it has not is absent."""

    name: str
    size: int
    kind: Literal["learnware", "firmware", "softmax", "measured"]
    bias: SlotsForm
    connections: list[ConnectionForm]
    terms: list[TermForm]
    initial: SlotsForm
    # Of a softmax, and of what is measured.
    source: str
    lag: int
    temperature: float
    standsForInput: bool


def readers(group: GroupForm) -> Iterator[GroupForm | ConnectionForm | FactorForm]:
    """Iterate over what of a group reads a source at a lag."""
    if "source" in group:
        yield group
    yield from group.get("connections", [])
    for term in group.get("terms", []):
        yield from term["factors"]


def document(net: NetworkHandle) -> JsonObject:
    """Return the JSON form of a network."""
    return json.loads(net.to_json())


def groups_of(net: NetworkHandle) -> list[GroupForm]:
    """Return the groups of a network in their order."""
    return document(net)["groups"]
