"""Pieces of HTML: tables, lists, what is folded away. Colours suit light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .drawing import escaped

# Ends of the colours of weights, see `canvas.SIGNED`.
_BELOW, _ABOVE = (33, 102, 172), (178, 24, 43)
# Longer tables are shown by their first and last rows.
_MOST_ROWS = 12


def ends(count: int, most: int = _MOST_ROWS) -> list[int]:
    """Return the rows of a table that are shown: all, or the first and last of many."""
    if count <= most:
        return list(range(count))
    return [*range(most // 2), *range(count - most // 2, count)]


def table(head: Sequence[str], rows: Iterable[str], caption: str = "") -> str:
    """Return a table; rows are HTML, headings and caption are text."""
    title = f"<caption>{escaped(caption)}</caption>" if caption else ""
    heads = "".join(f"<th>{escaped(name)}</th>" for name in head)
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def row(values: Iterable[object], bold: bool = False) -> str:
    """Return a row of values, written as texts."""
    style = ' style="font-weight:bold"' if bold else ""
    cells = "".join(f"<td>{escaped(str(value))}</td>" for value in values)
    return f"<tr{style}>{cells}</tr>"


def listing(items: Sequence[str]) -> str:
    """Return texts one below the other."""
    return f"<ul>{''.join(f'<li>{escaped(item)}</li>' for item in items)}</ul>" if items else ""


def folded(title: str, content: str) -> str:
    """Return what is shown when its title is clicked."""
    return f"<details><summary>{escaped(title)}</summary>{content}</details>"


def block(*parts: str) -> str:
    """Return parts one below the other."""
    return f"<div>{''.join(parts)}</div>"


def line(text: str) -> str:
    """Return a line of text."""
    return f"<div>{escaped(text)}</div>"


def coloured(value: float, most: float) -> str:
    """Return a cell of a weight: blue below 0, red above, the deeper the larger."""
    red, green, blue = _BELOW if value < 0 else _ABOVE
    depth = min(1.0, abs(value) / most) if most > 0 else 0.0
    return f'<td style="background:rgba({red},{green},{blue},{0.6 * depth:.2f})">{value:.3g}</td>'
