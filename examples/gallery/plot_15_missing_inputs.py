"""
Inputs with gaps
================

A fifth of the input is missing. A model of the input, fitted first, says what may have been
there, and outputs count by what is open of them; holding the last value does worse.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

shocks = bt.random.normal(1400, seed=1)
u, y = np.zeros(1400), np.zeros(1400)
for t in range(2, 1400):
    u[t] = 1.6 * u[t - 1] - 0.7 * u[t - 2] + 0.3 * shocks[t]
    y[t] = 0.8 * y[t - 1] + np.tanh(u[t - 1])
gaps = u.copy()
for start in range(20, 1000, 60):
    gaps[start : start + 12] = np.nan
known = np.flatnonzero(~np.isnan(gaps))
held = gaps[known[np.searchsorted(known, np.arange(1400), side="right") - 1]]

errors, networks = {}, {}
for name, inputs in (("modelled", gaps), ("last value held", held), ("complete", u)):
    net = bt.Network(inputs=1)
    h = net.lnl(3, activation="tanh")
    net.linear(1, sources=[bt.SELF.lag(1), h.lag(0)])
    options = {"missing": "model"} if name == "modelled" else {}
    est = bt.Estimator(net.randomize(0), inputs[:1000], y[:1000], **options)
    est.run(40, progress=False)
    errors[name] = np.mean((net.simulate(u)[1000:, 0] - y[1000:]) ** 2) / y[1000:].var()
    if name == "modelled":
        filled = est.input_model.fill(gaps[:1000])
        draws = est.input_model.draws(gaps[:1000], 30, seed=0)[:, :, 0]

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=(2, 1), layout="constrained")
time = np.arange(60, 220)
left.plot(time, draws[:, time].T, color="tab:orange", alpha=0.15, linewidth=0.7)
left.plot(time, u[time], "k:", linewidth=1, label="what was there")
left.plot(time, np.ravel(filled)[time], color="tab:orange", label="mean of the model")
left.plot(time, gaps[time], color="tab:blue", linewidth=2, label="known")
left.set(xlabel="time step", ylabel="input")
left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
right.barh(list(errors), list(errors.values()), color="tab:blue")
right.set(xscale="log", xlabel="NMSE on a new record, no gaps")
