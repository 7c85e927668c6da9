"""A model of 1 to 1,024 processes, from what is measured on this machine.

    python benchmarks/processes_model.py [--units 8 16 32 64 128 256] [--repeats 3]

Prints, as the tables of docs/scale.md: latency and bandwidth between two processes (mpi4py, where
there is mpirun), strong and weak scaling of 1, 2 and 4 processes of one thread each, and for every
size the time an iteration of Gauss-Newton takes a time step and beside all steps, messages and
bytes; from these the time of an iteration over 1e8 and 1e6 steps shared by 1 to 1,024 processes, on
clusters of an assumed latency and bandwidth, and how many steps each of 1,024 processes must have
so that communication takes no longer than computing.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import backtune as bt
import numpy as np
from backtune.estimation.processes import SpreadEstimator

HERE = Path(__file__).parent
RANKS = (1, 4, 16, 64, 256, 1024)
STEPS = (1e8, 1e6)
# Seconds of a message, and bytes a second, that a cluster is assumed to have.
CLUSTERS = {"InfiniBand": (2e-6, 1e10), "Ethernet": (30e-6, 1.2e9)}
PING = """
import time
import numpy as np
from mpi4py import MPI

comm = MPI.COMM_WORLD
for count in (1, 125_000):
    values, times = np.zeros(count), []
    for _ in range(500):
        begin = time.perf_counter()
        for turn in (0, 1):
            (comm.Send if turn == comm.rank else comm.Recv)(values, 1 - comm.rank)
        times.append((time.perf_counter() - begin) / 2)
    if comm.rank == 0:
        print(float(np.median(times)))
"""


def started(ranks: int, *words: str) -> str:
    """Start processes of one thread each, and return what they print."""
    command = ["mpirun", "-n", str(ranks), "--oversubscribe"]
    if os.geteuid() == 0:
        command.append("--allow-run-as-root")
    environment = {**os.environ, "BACKTUNE_NUM_THREADS": "1"}
    answer = subprocess.run(
        [*command, sys.executable, *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return answer.stdout


def network(units: int) -> bt.Network:
    """Make what is fitted."""
    net = bt.Network(inputs=1)
    hidden = net.lnl(units, activation="tanh", leak="adjust")
    net.linear(1, sources=[hidden.lag(0)])
    return net.randomize(seed=0)


def measured(units: int, count: int, steps: int) -> tuple[float, float, float, int]:
    """Return seconds of an iteration and of a gradient, bytes and messages of an iteration."""
    plant = bt.lnl_network(8).randomize(seed=5)
    u = [np.random.default_rng(number).normal(size=(steps, 1)) for number in range(count)]
    y = [plant.simulate(item)[:, :1] for item in u]
    sizes: list[int] = []
    with SpreadEstimator(
        network(units), u, y, lambda values, _: sizes.append(values.nbytes), 0, 1, restarts=0
    ) as est:
        est.step()
        begin = time.perf_counter()
        est.gradient()
        gradient = time.perf_counter() - begin
        sizes.clear()
        begin = time.perf_counter()
        est.step()
        return time.perf_counter() - begin, gradient, float(sum(sizes)), len(sizes)


def lines(units: int, repeats: int) -> tuple[float, float, float, float]:
    """Return seconds a time step, seconds besides, bytes and messages of an iteration."""
    # Steps enough that the vectors are full, few enough for the large ones.
    count, steps = 32, max(100, min(1000, 32_000 // units))
    few = [measured(units, 1, 60) for _ in range(repeats)]
    many = [measured(units, count, steps) for _ in range(repeats)]
    # Of hardly any data: what does not shrink with the share of a process.
    rest, whole = (statistics.median(item[0] for item in found) for found in (few, many))
    rest = min(rest, 0.75 * whole)
    slope = (whole - rest) / (count * steps)
    return slope, rest, *(statistics.median(item[k] for item in many) for k in (2, 3))


def joined(ranks: int, size: float, messages: float, latency: float, bandwidth: float) -> float:
    """Return the seconds of sums over processes: halving and doubling, as MPI has it."""
    if ranks == 1:
        return 0.0
    rounds = math.log2(ranks)
    return messages * 2 * rounds * latency + 2 * (1 - 1 / ranks) * size / bandwidth


def seconds(value: float) -> str:
    """Return a time in three digits."""
    return f"{value:.3g}"


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, nargs="+", default=[8, 16, 32, 64, 128, 256])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    bt.set_threads(1)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"medians of {options.repeats}; N of an lnl with its readout")
    if shutil.which("mpirun"):
        latency, large = (float(word) for word in started(2, "-c", PING).split())
        print(f"two processes here: {1e6 * latency:.2f} us a message, {1e-3 / large:.2f} GB/s\n")
        for ranks in (1, 2, 4):
            words = str(HERE / "processes.py"), "16", "64", "1000"
            print(started(ranks, *words), end="", flush=True)
    print("\n| units | weights | ns a step | s besides | messages | MB |")
    print("|---|---|---|---|---|---|")
    found = {}
    for units in options.units:
        found[units] = lines(units, options.repeats)
        slope, rest, size, messages = found[units]
        count = network(units).get_weights().size
        print(
            f"| {units} | {count} | {1e9 * slope:,.0f} | {seconds(rest)} | {messages:.0f}"
            f" | {size / 1e6:.3g} |",
            flush=True,
        )
    for name, cluster in CLUSTERS.items():
        print(f"\n{name}, {1e6 * cluster[0]:.0f} us a message and {cluster[1] / 1e9:.1f} GB/s")
        for steps in STEPS:
            print(f"\nSeconds of an iteration over {steps:.0e} steps (share of communication)\n")
            print("| units |", " | ".join(str(ranks) for ranks in RANKS), "|")
            print("|---|" + "---|" * len(RANKS))
            for units, (slope, rest, size, messages) in found.items():
                cells = []
                for ranks in RANKS:
                    talk = joined(ranks, size, messages, *cluster)
                    whole = steps * slope / ranks + rest + talk
                    cells.append(f"{seconds(whole)} ({100 * talk / whole:.0f} %)")
                print(f"| {units} |", " | ".join(cells), "|")
        least = {
            units: joined(RANKS[-1], size, messages, *cluster) / slope
            for units, (slope, _, size, messages) in found.items()
        }
        print(f"\nSteps of each of {RANKS[-1]} processes where both take as long:", end=" ")
        print(", ".join(f"{steps:,.0f} (N = {units})" for units, steps in least.items()))


if __name__ == "__main__":
    main()
