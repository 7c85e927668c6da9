"""Sequences that are read when they are wanted are estimated as those in memory are, to the bit."""

import os
import signal
import subprocess
import sys
import threading

import backtune as bt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from backtune.estimation.processes import SpreadEstimator
from spread_cases import shares, together

LENGTHS = [60] * 18 + [31, 7, 0, 3]


def data(lengths=LENGTHS, units=3):
    """Make inputs, and noisy outputs of a network that is drawn."""
    random = np.random.default_rng(3)
    u = [random.normal(size=(steps, 1)) for steps in lengths]
    clean = bt.lnl_network(units).randomize(5).simulate(u)
    return u, [item + 0.01 * random.normal(size=item.shape) for item in clean]


def network():
    return bt.lnl_network(3).randomize(1)


def mapped(arrays, folder, name):
    result = []
    for place, array in enumerate(arrays):
        path = folder / f"{name}{place}.npy"
        np.save(path, array)
        # An empty file cannot be mapped.
        result.append(np.load(path, mmap_mode="r") if array.size else array)
    return result


class Days:
    """Recordings with `len` and `[]` that count how they are asked for."""

    def __init__(self, u, y, fail=None):
        self.u, self.y, self.fail = u, y, fail
        self.asked, self.threads = 0, set()

    def __len__(self):
        return len(self.u)

    def __getitem__(self, place):
        self.asked += 1
        self.threads.add(threading.get_ident())
        if self.fail is not None and self.asked >= self.fail[0]:
            self.fail[1]()
        return self.u[place], self.y[place]


class Iterable:
    """Recordings that can only be gone through, from the start on."""

    def __init__(self, u, y):
        self.pairs, self.begun = list(zip(u, y)), 0

    def __iter__(self):
        self.begun += 1
        return iter(self.pairs)


def found(est, iterations=3):
    cost, gradient = est.gradient()
    trace = est.run(iterations, progress=False)
    return [cost, gradient, trace.cost, trace.nmse, est.net.get_weights(), est.output_nmse]


def assert_same(a, b):
    for one, other in zip(a, b):
        assert np.array_equal(one, other, equal_nan=True)


CASES = {
    "plain": {},
    "tangents": {"initial": "learn", "restarts": 0},
    "l1": {"criterion": "l1", "restarts": 0},
    "huber": {"criterion": "huber"},
    "biweight": {"criterion": "biweight", "restarts": 0},
    "balanced": {"gains": "balanced", "washout": 5},
    "gains": {"gains": 0.25},
    "static": {"static": True, "restarts": 0},
    "backward tuning": {"method": "backward-tuning", "reestimation": False},
    "ridge": {"regularisation": bt.regularisation.Ridge(0.1)},
    "sparse": {"regularisation": bt.regularisation.SparseWeights(1e-3), "restarts": 0},
    "activity": {"regularisation": bt.regularisation.SparseActivity(1e-3), "restarts": 0},
}


@pytest.mark.parametrize("case", CASES)
def test_bits_of_memory_maps(case, tmp_path):
    u, y = data()
    y[2][10:] = np.nan
    maps = mapped(u, tmp_path, "u"), mapped(y, tmp_path, "y")
    options = CASES[case]
    expected = found(bt.Estimator(network(), u, y, **options))
    assert_same(found(bt.Estimator(network(), *maps, **options)), expected)
    assert expected[3][-1] < expected[3][0]


@pytest.mark.parametrize("lengths", [[60], [40, 25], [30, 30, 8]])
def test_bits_of_few_sequences(lengths, tmp_path):
    """The rows of their Jacobians are kept, also where what they are rows of is not."""
    u, y = data(lengths)
    maps = mapped(u, tmp_path, "u"), mapped(y, tmp_path, "y")
    expected = found(bt.Estimator(network(), u, y, restarts=0))
    assert_same(found(bt.Estimator(network(), *maps, restarts=0)), expected)
    assert expected[3][-1] < expected[3][0]


