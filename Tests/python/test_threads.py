"""Threads and processes."""

import multiprocessing
import os
import subprocess
import sys
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


def number_of_threads(processors=None, **environment):
    """Ask a process of these variables, on these processors, how many threads it works on."""
    work = "import backtune as bt; print(bt.get_threads())"
    if processors is not None:
        work = f"import os; os.sched_setaffinity(0, {processors}); {work}"
    names = ("BACKTUNE_NUM_THREADS", "OMP_NUM_THREADS")
    rest = {name: value for name, value in os.environ.items() if name not in names}
    result = subprocess.run(
        [sys.executable, "-c", work], env={**rest, **environment}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def test_number_of_threads_from_the_environment():
    assert number_of_threads(BACKTUNE_NUM_THREADS="3", OMP_NUM_THREADS="5") == 3
    assert number_of_threads(OMP_NUM_THREADS="5,2") == 5
    assert number_of_threads(BACKTUNE_NUM_THREADS="many", OMP_NUM_THREADS="5") == 5
    default = number_of_threads()
    assert 1 <= default <= len(os.sched_getaffinity(0))
    for nonsense in ("", "0", "-2", "1025", "2.5"):
        assert number_of_threads(BACKTUNE_NUM_THREADS=nonsense) == default
    assert number_of_threads({min(os.sched_getaffinity(0))}) == 1


def test_number_of_threads():
    default = bt.get_threads()
    try:
        bt.set_threads(7)
        assert bt.get_threads() == 7
        for wrong in (-1, 1025, 2**63):
            with pytest.raises(bt.ArgumentError, match=str(wrong)):
                bt.set_threads(wrong)
        for wrong in (2.0, "2", None):
            with pytest.raises(TypeError, match="number"):
                bt.set_threads(wrong)
        assert bt.get_threads() == 7
    finally:
        bt.set_threads(0)
    assert bt.get_threads() == default


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
