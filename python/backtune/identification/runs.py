"""Runs of the members of a model, and what came for them."""

from __future__ import annotations

import hashlib

import numpy as np

from .._engine.data.pairs import paired, placed
from .._engine.data.parts import observed_end
from .._engine.data.sequences import Sequences, read
from .._engine.data.times import check_sampling
from .._engine.errors import ArgumentError
from .._engine.types import DataLike
from .base import ModelBase
from .combination import at_horizons, weighted_median, weights_of
from .member import Member
from .outside import warn_of_far_states

Arrays = list[np.ndarray]

# Time steps of a sequence of the record that longer inputs are looked at for, at least.
_LEAST_KNOWN = 20


def read_record(
    model: ModelBase, u: DataLike, y: DataLike | None
) -> tuple[Sequences, Arrays, Arrays]:
    """Return inputs as they came, without missing values, and outputs of their length at most."""
    net = model.net
    given = read(u, net.inputs, "u", net.input_names)
    check_sampling(net.sampling_time, given.forms)
    arrays = given.arrays
    if model.input_model is not None:
        arrays = model.input_model.filled(arrays)
    for place, item in enumerate(arrays):
        if not np.isfinite(item).all():
            raise ArgumentError(f"u[{place}]: NaN or infinite, expected finite values")
    known = [np.empty((0, net.outputs))] * len(arrays)
    if y is not None:
        first = read(y, net.outputs, "y", net.output_names)
        rows = paired(given, first, "u", "y")
        known = placed(first.arrays, rows, given.lengths, np.nan)
    for place, item in enumerate(known):
        if np.isinf(item).any():
            raise ArgumentError(f"y[{place}]: an infinite value (NaN means missing)")
    return given, arrays, known


def free(model: ModelBase, members: list[Member], arrays: Arrays, known: Arrays) -> list[Arrays]:
    """Return free runs in the user's units: of each sequence, of each member."""
    seen = places_of(model, arrays)
    told = [bool(np.isfinite(item).any()) for item in known]
    plain = [k for k, any_known in enumerate(told) if not any_known]
    rest = [k for k, any_known in enumerate(told) if any_known]
    first = [padded(known[k][: observed_end(known[k])], len(arrays[k])) for k in rest]
    results = []
    for member in members:
        runs: dict[int, np.ndarray] = {}
        if plain:
            starts = [None if (place := seen[k]) is None else member.starts[place] for k in plain]
            runs.update(zip(plain, member.simulate([arrays[k] for k in plain], starts)))
        runs.update(zip(rest, member.go_on([arrays[k] for k in rest], first)))
        results.append([runs[k] for k in range(len(arrays))])
    return [list(group) for group in zip(*results)]


def after(model: ModelBase, arrays: Arrays, known: Arrays) -> Arrays:
    """Return what follows the last measured outputs, (members, T, O) of each sequence."""
    desired = [padded(item, len(array)) for item, array in zip(known, arrays)]
    runs = [member.go_on(arrays, desired) for member in model.members]
    return [np.stack(group) for group in zip(*runs)]


def _predicted(
    member: Member, arrays: Arrays, known: Arrays, steps: float, seen: list[int | None]
) -> Arrays:
    """Return predictions of a member, which begin as the record did where it is seen again."""
    found = []
    for array, item, place in zip(arrays, known, seen):
        starts = None if place is None else [member.starts[place]]
        found += member.predict([array], [item], steps, starts)
    return found


def simulated(model: ModelBase, arrays: Arrays, known: Arrays, linear: bool = False) -> Arrays:
    """Return what the model, or the best linear one, says in free run, (T, O) of each sequence."""
    weights = np.ones(1) if linear else model.weights(None)
    members = [model.linear] if linear else model.members
    members = [member for member, weight in zip(members, weights) if weight > 0]
    runs = free(model, members, arrays, known)
    look_outside(model, members[0], arrays, known)
    weights = weights[weights > 0]
    return [weighted_median(np.stack(run), weights) for run in runs]


