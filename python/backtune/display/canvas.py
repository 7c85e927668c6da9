"""What figures share: where they are drawn, colours, legends beside the data, axes of time."""

from __future__ import annotations

import functools
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING, Callable, TypeVar, cast

import numpy as np

from .._engine.data.forms import Form
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Axes, AxesLike, ManyAxes
from .._engine.warn import warn

if TYPE_CHECKING:
    from matplotlib.axis import Axis

#: One convention for what has a sign: blue below 0, red above.
SIGNED = "RdBu_r"
#: Of lines that help the eye, and of what is absent among colours.
FAINT, ABSENT = "0.5", "0.75"
# More measured points are drawn as a line.
_MOST_POINTS = 300
# Letters of a legend in an inch, those that its mark takes, and inches beside the axes.
_LETTERS, _MARK, _BESIDE = 15, 6, 0.8

Method = TypeVar("Method", bound=Callable[..., object])


def pyplot() -> ModuleType:
    """Return matplotlib.pyplot; ImportError says what to install."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install backtune[plot]") from error
    return plt


def ink() -> str:
    """Return the colour of text, which differs from the background."""
    return pyplot().rcParams["text.color"]


def grid(
    ax: AxesLike | None,
    shape: tuple[int, int],
    size: tuple[float, float] = (6.0, 2.4),
    **options: object,
) -> ManyAxes:
    """Return matplotlib Axes of a shape: those given, one or a list, else those of a new figure.

    `size` is that of the new figure for one row, in inches.
    """
    if ax is None:
        height = size[1] * shape[0] + 0.6
        made = pyplot().subplots(
            *shape, squeeze=False, figsize=(size[0], height), layout="constrained", **options
        )
        return made[1]
    given = np.array(ax, dtype=object).reshape(-1)
    if given.size != shape[0] * shape[1]:
        raise SizeError(f"ax: {given.size} Axes came, expected {shape[0] * shape[1]}")
    return given.reshape(shape)


def column(ax: AxesLike | None, count: int, low: int = 0) -> ManyAxes:
    """Return so many Axes below each other, of one axis of time; the last `low` of half height."""
    return grid(ax, (count, 1), row(count, low), sharex=True, **heights(count, low))[:, 0]


def row(count: int, low: int) -> tuple[float, float]:
    """Return the size of a row, of `count` of which `low` have half the height."""
    return 6.0, 2.4 * (1 - low / (2 * count))


def heights(count: int, low: int) -> dict[str, list[int]]:
    """Return the option of a new figure of which the last `low` rows have half the height."""
    return {"height_ratios": [2] * (count - low) + [1] * low}


def title(ax: Axes, text: str, size: str = "small") -> None:
    """Set a title over as many lines as it takes where axes are narrow."""
    ax.set_title(textwrap.fill(text, max(8, round(1.2 * _width(ax) * _LETTERS))), fontsize=size)


def places(method: Method) -> Method:
    """Let a function that takes `ax` take `axes` too, as earlier releases called it."""

    @functools.wraps(method)
    def called(*arguments: object, **options: object) -> object:
        if "axes" in options:
            warn(f"axes= is ax= now, one Axes or a list, in {method.__name__}", DeprecationWarning)
            axes = options.pop("axes")
            if options.setdefault("ax", axes) is not axes:
                raise ArgumentError("ax, axes: both came, expected ax alone")
        return method(*arguments, **options)

    return cast(Method, called)


def legend(ax: Axes, *, most: int = 12) -> None:
    """Put the legend above the data, in as many columns as there is room for.

    What is drawn again under the same name stands there once.
    """
    drawn = dict(zip(*reversed(ax.get_legend_handles_labels())))
    if not drawn:
        return
    labels, handles = list(drawn)[:most], list(drawn.values())[:most]
    columns = _columns([len(label) + _MARK for label in labels], _width(ax) * _LETTERS)
    found = ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncol=columns,
        borderaxespad=0.3,
        frameon=False,
        fontsize="small",
        handlelength=1.5,
        columnspacing=1.2,
    )
    size = float(found.get_texts()[0].get_fontsize()) / 72
    _keep_titles_above(ax, size * (1.5 * -(-len(labels) // columns) + 0.6))


def _keep_titles_above(ax: Axes, height: float) -> None:
    """Keep so many inches above axes free of titles: these stand above what is inside axes."""
    from matplotlib.transforms import BboxTransformTo, ScaledTranslation, blended_transform_factory

    above = ax.figure.dpi_scale_trans + ScaledTranslation(0, 1, BboxTransformTo(ax.bbox))
    place = blended_transform_factory(ax.transAxes, above)
    blank = ax.inset_axes((0, 0, 1, height), transform=place, label="_legend")
    blank.set_axis_off()
    blank.set_navigate(False)


def _width(ax: Axes) -> float:
    """Return inches of axes: layouts are made later."""
    place = ax.get_subplotspec()
    whole = ax.figure.bbox.width / ax.figure.dpi
    if place is None:
        return float(whole * ax.get_position().width)
    ratios = np.asarray(place.get_gridspec().get_width_ratios(), dtype=float)
    own = ratios[place.colspan.start : place.colspan.stop]
    return float(whole * sum(own) / sum(ratios) - _BESIDE)


def _columns(lengths: list[int], room: float) -> int:
    """Return the most columns of a legend, filled one after the other, that there is room for."""
    for columns in range(len(lengths), 1, -1):
        short, longer = divmod(len(lengths), columns)
        ends = np.cumsum([short + (k < longer) for k in range(columns)])
        if sum(max(part) for part in np.split(np.array(lengths), ends[:-1])) <= room:
            return columns
    return 1


def name_times(ax: Axes, times: np.ndarray, axis: str, most: int = 7) -> None:
    """Say below axes what their times are; dates in few words."""
    if times.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=2, maxticks=most)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.set_xlabel(axis)


def clock(form: Form | None, count: int, sampling_time: float | None) -> tuple[np.ndarray, str]:
    """Return the axis of time of a sequence, (T,), and what stands below it.

    The index of a table, in seconds where it is of durations, without its zone where it has one;
    seconds where a sampling time is known; else time steps.
    """
    times = None if form is None else form.times
    plain = times is not None and type(times).__name__ == "RangeIndex" and times.name is None
    if times is not None and not plain:
        if type(times).__name__ == "PeriodIndex":
            times = times.to_timestamp()
        kind = getattr(getattr(times, "dtype", None), "kind", "O")
        name = str(getattr(times, "name", None) or "time")
        zone = getattr(times, "tz", None)
        if zone is not None:
            return np.asarray(times.tz_localize(None)), f"{name} [{zone}]"
        if kind == "m":
            return np.asarray(times.total_seconds()), f"{name} [s]"
        if kind in "iufM":
            return np.asarray(times), name
    if sampling_time is not None:
        return sampling_time * np.arange(count), "time [s]"
    return np.asarray(times) if plain else np.arange(count), "time step"


def measured(ax: Axes, times: np.ndarray, values: Array, label: str = "measured") -> None:
    """Draw what was measured: points, or a line where they are many and lie together."""
    known = np.isfinite(values)
    together = 2 * np.count_nonzero(known[1:] & known[:-1]) > np.count_nonzero(known)
    style: dict[str, object] = {"marker": ".", "markersize": 4, "linestyle": "none"}
    if len(values) > _MOST_POINTS and together:
        # Wide and faint, to be seen beside what covers it.
        style = {"linewidth": 2.5, "alpha": 0.35}
    line = ax.plot(times, values, color=ink(), alpha=0.75, zorder=1.9, label=label)[0]
    line.set(**style)


def shade(
    ax: Axes, times: np.ndarray, low: Array, high: Array, label: str, color: str = "C0"
) -> None:
    """Draw a band."""
    ax.fill_between(times, low, high, color=color, alpha=0.25, linewidth=0, label=label)


def whole_numbers(axis: Axis) -> None:
    """Let ticks be whole numbers."""
    from matplotlib.ticker import MaxNLocator

    locator = axis.get_major_locator()
    if isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)
