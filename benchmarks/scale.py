"""Time and memory of a Gauss-Newton iteration by size of the network and length of the record.

python benchmarks/scale.py [--units 8,16,32,64,128,256] [--steps 1000,10000,100000] [--plot FILE]

N lnl units with adjustable leaks learn what another such network does, from one draw; each case is
a process of its own: mean processor time of the first two iterations (the first alone where it
takes a minute), growth of the peak of resident memory. The dense form is left out where its two
matrices would take more than 4 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time

import backtune as bt
import numpy as np

FORMS = {"dense": 1, "iterative": 0}
DENSE_ROOM = 4e9
SECONDS = 60


def network(units: int, seed: int) -> bt.Network:
    """Draw a network."""
    return bt.lnl_network(units=units, inputs=1, outputs=1).randomize(seed=seed)


def measure(units: int, steps: int, form: str, queue: multiprocessing.Queue) -> None:
    """Put seconds an iteration and megabytes."""
    u = np.random.default_rng(0).normal(size=(steps, 1))
    y = network(units, 1).simulate(u)
    net = network(units, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    est = bt.Estimator(net, u, y, restarts=0)
    est.set_option("dense", FORMS[form])
    est.run(0, progress=False)
    began = time.process_time()
    count = 0
    while count < 2 and (count == 0 or time.process_time() - began < SECONDS):
        est.step()
        count += 1
    seconds = (time.process_time() - began) / count
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    queue.put((seconds, grown * 1024 / 1e6))


def weights(units: int) -> int:
    """Return the number of adjustable weights."""
    return sum(a.size for a in network(units, 2).weights.values())


def case(units: int, steps: int, form: str) -> tuple[float, float] | None:
    """Measure in a fresh process; None where it failed."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=measure, args=(units, steps, form, queue))
    process.start()
    process.join()
    return queue.get() if process.exitcode == 0 else None


def plot(results: dict[tuple[str, int, int], tuple[float, float]], file: str) -> None:
    """Draw time and memory against T, a line for each form and size."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "backtune"
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.8), layout="constrained")
    sizes = sorted({units for _, units, _ in results})
    for k, label in enumerate(("time of an iteration [s]", "memory [MB]")):
        for form, style in (("dense", "o-"), ("iterative", "s--")):
            for i, units in enumerate(sizes):
                line = [(t, v[k]) for (f, n, t), v in results.items() if (f, n) == (form, units)]
                if line:
                    axes[k].loglog(*zip(*line, strict=True), style, color=f"C{i}", markersize=4)
        axes[k].set(xlabel="T [time steps]", ylabel=label)
        axes[k].grid(alpha=0.3)
    for i, units in enumerate(sizes):
        axes[0].plot([], [], color=f"C{i}", label=f"N = {units}")
    for form, style in (("dense", "ko-"), ("iterative", "ks--")):
        axes[0].plot([], [], style, markersize=4, label=form)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", default="8,16,32,64,128,256")
    parser.add_argument("--steps", default="1000,10000,100000")
    parser.add_argument("--plot", metavar="FILE")
    arguments = parser.parse_args()
    lengths = [int(t) for t in arguments.steps.split(",")]
    results: dict[tuple[str, int, int], tuple[float, float]] = {}
    heads = [f"{what} T = {t:,}" for t in lengths for what in ("time,", "memory,")]
    print("| N | weights | form | " + " | ".join(heads) + " |")
    print("|---" * (3 + len(heads)) + "|")
    for units in map(int, arguments.units.split(",")):
        count = weights(units)
        for form in FORMS:
            if form == "dense" and 16 * count**2 > DENSE_ROOM:
                continue
            cells = []
            for steps in lengths:
                found = case(units, steps, form)
                if found is None:
                    cells += ["failed", "failed"]
                    continue
                results[form, units, steps] = found
                cells += [f"{1e3 * found[0]:.3g} ms", f"{found[1]:.3g} MB"]
            print(f"| {units} | {count:,} | {form} | " + " | ".join(cells) + " |", flush=True)
    if arguments.plot:
        plot(results, arguments.plot)
        print(f"plot in {arguments.plot}", file=sys.stderr)
