"""A reservoir person: states, a readout, free running."""

import backtune as bt
import numpy as np
from numpy.typing import NDArray

series = bt.datasets.mackey_glass(600)
net = bt.Network(inputs=0)
readout: bt.Group = net.reservoir(60, spectral_radius=0.9, leak=0.7, feedback="measured", seed=3)
weights: bt.Weights = net.weights
matrix: NDArray[np.float64] = weights["reservoir.x2.W"]
with bt.Estimator(net, None, series[:500], horizon=1, washout=50) as est:
    est.run(2, progress=False)
outputs, states = net.simulate(20, states=True)
values: NDArray[np.float64] = states["reservoir.x"]
ahead: NDArray[np.float64] = net.predict(None, series[:500])
stream: bt.Stream = net.stream()
one: NDArray[np.float64] = stream.step(y=series[0])
net.weights.constrain("reservoir.x2.W", lower=-1.0, upper=1.0)
