"""The best on all of a long record of which candidates saw little, trained on there in free run."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .candidates import Candidate, Effort
from .networks import Form, states_of, widened
from .pool import reach
from .record import Record
from .records import refitted
from .search import Search
from .unknown import stays

# How many of the best go on as they are, how many get more nodes, and how many more, once each.
_BEST, _WIDENED, _MORE = 2, 1, (4, 8)
# Observed values per weight of those, at least.
_VALUES_PER_WEIGHT = 100
# First on windows of so many steps, then on all that refits take.
_WINDOWS, _EFFORT = 40_000, Effort(6e9, 10, 40, 0.001)
_LAST_EFFORT = Effort(8e9, 10, 20, 0.001)


class _Task(NamedTuple):
    parent: Candidate
    whole: Record
    nodes: int
    draw: int


def trained_longer(
    candidates: list[Candidate],
    wholes: list[Record],
    errors: np.ndarray,
    wider: bool,
    search: Search,
) -> list[Candidate]:
    """Return copies of the best by `errors`, (candidates,), trained on.

    What a window of the record, or predictions of one step, leave open is seen on all of it.
    `wider`: some get more nodes.
    """
    order = np.argsort(errors, kind="stable").tolist()
    layered = [k for k in order if candidates[k].kind.form.hidden and np.isfinite(errors[k])]
    wanted = [(k, 0) for k in layered[:_BEST]]
    for k in layered[:_WIDENED] if wider else ():
        most = refitted(wholes[k]).values() / _VALUES_PER_WEIGHT
        wanted += [(k, n) for n in _MORE if _wider(candidates[k].kind.form, n).weights <= most]
    tasks = [_Task(candidates[k], wholes[k], nodes, draw) for draw, (k, nodes) in enumerate(wanted)]

    def error(found: Candidate | None) -> float:
        return np.inf if found is None else float(found.errors[-1])

    made = search.work("refitted", _trained, tasks, error)
    limit = reach(candidates)
    return [item for item in made if item is not None and stays(item, limit)]


def _wider(form: Form, nodes: int) -> Form:
    return replace(form, hidden=form.hidden + nodes)


def _trained(task: _Task) -> Candidate | None:
    parent = task.parent
    net, kind = parent.net.copy(), replace(parent.kind, training="output error")
    net.set_weights(parent.best)
    if task.nodes:
        form = _wider(kind.form, task.nodes)
        states = states_of(net, parent.record.u, parent.starts)
        net, kind = widened(net, form, states, task.draw), replace(kind, form=form)
    item = Candidate(parent.record, net, kind, parent.search)
    first, last = refitted(task.whole, _WINDOWS), refitted(task.whole)
    item.best, starts = item.refit(first, _EFFORT)
    if last is not first and starts is not None:
        item.best, starts = item.refit(last, _LAST_EFFORT)
    if starts is None:
        return None
    item.refitted = True
    item.starts = item.fitted_starts(item.record)
    return item.judge()
