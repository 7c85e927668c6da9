"""Ranks as threads of one process: what a reduction over processes is, without MPI."""

import threading

import backtune as bt
import numpy as np
from backtune.estimation.processes import MAX, MIN, SUM, SpreadEstimator

SECONDS = 120


class Joined:
    """A reduction in the order of the ranks, by a barrier before and one after."""

    def __init__(self, ranks):
        self.ranks = ranks
        self._barrier = threading.Barrier(ranks)
        self._given = [None] * ranks
        # What came: operation and size, by rank 0.
        self.calls = []

    def combine(self, rank):
        def combine(values, operation):
            if rank == 0:
                self.calls.append((operation, values.size))
            self._given[rank] = values.copy()
            self._barrier.wait(SECONDS)
            assert len({given.size for given in self._given}) == 1, "ranks are not in step"
            if operation == SUM:
                result = self._given[0].copy()
                for given in self._given[1:]:
                    result += given
            else:
                result = {MIN: np.min, MAX: np.max}[operation](self._given, axis=0)
            self._barrier.wait(SECONDS)
            values[:] = result

        return combine

    def abort(self):
        self._barrier.abort()


def together(ranks, body):
    """Call ``body(rank, combine)`` in a thread for each rank; their results in order.

    Raises
    ------
    Exception
        The first that is not the consequence of another rank's end.
    """
    joined = Joined(ranks)
    results, errors = [None] * ranks, [None] * ranks

    def run(rank):
        try:
            results[rank] = body(rank, joined.combine(rank))
        except BaseException as error:
            errors[rank] = error
            joined.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a rank hangs"
    found = [error for error in errors if error is not None]
    own = [error for error in found if not isinstance(error, threading.BrokenBarrierError)]
    if found:
        raise (own or found)[0]
    return results


def shares(items, ranks):
    """Share out a list: unequal parts, and none for the last of four."""
    if ranks == 1:
        return [items]
    cuts = {2: [0.3], 3: [0.2, 0.8], 4: [0.5, 0.6, 1]}[ranks]
    places = [0, *(round(cut * len(items)) for cut in cuts), len(items)]
    return [items[a:b] for a, b in zip(places[:-1], places[1:])]


def sequences(count=7, inputs=1, seed=0, outputs=1):
    """Make sequences of unequal lengths, with noise and missing values."""
    rng = np.random.default_rng(seed)
    plant = bt.Network(inputs=inputs)
    plant.linear(outputs, sources=[plant.lnl(3, activation="tanh").lag(0)])
    plant.randomize(seed=3)
    u = [rng.normal(size=(length, inputs)) for length in rng.integers(20, 60, count)]
    y = [plant.simulate(item) for item in u]
    y = [item + 0.01 * rng.normal(size=item.shape) for item in y]
    for item in y:
        item[rng.random(item.shape) < 0.05] = np.nan
    return u, y


def network(inputs=1, outputs=1, size=3, seed=1):
    net = bt.Network(inputs=inputs)
    h = net.lnl(size, activation="tanh", leak="adjust")
    net.linear(outputs, sources=[h.lag(0), net.input.lag(0)])
    return net.randomize(seed=seed)


def spread(ranks, make, u, y, body, gains=None, **options):
    """Call ``body(est)`` in every rank, each with its share of the sequences."""
    parts = list(zip(shares(u, ranks), shares(y, ranks) if y is not None else [None] * ranks))
    is_shared = gains is not None and not isinstance(gains, str)
    weights = shares(gains, ranks) if is_shared else [gains] * ranks

    def run(rank, combine):
        own_u, own_y = parts[rank]
        own = weights[rank] or None
        with SpreadEstimator(
            make(), own_u, own_y, combine, rank, ranks, gains=own, **options
        ) as est:
            return body(est)

    return together(ranks, run)


def costs(est):
    """Return the costs of three iterations."""
    return est.run(3, progress=False).cost
