"""Figure 9: criteria against additive noise and against outliers."""

from __future__ import annotations

import numpy as np

from .._engine import random
from .._engine.types import Figure
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._fits import START, learner, run_fit
from ._paper import FIGURE_9

CRITERIA = ("2", "1", "0", "a", "b")
#: Relative magnitude of the noise; part and relative magnitude of the outliers.
NOISE, OUTLIERS, FAR = 0.1, 0.05, 10.0


def _plan(settings: Settings) -> list[Parameters]:
    size = settings.sizes[0] if settings.sizes else 4
    return [
        {
            "disturbance": disturbance,
            "criterion": criterion,
            "size": size,
            "steps": settings.choose(400, 100),
            "seed": seed,
            "method": method,
            "iterations": settings.choose(settings.iterations, 30),
        }
        for disturbance in FIGURE_9
        for method in settings.methods
        for criterion in CRITERIA
        for seed in settings.drawn(10, 2)
    ]


def disturb(clean: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """Add normal noise of a tenth of the deviation of an output, or far outliers, to (T, 1)."""
    noise = random.normal(len(clean), seed, "disturbance").reshape(-1, 1) * clean.std()
    if kind == "noise":
        return clean + NOISE * noise
    hit = random.uniform(len(clean), seed, "outliers").reshape(-1, 1) < OUTLIERS
    return clean + np.where(hit, FAR * noise, 0.0)


def _measure(parameters: Parameters) -> Record:
    seed, size = parameters["seed"], parameters["size"]
    u = random.normal(parameters["steps"], seed, "reverse engineering input").reshape(-1, 1)
    clean = learner("lnl", size).randomize(seed).simulate(u)
    y = disturb(clean, parameters["disturbance"], seed)
    net = learner("lnl", size).randomize(START + seed)
    _, record = run_fit(net, u, y, parameters, criterion=parameters["criterion"])
    return {**record, "clean_nmse": np.mean((net.simulate(u) - clean) ** 2) / clean.var()}


def _report(records: list[Record]) -> Report:
    tables, notes = [], []
    for disturbed in grouped(records, "disturbance"):
        kind = disturbed.values["disturbance"]
        rows: list[list[object]] = []
        for group in grouped(disturbed.records, "method"):
            method = group.values["method"]
            by_criterion = grouped(group.records, "criterion")
            for label, name in (
                ("iterations", "iterations_used"),
                ("minimal criterion", "cost"),
                ("NMSE against the clean output", "clean_nmse"),
            ):
                values = [float(np.median(item.numbers(name))) for item in by_criterion]
                rows.append([f"{method}: {label}", *values])
            best = CRITERIA[int(np.argmin(values))]
            notes.append(f"Against {kind}, {method}: '{best}' predicts the clean output best.")
        for place, label in enumerate(("iterations", "minimal criterion")):
            values = [FIGURE_9[kind][criterion][place] for criterion in CRITERIA]
            rows.append([f"RR-9100: {label}", *values])
        tables.append(Table(("criterion", *CRITERIA), rows, f"Robustness to {kind}, medians."))
    notes.append(
        "Minimal criteria are in the units of each criterion and its own scale nu: they do not"
        " compare with each other, nor with those of the report, whose nu shrinks with its minimal"
        " criterion; the NMSE against the clean output, which no fit saw, does."
    )
    notes.append(
        "Fits run until no step helps or the iterations are spent: nothing can bring the criterion"
        " of disturbed outputs to zero. The report does not say where its runs stop, so that"
        " iterations do not compare."
    )
    return Report(tables, notes, data_table(records), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    kinds = grouped(records, "disturbance")
    for ax, disturbed in zip(figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0], kinds):
        methods = grouped(disturbed.records, "method")
        for place, group in enumerate(methods):
            values = [
                np.median(item.numbers("clean_nmse"))
                for item in grouped(group.records, "criterion")
            ]
            at = np.arange(len(values)) + (place - (len(methods) - 1) / 2) * 0.35
            ax.bar(at, values, 0.33, label=group.values["method"])
        ax.set(yscale="log", xlabel="criterion", title=disturbed.values["disturbance"])
        ax.set_xticks(range(len(CRITERIA)), CRITERIA)
    figure.axes[0].set_ylabel("NMSE against the clean output")


EXPERIMENT = Experiment(
    "robustness",
    "Robustness to noise and to outliers",
    "Figure 9 of RR-9100, page 23: lnl units, T = 400, normal noise of 0.1 deviations, or 5 %"
    " outliers of 10 deviations; criteria '2' least squares, '1' and '0' reweighted L1 and L0,"
    " 'a' absolute (Huber), 'b' biweight.",
    _plan,
    _measure,
    _report,
)
