"""What notebooks show of linear models and of their responses, as HTML."""

from __future__ import annotations

import numpy as np

from .._engine import shown
from .._engine.types import Array
from ..networks.linear.responses import FrequencyResponse
from ..networks.linear.system import LinearSystem
from .html import block, ends, folded, line, row, table

# Matrices of more rows or columns are not written out.
_MOST_SIDE = 12
# So many frequencies are shown, an even choice.
_MOST_ROWS = 12
# So many pairs of an output and an input have their table.
_MOST_PAIRS = 12


@shown.html.register
def system_html(system: LinearSystem) -> str:
    """Return poles and gains, matrices and the operating point folded away."""
    outputs, inputs = system.D.shape
    step = system.sampling_time
    clock = "" if step is None else f", a time step of {step:g} s"
    head = f"LinearSystem of {len(system.A)} states, {inputs} inputs, {outputs} outputs{clock}"
    found = system.poles()
    poles = [row([complex_text(found[k]), f"{abs(found[k]):.4g}"]) for k in ends(len(found))]
    gains = system.gains()
    rows = [
        row([o, m, f"{gains[o, m]:.4g}", f"{system.delays[m]:g}"])
        for o, m in np.ndindex(*gains.shape)
    ]
    parts = [
        line(head),
        table(("pole", "modulus"), poles, "stable" if (abs(found) < 1).all() else "not stable"),
        table(("output", "input", "gain", "dead time [time steps]"), rows),
    ]
    for name in "ABCD":
        values = getattr(system, name)
        if 0 < min(values.shape) and max(values.shape) <= _MOST_SIDE:
            parts.append(folded(f"{name}, {' x '.join(map(str, values.shape))}", _matrix(values)))
    point = [row([name, _numbers(getattr(system, name))]) for name in ("u0", "y0", "x0")]
    return block(*parts, folded("operating point", table(("", "value"), point)))


@shown.html.register
def response_html(found: FrequencyResponse) -> str:
    """Return a table for each pair of an output and an input, all but the first folded away."""
    _, outputs, inputs = found.response.shape
    magnitude, phase = found.magnitude, found.phase
    pairs = list(np.ndindex(outputs, inputs))
    last = len(found.frequencies) - 1
    even = np.linspace(0, last, _MOST_ROWS if last >= 0 else 0)
    chosen = np.unique(even.round().astype(int))
    tables = []
    for o, m in pairs[:_MOST_PAIRS]:
        rows = [
            row(f"{v:.4g}" for v in (found.frequencies[k], magnitude[k, o, m], phase[k, o, m]))
            for k in chosen
        ]
        head = ("frequency", "magnitude [dB]", "phase [degrees]")
        tables.append((f"output {o} by input {m}", table(head, rows)))
    first = [line(name) + content for name, content in tables[:1]]
    rest = [folded(name, content) for name, content in tables[1:]]
    more = len(pairs) - len(tables)
    return block(*first, *rest, line(f"and {more} more pairs") if more else "")


def complex_text(value: complex, digits: int = 4) -> str:
    """Return a number, without an imaginary part of 0."""
    real, imaginary = f"{value.real:.{digits}g}", f"{value.imag:+.{digits}g}j"
    return f"{real} {imaginary}" if value.imag else real


def _matrix(values: Array) -> str:
    head = ["", *map(str, range(values.shape[1]))]
    return table(head, [row([k, *(f"{v:.4g}" for v in item)]) for k, item in enumerate(values)])


def _numbers(values: Array) -> str:
    shown = [f"{v:.4g}" for v in values[:_MOST_SIDE]]
    return ", ".join([*shown, *(["\u2026"] if len(values) > _MOST_SIDE else [])])
