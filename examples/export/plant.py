"""A model of a tank, fitted to a record, as C: plant.c and plant.h in a folder.

usage: python examples/export/plant.py [FOLDER]

What is done with it stands in loop.c, which is compiled together with it:

cc -std=c99 -O2 -IFOLDER -o loop examples/export/loop.c FOLDER/plant.c -lm && ./loop
"""

import sys
from pathlib import Path

import backtune as bt
import numpy as np


def record(steps=600):
    """Return what the valve of a tank was, in percent, and its level, in centimetres."""
    random = np.random.default_rng(0)
    valve = np.repeat(random.uniform(20, 80, steps // 20 + 1), 20)[:steps]
    level, levels = 10.0, []
    for opening in valve:
        levels.append(level)
        level += 0.1 * opening - 1.2 * np.sqrt(level)
    return valve.reshape(-1, 1), np.reshape(levels, (-1, 1))


def fitted():
    """Return a network that was fitted to the record."""
    valve, level = record()
    net = bt.Network(["valve"])
    net.input_units = ["%"]
    tank = net.lnl(4, "tank", activation="tanh", leak="adjust", initial="learn")
    net.linear(1, "level", sources=[tank.lag(0)])
    net.output_names, net.output_units, net.sampling_time = ["level"], ["cm"], 2.0
    net.randomize(seed=0)
    bt.Estimator(net, valve, level).run(100, progress=False)
    return net


def main():
    """Fit and export."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    net, (valve, level) = fitted(), record()
    error = np.sqrt(np.mean((net.simulate(valve) - level) ** 2))
    net.export(folder / "plant.c")
    print(f"{folder / 'plant.c'}: error {error:.2g} cm of {level.std():.2g} cm")


if __name__ == "__main__":
    main()
