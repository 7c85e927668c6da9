"""What notebooks show of weights, of their uncertainty, and of a summary, as HTML."""

from __future__ import annotations

import numpy as np

from .._engine import shown
from .._engine.types import Array
from ..estimation.linear_uncertainty import ModelUncertainty
from ..estimation.uncertainty import Uncertainty
from ..networks.summary import HEADINGS, Summary
from ..networks.weights import Weights
from .html import block, coloured, folded, line, listing, row, table
from .linear import complex_text

# Arrays of more rows or columns are not written out, nor more weights than that one by one.
_MOST_SIDE, _MOST_LISTED = 12, 200


@shown.html.register
def weights_html(weights: Weights) -> str:
    """Return a row for each array, and the values of small ones folded away."""
    rows, small = [], []
    for name, values in weights.items():
        shape = " x ".join(map(str, values.shape))
        fixed = int(weights.fixed(name).sum())
        ends = [f"{v:.3g}" for v in (values.min(), values.max())] if values.size else ["", ""]
        rows.append(row([name, shape, values.size - fixed, fixed, *ends]))
        if 0 < max(values.shape) <= _MOST_SIDE:
            small.append(folded(name, _matrix(values)))
    total = sum(values.size for values in weights.values())
    head = ("weights", "nodes x sources", "free", "fixed", "least", "largest")
    unfolded = folded("values of small arrays", "".join(small)) if small else ""
    return block(line(f"Weights, {total} values"), table(head, rows), unfolded)


def _matrix(values: Array) -> str:
    """Return values as a table of colours, a vector as one row."""
    matrix = np.atleast_2d(values)
    most = float(np.abs(matrix).max(initial=0))
    rows = ("".join(coloured(float(v), most) for v in item) for item in matrix)
    body = "".join(f"<tr><th>{k}</th>{cells}</tr>" for k, cells in enumerate(rows))
    heads = "".join(f"<th>{k}</th>" for k in range(matrix.shape[1]))
    return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"


@shown.html.register
def uncertainty_html(found: Uncertainty) -> str:
    """Return a row for each array, and each weight with its error folded away."""
    values = found._net.weights
    rows, single = [], []
    for name, errors in found.standard_errors.items():
        loose, held = found.undetermined[name], found.held[name]
        certain = errors[np.isfinite(errors) & (errors > 0)]
        span = [f"{certain.min():.2g}", f"{certain.max():.2g}"] if certain.size else ["", ""]
        counts = [int(part.sum()) or "" for part in (loose, held)]
        rows.append(row([name, errors.size, *span, *counts]))
        for place in np.argwhere((errors > 0) | held):
            index = tuple(place)
            where = f"{name}[{', '.join(map(str, place))}]"
            said = "held at a bound" if held[index] else f"{errors[index]:.2g}"
            single.append(row([where, f"{values[name][index]:.4g}", said]))
    head = ("weights", "values", "least error", "largest error", "undetermined", "held")
    parts = [line(repr(found)[1:-1]), table(head, rows, "standard errors")]
    if single:
        kept = single[:_MOST_LISTED]
        title = f"{len(single)} weights one by one"
        if len(kept) < len(single):
            title = f"the first {len(kept)} of {title}"
        parts.append(folded(title, table(("weight", "value", "standard error"), kept)))
    return block(*parts)


@shown.html.register
def model_uncertainty_html(found: ModelUncertainty) -> str:
    """Return poles and gains with their errors, and the weights folded away."""
    poles = [
        row([complex_text(pole), complex_text(error, 2)])
        for pole, error in zip(found.poles, found.poles_error)
    ]
    gains = [
        row([o, m, f"{found.gains[o, m]:.4g}", f"{found.gains_error[o, m]:.2g}"])
        for o, m in np.ndindex(*found.gains.shape)
    ]
    weights = shown.html(found.weights)
    return block(
        line(f"ModelUncertainty of {len(found.poles)} poles"),
        table(("pole", "standard error"), poles),
        table(("output", "input", "gain", "standard error"), gains),
        "" if weights is None else folded("weights", weights),
    )


@shown.html.register
def summary_html(found: Summary) -> str:
    """Return a row for each unit, hints below."""
    rows = [row(unit.cells()) for unit in found.units]
    head = found.head[1:-1] if found.head.startswith("<") else found.head
    hints = [f"hint: {hint}" for hint in found.hints]
    return block(line(head), table(HEADINGS, rows), listing(hints))
