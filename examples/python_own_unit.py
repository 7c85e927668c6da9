"""A unit of one's own: nodes that a gate holds, x(t) = (1 - z) x(t-1) + z h.

z = zeta01(c) is the gate and h = tanh(v) the candidate; c and v are learnware (adjustable linear
combinations), x is firmware (a sum of products). Nothing but the description is needed: the
derivatives, and so the estimation, follow from it.
"""

import backtune as bt
import numpy as np


def gated_network(units, inputs=1):
    """Return a network of gated nodes, with a linear readout of one output."""
    net = bt.Network(inputs)
    c = net.learnware(units, "gated.c", bias=True).connect(net.input.lag(0))
    v = net.learnware(units, "gated.v", bias=True).connect(net.input.lag(0))
    x = net.firmware(units, "gated.x")
    x.add(1, x.lag(1))
    x.add(-1, ("zeta01", c.lag(0)), x.lag(1))
    x.add(1, ("zeta01", c.lag(0)), ("tanh", v.lag(0)))
    c.connect(x.lag(1))
    v.connect(x.lag(1))
    net.linear(1, name="readout", sources=[x.lag(0)])
    return net


def check_gradient(net, u):
    """Return the largest difference between the adjoint and central differences."""
    weights, step = net.get_weights(), 1e-6
    gradient = net.gradient(u, np.ones((len(u), 1)))
    differences = []
    for place in range(weights.size):
        sums = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[place] += sign * step
            net.set_weights(moved)
            sums.append(net.simulate(u).sum())
        differences.append((sums[0] - sums[1]) / (2 * step))
    net.set_weights(weights)
    return np.abs(gradient - differences).max()


def main():
    """Learn to remember the last input above 1."""
    u = bt.random.normal(300, seed=1)
    held = np.zeros(len(u))
    for t, value in enumerate(u):
        held[t] = value if value > 1 else held[t - 1] if t else 0.0
    net = gated_network(4).randomize(3)
    print(net)
    print(f"gradient, adjoint against differences: {check_gradient(net, u[:50]):.1e}")
    trace = bt.Estimator(net, u, held).run(60)
    print(trace)


if __name__ == "__main__":
    main()
