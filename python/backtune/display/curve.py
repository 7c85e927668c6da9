"""What a notebook shows of a trace: a curve of the cost, and a table."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from .._engine import shown
from ..estimation.trace import Report, Trace
from .drawing import svg
from .html import block, folded, row, table

_WIDTH, _HEIGHT, _LEFT, _BELOW = 420, 160, 64, 24
_MOST_POINTS, _MOST_ROWS = 400, 12


@shown.html.register
def trace_html(trace: Trace) -> str:
    """Return the curve and the table of a trace, columns that few look at folded away."""
    places = list(range(len(trace)))
    if len(places) > _MOST_ROWS:
        places = places[: _MOST_ROWS // 2] + places[-_MOST_ROWS // 2 :]
    reports = [trace[place] for place in places]
    validated = trace.validation.size == len(trace)
    head = ["iteration", "cost", "nmse", "validation" if validated else "step", "order", "seconds"]
    cells = [[_cell(getattr(report, name, None)) for name in head] for report in reports]
    if validated:
        for place, values in zip(places, cells):
            values[3] = _cell(float(trace.validation[place]))
    names = [field.name for field in fields(Report) if field.name != "stop"]
    others = ["iteration", *(name for name in names if name not in head)]
    rest = [row(_cell(getattr(report, name)) for name in others) for report in reports]
    return block(
        curve(trace.cost),
        table(head, map(row, cells), repr(trace)[1:-1]),
        folded("more of each iteration", table(others, rest)) if rest else "",
    )


def curve(costs: np.ndarray) -> str:
    """Draw costs by iteration, on a log scale, as SVG; nothing where fewer than two can be drawn.

    Of more than 400, an even choice is drawn, the first and the last among them.
    """
    drawn = np.flatnonzero(np.isfinite(costs) & (costs > 0))
    if drawn.size < 2:
        return ""
    if drawn.size > _MOST_POINTS:
        drawn = drawn[np.linspace(0, drawn.size - 1, _MOST_POINTS).round().astype(int)]
    logs = np.log10(costs[drawn])
    low, high = float(logs.min()), float(logs.max())
    x = _LEFT + (_WIDTH - _LEFT - 12) * (drawn - drawn[0]) / (drawn[-1] - drawn[0])
    y = 10 + (_HEIGHT - _BELOW - 14) * (high - logs) / ((high - low) or 1.0)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))
    bottom, right = _HEIGHT - _BELOW, _WIDTH - 8
    axes = f"M{_LEFT - 4} 6V{bottom}H{right}"
    return svg(
        _WIDTH,
        _HEIGHT,
        "cost by iteration, log scale",
        [
            f'<path d="{axes}" fill="none" stroke="#777777"/>',
            f'<polyline points="{points}" fill="none" stroke="#3a87c8" stroke-width="1.5"/>',
            _label(_LEFT - 8, 14, f"{10**high:.3g}", "end"),
            _label(_LEFT - 8, bottom, f"{10**low:.3g}", "end"),
            _label(_LEFT, _HEIGHT - 8, str(drawn[0]), "middle"),
            _label(right, _HEIGHT - 8, str(drawn[-1]), "end"),
            _label((_LEFT + right) / 2, _HEIGHT - 8, "iteration", "middle"),
            _label(_LEFT + 6, 14, "cost", "start"),
        ],
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="10" fill="#777777" text-anchor="{anchor}">'
        f"{text}</text>"
    )


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
