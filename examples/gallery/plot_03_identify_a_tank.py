"""
Identify a tank
===============

Water runs from a pump through two tanks; the level of the lower one is measured, with noise. One
call finds a model from the record; the search is kept small here.
"""

import backtune as bt
import numpy as np
import pandas as pd


def two_tanks(pump, dt=0.2):
    """Return the level of the lower tank."""
    upper, lower, levels = 1.0, 1.0, []
    for flow in pump:
        out, drain = np.sqrt(upper), np.sqrt(lower)
        upper = max(upper + dt * (flow - out), 0)
        lower = max(lower + dt * (out - drain), 0)
        levels.append(lower)
    return np.array(levels)


flow = np.repeat(0.4 + 1.2 * bt.random.uniform(35, seed=1), 20)
noise = 0.03 * bt.random.normal(len(flow), seed=2)
u = pd.Series(flow, name="pump [l/s]")
y = pd.Series(two_tanks(flow) + noise, name="level [m]")
model = bt.identify(u[:400], y[:400], max_order=2, hidden=2, progress=False)
linear = model.simulate(u[400:], y[400:410], linear=True)  # ten outputs set the state
print(model)

# %%
bt.plot.compare({"best linear model": linear, "model": model}, u[400:], y[400:], inputs=True)
