"""What a notebook shows of outputs to come: a chart of the band, and a table by time step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np

from .._engine.data.sequences import read
from .._engine.types import Array, DataLike
from .chart import LINE, across, chart, chosen, points, polyline, up
from .html import ends, folded, row, table

# So many outputs have their chart and table.
_MOST_OUTPUTS = 12


@runtime_checkable
class Ahead(Protocol):
    """Outputs to come: their mean, and the band that a part `level` of all ways stays in."""

    @property
    def mean(self) -> DataLike:
        """Of each output, (T, O)."""

    @property
    def lower(self) -> DataLike:
        """Where the band begins."""

    @property
    def upper(self) -> DataLike:
        """Where it ends."""

    @property
    def level(self) -> float:
        """Between 0 and 1."""


def ahead_html(found: Ahead) -> str:
    """Return charts and tables of what has a mean, a band and its level, by output.

    The first output is shown, the others are folded away.
    """
    given = read(found.mean, None, "forecast")
    parts = (found.mean, found.lower, found.upper)
    mean, low, high = (read(part, None, "forecast").arrays[0] for part in parts)
    form = given.forms[0]
    times = None if form is None else form.times
    axis = "steps ahead" if times is None else str(getattr(times, "name", None) or "time")
    stamps = _stamps(range(1, len(mean) + 1) if times is None else times)
    outputs = mean.shape[1]
    names = given.names or [f"y{o}" for o in range(outputs)]
    shown = []
    for o, name in enumerate(names[:_MOST_OUTPUTS]):
        said = "forecast" if outputs == 1 and given.names is None else name
        picture = _chart(stamps, mean[:, o], low[:, o], high[:, o], axis, said)
        columns = [[f"{v:.4g}" for v in part[:, o]] for part in (mean, low, high)]
        rows = [row([stamps[k], *(column[k] for column in columns)]) for k in ends(len(mean))]
        title = f"band of {100 * found.level:g} %"
        shown.append(picture + table((axis, said, "lower", "upper"), rows, title))
    more = outputs - len(shown)
    tail = f"<div>and {more} more outputs</div>" if more else ""
    rest = [folded(name, content) for name, content in zip(names[1:], shown[1:])]
    return "".join([*shown[:1], *rest, tail])


def _stamps(times: Iterable[object]) -> list[str]:
    """Return times as texts; days where all are midnight."""
    texts = [str(time) for time in times]
    midnight = " 00:00:00"
    return (
        [t[: -len(midnight)] for t in texts] if all(t.endswith(midnight) for t in texts) else texts
    )


def _chart(stamps: list[str], mean: Array, low: Array, high: Array, axis: str, name: str) -> str:
    """Draw a band and its middle; nothing where fewer than two time steps are known."""
    known = np.flatnonzero(np.isfinite(mean) & np.isfinite(low) & np.isfinite(high))
    if known.size < 2:
        return ""
    drawn = chosen(known)
    least, most = float(low[drawn].min()), float(high[drawn].max())
    x = across(drawn)
    edge = points(
        np.concatenate([x, x[::-1]]),
        up(np.concatenate([low[drawn], high[drawn][::-1]]), least, most),
    )
    return chart(
        f"{name} and its band by {axis}",
        [
            f'<polygon points="{edge}" fill="{LINE}" fill-opacity="0.25"/>',
            polyline(x, up(mean[drawn], least, most)),
        ],
        (least, most),
        (stamps[drawn[0]], stamps[drawn[-1]]),
        (axis, name),
    )
