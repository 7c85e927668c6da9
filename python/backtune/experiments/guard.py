"""Figure 2: the guard of the adjoint, and how much of it estimation meets."""

from __future__ import annotations

import numpy as np

from .._engine.types import Figure
from ._base import Experiment, Parameters, Record, Report, Settings, Table, grouped
from ._fits import UNITS, reverse_fit

#: Mean modulus r of the slopes of the criterion, to which the profile is scaled.
_SCALE = 1.0
_KINDS = tuple(UNITS)[:5]


def profile(u: np.ndarray, r: float = _SCALE) -> np.ndarray:
    """Return g(u) of equation (5): tiny values raised, huge ones saturated, odd.

    Parameters
    ----------
    u : array
        Sums of the adjoint.
    r : float
        Mean modulus of the slopes rho': nu = 1e-6 r, w = 1e6 r, alpha = 1e-3 w.
    """
    nu, w = 1e-6 * r, 1e6 * r
    alpha = 1e-3 * w
    size = np.abs(u)
    small, large = np.minimum(size, 2 * nu), np.clip(size, w - alpha, 2 * w)
    raised = nu + small**2 / (4 * nu)
    saturated = w - alpha * np.exp((w - large) / alpha - 1)
    middle = np.where(size <= 2 * nu, raised, size)
    return np.sign(u) * np.where(size >= w - alpha, saturated, middle)


def _plan(settings: Settings) -> list[Parameters]:
    size = settings.sizes[0] if settings.sizes else settings.choose(8, 4)
    return [
        {
            "unit": unit,
            "size": size,
            "seed": seed,
            "method": "backward-tuning",
            "stop": settings.stop,
            "iterations": settings.choose(settings.iterations, 20),
        }
        for unit in _KINDS
        for seed in settings.drawn(3)
    ]


def _measure(parameters: Parameters) -> Record:
    trace, _ = reverse_fit(**parameters)
    return {
        "iterations_used": len(trace) - 1,
        "raised": trace.raised.max(),
        "saturated": trace.saturated.max(),
    }


def _report(records: list[Record]) -> Report:
    u = np.sort(np.concatenate([np.geomspace(1e-9, 1e8, 240), [0.0]]))
    rows = [
        [group.values["unit"], *(max(group.column(name)) for name in ("raised", "saturated"))]
        for group in grouped(records, "unit")
    ]
    size = records[0]["size"]
    table = Table(
        ("unit", "raised", "saturated"),
        rows,
        f"Largest part of the adjoint values that the guard changed in an iteration, N = {size}"
        " (backward tuning; Gauss-Newton has no guard).",
    )
    notes = [
        "The profile is that of equation (5) with r the mean modulus of the slopes of the"
        " criterion: the signed mean of the report can vanish.",
        "As in the report no explosion was met: hardly a value is saturated. Raised values are"
        " those of nodes that the output hardly depends on.",
    ]
    data = Table(("u", "g"), list(zip(u.tolist(), profile(u).tolist())))
    return Report([table], notes, data, lambda figure: _draw(figure, u))


def _draw(figure: Figure, u: np.ndarray) -> None:
    ax = figure.subplots()
    ax.loglog(u[1:], u[1:], color="0.7", linewidth=1, label="identity")
    ax.loglog(u[1:], profile(u[1:]), label="guard g(u)")
    ax.set(xlabel="u / r", ylabel="g / r", title="Guard of the adjoint")


EXPERIMENT = Experiment(
    "guard",
    "Guard profile",
    "Figure 2 of RR-9100, page 12, equation (5).",
    _plan,
    _measure,
    _report,
)
