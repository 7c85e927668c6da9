"""What a model says of the outputs to come, and how sure it is."""

from __future__ import annotations

from typing import Any, NamedTuple, overload

import numpy as np

from .._engine import shown
from .._engine.arrays import as_size
from .._engine.data.parts import observed_end
from .._engine.errors import SizeError
from .._engine.found import Band
from .._engine.types import DataLike, Reals
from ..estimation.uncertainty import band_width
from . import runs
from .base import ModelBase
from .combination import at_horizons, spread, weighted_median
from .missing import opened


class ModelForecast(NamedTuple):
    """What comes next: the model's own run and its band, each (steps, O) or a table."""

    mean: Any
    lower: Any
    upper: Any
    level: float

    def _repr_html_(self) -> str | None:
        return shown.html(self)


class Filtered(NamedTuple):
    """Predictions of one step, (T, O) or a table, and the state after the last row.

    The state is that of the network of the member that counts most one step ahead, in its own units
    and on its clock, (state_size,); lists of both for a list of sequences.
    """

    outputs: Any
    state: Any


def forecast(
    model: ModelBase,
    u: DataLike,
    y: DataLike | None,
    steps: int | None = None,
    *,
    level: float = 0.95,
) -> ModelForecast:
    """Return what comes after the last measured output, with a band.

    Parameters
    ----------
    u : array of shape (T, M)
        Inputs of the past and of what comes.
    y : array of shape (n, O), n < T
        Measured outputs, NaN for missing.
    steps : int, optional
        How many time steps after y; as many as u has by default.
    level : float
        How often a measured output is inside the band, between 0 and 1.

    Returns
    -------
    ModelForecast
        Its `mean`, `lower` and `upper` of shape (steps, O); tables come with their index.

    Raises
    ------
    ArgumentError, SizeError
        As of `simulate`; a level that is not between 0 and 1, no time steps of u after y.
    """
    width = band_width(level)
    given, arrays, known = runs.read_record(model, u, y)
    if len(arrays) != 1:
        raise SizeError(f"u: {len(arrays)} sequences came, expected one")
    first, total = observed_end(known[0]), len(arrays[0])
    first = 0 if not np.isfinite(known[0]).any() else first
    wanted = total - first if steps is None else as_size(steps, "steps")
    if wanted < 1 or first + wanted > total:
        raise SizeError(
            f"u: {total} time steps, {first} of y; expected {max(wanted, 1)} after those of y"
        )
    steps_ahead = np.arange(1, wanted + 1).astype(float)
    weights = model._weights(steps_ahead)
    end = first + wanted
    found = runs.after(model, [arrays[0][:end]], [known[0][:end]])[0][:, first:]
    runs.look_outside(model, model.members[0], [arrays[0][:end]], known)
    middle = weighted_median(found, weights)
    half = width * np.hypot(
        np.exp(at_horizons(np.log(np.maximum(model.errors, np.finfo(float).tiny)), steps_ahead)),
        spread(found, middle, weights),
    )
    form = given.forms[0]
    parts = [middle, middle - half, middle + half]
    if form is not None:
        whole = np.full((3, total, middle.shape[1]), np.nan)
        whole[:, first:end] = parts
        tables = [given.like(0, part, model._output_names()) for part in whole]
        parts = [table[first:end] for table in tables]
    return ModelForecast(parts[0], parts[1], parts[2], level)


@overload
def band(model: ModelBase, u: Reals, y: DataLike | None = ..., level: float = ...) -> Band: ...
@overload
def band(
    model: ModelBase, u: list[Reals], y: DataLike | None = ..., level: float = ...
) -> list[Band]: ...
@overload
def band(model: ModelBase, u: DataLike, y: DataLike | None = ..., level: float = ...) -> Any: ...
def band(
    model: ModelBase, u: DataLike, y: DataLike | None = None, level: float = 0.95
) -> Band | list[Band]:
    """Return the lower and the upper bound of a band of measured outputs in free run.

    It is as wide as the errors on held-back parts ask, and wider where the members differ and where
    inputs are missing: by the deviation of what the outputs may have been, over draws of the
    missing values. It is of the model, see `members`; what the record leaves open of the weights of
    one network is said by `uncertainty`.

    Parameters
    ----------
    u, y
        As of `simulate`.
    level : float
        How often a measured output is inside, between 0 and 1.

    Returns
    -------
    Band, or list of such
        The lower and the upper bound, of shape (T, O) each; tables and lists as inputs came.

    Raises
    ------
    ArgumentError, SizeError
        As of `simulate`; a level that is not between 0 and 1.
    """
    width = band_width(level)
    given, arrays, known = runs.read_record(model, u, y)
    weights = model.weights(None)
    names = model._output_names()
    best = model.members[0]
    bands: list[Band] = []
    for place, run in enumerate(runs.free(model, model.members, arrays, known)):
        found = np.stack(run)
        middle = weighted_median(found, weights)
        open_inputs = np.zeros_like(middle)
        if model.input_model is not None and np.isnan(given.arrays[place]).any():
            raw = [given.arrays[place]]
            found_open = opened(best.net, best.front, model.input_model, raw, [best.rest])
            open_inputs = found_open[0] * best.front.y.deviation
        others = spread(found, middle, weights)
        half = width * np.sqrt(model.errors[-1] ** 2 + others**2 + open_inputs**2)
        parts = (middle - half, middle + half)
        bands.append(Band(*(given.like(place, part, names) for part in parts)))
    return bands if given.is_list else bands[0]


def filtered(model: ModelBase, u: DataLike, y: DataLike | None) -> Filtered:
    """Return predictions of one step, and the state of the best predictor after the last row.

    Parameters
    ----------
    u : array of shape (T, M), or list of such
    y : array of shape (T, O), or list of such
        Measured outputs, NaN for missing.

    Returns
    -------
    Filtered
        Its `outputs` are those of ``predict(u, y)``; its `state` goes on from there:
        ``best.net.predict(best.front.inputs(u_after), best.front.outputs(y_after),
        initial=state)``, where `best` is the member of largest ``weights(1)`` and has no dead time.

    Raises
    ------
    ArgumentError, SizeError
        As of `simulate`.
    """
    given, arrays, known = runs.read_record(model, u, y)
    outputs = runs.predicted(model, arrays, known, 1.0)
    best = model.members[int(model.weights(1).argmax())]
    states = []
    for array, item, place in zip(arrays, known, runs.places_of(model, arrays)):
        inputs = best.front.inputs(array)
        desired = best.front.outputs(runs.padded(item, len(array)))
        if place is None:
            start = best.informed_start(inputs, desired)
        else:
            start = best.starts[place]
        if best.predicts:
            states.append(best.net.predict(inputs, desired, initial=start, return_state=True)[1])
        else:
            states.append(best.net.simulate(inputs, start, return_state=True)[1])
    shown = given.results(outputs, model._output_names())
    return Filtered(shown, states if given.is_list else states[0])
