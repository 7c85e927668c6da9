"""Regressions on past inputs and measured outputs (ARX), plain and of fading memory."""

from __future__ import annotations

from dataclasses import replace

from .candidates import Candidate
from .fits import Kind
from .linear import ITERATIONS, RIDGES, best_by_order
from .networks import Form, make_arx, radius
from .records import Record
from .search import Search

_LAGS = (1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40)
# Observed values per weight, at least: without a prior, and with one.
_VALUES, _FADING_VALUES = 4, 1
# Lags of those of fading memory, strengths of their ridge per observed value, and how much a weight
# of one lag may be beside that of the lag before, squares; the first is tried first.
_FADING_LAGS = (8, 12, 20, 40)
_FADING_RIDGES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_FADING = (0.5, 0.3, 0.7, 0.9)
# Their weights, at most: the time that they take grows with the cube.
_MOST_WEIGHTS = 1000
# Regressions that are trained on in free run.
_FREED = 3
# They are linear problems: the first iteration solves them.
_SOLVED = 5


def regressions(record: Record, form: Form, search: Search) -> list[Candidate]:
    """Return regressions of rising numbers of lags."""
    tasks = [(lags, 0.0, 1.0) for lags in _LAGS if _fits(record, form, lags, _VALUES)]
    return _solved(record, form, tasks, search)


def fading_regressions(record: Record, form: Form, search: Search) -> list[Candidate]:
    """Return regressions whose weights are the less the longer ago: their ridge grows with lags.

    That is the prior of a stable system (diagonal kernel of T. Chen, H. Ohlsson and L. Ljung,
    Automatica 48, 2012). Of each number of lags the ridge is chosen first, then how memory fades,
    by the errors of predictions on the held-back part.
    """
    lengths = [
        lags
        for lags in _FADING_LAGS
        if _fits(record, form, lags, _FADING_VALUES) and _weights(form, lags) <= _MOST_WEIGHTS
    ]
    tasks = [(lags, ridge, _FADING[0]) for lags in lengths for ridge in _FADING_RIDGES]
    found = best_by_order(_solved(record, form, tasks, search))
    tasks = [
        (item.kind.form.order, item.kind.ridge, fading) for item in found for fading in _FADING[1:]
    ]
    return best_by_order([*found, *_solved(record, form, tasks, search)])


def free_regressions(record: Record, found: list[Candidate], search: Search) -> list[Candidate]:
    """Return the best regressions in free run, trained on for it."""

    def error(item: Candidate) -> float:
        return record.error(item.net.simulate(record.u), True)

    def fit(item: Candidate) -> Candidate:
        kind = Kind("output error", item.kind.form, RIDGES["output error"])
        return Candidate(record, item.net.copy(), kind, search).run(ITERATIONS).close()

    best = sorted((item for item in found if radius(item.net) < 1), key=error)[:_FREED]
    return search.work("regressions", fit, best, lambda item: item.validation)


def _weights(form: Form, lags: int) -> int:
    return form.outputs * (1 + form.inputs * (lags + 1) + form.outputs * lags)


def _fits(record: Record, form: Form, lags: int, values: int) -> bool:
    """Tell whether the record is long enough for so many lags."""
    longest = max(map(len, record.u))
    return _weights(form, lags) <= record.values() / values and lags < longest / 4


def _solved(
    record: Record, form: Form, tasks: list[tuple[int, float, float]], search: Search
) -> list[Candidate]:
    """Return regressions of (lags, ridge, fading)."""

    def fit(task: tuple[int, float, float]) -> Candidate:
        lags, ridge, fading = task
        net = make_arx(form.inputs, form.outputs, lags)
        kind = Kind("arx", replace(form, order=lags, measured=True), ridge, fading=fading)
        return Candidate(record, net, kind, search).run(_SOLVED).close()

    return search.work("regressions", fit, tasks, lambda item: item.validation)
