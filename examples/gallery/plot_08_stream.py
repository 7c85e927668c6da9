"""
A stream in a loop
==================

`Network.stream` runs a network one sample at a time. Here it is a plant in a control loop: each
input depends on the output before it. A step takes about a microsecond from Python, 0.05 from C.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

u = np.repeat(bt.random.normal(60, seed=1), 5)
y = np.zeros(300)
for t in range(1, 300):
    y[t] = 0.9 * y[t - 1] + 0.2 * np.tanh(u[t - 1])
net = bt.Network(inputs=1)
h = net.lnl(3, activation="tanh")
net.linear(1, sources=[bt.SELF.lag(1), net.input.lag(1), h.lag(0)])
bt.Estimator(net.randomize(0), u, y).run(50, progress=False)

stream = net.stream()
wanted = np.repeat([0.5, 1.2, -0.8], 60)
level, integral, levels, valves = 0.0, 0.0, [], []
for target in wanted:
    error = target - level
    integral += 0.1 * error
    valve = 2 * error + integral  # a controller with an integral
    level = float(stream.step(valve)[0])
    levels.append(level)
    valves.append(valve)

# %%
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4), sharex=True, layout="constrained")
upper.step(range(180), wanted, "k--", linewidth=1, label="wanted")
upper.plot(levels, label="output of the stream")
upper.set_ylabel("output")
upper.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
lower.plot(valves, color="0.4")
lower.set(xlabel="time step", ylabel="input")
