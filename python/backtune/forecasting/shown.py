"""What notebooks show of forecasts, as HTML."""

from __future__ import annotations

from .._engine import shown
from ..display.ahead import ahead_html
from ..display.html import block, folded, line, listing, row, table
from .forecast import Forecast
from .part import ForecastErrors


@shown.html.register
def forecast_html(found: Forecast) -> str:
    """Return the band by time step, errors on the held-out end, and what was chosen folded away."""
    return block(
        line(found.head),
        ahead_html(found),
        errors_html(found.errors),
        folded("what was chosen", listing(found.report.splitlines()[:2])),
    )


@shown.html.register
def errors_html(errors: ForecastErrors) -> str:
    """Return a row for what forecasts, best first; errors of each output folded away."""
    if not errors.multi_step:
        return block(line("ForecastErrors, empty"))
    one, many = errors.relative(errors.one_step), errors.relative(errors.multi_step)
    ahead = f"1 to {errors.steps} steps"
    rows = [
        row([name, f"{one[name]:.3g}", f"{many[name]:.3g}"], bold=name == "network")
        for name in sorted(many, key=lambda name: many[name])
    ]
    title = f"errors on the held-out end, as parts of persistence, from {errors.origins} times"
    outputs = len(errors.multi_step["network"])
    own = [
        row([name, o, f"{errors.one_step[name][o]:.4g}", f"{values[o]:.4g}"])
        for name, values in errors.multi_step.items()
        for o in range(outputs)
    ]
    beats = "the network beats what asks for no model"
    said = beats if errors.beats_naive else f"the network does not beat {errors.best_naive}"
    return block(
        table(("forecast by", "1 step", ahead), rows, title),
        line(said),
        folded("in units of y", table(("forecast by", "output", "1 step", ahead), own)),
    )
