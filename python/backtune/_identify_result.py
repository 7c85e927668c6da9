"""What `identify` returns: the model, and the report of what was tried."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._arrays import as_path
from ._data.pairs import paired, placed
from ._data.parts import observed_end
from ._data.sequences import Sequences, read
from ._data.times import check_sampling
from ._identify_data import Scale
from ._identify_missing import opened
from ._identify_models import UNIT, make_network
from .errors import ArgumentError, StateError
from .estimator import Estimator
from .missing_inputs import InputModel
from .network import Network
from .regularisation import Ridge
from .uncertainty import band_width

_STATE_ITERATIONS = 50
# Pull of an initial state towards the mean of the record, per observed value.
_STATE_RIDGE = 1e-4


@dataclass(frozen=True)
class Trial:
    """One candidate.

    Attributes
    ----------
    order, hidden : int
        States, and nodes of the tanh layer: 0 for a linear model.
    draw : int
        Which draw of its weights.
    ridge : float
        Strength of the ridge per observed value.
    iterations : int
        Of Gauss-Newton.
    validation : float
        Free-run mean square error on the last quarter, in squared deviations of the outputs.
    crossed : float or None
        The like, geometric mean over the last three quarters, each left out in turn of a further
        fit; None where that was not done.
    seconds : float
        Of computing.
    chosen : bool
        Whether it is the model.
    """

    order: int
    hidden: int
    draw: int
    ridge: float
    iterations: int
    validation: float
    crossed: float | None
    seconds: float
    chosen: bool = False


class IdentificationReport(list):
    """What was tried: a list of `Trial`, the best by validation first.

    Attributes
    ----------
    seconds : float
        From the call of `identify` to its return.
    training : float
        NMSE of the model, refitted, on the whole record in free run.
    persistence : float
        NMSE on the same record of the last measured output as a forecast of the next one, which
        asks for no model; NaN where no two in a row are known. A model in free run that is no
        better says little about an output that hardly changes from step to step.
    """

    def __init__(
        self,
        trials: Any = (),
        seconds: float = 0.0,
        training: float = np.nan,
        persistence: float = np.nan,
    ) -> None:
        super().__init__(sorted(trials, key=lambda trial: trial.validation))
        self.seconds = seconds
        self.training = training
        self.persistence = persistence

    @property
    def chosen(self) -> Trial:
        """The trial that became the model."""
        return next(trial for trial in self if trial.chosen)

    @property
    def linear(self) -> dict[int, float]:
        """Validation error of the linear model of each order."""
        return {t.order: t.validation for t in sorted(self, key=lambda t: t.order) if not t.hidden}

    def __repr__(self) -> str:
        shown = [trial for trial in self[:12]]
        shown += [trial for trial in self[12:] if trial.hidden == 0 or trial.chosen]
        lines = ["order hidden draw   ridge iterations validation crossed seconds"]
        for t in shown:
            crossed = "" if t.crossed is None else f"{t.crossed:.2g}"
            lines.append(
                f"{t.order:5d} {t.hidden:6d} {t.draw:4d} {t.ridge:7.0e} {t.iterations:10d}"
                f" {t.validation:10.3g} {crossed:>7} {t.seconds:7.2f}"
                f"{'  chosen' if t.chosen else ''}"
            )
        if len(shown) < len(self):
            lines.append(f"and {len(self) - len(shown)} more")
        # Reports that earlier releases pickled have none.
        held = getattr(self, "persistence", np.nan)
        beside = "" if np.isnan(held) else f" (persistence, y(t) = y(t-1): {held:.3g})"
        lines.append(
            f"refitted: NMSE {self.training:.3g} on the record{beside}; {self.seconds:.1f} s"
        )
        return "\n".join(lines)


class IdentifiedModel:
    """What `identify` returns: a network and the scalings around it. It can be pickled.

    Attributes
    ----------
    net : Network
        A `state_space` unit, in deviations from the means.
    linear : Network
        The linear model of the same order, fitted to the same record.
    u_mean, u_scale : array of shape (M,)
        Mean and deviation of each input.
    y_mean, y_scale : array of shape (O,)
        Of each output.
    report : IdentificationReport
        What was tried.
    initial_states : array of shape (sequences, net.state_size), or None for zero
        The learnt state at the start of each sequence of the record.
    input_model : InputModel or None
        Of inputs that were missing in the record.
    noise : array of shape (O,)
        Deviation of the errors of each output on the record that missing inputs do not explain.
    """

    # Models that earlier releases pickled have none.
    input_model: InputModel | None = None
    noise: np.ndarray | None = None

    def __init__(
        self,
        net: Network,
        linear: Network,
        u: Scale,
        y: Scale,
        report: IdentificationReport,
        initial_states: np.ndarray | None,
        input_model: InputModel | None = None,
        noise: np.ndarray | None = None,
    ) -> None:
        self.net, self.linear = net, linear
        self.u_mean, self.u_scale = u.mean, u.deviation
        self.y_mean, self.y_scale = y.mean, y.deviation
        self.report = report
        self.initial_states = initial_states
        self.input_model, self.noise = input_model, noise

    @property
    def order(self) -> int:
        """Number of states."""
        return self.report.chosen.order

    @property
    def hidden(self) -> int:
        """Number of nodes of the tanh layer, 0 for a linear model."""
        return self.report.chosen.hidden

    def simulate(self, u: Any, y: Any = None, *, linear: bool = False) -> Any:
        """Return the outputs in free run, in the units of the record.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            Inputs, (T,) means one channel; NaN, in channels that have missing values in the record
            too, is a missing value, in whose place comes what it may have been, in the mean.
        y : array of shape (n, O), or list of such, optional
            The first n measured outputs, n up to T, NaN for missing ones: they set the initial
            state and nothing else. Without them, the state of mean inputs and outputs.
        linear : bool
            Whether to run the linear model of the same order instead.

        Returns
        -------
        array of shape (T, O), or list of such
            In the form of u, with its index, as `Network.simulate` gives it.

        Raises
        ------
        ArgumentError
            An input that is infinite, or missing in another channel; columns that are missing or
            unknown.
        SizeError
            Another number of channels or sequences, or more outputs than inputs.
        """
        net = self.linear if linear else self.net
        given, arrays, starts = self._started(net, u, y)
        scale_u, scale_y = Scale(self.u_mean, self.u_scale), Scale(self.y_mean, self.y_scale)
        results = [
            scale_y.restore(net.simulate(scale_u.apply(item), start))
            for item, start in zip(arrays, starts)
        ]
        return given.results(results, net._output_names())

    def band(self, u: Any, y: Any = None, level: float = 0.95) -> Any:
        """Return the lower and the upper bound of a band of measured outputs.

        It is as wide as `noise` asks, and wider where inputs are missing: by the deviation of what
        the outputs may have been, over draws of the missing values. What the record leaves open of
        the weights is not in it, see `Estimator.uncertainty`.

        Parameters
        ----------
        u, y
            As of `simulate`.
        level : float
            How often a measured output is inside, between 0 and 1.

        Returns
        -------
        tuple of two arrays of shape (T, O), or list of such
            As the inputs came, with the index that they have.

        Raises
        ------
        ArgumentError, SizeError
            As of `simulate`; a level that is not between 0 and 1.
        StateError
            A model of an earlier release, which did not keep its noise.
        """
        width = band_width(level)
        if self.noise is None:
            raise StateError("band: this model was kept without its noise, identify it again")
        net = self.net
        given, arrays, starts = self._started(net, u, y)
        scale_u, scale_y = Scale(self.u_mean, self.u_scale), Scale(self.y_mean, self.y_scale)
        bands, names = [], net._output_names()
        for place, (item, start) in enumerate(zip(arrays, starts)):
            middle = scale_y.restore(net.simulate(scale_u.apply(item), start))
            spread = np.zeros_like(middle)
            if self.input_model is not None:
                raw = [given.arrays[place]]
                spread = opened(net, self.input_model, raw, scale_u, [start])[0]
            half = width * np.hypot(self.noise, spread * self.y_scale)
            parts = (middle - half, middle + half)
            bands.append(tuple(given.like(place, part, names) for part in parts))
        return bands if given.is_list else bands[0]

    def _started(
        self, net: Network, u: Any, y: Any
    ) -> tuple[Sequences, list[np.ndarray], list[Any]]:
        """Return inputs as they came and without missing values, and the states they start from."""
        scale_u, scale_y = Scale(self.u_mean, self.u_scale), Scale(self.y_mean, self.y_scale)
        given = read(u, net.inputs, "u", net.input_names)
        check_sampling(net.sampling_time, given.forms)
        arrays = given.arrays
        if self.input_model is not None:
            arrays = self.input_model.filled(arrays)
        for place, item in enumerate(arrays):
            if not np.isfinite(item).all():
                raise ArgumentError(f"u[{place}]: NaN or infinite, expected finite values")
        known = [np.empty((0, net.outputs))] * len(given.arrays)
        if y is not None:
            first = read(y, net.outputs, "y", net.output_names)
            rows = paired(given, first, "u", "y")
            known = placed(first.arrays, rows, given.lengths, np.nan)
        starts = []
        for item, outputs in zip(arrays, known):
            scaled, end = scale_u.apply(item), observed_end(outputs)
            starts.append(initial_state(net, scaled[:end], scale_y.apply(outputs[:end])))
        return given, arrays, starts

    def save(self, path: str | os.PathLike) -> None:
        """Write the model to a file, as a pickle."""
        with open(as_path(path), "wb") as file:
            pickle.dump(self, file)

    @staticmethod
    def load(path: str | os.PathLike) -> IdentifiedModel:
        """Read the file of `save`; like any pickle, only one that you trust."""
        with open(as_path(path), "rb") as file:
            model = pickle.load(file)
        if not isinstance(model, IdentifiedModel):
            raise ArgumentError(f"{path}: not a model that `save` wrote")
        return model

    def __repr__(self) -> str:
        return (
            f"<IdentifiedModel: {self.net.inputs} inputs, {self.net.outputs} outputs,"
            f" {self.order} states, {self.hidden} tanh nodes>"
        )


def initial_state(net: Network, u: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Return the flat state that fits the first outputs, the weights being what they are."""
    known = int(np.isfinite(y).sum())
    if known == 0:
        return None
    weights = dict(net.weights)
    order, hidden = weights[f"{UNIT}.x.A"].shape[0], weights.get(f"{UNIT}.h2.a", np.empty(0)).size
    state = f"{UNIT}.x.x0"
    with make_network(net.inputs, net.outputs, order, hidden, "learn") as copy:
        copy.weights = weights
        for name in copy.weights:
            if name != state:
                copy.weights.fix(name)
        ridge = Ridge(_STATE_RIDGE * known, weights=[state])
        with Estimator(copy, u, y, method="gauss-newton", restarts=0, regularisation=ridge) as est:
            est.run(_STATE_ITERATIONS, progress=False)
        found = copy.weights[state]
    return np.concatenate([np.zeros(net.inputs), found, np.zeros(hidden)])
