"""Members from candidates: where their runs begin, and how far their states go in the record."""

from __future__ import annotations

import numpy as np

from .._engine.types import Starts
from ..networks.network import Network
from .candidates import Candidate
from .member import Member, equilibrium
from .outside import range_of
from .records import Record
from .report import Trial

# Time steps of the heads that states are taken of, times in all of them, places where starts are
# looked at, and time steps of such a look.
_HEAD, _TIMES, _PLACES, _LOOK = 2000, 40, 8, 50
# Time steps of a sequence that the range of states is of.
_RANGED = 100_000
# States beyond are of a run that diverges.
_HUGE = 1e100


def make_member(
    item: Candidate, whole: Record, starts: Starts, scores: np.ndarray, trial: Trial
) -> Member:
    """Make a member of a candidate."""
    net, kind = item.net, item.kind.training
    states = _states(net, whole, starts)
    deviation = states.std(axis=0)
    if any(start is None for start in starts):
        # Where sequences share their start, that is where others begin.
        rest, settles = net._own_start(), False
    else:
        rest = states.mean(axis=0)
        settles = _settles(net, whole, rest)
    made = Member(net, kind, whole.front, starts, rest, deviation, settles, scores, trial)
    made.reach = range_of(made, [item[:_RANGED] for item in whole.u])
    return made


def _states(net: Network, record: Record, starts: Starts) -> np.ndarray:
    """Return states at times spread over the heads of sequences, (times, state_size)."""
    inputs, begins = [], []
    share = max(1, _TIMES // len(record.u))
    for u, start in list(zip(record.u, starts))[:_TIMES]:
        cuts = np.linspace(0, min(_HEAD, len(u)), share + 1).astype(int)[1:]
        inputs += [u[:cut] for cut in cuts.tolist()]
        begins += [start] * share
    states = np.array([state for _, state in net.simulate(inputs, begins, return_state=True)])
    states = states[(np.abs(states) < _HUGE).all(axis=1)]
    return states if len(states) else np.zeros((1, net.state_size))


def _settles(net: Network, record: Record, rest: np.ndarray) -> bool:
    """Tell whether runs from the equilibrium of their first input fit better than from `rest`."""
    windows = []
    for u, y in zip(record.u, record.y):
        places = np.linspace(0, max(0, len(u) - _LOOK), _PLACES).astype(int)
        windows += [(u[p : p + _LOOK], y[p : p + _LOOK]) for p in np.unique(places).tolist()]
    windows = windows[: 4 * _PLACES]
    inputs = [u for u, _ in windows]
    errors = []
    for begins in ([rest] * len(inputs), [equilibrium(net, u, rest) for u in inputs]):
        runs = net.simulate(inputs, begins)
        gaps = np.concatenate([(run - y).ravel() for run, (_, y) in zip(runs, windows)])
        errors.append(float(np.nanmean(gaps**2)))
    return errors[1] < errors[0]
