"""What tables of identification have in common: runs of models, their errors, rows."""

from __future__ import annotations

import copy
import time
from typing import Any, NamedTuple

import backtune as bt
import numpy as np
from identification_innovations import innovations
from identification_linear import arx
from identification_sets import Case, errors

#: Steps ahead of predictions.
HORIZONS = (1, 5, 20)
STEPS = " / ".join(map(str, HORIZONS)) + " steps"


class Identified(NamedTuple):
    """A model, elapsed seconds, and those of all cores."""

    model: bt.IdentifiedModel
    seconds: float
    busy: float


def identified(case: Case, seed: int) -> Identified:
    """Return the model of a training record."""
    began, busy = time.perf_counter(), time.process_time()
    model = bt.identify(*case.train, seed=seed, progress=False)
    return Identified(model, time.perf_counter() - began, time.process_time() - busy)


def single(model: bt.IdentifiedModel) -> bt.IdentifiedModel:
    """Return the model of the best member alone."""
    found = copy.copy(model)
    found.members = model.members[:1]
    return found


def free(model: bt.IdentifiedModel, u: Any, y: Any, first: int) -> list[tuple[float, float]]:
    """Return (RMSE, NMSE) of free runs: of the model, its best member, its linear model."""
    known = y[:first] if first else None
    runs = [
        model.simulate(u, known),
        single(model).simulate(u, known),
        model.simulate(u, known, linear=True),
    ]
    return [errors(run, y, first) for run in runs]


def ahead(model: Any, u: Any, y: Any, first: int) -> list[float]:
    """Return the NMSE of predictions at `HORIZONS`; without a start by outputs, from step 20."""
    return [errors(model.predict(u, y, k), y, first or 20)[1] for k in HORIZONS]


def linear_models(case: Case) -> list[Any]:
    """Return ARX and innovations models chosen by one step ahead, None where data are too few."""
    models: list[Any] = []
    for make in (lambda *given: arx(given[0], 1, given[1]), innovations):
        try:
            models.append(make(case.train, case.first))
        except ValueError:
            models.append(None)
    return models


def header(*names: str) -> None:
    """Print the first two lines of a table."""
    print("\n| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|", flush=True)


def row(*cells: Any) -> None:
    """Print a line of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def figures(values: Any) -> str:
    """Format several errors."""
    return " / ".join("-" if np.isnan(value) else f"{value:.3g}" for value in values)
