"""The numbers of section 4 of RR-9100, with the pages of their figures.

101 iterations are all that a run was given.
"""

from __future__ import annotations

from typing import NamedTuple


class Convergence(NamedTuple):
    """A column of figure 6."""

    iterations: int
    cost: float
    decay_time: float
    bias: float


def _columns(*rows: tuple) -> dict[int, Convergence]:
    return {size: Convergence(*values) for size, *values in zip(*rows)}


_SIZES = (2, 4, 8, 16, 32, 64)

#: Figure 6, page 21: kind of unit -> number of units -> what one run gave.
FIGURE_6 = {
    "lnl": _columns(
        _SIZES,
        (36, 101, 78, 101, 55, 101),
        (9.3e-07, 3.0e-06, 1.0e-06, 1.6e-06, 9.1e-06, 4.5e-06),
        (24, 23, 88, 37, 20, 98),
        (2.2e-08, 2.6e-06, 5.9e-07, 1.6e-06, 2.6e-06, 4.5e-06),
    ),
    "aif": _columns(
        _SIZES,
        (101, 101, 101, 101, 101, 101),
        (9.9e-06, 4.7e-06, 1.1e-06, 3.5e-06, 7.8e-06, 1.4e-06),
        (8, 36, 17, 34, 56, 23),
        (9.1e-06, 4.6e-06, 1.1e-06, 3.7e-06, 7.9e-06, 1.2e-06),
    ),
}

#: Figure 6, page 21: the criterion below which a run stops, and what linear units reach.
STOP_COST, LINEAR_COST = 1e-6, 1e-12

#: Figure 8, page 22: iterations and minimal criterion of seven draws, lnl, N = 8.
FIGURE_8 = (
    (101, 1.9e-05),
    (4, 2.6e-06),
    (4, 2.0e-06),
    (3, 4.4e-06),
    (4, 1.3e-06),
    (3, 9.3e-06),
    (4, 6.2e-06),
)

#: Figure 8, page 22: the relative cost at which its runs stop.
FIGURE_8_TOLERANCE = 1e-5

#: Figure 9, page 23: what disturbs -> criterion -> iterations and minimal criterion.
FIGURE_9 = {
    "noise": {
        "2": (4, 7.8e-05),
        "1": (3, 2.0e-04),
        "0": (101, 1.2e-04),
        "a": (4, 4.5e-04),
        "b": (15, 4.4e-02),
    },
    "outliers": {
        "2": (101, 2.1e-03),
        "1": (9, 2.8e-03),
        "0": (4, 3.8e-03),
        "a": (6, 6.3e-03),
        "b": (3, 5.6e-02),
    },
}

#: Page 23: precision to which the observables were met, "better than".
OBSERVABLES_PRECISION = 1e-3

#: Figure 10, page 24: number of units -> length without error and iterations. Its caption says
#: units of kind aif, its head lnl.
FIGURE_10 = {
    2: (6, 36),
    3: (5, 2),
    4: (6, 4),
    5: (5, 2),
    6: (8, 18),
    7: (7, 14),
    8: (8, 16),
}
