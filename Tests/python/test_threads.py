"""Threads and processes."""

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import backtune as bt
import pytest
from conftest import same


def fit(seed, iterations=10):
    u, y = bt.datasets.reverse_engineering(4, seed=seed)
    net = bt.lnl_network(4).randomize(seed)
    bt.Estimator(net, u, y).run(iterations, progress=False)
    return net.get_weights()


def test_estimators_in_threads_do_not_mix():
    alone = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(6)))
    assert all(same(a, b) for a, b in zip(alone, together))


def test_one_network_in_two_threads(long_problem):
    """A call either works or says that the handle is busy."""
    net, u, _ = long_problem
    expected = net.simulate(u)
    results = []

    def work():
        for _ in range(5):
            try:
                results.append(same(net.simulate(u), expected))
            except bt.BusyError:
                results.append(True)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 15 and all(results)


def test_one_estimator_in_two_threads(long_problem):
    net, u, y = long_problem
    estimator = bt.Estimator(net, u, y)
    stop = threading.Event()
    started = threading.Event()
    thread = threading.Thread(
        target=lambda: (
            started.set(),
            estimator.run(progress=False, callback=lambda report: stop.is_set()),
        )
    )
    thread.start()
    started.wait()
    time.sleep(0.3)
    for use in (estimator.step, lambda: estimator.run(1, progress=False), estimator.close):
        with pytest.raises(bt.BusyError):
            use()
    with pytest.raises(bt.BusyError):
        net.randomize(0)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert estimator.cost > 0


def test_errors_are_told_to_their_thread():
    def provoke(place):
        with pytest.raises(ValueError, match=f"nosuch{place}"):
            for _ in range(50):
                bt.Network(1).unit(f"nosuch{place}", 2)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(provoke, range(8)))


def _child(queue):
    queue.put(fit(3))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes_after_the_parent_trained(method):
    with ThreadPoolExecutor(2) as pool:
        expected = list(pool.map(fit, [3, 3]))[0]
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_child, args=(queue,))
    child.start()
    result = queue.get(timeout=30)
    child.join(30)
    assert child.exitcode == 0 and same(result, expected)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_networks_travel_to_workers(problem):
    net, u, _ = problem
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert all(same(y, net.simulate(u)) for y in pool.map(net.simulate, [u, u]))


def test_fork_inherits_objects(problem):
    """A child may use, and frees, its copy of the parent's objects."""
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()

    def work():
        estimator.run(3, progress=False)
        queue.put(net.get_weights())

    child = context.Process(target=work)
    child.start()
    result = queue.get(timeout=30)
    child.join(30)
    estimator.run(3, progress=False)
    assert same(result, net.get_weights())
