"""
Outliers
========

One value in fifteen is far off. Least squares follow them; the criterion "l1" does not. Nothing
has to be set: its scale comes from the errors.
"""

import backtune as bt
import matplotlib.pyplot as plt
import pandas as pd

u, clean = bt.datasets.reverse_engineering(4, seed=2, length=300)
deviation = clean.std()
y = clean + 0.05 * deviation * bt.random.normal(300, seed=1).reshape(-1, 1)
y[::15] += 8 * deviation
simulated = {}
for criterion in ("least-squares", "l1"):
    net = bt.lnl_network(4).randomize(0)
    bt.Estimator(net, u, y, criterion=criterion).run(100, progress=False)
    simulated[criterion] = net.simulate(u)

# %%
steps = pd.RangeIndex(100, 200, name="time step")
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(steps, y[steps], ".", color="0.5", label="measured")
wanted = pd.Series(clean[steps, 0], steps, name="output")
drawn = {name: output[steps] for name, output in simulated.items()}
bt.plot.compare(drawn, None, wanted, label="without noise", ax=ax)