def test_bits_by_threads_and_of_long_windows(tmp_path):
    """More than one window of a history for each sequence, and two shards in one window."""
    u, y = data([9000, 8000, 30, 30, 30, 30], units=8)
    make = lambda: bt.lnl_network(8).randomize(2)  # noqa: E731
    maps = mapped(u, tmp_path, "u"), mapped(y, tmp_path, "y")
    before = bt.get_threads()
    try:
        all_found = []
        for threads in (1, 3):
            bt.set_threads(threads)
            all_found.append(found(bt.Estimator(make(), *maps, restarts=0), 1))
        expected = found(bt.Estimator(make(), u, y, restarts=0), 1)
    finally:
        bt.set_threads(before)
    for item in all_found:
        assert_same(item, expected)


def test_other_networks(tmp_path):
    u, y = data()
    maps = mapped(u, tmp_path, "u"), mapped(y, tmp_path, "y")

    def reservoir():
        net = bt.Network(1)
        h = net.reservoir(20)
        net.linear(1, sources=[h.lag(0)])
        return net.randomize(0)

    def slow():
        return bt.lnl_network(3, leak=0.999).randomize(1)

    for make in (reservoir, slow):
        assert_same(found(bt.Estimator(make(), *maps)), found(bt.Estimator(make(), u, y)))


def test_cross_entropy():
    random = np.random.default_rng(0)
    u = [random.normal(size=(40, 2)) for _ in range(20)]
    y = [np.eye(3)[random.integers(3, size=40)] for _ in u]
    make = lambda: bt.softmax_network(3, inputs=2, outputs=3).randomize(0)  # noqa: E731
    options = {"criterion": "cross-entropy", "restarts": 0}
    expected = found(bt.Estimator(make(), u, y, **options))
    assert_same(found(bt.Estimator(make(), bt.Recordings(Days(u, y)), **options)), expected)
    y[3][5, 1] = -1
    with pytest.raises(bt.ArgumentError, match=r"the value -1.0 came"):
        assert bt.Estimator(make(), bt.Recordings(Days(u, y)), **options).cost


def test_sources():
    """Sequences, iterables, tables, lazy arrays: the same bits."""
    u, y = data()
    expected = found(bt.Estimator(network(), u, y))
    iterable = Iterable(u, y)

    class Chunked:
        """As an array of zarr or h5py: read by an index."""

        def __init__(self, array):
            self.array, self.chunks, self.shape = array, (10, 1), array.shape

        def __getitem__(self, index):
            return self.array[index]

    def frame(array, name):
        return pd.DataFrame(array, columns=[name])

    tables = [frame(a, "force") for a in u], [frame(a, "place") for a in y]
    axes = [xr.DataArray(a, dims=("time", "channel")) for a in u]
    sources = [
        Days(u, y),
        iterable,
        Days(*tables),
        Days([Chunked(a) for a in u], y),
        Days(axes, y),
        [(a, b, np.ones_like(b)) for a, b in zip(u, y)],
    ]
    for source in sources:
        net = network()
        assert_same(found(bt.Estimator(net, bt.Recordings(source))), expected)
    assert iterable.begun > 1
    net = network()
    bt.Estimator(net, bt.Recordings(Days(*tables)))
    assert net.input_names == ["force"] and net.output_names == ["place"]


def test_zarr(tmp_path):
    zarr = pytest.importorskip("zarr")
    u, y = data()
    store = zarr.open(str(tmp_path / "plant.zarr"), mode="w")
    for place, arrays in enumerate(zip(u, y)):
        for name, array in zip("uy", arrays):
            store.create_array(f"{place}/{name}", data=array, chunks=(16, 1))
    pairs = [(store[f"{place}/u"], store[f"{place}/y"]) for place in range(len(u))]
    expected = found(bt.Estimator(network(), u, y))
    assert_same(found(bt.Estimator(network(), bt.Recordings(pairs))), expected)


