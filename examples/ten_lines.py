"""The ten lines of README.md, and their picture.

Usage: python examples/ten_lines.py [file of the figure]
"""

import sys

import backtune as bt

u, y = bt.datasets.reverse_engineering(units=8, length=300, seed=0)  # one input, one output
net = bt.Network(inputs=1)
h = net.lnl(8, activation="tanh", leak="adjust")  # x = g x(t-1) + tanh(a + W x(t-1) + B u(t-1))
net.linear(1, sources=[h.lag(0)])  # a readout
net.randomize(seed=0)
trace = bt.Estimator(net, u[:150], y[:150]).run(max_iterations=50, progress=False)
unseen = net.simulate(u)[150:] - y[150:]
print(trace.stop_reason, trace.nmse[-1], (unseen**2).mean() / y[150:].var())


def picture(path):
    """Draw the record, what the network makes of its input, and the error by iteration."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "ten lines"
    import matplotlib.pyplot as plt

    fig, (left, right) = plt.subplots(
        1, 2, figsize=(9, 2.8), width_ratios=(2.2, 1), layout="constrained"
    )
    left.axvspan(150, 300, color="0.93", label="not seen by the fit")
    bt.plot.compare({"network": net}, u, y, label="desired", ax=left)
    left.set_ylabel("output")
    bt.plot.traces(trace, of="nmse", ax=right)
    fig.savefig(path, metadata={"Date": None} if path.endswith("svg") else None)


if len(sys.argv) > 1:
    picture(sys.argv[1])
