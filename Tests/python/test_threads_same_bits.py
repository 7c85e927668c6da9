"""Results are the same to the bit, whatever the number of threads and whatever else runs."""

import multiprocessing
import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from conftest import same
from threads_cases import NUMBERS, on_threads, race, trace_values


def sequences(number=32, length=60, inputs=2, seed=0):
    """Return inputs of unequal lengths, enough for work side by side."""
    random = np.random.default_rng(seed)
    return [random.normal(size=(length + 7 * (k % 5), inputs)) for k in range(number)]


def network(units=12, seed=1):
    net = bt.Network(2)
    h = net.lnl(units, leak="adjust")
    net.linear(2, sources=[h.lag(0)])
    return net.randomize(seed)


def pair(number=32, length=60):
    u = sequences(number, length)
    return u, network(seed=5).simulate(u)


def simulation():
    return np.concatenate(network().simulate(sequences()))


def gradient():
    u, y = pair()
    estimator = bt.Estimator(network(), u, y)
    return np.concatenate([[estimator.cost], estimator.gradient()[1]])


def fit(method, iterations=6, **options):
    u, y = pair()
    net = network()
    trace = bt.Estimator(net, u, y, method=method, **options).run(iterations, progress=False)
    return np.concatenate([trace_values(trace).ravel(), net.get_weights()])


def uncertainty():
    u, y = pair(8)
    random = np.random.default_rng(2)
    y = [v + 0.1 * random.normal(size=v.shape) for v in y]
    net = network(3)
    estimator = bt.Estimator(net, u, y, method="gauss-newton", restarts=0)
    estimator.run(20, progress=False)
    found = estimator.uncertainty()
    bands = found.band(u[:2])
    return np.concatenate(
        [found.covariance.ravel(), *(v.ravel() for v in [*found.deviation, *bands[0], *bands[1]])]
    )


CASES = {
    "simulation": simulation,
    "gradient": gradient,
    "backward tuning": lambda: fit("backward-tuning"),
    "gauss-newton": lambda: fit("gauss-newton", restarts=0),
    "huber": lambda: fit("gauss-newton", restarts=0, criterion="huber"),
    "race": lambda: fit("gauss-newton", 20),
    "uncertainty": uncertainty,
}


@pytest.mark.parametrize("name", CASES)
def test_any_number_of_threads(name):
    found = {number: on_threads(number, CASES[name]) for number in NUMBERS}
    assert found[1].size > 1 and np.isfinite(found[1]).any()
    assert all(same(found[number], found[1]) for number in NUMBERS)


@pytest.mark.parametrize("name", ["race", "gradient", "backward tuning"])
def test_under_load(name):
    alone = on_threads(1, CASES[name])
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        found = [on_threads(number, CASES[name]) for number in (2, 5)]
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert all(same(item, alone) for item in found)


def _child(queue, number):
    queue.put(on_threads(number, lambda: race(4, 200, 30)))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("number", [1, 2, 5])
def test_race_in_a_forked_child(number):
    expected = on_threads(2, lambda: race(4, 200, 30))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(queue, number))
    child.start()
    try:
        found = queue.get(timeout=60)
        child.join(30)
    finally:
        child.kill()
    assert child.exitcode == 0
    assert all(same(a, b) for a, b in zip(expected, found))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork_in_the_middle_of_a_race():
    """What was run ahead goes on in the child as in the parent."""

    def rest(estimator):
        trace = estimator.run(20, progress=False)
        return [trace_values(trace), estimator.net.get_weights()]

    def work(queue):
        queue.put(on_threads(2, lambda: rest(estimator)))

    _, estimator = on_threads(2, lambda: race(4, 200, 8, keep=True))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=work, args=(queue,))
    child.start()
    try:
        found = queue.get(timeout=60)
        child.join(30)
    finally:
        child.kill()
    assert child.exitcode == 0
    assert all(same(a, b) for a, b in zip(on_threads(5, lambda: rest(estimator)), found))