def test_arrays_of_three_axes(tmp_path):
    u, y = data([50] * 20)
    np.save(tmp_path / "u.npy", np.stack(u))
    np.save(tmp_path / "y.npy", np.stack(y)[:, :, 0][:, :, None])
    maps = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "uy"]
    expected = found(bt.Estimator(network(), u, y))
    assert_same(found(bt.Estimator(network(), *maps)), expected)
    # An output that ends early, as in memory.
    short = [item[:40] for item in y]
    expected = found(bt.Estimator(network(), u, short))
    assert_same(found(bt.Estimator(network(), maps[0], short)), expected)


def test_the_calling_thread_reads():
    u, y = data([4000] * 6)
    source = Days(u, y)
    before = bt.get_threads()
    try:
        bt.set_threads(3)
        assert bt.Estimator(network(), bt.Recordings(source, [4000] * 6)).cost > 0
    finally:
        bt.set_threads(before)
    assert source.threads == {threading.get_ident()}
    # The first one tells of labels; three passes for moments, one for the cost.
    assert source.asked == 1 + 3 * 6 + 6


PROGRAM = """
import resource, sys
import backtune as bt, numpy as np

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

u, y = (np.load(f"{sys.argv[1]}/{name}.npy", mmap_mode="r") for name in "uy")
net = bt.Network(1)
net.linear(1, sources=[net.input.lag(0), net.input.lag(1)])
net.randomize(0)
warm = bt.Estimator(net.copy(), u[:32], y[:32])
warm.gradient()
warm.run(1, progress=False)
before = peak()
est = bt.Estimator(net, u, y)
est.gradient()
trace = est.run(1, progress=False)
assert trace.cost[-1] < trace.cost[0]
print(u.nbytes + y.nbytes, peak() - before)
"""


def test_memory_is_that_of_shards(tmp_path):
    """A file of 96 MB is never in memory: neither are copies of it."""
    random = np.random.default_rng(0)
    for name in "uy":
        array = np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", float, (2400, 2500, 1))
        for place in range(0, 2400, 300):
            array[place : place + 300] = random.normal(size=(300, 2500, 1))
        array.flush()
        del array
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "BACKTUNE_NUM_THREADS": "1"},
    )
    size, growth = map(int, answer.stdout.split())
    assert size == 96_000_000
    assert growth < 0.2 * size


# ---- Failures


def test_a_source_that_raises():
    """Its exception comes out; the best weights stay, and later calls go on."""
    u, y = data()

    def fail():
        raise OSError("the disk is gone")

    for at in (1, 5, 3 * len(u)):
        with pytest.raises(OSError, match="the disk is gone"):
            bt.Estimator(network(), bt.Recordings(Days(u, y, (at, fail)), LENGTHS))
    expected = found(bt.Estimator(network(), u, y))
    source = Days(u, y)
    est = bt.Estimator(network(), bt.Recordings(source, LENGTHS))
    cost = est.cost
    for more in (3, 100, 700):
        source.fail = (source.asked + more, fail)
        with pytest.raises(OSError, match="the disk is gone"):
            est.run(30, progress=False)
        assert np.isfinite(est.net.get_weights()).all()
    source.fail = None
    assert est.cost <= cost
    again = bt.Estimator(network(), bt.Recordings(source, LENGTHS))
    assert_same(found(again), expected)


def test_what_it_reads_may_change_to_nothing_wrong():
    u, y = data()
    source = Days(u, y)
    est = bt.Estimator(network(), bt.Recordings(source, LENGTHS))
    whole = u[3]
    u[3] = np.full_like(whole, np.nan)
    with pytest.raises(bt.ArgumentError, match="inputs: sequence 3, step 0, channel 0 is nan"):
        assert est.cost
    u[3] = whole[:-1]
    with pytest.raises(bt.SizeError, match="recording 3: .*59 time steps.*60|time steps of inputs"):
        assert est.cost
    u[3], kept = whole, y[3]
    y[3] = kept * np.inf
    with pytest.raises(bt.ArgumentError, match=r"desired: sequence 3, step 0, channel 0 is -?inf"):
        assert est.cost
    y[3] = kept
    assert est.cost == bt.Estimator(network(), u, y).cost


