"""Records larger than memory: one gradient and one iteration of Gauss-Newton out of memory maps.

    python benchmarks/larger_than_memory.py            # 1,000 recordings of 100,000 steps, 1.6 GB
    python benchmarks/larger_than_memory.py --small    # 100 of 2,000

Prints times and the largest resident memory of the process; the file is written where `--folder`
says and removed at the end.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import backtune as bt
import numpy as np


def largest() -> float:
    """Return the largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def generate(folder: Path, recordings: int, steps: int, units: int) -> tuple[Path, Path]:
    """Write inputs and the noisy outputs of a network that is drawn, some recordings at a time."""
    truth = bt.lnl_network(units).randomize(seed=7)
    paths = folder / "u.npy", folder / "y.npy"
    shape = (recordings, steps, 1)
    u, y = (np.lib.format.open_memmap(path, "w+", np.float64, shape) for path in paths)
    random = np.random.default_rng(0)
    for first in range(0, recordings, 8):
        part = random.standard_normal((min(8, recordings - first), steps, 1))
        clean = np.stack(truth.simulate(list(part)))
        u[first : first + 8] = part
        y[first : first + 8] = clean + 0.01 * random.standard_normal(clean.shape)
    return paths


def timed(name: str, call, values: int):
    """Print how long a call takes, and return its result."""
    begin = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - begin
    print(
        f"{name:28} {seconds:9.1f} s {1e9 * seconds / values:9.1f} ns a step"
        f"   largest memory {largest():5.2f} GB",
        flush=True,
    )
    return result


def main() -> None:
    """Write the file, and print a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--units", type=int, default=16)
    parser.add_argument("--recordings", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--folder", help="where the file is written; a temporary folder by default")
    options = parser.parse_args()
    recordings = options.recordings or (100 if options.small else 1_000)
    steps = options.steps or (2_000 if options.small else 100_000)
    count = recordings * steps
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        begin = time.perf_counter()
        paths = generate(Path(name), recordings, steps, options.units)
        seconds = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in paths) / 1e9
        print(
            f"{recordings} recordings of {steps} steps, {size:.2f} GB, written in {seconds:.0f} s;"
            f" {bt.get_threads()} threads, largest memory {largest():.2f} GB",
            flush=True,
        )
        u, y = (np.load(path, mmap_mode="r") for path in paths)
        net = bt.lnl_network(options.units).randomize(seed=1)
        print(f"N = {options.units}, {net.get_weights().size} weights")
        est = timed("moments of the data", lambda: bt.Estimator(net, u, y, restarts=0), count)
        timed("cost", lambda: est.cost, count)
        cost, gradient = timed("gradient", est.gradient, count)
        print(f"cost {cost:.12g}, gradient of norm {np.linalg.norm(gradient):.12g}")
        report = timed("the start, and an iteration", est.step, count)
        print(f"cost {report.cost:.12g}, NMSE {report.nmse:.6g}, {report.simulations} simulations")


if __name__ == "__main__":
    main()
