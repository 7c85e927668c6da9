"""Figures. matplotlib is imported when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .trace import Trace

# Number of the order in a trace -> label, marker, colour.
_ORDER_MARKS = {
    2: ("second order", "o", "tab:blue"),
    1: ("first order", "s", "tab:orange"),
    0: ("start", "x", "tab:gray"),
    -1: ("rescue", "v", "tab:red"),
}


def plot_trace(trace: Trace, ax: Any = None) -> Any:
    """Draw the cost of a trace by iteration, on a log scale, as in figure 7 of RR-9100.

    Parameters
    ----------
    trace : Trace
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes
    """
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError("plots need matplotlib: pip install backtune[plot]") from error
        _, ax = plt.subplots()
    iterations = np.arange(len(trace))
    ax.plot(iterations, trace.cost, color="tab:blue", alpha=0.4, linewidth=1)
    for order, (label, marker, colour) in _ORDER_MARKS.items():
        chosen = trace.order == order
        if chosen.any():
            ax.plot(
                iterations[chosen],
                trace.cost[chosen],
                marker,
                color=colour,
                markersize=3,
                label=label,
            )
    _plot_decay(trace, iterations, ax)
    if np.any(np.isfinite(trace.cost) & (trace.cost > 0)):
        ax.set_yscale("log")
    ax.set_xlabel("iteration")
    ax.set_ylabel("cost")
    ax.legend()
    return ax


def _plot_decay(trace: Trace, iterations: np.ndarray, ax: Any) -> None:
    """Draw the fitted exponential."""
    tau, beta, alpha = trace.decay
    if not np.isfinite(tau):
        return
    ax.plot(
        iterations,
        alpha * np.exp(-iterations / tau) + np.nan_to_num(beta),
        "k--",
        linewidth=1,
        label=f"decay time {tau:.3g} iterations, bias {beta:.2g}",
    )
