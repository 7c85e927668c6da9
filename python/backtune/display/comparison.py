"""Models over one record: what they say beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._engine.arrays import as_count
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Axes, AxesLike, DataLike, ManyAxes, StateLike
from ..estimation.fit import left_and_total, part, percent
from .canvas import FAINT, clock, column, grid, heights, legend, measured, name_times, row
from .record import labels_of, one_record, outputs_over

# Records of more time steps get an inset, of so much of them.
_LONG, _PART = 600, 12
# How wide an inset is that stands beside.
_BESIDE = {"width_ratios": [2, 1]}


@dataclass
class CompareDisplay:
    """What models say of the outputs of one record, to be drawn over what was measured.

    Attributes
    ----------
    times : array of shape (T,)
        The index of the table, seconds, or time steps.
    axis : str
        What these are.
    measured : array of shape (T, O)
        NaN where nothing was.
    outputs : dict of str to array of shape (T, O)
        By the name of the model.
    fits : dict of str to array of shape (O,)
        In percent, 100 (1 - |e| / |y - mean of y|); NaN where nothing varies.
    channels : list of str
        Names of the outputs with their units.
    inputs : array of shape (T, M)
    input_channels : list of str
        Names of the inputs with their units.
    ax_ : array of matplotlib Axes
        One for each output, and one for each input that is drawn, after `plot`.

    Examples
    --------
    >>> u = bt.random.normal(50)
    >>> net = bt.linear_network(1).randomize(seed=0)
    >>> shown = bt.plot.CompareDisplay.from_models({"same": net}, u, net.simulate(u))
    >>> shown.fits["same"]
    array([100.])
    """

    times: np.ndarray
    axis: str
    measured: Array
    outputs: dict[str, Array]
    fits: dict[str, Array]
    channels: list[str]
    inputs: Array
    input_channels: list[str]
    ax_: ManyAxes = field(default_factory=lambda: np.empty(0, dtype=object), repr=False)

    @classmethod
    def from_models(
        cls,
        models: object,
        u: DataLike | None,
        y: DataLike | None,
        *,
        horizon: float | None = None,
        first: int | None = None,
        initial: StateLike | None = None,
    ) -> CompareDisplay:
        """Run models over a record; parameters and errors of `compare`."""
        named = _named(models)
        record = one_record(u, y, labels_of(list(named.values()))[0])
        asked = None if first is None else as_count(first, "first", 0)
        outputs, heads = {}, [0]
        for name, model in named.items():
            values, head = outputs_over(model, record.u, record.told, horizon, asked, initial)
            if values.shape != record.y.shape:
                raise SizeError(
                    f"{name}: outputs of shape {values.shape} came, expected {record.y.shape}, as y"
                )
            outputs[name] = values
            heads.append(head)
        counted = record.y.copy()
        counted[: max(heads)] = np.nan
        fits = {name: percent(part(*left_and_total(counted, x))) for name, x in outputs.items()}
        channels, seconds = record.channels(list(named.values()))
        times = clock(record.form, len(record.y), seconds)
        drives = record.inputs, record.drive_channels(list(named.values()))
        return cls(*times, record.y, outputs, fits, channels, *drives)

    def plot(
        self,
        ax: AxesLike | None = None,
        *,
        zoom: bool | tuple[object, object] | None = None,
        inputs: bool = False,
        label: str = "measured",
    ) -> CompareDisplay:
        """Draw it, see `compare`; return this."""
        rows = self._stretch(zoom, ax is None)
        drawn = [*self.channels, *(self.input_channels if inputs else [])]
        if ax is None and rows is not None:
            shape, low = (len(drawn), 2), len(drawn) - len(self.channels)
            options = {"sharex": "col", **heights(len(drawn), low), **_BESIDE}
            whole = grid(None, shape, row(len(drawn), low), **options)
            axes, insets = whole[:, 0], list(whole[:, 1])
        else:
            axes = column(ax, len(drawn), len(drawn) - len(self.channels))
            # Inputs have no room above them, nor do they need it.
            outputs = list(axes[: len(self.channels)]) if rows is not None else []
            # There is room above the data as soon as limits are moved.
            insets = [place.inset_axes((0.02, 0.56, 0.84, 0.42)) for place in outputs]
        for k, (place, channel) in enumerate(zip(axes, drawn)):
            self._lines(place, k, slice(None), label)
            place.set_ylabel(channel)
            place.margins(x=0.01)
            legend(place)
        name_times(axes[-1], self.times, self.axis)
        for k, (place, inset) in enumerate(zip(axes, insets)):
            self._enlarge(place, inset, k, rows, label)
        self.ax_ = axes
        return self

    def _lines(self, ax: Axes, k: int, rows: slice, label: str) -> None:
        """Draw an output, or one of the inputs that stand below them."""
        o, m = k, k - len(self.channels)
        if m >= 0:
            held = self.times[rows], self.inputs[rows, m]
            ax.plot(*held, drawstyle="steps-post", color=FAINT, linewidth=1)
            return
        measured(ax, self.times[rows], self.measured[rows, o], label)
        for k, (name, values) in enumerate(self.outputs.items()):
            fit = self.fits[name][o]
            said = f"{name}, fit {fit:.1f} %" if np.isfinite(fit) else name
            said += ", diverges" * bool(np.isinf(fit))
            ax.plot(self.times[rows], values[rows, o], color=f"C{k}", linewidth=1, label=said)

    def _enlarge(self, ax: Axes, inset: Axes, k: int, rows: slice | None, label: str) -> None:
        """Draw a stretch of it in other axes."""
        from matplotlib.ticker import AutoLocator

        self._lines(inset, k, rows or slice(None), label)
        low, high = ax.get_ylim()
        ax.set_ylim(low, low + (2.4 if inset in ax.child_axes else 1) * (high - low))
        inset.margins(x=0)
        inset.yaxis.tick_right()
        inset.tick_params(labelsize="small")
        locator = inset.xaxis.get_major_locator()
        if isinstance(locator, AutoLocator):
            locator.set_params(nbins=4)
        name_times(inset, self.times, "", 4)
        # Releases of matplotlib differ in what this is, and in whether lines need room.
        drawn: Any = ax.indicate_inset_zoom(inset)
        for line in [drawn, *drawn.connectors] if hasattr(drawn, "connectors") else drawn[1]:
            line.set_in_layout(False)

    def _stretch(self, zoom: bool | tuple[object, object] | None, free: bool) -> slice | None:
        """Return the rows of the inset; `free`: whether there is room for one."""
        count = len(self.times)
        if isinstance(zoom, tuple):
            low, high = (np.asarray(end).astype(self.times.dtype) for end in zoom)
            rows = np.flatnonzero((self.times >= low) & (self.times <= high))
            if rows.size < 2:
                raise ArgumentError(
                    f"zoom: {zoom} came, which holds {rows.size} time steps from"
                    f" {self.times[0]} to {self.times[-1]}, expected 2 or more"
                )
            return slice(rows[0], rows[-1] + 1)
        if not (count > _LONG and free if zoom is None else zoom) or count < 2 * _PART:
            return None
        # Where the outputs move most.
        size = count // _PART
        known = np.nan_to_num(np.diff(self.measured[:, 0])) ** 2
        sums = np.convolve(known, np.ones(size), "valid")
        begin = int(sums.argmax())
        return slice(begin, begin + size)


def compare(
    models: object,
    u: DataLike | None,
    y: DataLike | None,
    *,
    horizon: float | None = None,
    first: int | None = None,
    initial: StateLike | None = None,
    zoom: bool | tuple[object, object] | None = None,
    inputs: bool = False,
    label: str = "measured",
    ax: AxesLike | None = None,
) -> ManyAxes:
    """Draw what models say over one record beside what was measured, with their fit in percent.

    Parameters
    ----------
    models : model, or list or dict of such
        Networks, identified models, estimators for scikit-learn, whatever else has `simulate` or
        `predict`; outputs of shape (T, O) count too. The names of a dict stand in the legend.
    u : array of shape (T, M), or table
        Inputs of one sequence; None or a number of time steps for networks without inputs.
    y : array of shape (T, O), or table
        What was measured, NaN where nothing was.
    horizon : int, optional
        Steps ahead, for models that predict; by default they run freely.
    first : int, optional
        How many first rows set the state, where a model can do that, and do not count. By default
        as of `IdentifiedModel.nmse` where one is among the models, else none.
    initial : array of shape (state_size,), optional
        Of networks: the state before the first time step.
    zoom : bool or (start, end), optional
        A stretch that is drawn again, larger: its ends on the axis of time, or where the outputs
        move most. It stands beside the axes, in those given above the data; by default only in a
        new figure of more than 600 time steps.
    inputs : bool
        Whether the inputs are drawn below the outputs, held from one time step to the next.
    label : str
        What the legend calls y.
    ax : matplotlib Axes, or list of O of them, optional
        O + M with inputs; a new figure by default.

    Returns
    -------
    array of O matplotlib Axes, of O + M with inputs
        Names and units on the axes are those of the first model that knows them, else of y; the
        time is the index of u, or in seconds where the sampling time is known.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    SizeError
        More sequences than one, outputs of another shape than y, another number of axes.
    ArgumentError
        No models; a zoom of fewer than two time steps; what the models raise.
    """
    shown = CompareDisplay.from_models(models, u, y, horizon=horizon, first=first, initial=initial)
    return shown.plot(ax, zoom=zoom, inputs=inputs, label=label).ax_


def _named(models: object) -> dict[str, object]:
    """Return models by name."""
    if isinstance(models, Mapping):
        named = {str(name): model for name, model in models.items()}
    else:
        several = list(models) if isinstance(models, (list, tuple)) else [models]
        values = [hasattr(m, "__array__") and not hasattr(m, "simulate") for m in several]
        kinds = ["outputs" if v else type(m).__name__ for v, m in zip(values, several)]
        named = {}
        for place, (kind, model) in enumerate(zip(kinds, several)):
            nth = kinds[: place + 1].count(kind)
            named[f"{kind} {nth}" if kinds.count(kind) > 1 else kind] = model
    if not named:
        raise ArgumentError("models: none came")
    return named
