"""
Export to C, and compare
========================

`Network.export` writes C99 that needs math.h alone. Here it is compiled as a shared library, run
from Python sample by sample, and compared with the network.
"""

import ctypes
import subprocess
import tempfile
from pathlib import Path

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

net = bt.Network(inputs=1)
h = net.gru(4, input_lag=0)
net.linear(1, "level", sources=[h.lag(0)])
net.randomize(seed=3)

folder = Path(tempfile.mkdtemp())
net.export(folder / "plant.c")
source = (folder / "plant.c").read_text()
subprocess.run(
    ["cc", "-O2", "-shared", "-fPIC", "plant.c", "-o", "plant.so", "-lm"], cwd=folder, check=True
)
plant = ctypes.CDLL(str(folder / "plant.so"))
state = ctypes.create_string_buffer(4096)  # room for a plant_state
plant.plant_init(state)

u = np.repeat(bt.random.normal(20, seed=1), 10)
value, level = (ctypes.c_double * 1)(), (ctypes.c_double * 1)()
outputs = []
for value[0] in u:
    plant.plant_step(state, value, level)
    outputs.append(level[0])
expected = net.simulate(u)[:, 0]
print(len(source.splitlines()), "lines of C; largest difference", abs(outputs - expected).max())

# %%
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4), sharex=True, layout="constrained")
wanted = pd.Series(expected, name="level")
bt.plot.compare({"compiled C": np.array(outputs)}, u, wanted, label="network", ax=upper)
upper.set_xlabel("")
lower.plot(np.abs(outputs - expected), ".", markersize=3)
lower.set(xlabel="time step", ylabel="difference")
