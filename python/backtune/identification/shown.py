"""What notebooks show of models and reports, as HTML."""

from __future__ import annotations

import numpy as np

from .._engine import shown
from ..display.ahead import ahead_html
from ..display.html import block, ends, folded, line, listing, row, table
from ..networks.channels import channel_names, labels
from .ahead import ModelForecast
from .combination import HORIZONS
from .model import IdentifiedModel
from .report import IdentificationReport, Trial, rows_shown
from .residuals import Residuals

# Columns of a report: attribute, heading, format; the others are folded away.
COLUMNS = (
    ("order", "order", "d"),
    ("hidden", "hidden", "d"),
    ("kind", "kind", ""),
    ("validation", "validation", ".3g"),
    ("weight", "weight", ".2g"),
)
OTHERS = (
    ("layer", "layer", ""),
    ("factor", "factor", "d"),
    ("draw", "draw", "d"),
    ("ridge", "ridge", ".0e"),
    ("iterations", "iterations", "d"),
    ("crossed", "crossed", ".2g"),
    ("prediction", "one step", ".3g"),
    ("prediction_weight", "one-step weight", ".2g"),
    ("seconds", "seconds", ".2f"),
)


@shown.html.register
def report_html(report: IdentificationReport) -> str:
    """Return the table of a report, what it says below, and other columns folded away."""
    rows = rows_shown(report)
    more = len(report) - len(rows)
    notes = [f"and {more} more rows"] if more else []
    notes += report.notes()
    rest = _table(report, rows, OTHERS)
    return block(_table(report, rows, COLUMNS), listing(notes), folded("more of each row", rest))


def _table(
    report: IdentificationReport, rows: list[int], columns: tuple[tuple[str, str, str], ...]
) -> str:
    head = ["row", *(heading for _, heading, _ in columns)]
    return table(head, [_row(k, report[k], columns) for k in rows])


def _row(place: int, trial: Trial, columns: tuple[tuple[str, str, str], ...]) -> str:
    cells = [f"{place} (chosen)" if trial.chosen else str(place), *_values(trial, columns)]
    return row(cells, bold=trial.chosen)


def _values(trial: Trial, columns: tuple[tuple[str, str, str], ...]) -> list[str]:
    values = [(getattr(trial, name), form) for name, _, form in columns]
    return ["" if value is None else format(value, form) for value, form in values]


@shown.html.register
def trial_html(trial: Trial) -> str:
    """Return a candidate as a row, other columns folded away."""
    parts = [
        table([heading for _, heading, _ in columns], [row(_values(trial, columns))])
        for columns in (COLUMNS, OTHERS)
    ]
    chosen = line("chosen") if trial.chosen else ""
    return block(parts[0], chosen, folded("more of this candidate", parts[1]))


@shown.html.register
def residuals_html(found: Residuals) -> str:
    """Return tests by output, what they say, and correlations beyond their bounds folded away."""
    outputs, inputs = found.names
    rows = []
    for o, name in enumerate(outputs):
        # Of inputs that there is something to test with, the one that fits chance least.
        tests = {inputs[m]: t.p for m, t in enumerate(found.independence[o]) if not np.isnan(t.p)}
        least = min(tests, key=lambda name: tests[name], default="")
        spread = [f"{part[o]:.3g}" for part in (found.mean, found.deviation)]
        chances = [f"{found.whiteness[o].p:.2g}", f"{tests[least]:.2g}" if tests else "", least]
        rows.append(row([name, *spread, *chances]))
    head = ("output", "mean", "deviation", "white: p", "independent: least p", "of input")
    said = [f"{name}: {note}" for name, note in zip(outputs, found.notes())]
    return block(line(found.head), table(head, rows), listing(said), _beyond(found))


def _beyond(found: Residuals) -> str:
    """Return correlations beyond their bounds, the first and the last of many."""
    outputs, inputs = found.names
    rows = []
    for o, output in enumerate(outputs):
        own = found.autocorrelation[1:, o], found.autocorrelation_bound[1:, o]
        pairs = [(f"errors of {output}", found.lags[1:], *own)]
        for m, name in enumerate(inputs):
            cross = found.cross_correlation[:, o, m], found.cross_correlation_bound[:, o, m]
            pairs.append((f"errors of {output} and {name}", found.cross_lags, *cross))
        for name, lags, values, bounds in pairs:
            for k in np.flatnonzero(np.abs(values) > bounds):
                rows.append(row([name, lags[k], f"{values[k]:.3g}", f"{bounds[k]:.3g}"]))
    if not rows:
        return ""
    title = f"{len(rows)} correlations beyond their bounds of 99 %"
    kept = [rows[k] for k in ends(len(rows))]
    return folded(title, table(("of", "lag [time steps]", "correlation", "bound"), kept))


@shown.html.register
def model_forecast_html(found: ModelForecast) -> str:
    """Return the band by time step."""
    return block(line(f"ModelForecast of {len(found.mean)} steps"), ahead_html(found))


@shown.html.register
def model_html(model: IdentifiedModel) -> str:
    """Return what a model is, its errors on held-back parts, and its report folded away."""
    net = model.net
    names = channel_names(net)
    outputs, inputs = labels(names[0], net.output_units), labels(names[1], net.input_units)
    notes = [f"outputs: {', '.join(outputs)}"]
    late = [f"{n} ({d} steps late)" if d else n for n, d in zip(inputs, model.delays.tolist())]
    notes.append(f"inputs: {', '.join(late)}")
    if model.sampling_time is not None:
        notes.append(f"time step: {model.sampling_time:g} s")
    head = ["steps ahead", *outputs]
    body = []
    for steps, errors in zip(HORIZONS, model.errors):
        name = f"{steps:g}" if np.isfinite(steps) else "free run"
        body.append(row([name, *(f"{e:.3g}" for e in errors)]))
    errors_table = table(head, body, "deviation of errors on held-back parts")
    return block(
        line(repr(model)[1:-1]),
        listing(notes),
        errors_table,
        folded(f"{len(model.report)} candidates", report_html(model.report)),
    )
