"""
Residuals
=========

What a model leaves should be white and should not depend on the input. A linear model of a plant
with a square in it fails the second test; one with a layer passes it.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = bt.random.uniform(500, seed=1) + 0.2 * bt.random.normal(500, seed=2)
y = np.zeros(500)
for t in range(1, 500):
    y[t] = 0.7 * y[t - 1] + (u[t - 1] + 0.5 * u[t - 2]) ** 2
y += 0.05 * bt.random.normal(500, seed=3)

errors = {}
for name, activation in (("linear", "identity"), ("with a tanh layer", "tanh")):
    net = bt.Network(inputs=1)
    past = [net.input.lag(1), net.input.lag(2)]
    h = net.lnl(4, activation=activation, sources=past)
    net.linear(1, sources=[bt.SELF.lag(1), h.lag(0)])
    bt.Estimator(net.randomize(0), u, y, washout=10).run(60, progress=False)
    errors[name] = y[10:] - net.simulate(u)[10:, 0]

# %%
lags, bound = np.arange(21), 2.58 / np.sqrt(490)
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for name, e in errors.items():
    e = (e - e.mean()) / e.std()
    square = u[10:] ** 2
    square = (square - square.mean()) / square.std()
    for ax, other in zip(axes, (e, square)):
        values = [np.mean(e[k:] * other[: len(e) - k]) for k in lags]
        ax.plot(lags, values, "o-", markersize=3, label=name)
for ax, title in zip(axes, ("errors with themselves", "errors with u(t - lag) squared")):
    ax.axhspan(-bound, bound, color="0.9", zorder=0, label="99 % of nothing")
    ax.set(xlabel="lag (time steps)", ylabel="correlation", title=title)
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
