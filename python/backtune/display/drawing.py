"""The drawing of a network: its groups as boxes, what they read as arrows, in SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from .._engine import shown
from .._engine.errors import BacktuneError
from ..networks.network import Network
from .layout import DARK, FILLS, HEIGHT, LINE, OTHER_FILL, WIDTH, Arrow, Box, layout_of


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
        `layout.MOST_GROUPS` groups the first are drawn, of more than `layout.MOST_WEIGHTS` weights
        none; the drawing says so.
    """
    found = layout_of(net)
    height = found.height
    parts = [_arrow(arrow) for arrow in found.arrows] + [_box(box) for box in found.boxes]
    if found.note and not found.boxes:
        parts = [text(found.width / 2, 20, found.note, 12, LINE)]
    elif found.note:
        parts.append(text(found.width / 2, height + 8, found.note, 11, LINE))
        height += 20
    return svg(found.width, height, f"network of {found.groups} groups", parts)


@shown.html.register
def network_html(net: Network) -> str:
    """Return the drawing of a network under what it is."""
    try:
        drawing = "" if net.closed else network_svg(net)
    except BacktuneError:
        drawing = ""
    return f"<div><div>{escaped(repr(net)[1:-1])}</div>{drawing}</div>"


def _box(box: Box) -> str:
    width = 2.5 if box.observed else 1
    middle = box.x + WIDTH / 2
    return (
        f'<g class="group"><title>{escaped(box.told)}</title>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="5"'
        f' fill="{FILLS.get(box.kind, OTHER_FILL)}" stroke="{LINE}" stroke-width="{width}"/>'
        f"{text(middle, box.y + 17, box.short, 12)}{text(middle, box.y + 32, box.nodes, 10)}</g>"
    )


def _arrow(arrow: Arrow) -> str:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = arrow.points
    angle = math.degrees(math.atan2(y3 - y2, x3 - x2))
    x, y = arrow.place
    return (
        f'<g class="arrow"><title>{escaped(arrow.told)}</title>'
        f'<path d="M{x0:g} {y0:g}C{x1:g} {y1:g} {x2:g} {y2:g} {x3:g} {y3:g}" fill="none"'
        f' stroke="{LINE}"/><path d="M0 0L-8 -3.5L-8 3.5Z" fill="{LINE}"'
        f' transform="translate({x3:g} {y3:g}) rotate({angle:.1f})"/>'
        f"{text(x, y - 4, arrow.label, 10, LINE)}</g>"
    )


def text(x: float, y: float, said: str, size: int, fill: str = DARK, anchor: str = "middle") -> str:
    """Return a text at its place."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}"'
        f' text-anchor="{anchor}">{escaped(said)}</text>'
    )