def test_interrupts():
    u, y = data()
    source = Days(u, y)
    est = bt.Estimator(network(), bt.Recordings(source, LENGTHS))
    cost = est.cost

    def interrupt():
        source.fail = None
        signal.raise_signal(signal.SIGINT)

    source.fail = (source.asked + 300, interrupt)
    trace = est.run(30, progress=False)
    assert trace.stop == "interrupted"
    assert trace.cost[-1] <= cost and np.isfinite(est.net.get_weights()).all()
    source.fail = (source.asked + 4, interrupt)
    with pytest.raises(KeyboardInterrupt):
        est.gradient()
    trace = est.run(1, progress=False, callback=lambda report: True)
    assert trace.stop == "callback"


def test_refused():
    u, y = data()
    days = bt.Recordings(Days(u, y))
    with pytest.raises(TypeError, match="generator came, which can be gone through only once"):
        bt.Recordings(pair for pair in zip(u, y))
    with pytest.raises(TypeError, match="expected recordings"):
        bt.Recordings(3)
    with pytest.raises(bt.SizeError, match="no recording came"):
        bt.Estimator(network(), bt.Recordings([]))
    with pytest.raises(bt.SizeError, match="lengths: 2 came, expected 22"):
        bt.Recordings(Days(u, y), [1, 2])
    with pytest.raises(bt.ArgumentError, match="beside Recordings"):
        bt.Estimator(network(), days, y)
    with pytest.raises(bt.SizeError, match="recordings came, expected as many as before"):
        bt.Estimator(network(), bt.Recordings(Iterable(u, y), [*LENGTHS, 5]))
    with pytest.raises(bt.ArgumentError, match="some desired outputs came, expected none"):
        bt.Estimator(network(), bt.Recordings([(u[0],), (u[1], y[1])]), criterion="least-squares")
    with pytest.raises(bt.ArgumentError, match="none of the values is observed"):
        bt.Estimator(network(), bt.Recordings(Days(u, [a * np.nan for a in y])))
    with pytest.raises(bt.ArgumentError, match="washout of 1000 steps"):
        assert bt.Estimator(network(), days, washout=1000).cost
    with pytest.raises(bt.ArgumentError, match="option reestimation: 1, expected 0"):
        assert bt.Estimator(network(), days, method="backward-tuning").cost
    est = bt.Estimator(network(), days)
    with pytest.raises(bt.ArgumentError, match="uncertainty: sequences are read when"):
        est.uncertainty()
    est.set_option("dense", 0)
    with pytest.raises(bt.ArgumentError, match="option dense: 0, expected 1"):
        assert est.cost
    orthogonal = bt.regularisation.OrthogonalActivity(0.1)
    with pytest.raises(bt.ArgumentError, match="joins activities"):
        assert bt.Estimator(network(), days, regularisation=orthogonal).cost
    with pytest.raises(bt.ArgumentError, match="horizons: 2 came, expected 1"):
        assert bt.Estimator(network(), days, horizon=(None, None)).cost
    net = bt.Network(1)
    h = net.linear(1, name="x")
    net.linear(1, sources=[h.measured().lag(1), net.input.lag(0)])
    with pytest.raises(bt.ArgumentError, match="what is measured of group x"):
        assert bt.Estimator(net.randomize(0), days).cost


@pytest.mark.parametrize("ranks", [1, 3])
def test_over_processes(ranks):
    """Each reads its own; one has none."""
    u, y = data()

    def body(est):
        return est.run(3, progress=False).cost

    expected = body(bt.Estimator(network(), u, y))
    parts = list(zip(shares(u, ranks), shares(y, ranks)))

    def run(rank, combine):
        source = bt.Recordings(Days(*parts[rank]))
        return body(SpreadEstimator(network(), source, None, combine, rank, ranks))

    costs = together(ranks, run)
    assert all(np.array_equal(cost, costs[0]) for cost in costs)
    assert costs[0] == pytest.approx(expected, rel=1e-10)
