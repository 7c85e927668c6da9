"""What a network is made of, read from its JSON: values, slopes, states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .._engine.errors import ArgumentError
from .._engine.network import NetworkHandle
from . import scalars
from .document import ConnectionForm, GroupForm, TermForm, document, readers

INPUT = "input"


class Slope(NamedTuple):
    """How the nodes of a group answer a source some steps ago: a matrix (group, source)."""

    group: str
    source: str
    lag: int
    matrix: np.ndarray


class Structure:
    """The groups of a network in free run, what is measured being the groups themselves.

    Attributes
    ----------
    document : dict
        The JSON of the network.
    sizes : dict of str to int
        Nodes of the input and of each group.
    order : list of str
        Groups in the order of evaluation, without those that are measured.
    places : dict of str to slice
        Those of the nodes of these groups, `nodes` in all, one group after the other.
    slots : dict of str to array
        What each array of weights keeps, in its order; complex ones carry derivatives.
    observed : list of (str, int)
        Groups that are outputs, and how many nodes of each.
    """

    def __init__(self, net: NetworkHandle) -> None:
        self.document = document(net)
        groups: list[GroupForm] = self.document["groups"]
        self.groups = {group["name"]: group for group in groups}
        self.sizes = {INPUT: self.document["inputs"]}
        self.sizes |= {name: group["size"] for name, group in self.groups.items()}
        weights = self.document["weights"]
        self.slots = {item["name"]: np.array(item["values"], dtype=float) for item in weights}
        self._free = {
            item["name"]: ~np.array(item.get("fixed") or [False] * len(item["values"]), dtype=bool)
            for item in weights
        }
        self.order = self._ordered()
        self.nodes = 0
        self.places: dict[str, slice] = {}
        for name in self.order:
            self.places[name] = slice(self.nodes, self.nodes + self.sizes[name])
            self.nodes += self.sizes[name]
        output = self.document.get("output")
        whole = [] if output is None else [(output, self.sizes[output])]
        observed = [(item["group"], item["outputs"]) for item in self.document.get("observe", [])]
        self.observed = observed or whole

    @property
    def is_linear(self) -> bool:
        """Whether all slopes are the same everywhere."""
        terms = [term for group in self.groups.values() for term in group.get("terms", [])]
        functions = [[factor["f"]["name"] for factor in term["factors"]] for term in terms]
        softmax = any(group["kind"] == "softmax" for group in self.groups.values())
        return not softmax and all(names in ([], ["identity"]) for names in functions)

    @property
    def free_outputs(self) -> list[tuple[str, int]]:
        """What is observed, as `observed`; ArgumentError where that is measured, not made."""
        for name, _ in self.observed:
            if self.groups[name]["kind"] == "measured":
                raise ArgumentError(
                    f"network: it observes {name!r}, which is measured; expected groups that have"
                    " values in free run"
                )
        return self.observed

    # ---- Weights

    def is_free(self, name: str) -> np.ndarray:
        """Tell of each weight of an array whether it is adjusted."""
        return self._free[name]

    def vector(self) -> np.ndarray:
        """Return the adjustable weights as `Network.get_weights` does."""
        return np.concatenate([v[self._free[name]] for name, v in self.slots.items()])

    def set_vector(self, values: np.ndarray) -> None:
        """Set them; they may be complex."""
        first = 0
        for name, old in self.slots.items():
            free = self._free[name]
            count = int(free.sum())
            new = old.astype(values.dtype)
            new[free] = values[first : first + count]
            self.slots[name] = new
            first += count

    def matrix(self, group: str, connection: ConnectionForm) -> np.ndarray:
        """Return the weights of a connection as a matrix (nodes, source nodes)."""
        shape = (self.sizes[group], self.sizes[connection["source"]])
        slots = self.slots[connection["weight"]]
        form = connection["form"]
        if form == "dense":
            return slots.reshape(shape)
        if form == "diagonal":
            return np.diag(slots)
        found = np.zeros(shape, dtype=slots.dtype)
        where = np.unravel_index(connection["entries"], shape)
        found[where] = slots if form == "sparse" else slots[connection["slotOfEntry"]]
        return found

    def bias(self, group: str) -> np.ndarray:
        """Return the bias of a group, one value a node; zero without."""
        known = self.groups[group].get("bias")
        if known is None:
            return np.zeros(self.sizes[group])
        slots = self.slots[known["weight"]]
        index = known.get("index")
        return slots if index is None else slots[index]

    def weights_of(self, group: str) -> Iterator[str]:
        """Iterate over the names of the arrays that a group takes its weights of."""
        known = self.groups[group]
        parts = [known.get("bias"), *known.get("connections", []), known.get("initial")]
        yield from (part["weight"] for part in parts if part is not None)

    # ---- Sources

    def source(self, name: str, lag: int) -> tuple[str, int]:
        """Return what is read in free run: of a measured group the group itself."""
        group = self.groups.get(name)
        if group is None or group["kind"] != "measured":
            return name, lag
        return group["source"], lag + group["lag"]

    def reads(self, name: str) -> Iterator[tuple[str, int]]:
        """Iterate over the sources of a group as they are named, with their lags."""
        return ((item["source"], item["lag"]) for item in readers(self.groups[name]))

    def _ordered(self) -> list[str]:
        """Put what is read at lag 0 before its readers."""
        found: list[str] = []

        def visit(name: str) -> None:
            if name in found or name == INPUT:
                return
            for source, lag in (self.source(*item) for item in self.reads(name)):
                if lag == 0:
                    visit(source)
            found.append(name)

        for name, group in self.groups.items():
            if group["kind"] != "measured":
                visit(name)
        return found

    # ---- States, as `Network.simulate` takes them

    def depths(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how far back the input and groups are read, themselves and as measured."""
        own, measured = dict.fromkeys(self.sizes, 0), dict.fromkeys(self.sizes, 0)
        for name, group in self.groups.items():
            for source, lag in self.reads(name):
                own[source] = max(own[source], lag)
                if group["kind"] == "measured":
                    measured[source] = max(measured[source], lag)
        return own, measured

    def past(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """Take a flat state apart: values (depth, size) by group, the latest first.

        Where something was measured, it stands in the place of what the group was itself.
        """
        own, measured = self.depths()
        found, first = {}, 0

        def taken(name: str, depth: int) -> np.ndarray:
            nonlocal first
            begin, first = first, first + depth * self.sizes[name]
            return np.array(state[begin:first]).reshape(depth, self.sizes[name])

        for name, depth in own.items():
            found[name] = taken(name, depth)
        for name, depth in measured.items():
            known = taken(name, depth)
            found[name][:depth] = np.where(np.isfinite(known), known, found[name][:depth])
        for name, depth in own.items():
            source, lag = self.source(name, 0)
            if lag and lag + depth > len(found[source]):
                found[source] = np.concatenate([found[source][:lag], found[name]])
        return found

    def state(self, past: dict[str, np.ndarray]) -> np.ndarray:
        """Return the flat state of such values; one row stands for all."""
        own, measured = self.depths()
        parts = [
            np.broadcast_to(past[name], (depth, self.sizes[name]))[:depth].ravel()
            if len(past[name]) == 1
            else past[name][:depth].ravel()
            for depths in (own, measured)
            for name, depth in depths.items()
            if depth
        ]
        return np.concatenate([np.empty(0), *parts])

    # ---- Values that stand still, and slopes

    def values(self, at: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what each group would be if all it reads were, and had been, these values."""
        return {name: self._value(name, at) for name in self.order}

    def _value(self, name: str, at: dict[str, np.ndarray]) -> np.ndarray:
        group = self.groups[name]
        if group["kind"] == "softmax":
            z = at[group["source"]] / group.get("temperature", 1)
            shares = np.exp(z - np.real(z).max())
            return shares / shares.sum()
        total = self.bias(name)
        for item in group.get("connections", []):
            source, _ = self.source(item["source"], item["lag"])
            total = total + self.matrix(name, item) @ at[source]
        for term in group.get("terms", []):
            total = total + term["coef"] * np.prod(self._factors(name, term, at), axis=0)
        return total

    def _factors(self, name: str, term: TermForm, at: dict[str, np.ndarray]) -> list[np.ndarray]:
        found = [np.ones(self.sizes[name])]
        for item in term["factors"]:
            source, _ = self.source(item["source"], item["lag"])
            found.append(found[0] * scalars.value(item["f"], at[source]))
        return found

    def slopes(self, at: dict[str, np.ndarray]) -> Iterator[Slope]:
        """Iterate over the derivatives of all groups by what they read, at such values."""
        for name in self.order:
            group = self.groups[name]
            if group["kind"] == "softmax":
                p = self._value(name, at)
                matrix = (np.diag(p) - np.outer(p, p)) / group.get("temperature", 1)
                yield Slope(name, *self.source(group["source"], group["lag"]), matrix)
            for item in group.get("connections", []):
                source = self.source(item["source"], item["lag"])
                yield Slope(name, *source, self.matrix(name, item))
            for term in group.get("terms", []):
                yield from self._term_slopes(name, term, at)

    def _term_slopes(self, name: str, term: TermForm, at: dict[str, np.ndarray]) -> Iterator[Slope]:
        factors = self._factors(name, term, at)[1:]
        for place, item in enumerate(term["factors"]):
            source, lag = self.source(item["source"], item["lag"])
            own = term["coef"] * scalars.slope(item["f"], at[source]) * np.ones(self.sizes[name])
            for other in factors[:place] + factors[place + 1 :]:
                own = own * other
            # A source of one node is read by all.
            matrix = own[:, None] if self.sizes[source] == 1 else np.diag(own)
            yield Slope(name, source, lag, matrix)
