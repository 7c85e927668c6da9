"""Figures. matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._engine import shown
from .._engine.arrays import as_size
from .._engine.data.numbers import as_float
from .._engine.data.pairs import Data
from .._engine.errors import ArgumentError, SizeError
from ..estimation.trace import Trace
from ..networks.network import Network

__all__ = [
    "autocorrelation",
    "plot_autocorrelation",
    "plot_prediction",
    "plot_trace",
    "plot_weights",
]

# Number of the order in a trace -> label, marker, colour.
_ORDER_MARKS = {
    2: ("second order", "o", "tab:blue"),
    1: ("first order", "s", "tab:orange"),
    0: ("start", "x", "tab:gray"),
    -1: ("rescue", "v", "tab:red"),
}


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install backtune[plot]") from error
    return plt


@shown.figure.register
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
        _, ax = _pyplot().subplots()
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
    if not (np.isfinite(tau) and np.isfinite(beta)):
        return
    ax.plot(
        iterations,
        alpha * np.exp(-iterations / tau) + beta,
        "k--",
        linewidth=1,
        label=f"decay time {tau:.3g} iterations, bias {beta:.2g}",
    )


def plot_prediction(net: Network, u: Any, y: Any, initial: Any = None, axes: Any = None) -> Any:
    """Draw what a network gives for one sequence over what is desired.

    Parameters
    ----------
    net : Network
    u : array of shape (T, M)
        As `Network.simulate` takes it; the index of a pandas object is the axis of time.
    y : array of shape (T, O)
        Desired outputs, NaN where there are none; (T,) means one output.
    initial : array of shape (state_size,), optional
        The state before the first time step.
    axes : list of matplotlib Axes, optional
        One per output; a new figure by default.

    Returns
    -------
    array of matplotlib Axes
    """
    outputs = np.asarray(net.simulate(u, initial))
    data = Data(net, u, y)
    if data.lengths.size != 1 or data.desired is None:
        raise SizeError(f"u, y: {data.lengths.size} sequences came, expected one")
    desired = data.desired
    count = outputs.shape[1]
    if axes is None:
        _, axes = _pyplot().subplots(count, sharex=True, squeeze=False)
    drawn = np.array(axes, dtype=object).reshape(-1)
    if drawn.size != count:
        raise SizeError(f"axes: {drawn.size} came, expected one for each of {count} outputs")
    index = getattr(u, "index", None)
    times = np.arange(len(outputs)) if index is None or callable(index) else index
    for place, (ax, name) in enumerate(zip(drawn, net._output_names())):
        ax.plot(times, desired[:, place], "k.", markersize=3, label="desired")
        ax.plot(times, outputs[:, place], color="tab:blue", linewidth=1, label="network")
        ax.set_ylabel(name)
    drawn[0].legend()
    drawn[-1].set_xlabel("time step" if index is None or callable(index) else "time")
    return drawn


def plot_weights(net: Network, names: Sequence[str] | None = None) -> Any:
    """Draw weight arrays as matrices, one colour scale for all: blue below 0, red above.

    Parameters
    ----------
    net : Network
    names : list of str, optional
        As in ``net.weights``; all of them by default. Vectors are drawn as one row.

    Returns
    -------
    array of matplotlib Axes
        One per array, in a new figure.
    """
    chosen = list(net.weights) if names is None else list(names)
    if not chosen:
        raise ArgumentError("plot_weights: there are no weights to draw")
    matrices = [np.atleast_2d(net.weights[name]) for name in chosen]
    most = max(float(np.abs(matrix).max(initial=0)) for matrix in matrices) or 1.0
    columns = min(4, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, grid = _pyplot().subplots(
        rows,
        columns,
        figsize=(2.6 * columns + 1, 2.2 * rows + 0.4),
        squeeze=False,
        layout="constrained",
    )
    axes = grid.reshape(-1)
    for ax, name, matrix in zip(axes, chosen, matrices):
        image = ax.imshow(matrix, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
        ax.set_title(name, fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in axes[len(chosen) :]:
        ax.remove()
    drawn = axes[: len(chosen)]
    figure.colorbar(image, ax=list(drawn))
    return drawn


def autocorrelation(residuals: Any, lags: int) -> np.ndarray:
    """Return the autocorrelations of a sequence at the lags 0 to `lags`, NaN where undefined.

    Values that are NaN are left out, with every pair that they belong to.
    """
    values = as_float(residuals, "residuals")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise SizeError(f"residuals: shape {values.shape}, expected (time,), of one output")
    most = as_size(lags, "lags")
    if not 0 <= most < max(len(values), 1):
        raise ArgumentError(f"lags: {most} came for {len(values)} time steps")
    known = np.isfinite(values)
    if not known.any():
        return np.full(most + 1, np.nan)
    centred = np.where(known, values - values[known].mean(), 0.0)
    total = float(centred @ centred)
    if not total > 0:
        return np.full(most + 1, np.nan)
    products = [centred[lag:] @ centred[: len(centred) - lag] for lag in range(most + 1)]
    return np.array(products) / total


def plot_autocorrelation(residuals: Any, lags: int = 20, ax: Any = None) -> Any:
    """Draw the autocorrelation of residuals: what the network has left unexplained.

    Parameters
    ----------
    residuals : array of shape (T,)
        Desired minus given outputs, of one output; NaN where nothing was desired.
    lags : int
        Largest lag, below T.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes
        With the band that holds 95 % of the values of white noise, 1.96 / sqrt(number).
    """
    values = autocorrelation(residuals, lags)
    count = int(np.isfinite(as_float(residuals, "residuals")).sum())
    if ax is None:
        _, ax = _pyplot().subplots()
    ax.axhline(0, color="k", linewidth=0.5)
    ax.vlines(np.arange(len(values)), 0, np.nan_to_num(values), color="tab:blue")
    if count:
        bound = 1.96 / np.sqrt(count)
        ax.axhspan(-bound, bound, color="tab:gray", alpha=0.25, label="95 % of white noise")
        ax.legend()
    ax.set_xlabel("lag")
    ax.set_ylabel("autocorrelation")
    return ax
