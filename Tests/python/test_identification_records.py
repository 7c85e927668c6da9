"""Records as `identify` sees them: blocks, windows, panels; fronts, filters and clocks."""

import numpy as np
import pytest
from backtune._engine.data.front import (
    Front,
    GlitchFilter,
    RangeFilter,
    averaged,
    interpolated,
    medians,
)
from backtune._engine.data.scales import Scale
from backtune.identification.records import RACE_STEPS, Record, quarters, raced, refitted
from conftest import same


def front(inputs=1, outputs=1, **options):
    """Return one of the units that come."""
    plain = [Scale(np.zeros(n), np.ones(n)) for n in (inputs, outputs)]
    delays = options.pop("delays", np.zeros(inputs, dtype=int))
    return Front(*plain, np.asarray(delays), **options)


def record(u, y, gains=None, **options):
    return Record.of(front(**options), u, y, gains)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def times(steps):
    return np.arange(float(steps))[:, None]


# ---- Blocks


def test_the_last_quarter_is_the_block():
    found = record([times(40), times(100)], [times(40), times(100)])
    assert found.blocks == [slice(30, 40), slice(75, 100)] and found.steps == 140
    assert not found.panel and found.complete()
    u, y, gains = found.estimation()
    assert [len(v) for v in u] == [len(v) for v in y] == [30, 75] and gains is None
    assert found.values() == 105
    assert found.of_blocks(found.fine)[:, 0].tolist() == [*range(30, 40), *range(75, 100)]
    assert found.errors([times(40) + 2, times(100) + 2], True) == 4
    assert found.error([times(40) + 2, times(100)], False) == pytest.approx(4 * 40 / 140)
    assert np.isinf(found.error([times(40) * np.nan, times(100)], True))


def test_short_sequences_take_part_as_wholes():
    found = record([times(7), times(100)], [times(7), times(100)])
    assert found.blocks == [slice(7, 7), slice(75, 100)]
    assert [len(v) for v in found.estimation()[0]] == [7, 75]
    assert [part.blocks for part in quarters(found)] == [
        [slice(7, 7), slice(a, a + 25)] for a in (25, 50, 75)
    ]


def test_panels():
    sequences = [times(7) for _ in range(8)]
    found = record(sequences, sequences)
    held = [slice(0, 7 if k % 4 == 3 else 0) for k in range(8)]
    assert found.panel and found.blocks == held
    seen = found.estimation()[1]
    assert [len(v) for v in seen] == [7] * 8
    assert [bool(np.isnan(v).all()) for v in seen] == [k % 4 == 3 for k in range(8)]
    assert [[b.stop > 0 for b in part.blocks].index(True) for part in quarters(found)] == [0, 1, 2]
    assert raced(found) is found
    # Most of what there is counts: a few short ones beside a long one make no panel.
    assert not record([times(7), times(60)], [times(7), times(60)]).panel


def test_quarters():
    parts = quarters(record([times(40)], [times(40)]))
    assert [part.blocks for part in parts] == [[slice(k, k + 10)] for k in (10, 20, 30)]
    seen = parts[0].estimation()
    assert len(seen[0][0]) == 40 and len(parts[2].estimation()[1][0]) == 30
    assert np.isnan(seen[1][0][10:20]).all() and np.isfinite(seen[1][0][20:]).all()
    assert parts[0].error([times(40) + 2], True) == parts[0].error([times(40) + 2], False) == 4
    # Quarters are of what is observed: 7, 15 and 22 of 30 values are before them.
    y = times(40)
    y[10:20] = np.nan
    assert [part.blocks[0].start for part in quarters(record([times(40)], [y]))] == [7, 25, 32]
    # An output that is not seen in a block: that quarter does not count.
    both = np.hstack([times(40), times(40)])
    both[6:30, 1] = np.nan  # the first of the blocks at 14, 28 and 42 of 56 values, rows 8 to 22
    parts = quarters(record([times(40)], [both], outputs=2))
    assert [part.blocks[0].start for part in parts] == [22, 33]


