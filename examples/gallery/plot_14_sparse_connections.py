"""
Which connections are there?
============================

Of the connections of a root network three in ten exist. `SparseWeights` asks for few, takes weak
ones away at the end, and `Estimator.connections` reports what remains.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = bt.random.normal(3000, seed=1).reshape(500, 6)
root = bt.Network(inputs=6)
root.lnl(6, activation="tanh", density=0.3, seed=2)
root.randomize(3)
y = root.simulate(u) + 0.01 * bt.random.normal(3000, seed=4).reshape(500, 6)

net = bt.Network(inputs=6)
net.lnl(6, activation="tanh")
net.randomize(0)
rule = bt.regularisation.SparseWeights(0.3)
bt.Estimator(net, u, y, regularisation=rule).run(60, progress=False)
true, found = root.weights["lnl.x2.W"], net.weights["lnl.x2.W"]
print("connections:", np.count_nonzero(true), "true,", np.count_nonzero(found), "found")

# %%
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.2), layout="constrained")
bt.plot.weights({"true": root, "found": net}, ["lnl.x2.W"], ax=axes)
