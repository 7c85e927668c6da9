"""Parts of records that candidates see: windows of what is long, quarters, the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine.data.parts import bounds, last_part, observed_steps
from .record import HELD, SHORT, VALIDATION_PART, Record

#: Time steps that the race estimates from, about; the refit takes all.
RACE_STEPS = 3000
# Time steps of a window in which long records are compared, and of what the refit takes, at most.
_VALIDATION_STEPS, _REFIT_STEPS = 6000, 120_000
# Windows of all of that, which run side by side; each of so many time steps, and dead times, at
# least, but for four of every sequence.
_WINDOWS, _LEAST_STEPS, _LEAST_DELAYS, _LEAST_WINDOWS = 16, 2500, 10, 4
# Places that are compared for the window of a long record.
_PLACES = 20


def raced(record: Record) -> Record:
    """Return what the race sees of a record: all of it, or windows of what is long.

    Of a long sequence these are where its values move most, and the steps before its block, both
    with the block after the second. Of a panel, and of very many sequences, they are some of these.
    """
    part = RACE_STEPS / ((1 - VALIDATION_PART) * record.steps)
    if part >= 1:
        return record
    if record.panel:
        stride = int(1 / part)
        kept = [k for k in range(len(record.y)) if k // HELD % stride == 0]
        found = record.whole(kept)
        return found if found.complete() else record
    stride = max(1, 2 * SHORT * len(record.y) // RACE_STEPS)
    part = min(1.0, part * stride)
    pieces, blocks = [], []
    for place in range(0, len(record.y), stride):
        y, block = record.y[place], record.blocks[place]
        length, wanted = len(y), max(SHORT, int(part * (1 - VALIDATION_PART) * len(y)))
        if block.start - wanted < wanted or block.start >= length:
            keep = min(length, max(SHORT, int(part * length)))
            pieces.append((place, slice(0, keep)))
            blocks.append(last_part(observed_steps(y[:keep]), VALIDATION_PART))
            continue
        before = wanted // 3
        held = min(block.stop, block.start + _VALIDATION_STEPS)
        first = _liveliest(record.u[place], y, wanted - before, block.start - before)
        pieces.append((place, slice(first, first + wanted - before)))
        blocks.append(slice(wanted - before, wanted - before))
        pieces.append((place, slice(block.start - before, held)))
        blocks.append(slice(before, before + held - block.start))
    found = record.part(pieces, blocks)
    return found if found.complete() else record


def _liveliest(u: np.ndarray, y: np.ndarray, steps: int, end: int) -> int:
    """Return where the window of so many steps begins in which inputs and outputs move most."""
    places = np.linspace(0, end - steps, _PLACES).astype(int)

    def life(first: int) -> float:
        both = np.hstack([u[first : first + steps], y[first : first + steps]])
        known = np.isfinite(both).all(axis=1)
        return float(np.log(both[known].var(axis=0) + 1e-6).sum()) if known.any() else -np.inf

    return int(places[int(np.argmax([life(first) for first in places.tolist()]))])


def refitted(record: Record, steps: int = _REFIT_STEPS) -> Record:
    """Return what a fit of so many steps takes: all of a record, or windows of a longer one.

    Long sequences come in windows in any case.
    """
    part = min(1.0, steps / record.steps)
    if part == 1 and (record.panel or record.steps < _WINDOWS * _LEAST_STEPS):
        return record
    if record.panel:
        return record.whole(range(0, len(record.y), int(np.ceil(1 / part))))
    stride = max(1, _LEAST_WINDOWS * SHORT * len(record.y) // steps)
    late = -(-int(record.front.delays.max(initial=0)) // record.front.factor)
    least = max(_LEAST_STEPS, _LEAST_DELAYS * late)
    fewest = _LEAST_WINDOWS if part < 1 else 1
    most = max(fewest, _WINDOWS * stride // len(record.y))
    part = min(1.0, part * stride)
    pieces = []
    for place in range(0, len(record.y), stride):
        length = len(record.y[place])
        wanted = int(part * length)
        count = int(np.clip(wanted // least, fewest, most))
        wanted = min(length, max(SHORT, -(-wanted // count)))
        cuts = np.linspace(0, length - wanted, count).astype(int)
        pieces += [(place, slice(cut, cut + wanted)) for cut in np.unique(cuts).tolist()]
    if fewest == 1 and len(pieces) == len(record.y):
        return record
    return record.part(pieces, [slice(0, 0)] * len(pieces))


def quarters(record: Record) -> list[Record]:
    """Return the record with the second, the third and the fourth quarter as its block.

    Quarters are of what is observed, of a panel the sequences in turn.
    """
    if record.panel:
        blocks = [
            [slice(0, len(v) if k % HELD == held else 0) for k, v in enumerate(record.y)]
            for held in range(HELD - 1)
        ]
    else:
        longest = RACE_STEPS / (1 - VALIDATION_PART)
        part = min(1.0, longest / record.steps)
        keep = [len(v) if len(v) < SHORT else max(SHORT, int(part * len(v))) for v in record.y]
        record = record.part([(k, slice(0, n)) for k, n in enumerate(keep)], record.blocks)
        cuts = [[len(v)] * 5 if len(v) < SHORT else bounds(observed_steps(v), 4) for v in record.y]
        blocks = [[slice(cut[k], cut[k + 1]) for cut in cuts] for k in (1, 2, 3)]
    found = [replace(record, blocks=item) for item in blocks]
    return [item for item in found if item.complete()]


def persistence(record: Record) -> float:
    """Return the mean square of y(t) - y(t-1) in deviations, NaN where no such pair is known."""
    steps = np.concatenate([np.diff(item, axis=0) for item in record.fine])
    known = np.isfinite(steps)
    if not known.any():
        return float("nan")
    weights = None
    if record.gains is not None and record.front.factor == 1:
        weights = np.concatenate([item[1:] for item in record.gains])[known]
    return float(np.average(steps[known] ** 2, weights=weights))
