"""Figure 8: variability over draws of the sequence and of the start."""

from __future__ import annotations

from .._engine.types import Figure
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._fits import START, Limits, learner, reverse, run_fit
from ._paper import FIGURE_8, FIGURE_8_TOLERANCE


def _plan(settings: Settings) -> list[Parameters]:
    size = settings.sizes[0] if settings.sizes else settings.choose(8, 4)
    return [
        {"size": size, "seed": seed, "method": method, "iterations": settings.iterations}
        for method in settings.methods
        for seed in settings.drawn(7, 7)
    ]


def _measure(parameters: Parameters) -> Record:
    u, y = reverse("lnl", parameters["size"], parameters["seed"])
    net = learner("lnl", parameters["size"]).randomize(START + parameters["seed"])
    return run_fit(net, u, y, parameters, Limits(FIGURE_8_TOLERANCE, 0.0))[1]


def _report(records: list[Record]) -> Report:
    rows: list[list[object]] = []
    notes = []
    for group in grouped(records, "method"):
        method = group.values["method"]
        for label, name in (
            ("iterations", "iterations_used"),
            ("minimal criterion", "cost"),
            ("relative cost", "relative"),
            ("NMSE", "nmse"),
        ):
            rows.append([f"{method}: {label}", *group.numbers(name)])
        hits = sum(value <= FIGURE_8_TOLERANCE for value in group.numbers("relative"))
        notes.append(f"{method}: {hits} of {len(group.records)} draws reach the relative cost.")
    count = len(rows[0]) - 1
    for place, label in enumerate(("iterations", "minimal criterion")):
        values = [run[place] for run in FIGURE_8[:count]]
        rows.append([f"RR-9100: {label}", *values, *[None] * (count - len(values))])
    notes.append(
        "The draws are not those of the report: columns do not correspond. A relative cost depends"
        " on how bad the start was; the cost, and the NMSE, tell what was reached."
    )
    size = records[0]["size"]
    table = Table(("sample", *range(1, count + 1)), rows, f"lnl, N = {size}, relative cost 1e-5.")
    return Report([table], notes, data_table(records), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    ax = figure.subplots()
    groups = grouped(records, "method")
    for place, group in enumerate(groups):
        values = group.numbers("iterations_used")
        ax.plot(range(1, len(values) + 1), values, f"C{place}o", label=group.values["method"])
    ax.plot(range(1, 8), [run[0] for run in FIGURE_8], "kx", label="RR-9100")
    ax.set(xlabel="sample", ylabel="iterations to a relative cost of 1e-5", yscale="log")


EXPERIMENT = Experiment(
    "variability",
    "Variability over draws",
    "Figure 8 of RR-9100, page 22: seven sequences and starts, relative cost 1e-5.",
    _plan,
    _measure,
    _report,
)
