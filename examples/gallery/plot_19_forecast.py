"""
A forecast with bands
=====================

Twelve years of months with trend and season; the last two are held back. `bt.forecast` chooses a
network that reads the series as measured, and says how it compares with repeating the last
season.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

months = pd.date_range("2012-01-01", periods=144, freq="MS")
t = np.arange(144)
noise = 0.04 * bt.random.normal(144, seed=1)
sales = pd.Series(100 * np.exp(0.008 * t + 0.25 * np.sin(2 * np.pi * t / 12) + noise), months)
found = bt.forecast(sales[:120], 24)
print(found)

# %%
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(sales.index[60:120], sales[60:120], "k", label="known")
ax.plot(sales.index[120:], sales[120:], "k.", markersize=4, label="what came")
ax.fill_between(found.mean.index, found.lower, found.upper, alpha=0.25, label="90 % band")
ax.plot(found.mean.index, found.mean, color="tab:blue", label="forecast")
ax.set(xlabel="month", ylabel="sales (pieces)")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
