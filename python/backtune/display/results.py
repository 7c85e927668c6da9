"""What notebooks show of what estimators found beside weights, as HTML."""

from __future__ import annotations

import numpy as np

from .._engine import shown
from ..estimation.input_model import InputModel
from ..estimation.results import Connections, ObservableMeans
from ..estimation.trace import Decay
from .html import block, ends, line, row, table

# Arrays of more rows or columns are not drawn mark by mark.
_MOST_SIDE = 12
# Of connections: what there is, what was taken away, what never was.
_THERE, _REMOVED, _ABSENT = "\u25cf", "\u00d7", "\u00b7"


@shown.html.register
def connections_html(found: Connections) -> str:
    """Return which weights there are, small arrays mark by mark."""
    marks = np.where(found.remaining, _THERE, np.where(found.removed, _REMOVED, _ABSENT))
    said = f"{repr(found)[1:-1]} ({_THERE} remains, {_REMOVED} removed, {_ABSENT} zero)"
    drawn = np.atleast_2d(marks)
    if not drawn.size or max(drawn.shape) > _MOST_SIDE:
        return block(line(repr(found)[1:-1]))
    head = ["", *map(str, range(drawn.shape[1]))]
    return block(line(said), table(head, [row([k, *item]) for k, item in enumerate(drawn)]))


@shown.html.register
def observables_html(found: ObservableMeans) -> str:
    """Return a row for each observable."""
    columns = [[f"{v:.4g}" for v in part] for part in found]
    rows = [row([k, *(column[k] for column in columns)]) for k in ends(len(found.means))]
    head = ("observable", "mean", "desired", "lambda")
    return block(table(head, rows, f"{len(found.means)} observables"))


@shown.html.register
def decay_html(found: Decay) -> str:
    """Return the fit as a row."""
    head = ("decay time [iterations]", "bias", "amplitude")
    return block(table(head, [row(f"{value:.4g}" for value in found)]))


@shown.html.register
def input_model_html(model: InputModel) -> str:
    """Return a row for each channel: what is missing of it, how well its model predicts it."""
    errors = {int(m): f"{v:.4g}" for m, v in zip(model.channels, model.deviation)}
    rows = []
    for m in ends(len(model.missing)):
        name = model.names[m] if model.names else f"u{m}"
        known = [f"{part[m]:.4g}" for part in (model.mean, model.scale)]
        rows.append(row([name, model.missing[m], *known, errors.get(m, "")]))
    head = ("input", "missing values", "mean", "deviation", "error one step ahead")
    return block(line(repr(model)[1:-1]), table(head, rows))
