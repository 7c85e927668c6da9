"""
Outliers
========

One value in fifteen is far off. Least squares follow them; the criterion "l1" does not. Nothing
has to be set: its scale comes from the errors.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u, clean = bt.datasets.reverse_engineering(4, seed=2, length=300)
deviation = clean.std()
y = clean + 0.05 * deviation * bt.random.normal(300, seed=1).reshape(-1, 1)
y[::15] += 8 * deviation
simulated = {}
for criterion in ("least-squares", "l1"):
    net = bt.lnl_network(4).randomize(0)
    bt.Estimator(net, u, y, criterion=criterion).run(100, progress=False)
    simulated[criterion] = net.simulate(u)

# %%
shown = slice(100, 200)
steps = np.arange(100, 200)
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(steps, y[shown], "k.", markersize=4, label="measured")
ax.plot(steps, clean[shown], "k", linewidth=3, alpha=0.3, label="without noise")
for name, output in simulated.items():
    nmse = np.mean((output - clean) ** 2) / clean.var()
    ax.plot(steps, output[shown], linewidth=1, label=f"{name}: NMSE {nmse:.1g}")
low, high = clean.min(), clean.max()
ax.set(xlabel="time step", ylabel="output", ylim=(low - 2 * deviation, high + 9 * deviation))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