def test_near():
    """The blocks and some steps before each, as far as there are any."""
    found = record([times(40), times(7), times(100)], [times(40), times(7), times(100)])
    near = found.near(50)
    assert [v[0, 0] for v in near.u] == [0, 25] and near.blocks == [slice(30, 40), slice(50, 75)]
    assert same(near.of_blocks(near.fine), found.of_blocks(found.fine))


def test_parts_on_a_slower_clock():
    given = times(100)
    found = record([given], [given], factor=5)
    assert found.steps == 20 and found.blocks == [slice(15, 20)]
    assert found.of_blocks(found.fine)[:, 0].tolist() == list(range(75, 100))
    near = found.near(2)
    assert near.u[0][:, 0].tolist() == [67, 72, 77, 82, 87, 92, 97]
    assert near.fine[0][:, 0].tolist() == list(range(65, 100))
    # Means of a line are its middles, and lines between them are the line.
    assert np.allclose(near.shown(near.y)[0], near.fine[0])
    assert np.allclose(found.errors(found.y, True), 0)


def test_gains_count_on_a_slower_clock():
    """A stretch of gain 0 has no say in errors, whatever stands there."""
    given, shown = times(103), times(103)
    gains = np.ones((103, 1))
    gains[80:90] = 0
    found = record([given], [shown], [averaged(gains, 5)], factor=5)
    outputs = [v.copy() for v in found.y]
    found.fine[0][80:90] += 1e3
    assert found.errors(outputs, True) == pytest.approx(0, abs=1e-20)
    outputs[0] += 3
    assert found.errors(outputs, True) == pytest.approx(9)
    assert found.errors(outputs, False) == pytest.approx(9)


# ---- Windows of long records


def test_windows_of_a_long_record():
    steps = 12 * RACE_STEPS
    y = np.zeros((steps, 1))
    busy = slice(5 * RACE_STEPS, 6 * RACE_STEPS)
    y[busy] = np.random.default_rng(0).normal(size=(RACE_STEPS, 1))
    y += 1e-3 * np.sin(times(steps))
    u = times(steps)
    found = raced(record([u], [y]))
    # A window where most happens, and one before the block, with what is held back behind it.
    first, second = found.u
    assert len(first) + found.blocks[1].start == RACE_STEPS
    assert found.blocks[0].start == found.blocks[0].stop
    overlap = min(first[-1, 0] + 1, busy.stop) - max(first[0, 0], busy.start)
    assert overlap > 0.5 * len(first)
    assert second[found.blocks[1].start, 0] == 0.75 * steps
    assert found.blocks[1].stop == len(second)
    assert same(found.y[1], y[int(second[0, 0]) :][: len(second)])
    # The refit takes more; a record of a moderate length is taken as it is.
    whole = record([u], [y])
    assert refitted(whole) is whole
    short = record([u[:1000]], [y[:1000]])
    assert raced(short) is short


def test_what_the_refit_takes_of_a_very_long_record():
    steps = 300_000
    found = refitted(record([times(steps)], [times(steps)]))
    assert found.steps == 120_000 and {len(u) for u in found.u} == {7500}
    assert found.u[0][0, 0] == 0 and found.u[-1][-1, 0] == steps - 1
    assert all(np.diff(v[:, 0]).min() == np.diff(v[:, 0]).max() == 1 for v in found.u)
    few = refitted(record([times(steps)], [times(steps)]), 20_000)
    assert [len(u) for u in few.u] == [2500] * 8
    # The first steps after a dead time count little: windows are longer then.
    found = refitted(record([times(steps)], [times(steps)], delays=[1000]))
    assert [len(u) for u in found.u] == [10_000] * 12


def test_what_the_refit_takes_of_a_long_record():
    whole = record([times(50_000)], [times(50_000)])
    found = refitted(whole)
    assert [len(u) for u in found.u] == [3125] * 16
    assert np.array_equal(np.concatenate(found.u), whole.u[0])
    # Short sequences beside long ones, and alone.
    lengths = [100, 41_000, 700]
    several = record([times(n) for n in lengths], [times(n) for n in lengths])
    found = refitted(several)
    assert [len(u) for u in found.u] == [100, *[8200] * 5, 700]
    many = record([times(400)] * 110, [times(400)] * 110)
    assert refitted(many) is many


