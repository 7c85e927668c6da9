"""
Several recordings
==================

Three recordings of one system, of unequal lengths and from unequal starts: a list of arrays. Each
has its own initial state, which is estimated too where it is asked for.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

inputs, outputs = [], []
for seed, (length, start) in enumerate(((120, 2.0), (60, -1.5), (90, 0.5))):
    u = np.repeat(bt.random.normal(length // 10, seed=seed), 10)
    y = np.full(length, start)
    for t in range(1, length):
        y[t] = 0.92 * y[t - 1] + 0.3 * np.tanh(u[t - 1])
    inputs.append(u)
    outputs.append(y + 0.03 * bt.random.normal(length, seed=10 + seed))

simulated = {}
for name, own in (("starts at zero", False), ("own starts", True)):
    net = bt.Network(inputs=1)
    net.state_space(1, hidden=2)
    est = bt.Estimator(net.randomize(0), inputs, outputs, initial="learn" if own else None)
    est.run(60, progress=False)
    states = est.initial_states if own else None
    simulated[name] = net.simulate(inputs, states)

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True, layout="constrained")
for k, ax in enumerate(axes):
    drawn = {name: outputs[k] for name, outputs in simulated.items()}
    bt.plot.compare(drawn, inputs[k], outputs[k], ax=ax)
    ax.set(title=f"recording {k + 1}", ylabel="" if k else "output")
