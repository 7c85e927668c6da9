"""
Identify a tank
===============

Water runs from a pump through two tanks; the level of the lower one is measured, with noise. One
call finds a model from the record; the search is kept small here.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np


def two_tanks(pump, dt=0.2):
    """Return the level of the lower tank."""
    upper, lower, levels = 1.0, 1.0, []
    for flow in pump:
        out, drain = np.sqrt(upper), np.sqrt(lower)
        upper = max(upper + dt * (flow - out), 0)
        lower = max(lower + dt * (out - drain), 0)
        levels.append(lower)
    return np.array(levels)


u = np.repeat(0.4 + 1.2 * bt.random.uniform(35, seed=1), 20)
true = two_tanks(u)
y = true + 0.03 * bt.random.normal(len(u), seed=2)
model = bt.identify(u[:400], y[:400], max_order=2, hidden=2, progress=False)
free = model.simulate(u[400:], y[400:610])  # ten outputs set the state, then it runs by itself
print(model)

# %%
time = 400 + np.arange(300)
linear = model.simulate(u[400:], y[400:610], linear=True)
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4.5), sharex=True, layout="constrained")
upper.plot(time, y[400:], ".", color="0.7", label="measured")
upper.plot(time, linear, label="best linear model")
upper.plot(time, free, label="model")
upper.set_ylabel("level")
upper.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
lower.step(time, u[400:], color="0.4", where="post")
lower.set(xlabel="time step", ylabel="pump")
