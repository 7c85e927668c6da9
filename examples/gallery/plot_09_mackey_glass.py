"""
A reservoir that runs on by itself: Mackey-Glass
================================================

A reservoir of 300 fixed nodes reads its own output as it was measured (``feedback="measured"``).
Its readout is one least-squares problem, solved at once; where measurements end it reads what it
says itself.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

series = bt.datasets.mackey_glass(3400, washout=1000) - 1  # about zero, as fixed weights want it
net = bt.Network(inputs=0)
net.reservoir(300, feedback="measured", seed=1)
none = np.zeros((3400, 0))  # no inputs
bt.Estimator(net, none[:2500], series[:2500], horizon=1, washout=100).run(progress=False)

known = 2600  # from here on nothing is known
_, state = net.predict(none[2100:known], series[2100:known], return_state=True)
ahead = net.simulate(none[known:], initial=state)[:, 0]
truth = series[known:, 0]
print("error 84 steps ahead:", abs(ahead[83] - truth[83]) / series.std(), "deviations")

# %%
steps = pd.RangeIndex(1, 801, name="time steps after the last known value")
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4.5), sharex=True, layout="constrained")
known_later = pd.Series(truth + 1, steps, name="x")
bt.plot.compare(
    {"reservoir by itself": ahead + 1}, None, known_later, label="Mackey-Glass", ax=upper
)
upper.set_xlabel("")
lower.semilogy(steps, abs(ahead - truth) / series.std())
lower.set(xlabel=steps.name, ylabel="error (deviations)")
lower.grid(alpha=0.3)
