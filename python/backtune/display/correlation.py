"""What models leave unexplained: correlations of errors with themselves and with the inputs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from .._engine.arrays import as_size
from .._engine.data.numbers import as_float
from .._engine.data.sequences import read
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Axes, AxesLike, DataLike, ManyAxes, Places
from ..estimation.correlations import correlations, most_lags
from .canvas import FAINT, grid, ink, title
from .record import labels_of, one_record, outputs_over


@dataclass
class ResidualsDisplay:
    """Correlations of errors, to be drawn with their bounds.

    Attributes
    ----------
    lags : array of shape (L + 1,)
    autocorrelation, autocorrelation_bound : array of shape (L + 1, O)
        Bounds are those of 99 % of all cases, if errors are white.
    cross_lags : array of shape (2 L + 1,)
        Errors at time t are compared with inputs at t - lag.
    cross_correlation, cross_correlation_bound : array of shape (2 L + 1, O, M)
        The like, if errors and inputs are independent.
    names : tuple of two lists of str
        Of outputs and inputs.
    ax_ : array of matplotlib Axes
        Of shape (O, 1 + M), after `plot`.
    """

    lags: Places
    autocorrelation: Array
    autocorrelation_bound: Array
    cross_lags: Places
    cross_correlation: Array
    cross_correlation_bound: Array
    names: tuple[list[str], list[str]]
    ax_: ManyAxes = field(default_factory=lambda: np.empty(0, dtype=object), repr=False)

    @classmethod
    def from_residuals(cls, found: object) -> ResidualsDisplay:
        """Take what `IdentifiedModel.residuals` found."""
        return cls(*(getattr(found, part.name) for part in fields(cls) if part.name != "ax_"))

    @classmethod
    def from_errors(
        cls,
        errors: DataLike | None,
        u: DataLike | None = None,
        *,
        lags: int | None = None,
        names: tuple[list[str] | None, list[str] | None] = (None, None),
    ) -> ResidualsDisplay:
        """Correlate errors, (T, O) and NaN where not known, with themselves and with inputs.

        `names` are those of outputs and inputs, by default those of tables.
        """
        given = read(errors, None, "residuals")
        inputs = None if u is None else read(u, None, "u")
        if len(given.arrays) != 1 or (inputs is not None and len(inputs.arrays) != 1):
            raise SizeError("residuals, u: several sequences came, expected one")
        left = given.arrays[0]
        if inputs is not None and len(inputs.arrays[0]) != len(left):
            steps = len(inputs.arrays[0])
            raise SizeError(f"u: {steps} time steps came, expected {len(left)} as of the errors")
        read_by = np.empty((len(left), 0)) if inputs is None else inputs.arrays[0]
        found = correlations([left], [read_by], most_lags(lags, len(left)))
        outputs = names[0] or given.names or _numbered("y", left.shape[1])
        named = names[1] or (None if inputs is None else inputs.names)
        return cls(*found[2:8], (outputs, named or _numbered("u", read_by.shape[1])))

    def plot(self, ax: AxesLike | None = None) -> ResidualsDisplay:
        """Draw it, see `residuals`; return this."""
        outputs, inputs = self.names
        letters = "medium" if len(inputs) < 2 else "small"
        axes = grid(ax, (len(outputs), 1 + len(inputs)), sharey="row")
        for o, output in enumerate(outputs):
            # That at lag 0 is 1, and would hide the others.
            own = self.autocorrelation[1:, o], self.autocorrelation_bound[1:, o]
            _bars(axes[o, 0], self.lags[1:], *own)
            title(axes[o, 0], f"errors of {output}", letters)
            for m, name in enumerate(inputs):
                cross = self.cross_correlation[:, o, m], self.cross_correlation_bound[:, o, m]
                _bars(axes[o, 1 + m], self.cross_lags, *cross)
                title(axes[o, 1 + m], f"errors of {output} and {name}", letters)
            axes[o, 0].set_ylabel("correlation\n(grey: 99 %)")
        for place in axes[-1]:
            place.set_xlabel("lag [time steps]")
        axes[0, 0].figure.align_labels()
        self.ax_ = axes
        return self


def residuals(
    source: Any,
    u: DataLike | None = None,
    y: DataLike | None = None,
    *,
    horizon: float | None = None,
    lags: int | None = None,
    first: int | None = None,
    ax: AxesLike | None = None,
) -> ManyAxes:
    """Draw correlations of errors with themselves and with each input, and bounds of 99 %.

    Of a good model errors of one step stay within the bounds; those of a free run are independent
    of the inputs, whatever the noise. What reaches beyond is drawn in another colour.

    Parameters
    ----------
    source : model, array of shape (T,) or (T, O), or Residuals
        What `compare` takes; or errors, desired minus given outputs, NaN where nothing was desired;
        or what `IdentifiedModel.residuals` returned.
    u : array of shape (T, M), optional
        Inputs of one sequence; a model has to have them if it reads any.
    y : array of shape (T, O), optional
        What was measured, of a model.
    horizon : int, optional
        Steps ahead; by default models run freely.
    lags : int, optional
        Largest lag L, below T; by default 25, or T/4 where that is less.
    first : int, optional
        How many first rows do not count, as in `compare`.
    ax : matplotlib Axes, or list of O (1 + M) of them, optional
        A new figure by default.

    Returns
    -------
    array of matplotlib Axes of shape (O, 1 + M)
        For each output that of its errors with themselves, at the lags from 1 on, then with each
        input: at lag l, of errors at t with the input at t - l.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    SizeError
        More sequences than one, arrays or a number of axes that do not fit.
    ArgumentError
        A `lags` below 1; what the model raises.
    """
    if hasattr(source, "autocorrelation_bound"):
        return ResidualsDisplay.from_residuals(source).plot(ax).ax_
    if y is None:
        return ResidualsDisplay.from_errors(source, u, lags=lags).plot(ax).ax_
    names = labels_of([source])[0]
    record = one_record(u, y, names)
    outputs, head = outputs_over(source, record.u, record.told, horizon, first, None)
    if outputs.shape != record.y.shape:
        raise SizeError(f"outputs of shape {outputs.shape} came, expected {record.y.shape}, as y")
    errors = record.y - outputs
    errors[:head] = np.nan
    inputs = record.u if record.inputs.size else None
    named = (names or record.names, getattr(getattr(source, "net", source), "input_names", None))
    return ResidualsDisplay.from_errors(errors, inputs, lags=lags, names=named).plot(ax).ax_


def autocorrelation(residuals: DataLike, lags: int) -> Array:
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
    return correlations([values[:, None]], [np.empty((len(values), 0))], most).autocorrelation[:, 0]


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{k}" for k in range(count)]


def _bars(ax: Axes, lags: Places, values: Array, bound: Array) -> None:
    """Draw correlations as bars over their bounds."""
    ax.fill_between(lags, -bound, bound, color=FAINT, alpha=0.3, linewidth=0, step="mid")
    beyond = np.abs(values) > bound
    ax.vlines(lags[~beyond], 0, values[~beyond], color="C0", linewidth=1.5)
    ax.vlines(lags[beyond], 0, values[beyond], color="C1", linewidth=2)
    ax.axhline(0, color=ink(), linewidth=0.5)
