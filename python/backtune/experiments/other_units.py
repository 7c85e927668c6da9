"""The table of figure 6 for gated units and a temporal convolution."""

from __future__ import annotations

from ._base import Experiment, Parameters, Record, Report, Settings, data_table, grouped
from ._fits import KERNEL, WINDOW
from .convergence import draw, measure, plan, reached, table

_KINDS = ("lstm", "gru", "strongly_typed", "conv")


def _plan(settings: Settings) -> list[Parameters]:
    return plan(settings, _KINDS, (2, 4, 8, 16), (2, 4))


def _report(records: list[Record]) -> Report:
    tables = [table(group.records) for group in grouped(records, "unit")]
    notes = [
        *reached(records),
        f"conv: N channels of a convolution along the last {WINDOW} inputs, {KERNEL} a node, tanh,"
        " and a linear readout, which is observed; it has no recurrent weights.",
        "lstm has four weights, gru three for one of a linear unit, so that T = 2N(N+1) values"
        " do not determine them all: the outputs are met, the weights need not be those of the"
        " root.",
    ]
    return Report(tables, notes, data_table(records), lambda figure: draw(figure, records))


EXPERIMENT = Experiment(
    "other_units",
    "Convergence of gated units and of a convolution",
    "Beyond RR-9100: the table of its figure 6 for units of its appendix A.",
    _plan,
    measure,
    _report,
)
