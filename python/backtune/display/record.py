"""The record of one sequence that a figure is of, as it is drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._engine.data.forms import Form
from .._engine.data.pairs import paired, placed
from .._engine.data.sequences import Sequences, read
from .._engine.errors import SizeError
from ..networks.channels import labels


class Record(NamedTuple):
    """One sequence: inputs as models take them, the table that it is of, what was measured.

    `u` is a number of time steps where there are no inputs; `y` has a row for each time step.
    """

    u: Any
    inputs: np.ndarray
    form: Form | None
    y: np.ndarray
    names: list[str] | None
    units: list[str] | None

    def channels(self, models: list[Any]) -> tuple[list[str], float | None]:
        """Return outputs with their units, and the sampling time, of who first knows them."""
        names, units, seconds = labels_of(models)
        if names is None:
            names, units = self.names, self.units if units is None else units
        if names is None:
            names = [f"y{k}" for k in range(self.y.shape[1])]
        return labels(names, units), seconds


def one_record(u: Any, y: Any, names: list[str] | None = None) -> Record:
    """Read a record of one sequence; `names` are those of the outputs, where they are known."""
    wanted = read(y, None, "y", names)
    if u is None or np.ndim(u) == 0:
        steps = len(wanted.arrays[0]) if u is None else int(u)
        u, given = steps, Sequences([np.empty((steps, 0))], [None], False)
    else:
        given = read(u, None, "u")
    most = max(len(given.arrays), len(wanted.arrays))
    if most != 1 or not given.arrays or not wanted.arrays:
        raise SizeError(f"u, y: {most} sequences came, expected one")
    rows = paired(given, wanted, "u", "y")
    values = placed(wanted.arrays, rows, given.lengths, np.nan)[0]
    form = given.forms[0] or wanted.forms[0]
    return Record(u, given.arrays[0], form, values, wanted.names, wanted.units)


def labels_of(models: list[Any]) -> tuple[list[str] | None, list[str] | None, float | None]:
    """Return names and units of outputs, and seconds of a time step, of who first knows them."""
    nets = [getattr(model, "net", model) for model in models]
    found = [
        next((v for v in (getattr(net, name, None) for net in nets) if v is not None), None)
        for name in ("output_names", "output_units", "sampling_time")
    ]
    return found[0], found[1], found[2]
