"""Networks and records that tests of units share."""

import backtune as bt
import numpy as np

STEPS = 160


def lnl(net):
    h = net.lnl(3, activation="tanh", leak="adjust")
    net.linear(2, sources=[h.lag(0)])


def state_space(net):
    net.state_space(2, hidden=2, outputs=2)


def lstm(net):
    net.linear(2, sources=[net.lstm(2).lag(0)])


def linear(net):
    net.linear(2, range=2)


KINDS = {"lnl": lnl, "state_space": state_space, "lstm": lstm, "linear": linear}


def make(kind="lnl", seed=0):
    net = bt.Network(2)
    KINDS[kind](net)
    return net.randomize(seed)


def record(kind="lnl"):
    """Draw two inputs, and what another network makes of them with 5 % noise."""
    random = np.random.default_rng(0)
    u = random.normal(size=(STEPS, 2))
    y = make(kind, 7).simulate(u)
    return u, y / y.std() + 0.05 * random.normal(size=y.shape)


def run(kind, u, y, gains=None, iterations=15, dense=None, **options):
    est = bt.Estimator(make(kind), u, y, gains, **options)
    if dense is not None:
        est.set_option("dense", dense)
    return est.run(iterations, progress=False)


def assert_same_iterations(found, expected, dense=1):
    """To rounding, of which conjugate gradients make more with every iteration."""
    assert len(found) == len(expected) and found.stop == expected.stop
    exact = slice(None if dense else 4)
    np.testing.assert_allclose(found.nmse[exact], expected.nmse[exact], rtol=1e-6)
    np.testing.assert_allclose(found.nmse, expected.nmse, rtol=0.1)
