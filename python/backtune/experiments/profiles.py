"""Figure 13: profiles of the reweighted criteria."""

from __future__ import annotations

import numpy as np

from .._engine.types import Figure
from ..estimation.criteria import Robust
from ..estimation.estimator import Estimator
from ..networks.network import Network
from ._base import Experiment, Parameters, Record, Report, Settings, Table

_SCALES = (1.0, 2.0, 4.0, 8.0)
_POINTS = np.linspace(-10.0, 10.0, 81)


def _plan(settings: Settings) -> list[Parameters]:
    return [{"order": order, "nu": nu} for order in (1, 0) for nu in _SCALES]


def _measure(parameters: Parameters) -> Record:
    """Let the engine tell the cost of one value at each of the points."""
    net = Network(1)
    net.firmware(1, "x").add(1, net.input.lag(0))
    criterion = Robust(parameters["order"], nu=parameters["nu"])
    costs = []
    for x in _POINTS:
        with Estimator(net, [[x]], [[0.0]], criterion=criterion) as est:
            costs.append(est.cost)
    return {"x": _POINTS, "costs": costs}


def _printed(order: int, nu: float, x: np.ndarray) -> np.ndarray:
    """Return the profile that the report prints, x^2/(nu + |x|) or x^2/(nu + x^2)."""
    return x**2 / (nu + (np.abs(x) if order else x**2))


def _report(records: list[Record]) -> Report:
    rows, data = [], []
    for record in records:
        x = np.array(record["x"])
        printed = _printed(record["order"], record["nu"], x)
        for values in zip(x.tolist(), record["costs"], printed.tolist()):
            data.append([record["order"], record["nu"], *values])
        picked = [int(np.argmin(np.abs(x - value))) for value in (0.0, 1.0, 5.0, 10.0)]
        name = f"reweighted L{record['order']}, nu = {record['nu']:g}"
        rows.append([name, *(record["costs"][place] for place in picked)])
        rows.append([f"{name}, RR-9100", *(printed[place] for place in picked)])
    table = Table(("rho(x) at x =", 0, 1, 5, 10), rows)
    notes = [
        "The report prints the quadratic x^2/(nu + ...) taken at x itself. The engine's cost is"
        " what the steps of reweighting descend, |x| - nu log(1 + |x|/nu) and log(1 + x^2/nu)/2,"
        " whose slopes are those of the quadratics: costs of different iterations compare. It is"
        " flat near zero and linear, respectively nearly flat, far off, as the report's.",
    ]
    data_columns = ("order", "nu", "x", "rho", "rho_report")
    return Report([table], notes, Table(data_columns, data), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    for ax, order in zip(figure.subplots(1, 2), (1, 0)):
        for place, record in enumerate(r for r in records if r["order"] == order):
            x = np.array(record["x"])
            ax.plot(x, record["costs"], color=f"C{place}", label=f"nu = {record['nu']:g}")
            printed = _printed(order, record["nu"], x)
            ax.plot(x, printed, "--", color=f"C{place}", linewidth=0.8)
        ax.plot([], [], "--", color="0.4", linewidth=0.8, label="as printed")
        ax.set(xlabel="x", ylabel="rho", title=f"reweighted L{order}")


EXPERIMENT = Experiment(
    "profiles",
    "Profiles of the reweighted criteria",
    "Figure 13 of RR-9100, page 35.",
    _plan,
    _measure,
    _report,
)
