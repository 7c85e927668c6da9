"""
Spiking neurons
===============

A chaotic network of integrate-and-fire nodes is seen with one per cent of noise. Given what was
measured a step before, each node is a small regression: the weights are found, though no free run
can follow.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u, x, s, root = bt.datasets.spiking(6, seed=0, return_network=True)
net = bt.Network(inputs=1)
net.aif(6, leak="adjust", sharpness="adjust", feedback="measured")
bt.Estimator(net.randomize(0), u, x, horizon=1).run(progress=False)
true, found = root.weights["aif.x.W"], net.weights["aif.x.W"]
print("largest error of a recurrent weight:", abs(found - true).max())

# %%
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.4), width_ratios=(2.2, 1), layout="constrained"
)
spikes = [np.flatnonzero(s[:300, node] > 0.5) for node in range(6)]
left.eventplot(spikes, lineoffsets=range(1, 7), linelengths=0.7, colors="k")
left.set(xlabel="time step", ylabel="neuron", title="spikes", xlim=(0, 300), yticks=range(1, 7))
limits = [true.min() - 0.05, true.max() + 0.05]
right.plot(limits, limits, "k:", linewidth=1)
right.plot(true.ravel(), found.ravel(), "o", markersize=4)
right.set(xlabel="true weight", ylabel="weight found", title="connections")
