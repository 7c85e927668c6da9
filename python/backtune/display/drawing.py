"""The drawing of a network: its groups as boxes, what they read as arrows, in SVG."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable
from typing import Any

from .._engine import shown
from .._engine.errors import BacktuneError
from ..networks.network import Network

#: What is drawn of a large network: so many groups, of a network of at most so many weights.
MOST_GROUPS = 40
MOST_WEIGHTS = 500_000

_WIDTH, _HEIGHT = 132, 40
_ACROSS, _DOWN, _MARGIN = 84, 34, 44
_FILLS = {"input": "#e8e8e8", "learnware": "#d6e6f7", "firmware": "#fbe8cf", "softmax": "#dff0d8"}
_LINE = "#777777"


class _Box:
    """A group at its place; the input is one too."""

    def __init__(self, name: str, kind: str, size: int) -> None:
        self.name, self.kind, self.size = name, kind, size
        self.observed = 0
        self.column = 0
        self.x = self.y = 0.0

    def draw(self) -> str:
        width = 2.5 if self.observed else 1
        nodes = f"{self.kind}, {self.size}" if self.kind != self.name else str(self.size)
        seen = f", {self.observed} observed" if self.observed else ""
        short = self.name if len(self.name) <= 18 else self.name[:17] + "\u2026"
        middle = self.x + _WIDTH / 2
        return (
            f'<g class="group"><title>{escaped(self.name)}: {nodes}{seen}</title>'
            f'<rect x="{self.x:g}" y="{self.y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"'
            f' fill="{_FILLS.get(self.kind, "#ffffff")}" stroke="#333333" stroke-width="{width}"/>'
            f"{_text(middle, self.y + 17, short, 12)}{_text(middle, self.y + 32, nodes, 10)}</g>"
        )


def escaped(text: str) -> str:
    """Return text as it may stand in XML, without the characters that may not."""
    allowed = (
        c
        if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        else "\ufffd"
        for c in text
    )
    return html.escape("".join(allowed))


def svg(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """Return a drawing of that size, with a label for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escaped(label)}"'
        f' font-family="Helvetica, Arial, DejaVu Sans, sans-serif"'
        f' style="max-width:100%;height:auto">{"".join(parts)}</svg>'
    )


@shown.svg.register
def network_svg(net: Network) -> str:
    """Draw a network.

    One box per group, with kind, number of nodes, and a thick border where nodes are observed; one
    arrow from each group that another reads, with the lags. Groups stand to the right of those that
    they read at lag 0.

    Parameters
    ----------
    net : Network

    Returns
    -------
    str
        An ``<svg>`` element, well-formed XML, the same for the same network. Of more than
        `MOST_GROUPS` groups the first are drawn, of more than `MOST_WEIGHTS` weights none; the
        drawing says so.
    """
    if net.get_weights().size > MOST_WEIGHTS:
        return _note(net, f"not drawn: more than {MOST_WEIGHTS} weights")
    described = json.loads(net.to_json())
    groups = described["groups"][:MOST_GROUPS]
    boxes = {"input": _Box("input", "input", net.inputs)} if net.inputs else {}
    for group in groups:
        boxes[group["name"]] = _Box(group["name"], group["kind"], group["size"])
    arrows: dict[tuple[str, str], set[int]] = {}
    for group in groups:
        for source, lag in _reads(group):
            if source in boxes:
                arrows.setdefault((source, group["name"]), set()).add(lag)
    for name, count in observed_groups(described).items():
        if name in boxes:
            boxes[name].observed = count
    width, height = _place(boxes, arrows)
    parts = [_arrow(boxes[source], boxes[to], lags) for (source, to), lags in arrows.items()]
    parts += [box.draw() for box in boxes.values()]
    left = len(described["groups"]) - len(groups)
    if left:
        parts.append(_text(width / 2, height + 8, f"and {left} more groups, not drawn", 11, _LINE))
        height += 20
    return svg(width, height, f"network of {len(described['groups'])} groups", parts)


@shown.html.register
def network_html(net: Network) -> str:
    """Return the drawing of a network under what it is."""
    try:
        drawing = "" if net.closed else network_svg(net)
    except BacktuneError:
        drawing = ""
    return f"<div><div>{escaped(repr(net)[1:-1])}</div>{drawing}</div>"


def _note(net: Network, text: str) -> str:
    return svg(360, 30, text, [_text(180, 20, f"{len(net.groups)} groups, {text}", 12, _LINE)])


