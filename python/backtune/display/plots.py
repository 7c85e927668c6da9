"""Figures of networks, estimations and models; matplotlib is imported when one is drawn.

Functions draw into ``ax``, one matplotlib Axes or a list of them, or into a new figure, and return
the Axes. Legends stand above the data, titles above these. Colours are those of the style in use,
dark ones too.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._engine import shown
from .._engine.types import Axes, AxesLike, DataLike, ManyAxes, StateLike
from .._engine.warn import warn
from ..estimation.trace import Trace
from ..networks.network import Network
from .bands import band
from .canvas import places
from .comparison import CompareDisplay, compare
from .correlation import ResidualsDisplay, autocorrelation, residuals
from .diagram import network
from .matrices import weights
from .traces import traces

__all__ = [
    "CompareDisplay",
    "ResidualsDisplay",
    "autocorrelation",
    "band",
    "compare",
    "network",
    "plot_autocorrelation",
    "plot_prediction",
    "plot_trace",
    "plot_weights",
    "report",
    "residuals",
    "traces",
    "weights",
]


def report(found: object, *, ax: AxesLike | None = None) -> Axes:
    """Draw what `identify` tried: the validation error of all candidates by their order.

    Parameters
    ----------
    found : IdentificationReport, or IdentifiedModel
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes
        Candidates that are members of the model are filled, the best one is named.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    TypeError
        Something else.
    """
    return shown.figure(getattr(found, "report", found), ax)


# ---- Under the names of earlier releases


def plot_trace(trace: Trace, ax: AxesLike | None = None) -> Axes:
    """Draw a trace: `traces` now, with ``decay=True`` and ``orders=True``."""
    _renamed("plot_trace", "traces")
    return traces(trace, of="cost", decay=True, orders=True, ax=ax)


@places
def plot_prediction(
    net: Network,
    u: DataLike,
    y: DataLike | None,
    initial: StateLike | None = None,
    ax: AxesLike | None = None,
) -> ManyAxes:
    """Draw outputs over desired ones: `compare` now."""
    _renamed("plot_prediction", "compare")
    return compare({"network": net}, u, y, initial=initial, ax=ax)


def plot_weights(net: Network, names: Sequence[str] | None = None) -> ManyAxes:
    """Draw weights as matrices: `weights` now."""
    _renamed("plot_weights", "weights")
    return weights(net, names)


def plot_autocorrelation(residuals: DataLike, lags: int = 20, ax: AxesLike | None = None) -> Axes:
    """Draw the autocorrelation of errors: `residuals` now."""
    _renamed("plot_autocorrelation", "residuals")
    return ResidualsDisplay.from_errors(residuals, lags=lags).plot(ax).ax_[0, 0]


def _renamed(old: str, new: str) -> None:
    warn(f"bt.plot.{old} is bt.plot.{new} now", DeprecationWarning)
