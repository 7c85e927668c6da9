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
level = 100 * np.exp(0.008 * t + 0.25 * np.sin(2 * np.pi * t / 12) + noise)
sales = pd.Series(level, months.rename("month"), name="sales [pieces]")
found = bt.forecast(sales[:120], 24)
print(found)

# %%
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(sales[120:], ".", color="tab:orange", label="what came")
bt.plot.band(found, y=sales[:120], ax=ax)
