"""
Uncertainty bands
=================

The covariance of the weights says how sure the outputs are, and where the data said nothing. The
network saw inputs between -1 and 1 only; the band opens outside of them.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

u = 2 * bt.random.uniform(80, seed=1) - 1
y = np.sin(2 * u) + 0.1 * bt.random.normal(80, seed=2)
net = bt.Network(inputs=1)
h = net.dense(4, activation="tanh", sources=[net.input.lag(0)])
net.linear(1, sources=[h.lag(0)])
est = bt.Estimator(net.randomize(0), u, y, regularisation=bt.regularisation.Ridge(1e-3))
est.run(60, progress=False)
sure = est.uncertainty()

grid = np.linspace(-1.6, 1.6, 161)
grid = pd.Series(grid, pd.Index(grid, name="input u"))  # the axis of the picture

# %%
fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
ax.plot(u, y, ".", color="0.5", markersize=4, label="data")
ax.plot(grid, np.sin(2 * grid), "--", color="tab:orange", label="truth")
bt.plot.band(sure, grid, noise=True, ax=ax)
bt.plot.band(sure, grid, ax=ax)
ax.set(ylabel="output y", ylim=(-2.5, 2.5))
