"""One network in the user's units: the best member with its scales and dead times folded in."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import ArrayLike

from .._engine.errors import NetworkError
from .._engine.types import JsonObject
from ..networks.linear.operating import taps
from ..networks.network import Network
from ..networks.structure import INPUT, Structure
from .member import Member


def single(member: Member) -> Network:
    """Return a network that does in the user's units what a member does in deviations.

    On the clock of the member: a time step is `front.factor` of the user's, its inputs are means
    over these. The names of groups and weights stay; scales go into weights and biases, dead times
    into the lags of inputs, the mean learnt state into learnt initial states (weights "x.x0" and
    the like), and inputs rest at their means.

    Raises
    ------
    NetworkError
        Groups other than sums with weights read the input or what was measured of the outputs.
    """
    structure = Structure(member.net)
    document = structure.document
    folding = _Folding(member, structure)
    document["groups"] = [folding.group(group) for group in document["groups"]]
    folding.start(resting(member, np.zeros((1, member.net.inputs))))
    document["weights"] = folding.weights
    document["rest"] = folding.rest
    document.pop("seed", None)
    labels = document.get("data")
    if labels and labels.get("samplingTime"):
        labels["samplingTime"] *= member.front.factor
    return Network.from_json(json.dumps(document))


def resting(member: Member, inputs: np.ndarray) -> np.ndarray:
    """Return the state of a run of which no output is known, also where the network says it."""
    state = member.resting(inputs)
    return member.net._own_start() if state is None else state


def state_of(
    member: Member, net: Network, state: np.ndarray, first: np.ndarray | None = None
) -> np.ndarray:
    """Return the state of `single` that is a state of a member, (state_size,) to another.

    Parameters
    ----------
    member : Member
    net : Network
        What `single` returned.
    state : array of shape (state_size of the member,)
    first : array of shape (M,), optional
        What inputs that come late were before the first time step, in the user's units; their mean
        by default. A member takes them to have been their first value. With dead times that are
        no whole time steps of the network the first outputs agree nearly.
    """
    old, new = Structure(member.net), Structure(net)
    scale = member.front.u
    past = old.past(state)
    known = scale.restore(past[INPUT])
    depth, _ = new.depths()
    before = scale.mean if first is None else first
    rows = np.repeat(np.asarray(before, dtype=float)[None], depth[INPUT], axis=0)
    for m, delay in enumerate(np.ceil(member.front.delays / member.front.factor).astype(int)):
        rows[delay : delay + len(known), m] = known[: max(0, len(rows) - delay), m]
        if delay + len(known) < len(rows):
            rows[delay + len(known) :, m] = scale.mean[m]
    outputs = {name for name, _ in old.observed}
    restore = member.front.y.restore
    found = {
        name: restore(values) if name in outputs else values
        for name, values in past.items()
        if name != INPUT
    }
    return new.state(found | {INPUT: rows})


class _Folding:
    """The groups of a document, one after the other, and the weights that they get."""

    def __init__(self, member: Member, structure: Structure) -> None:
        self.member, self.structure, self.front = member, structure, member.front
        self.weights: list[JsonObject] = []
        self.rest: JsonObject = {}
        self.outputs: dict[str, slice] = {}
        first = 0
        for name, count in structure.observed:
            if count != structure.sizes[name] or structure.groups[name]["kind"] != "learnware":
                raise NetworkError(f"group {name}: its outputs cannot be scaled by weights")
            self.outputs[name] = slice(first, first + count)
            first += count
        old = {item["name"]: item for item in structure.document["weights"]}
        self._fixed = {name: item.get("fixed") for name, item in old.items()}

    def group(self, group: JsonObject) -> JsonObject:
        """Return a group that reads and gives the user's units."""
        name = group["name"]
        if group["kind"] == "measured":
            return group
        if group["kind"] != "learnware":
            if any(self._channels(source) for source, _ in self.structure.reads(name)):
                raise NetworkError(f"group {name}: it reads inputs or outputs without weights")
            return group
        own = self.outputs.get(name)
        rows = np.ones(group["size"]) if own is None else self.front.y.deviation[own]
        bias = self.structure.bias(name)
        connections = []
        for item in group.get("connections") or []:
            matrix = self.structure.matrix(name, item)
            channels = self._channels(item["source"])
            if channels is not None:
                mean, deviation = channels
                matrix = matrix / deviation
                bias = bias - matrix @ mean
            connections += self._connections(item, matrix * rows[:, None])
        if own is not None:
            bias = bias * rows + self.front.y.mean[own]
        known = group.get("bias")
        weight = f"{name}.a" if known is None else known["weight"]
        if known is not None or bias.any():
            self._add(weight, bias)
            group = group | {"bias": {"weight": weight}}
        return group | {"connections": connections}

    def _channels(self, source: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the means and deviations of a source that is in the user's units."""
        if source == INPUT:
            return self.front.u.mean, self.front.u.deviation
        own = self.outputs.get(self.structure.source(source, 0)[0])
        return None if own is None else (self.front.y.mean[own], self.front.y.deviation[own])

    def _connections(self, item: JsonObject, matrix: np.ndarray) -> list[JsonObject]:
        """Return a connection, or several where channels of the input come at different lags."""
        if item["source"] != INPUT:
            return [self._connected(item, item["weight"], matrix, item["lag"])]
        parts: dict[int, np.ndarray] = {}
        for m, delay in enumerate((self.front.delays / self.front.factor).tolist()):
            for lag, share in taps(delay):
                part = parts.setdefault(item["lag"] + lag, np.full(matrix.shape, np.nan))
                part[:, m] = share * matrix[:, m]
        names = [item["weight"], *(f"{item['weight']}_lag{lag}" for lag in sorted(parts)[1:])]
        return [
            self._connected(item, name, parts[lag], lag) for name, lag in zip(names, sorted(parts))
        ]

    def _connected(self, item: JsonObject, weight: str, matrix: np.ndarray, lag: int) -> JsonObject:
        """Return a connection of these weights; NaN, and what was no connection, is none."""
        entries = item.get("entries")
        there = np.isfinite(matrix)
        if item["form"] == "diagonal":
            entries = np.arange(len(matrix)) * (len(matrix) + 1)
        if entries is not None:
            present = np.zeros(matrix.size, dtype=bool)
            present[entries] = True
            there &= present.reshape(matrix.shape)
        found = {"weight": weight, "source": item["source"], "lag": lag, "form": "dense"}
        fixed = self._fixed[item["weight"]]
        if fixed is not None and len(fixed) == matrix.size:
            fixed = np.reshape(fixed, matrix.shape)[there]
        elif fixed is not None:
            fixed = np.full(int(there.sum()), all(fixed))
        if not there.all():
            found |= {"form": "sparse", "entries": np.flatnonzero(there).tolist()}
        self._add(weight, matrix[there], fixed)
        return found

    def _add(self, name: str, values: np.ndarray, fixed: ArrayLike | None = None) -> None:
        item: JsonObject = {"name": name, "values": values.ravel().tolist()}
        if fixed is not None and np.any(fixed):
            item["fixed"] = np.asarray(fixed).ravel().tolist()
        self.weights.append(item)

    def start(self, state: np.ndarray) -> None:
        """Let runs begin in a state of the member: learnt initial states, inputs at rest."""
        past = self.structure.past(state)
        depths, measured = self.structure.depths()
        rests = {}
        for group in self.structure.document["groups"]:
            name = group["name"]
            depth = max(depths[name], measured[name])
            if not depth:
                continue
            rows = past[name]
            if name in self.outputs:
                own = self.outputs[name]
                rows = rows * self.front.y.deviation[own] + self.front.y.mean[own]
            if measured[name]:
                rests[name] = rows[0].tolist()
            initial = f"{name}.x0"
            group["initial"] = {"weight": initial, "depth": depth}
            self._add(initial, rows)
        known = past[INPUT][:1] if len(past[INPUT]) else np.zeros((1, self.structure.sizes[INPUT]))
        self.rest = {"values": self.front.u.restore(known)[0].tolist()}
        if rests:
            self.rest["groups"] = rests
