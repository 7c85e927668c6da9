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
before, drawn = net.copy(), net.weights["reservoir.x2.W"]

for name in ("reservoir.x2.W", "reservoir.x2.B", "reservoir.x2.a"):
    net.weights.constrain(name, fixed=False)
lower = np.where(drawn < 0, -np.inf, 0)
upper = np.where(drawn > 0, np.inf, 0)
net.weights.constrain("reservoir.x2.W", lower=lower, upper=upper)
bt.Estimator(net, u, y, washout=50, restarts=0).run(30, progress=False)
assert (np.sign(net.weights["reservoir.x2.W"]) * np.sign(drawn) >= 0).all()
networks = {"readout fitted": before, "connections too": net}
for name, item in networks.items():
    error = np.mean((item.simulate(u_new) - y_new)[50:] ** 2) / y_new[50:].var()
    print(f"{name}: NMSE {error:.2f} on a new sequence")

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3), width_ratios=(2, 1, 1), layout="constrained")
outputs = {name: item.simulate(u_new)[300:360] for name, item in networks.items()}
bt.plot.compare(outputs, None, y_new[300:360], label="NARMA10, new", ax=axes[0])
axes[0].set(xlabel="time step, from 300 on", ylabel="output")
bt.plot.weights(networks, ["reservoir.x2.W"], ax=axes[1:])
