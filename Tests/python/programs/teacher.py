"""A teacher: data in, a picture and a table out."""

from pathlib import Path

import backtune as bt
import numpy as np
from numpy.typing import NDArray

u, y, root = bt.datasets.reverse_engineering(units=2, seed=0, return_network=True)
size: int = root.outputs
net = bt.lnl_network(2)
print(net.summary())
net.randomize(seed=0)
estimator = bt.Estimator(net, u, y)
trace = estimator.run(max_iterations=30, progress=False)
print(trace.stop_reason, trace.nmse[-1])
decay: bt.Decay = trace.decay
net.save(Path("net.json"))
twin: bt.Network = bt.Network.load("net.json")
names: list[str] = [name for name in twin.weights]
text: str = net.to_svg()
fc: bt.Forecast = bt.forecast(np.sin(np.arange(80.0)), steps=5)
mean: NDArray[np.float64] = np.asarray(fc.mean)
