"""What may be given in place of arrays in memory is read as these are, and Ctrl-C meanwhile."""

import os
import signal
import threading
import time

import backtune as bt
import numpy as np
import pandas as pd
import pytest

LENGTHS = [50, 40, 30]


def network(inputs=1):
    net = bt.Network(inputs)
    net.linear(1, sources=[net.lnl(3).lag(0)])
    return net.randomize(seed=0)


def data(lengths=LENGTHS, seed=0):
    random = np.random.default_rng(seed)
    return [[random.normal(size=(steps, 1)) for steps in lengths] for _ in "uy"]


def gains_of(y):
    return [np.abs(item[::-1]) for item in y]


def mapped(folder):
    """Return a function that makes memory maps of arrays."""

    def make(array, mode="r"):
        path = folder / f"{len(os.listdir(folder))}.npy"
        np.save(path, array)
        return np.load(path, mmap_mode=mode)

    return make


def cost(u, y, gains=None, inputs=1, **options):
    return bt.Estimator(network(inputs), u, y, gains, **options).cost


class Days:
    """Recordings that do something whenever they are read."""

    def __init__(self, u, y):
        self.u, self.y, self.asked = u, y, 0
        self.then = lambda asked: None

    def __len__(self):
        return len(self.u)

    def __getitem__(self, place):
        self.asked += 1
        self.then(self.asked)
        return self.u[place], self.y[place]


@pytest.mark.parametrize("dtype", [">f8", "<f4", ">f4", "<f2", "<i4", "|b1"])
def test_numbers_of_any_kind(dtype, tmp_path):
    u, y = data()
    values = [item.astype(dtype) for item in u]
    assert cost([mapped(tmp_path)(item) for item in values], y) == cost(values, y)


def test_what_is_no_number_is_refused(tmp_path):
    u, y = data()
    for dtype in ("<c16", "S4", "<U3", "<M8[s]"):
        maps = [mapped(tmp_path)(item.astype(dtype)) for item in u]
        with pytest.raises(TypeError, match="inputs: dtype .*, expected real numbers"):
            cost(maps, y)


def test_layouts_and_modes(tmp_path):
    u, y = data()
    make, expected = mapped(tmp_path), cost(u, y)
    wide = [np.repeat(item, 3, axis=1) for item in u]
    backwards = cost([item[::-1] for item in u], y)
    assert cost([make(np.asfortranarray(item)) for item in u], y) == expected
    assert cost([make(np.asfortranarray(item))[:, 1:2] for item in wide], y) == expected
    assert cost([make(item)[::-1] for item in u], y) == backwards
    assert cost([make(item[:, 0]) for item in u], [make(item[:, 0]) for item in y]) == expected
    for mode in ("c", "r+"):
        maps = [make(item, mode) for item in u]
        maps[0] += 1
        changed = [u[0] + 1, *u[1:]]
        # What was written stays, whether a file has it or not.
        for _ in range(2):
            assert cost(maps, y) == cost(changed, y)


def test_lists_of_other_things_beside_maps(tmp_path):
    u, y = data()
    make, expected = mapped(tmp_path), cost(u, y)
    assert cost([u[0], make(u[1]), u[2].tolist()], y) == expected
    assert cost([make(u[0]), pd.DataFrame(u[1], columns=["a"]), u[2]], y) == expected
    assert cost(u, [make(y[0]), *y[1:]]) == expected
    for one in (u[0], [u[0]], make(u[0]), [make(u[0])]):
        for other in (y[0], [y[0]], make(y[0]), [make(y[0])]):
            assert cost(one, other) == cost(u[0], y[0])
    short = [item[:-7] for item in y]
    assert cost([make(item) for item in u], short) == cost(u, short)


def test_gains_in_every_form(tmp_path):
    u, y = data([20] * 3)
    make, gains = mapped(tmp_path), gains_of(y)
    maps, expected = [make(item) for item in u], cost(u, y, gains)
    for form in (
        gains,
        np.stack(gains),
        make(np.stack(gains)),
        [make(item) for item in gains],
        tuple(gains),
    ):
        assert cost(maps, y, form) == expected
        assert cost(make(np.stack(u)), make(np.stack(y)), form) == expected
    assert cost(maps, y, [2.0]) == cost(maps, y, 2.0) == cost(u, y, 2.0)
    for wrong in ([], gains[:2], np.stack(gains)[:2]):
        with pytest.raises(bt.SizeError, match="gains"):
            cost(maps, y, wrong)


def test_networks_without_inputs(tmp_path):
    _, y = data()
    make, expected = mapped(tmp_path), cost(None, y, inputs=0)
    maps = [make(item) for item in y]
    assert cost(None, maps, inputs=0) == expected
    assert cost(LENGTHS, maps, inputs=0) == expected
    assert cost(bt.Recordings([(None, item) for item in maps]), None, inputs=0) == expected
    with pytest.raises(bt.SizeError, match="inputs: shape"):
        cost(None, maps)


def test_short_and_empty_sequences(tmp_path):
    u, y = data([0, 1, 2, 9])
    maps = [item if not item.size else mapped(tmp_path)(item) for item in u]
    assert cost(maps, y) == cost(u, y)
    three = mapped(tmp_path)(np.zeros((3, 4, 1)))
    for empty in (three[:0], three[:, :0]):
        with pytest.raises(ValueError, match="none"):
            cost(empty, empty)


