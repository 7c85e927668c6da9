"""A network and its data that tests of uncertainty share."""

import backtune as bt
import numpy as np


def one_unit():
    """Make a tanh unit with a leak and an affine readout, its weights set."""
    net = bt.Network(1)
    h = net.lnl(1, activation="tanh", leak="adjust")
    net.linear(1, sources=[h.lag(0)])
    for name, value in {
        "lnl.x2.a": 0.2,
        "lnl.x2.W": -0.6,
        "lnl.x2.B": 0.8,
        "lnl.x1.g": 0.5,
        "linear.x.a": 0.3,
        "linear.x.W_lnl": 1.2,
    }.items():
        net.weights[name] = np.full(net.weights[name].shape, value)
    return net


def data(steps=150, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(steps, 1))
    return u, one_unit().simulate(u) + noise * rng.normal(size=(steps, 1))
