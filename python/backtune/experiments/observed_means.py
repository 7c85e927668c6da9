"""The observable tests of section 4: a random output met in its mean and autocorrelation."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from .._engine import random
from .._engine.types import Figure
from ..estimation import observables
from ..estimation.criteria import Observables
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._fits import START, Limits, learner, run_fit
from ._paper import OBSERVABLES_PRECISION

_WANTED = {
    "mean": [observables.mean(0)],
    "autocorrelation, delay 1": [observables.autocorrelation(0, 1)],
    "autocorrelation, delay 3": [observables.autocorrelation(0, 3)],
    "mean and three autocorrelations": [
        observables.mean(0),
        *(observables.autocorrelation(0, delay) for delay in (0, 1, 2)),
    ],
}


def _plan(settings: Settings) -> list[Parameters]:
    return [
        {
            "observables": name,
            "size": size,
            "seed": seed,
            "method": method,
            "iterations": settings.iterations,
        }
        for name in _WANTED
        for size in settings.sizes or settings.choose((2, 4, 8), (2,))
        for method in settings.methods
        for seed in settings.drawn(7, 2)
    ]


def _measure(parameters: Parameters) -> Record:
    seed, steps = parameters["seed"], 200
    u = random.normal(steps, seed, "observables input").reshape(-1, 1)
    wanted = random.uniform(steps, seed, "random output").reshape(-1, 1)
    criterion = Observables(_WANTED[parameters["observables"]], reference=wanted)
    net = learner("lnl", parameters["size"]).randomize(START + seed)
    return run_fit(net, u, None, parameters, Limits(0.0, 1e-10), criterion=criterion)[1]


def _report(records: list[Record]) -> Report:
    rows: list[list[object]] = []
    for group in grouped(records, "observables", "method"):
        row: list[object] = [group.values["observables"], group.values["method"]]
        for size in grouped(group.records, "size"):
            row += [max(size.numbers("cost")), float(np.median(size.numbers("iterations_used")))]
        rows.append(row)
    sizes = [item.values["size"] for item in grouped(records, "size")]
    heads = [head for size in sizes for head in (f"N = {size}: precision", "iterations")]
    rows.append(
        ["RR-9100: mean, autocorrelation", "", *[f"< {OBSERVABLES_PRECISION:g}", None] * len(sizes)]
    )
    notes = [
        "Precision: the sum of the moduli of what the means lack, the largest of the draws.",
        *(
            f"{group.values['method']}: "
            f"{sum(cost < OBSERVABLES_PRECISION for cost in group.numbers('cost'))} of"
            f" {len(group.records)} runs are better than {OBSERVABLES_PRECISION:g}."
            for group in grouped(records, "method")
        ),
        "The report asks for one mean at a time; the last lines but one are beyond it.",
    ]
    table = Table(("observables", "method", *heads), rows)
    return Report([table], notes, data_table(records), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    ax = figure.subplots()
    names = list(_WANTED)
    for place, group in enumerate(grouped(records, "method")):
        at = [names.index(name) + 0.15 * place for name in group.column("observables")]
        costs = [max(cost, 1e-17) for cost in group.numbers("cost")]
        ax.semilogy(at, costs, ".", color=f"C{place}", label=group.values["method"])
    ax.axhline(OBSERVABLES_PRECISION, color="0.5", linewidth=1, label="RR-9100")
    ax.set_xticks(range(len(names)), [fill(name, 16) for name in names])
    ax.set_ylabel("precision")


EXPERIMENT = Experiment(
    "observables",
    "Observables",
    "Page 23 of RR-9100: lnl units whose output is to have the mean, the autocorrelation, of a"
    " random series, here uniform in [0, 1), T = 200.",
    _plan,
    _measure,
    _report,
)
