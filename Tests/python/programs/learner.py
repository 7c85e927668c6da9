"""An ML researcher: several sequences, validation, a callback, the trace."""

from typing import Optional

import backtune as bt
import numpy as np
from numpy.typing import NDArray

sequences: list[NDArray[np.float64]] = [
    bt.random.normal(50, seed).reshape(-1, 1) for seed in range(4)
]
targets = [np.cumsum(item, axis=0) * 0.1 for item in sequences]
net = bt.lstm_network(4).randomize(seed=1)


def stop(report: bt.Report) -> bool:
    return report.nmse < 1e-3


estimator = bt.Estimator(
    net,
    sequences[:3],
    targets[:3],
    criterion=bt.criteria.Huber(),
    regularisation=bt.regularisation.Ridge(1e-6),
)
trace: bt.Trace = estimator.run(20, callback=stop, validation=(sequences[3:], targets[3:]))
costs: NDArray[np.float64] = trace.cost
best: Optional[bt.Report] = min(trace, key=lambda report: report.cost, default=None)
cost, slope = estimator.gradient()
outputs = net.simulate(sequences)
first: NDArray[np.float64] = outputs[0]
report = estimator.uncertainty()
errors = report.standard_errors["lstm.y.b"] if "lstm.y.b" in report.standard_errors else None


class Days:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, day: int) -> object:
        return sequences[day], targets[day]


later = bt.Estimator(net, bt.Recordings(Days()))
code: str = net.export(format="c")
twin: bt.Network = net.copy()
stepwise: NDArray[np.float64] = net.stream().run(sequences[0])
least = bt.unit_options("softmax")["temperature"].get("least", 0.0)
