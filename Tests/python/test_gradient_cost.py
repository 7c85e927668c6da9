"""A gradient costs a few simulations, however many weights and observed values there are."""

import time

import backtune as bt


def least(function):
    times = []
    for _ in range(7):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def test_all_units_observed():
    """2.5 to 4 simulations; summing the gains anew for every weight took 180."""
    net = bt.lnl_network(32, outputs=32).randomize(0)
    u = bt.random.normal(1000, seed=1).reshape(-1, 1)
    estimator = bt.Estimator(net, u, net.simulate(u) + 0.1)
    weights = net.get_weights()

    def gradient():
        weights[0] = -weights[0]
        net.set_weights(weights)
        estimator.gradient()

    assert least(gradient) < 15 * least(lambda: net.simulate(u))
