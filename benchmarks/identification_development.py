"""The table on which constants of the recipe are chosen: no test record takes part."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Callable

import numpy as np
from backtune.errors import BacktuneError
from identification_sets import Case
from identification_systems import SYSTEMS
from identification_tables import (
    HORIZONS,
    STEPS,
    ahead,
    figures,
    free,
    header,
    identified,
    linear_models,
    row,
)

# In geometric means errors outside these count as if they were at the border.
LEAST, MOST = 1e-8, 1e2
# Columns of a row: three of free runs, then those of predictions of three models.
WIDTHS = (1, 1, 1, 3, 3, 3)


def simulated(name: str) -> Callable[[int], Case]:
    """Return what draws a simulated system by the seed."""
    system = SYSTEMS[name]

    def draw(seed: int) -> Case:
        u, y, *test = system.draw(seed)
        return Case((u, y), {"": tuple(test)}, system.first)

    return draw


def geometric(values: list) -> np.ndarray:
    """Return geometric means of rows, over those where a method could be used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nowhere: NaN
        return np.exp(np.nanmean(np.log(np.clip(values, LEAST, MOST)), axis=0))


def _cells(values: np.ndarray) -> list[str]:
    return [figures(part) for part in np.split(values, np.cumsum(WIDTHS)[:-1])]


def _beside(case: Case) -> list[float]:
    """Return errors of predictions of the linear models."""
    u, y = case.tests[""]
    return [
        value
        for model in linear_models(case)
        for value in (len(HORIZONS) * [np.nan] if model is None else ahead(model, u, y, case.first))
    ]


def development(sets: Iterator[tuple[str, Case | Callable[[int], Case]]], seeds: list[int]) -> None:
    """Print a row a set: NMSE on what was held out, by seed, and geometric means over seeds.

    A set is a case, the same for every seed, or draws one by the seed.
    """
    header(
        "set",
        f"NMSE, seeds {' / '.join(map(str, seeds))}",
        "mean",
        "best member",
        "linear",
        STEPS,
        f"ARX, {STEPS}",
        f"linear innovations, {STEPS}",
        "members",
        "seconds",
        "CPU seconds",
    )
    means, failures = [], []
    for name, given in sets:
        rows, times = [], []
        beside = None if callable(given) else _beside(given)
        for seed in seeds:
            case = given(seed) if callable(given) else given
            linear = _beside(case) if beside is None else beside
            try:
                model, *spent = identified(case, seed)
                runs = free(model, *case.tests[""], case.first)
                predicted = ahead(model, *case.tests[""], case.first)
            except BacktuneError as error:
                failures.append(f"{name}, seed {seed}: {error}")
                rows.append([*6 * [np.inf], *linear])
                continue
            rows.append([*[nmse for _, nmse in runs], *predicted, *linear])
            times.append((len(model.members), *spent))
        means.append(geometric(rows))
        mean, *others = _cells(means[-1])
        spent = [f"{value:.2g}" for value in np.mean(times, axis=0)] if times else 3 * ["-"]
        row(name, figures([values[0] for values in rows]), mean, *others, *spent)
    if len(means) > 1:
        row("geometric mean", "", *_cells(geometric(means)), "", "", "")
    print("", *failures, sep="\n")
