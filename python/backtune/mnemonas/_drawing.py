"""Curves to a file of numbers and, where matplotlib is there, to a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .._engine.errors import FileError
from ..display.canvas import legend


def save_curves(
    file: str, x: ArrayLike, curves: Mapping[str, ArrayLike], axes: tuple[str, str]
) -> None:
    """Write file.dat, a column for x and for each curve, and file.png, its axes so named."""
    try:
        columns = np.column_stack([x, *curves.values()])
        np.savetxt(f"{file}.dat", columns, header=" ".join(["x", *curves]))
        try:
            from matplotlib.figure import Figure
        except ImportError:
            return
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        ax = figure.subplots()
        for name, values in curves.items():
            ax.plot(x, values, label=name)
        ax.set(xlabel=axes[0], ylabel=axes[1])
        legend(ax)
        figure.savefig(f"{file}.png")
    except OSError as error:
        raise FileError(f"{file}: {error}") from None
