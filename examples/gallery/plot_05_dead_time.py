"""
Dead time
=========

The plant answers twelve steps late. The dead time is found from the record, stands in the report,
and is no state of the model: the step response is flat until then, and follows that of the plant.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np


def plant(u):
    """Return the output of a first-order lag, twelve steps late."""
    y = np.zeros(len(u))
    for t in range(12, len(u)):
        y[t] = 0.85 * y[t - 1] + 0.3 * u[t - 12]
    return y


u = np.repeat(bt.random.normal(60, seed=3), 5)
y = plant(u) + 0.1 * bt.random.normal(300, seed=4)
model = bt.identify(u, y, max_order=2, linear=True, progress=False)
print(model.report.findings)

# %%
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.step(range(60), plant(np.ones(60)), "0.5", linewidth=3, where="post", label="plant")
ax.axvline(12, color="0.5", linestyle=":", label="dead time")
model.plot.step(steps=60, ax=ax)
