"""
Estimation while data come
==========================

A system changes slowly. `OnlineEstimator` adjusts the network to the last samples, every twenty
of them, and predicts each sample before it sees it; a network fitted once drifts away.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = bt.random.normal(1500, seed=1)
gain = 1 + 0.8 * np.sin(2 * np.pi * np.arange(1500) / 1500)
y = np.zeros(1500)
for t in range(1, 1500):
    y[t] = 0.7 * y[t - 1] + gain[t] * np.tanh(u[t - 1])
y += 0.02 * bt.random.normal(1500, seed=2)


def network():
    """Return a network fitted to the first 200 samples."""
    net = bt.Network(inputs=1)
    h = net.lnl(2, activation="tanh")
    net.linear(1, sources=[bt.SELF.lag(1), h.lag(0)])
    bt.Estimator(net.randomize(0), u[:200], y[:200]).run(40, progress=False)
    return net


fixed = network().simulate(u)[:, 0]
online = bt.OnlineEstimator(network(), window=100, every=20, iterations=2)
followed = np.ravel(online.update(u.reshape(-1, 1), y.reshape(-1, 1)))

# %%
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for output, name in ((fixed, "fitted once"), (followed, "adjusted on the way")):
    square = np.convolve((output - y) ** 2, np.ones(50) / 50, mode="valid")
    ax.semilogy(np.arange(49, 1500), np.sqrt(square) / y.std(), label=name)
ax.axhline(0.02 / y.std(), color="k", linestyle=":", label="noise")
ax.set(xlabel="sample", ylabel="error (deviations), mean of 50")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
