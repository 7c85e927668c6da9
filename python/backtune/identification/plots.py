"""Figures of a model: ``model.plot``. matplotlib is imported when one is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine.arrays import as_size
from .._engine.data.sequences import Sequences
from .._engine.errors import SizeError
from ..display.plots import _pyplot
from . import ahead, runs
from .analysis import AnalysedModel
from ..networks.channels import channel_names, labels
from .measures import compare, fit_percent
from .plots_linear import plot_bode, plot_poles, plot_step
from .residuals import residuals_of

_MEASURED = {"color": "k", "marker": ".", "markersize": 3, "linestyle": "none"}
_MARKS = {"output error": "o", "prediction": "^", "arx": "s", "free arx": "D"}


class Plots:
    """Figures of one model; names, units and the sampling time or the index stand on the axes.

    All return the matplotlib Axes, an array of one for each output where there may be several.
    `axes`, or `ax`, are those to draw on; a new figure by default. Inputs and outputs are those of
    one sequence, as `IdentifiedModel.simulate` and `predict` take them, and errors theirs.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    SizeError
        More sequences than one, another number of axes.
    """

    def __init__(self, model: AnalysedModel) -> None:
        self._model = model

    def prediction(
        self,
        u: Any,
        y: Any,
        horizon: float | None = None,
        *,
        first: int | None = None,
        axes: Any = None,
    ) -> Any:
        """Draw what the model says over what was measured, by default in free run.

        `horizon` and `first` are those of `IdentifiedModel.nmse`; the fit stands beside.
        """
        model = self._model
        given, arrays, known = self._one(u, y)
        percents = fit_percent(model, u, y, horizon, first=first)
        found = compare(model, u, y, horizon, first)
        times, axis = self._times(given)
        axes = _axes(len(percents), axes)
        what = "free run" if horizon is None or np.isinf(horizon) else f"{horizon:g} ahead"
        measured = runs.padded(known[0], len(arrays[0]))
        for o, ax in enumerate(axes):
            ax.plot(times, measured[:, o], label="measured", **_MEASURED)
            said = f"{what}, fit {percents[o]:.1f} %"
            ax.plot(times, found.outputs[0][:, o], color="tab:blue", linewidth=1, label=said)
        return self._named(axes, axis)

    def residuals(
        self,
        u: Any,
        y: Any,
        horizon: float | None = 1,
        *,
        lags: int | None = None,
        first: int | None = None,
        axes: Any = None,
    ) -> Any:
        """Draw correlations of errors with their bounds of 99 %.

        Axes of shape (O, 1 + M): for each output that of its errors with themselves, then with each
        input.
        """
        found = residuals_of(self._model, u, y, horizon, lags=lags, first=first)
        outputs, inputs = found.names
        shape = (len(outputs), 1 + len(inputs))
        grid = _grid(shape, axes)
        for o, output in enumerate(outputs):
            pairs = [(output, found.lags, found.autocorrelation, found.autocorrelation_bound)]
            for m, name in enumerate(inputs):
                values, bounds = found.cross_correlation, found.cross_correlation_bound
                pairs.append((name, found.cross_lags, values[..., m], bounds[..., m]))
            for ax, (name, steps, values, bounds) in zip(grid[o], pairs):
                bound = bounds[:, o]
                ax.fill_between(steps, -bound, bound, color="tab:gray", alpha=0.25, step="mid")
                ax.vlines(steps, 0, values[:, o], color="tab:blue")
                ax.axhline(0, color="k", linewidth=0.5)
                ax.set_title(f"errors of {output} and {'themselves' if name == output else name}")
        for ax in grid[-1]:
            ax.set_xlabel("lag in time steps")
        for ax in grid[:, 0]:
            ax.set_ylabel("correlation")
        return grid

    def forecast(
        self, u: Any, y: Any, steps: int | None = None, *, level: float = 0.95, axes: Any = None
    ) -> Any:
        """Draw a forecast with its band after what was measured."""
        given, _, known = self._one(u, y)
        found = ahead.forecast(self._model, u, y, steps, level=level)
        mean, lower, upper = (np.asarray(part) for part in found[:3])
        times, axis = self._times(given)
        begin = int(np.flatnonzero(np.isfinite(known[0]).any(axis=1)).max(initial=-1)) + 1
        after = times[begin : begin + len(mean)]
        axes = _axes(mean.shape[1], axes)
        for o, ax in enumerate(axes):
            ax.plot(times[:begin], known[0][:begin, o], label="measured", **_MEASURED)
            ax.plot(after, mean[:, o], color="tab:blue", linewidth=1, label="forecast")
            shade = {"color": "tab:blue", "alpha": 0.2, "label": f"band of {100 * level:g} %"}
            ax.fill_between(after, lower[:, o], upper[:, o], **shade)
        return self._named(axes, axis)

    def band(self, u: Any, y: Any = None, *, level: float = 0.95, axes: Any = None) -> Any:
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
        axes = _axes(middle.shape[1], axes)
        for o, ax in enumerate(axes):
            if known[0].size:
                ax.plot(times[: len(known[0])], known[0][:, o], label="measured", **_MEASURED)
            ax.plot(times, middle[:, o], color="tab:blue", linewidth=1, label="free run")
            shade = {"color": "tab:blue", "alpha": 0.2, "label": f"band of {100 * level:g} %"}
            ax.fill_between(times, low[:, o], high[:, o], **shade)
        return self._named(axes, axis)

    def members(self, u: Any, y: Any = None, *, axes: Any = None) -> Any:
        """Draw the free run of each member, the darker the more it counts, and that of the model.

        `y` are first outputs, as of `IdentifiedModel.simulate`.
        """
        model = self._model
        given, arrays, known = self._one(u, y)
        found = np.stack(runs.free(model, model.members, arrays, known)[0])
        middle = runs.simulated(model, arrays, known)[0]
        weights = model.weights(None)
        times, axis = self._times(given)
        axes = _axes(middle.shape[1], axes)
        for o, ax in enumerate(axes):
            for run, weight in zip(found, weights):
                ax.plot(times, run[:, o], color="tab:gray", linewidth=0.7, alpha=0.2 + 0.6 * weight)
            if known[0].size:
                ax.plot(times[: len(known[0])], known[0][:, o], label="measured", **_MEASURED)
            ax.plot(times, middle[:, o], color="tab:blue", label=f"median of {len(found)} members")
        return self._named(axes, axis)

    def report(self, ax: Any = None) -> Any:
        """Draw the validation error of all candidates by their order; members are filled."""
        report = self._model.report
        ax = _axes(1, ax)[0]
        told = set()
        for trial in report:
            if not np.isfinite(trial.validation) or trial.validation <= 0:
                continue
            kind = f"{trial.kind}, {'nonlinear' if trial.hidden else 'linear'}"
            colour = "tab:orange" if trial.hidden else "tab:blue"
            counts = trial.chosen or trial.weight > 0
            ax.plot(
                *([trial.order], [trial.validation], _MARKS.get(trial.kind, "o")),
                color=colour,
                fillstyle="full" if counts else "none",
                label=None if kind in told else kind,
            )
            told.add(kind)
            if trial.chosen:
                ax.annotate(" best member", (trial.order, trial.validation))
        ax.set_yscale("log")
        ax.set_xlabel("order")
        ax.set_ylabel("NMSE of the free run, held-back part")
        ax.xaxis.get_major_locator().set_params(integer=True)
        if told:
            ax.legend()
        return ax

    def step(self, ax: Any = None, **options: Any) -> Any:
        """Draw step responses: `plot_step` of `backtune.identification.plots_linear`."""
        return plot_step(self._model, ax, **options)

    def bode(self, ax: Any = None, **options: Any) -> Any:
        """Draw frequency responses: `plot_bode` of `backtune.identification.plots_linear`."""
        return plot_bode(self._model, ax, **options)

    def poles(self, ax: Any = None, **options: Any) -> Any:
        """Draw poles: `plot_poles` of `backtune.identification.plots_linear`."""
        return plot_poles(self._model, ax, **options)

    def _one(self, u: Any, y: Any) -> tuple[Sequences, list[np.ndarray], list[np.ndarray]]:
        found = runs.read_record(self._model, u, y)
        if len(found[1]) != 1:
            raise SizeError(f"u: {len(found[1])} sequences came, expected one")
        return found

    def _times(self, given: Sequences) -> tuple[Any, str]:
        """Return the axis of time, and what stands below it."""
        form = given.forms[0]
        count = len(given.arrays[0])
        if form is not None and form.times is not None:
            return np.asarray(form.times), str(form.times.name or "time")
        seconds = self._model.sampling_time
        if seconds is not None:
            return seconds * np.arange(count), "time [s]"
        return np.arange(count), "time step"

    def _named(self, axes: np.ndarray, axis: str) -> np.ndarray:
        net = self._model.net
        for ax, label in zip(axes, labels(channel_names(net)[0], net.output_units)):
            ax.set_ylabel(label)
        axes[0].legend()
        axes[-1].set_xlabel(axis)
        return axes


def _axes(count: int, axes: Any) -> np.ndarray:
    """Return so many axes below each other."""
    return _grid((count, 1), axes)[:, 0]


def _grid(shape: tuple[int, int], axes: Any) -> np.ndarray:
    if axes is None:
        size = (5 * shape[1] + 1, 2.4 * shape[0] + 1)
        _, axes = _pyplot().subplots(*shape, squeeze=False, figsize=size, layout="constrained")
    drawn = np.array(axes, dtype=object).reshape(-1)
    if drawn.size != as_size(shape[0] * shape[1], "axes"):
        raise SizeError(f"axes: {drawn.size} came, expected {shape[0] * shape[1]}")
    return drawn.reshape(shape)
