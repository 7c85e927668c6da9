"""Outputs with the band that they, or measured ones, are in."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from .._engine.data.sequences import Sequences, read
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, AxesLike, DataLike, ManyAxes
from ..estimation.linear_uncertainty import ModelUncertainty
from ..estimation.uncertainty import Uncertainty
from ..networks.channels import labels
from .ahead import Ahead
from .canvas import clock, column, legend, measured, name_times, shade
from .record import labels_of


def band(
    source: object,
    u: DataLike | None = None,
    y: DataLike | None = None,
    *,
    level: float = 0.95,
    noise: bool = False,
    ax: AxesLike | None = None,
) -> ManyAxes:
    """Draw outputs and the band about them, and what was measured.

    Parameters
    ----------
    source : Uncertainty, ModelUncertainty, IdentifiedModel, or forecast
        What has a band; that of a model is always one of measured outputs, and a forecast brings
        its own.
    u : array of shape (T, M), or table
        Inputs of one sequence; by default those of the data, of an `Uncertainty`.
    y : array of shape (n, O), or table, optional
        What was measured, NaN where nothing was. Of a model they are first outputs, as of
        `IdentifiedModel.simulate`; of a forecast what came before it.
    level : float
        How often the outputs are inside.
    noise : bool
        Whether the band is one of measured outputs, of an uncertainty.
    ax : matplotlib Axes, or list of O of them, optional
        A new figure by default.

    Returns
    -------
    array of O matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    TypeError
        Something without a band.
    SizeError
        More sequences than one, another number of channels or of axes.
    ArgumentError
        A level that is not between 0 and 1; no inputs where they are needed.
    """
    return band_figure(source, u, y, level, noise, ax)


@singledispatch
def band_figure(
    source: object,
    u: DataLike | None,
    y: DataLike | None,
    level: float,
    noise: bool,
    ax: AxesLike | None,
) -> ManyAxes:
    """Draw a band, see `band`; who has one says here how."""
    if not isinstance(source, Ahead):
        raise TypeError(f"band: a {type(source).__name__} came, which has no band")
    ahead = read(source.mean, None, "forecast")
    parts = (source.mean, source.lower, source.upper)
    mean, low, high = (_one(read(part, None, "forecast")) for part in parts)
    before = None if y is None else read(y, mean.shape[1], "y", ahead.names)
    past = np.empty((0, mean.shape[1])) if before is None else _one(before)
    start = len(past)
    form = ahead.forms[0]
    times, axis = clock(form, start + len(mean), None)
    history = times[:start]
    if form is not None and before is not None and before.forms[0] is not None:
        history = clock(before.forms[0], start, None)[0]
    times = times if len(times) == len(mean) else times[start:]
    axes = column(ax, mean.shape[1])
    for o, place in enumerate(axes):
        if len(history) == start and start:
            measured(place, history, past[:, o])
        place.plot(times, mean[:, o], color="C0", linewidth=1, label="forecast")
        shade(place, times, low[:, o], high[:, o], f"band of {100 * source.level:g} %")
    return named(axes, ahead.names, None, times, axis)


@band_figure.register(Uncertainty)
@band_figure.register(ModelUncertainty)
def _(
    source: Uncertainty | ModelUncertainty,
    u: DataLike | None,
    y: DataLike | None,
    level: float,
    noise: bool,
    ax: AxesLike | None,
) -> ManyAxes:
    net: object
    if isinstance(source, Uncertainty):
        found, net = source.band(u, level, noise=noise), source._net
    elif u is None:
        raise ArgumentError("u: None came, expected inputs")
    else:
        found, net = source.band(u, level, noise=noise), getattr(source._model, "net", None)
    if isinstance(found, list):
        raise SizeError(f"u: {len(found)} sequences came, expected one")
    low, high = (np.asarray(part) for part in found)
    # That of new inputs is even: its middle is what the network gives.
    middle = (low + high) / 2
    names, units, seconds = labels_of([net])
    form = None if u is None or isinstance(u, (int, np.integer)) else read(u, None, "u").forms[0]
    times, axis = clock(form, len(middle), seconds)
    known = None if y is None else _one(read(y, middle.shape[1], "y", names))
    axes = column(ax, middle.shape[1])
    what = "measured outputs" if noise else "outputs"
    for o, place in enumerate(axes):
        if known is not None:
            measured(place, times[: len(known)], known[:, o])
        place.plot(times, middle[:, o], color="C0", linewidth=1, label="network")
        shade(place, times, low[:, o], high[:, o], f"{100 * level:g} % of {what}")
    return named(axes, names, units, times, axis)


def named(
    axes: ManyAxes,
    names: list[str] | None,
    units: list[str] | None,
    times: np.ndarray,
    axis: str,
) -> ManyAxes:
    """Say on axes of outputs what they are of."""
    words = names or [f"y{k}" for k in range(len(axes))]
    for place, label in zip(axes, labels(words, units)):
        place.set_ylabel(label)
        place.margins(x=0.01)
    legend(axes[0])
    name_times(axes[-1], times, axis)
    return axes


def _one(given: Sequences) -> Array:
    if len(given.arrays) != 1:
        raise SizeError(f"{len(given.arrays)} sequences came, expected one")
    return given.arrays[0]
