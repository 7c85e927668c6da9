"""Networks that read measurements, and data for them: of tests of horizons and predictions."""

import backtune as bt
import numpy as np

LENGTHS = [31, 12, 40]


def recurrent(reads, outputs=2, start=False):
    """Return a network whose state reads its outputs at lags 1 and 3, by `reads(out, lag)`."""
    net = bt.Network(1)
    v = net.learnware(4, "v").bias()
    x = net.firmware(4, "x").add(1, ("tanh", v.lag(0)))
    out = net.learnware(outputs, "out").bias()
    v.connect(net.input.lag(1), "B")
    v.connect(x.lag(1), "W")
    out.connect(x.lag(0), "C")
    for lag in 1, 3:
        v.connect(reads(net, out, lag), f"K{lag}")
    if start:
        x.learn_initial_state()
    net.observe(out)
    net.randomize(seed=3)
    net.weights["v.W"] = net.weights["v.W"] / 2
    if start:
        net.weights["x.x0"] = [0.3, -0.2, 0.1, 0.4]
    return net


def measuring(start=False):
    return recurrent(lambda net, out, lag: out.measured().lag(lag), start=start)


def feeding_back(start=False):
    return recurrent(lambda net, out, lag: out.lag(lag), start=start)


def open_loop(start=False):
    """Return the same network with [u, y] as inputs."""
    net = bt.Network(3)
    v = net.learnware(4, "v").bias()
    x = net.firmware(4, "x").add(1, ("tanh", v.lag(0)))
    out = net.learnware(2, "out").bias()
    v.connect(net.input.lag(1).masked([[1, 0, 0]] * 4), "B")
    v.connect(x.lag(1), "W")
    out.connect(x.lag(0), "C")
    for lag in 1, 3:
        v.connect(net.input.lag(lag).masked([[0, 1, 1]] * 4), f"K{lag}")
    if start:
        x.learn_initial_state()
    net.observe(out)
    return net


def data(seed=0, lengths=LENGTHS, gaps=0.0):
    random = np.random.default_rng(seed)
    u = [random.normal(size=(n, 1)) for n in lengths]
    y = [np.cumsum(random.normal(size=(n, 2)), axis=0) / 5 for n in lengths]
    gains = [random.uniform(0.5, 2, a.shape) * (random.random(a.shape) > 0.1) for a in y]
    for a in y:
        a[random.random(a.shape) < gaps] = np.nan
    return u, y, gains


def copied(net, other):
    """Give a network the weights of another one, by name; matrices of [u, y] get their columns."""
    for name in net.weights:
        values, target = other.weights[name], np.zeros_like(net.weights[name])
        if values.shape == target.shape:
            target = values
        elif name == "v.B":
            target[:, :1] = values
        else:
            target[:, 1:] = values
        net.weights[name] = target
    return net


def gradients(estimator):
    """Return the derivative by each array."""
    net, (_, flat) = estimator.net, estimator.gradient()
    before = net.get_weights()
    net.set_weights(flat)
    found = {name: net.weights[name] for name in net.weights}
    net.set_weights(before)
    return found
