"""A control engineer: a record, a model, its poles, a forecast, a file."""

import backtune as bt
import numpy as np
from numpy.typing import NDArray

u = bt.random.normal(400)
y = np.convolve(u, 0.8 ** np.arange(30))[: u.size]
model = bt.identify(u, y, linear=True, progress=False)
poles: NDArray[np.complex128] = model.poles()
bode = model.bode()
gain: NDArray[np.float64] = bode.magnitude
run: NDArray[np.float64] = model.simulate(u)
ahead: NDArray[np.float64] = model.predict(u, y, horizon=5)
residuals = model.residuals(u, y)
white: list[float] = [test.p for test in residuals.whiteness]
lower, upper = model.band(u)
nmse: NDArray[np.float64] = model.nmse(u, y)
kinds: list[str] = [trial.kind for trial in model.report]
model.save("model.json")
again = bt.IdentifiedModel.load("model.json")
order: int = again.order