def _reads(group: dict[str, Any]) -> list[tuple[str, int]]:
    """Return what a group reads, as pairs of source and lag."""
    if "source" in group:
        return [(group["source"], group["lag"])]
    read = list(group.get("connections", ()))
    for term in group.get("terms", ()):
        read += term.get("factors", ())
    return [(item["source"], item["lag"]) for item in read]


def observed_groups(described: dict[str, Any]) -> dict[str, int]:
    """Return how many nodes of which groups are observed, of a network in its JSON form."""
    if "observe" in described:
        return {item["group"]: item["outputs"] for item in described["observe"]}
    sizes = {group["name"]: group["size"] for group in described["groups"]}
    name = str(described.get("output"))
    return {name: sizes[name]} if name in sizes else {}


def _place(boxes: dict[str, _Box], arrows: dict[tuple[str, str], set[int]]) -> tuple[float, float]:
    """Give every box its place; the size of the whole."""
    first = {to: source for source, to in arrows if source == "input"}
    for name, box in boxes.items():
        box.column = 0 if name == "input" else 1 if name in first or "input" in boxes else 0
    # Lag 0 has no cycle: as many rounds as groups are enough.
    for _ in boxes:
        moved = False
        for (source, to), lags in arrows.items():
            if 0 in lags and source != to and boxes[to].column <= boxes[source].column:
                boxes[to].column = boxes[source].column + 1
                moved = True
        if not moved:
            break
    rows: dict[int, int] = {}
    for box in boxes.values():
        row = rows.get(box.column, 0)
        rows[box.column] = row + 1
        box.x = _MARGIN + box.column * (_WIDTH + _ACROSS)
        box.y = _MARGIN + row * (_HEIGHT + _DOWN)
    most = max(rows.values(), default=0)
    for box in boxes.values():
        box.y += (most - rows[box.column]) * (_HEIGHT + _DOWN) / 2
    columns = max(rows, default=0) + 1
    return (
        2 * _MARGIN + columns * (_WIDTH + _ACROSS) - _ACROSS,
        2 * _MARGIN + max(most, 1) * (_HEIGHT + _DOWN) - _DOWN,
    )


def _arrow(source: _Box, to: _Box, lags: set[int]) -> str:
    """Draw an arrow: to the next column, above the boxes to a later one, below them back."""
    if source is to:
        x, y = source.x, source.y
        points = [(x + 92, y), (x + 112, y - 30), (x + 20, y - 30), (x + 40, y)]
    else:
        start = (source.x + _WIDTH, source.y + _HEIGHT / 2)
        end = (to.x, to.y + _HEIGHT / 2)
        if to.column > source.column + 1:
            # Above all boxes: the curve's middle, a quarter ends and three quarters bend, is there.
            top = _MARGIN - 6 - 10 * ((source.column + to.column) % 3)
            bend_y = (top - (start[1] + end[1]) / 8) / 0.75
            points = [start, (start[0] + 70, bend_y), (end[0] - 70, bend_y), end]
        elif to.column > source.column:
            bend = (end[0] - start[0]) / 2
            points = [start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end]
        else:
            below = max(start[1], end[1]) + _HEIGHT + 16
            points = [start, (start[0] + 60, below), (end[0] - 60, below), end]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    angle = math.degrees(math.atan2(y3 - y2, x3 - x2))
    middle_x, middle_y = (x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8
    label = lag_text(lags)
    return (
        f'<g class="arrow"><title>{escaped(to.name)} reads {escaped(source.name)}, {label}</title>'
        f'<path d="M{x0:g} {y0:g}C{x1:g} {y1:g} {x2:g} {y2:g} {x3:g} {y3:g}" fill="none"'
        f' stroke="{_LINE}"/><path d="M0 0L-8 -3.5L-8 3.5Z" fill="{_LINE}"'
        f' transform="translate({x3:g} {y3:g}) rotate({angle:.1f})"/>'
        f"{_text(middle_x, middle_y - 4, label, 10, _LINE)}</g>"
    )


def lag_text(lags: set[int]) -> str:
    """Return lags in words: "lag 1", "lags 0, 2-4"; the first four runs of many."""
    runs: list[list[int]] = []
    for lag in sorted(lags):
        if runs and lag == runs[-1][1] + 1:
            runs[-1][1] = lag
        else:
            runs.append([lag, lag])
    words = [f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:4]]
    more = ", \u2026" if len(runs) > 4 else ""
    return f"lag{'' if len(lags) == 1 else 's'} {', '.join(words)}{more}"


def _text(x: float, y: float, text: str, size: int, fill: str = "#111111") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}"'
        f' text-anchor="middle">{escaped(text)}</text>'
    )