# ---- Fronts


def test_inputs_and_outputs():
    scales = (
        Scale(np.array([1.0, 0.0]), np.array([2.0, 1.0])),
        Scale(np.array([5.0]), np.array([4])),
    )
    found = Front(*scales, np.array([2, 0]))
    u = np.column_stack([np.arange(6.0), 10 + np.arange(6.0)])
    scaled = (np.arange(6.0) - 1) / 2
    # What was before the record is taken to be the first value.
    assert found.inputs(u)[:, 0].tolist() == [*scaled[[0, 0]], *scaled[:4]]
    assert found.inputs(u)[:, 1].tolist() == u[:, 1].tolist()
    assert found.outputs(column(1, 9)).tolist() == [[-1], [1]]
    assert found.restore(column(-1, 1), 2).tolist() == [[1], [9]]
    assert found.inputs(u[:1])[0, 0] == scaled[0] and found.inputs(u[:0]).shape == (0, 2)


@pytest.mark.parametrize(("steps", "factor"), [(12, 3), (13, 3), (14, 5), (4, 5), (7, 1)])
def test_averaged_and_interpolated(steps, factor):
    values = np.random.default_rng(0).normal(size=(steps, 2))
    values[1, 0] = values[:3, 1] = np.nan
    found = averaged(values, factor)
    blocks = [values[k : k + factor] for k in range(0, steps, factor)]
    assert found.shape == (len(blocks), 2)
    for row, block in zip(found, blocks):
        for channel in range(2):
            known = [v for v in block[:, channel] if not np.isnan(v)]
            expected = sum(known) / len(known) if known else np.nan
            np.testing.assert_allclose(row[channel], expected)
    # A line comes back, also beyond the first and last middles.
    line = np.column_stack([np.arange(steps), 3 - 2.0 * np.arange(steps)])
    back = interpolated(averaged(line, factor), factor, steps)
    expected = line if steps > factor else np.repeat(line.mean(axis=0)[None], steps, axis=0)
    np.testing.assert_allclose(back, expected, atol=1e-12)
    if factor > 1 and steps > factor:
        means = np.random.default_rng(1).normal(size=(len(blocks), 1))
        middles = [np.arange(steps)[k : k + factor].mean() for k in range(0, steps, factor)]
        inside = np.arange(int(np.ceil(middles[0])), int(middles[-1]) + 1)
        found = interpolated(means, factor, steps)[inside, 0]
        np.testing.assert_allclose(found, np.interp(inside, middles, means[:, 0]))


def test_medians():
    values = np.random.default_rng(0).normal(size=(9, 2))
    found = medians(values)
    for row in range(9):
        about = np.clip(np.arange(row - 2, row + 3), 0, 8)
        assert same(found[row], np.median(values[about], axis=0))
    assert medians(values[:0]).shape == (0, 2) and same(medians(values[:1]), values[:1])


def test_filters():
    u = np.column_stack([np.arange(8.0), np.arange(8.0)])
    u[3] = 50
    found = GlitchFilter(np.array([10.0, np.inf])).apply(u)
    # The median of 1, 2, 4, 5 and 50.
    assert found[:, 0].tolist() == [0, 1, 2, 4, 4, 5, 6, 7] and same(found[:, 1], u[:, 1])
    kept = RangeFilter(np.array([1.0, -9]), np.array([6.0, 99])).apply(u)
    assert kept[:, 0].tolist() == [1, 1, 2, 6, 4, 5, 6, 6] and same(kept[:, 1], u[:, 1])
    late = front(delays=[1], glitches=GlitchFilter(np.array([10.0])))
    assert late.inputs(u[:, :1])[:, 0].tolist() == [0, 0, 1, 2, 4, 4, 5, 6]
