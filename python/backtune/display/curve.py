"""What a notebook shows of a trace: a curve of the cost, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from .._engine import shown
from .._engine.types import Array
from ..estimation.trace import Report, Trace
from .chart import across, chart, chosen, polyline, up
from .html import block, ends, folded, row, table

# Of an iteration, the columns that are shown; a validation error takes the place of the step.
_HEAD = ("iteration", "cost", "nmse", "step", "order", "seconds")
_REST = [f.name for f in fields(Report) if f.name not in (*_HEAD, "stop")]


@shown.html.register
def trace_html(trace: Trace) -> str:
    """Return the curve and the table of a trace, stages and other columns folded away."""
    places = ends(len(trace))
    reports = [trace[place] for place in places]
    validated = trace.validation.size == len(trace)
    head = [name if name != "step" or not validated else "validation" for name in _HEAD]
    cells = [_cells(report, _HEAD) for report in reports]
    if validated:
        for place, values in zip(places, cells):
            values[3] = _cell(float(trace.validation[place]))
    rest = ["iteration", *_REST, *(["step"] if validated else [])]
    others = [row(_cells(report, rest)) for report in reports]
    return block(
        curve(trace.cost),
        table(head, map(row, cells), repr(trace)[1:-1]),
        _stages(trace),
        folded("more of each iteration", table(rest, others)) if others else "",
    )


@shown.html.register
def report_html(report: Report) -> str:
    """Return an iteration as a row, other columns folded away."""
    rest = table(_REST, [row(_cells(report, _REST))])
    return block(
        table(_HEAD, [row(_cells(report, _HEAD))], report.stop or ""),
        folded("more of this iteration", rest),
    )


def _stages(trace: Trace) -> str:
    """Return what the stages before came to; nothing where there were none."""
    head = ("stage", "iterations", "first cost", "last cost", "nmse", "stop")
    rows = [
        row([name, len(part) - 1, *map(_cell, part.cost[[0, -1]]), _cell(part.nmse[-1]), part.stop])
        for name, part in trace.stages
        if len(part)
    ]
    return folded("earlier stages", table(head, rows)) if rows else ""


def curve(costs: Array) -> str:
    """Draw costs by iteration, on a log scale, as SVG; nothing where fewer than two can be drawn.

    Of more than 400, an even choice is drawn, the first and the last among them.
    """
    drawn = np.flatnonzero(np.isfinite(costs) & (costs > 0))
    if drawn.size < 2:
        return ""
    drawn = chosen(drawn)
    logs = np.log10(costs[drawn])
    low, high = float(logs.min()), float(logs.max())
    return chart(
        "cost by iteration, log scale",
        [polyline(across(drawn), up(logs, low, high))],
        (10**low, 10**high),
        (str(drawn[0]), str(drawn[-1])),
        ("iteration", "cost"),
    )


def _cells(report: Report, names: Sequence[str]) -> list[str]:
    return [_cell(getattr(report, name)) for name in names]


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
