"""What the tests of threads share."""

import backtune as bt
import numpy as np

NUMBERS = (1, 2, 5)


def on_threads(number, work):
    """Do it on so many threads of the engine."""
    bt.set_threads(number)
    try:
        return work()
    finally:
        bt.set_threads(0)


def trace_values(trace):
    """Return what a trace tells, but for the time that it took."""
    names = ("cost", "nmse", "penalty", "order", "variant", "step", "simulations")
    return np.array([getattr(trace, name) for name in names], dtype=float)


def racing(units, steps, restarts=7, seed=1):
    """Return an estimator whose draws come to several minima: noisy outputs of an lstm."""
    random = np.random.default_rng(seed)
    u = random.normal(size=(steps, 1))
    plant = bt.Network(1)
    h = plant.lstm(units)
    plant.linear(1, sources=[h.lag(0)])
    plant.randomize(3)
    y = plant.simulate(u) + 0.01 * random.normal(size=(steps, 1))
    net = bt.Network(1)
    h = net.lnl(units, leak="adjust")
    net.linear(1, sources=[h.lag(0)])
    return bt.Estimator(net.randomize(100), u, y, restarts=restarts)


def race(units, steps, iterations, keep=False, **options):
    """Run it: trace, weights and the costs of the draws, with the estimator where it is kept."""
    estimator = racing(units, steps)
    trace = estimator.run(iterations, progress=False, **options)
    found = [trace_values(trace), estimator.net.get_weights(), np.array(trace.draw_costs)]
    return (found, estimator) if keep else found
