"""Scales at the ends of what a double can be, and fits that are tried at them."""

import backtune as bt
import numpy as np
from units_of_data_cases import make

# Powers of two, near 1e150 and 1e-150: all that follows of them has the same bits.
LARGE, SMALL = 2.0**498, 2.0**-498
#: Scales of inputs, and of outputs.
SCALES = [(LARGE, 1), (SMALL, 1), (1, LARGE), (1, SMALL), (LARGE, SMALL), (SMALL, LARGE)]


def fit(u, y, gains=None, kind="lnl", iterations=4, dense=None, **options):
    """Run some iterations, and return the trace and what they were of; costs must not grow."""
    net = make(kind)
    estimator = bt.Estimator(net, u, y, gains, **options)
    if dense is not None:
        estimator.set_option("dense", dense)
    trace = estimator.run(iterations, progress=False)
    assert np.isfinite(net.get_weights()).all()
    assert (trace.cost <= trace.first_cost).all() and np.isfinite(trace.cost).all()
    return trace, net, estimator


def readout(activation, u, y, criterion):
    """Fit a layer that is read by a function of its own; return its weights and the trace."""
    net = bt.Network(u.shape[1])
    hidden = net.lnl(3, activation="tanh")
    if activation == "softmax":
        net.softmax(2, sources=[hidden.lag(0)])
    else:
        net.dense(2, activation=activation, sources=[hidden.lag(0)])
    net.randomize(0)
    trace = bt.Estimator(net, u, y, criterion=criterion).run(4, progress=False)
    assert (trace.cost <= trace.first_cost).all() and len(trace) > 1
    return net.get_weights(), trace
