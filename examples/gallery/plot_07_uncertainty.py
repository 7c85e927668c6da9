"""
Uncertainty bands
=================

The covariance of the weights says how sure the outputs are, and where the data said nothing. The
network saw inputs between -1 and 1 only; the band opens outside of them.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = 2 * bt.random.uniform(80, seed=1) - 1
y = np.sin(2 * u) + 0.1 * bt.random.normal(80, seed=2)
net = bt.Network(inputs=1)
h = net.dense(4, activation="tanh", sources=[net.input.lag(0)])
net.linear(1, sources=[h.lag(0)])
est = bt.Estimator(net.randomize(0), u, y, regularisation=bt.regularisation.Ridge(1e-3))
est.run(60, progress=False)
sure = est.uncertainty()

grid = np.linspace(-1.6, 1.6, 161)
low, high = sure.band(grid)
noisy_low, noisy_high = sure.band(grid, noise=True)

# %%
fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
ax.fill_between(grid, noisy_low[:, 0], noisy_high[:, 0], alpha=0.2, label="95 % of measurements")
ax.fill_between(grid, low[:, 0], high[:, 0], alpha=0.4, label="95 % of the function")
ax.plot(grid, net.simulate(grid), label="network")
ax.plot(grid, np.sin(2 * grid), "k--", linewidth=1, label="truth")
ax.plot(u, y, "k.", markersize=4, label="data")
ax.set(xlabel="input u", ylabel="output y", ylim=(-2.5, 2.5))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
