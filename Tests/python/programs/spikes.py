"""A neuroscientist: own groups, observables, several rasters."""

import backtune as bt
import numpy as np
from numpy.typing import NDArray

net = bt.Network(inputs=["stimulus"])
v: bt.Group = net.learnware(3, "v", bias=True).connect(net.input.lag(1))
x = net.firmware(3, "x").add(1.0, ("tanh", v.lag(0)), (bt.zeta(0, 1), v.lag(1)))
v.connect(x.lag(1), "W", mask=1 - np.eye(3, dtype=int))
net.observe(x)
net.randomize(seed=0)
wanted = [bt.observables.mean(0, desired=0.1), bt.observables.autocorrelation(1, 2, desired=0.0)]
criterion = bt.criteria.Observables(wanted)
est = bt.Estimator(net, bt.random.normal(200), criterion=criterion)
trace = est.run(5, progress=False)
found: bt.ObservableMeans = est.observables()
means: NDArray[np.float64] = found.means
removed: list[bt.Connections] = est.connections()
