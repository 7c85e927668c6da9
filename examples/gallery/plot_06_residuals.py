"""
Residuals
=========

What a model leaves should be white and should not depend on the input. A linear model of a plant
with a square in it fails the second test; one with a layer passes it.
"""

import backtune as bt
import numpy as np
import pandas as pd

u = bt.random.uniform(500, seed=1) + 0.2 * bt.random.normal(500, seed=2)
y = np.zeros(500)
for t in range(1, 500):
    y[t] = 0.7 * y[t - 1] + (u[t - 1] + 0.5 * u[t - 2]) ** 2
y += 0.05 * bt.random.normal(500, seed=3)

errors = pd.DataFrame()
for name, activation in (("the linear model", "identity"), ("the tanh layer", "tanh")):
    net = bt.Network(inputs=1)
    past = [net.input.lag(1), net.input.lag(2)]
    h = net.lnl(4, activation=activation, sources=past)
    net.linear(1, sources=[bt.SELF.lag(1), h.lag(0)])
    bt.Estimator(net.randomize(0), u, y, washout=10).run(60, progress=False)
    errors[name] = y[10:] - net.simulate(u)[10:, 0]
inputs = pd.DataFrame({"u": u[10:], "u squared": u[10:] ** 2})

# %%
bt.plot.residuals(errors, inputs, lags=20)
