"""
Noise, and how far ahead a model sees
=====================================

Disturbances that are slow can be predicted from what was measured a moment ago, but not in a free
run. `Network.predict` gives each value from the outputs up to `horizon` steps before.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

shocks, u = 0.15 * bt.random.normal(1200, seed=1), bt.random.normal(1200, seed=2)
x, slow = np.zeros(1200), np.zeros(1200)
for t in range(1, 1200):
    x[t] = 0.8 * x[t - 1] + 0.5 * u[t - 1]
    slow[t] = 0.95 * slow[t - 1] + shocks[t]
y = x + slow

net = bt.Network(inputs=1)
net.state_space(2, feedback="measured")  # the innovations form: its gain is learnt with the rest
bt.Estimator(net.randomize(0), u[:800], y[:800], horizon=1).run(60, progress=False)

horizons = [1, 2, 4, 8, 16, 32]
errors = []
for horizon in horizons:
    ahead = net.predict(u, y, horizon=horizon)[:, 0]
    errors.append(np.std((ahead - y)[800:]))
free = np.std((net.simulate(u)[:, 0] - y)[800:])

# %%
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.semilogx(horizons, errors, "o-", base=2, label="network")
ax.axhline(free, color="0.5", linestyle="--", label="network, free run")
ax.axhline(0.15, color="k", linestyle=":", label="noise that nobody can predict")
ax.set(xlabel="horizon (time steps)", ylabel="deviation of errors", ylim=(0, None))
ax.set_xticks(horizons, [str(horizon) for horizon in horizons])
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
