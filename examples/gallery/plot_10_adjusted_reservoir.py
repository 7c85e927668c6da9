"""
A reservoir whose weights are adjusted, within constraints
==========================================================

Only the readout of a reservoir is fitted at first. Then its own connections are freed: those that
there are, each with the sign that it was drawn with (excitatory stays excitatory).
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u, y = bt.datasets.narma10(1000, seed=1)
u_new, y_new = bt.datasets.narma10(600, seed=2)
net = bt.Network(inputs=1)
net.reservoir(15, spectral_radius=0.9, density=0.2, input_scaling=0.5, seed=1)
bt.Estimator(net, u, y, washout=50).run(progress=False)
before, drawn = net.simulate(u_new), net.weights["reservoir.x2.W"].copy()

for name in ("reservoir.x2.W", "reservoir.x2.B", "reservoir.x2.a"):
    net.weights.constrain(name, fixed=False)
lower = np.where(drawn < 0, -np.inf, 0)
upper = np.where(drawn > 0, np.inf, 0)
net.weights.constrain("reservoir.x2.W", lower=lower, upper=upper)
bt.Estimator(net, u, y, washout=50, restarts=0).run(30, progress=False)
after, adjusted = net.simulate(u_new), net.weights["reservoir.x2.W"]
assert (np.sign(adjusted) * np.sign(drawn) >= 0).all()

# %%
shown = slice(300, 360)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), width_ratios=(2, 1), layout="constrained")
left.plot(y_new[shown], "k", linewidth=3, alpha=0.35, label="NARMA10, new")
for name, output in (("readout fitted", before), ("connections too", after)):
    error = np.mean((output - y_new)[50:] ** 2) / y_new[50:].var()
    left.plot(output[shown], label=f"{name}: NMSE {error:.2f}")
left.set(xlabel="time step", ylabel="output")
left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False, fontsize=8)
there = drawn != 0
right.axhline(0, color="0.8", linewidth=1)
right.axvline(0, color="0.8", linewidth=1)
right.plot(drawn[there], adjusted[there], "o", markersize=4)
right.set(xlabel="connection as drawn", ylabel="adjusted")
