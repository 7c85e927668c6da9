"""
Lags, and the summary of a network
==================================

Units read the input one step late unless told otherwise: physical systems do, and so do the
report's units. Where the data answer at once, ``input_lag=0`` is wanted; `Network.summary` says
so in a hint.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = bt.random.normal(300, seed=1)
y = np.tanh(u) + 0.3 * u**2  # no memory at all

networks = {}
for lag in (1, 0):
    net = bt.Network(inputs=1)
    h = net.lnl(8, activation="tanh", input_lag=lag)
    net.linear(1, sources=[h.lag(0)])
    trace = bt.Estimator(net.randomize(0), u, y).run(60, progress=False)
    networks[lag] = net, trace.nmse[-1]
print(networks[1][0].summary())

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
for ax, (lag, (net, nmse)) in zip(axes, networks.items()):
    ax.plot(u, y, "k.", markersize=4, label="desired")
    ax.plot(u, net.simulate(u), ".", markersize=4, label="network")
    ax.set(title=f"input_lag={lag}: NMSE {nmse:.0e}", xlabel="input u(t)")
axes[0].set_ylabel("output y(t)")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
