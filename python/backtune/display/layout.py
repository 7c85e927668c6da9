"""Where the groups of a network stand in its drawing, and how arrows run between them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .._engine.types import JsonObject
from ..networks.network import Network

#: What is drawn of a large network: so many groups, of a network of at most so many weights.
MOST_GROUPS = 40
MOST_WEIGHTS = 500_000

#: Of a box.
WIDTH, HEIGHT = 132, 40
#: By the kind of a group; text on them is dark, whatever is around.
FILLS = {"input": "#e8e8e8", "learnware": "#d6e6f7", "firmware": "#fbe8cf", "softmax": "#dff0d8"}
OTHER_FILL, DARK = "#ffffff", "#111111"
#: Of lines and of what stands outside of boxes: it can be read on white and on black.
LINE = "#777777"
_ACROSS, _DOWN, _MARGIN = 84, 34, 44


@dataclass
class Box:
    """A group at its place; the input is one too."""

    name: str
    kind: str
    size: int
    observed: int = 0
    column: int = 0
    x: float = 0.0
    y: float = 0.0

    @property
    def nodes(self) -> str:
        """What stands below the name."""
        return f"{self.kind}, {self.size}" if self.kind != self.name else str(self.size)

    @property
    def short(self) -> str:
        """The name, or its beginning."""
        return self.name if len(self.name) <= 18 else self.name[:17] + "\u2026"

    @property
    def told(self) -> str:
        """All of it in words."""
        seen = f", {self.observed} observed" if self.observed else ""
        return f"{self.name}: {self.nodes}{seen}"


@dataclass
class Arrow:
    """What a group reads: the four points of a curve of Bezier, and what is said of it where."""

    points: list[tuple[float, float]]
    label: str
    told: str
    place: tuple[float, float] = (0.0, 0.0)

    def at(self, part: float) -> tuple[float, float]:
        """Return a point of the curve, 0 to 1."""
        rest = 1 - part
        shares = (rest**3, 3 * part * rest**2, 3 * part**2 * rest, part**3)
        return (
            sum(share * point[0] for share, point in zip(shares, self.points)),
            sum(share * point[1] for share, point in zip(shares, self.points)),
        )


@dataclass
class Layout:
    """A drawing: boxes, arrows, its size, and what is said in place of what is not drawn."""

    boxes: list[Box]
    arrows: list[Arrow]
    width: float
    height: float
    groups: int
    note: str = ""


def layout_of(net: Network) -> Layout:
    """Return the drawing of a network, y down: see `Network.to_svg`."""
    if net.get_weights().size > MOST_WEIGHTS:
        count = len(net.groups)
        note = f"{count} groups, not drawn: more than {MOST_WEIGHTS} weights"
        return Layout([], [], 360, 30, count, note)
    described = json.loads(net.to_json())
    groups = described["groups"][:MOST_GROUPS]
    boxes = {"input": Box("input", "input", net.inputs)} if net.inputs else {}
    for group in groups:
        boxes[group["name"]] = Box(group["name"], group["kind"], group["size"])
    arrows: dict[tuple[str, str], set[int]] = {}
    for group in groups:
        for source, lag in _reads(group):
            if source in boxes:
                arrows.setdefault((source, group["name"]), set()).add(lag)
    for name, count in observed_groups(described).items():
        if name in boxes:
            boxes[name].observed = count
    width, height = _place(boxes, arrows)
    drawn = [_arrow(boxes[source], boxes[to], lags) for (source, to), lags in arrows.items()]
    _place_labels(drawn, list(boxes.values()))
    left = len(described["groups"]) - len(groups)
    note = f"and {left} more groups, not drawn" if left else ""
    return Layout(list(boxes.values()), drawn, width, height, len(described["groups"]), note)


def _reads(group: JsonObject) -> list[tuple[str, int]]:
    """Return what a group reads, as pairs of source and lag."""
    if "source" in group:
        return [(group["source"], group["lag"])]
    read = list(group.get("connections", ()))
    for term in group.get("terms", ()):
        read += term.get("factors", ())
    return [(item["source"], item["lag"]) for item in read]


def observed_groups(described: JsonObject) -> dict[str, int]:
    """Return how many nodes of which groups are observed, of a network in its JSON form."""
    if "observe" in described:
        return {item["group"]: item["outputs"] for item in described["observe"]}
    sizes = {group["name"]: group["size"] for group in described["groups"]}
    name = str(described.get("output"))
    return {name: sizes[name]} if name in sizes else {}


def _place(boxes: dict[str, Box], arrows: dict[tuple[str, str], set[int]]) -> tuple[float, float]:
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
        box.x = _MARGIN + box.column * (WIDTH + _ACROSS)
        box.y = _MARGIN + row * (HEIGHT + _DOWN)
    most = max(rows.values(), default=0)
    for box in boxes.values():
        box.y += (most - rows[box.column]) * (HEIGHT + _DOWN) / 2
    columns = max(rows, default=0) + 1
    return (
        2 * _MARGIN + columns * (WIDTH + _ACROSS) - _ACROSS,
        2 * _MARGIN + max(most, 1) * (HEIGHT + _DOWN) - _DOWN,
    )


def _place_labels(arrows: list[Arrow], boxes: list[Box]) -> None:
    """Give labels places on their curves where they hide neither boxes nor each other."""
    taken = [(box.x + WIDTH / 2, box.y + HEIGHT / 2, WIDTH / 2, HEIGHT / 2) for box in boxes]
    for arrow in arrows:
        half = 2.9 * len(arrow.label)
        found = [arrow.at(part) for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)]
        arrow.place = next(
            (
                (x, y)
                for x, y in found
                if all(
                    abs(x - a) > half + across or abs(y - 8 - b) > 5 + down
                    for a, b, across, down in taken
                )
            ),
            found[0],
        )
        x, y = arrow.place
        taken.append((x, y - 8, half, 5))


def _arrow(source: Box, to: Box, lags: set[int]) -> Arrow:
    """Return an arrow: to the next column, above the boxes to a later one, below them back."""
    if source is to:
        x, y = source.x, source.y
        points = [(x + 92, y), (x + 112, y - 30), (x + 20, y - 30), (x + 40, y)]
    else:
        start = (source.x + WIDTH, source.y + HEIGHT / 2)
        end = (to.x, to.y + HEIGHT / 2)
        if to.column > source.column + 1:
            # Above all boxes: the curve's middle, a quarter ends and three quarters bend, is there.
            top = _MARGIN - 6 - 10 * ((source.column + to.column) % 3)
            bend_y = (top - (start[1] + end[1]) / 8) / 0.75
            points = [start, (start[0] + 70, bend_y), (end[0] - 70, bend_y), end]
        elif to.column > source.column:
            bend = (end[0] - start[0]) / 2
            points = [start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end]
        else:
            below = max(start[1], end[1]) + HEIGHT + 16
            points = [start, (start[0] + 60, below), (end[0] - 60, below), end]
    label = lag_text(lags)
    return Arrow(points, label, f"{to.name} reads {source.name}, {label}")


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
