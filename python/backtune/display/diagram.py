"""The drawing of a network as a figure of matplotlib."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from .._engine.types import Axes, AxesLike
from ..networks.network import Network
from .canvas import grid, ink, pyplot
from .layout import DARK, FILLS, HEIGHT, LINE, OTHER_FILL, WIDTH, Layout, layout_of

# Units of the layout in an inch; the widest figure, and the tallest.
_UNITS, _WIDEST, _TALLEST = 100, 12.0, 16.0
# Of an arrow that points to the right, and ends at 0.
_HEAD = np.array([[0, 0], [-8, -3.5], [-8, 3.5]])


def network(net: Network, *, ax: AxesLike | None = None) -> Axes:
    """Draw a network: a box per group, thick where nodes are observed, and arrows with lags.

    The same as `Network.to_svg` writes, which stays sharp; this one stands among other figures.

    Parameters
    ----------
    net : Network
    ax : matplotlib Axes, optional
        A new figure by default, larger for more groups.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    SizeError
        Another number of axes.
    """
    found = layout_of(net)
    if ax is None:
        letters = min(1.0, _WIDEST * _UNITS / found.width, _TALLEST * _UNITS / found.height)
        size = (letters * found.width / _UNITS, letters * found.height / _UNITS)
        place = pyplot().subplots(figsize=size, layout="constrained")[1]
    else:
        place = grid(ax, (1, 1))[0, 0]
        room = place.get_window_extent()
        scale = min(room.width / found.width, room.height / found.height)
        letters = min(1.0, scale / place.figure.dpi * _UNITS)
    place.set_axis_off()
    place.set_aspect("equal")
    place.set_xlim(0, found.width)
    place.set_ylim(found.height + (20 if found.note else 0), 0)
    _boxes(place, found, letters)
    _arrows(place, found, letters)
    if found.note:
        note = found.width / 2, found.height + 8, found.note
        place.text(*note, color=ink(), fontsize=8 * letters, ha="center", va="center")
    return place


def _boxes(ax: Axes, found: Layout, letters: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    for box in found.boxes:
        ax.add_patch(
            FancyBboxPatch(
                (box.x + 5, box.y + 5),
                *(WIDTH - 10, HEIGHT - 10),
                boxstyle="round,pad=5",
                facecolor=FILLS.get(box.kind, OTHER_FILL),
                edgecolor=LINE,
                linewidth=2.5 if box.observed else 1,
                zorder=2,
            )
        )
        say = partial(ax.text, color=DARK, ha="center", va="center", zorder=3)
        middle = box.x + WIDTH / 2
        say(middle, box.y + 13, box.short, fontsize=8.5 * letters)
        say(middle, box.y + 29, box.nodes, fontsize=7 * letters)


def _arrows(ax: Axes, found: Layout, letters: float) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    for arrow in found.arrows:
        path = Path(arrow.points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        ax.add_patch(PathPatch(path, facecolor="none", edgecolor=LINE, linewidth=0.8))
        (x2, y2), (x3, y3) = arrow.points[2:]
        angle = math.atan2(y3 - y2, x3 - x2)
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        ax.add_patch(Polygon(_HEAD @ turn + (x3, y3), color=LINE, linewidth=0))
        label = arrow.place[0], arrow.place[1] - 4, arrow.label
        ax.text(*label, color=ink(), fontsize=7 * letters, ha="center", va="bottom", zorder=4)
