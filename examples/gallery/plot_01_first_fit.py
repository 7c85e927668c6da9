"""
A first fit
===========

A network of eight leaky tanh units learns what another one does, of which one node is seen. There
is nothing to choose but the network: no rate, no schedule. Half of the record is held back.
"""

import backtune as bt
import matplotlib.pyplot as plt

u, y = bt.datasets.reverse_engineering(units=8, length=300, seed=0)  # one input, one output
net = bt.Network(inputs=1)
h = net.lnl(8, activation="tanh", leak="adjust")
net.linear(1, sources=[h.lag(0)])
net.randomize(seed=0)
trace = bt.Estimator(net, u[:150], y[:150]).run(max_iterations=50, progress=False)
print(trace)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), width_ratios=(2.2, 1), layout="constrained")
left.axvspan(150, 300, color="0.93", label="not seen")
left.plot(y, "k", linewidth=3, alpha=0.35, label="desired")
left.plot(net.simulate(u), linewidth=1, label="network")
left.set(xlabel="time step", ylabel="output", xlim=(0, 300))
left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
right.semilogy(trace.nmse, ".-")
right.set(xlabel="iteration", ylabel="NMSE of the fit")
