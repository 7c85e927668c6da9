"""
In distribution
===============

Not the values of an output are asked for, but its statistics: mean, autocorrelation, higher
moments. `Estimator.divergence` is the Kullback-Leibler divergence from what is wanted.
"""

import backtune as bt
import matplotlib.pyplot as plt
from backtune import observables as ob

wanted = bt.random.uniform(400, seed=1) ** 2
for t in range(1, 400):
    wanted[t] += 0.6 * wanted[t - 1]
u = bt.random.normal(400, seed=2)  # another input: nothing to follow step by step
net = bt.lnl_network(4).randomize(0)
before = net.simulate(u)[:, 0]
asked = [ob.mean(0), ob.product(0, 0), *(ob.autocorrelation(0, delay) for delay in (1, 2, 3))]
criterion = bt.criteria.Observables(asked, reference=wanted)
est = bt.Estimator(net, u, criterion=criterion)
start = est.divergence()
est.run(100, progress=False)
after = net.simulate(u)[:, 0]
print(f"divergence {start:.2g} -> {est.divergence():.2g}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for series, name in ((wanted, "reference"), (before, "before"), (after, "fitted")):
    axes[0].hist(series, bins=30, histtype="step", density=True, label=name)
    axes[1].plot(bt.plot.autocorrelation(series, 10), ".-", label=name)
axes[0].set(xlabel="output", ylabel="density")
axes[1].set(xlabel="lag (time steps)", ylabel="autocorrelation")
fig.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
