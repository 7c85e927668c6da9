"""Figure 7: two decays of the criterion with their exponential fits."""

from __future__ import annotations

import numpy as np

from .._engine.types import Figure
from ..estimation.trace import decay_fit
from ._base import Experiment, Parameters, Record, Report, Settings, Table
from ._fits import reverse_fit


def _plan(settings: Settings) -> list[Parameters]:
    size = settings.sizes[0] if settings.sizes else settings.choose(8, 4)
    return [
        {
            "unit": unit,
            "size": size,
            "seed": settings.seed,
            "method": method,
            "stop": "precise",
            "iterations": settings.choose(settings.iterations, 30),
        }
        for unit in ("lnl", "aif")
        for method in settings.methods
    ]


def _measure(parameters: Parameters) -> Record:
    trace, record = reverse_fit(**parameters)
    return {**record, "costs": trace.cost, "orders": trace.order}


def _curve(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Return the costs, and the exponential fitted to them (NaN where there is none)."""
    costs = np.array(record["costs"], dtype=float)
    time, bias, amplitude = decay_fit(costs)
    return costs, amplitude * np.exp(-np.arange(len(costs)) / time) + np.nan_to_num(bias)


def _report(records: list[Record]) -> Report:
    columns = ("unit", "method", "iterations", "first criterion", "minimal criterion")
    rows, data = [], []
    for record in records:
        costs, fitted = _curve(record)
        by_order = [record["orders"].count(order) for order in (2, 1)]
        rows.append(
            [
                *(record[name] for name in ("unit", "method", "iterations_used")),
                costs[0],
                *(record[name] for name in ("cost", "decay_time", "bias")),
                " and ".join(map(str, by_order)),
            ]
        )
        for iteration, values in enumerate(zip(costs.tolist(), fitted.tolist())):
            data.append([record["unit"], record["method"], iteration, *values])
    table = Table((*columns, "decay time", "final bias", "second and first order steps"), rows)
    notes = [
        "Fits run to a criterion of 1e-12 here, so that there is a decay to look at.",
        "Backward tuning shows the report's two profiles: a strong decay by the second order, then"
        " slow improvement, or restarts by momenta of the gradient. The decay of Gauss-Newton is"
        " faster than exponential near the end; the exponential is fitted all the same.",
    ]
    names = ("unit", "method", "iteration", "cost", "fit")
    return Report([table], notes, Table(names, data), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    units = list(dict.fromkeys(record["unit"] for record in records))
    for ax, unit in zip(figure.subplots(1, len(units), squeeze=False)[0], units):
        for place, record in enumerate(r for r in records if r["unit"] == unit):
            costs, fitted = _curve(record)
            color = f"C{place}"
            ax.semilogy(costs, color=color, label=record["method"])
            shown = np.where(fitted > 0, fitted, np.nan)
            ax.semilogy(shown, "--", color=color, linewidth=1, label=f"fit, {record['method']}")
        ax.set(xlabel="iteration", ylabel="criterion", title=f"{unit}, N = {records[0]['size']}")


EXPERIMENT = Experiment(
    "decay",
    "Decay of the criterion",
    "Figure 7 of RR-9100, page 21, with the exponential fits of its footnote 9.",
    _plan,
    _measure,
    _report,
)
