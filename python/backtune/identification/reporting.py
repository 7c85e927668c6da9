"""What a report tells of candidates, and of members on the whole record."""

from __future__ import annotations

import time

import numpy as np

from .candidates import Candidate
from .combination import PERFECT, weighted_median
from .member import Member
from .networks import has_states, radius
from .record import Record
from .records import persistence
from .report import IdentificationReport, Trial
from .search import Search

# Time steps of each sequence that errors of the report are of, at most.
_REPORTED = 200_000
# A member whose free run of the record has this many times the least error has no say in free runs,
# and errors below the other, in squared deviations, are all alike.
_FAILS, _ALIKE = 20.0, 1e-8
# A pole as near to the unit circle as that is told of.
_NEAR = 1e-6


def trial_of(item: Candidate, member: int | None, weights: np.ndarray) -> Trial:
    """Return what is told of a candidate.

    `member` is its place among the members, None for none; weights (4, members).
    """
    form, kind = item.kind.form, item.kind
    return Trial(
        order=form.order,
        hidden=form.hidden,
        draw=kind.draw,
        ridge=kind.ridge,
        iterations=item.iterations,
        validation=float(item.errors[-1]) if np.isfinite(item.errors[-1]) else item.validation,
        crossed=None if item.crossed is None else float(item.crossed[-1]),
        seconds=item.seconds,
        chosen=member == 0,
        kind=_kind_told(item),
        layer=form.layer.name if form.hidden else "",
        factor=item.record.front.factor,
        prediction=float(item.errors[0]),
        weight=0.0 if member is None else float(weights[-1][member]),
        prediction_weight=0.0 if member is None else float(weights[0][member]),
    )


def _kind_told(item: Candidate) -> str:
    """Return the kind of a trial: orders of regressions are no numbers of states."""
    freed = item.kind.training == "output error" and not has_states(item.net)
    return "free arx" if freed else item.kind.training


class Reported:
    """Free runs of members over the record, of which the errors are told.

    Parameters
    ----------
    own : Record
        At its own pace.
    u : list of array
        Inputs in the user's units.
    """

    def __init__(self, own: Record, u: list[np.ndarray]) -> None:
        self._own = own
        self._u = [item[:_REPORTED] for item in u]
        self._desired = np.concatenate([item[:_REPORTED] for item in own.fine])
        self._runs: list[np.ndarray] = []
        self._errors: list[float] = []

    def run(self, members: list[Member], unseen: bool) -> None:
        """Run members; those that fail on the record itself lose their say in free runs.

        `unseen`: it is little of the record that they were compared on, and these errors are their
        scores in free run from now on.
        """
        self._runs = [self._one(member) for member in members]
        self._errors = [self._error(run) for run in self._runs]
        limit = _FAILS * max(min(self._errors), _ALIKE)
        counted = [np.isfinite(member.scores[-1]) for member in members]
        if any(some and error <= limit for some, error in zip(counted, self._errors)):
            for member, some, error in zip(members, counted, self._errors):
                if not error <= limit:
                    member.scores[-1] = np.inf
                elif some and unseen:
                    member.scores[-1] = np.log(max(error, PERFECT))
        for member in members:
            member.precise = unseen

    def reorder(self, order: list[int]) -> None:
        """Take members in another order."""
        self._runs = [self._runs[k] for k in order]
        self._errors = [self._errors[k] for k in order]

    def complete(
        self,
        report: IdentificationReport,
        members: list[Member],
        line: int,
        weights: np.ndarray,
        search: Search,
    ) -> None:
        """Complete a report; `line` is the place of the best linear member."""
        counted = weights > 0
        runs = np.stack([run for run, some in zip(self._runs, counted) if some])
        report.training = self._error(weighted_median(runs, weights[counted]))
        report.best_member_error = self._errors[0]
        report.linear_error = self._errors[line]
        report.persistence = persistence(self._own)
        # Those of the linear part of a layered model are not the poles of its runs.
        size = 0.0 if members[0].trial.hidden else radius(members[0].net)
        if size >= 1 - _NEAR:
            # What it stands for does not even double within the record.
            longest = max(map(len, self._own.u))
            where = "on" if longest * np.log(size) < np.log(2) else "outside"
            report.findings.append(f"poles: one {where} the unit circle, modulus {size:.9g}")
        report.interrupted = search.ended
        report.seconds = time.perf_counter() - search.began

    def _one(self, member: Member) -> np.ndarray:
        found = np.concatenate(member.simulate(self._u, member.starts))
        return self._own.front.y.apply(found)

    def _error(self, run: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.mean(np.nanmean((run - self._desired) ** 2, axis=0)))
        return error if np.isfinite(error) else np.inf
