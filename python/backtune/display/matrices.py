"""Weights as matrices of colours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._engine.errors import ArgumentError
from .._engine.types import Array, Axes, AxesLike, ManyAxes
from ..networks.network import Network
from ..networks.weights import Weights
from .canvas import ABSENT, SIGNED, grid, pyplot, title, whole_numbers

_COLUMNS = 3
# Names of so many channels stand beside a matrix.
_MOST_NAMES = 8


class _Ends(NamedTuple):
    """What an array of weights is of: the group of its rows, the source of its columns."""

    group: str
    source: str
    lag: int | None


def weights(
    net: Network | Weights | Mapping[str, Network | Weights],
    names: Sequence[str] | None = None,
    *,
    ax: AxesLike | None = None,
) -> ManyAxes:
    """Draw weights as matrices, one colour scale for all: blue below 0, white at 0, red above.

    Rows are nodes of the group, columns those of its source; vectors are drawn as a row. What is
    absent, or fixed at 0, is grey.

    Parameters
    ----------
    net : Network, Weights, or dict of such
        Those of a dict stand side by side, an array of each in a row of the figure, and are called
        by their names.
    names : list of str, optional
        As in ``net.weights``; by default all of the first.
    ax : matplotlib Axes, or list of as many as there are arrays, optional
        A new figure by default.

    Returns
    -------
    array of matplotlib Axes
        One per array, of a dict one per array and network.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ArgumentError
        There are no weights to draw.
    KeyError
        A name of no weights.
    SizeError
        Another number of axes.
    """
    several = net if isinstance(net, Mapping) and not isinstance(net, Weights) else {"": net}
    nets: dict[str, Any] = {
        str(whose): getattr(item, "_network", item) for whose, item in several.items()
    }
    first = next(iter(nets.values()), None)
    chosen = list(names) if names is not None else [] if first is None else list(first.weights)
    if not chosen or not nets:
        raise ArgumentError("weights: there are none to draw")
    shown = [(name, whose, item) for name in chosen for whose, item in nets.items()]
    matrices = [_matrix(item, name) for name, _, item in shown]
    most = max(float(np.abs(matrix.data).max(initial=0)) for matrix in matrices) or 1.0
    if ax is None:
        columns = min(_COLUMNS, len(shown)) if len(nets) == 1 else len(nets)
        drawn = grid(None, (-(-len(shown) // columns), columns), (2.0 * columns + 0.7, 2.1)).ravel()
        for empty in drawn[len(shown) :]:
            empty.remove()
        drawn = drawn[: len(shown)]
    else:
        drawn = grid(ax, (len(shown), 1))[:, 0]
    ends = {whose: _ends(item) for whose, item in nets.items()}
    colours = pyplot().get_cmap(SIGNED).with_extremes(bad=ABSENT)
    for place, (name, whose, item), matrix in zip(drawn, shown, matrices):
        image = place.imshow(
            matrix, cmap=colours, vmin=-most, vmax=most, aspect="auto", interpolation="nearest"
        )
        title(place, f"{whose}{': ' * bool(whose)}{name}", "medium")
        _label(place, item, matrix, item.weights[name].ndim, ends[whose].get(name))
    drawn[0].figure.colorbar(image, ax=list(drawn), label="weight", aspect=30)
    return drawn


def _matrix(net: Network, name: str) -> np.ma.MaskedArray:
    """Return an array of weights as a matrix, absent ones masked."""
    values = np.atleast_2d(net.weights[name])
    return np.ma.masked_array(values, (values == 0) & np.atleast_2d(net.weights.fixed(name)))


def _label(ax: Axes, net: Network, matrix: Array, axes: int, ends: _Ends | None) -> None:
    """Say what rows and columns are."""
    ax.tick_params(labelsize="small")
    for axis, count in zip((ax.yaxis, ax.xaxis), matrix.shape):
        if count <= _MOST_NAMES:
            axis.set_ticks(range(count))
        else:
            whole_numbers(axis)
    if ends is None:
        ax.set_xlabel("index", fontsize="small")
        return
    if axes == 1:
        ax.set_yticks([])
        ax.set_xlabel(f"node of {ends.group}", fontsize="small")
        return
    lag = "" if ends.lag is None else f", lag {ends.lag}"
    ax.set_ylabel(f"node of {ends.group}", fontsize="small")
    ax.set_xlabel(f"{ends.source}{lag}", fontsize="small")
    known = net.input_names if ends.source == "input" else None
    if known is not None and len(known) == matrix.shape[1] <= _MOST_NAMES:
        ax.set_xticks(range(len(known)), known, fontsize="small")


def _ends(net: Network) -> dict[str, _Ends]:
    """Return what the arrays of weights are of; lags only where an array is of one connection."""
    found: dict[str, _Ends] = {}
    for group in json.loads(net.to_json())["groups"]:
        for item in group.get("connections") or []:
            own = _Ends(group["name"], item["source"], item["lag"])
            other = found.get(item["weight"])
            if other is not None and other != own:
                own = _Ends(own.group, own.source, None)
            found[item["weight"]] = own
        bias = group.get("bias")
        if bias is not None:
            found.setdefault(bias["weight"], _Ends(group["name"], "", None))
    return found
