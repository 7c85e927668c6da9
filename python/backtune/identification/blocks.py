"""Errors of a network on the blocks of a record that are held back, and its runs of them."""

from __future__ import annotations

import numpy as np

from .._engine.types import Arrays, Starts
from ..networks.network import Network
from .combination import HORIZONS
from .networks import reads_measured
from .records import Record

# Time steps before a block that predictions begin.
_LEAD = 50


def measured(net: Network, record: Record, starts: Starts) -> tuple[np.ndarray, np.ndarray]:
    """Return mean square errors on the blocks and the runs of them, at all `HORIZONS`.

    The free run goes on from where measured outputs end, the start of the block. Predictions of
    finite horizons begin shortly before it, from a state that nobody knows. `starts` are those of
    the free run; errors (4,), runs (4, steps, O) on the user's clock.
    """
    near = record.near(_LEAD)
    errors: list[float] = []
    runs: list[np.ndarray] = []
    for horizon in HORIZONS:
        free = not np.isfinite(horizon)
        if not free and not reads_measured(net) and runs:
            errors.append(errors[0])
            runs.append(runs[0])
            continue
        part = record if free else near
        outputs = _ahead(net, part, starts) if free else _ahead(net, part, None, horizon)
        errors.append(part.error(outputs, True))
        runs.append(part.of_blocks(part.shown(outputs)))
    return np.array(errors), np.stack(runs)


def _ahead(
    net: Network, record: Record, starts: Starts | None, horizon: float | None = None
) -> Arrays:
    """Return predictions so many steps ahead; None: free runs through the block."""
    if not reads_measured(net):
        return net.simulate(record.u, starts)
    desired = record.y
    if horizon is None:
        desired = [item.copy() for item in desired]
        for item, block in zip(desired, record.blocks):
            item[block] = np.nan
    return net.predict(record.u, desired, horizon or 1, initial=starts)
