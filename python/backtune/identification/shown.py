"""What notebooks show of models and reports, as HTML."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine import shown
from ..display.html import block, folded, line, listing, row, table
from ..networks.channels import channel_names, labels
from .combination import HORIZONS
from .model import IdentifiedModel
from .plots_report import draw_report
from .report import IdentificationReport, Trial, rows_shown

# Columns of a report: attribute, heading, format; the others are folded away.
COLUMNS = (
    ("order", "order", "d"),
    ("hidden", "hidden", "d"),
    ("kind", "kind", ""),
    ("validation", "validation", ".3g"),
    ("weight", "weight", ".2g"),
)
OTHERS = (
    ("layer", "layer", ""),
    ("factor", "factor", "d"),
    ("draw", "draw", "d"),
    ("ridge", "ridge", ".0e"),
    ("iterations", "iterations", "d"),
    ("crossed", "crossed", ".2g"),
    ("prediction", "one step", ".3g"),
    ("prediction_weight", "one-step weight", ".2g"),
    ("seconds", "seconds", ".2f"),
)


@shown.html.register
def report_html(report: IdentificationReport) -> str:
    """Return the table of a report, what it says below, and other columns folded away."""
    rows = rows_shown(report)
    more = len(report) - len(rows)
    notes = [f"and {more} more rows"] if more else []
    notes += report.notes()
    rest = _table(report, rows, OTHERS)
    return block(_table(report, rows, COLUMNS), listing(notes), folded("more of each row", rest))


def _table(
    report: IdentificationReport, rows: list[int], columns: tuple[tuple[str, str, str], ...]
) -> str:
    head = ["row", *(heading for _, heading, _ in columns)]
    return table(head, [_row(k, report[k], columns) for k in rows])


def _row(place: int, trial: Trial, columns: tuple[tuple[str, str, str], ...]) -> str:
    cells = [f"{place} (chosen)" if trial.chosen else str(place)]
    for name, _, form in columns:
        value = getattr(trial, name)
        cells.append("" if value is None else format(value, form))
    return row(cells, bold=trial.chosen)


@shown.figure.register
def report_figure(report: IdentificationReport, ax: Any = None) -> Any:
    """Draw a report, see `bt.plot.report`."""
    return draw_report(report, ax)


@shown.html.register
def model_html(model: IdentifiedModel) -> str:
    """Return what a model is, its errors on held-back parts, and its report folded away."""
    net = model.net
    names = channel_names(net)
    outputs, inputs = labels(names[0], net.output_units), labels(names[1], net.input_units)
    notes = [f"outputs: {', '.join(outputs)}"]
    late = [f"{n} ({d} steps late)" if d else n for n, d in zip(inputs, model.delays.tolist())]
    notes.append(f"inputs: {', '.join(late)}")
    if model.sampling_time is not None:
        notes.append(f"time step: {model.sampling_time:g} s")
    head = ["steps ahead", *outputs]
    body = []
    for steps, errors in zip(HORIZONS, model.errors):
        name = f"{steps:g}" if np.isfinite(steps) else "free run"
        body.append(row([name, *(f"{e:.3g}" for e in errors)]))
    errors_table = table(head, body, "deviation of errors on held-back parts")
    return block(
        line(repr(model)[1:-1]),
        listing(notes),
        errors_table,
        folded(f"{len(model.report)} candidates", report_html(model.report)),
    )
