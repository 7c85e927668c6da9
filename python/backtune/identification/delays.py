"""Dead time of inputs, from how well lagged inputs explain what past outputs do not."""

from __future__ import annotations

import numpy as np

from .._engine.data.front import Front

#: Part of a record that a dead time may be, and steps that it is looked for in, and lags at most.
LONGEST = 0.1
_STEPS, _LAGS = 20_000, 1000
# Outputs and inputs of the regressions, in time steps.
_PAST, _SPAN = 4, 3
# A delay counts as the record's where its input explains, per value, this much more than chance.
_WINNING = 6.0
_SWEEPS = 3


def estimated(
    u: list[np.ndarray], y: list[np.ndarray], front: Front
) -> tuple[np.ndarray, np.ndarray]:
    """Return the dead time of each input, (M,) in time steps, 0 where none is seen; and how clear.

    That is the ratio of the error without a dead time to that with it, (M,), of the regressions.

    For each input the outputs are regressed on four past outputs and three values of the input,
    from every lag on up to a tenth of the record; the others stay where they were found. It is the
    last lag whose error is the least but for chance: earlier ones still reach the response.
    """
    ends = np.cumsum([min(len(item), _STEPS) for item in u])
    some = slice(0, int(np.searchsorted(ends, _STEPS)) + 1)
    inputs = [front.inputs(item[:_STEPS]) for item in u[some]]
    outputs = [front.outputs(item[:_STEPS]) for item in y[some]]
    longest = max(len(item) for item in inputs)
    most = min(_LAGS, int(LONGEST * longest))
    delays = np.zeros(inputs[0].shape[1], dtype=int)
    ratios = np.ones(len(delays))
    if most < 1:
        return delays, ratios
    for _ in range(_SWEEPS):
        before = delays.copy()
        for channel in range(len(delays)):
            delays[channel], ratios[channel] = _best(inputs, outputs, delays, channel, most)
        if (delays == before).all():
            break
    return delays, ratios


def _best(
    u: list[np.ndarray], y: list[np.ndarray], delays: np.ndarray, channel: int, most: int
) -> tuple[int, float]:
    """Return the delay of one input, the others held, and how clear it is."""
    shared = [_lagged(item, range(1, _PAST + 1)) for item in y]
    for other, delay in enumerate(delays.tolist()):
        if other != channel:
            parts = [_lagged(item[:, [other]], range(delay, delay + _SPAN)) for item in u]
            shared = [np.hstack(pair) for pair in zip(shared, parts)]
    whole = np.concatenate(shared)
    whole = np.hstack([whole, np.ones((len(whole), 1))])
    desired = np.concatenate(y)
    # Rows before the longest lag know nothing of it.
    counted = np.concatenate(
        [np.arange(len(item)) >= min(most + _SPAN, len(item) // 2) for item in y]
    )
    known = counted & np.isfinite(desired).all(axis=1) & np.isfinite(whole).all(axis=1)
    if known.sum() < 3 * whole.shape[1] + 20:
        return 0, 1.0
    base = np.linalg.qr(whole[known])[0]
    rest = desired[known] - base @ (base.T @ desired[known])
    errors = np.empty(most + 1)
    for lag in range(most + 1):
        span = np.concatenate([_lagged(item[:, [channel]], range(lag, lag + _SPAN)) for item in u])
        part = span[known] - base @ (base.T @ span[known])
        found, *_ = np.linalg.lstsq(part, rest, rcond=1e-10)
        errors[lag] = np.mean((rest - part @ found) ** 2)
    count = int(known.sum())
    least = errors.min()
    chance = least * (1 + 2 * _WINNING / count) + 1e-14 * np.mean(rest**2)
    if np.mean(rest**2) <= least * (1 + 4 * _WINNING / count):
        return 0, 1.0
    place = int(np.flatnonzero(errors <= chance).max())
    return place, float(errors[0] / max(errors[place], 1e-300))


def _lagged(values: np.ndarray, lags: range) -> np.ndarray:
    """Return columns of values so many steps ago, the first value before the start."""
    rows = np.arange(len(values))
    return np.hstack([values[np.maximum(rows - lag, 0)] for lag in lags])