def look_outside(model: ModelBase, member: Member, arrays: Arrays, known: Arrays) -> None:
    """Warn of runs of a member that leave the range of the record."""
    starts = []
    for array, item, place in zip(arrays, known, places_of(model, arrays)):
        start = None if place is None else member.starts[place]
        if np.isfinite(item).any():
            front = member.front
            start = member.start(front.inputs(array), front.outputs(item[: observed_end(item)]))
        starts.append(start)
    warn_of_far_states(member, arrays, starts)


def predicted(model: ModelBase, arrays: Arrays, known: Arrays, steps: float) -> Arrays:
    """Return what the model says so many steps ahead, (T, O) of each sequence."""
    weights, seen = model.weights(steps), places_of(model, arrays)
    heads = [
        _early(model, item, steps) if place is None else np.empty((0, len(weights)))
        for item, place in zip(known, seen)
    ]
    used = np.any([weights > 0, *[(head > 0).any(axis=0) for head in heads]], axis=0)
    desired = [padded(item, len(array)) for item, array in zip(known, arrays)]
    runs = [
        _predicted(member, arrays, desired, steps, seen)
        for member, counts in zip(model.members, used)
        if counts
    ]
    found = []
    for group, head in zip(zip(*runs), heads):
        run, first = np.stack(group), len(head)
        early = weighted_median(run[:, :first], head[:, used])
        found.append(np.concatenate([early, weighted_median(run[:, first:], weights[used])]))
    return found


def _early(model: ModelBase, known: np.ndarray, steps: float) -> np.ndarray:
    """Return how much members count in the first time steps, (n, members).

    Until as many outputs were measured as a regression reads, it says nothing.
    """
    lags = np.array([member.lags for member in model.members])
    scores = np.stack([member.scores for member in model.members], axis=1)
    told = np.isfinite(known).all(axis=1).cumsum()
    first = int(np.searchsorted(told, lags.max(initial=0)))
    if not np.isfinite(steps) or not first:
        return np.empty((0, len(lags)))
    late = int(min(steps, len(known)))
    rows = min(len(known), first + late)
    seen = np.concatenate([np.zeros(late, dtype=int), told])[:rows]
    row = at_horizons(scores, np.array([steps]))[0]
    told_enough = lags <= seen[:, None]
    early = np.where(told_enough, row, np.inf)
    # Where no predictor is left, as in free run.
    none = ~np.isfinite(early).any(axis=1)
    early[none] = np.where(told_enough[none], scores[-1], np.inf)
    return weights_of(early, np.full(rows, steps), model.members[0].precise)


def followed(model: ModelBase, place: int, before: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the free run (T, O) of inputs u (T, M) that follow the first ones of a sequence.

    It begins as that sequence of the record did, whose first inputs, (n, M), are `before`.
    """
    whole = np.concatenate([before, u])
    found = [member.simulate([whole], [member.starts[place]])[0] for member in model.members]
    return weighted_median(np.stack(found), model.weights(None))[len(before) :]


def places_of(model: ModelBase, arrays: Arrays) -> list[int | None]:
    """Return which sequence of the record inputs are, or begin with; None where none.

    Of several the longest one; a sequence of a few steps is not looked for in longer inputs. Where
    the record has the same inputs several times, they are taken one after the other.
    """
    places: dict[str, list[int]] = {}
    for place, known in enumerate(model._digests):
        places.setdefault(known, []).append(place)
    lengths = sorted({int(known.partition(":")[0]) for known in places}, reverse=True)
    told: dict[str, int] = {}
    found: list[int | None] = []
    for u in arrays:
        looked = (n for n in lengths if n == len(u) or _LEAST_KNOWN <= n < len(u))
        own = next((d for d in (digest(u[:n]) for n in looked) if d in places), None)
        if own is None:
            found.append(None)
        else:
            found.append(places[own][told.get(own, 0) % len(places[own])])
            told[own] = told.get(own, 0) + 1
    return found


def padded(y: np.ndarray, steps: int) -> np.ndarray:
    """Return outputs of so many rows, NaN after their end."""
    more = np.full((steps - len(y), y.shape[1]), np.nan)
    return np.concatenate([y, more])


def digest(u: np.ndarray) -> str:
    """Return what tells inputs from others: their length, and a hash of their bits."""
    return f"{len(u)}:{hashlib.sha256(np.ascontiguousarray(u).tobytes()).hexdigest()}"
