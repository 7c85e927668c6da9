"""The record of one sequence that a figure is of, and what models say over it."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from .._engine.arrays import as_count
from .._engine.data.forms import Form
from .._engine.data.numbers import as_float
from .._engine.data.pairs import paired, placed
from .._engine.data.sequences import Sequences, read
from .._engine.errors import SizeError
from .._engine.types import Array, DataLike, StateLike
from ..networks.channels import labels


class Record(NamedTuple):
    """One sequence: inputs as models take them, the table that it is of, what was measured.

    `u` is a number of time steps where there are no inputs; `told` is what came as outputs, of
    which `y` has a row for each time step; `drives` are the names of the inputs.
    """

    u: DataLike
    told: DataLike
    inputs: Array
    form: Form | None
    y: Array
    names: list[str] | None
    units: list[str] | None
    drives: list[str] | None

    def channels(self, models: list[object]) -> tuple[list[str], float | None]:
        """Return outputs with their units, and the sampling time, of who first knows them."""
        names, units, seconds = labels_of(models)
        if names is None:
            names, units = self.names, self.units if units is None else units
        if names is None:
            names = [f"y{k}" for k in range(self.y.shape[1])]
        return labels(names, units), seconds

    def drive_channels(self, models: list[object]) -> list[str]:
        """Return inputs with their units, of who first knows them."""
        names, units = _known(models, "input_names"), _known(models, "input_units")
        if names is None:
            names = self.drives or [f"u{k}" for k in range(self.inputs.shape[1])]
        return labels(names, units)


def one_record(u: DataLike | None, y: DataLike | None, names: list[str] | None = None) -> Record:
    """Read a record of one sequence; `names` are those of the outputs, where they are known."""
    wanted = read(y, None, "y", names)
    if u is None or isinstance(u, (int, np.integer)):
        steps = len(wanted.arrays[0]) if u is None else as_count(u, "u", 0)
        u, given = steps, Sequences([np.empty((steps, 0))], [None], False)
    else:
        given = read(u, None, "u")
    most = max(len(given.arrays), len(wanted.arrays))
    if most != 1 or not given.arrays or not wanted.arrays:
        raise SizeError(f"u, y: {most} sequences came, expected one")
    rows = paired(given, wanted, "u", "y")
    values = placed(wanted.arrays, rows, given.lengths, np.nan)[0]
    form = given.forms[0] or wanted.forms[0]
    named = (wanted.names, wanted.units, given.names)
    return Record(_alone(u, given), _alone(y, wanted), given.arrays[0], form, values, *named)


def _alone(values: Any, given: Sequences) -> DataLike:
    """Return values of one sequence; a list of one is that one."""
    return values[0] if given.is_list and given.panel is None else values


def labels_of(models: list[object]) -> tuple[list[str] | None, list[str] | None, float | None]:
    """Return names and units of outputs, and seconds of a time step, of who first knows them."""
    names, units = _known(models, "output_names"), _known(models, "output_units")
    return names, units, _known(models, "sampling_time")


def _known(models: list[object], name: str) -> Any:
    """Return an attribute of the network of the model that first has it, else None."""
    found = (getattr(getattr(model, "net", model), name, None) for model in models)
    return next((value for value in found if value is not None), None)


@singledispatch
def outputs_over(
    model: Any,
    u: DataLike,
    y: DataLike | None,
    horizon: float | None,
    first: int | None,
    initial: StateLike | None,
) -> tuple[Array, int]:
    """Return what a model says over a record, (T, O), and how many first rows set its state."""
    if not (hasattr(model, "simulate") or hasattr(model, "predict")):
        found = model
    elif horizon is not None and np.isfinite(horizon):
        found = model.predict(u, y, horizon)
    elif hasattr(model, "simulate"):
        found = model.simulate(u) if initial is None else model.simulate(u, initial)
    else:
        found = model.predict(u)
    values = as_float(found, "outputs of a model")
    return values.reshape(len(values), -1), first or 0
