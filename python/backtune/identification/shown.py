"""What notebooks show of models and reports, as HTML."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine import shown
from ..display.drawing import escaped
from ..networks.channels import channel_names, labels
from .combination import HORIZONS
from .model import IdentifiedModel
from .report import IdentificationReport, Trial, rows_shown

# Columns of a report: attribute, heading, format.
COLUMNS = (
    ("order", "order", "d"),
    ("hidden", "hidden", "d"),
    ("layer", "layer", ""),
    ("kind", "kind", ""),
    ("factor", "factor", "d"),
    ("draw", "draw", "d"),
    ("ridge", "ridge", ".0e"),
    ("iterations", "iterations", "d"),
    ("validation", "validation", ".3g"),
    ("crossed", "crossed", ".2g"),
    ("prediction", "one step", ".3g"),
    ("seconds", "seconds", ".2f"),
    ("weight", "weight", ".2g"),
    ("prediction_weight", "one-step weight", ".2g"),
)


@shown.html.register
def report_html(report: IdentificationReport) -> str:
    """Return the table of a report, and what it says below."""
    rows = rows_shown(report)
    body = [_row(k, report[k]) for k in rows]
    head = ["row", *(heading for _, heading, _ in COLUMNS)]
    more = len(report) - len(rows)
    notes = [f"and {more} more rows"] if more else []
    notes += report.notes()
    return f"<div>{table(head, body)}{listing(notes)}</div>"


def _row(place: int, trial: Trial) -> str:
    cells = [str(place)]
    for name, _, form in COLUMNS:
        value = getattr(trial, name)
        cells.append("" if value is None else format(value, form))
    weight = ' style="font-weight:bold"' if trial.chosen else ""
    mark = " (chosen)" if trial.chosen else ""
    return f"<tr{weight}><td>{cells[0]}{mark}</td>{_cells(cells[1:])}</tr>"


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
        body.append(f"<tr><td>{name}</td>{_cells([f'{e:.3g}' for e in errors])}</tr>")
    errors_table = table(head, body, "deviation of errors on held-back parts")
    return (
        f"<div><div>{escaped(repr(model)[1:-1])}</div>{listing(notes)}{errors_table}"
        f"<details><summary>{len(model.report)} candidates</summary>"
        f"{report_html(model.report)}</details></div>"
    )


def table(head: list[str], rows: list[str], caption: str = "") -> str:
    """Return a table; rows are HTML, headings and caption are text."""
    title = f"<caption>{escaped(caption)}</caption>" if caption else ""
    heads = "".join(f"<th>{escaped(name)}</th>" for name in head)
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def listing(items: list[str]) -> str:
    """Return texts one below the other."""
    return f"<ul>{''.join(f'<li>{escaped(item)}</li>' for item in items)}</ul>" if items else ""


def _cells(values: list[Any]) -> str:
    return "".join(f"<td>{escaped(str(value))}</td>" for value in values)
