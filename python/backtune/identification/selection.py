"""Another candidate than the chosen ones as the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from .._engine.arrays import as_size
from .._engine.errors import ArgumentError
from .base import ModelBase
from .member import Member
from .report import IdentificationReport

Model = TypeVar("Model", bound=ModelBase)


def with_candidate(model: Model, row: int) -> Model:
    """Return another row of the report as the model.

    Parameters
    ----------
    row : int
        Of the report: one of `candidates`, those that were fitted to the whole record.

    Returns
    -------
    IdentifiedModel
        Of that one member; its report has the row as the chosen one. Its errors are those of the
        member on held-back parts, alike for all outputs in their deviations.

    Raises
    ------
    ArgumentError
        Another row; the message names those that there are.
    """
    number = as_size(row, "row")
    if number not in model.candidates:
        there = ", ".join(map(str, sorted(model.candidates))) or "none"
        raise ArgumentError(
            f"row: {number} came, expected a row of the report that was fitted to the whole record:"
            f" {there}"
        )
    member = model.candidates[number]
    return type(model)(
        [member],
        model.linear,
        _report(model.report, number),
        _errors(member),
        model.input_model,
        model._digests,
        model.candidates,
    )


def _report(report: IdentificationReport, row: int) -> IdentificationReport:
    """Return the report with that row as the chosen one, and nothing said of the other model."""
    found = IdentificationReport(
        seconds=report.seconds,
        persistence=report.persistence,
        linear_error=report.linear_error,
        findings=[*report.findings, f"row {row} was chosen by with_candidate"],
        interrupted=report.interrupted,
    )
    for place, trial in enumerate(report):
        share = 1.0 if place == row else 0.0
        found.append(replace(trial, chosen=place == row, weight=share, prediction_weight=share))
    return found


def _errors(member: Member) -> np.ndarray:
    """Return deviations of errors on held-back parts, (4, O), from the scores of a member.

    At a horizon that it has no score for, those of the free run, or of its validation.
    """
    scores = np.exp(member.scores)
    free = scores[-1] if np.isfinite(scores[-1]) else member.trial.validation
    squares = np.where(np.isfinite(scores), scores, free)
    return np.sqrt(squares)[:, None] * member.front.y.deviation
