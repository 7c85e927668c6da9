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
net.output_names = ["output"]
net.randomize(seed=0)
trace = bt.Estimator(net, u[:150], y[:150]).run(max_iterations=50, progress=False)
print(trace)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), width_ratios=(2.2, 1), layout="constrained")
left.axvspan(150, 300, color="0.5", alpha=0.15, label="not seen")
bt.plot.compare({"network": net}, u, y, label="desired", ax=left)
bt.plot.traces(trace, of="nmse", ax=right)
