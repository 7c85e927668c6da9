"""The course of estimations: errors by iteration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from .._engine import shown
from .._engine.errors import ArgumentError
from .._engine.types import Array, Axes, AxesLike
from ..estimation.trace import Trace, decay_fit
from .canvas import FAINT, grid, ink, legend, whole_numbers

# Number of the order in a trace -> label, marker.
_ORDERS = {
    3: ("removal of weights", "d"),
    2: ("second order", "o"),
    1: ("first order", "s"),
    0: ("start, or nothing better", "x"),
    -1: ("rescue", "v"),
}
_QUANTITIES = ("cost", "nmse")


def traces(
    traces: Trace | Sequence[Trace] | Mapping[str, Trace],
    *,
    of: Literal["nmse", "cost"] | None = None,
    decay: bool = False,
    orders: bool = False,
    ax: AxesLike | None = None,
) -> Axes:
    """Draw the error of one or more estimations by iteration, on a log scale.

    The training error is a line, the validation error a dashed one; the best iteration, whose
    weights the network has, is marked: the least validation error, or the least cost without.

    Parameters
    ----------
    traces : Trace, or list or dict of such
        The names of a dict stand in the legend.
    of : {"nmse", "cost"}, optional
        What is drawn; by default the NMSE where a validation error is there to compare with it,
        else the cost.
    decay : bool
        Whether the exponential that `decay_fit` finds is drawn over each, as in figure 7 of
        RR-9100.
    orders : bool
        Whether marks say which order found each step.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ArgumentError
        No traces, another `of`.
    SizeError
        Another number of axes.
    """
    named = _named(traces)
    if of is None:
        validated = any(np.isfinite(t.validation).any() for t in named.values())
        known = all(np.isfinite(t.nmse).any() for t in named.values())
        of = "nmse" if validated and known else "cost"
    if of not in _QUANTITIES:
        raise ArgumentError(f"of: {of!r} came, expected {' or '.join(map(repr, _QUANTITIES))}")
    place = grid(ax, (1, 1), (6.0, 3.0))[0, 0]
    positive = False
    for k, (name, trace) in enumerate(named.items()):
        values = getattr(trace, of)
        positive |= bool(np.any(np.isfinite(values) & (values > 0)))
        _draw(place, trace, of, values, name, f"C{k}")
        if orders:
            _mark_orders(place, trace, values, f"C{k}", told=k == 0)
        if decay:
            _draw_decay(place, values, name, f"C{k}")
    if positive:
        place.set_yscale("log")
    place.set_xlabel("iteration")
    place.set_ylabel("NMSE" if of == "nmse" else "cost")
    whole_numbers(place.xaxis)
    legend(place)
    return place


@shown.figure.register(Trace)
def trace_figure(trace: Trace, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw one trace, see `traces`."""
    return traces(trace, ax=ax, **options)


def _named(traces: Trace | Sequence[Trace] | Mapping[str, Trace]) -> dict[str, Trace]:
    """Return traces by name; that of one alone is empty."""
    if isinstance(traces, Trace):
        return {"": traces}
    if isinstance(traces, Mapping):
        named = {str(name): trace for name, trace in traces.items()}
    else:
        named = {f"run {k + 1}": trace for k, trace in enumerate(traces)}
    for name, trace in named.items():
        if not isinstance(trace, Trace):
            raise TypeError(f"traces: {name} is a {type(trace).__name__}, expected a Trace")
    if not named:
        raise ArgumentError("traces: none came")
    return named


def _draw(ax: Axes, trace: Trace, of: str, values: Array, name: str, color: str) -> None:
    """Draw training, validation, and the best iteration."""
    before = f"{name}, " if name else ""
    judged = trace.validation if _is_validated(trace) else trace.cost
    dashed = _is_validated(trace) and of == "nmse"
    ax.plot(values, color=color, label=f"{before}training" if dashed or not name else name)
    if dashed:
        ax.plot(trace.validation, "--", color=color, label=f"{before}validation")
    if not np.isfinite(judged).any():
        return
    best = int(np.nanargmin(np.where(np.isfinite(judged), judged, np.nan)))
    label = f"{before}best: iteration {best}"
    ax.plot(best, (trace.validation if dashed else values)[best], "o", color=color, label=label)
    if _is_validated(trace):
        ax.axvline(best, color=FAINT, linewidth=0.8, linestyle=":", zorder=0.5)


def _is_validated(trace: Trace) -> bool:
    return bool(np.isfinite(trace.validation).any())


def _mark_orders(ax: Axes, trace: Trace, values: Array, color: str, told: bool) -> None:
    for order, (label, marker) in _ORDERS.items():
        chosen = np.flatnonzero(trace.order == order)
        if chosen.size:
            said = label if told else None
            line = ax.plot(chosen, values[chosen], marker, color=color, markersize=3, label=said)[0]
            line.set_fillstyle("none")


def _draw_decay(ax: Axes, values: Array, name: str, color: str) -> None:
    """Draw the fitted exponential."""
    time, bias, amplitude = decay_fit(values)
    if not (np.isfinite(time) and np.isfinite(bias)):
        return
    iterations = np.arange(len(values))
    ax.plot(
        iterations,
        amplitude * np.exp(-iterations / time) + bias,
        linestyle="-.",
        color=color if name else ink(),
        linewidth=1,
        label=f"{name}{', ' * bool(name)}decay time {time:.3g} iterations, bias {bias:.2g}",
    )
