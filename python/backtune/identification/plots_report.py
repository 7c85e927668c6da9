"""The figure of what identification tried."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..display.canvas import grid, legend, whole_numbers
from .report import IdentificationReport

_MARKS = {"output error": "o", "prediction": "^", "arx": "s", "free arx": "D"}


def draw_report(report: IdentificationReport, ax: Any = None) -> Any:
    """Draw the validation error of all candidates by their order; members are filled."""
    ax = grid(ax, (1, 1), (6.0, 3.2))[0, 0]
    told = set()
    for trial in report:
        if not np.isfinite(trial.validation) or trial.validation <= 0:
            continue
        kind = f"{trial.kind}, {'nonlinear' if trial.hidden else 'linear'}"
        counts = trial.chosen or trial.weight > 0
        ax.plot(
            *([trial.order], [trial.validation], _MARKS.get(trial.kind, "o")),
            color="C1" if trial.hidden else "C0",
            fillstyle="full" if counts else "none",
            label=None if kind in told else kind,
        )
        told.add(kind)
        if trial.chosen:
            ax.annotate(
                "best member",
                (trial.order, trial.validation),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
            )
    ax.set_yscale("log")
    ax.set_xlabel("order (filled: members of the model)")
    ax.set_ylabel("NMSE of the free run,\nheld-back part")
    whole_numbers(ax.xaxis)
    ax.margins(x=0.12)
    legend(ax)
    return ax
