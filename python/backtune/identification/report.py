"""What identification tried, and how it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from .._engine import shown

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Trial:
    """One candidate.

    Attributes
    ----------
    order, hidden : int
        States, of regressions lags, and nodes of its nonlinear layer: 0 for a linear model.
    draw : int
        Which draw of its weights.
    ridge : float
        Strength of the ridge per observed value.
    iterations : int
        Of Gauss-Newton.
    validation : float
        Free-run mean square error on the held-back part, in squared deviations of the outputs.
    crossed : float or None
        The like, geometric mean over the last three quarters, each left out in turn of a further
        fit; None where that was not done.
    seconds : float
        Of computing.
    chosen : bool
        Whether it is the best member of the model in free run.
    kind : {"output error", "prediction", "arx", "free arx"}
        What it was trained by, see `Member`; "free arx" is a regression that was trained on in free
        run.
    layer : str
        The function of its nonlinear layer, "" for a linear model.
    factor : int
        Time steps of the record in one of the candidate.
    prediction : float
        Mean square error of predictions of one step on the held-back part; that of the free run
        where it reads no measured outputs.
    weight, prediction_weight : float
        How much it counts in the runs of the model, in free run and one step ahead: 1 the best, 0
        for those that are no members.
    """

    order: int
    hidden: int
    draw: int
    ridge: float
    iterations: int
    validation: float
    crossed: float | None
    seconds: float
    chosen: bool = False
    kind: str = "output error"
    layer: str = ""
    factor: int = 1
    prediction: float = np.inf
    weight: float = 0.0
    prediction_weight: float = 0.0

    def _repr_html_(self) -> str | None:
        return shown.html(self)


class IdentificationReport(list[Trial]):
    """What was tried: a list of `Trial`, the best by validation first.

    Attributes
    ----------
    seconds : float
        From the call of `identify` to its return.
    training : float
        NMSE of the model, refitted, on the whole record in free run; of the first 200,000 steps of
        longer sequences.
    persistence : float
        NMSE on the same record of the last measured output as a forecast of the next one, which
        asks for no model; NaN where no two in a row are known. A model in free run that is no
        better says little about an output that hardly changes from step to step.
    linear_error, best_member_error : float
        NMSE on the whole record in free run of the best linear model and of the best single member.
    findings : list of str
        What was found in the record: dead time, glitches, outliers, poles on or outside the unit
        circle, short sequences left out, and what was done about it.
    interrupted : str or None
        What ended the search before its end: "Ctrl-C", "time limit" or "callback".
    """

    def __init__(
        self,
        trials: Iterable[Trial] = (),
        seconds: float = 0.0,
        training: float = np.nan,
        persistence: float = np.nan,
        linear_error: float = np.nan,
        best_member_error: float = np.nan,
        findings: Iterable[str] = (),
        interrupted: str | None = None,
    ) -> None:
        super().__init__(sorted(trials, key=lambda trial: trial.validation))
        self.seconds = seconds
        self.training = training
        self.persistence = persistence
        self.linear_error = linear_error
        self.best_member_error = best_member_error
        self.findings = list(findings)
        self.interrupted = interrupted

    @property
    def chosen(self) -> Trial:
        """The trial that became the best member."""
        return next(trial for trial in self if trial.chosen)

    @property
    def linear(self) -> dict[int, float]:
        """Validation error of the best linear model of each order, in free run."""
        found: dict[int, float] = {}
        for trial in self:
            plain = not trial.hidden and not trial.kind.endswith("arx")
            if plain and trial.factor == self.chosen.factor:
                found.setdefault(trial.order, trial.validation)
        return dict(sorted(found.items()))

    def to_frame(self) -> DataFrame:
        """Return a table of pandas: a row for each trial, a column for each of its attributes."""
        import pandas as pd

        names = [field.name for field in fields(Trial)]
        rows = [[getattr(trial, name) for name in names] for trial in self]
        frame = pd.DataFrame(rows, columns=names)
        frame["crossed"] = frame["crossed"].astype(float)
        return frame.rename_axis("row")

    def notes(self) -> list[str]:
        """Return what it says of the whole, line by line."""
        training = "unknown" if np.isnan(self.training) else f"{self.training:.3g}"
        held = self.persistence
        beside = "" if np.isnan(held) else f" (persistence, y(t) = y(t-1): {held:.3g})"
        others = (("best member", self.best_member_error), ("linear", self.linear_error))
        said = [f"refitted: NMSE {training} on the record{beside}"]
        known = [f"{name} {error:.3g}" for name, error in others if not np.isnan(error)]
        said += [", ".join(known)] if known else []
        lines = ["; ".join([*said, f"{self.seconds:.1f} s"]), *self.findings]
        if self.interrupted is not None:
            lines.append(f"ended early: {self.interrupted}")
        return lines

    def __repr__(self) -> str:
        rows = rows_shown(self)
        head = "row order hidden kind          ridge iterations validation crossed seconds weight"
        lines = [head]
        for row in rows:
            t = self[row]
            crossed = "" if t.crossed is None else f"{t.crossed:.2g}"
            lines.append(
                f"{row:3d} {t.order:5d} {t.hidden:6d} {t.kind:12s} {t.ridge:6.0e}"
                f" {t.iterations:10d} {t.validation:10.3g} {crossed:>7} {t.seconds:7.2f}"
                f" {t.weight:6.2g}{'  chosen' if t.chosen else ''}"
            )
        if len(rows) < len(self):
            lines.append(f"and {len(self) - len(rows)} more")
        return "\n".join(lines + self.notes())

    def _repr_html_(self) -> str | None:
        return shown.html(self)


def rows_shown(report: IdentificationReport, most: int = 12) -> list[int]:
    """Return the rows that are shown: the first ones, and later ones that count or are linear."""
    return [
        k
        for k, trial in enumerate(report)
        if k < most or trial.hidden == 0 or trial.chosen or trial.weight > 0
    ]
