"""A small chart in SVG: axes without ticks, their ends in words, and shapes within."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from .._engine.types import Array, Places
from .drawing import svg, text

_WIDTH, _HEIGHT, _LEFT, _BELOW = 420, 160, 64, 24
# Of more points an even choice is drawn.
_MOST_POINTS = 400
#: Of lines, and of what surrounds them: they can be read on white and on black.
LINE, _AXES = "#3a87c8", "#777777"


def chosen(places: Places) -> Places:
    """Return at most 400 of places, an even choice, the first and the last among them."""
    if places.size <= _MOST_POINTS:
        return places
    return places[np.linspace(0, places.size - 1, _MOST_POINTS).round().astype(int)]


def across(places: Places) -> Array:
    """Return where places are drawn, from the left end to the right one."""
    return _LEFT + (_WIDTH - _LEFT - 12) * (places - places[0]) / (places[-1] - places[0])


def up(values: Array, low: float, high: float) -> Array:
    """Return where values are drawn, `low` at the bottom."""
    return 10 + (_HEIGHT - _BELOW - 14) * (high - values) / ((high - low) or 1.0)


def points(x: Array, y: Array) -> str:
    """Return points as SVG has them."""
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))


def polyline(x: Array, y: Array) -> str:
    """Return a line."""
    return f'<polyline points="{points(x, y)}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'


def chart(
    told: str,
    shapes: Sequence[str],
    heights: tuple[float, float],
    ends: tuple[str, str],
    names: tuple[str, str],
) -> str:
    """Return a chart; `heights` stand at its bottom and top, `ends` at both ends below it.

    `names` are those of the axes, across and up; `told` is for those who cannot see it.
    """
    bottom, right, low = _HEIGHT - _BELOW, _WIDTH - 8, _HEIGHT - 8
    say = partial(text, size=10, fill=_AXES)
    texts = (
        say(_LEFT - 8, 14, f"{heights[1]:.3g}", anchor="end"),
        say(_LEFT - 8, bottom, f"{heights[0]:.3g}", anchor="end"),
        say(_LEFT, low, ends[0], anchor="middle" if len(ends[0]) < 6 else "start"),
        say(right, low, ends[1], anchor="end"),
        say((_LEFT + right) / 2, low, names[0]),
        say(_LEFT + 6, 14, names[1], anchor="start"),
    )
    axes = f'<path d="M{_LEFT - 4} 6V{bottom}H{right}" fill="none" stroke="{_AXES}"/>'
    return svg(_WIDTH, _HEIGHT, told, [axes, *shapes, *texts])
