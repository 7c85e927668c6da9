"""Figures of the linear model: steps, frequency responses, poles. matplotlib is imported late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from .._engine.types import Array, Axes, AxesLike, ManyAxes
from ..display.canvas import FAINT, column, grid, legend
from ..estimation.linear_uncertainty import ModelUncertainty
from ..estimation.uncertainty import band_width
from ..networks.channels import labels
from .analysis import AnalysedModel

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

__all__ = ["plot_bode", "plot_poles", "plot_step"]


def plot_step(
    model: AnalysedModel,
    ax: Axes | None = None,
    *,
    uncertainty: ModelUncertainty | None = None,
    steps: int | None = None,
    at: ArrayLike | None = None,
    level: float = 0.95,
) -> Axes:
    """Draw the step responses of `IdentifiedModel.step`, a line for each output and input.

    Parameters
    ----------
    model : IdentifiedModel
    ax : matplotlib Axes, optional
        A new figure by default.
    uncertainty : ModelUncertainty, optional
        What `IdentifiedModel.uncertainty` returned: its steps are drawn, with bands.
    steps, at
        As of `IdentifiedModel.step`, where no uncertainty came.
    level : float
        How often the true response is inside a band.

    Returns
    -------
    matplotlib Axes
        Time in seconds where the sampling time is known, otherwise in time steps.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ArgumentError
        As of `IdentifiedModel.step`; a level that is not between 0 and 1.
    """
    width = band_width(level)
    values = model.step(steps, at) if uncertainty is None else uncertainty.step
    ax = grid(ax, (1, 1), (6.0, 3.0))[0, 0]
    clock = _clock(model)
    times = np.arange(len(values)) * (clock or 1.0)
    for o, m, label in _pairs(model):
        (line,) = ax.step(times, values[:, o, m], where="post", label=label)
        if uncertainty is not None:
            _shade(ax, line, width * uncertainty.step_error[:, o, m], "post")
    ax.set_xlabel("time step" if clock is None else "time [s]")
    ax.set_ylabel("answer to a step of 1")
    legend(ax)
    return ax


def plot_bode(
    model: AnalysedModel,
    ax: AxesLike | None = None,
    *,
    uncertainty: ModelUncertainty | None = None,
    frequencies: ArrayLike | None = None,
    at: ArrayLike | None = None,
    level: float = 0.95,
) -> ManyAxes:
    """Draw magnitude and phase of `IdentifiedModel.bode`, a line for each output and input.

    Parameters
    ----------
    model : IdentifiedModel
    ax : two matplotlib Axes, optional
        For magnitude and phase; a new figure by default.
    uncertainty : ModelUncertainty, optional
        What `IdentifiedModel.uncertainty` returned: its response is drawn, with bands.
    frequencies, at
        As of `IdentifiedModel.bode`, where no uncertainty came.
    level : float
        How often the true response is inside a band, at each frequency.

    Returns
    -------
    two matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ArgumentError
        As of `IdentifiedModel.bode`; a level that is not between 0 and 1.
    """
    width = band_width(level)
    found = model.bode(frequencies, at) if uncertainty is None else uncertainty.frequency
    axes = column(ax, 2)
    errors = (
        (None, None)
        if uncertainty is None
        else (uncertainty.magnitude_error, uncertainty.phase_error)
    )
    names = ("magnitude [dB]", "phase [degrees]")
    for part, values, error, name in zip(axes, (found.magnitude, found.phase), errors, names):
        for o, m, label in _pairs(model):
            (line,) = part.semilogx(found.frequencies, values[:, o, m], label=label)
            if error is not None:
                _shade(part, line, width * error[:, o, m])
        part.set_ylabel(name)
    axes[1].set_xlabel("cycles per time step" if _clock(model) is None else "frequency [Hz]")
    legend(axes[0])
    return axes


def plot_poles(
    model: AnalysedModel,
    ax: Axes | None = None,
    *,
    uncertainty: ModelUncertainty | None = None,
    at: ArrayLike | None = None,
    level: float = 0.95,
) -> Axes:
    """Draw the poles of `IdentifiedModel.poles` and the unit circle.

    Parameters
    ----------
    model : IdentifiedModel
    ax : matplotlib Axes, optional
        A new figure by default.
    uncertainty : ModelUncertainty, optional
        What `IdentifiedModel.uncertainty` returned: its poles are drawn, each with the ellipse in
        which it is.
    at
        As of `IdentifiedModel.poles`, where no uncertainty came.
    level : float
        How often a true pole is inside its ellipse, a real one inside its line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ArgumentError
        As of `IdentifiedModel.poles`; a level that is not between 0 and 1.
    """
    width = band_width(level)
    poles = model.poles(at) if uncertainty is None else uncertainty.poles
    ax = grid(ax, (1, 1), (4.5, 4.0))[0, 0]
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 181))
    ax.plot(circle.real, circle.imag, color=FAINT, linewidth=1)
    ax.plot(poles.real, poles.imag, "x", color="C0")
    if uncertainty is not None:
        for pole, covariance in zip(poles, uncertainty.poles_covariance):
            if not np.isfinite(covariance).all():
                continue
            # Of two dimensions the radius that holds so much; a real pole has one.
            radius = width if pole.imag == 0 else np.sqrt(-2 * np.log1p(-level))
            sizes, axes = np.linalg.eigh(covariance)
            half = radius * axes * np.sqrt(np.maximum(sizes, 0))
            ring = half @ np.stack([circle.real, circle.imag])
            ax.plot(pole.real + ring[0], pole.imag + ring[1], color="C0", alpha=0.5)
    ax.set_aspect("equal")
    ax.set_xlabel("real part")
    ax.set_ylabel("imaginary part")
    return ax


def _shade(ax: Axes, line: Line2D, half: Array, step: Literal["post"] | None = None) -> None:
    """Draw the band of half that width about a line."""
    x, y = map(np.asarray, line.get_data())
    color = line.get_color()
    ax.fill_between(x, y - half, y + half, step=step, color=color, alpha=0.25, linewidth=0)


def _clock(model: AnalysedModel) -> float | None:
    """Return the seconds of a time step of the best member, where known."""
    time = model.sampling_time
    return None if time is None else time * model.members[0].front.factor


def _pairs(model: AnalysedModel) -> list[tuple[int, int, str]]:
    """Return outputs and inputs, and what to call each pair of them, with units."""
    net = model.members[0].net
    sides = []
    for kind, count, names, units in zip("uy", (net.inputs, net.outputs), model.names, model.units):
        plain = [f"{kind}{k}" for k in range(count)] if count > 1 else [kind]
        sides.append(labels(names or plain, units))
    return [
        (o, m, f"{output} by {given}")
        for o, output in enumerate(sides[1])
        for m, given in enumerate(sides[0])
    ]
