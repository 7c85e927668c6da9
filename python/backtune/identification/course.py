"""The course of an identification: what is tried, in which order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine.data.front import Front
from ..estimation.input_model import InputModel
from . import linear as lines
from .candidates import Candidate
from .combination import HORIZONS, PERFECT, weights_of
from .longer import trained_longer
from .making import make_member
from .missing import opened, weighed
from .model import IdentifiedModel
from .networks import Form
from .options import Options
from .pool import bar_predictions, chosen, compare, held_back_errors, scores_of
from .preparation import Preparation
from .race import HIDDEN, TANH, Plan, race
from .records import Record, raced
from .refits import fitted_starts, refit
from .regressions import fading_regressions, free_regressions
from .regressions import regressions as plain_regressions
from .report import IdentificationReport
from .reporting import Reported, trial_of
from .runs import digest
from .search import CTRL_C, Search
from .unseen import saw_little, scores_on_all

# Work of the race of free runs, and of that of predictors.
_WORK, _PREDICTION_WORK = 3e9, 1.2e9
# Looks at outliers, each without those of the look before.
_LOOKS = 3
# Linear models in free run from which predictors start.
_PREDICTORS = 10
# Seconds that are taken for members after Ctrl-C, the best at least being one.
_LAST = 0.02
# By how much, as logarithms, a layer must be better than the best linear model to be the single
# best one, and a larger linear model than a smaller one.
_GAIN, _MARGIN = 0.15, 0.05


class Course:
    """One identification.

    Parameters
    ----------
    u, y : list of array
        In the user's units; u finite, NaN in y for missing.
    front : Front
        Of the scales alone.
    """

    def __init__(
        self,
        u: list[np.ndarray],
        y: list[np.ndarray],
        gains: list[np.ndarray] | None,
        front: Front,
        options: Options,
        search: Search,
    ) -> None:
        self.options, self.search = options, search
        self._digests = [digest(item) for item in u]
        form = Form(u[0].shape[1], y[0].shape[1], 1, input_lag=options.input_lag)
        self._preparation = Preparation(u, y, gains, form, search)
        plain = self._preparation.record(front)
        self._form = replace(form, shared=plain.panel)
        self._preparation.form = self._form
        self._fronts = self._preparation.fronts(front, options.delay)
        # The record at its own pace, which predicts, and slower ones that simulate too.
        self._records = [self._preparation.record(item) for item in self._fronts]
        self._lines = self._linear(self._own)
        # They may hardly have been begun.
        if not self._lines or search.ended not in (None, CTRL_C):
            own, orders = raced(self._own), options.orders
            self._lines.append(lines.least(own, self._form, orders, options.seed, search))
        for _ in range(_LOOKS):
            if search.ended == CTRL_C:
                break
            best = min(self._lines, key=lambda item: item.validation)
            if not self._preparation.drop_outliers(best, self._own):
                break
            self._records = [self._preparation.record(item) for item in self._fronts]
            self._lines = self._linear(self._own) or self._lines

    @property
    def _own(self) -> Record:
        return self._records[0]

    def _linear(self, record: Record) -> list[Candidate]:
        options = self.options
        return lines.output_error(
            raced(record), self._form, options.orders, options.seed, self.search
        )

    def learn_missing(self, model: InputModel, given: list[np.ndarray]) -> None:
        """Let outputs count by what missing inputs leave open of them, by the best linear model."""
        best = min(self._lines, key=lambda item: item.validation)
        starts = best.head_starts(self._own)
        self._own.open = opened(best.net, self._own.front, model, given, starts)
        self._own.gains = weighed(self._own, best.net, starts, self._own.open)
        self._lines = self._linear(self._own) or self._lines

    def model(self, input_model: InputModel | None) -> IdentifiedModel:
        """Do the rest, and return the model."""
        everyone = list(self._lines)
        with self.search.kept():
            self._compete(everyone)
        self._note_missing_layer(everyone)
        try:
            return self._made(everyone, input_model)
        except KeyboardInterrupt:
            if self.search.ended is not None:
                raise
            # Once more, and shorter, with what there is.
            self.search.ended = CTRL_C
            return self._made(everyone, input_model)

    # ---- Inside

    def _made(self, everyone: list[Candidate], input_model: InputModel | None) -> IdentifiedModel:
        """Compare candidates, refit the best, and make the model of them."""
        unseen = saw_little(everyone, self._wholes(everyone))
        compared = compare(everyone, self.search, crosswise=not unseen)
        scores = scores_of(compared)
        if not np.isfinite(scores).any():
            scores = np.stack([item.scores for item in compared], axis=1)
        unseen = unseen and self.search.ended is None
        if unseen:
            more, scores = self._on_all(compared, scores)
            compared = compared + more
            everyone += more
        of_each = self._wholes(compared)
        members = self._ordered(compared, scores, chosen(scores, compared))
        items = [compared[k] for k in members]
        records = [of_each[k] for k in members]
        if self.search.ended is not None:
            seconds = _LAST if self.search.ended == CTRL_C else np.inf
            starts = fitted_starts(items, records, self.search, seconds)
            last = len(starts)
            members, items, records = members[:last], items[:last], records[:last]
        scores = scores[:, members]
        weights = weights_of(scores, np.array(HORIZONS), unseen)
        errors = held_back_errors(items, scores, unseen) * records[0].front.y.deviation
        if self.search.ended is None:
            starts = refit(items, records, weights[[-1, 0]], self.search)
        made = [
            make_member(item, whole, start, scores[:, k], trial_of(item, k, weights))
            for k, (item, whole, start) in enumerate(zip(items, records, starts))
        ]
        record = Reported(self._own, self._preparation.u)
        record.run(made, unseen)
        scores = np.stack([member.scores for member in made], axis=1)
        order = self._ordered(items, scores, list(range(len(made))))
        record.reorder(order)
        made, items = [made[k] for k in order], [items[k] for k in order]
        weights = weights_of(scores[:, order], np.array(HORIZONS), unseen)
        rows = {id(item): k for k, item in enumerate(items)}
        trials = [trial_of(item, rows.get(id(item)), weights) for item in everyone]
        for item, member in zip(items, made):
            member.trial = trials[everyone.index(item)]
        straight = [k for k, item in enumerate(items) if not item.kind.form.hidden]
        plain = [k for k in straight if items[k].kind.training != "arx"]
        line = (plain or straight or [0])[0]
        report = IdentificationReport(trials, findings=self._preparation.findings)
        places = {id(trial): k for k, trial in enumerate(report)}
        candidates = {places[id(member.trial)]: member for member in made}
        record.complete(report, made, line, weights[-1], self.search)
        return IdentifiedModel(
            made, made[line], report, errors, input_model, self._digests, candidates
        )

    def _wholes(self, items: list[Candidate]) -> list[Record]:
        """Return the record of each, of which it may have seen a part."""
        wholes = {id(record.front): record for record in self._records}
        return [wholes[id(item.record.front)] for item in items]

    def _on_all(
        self, compared: list[Candidate], scores: np.ndarray
    ) -> tuple[list[Candidate], np.ndarray]:
        """Train copies of the best on all of a long record; return them, and scores with theirs.

        Those of free runs are of all of it from then on.
        """
        wholes = self._wholes(compared)
        free = np.flatnonzero(np.isfinite(scores[-1]))
        part = [compared[k] for k in free], [wholes[k] for k in free]
        scores[-1, free] = scores_on_all(*part, self.search)
        wider = self.options.hidden is None
        more = trained_longer(compared, wholes, scores[-1], wider, self.search)
        # After Ctrl-C there is no time to look at them.
        if not more or self.search.ended is not None:
            return [], scores
        new = np.stack([item.scores for item in more], axis=1)
        new[-1] = scores_on_all(more, self._wholes(more), self.search)
        scores = np.hstack([scores, new])
        bar_predictions(scores, compared + more)
        return more, scores

    def _note_missing_layer(self, everyone: list[Candidate]) -> None:
        """Say where a layer was asked for and the record has too few values for its weights."""
        wanted = self.options.hidden
        least = min((item.validation for item in everyone), default=np.inf)
        if not wanted or self.search.ended is not None or least <= PERFECT:
            return
        if not any(item.kind.form.hidden for item in everyone):
            self._preparation.findings.append(
                f"layers: the record has too few values for {wanted[0]} nodes; linear models alone"
            )

    def _compete(self, everyone: list[Candidate]) -> None:
        """Add to the linear models of the record's own pace all others."""
        options, search = self.options, self.search
        lines_of = [self._lines, *(self._linear(record) for record in self._records[1:])]
        everyone += [item for found in lines_of[1:] for item in found]
        exact = min((item.validation for item in everyone), default=np.inf) <= PERFECT
        bent = not exact and options.hidden != ()
        if options.focus != "simulation" and not self._form.shared:
            part = raced(self._own)
            predictors = lines.prediction(part, self._lines, _PREDICTORS, search)
            everyone += predictors
            regressions = plain_regressions(part, self._form, search)
            everyone += regressions
            everyone += fading_regressions(part, self._form, search)
            everyone += free_regressions(part, regressions, search)
            # One of an integral is exact sooner than a model of states.
            bent = bent and not any(item.judge().errors[-1] <= PERFECT for item in regressions)
            if bent:
                everyone += self._raced(predictors, _PREDICTION_WORK, 1 / (1 + len(lines_of)))
        # Of sequences that share their start there are no predictors.
        if bent and (options.focus != "prediction" or self._form.shared):
            for found in lines_of:
                everyone += self._raced(found, _WORK / len(lines_of), 1 / len(lines_of))

    def _raced(self, linear: list[Candidate], work: float, share: float) -> list[Candidate]:
        hidden = HIDDEN if self.options.hidden is None else self.options.hidden
        plan = Plan(work, share, hidden)
        if linear and linear[0].kind.training == "prediction":
            plan = replace(plan, layers=(TANH,))
        return race(linear, plan, self.options.seed, self.search)

    def _ordered(self, items: list[Candidate], scores: np.ndarray, members: list[int]) -> list[int]:
        """Put the single best one first: the least model that is about as good as the best."""
        row = scores[0] if self.options.focus == "prediction" else scores[-1]
        members = sorted(members, key=lambda k: row[k])
        straight = [
            k for k in members if not items[k].kind.form.hidden and items[k].kind.training != "arx"
        ]
        if not straight or not np.isfinite(row[straight[0]]):
            return members
        best = members[0]
        if row[best] <= row[straight[0]] - _GAIN:
            return members
        near = [k for k in straight if row[k] <= row[straight[0]] + _MARGIN]
        first = min(near, key=lambda k: (items[k].kind.form.order, row[k]))
        return [first, *(k for k in members if k != first)]
