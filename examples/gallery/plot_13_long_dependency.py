"""
An LSTM and a long dependency
=============================

Two marked values are to be added at the end of sequences of 30 to 33 steps (the adding problem of
Hochreiter and Schmidhuber, shorter). All outputs but the last are NaN: nothing is asked of them.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np


def draw(rng):
    """Return values and marks, and the sum of the marked values at the end."""
    length = rng.integers(30, 34)
    u = np.zeros((length, 2))
    u[:, 0] = rng.uniform(-1, 1, length)
    marks = rng.choice(15, 2, replace=False)
    u[marks, 1] = 1
    y = np.full((length, 1), np.nan)
    y[-1] = u[marks, 0].sum()
    return u, y


rng = np.random.default_rng(0)
inputs, outputs = zip(*[draw(rng) for _ in range(200)])
net = bt.Network(inputs=2)
h = net.lstm(4)
net.linear(1, "readout", sources=[h.lag(0)])
net.randomize(1)
net.weights["lstm.yf.a"] = 1.5  # forget gates open: it remembers to begin with
net.weights["lstm.yi.a"] = -1.0
trace = bt.Estimator(net, list(inputs), list(outputs)).run(60, progress=False, target=1e-5)
fresh, wanted = zip(*[draw(rng) for _ in range(200)])
ends = [x[-1, 0] for x in net.simulate(list(fresh))]
sums = [y[-1, 0] for y in wanted]

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
bt.plot.traces(trace, of="nmse", ax=left)
right.plot([-2, 2], [-2, 2], "k:", linewidth=1)
right.plot(sums, ends, ".")
right.set(xlabel="sum of the marked values", ylabel="last output", title="200 new sequences")
