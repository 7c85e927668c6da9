"""The figure of what identification tried."""

from __future__ import annotations

import numpy as np

from .._engine import shown
from .._engine.types import Axes
from ..display.canvas import grid, legend, whole_numbers
from .report import IdentificationReport

_MARKS = {"output error": "o", "prediction": "^", "arx": "s", "free arx": "D"}


@shown.figure.register(IdentificationReport)
def draw_report(report: IdentificationReport, ax: Axes | None = None) -> Axes:
    """Draw the validation error of all candidates by their order; members are filled."""
    place: Axes = grid(ax, (1, 1), (6.0, 3.2))[0, 0]
    told: dict[str, tuple[str, str]] = {}
    for trial in report:
        if not np.isfinite(trial.validation) or trial.validation <= 0:
            continue
        mark, color = _MARKS.get(trial.kind, "o"), "C1" if trial.hidden else "C0"
        told[f"{trial.kind}, {'nonlinear' if trial.hidden else 'linear'}"] = mark, color
        fill = "full" if trial.chosen or trial.weight > 0 else "none"
        place.plot([trial.order], [trial.validation], mark, color=color, fillstyle=fill, alpha=0.8)
        if trial.chosen:
            place.annotate(
                "best member",
                (trial.order, trial.validation),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
            )
    for kind, (mark, color) in told.items():
        place.plot([], [], mark, color=color, fillstyle="none", label=kind)
    place.set_yscale("log")
    place.set_xlabel("order (filled: members of the model)")
    place.set_ylabel("NMSE of the free run,\nheld-back part")
    whole_numbers(place.xaxis)
    place.margins(x=0.12)
    legend(place)
    return place
