"""
A first fit
===========
"""

import backtune as bt
import matplotlib.pyplot as plt

u, y = bt.datasets.reverse_engineering(units=8, length=300, seed=0)
net = bt.Network(inputs=1)
h = net.lnl(8, activation="tanh", leak="adjust")
net.linear(1, sources=[h.lag(0)])
net.randomize(seed=0)
trace = bt.Estimator(net, u[:150], y[:150]).run(max_iterations=50, progress=False)
fig, ax = plt.subplots()
ax.plot(y)
