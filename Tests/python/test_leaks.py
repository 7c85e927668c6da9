"""Flat memory of what is made, used and dropped again and again.

How many times: BACKTUNE_TEST_CYCLES (16).
"""

import gc
import json
import os

import backtune as bt
import numpy as np
import pytest

CYCLES = int(os.environ.get("BACKTUNE_TEST_CYCLES", "16"))
RNG = np.random.default_rng(1)
INPUTS = RNG.normal(size=(60, 1))
OUTPUTS = 0.3 * np.cumsum(INPUTS, axis=0) / np.arange(1, 61)[:, None]


def resident():
    """Return the resident memory of this process in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def network(number):
    """Return a network of its own."""
    return bt.lnl_network(2, outputs=1).randomize(number)


def estimator(net):
    """Return an estimator of a network."""
    return bt.Estimator(net, INPUTS, OUTPUTS)


def train(number):
    """Make, train and ask; with and without closing."""
    net = network(number)
    est = estimator(net)
    est.run(3, progress=False)
    if number % 3 == 0:
        est.uncertainty()
    if number % 2:
        est.close()
        net.close()


class StopError(Exception):
    """What a callback raises."""


def interrupted(number):
    """Leave a run in the middle."""

    def fail(report):
        raise StopError

    with pytest.raises(StopError):
        estimator(network(number)).run(3, progress=False, callback=fail)
    estimator(network(number)).run(3, progress=False, callback=lambda report: True)


def streams(number):
    """Step through a stream; refuse a step."""
    net = network(number)
    stream = net.stream()
    stream.step(INPUTS[0])
    with pytest.raises(ValueError, match="finite"):
        stream.step([np.nan])
    stream.run(INPUTS)


def texts(number):
    """Read and export; fail to."""
    net = network(number)
    text = net.to_json()
    with pytest.raises(ValueError, match="JSON"):
        bt.Network.from_json(text[: number % len(text)])
    bt.Network.from_json(json.dumps(json.loads(text)))
    net.export(format="c")
    with pytest.raises(ValueError, match="format"):
        net.export(format="none")


def regressors(number):
    """Fit and predict as scikit-learn does."""
    model = bt.RecurrentRegressor(units=2, max_iter=2, random_state=number)
    model.fit(INPUTS, OUTPUTS[:, 0]).predict(INPUTS)


def identified(number):
    """Identify, and drop what was found."""
    found = bt.identify(INPUTS, OUTPUTS, order=1, linear=True, progress=False)
    found.simulate(INPUTS)


@pytest.mark.parametrize(
    "cycle, share",
    [
        (train, 1),
        (interrupted, 1),
        (streams, 1),
        (texts, 1),
        (regressors, 0.25),
        (identified, 0.05),
    ],
)
def test_memory_is_flat(cycle, share):
    """Less than a few pages a hundred cycles, once all is warm."""
    cycles = max(int(CYCLES * share), 1)
    for number in range(max(cycles // 4, 1)):
        cycle(number)
    gc.collect()
    before = resident()
    for number in range(cycles):
        cycle(number)
    gc.collect()
    grown = resident() - before
    if os.environ.get("BACKTUNE_TEST_SHOW"):
        print(f"\n{cycle.__name__}: {cycles} cycles, {grown >> 10} KiB more")
    assert grown < (8 << 20)