def test_wrong_sequences_are_named(tmp_path):
    u, y = data()
    maps = [mapped(tmp_path)(item) for item in u]
    for wrong in (None, np.float64(3), 3):
        with pytest.raises(bt.SizeError, match="inputs: shape"):
            cost([maps[0], wrong, maps[2]], y)
    for other in (y[:2], np.stack([item[:30, 0] for item in y]), 3.0, "abc"):
        with pytest.raises(bt.SizeError, match="3 sequences of inputs came, and [12] of desired"):
            cost(maps, other)
    with pytest.raises(bt.ArgumentError, match="missing: 'model' came, expected 'error'"):
        cost(maps, y, missing="model")


def test_what_recordings_are(tmp_path):
    u, y = data()
    pairs, expected = list(zip(u, y)), cost(u, y)
    assert cost(bt.Recordings(pairs, [50.0, 40, 30]), None) == expected
    assert cost(bt.Recordings({k: pair for k, pair in enumerate(pairs)}), None) == expected
    with pytest.raises(bt.ArgumentError, match="lengths: expected whole numbers"):
        bt.Recordings(pairs, [50.7, 40, 30])
    with pytest.raises(bt.ArgumentError, match="lengths"):
        bt.Recordings(pairs, [2**63] * 3)
    with pytest.raises(bt.SizeError, match="length of sequence 0: -1"):
        cost(bt.Recordings(pairs, [-1, 40, 30]), None)
    with pytest.raises(bt.SizeError, match=r"recording 0: 2 sequences.*a tuple \(u, y\)"):
        cost(bt.Recordings([list(pair) for pair in pairs]), None)
    with pytest.raises(bt.ArgumentError, match="recording 1: no desired outputs came"):
        cost(bt.Recordings([pairs[0], u[1]]), None)


def test_arrays_that_are_read_when_they_are_indexed():
    class Stored:
        """As an array of zarr, which is no array before it is indexed."""

        chunks = (10, 1)

        def __init__(self, values):
            self.values = values

        def __getitem__(self, key):
            return self.values[key]

    u, y = data()
    stored = [tuple(Stored(part) for part in parts) for parts in zip(u, y, gains_of(y))]
    assert cost(bt.Recordings(stored), None) == cost(u, y, gains_of(y))


# ---- Failures and Ctrl-C


@pytest.mark.parametrize("options", [{"restarts": 0}, {}, {"method": "backward-tuning"}])
def test_a_failure_leaves_the_cost_of_the_weights(options):
    u, y = data()
    if "method" in options:
        options = options | {"reestimation": False}
    for reads in range(1, 200, 9):
        days = Days(u, y)
        est = bt.Estimator(network(), bt.Recordings(days, LENGTHS), **options)
        last = days.asked + reads

        def fail(asked, last=last):
            if asked == last:
                raise OSError("disk")

        days.then = fail
        with pytest.raises(OSError, match="disk"):
            est.run(30, progress=False)
        # Weights are moved without units: those that are returned may differ by roundings.
        expected = bt.Estimator(est.net, u, y, **options).cost
        assert est.cost == pytest.approx(expected, rel=1e-12)
        assert not len(est.trace) or est.trace.cost[-1] == est.cost


def after(seconds):
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def test_a_recording_that_takes_long_is_interrupted():
    u, y = data()
    days = Days(u, y)
    est = bt.Estimator(network(), bt.Recordings(days, LENGTHS))
    days.then = lambda asked: time.sleep(20)
    began = time.perf_counter()
    timer = after(0.2)
    assert est.run(5, progress=False).stop == "interrupted"
    timer.join()
    for call in (est.gradient, lambda: cost(bt.Recordings(days, LENGTHS), None)):
        with pytest.raises(KeyboardInterrupt):
            timer = after(0.2)
            call()
        timer.join()
    assert time.perf_counter() - began < 15
    days.then = lambda asked: None
    assert est.cost == cost(u, y)


def test_an_interrupt_ends_the_first_pass():
    """Also one that comes while the engine computes, and of weights that nobody has run before."""
    u, y = data([20] * 40)
    days = Days(u, y)
    est = bt.Estimator(network(), bt.Recordings(days, [20] * 40))
    before = days.asked

    def interrupt(asked):
        time.sleep(0.01)  # polls are 5 ms apart
        if asked == before + 2:
            # The handler runs where the engine calls Python next.
            os.kill(os.getpid(), signal.SIGINT)

    days.then = interrupt
    assert est.run(5, progress=False).stop == "interrupted"
    assert days.asked - before <= 4


def test_no_interrupt_is_lost_where_nothing_runs():
    """Python would raise it at the first instruction of what the engine calls, unanswered."""
    u, y = data([2000] * 40)
    days = Days(u, y)
    est = bt.Estimator(bt.lnl_network(16).randomize(0), bt.Recordings(days, [2000] * 40))
    expected = est.gradient()[0]
    for reads in range(1, 9):  # so many at least: two of three shards may still be there
        last = days.asked + reads
        # Most come while the engine computes.
        days.then = lambda asked, last=last: after(0.002) if asked == last else None
        found = []
        with pytest.raises(KeyboardInterrupt):
            found.append(est.gradient()[0])
            time.sleep(5)
        assert found in ([], [expected])
    days.then = lambda asked: None
    assert est.gradient()[0] == expected
