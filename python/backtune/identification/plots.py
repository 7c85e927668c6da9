"""Figures of a model: ``model.plot``, and models in those of `bt.plot`; matplotlib comes late."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._engine.data.sequences import Sequences
from .._engine.errors import SizeError
from .._engine.types import Axes, AxesLike, DataLike, ManyAxes, StateLike
from ..display.bands import band_figure, named
from ..display.canvas import FAINT, clock, column, measured, places, shade
from ..display.comparison import CompareDisplay
from ..display.correlation import ResidualsDisplay
from ..display.record import outputs_over
from ..estimation.linear_uncertainty import ModelUncertainty
from ..networks.channels import channel_names, labels
from . import ahead, runs
from .analysis import AnalysedModel
from .measures import compare
from .plots_linear import plot_bode, plot_poles, plot_step
from .plots_report import draw_report
from .residuals import residuals_of


class Plots:
    """Figures of one model; names, units and the sampling time or the index stand on the axes.

    All return the matplotlib Axes, an array of one for each output where there may be several.
    `ax` is that to draw on, or a list of them; a new figure by default. Inputs and outputs are
    those of one sequence, as `IdentifiedModel.simulate` and `predict` take them, errors theirs.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    SizeError
        More sequences than one, another number of axes.
    """

    def __init__(self, model: AnalysedModel) -> None:
        self._model = model

    @places
    def prediction(
        self,
        u: DataLike,
        y: DataLike | None,
        horizon: float | None = None,
        *,
        first: int | None = None,
        zoom: bool | tuple[object, object] | None = None,
        ax: AxesLike | None = None,
    ) -> ManyAxes:
        """Draw what the model says over what was measured, by default in free run.

        `horizon` and `first` are those of `IdentifiedModel.nmse`; the fit stands beside. `zoom` is
        that of `backtune.plot.compare`, which draws several models.
        """
        what = "free run" if horizon is None or np.isinf(horizon) else f"{horizon:g} ahead"
        given = {what: self._model}
        shown = CompareDisplay.from_models(given, u, y, horizon=horizon, first=first)
        shown.channels = self._channels()
        return shown.plot(ax, zoom=zoom).ax_

    @places
    def residuals(
        self,
        u: DataLike,
        y: DataLike | None,
        horizon: float | None = 1,
        *,
        lags: int | None = None,
        first: int | None = None,
        ax: AxesLike | None = None,
    ) -> ManyAxes:
        """Draw correlations of errors with their bounds of 99 %.

        Axes of shape (O, 1 + M): for each output that of its errors with themselves, then with each
        input.
        """
        found = residuals_of(self._model, u, y, horizon, lags=lags, first=first)
        return ResidualsDisplay.from_residuals(found).plot(ax).ax_

    @places
    def forecast(
        self,
        u: DataLike,
        y: DataLike | None,
        steps: int | None = None,
        *,
        level: float = 0.95,
        ax: AxesLike | None = None,
    ) -> ManyAxes:
        """Draw a forecast with its band after what was measured."""
        given, _, known = self._one(u, y)
        found = ahead.forecast(self._model, u, y, steps, level=level)
        mean, lower, upper = (np.asarray(part) for part in found[:3])
        times, axis = self._times(given)
        begin = int(np.flatnonzero(np.isfinite(known[0]).any(axis=1)).max(initial=-1)) + 1
        after = times[begin : begin + len(mean)]
        axes = column(ax, mean.shape[1])
        for o, place in enumerate(axes):
            measured(place, times[:begin], known[0][:begin, o])
            place.plot(after, mean[:, o], color="C0", linewidth=1, label="forecast")
            shade(place, after, lower[:, o], upper[:, o], f"band of {100 * level:g} %")
        return self._named(axes, times, axis)

    @places
    def band(
        self,
        u: DataLike,
        y: DataLike | None = None,
        *,
        level: float = 0.95,
        ax: AxesLike | None = None,
    ) -> ManyAxes:
        """Draw the free run and the band of measured outputs about it, see `IdentifiedModel.band`.

        `y` are first outputs, as of `IdentifiedModel.simulate`.
        """
        model = self._model
        given, arrays, known = self._one(u, y)
        low, high = (
            np.asarray(part) for part in ahead.band(model, given.arrays[0], known[0], level)
        )
        middle = runs.simulated(model, arrays, known)[0]
        times, axis = self._times(given)
        axes = column(ax, middle.shape[1])
        for o, place in enumerate(axes):
            if known[0].size:
                measured(place, times[: len(known[0])], known[0][:, o])
            place.plot(times, middle[:, o], color="C0", linewidth=1, label="free run")
            shade(place, times, low[:, o], high[:, o], f"band of {100 * level:g} %")
        return self._named(axes, times, axis)

    @places
    def members(
        self, u: DataLike, y: DataLike | None = None, *, ax: AxesLike | None = None
    ) -> ManyAxes:
        """Draw the free run of each member, the darker the more it counts, and that of the model.

        `y` are first outputs, as of `IdentifiedModel.simulate`.
        """
        model = self._model
        given, arrays, known = self._one(u, y)
        found = np.stack(runs.free(model, model.members, arrays, known)[0])
        middle = runs.simulated(model, arrays, known)[0]
        weights = model.weights(None)
        times, axis = self._times(given)
        axes = column(ax, middle.shape[1])
        for o, place in enumerate(axes):
            for run, weight in zip(found, weights):
                place.plot(times, run[:, o], color=FAINT, linewidth=0.7, alpha=0.2 + 0.6 * weight)
            if known[0].size:
                measured(place, times[: len(known[0])], known[0][:, o])
            place.plot(times, middle[:, o], color="C0", label=f"median of {len(found)} members")
        return self._named(axes, times, axis)

    @places
    def report(self, ax: Axes | None = None) -> Axes:
        """Draw the validation error of all candidates by their order; members are filled."""
        return draw_report(self._model.report, ax)

    def step(
        self,
        ax: Axes | None = None,
        *,
        uncertainty: ModelUncertainty | None = None,
        steps: int | None = None,
        at: ArrayLike | None = None,
        level: float = 0.95,
    ) -> Axes:
        """Draw step responses: `plot_step` of `backtune.identification.plots_linear`."""
        return plot_step(self._model, ax, uncertainty=uncertainty, steps=steps, at=at, level=level)

    def bode(
        self,
        ax: AxesLike | None = None,
        *,
        uncertainty: ModelUncertainty | None = None,
        frequencies: ArrayLike | None = None,
        at: ArrayLike | None = None,
        level: float = 0.95,
    ) -> ManyAxes:
        """Draw frequency responses: `plot_bode` of `backtune.identification.plots_linear`."""
        return plot_bode(
            self._model, ax, uncertainty=uncertainty, frequencies=frequencies, at=at, level=level
        )

    def poles(
        self,
        ax: Axes | None = None,
        *,
        uncertainty: ModelUncertainty | None = None,
        at: ArrayLike | None = None,
        level: float = 0.95,
    ) -> Axes:
        """Draw poles: `plot_poles` of `backtune.identification.plots_linear`."""
        return plot_poles(self._model, ax, uncertainty=uncertainty, at=at, level=level)

    def _one(
        self, u: DataLike, y: DataLike | None
    ) -> tuple[Sequences, list[np.ndarray], list[np.ndarray]]:
        found = runs.read_record(self._model, u, y)
        if len(found[1]) != 1:
            raise SizeError(f"u: {len(found[1])} sequences came, expected one")
        return found

    def _times(self, given: Sequences) -> tuple[np.ndarray, str]:
        """Return the axis of time, and what stands below it."""
        return clock(given.forms[0], len(given.arrays[0]), self._model.sampling_time)

    def _channels(self) -> list[str]:
        net = self._model.net
        return labels(channel_names(net)[0], net.output_units)

    def _named(self, axes: ManyAxes, times: np.ndarray, axis: str) -> ManyAxes:
        return named(axes, self._channels(), None, times, axis)


@outputs_over.register(AnalysedModel)
def _(
    model: AnalysedModel,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None,
    first: int | None,
    initial: StateLike | None,
) -> tuple[np.ndarray, int]:
    found = compare(model, u, y, horizon, first)
    return found.outputs[0], found.first[0]


@band_figure.register(AnalysedModel)
def _(
    model: AnalysedModel,
    u: DataLike,
    y: DataLike | None,
    level: float,
    noise: bool,
    ax: AxesLike | None,
) -> ManyAxes:
    return Plots(model).band(u, y, level=level, ax=ax)
