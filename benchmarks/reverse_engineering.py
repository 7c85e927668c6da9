"""Reverse engineering: iterations and time until a network of lnl units does what another one did.

python benchmarks/reverse_engineering.py [--units 2,4,8,16,32] [--seeds 0-9] [--single] [--no-leak]

The sequences are those of section 4 of RR-9100: one input, one observed output of N lnl units,
T = 2 N (N + 1). The learner has the same form, weights drawn by `randomize(seed)`. --single runs
from one draw (restarts=0), otherwise draws are raced, as by default; --no-leak learns without.
Times are of the processor, medians over all draws.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import backtune as bt
import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "reverse_engineering"
LEVELS = (1e-4, 1e-6)
BUDGET = 300


def load(units: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a sequence: that of the files where they are, else of the package."""
    file = DATA / f"lnl_n{units:02d}_s{seed}.csv"
    if not file.exists():
        # The learner's own seed would draw the root network.
        return bt.datasets.reverse_engineering(units, seed=1000 + seed)
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, :1], table[:, 1:]


def learner(units: int, seed: int, leak: bool) -> bt.Network:
    """Draw a network of the same form."""
    net = bt.Network(inputs=1)
    net.observe(net.lnl(units, leak="adjust" if leak else None, bias=False), 1)
    return net.randomize(seed=seed)


def run(units: int, seed: int, single: bool, leak: bool) -> list[tuple[int, float] | None]:
    """Return iterations and seconds to each level, None where it was not reached."""
    u, y = load(units, seed)
    spread = float(((y - y.mean()) ** 2).sum())
    result: list[tuple[int, float] | None] = []
    for level in LEVELS:
        est = bt.Estimator(learner(units, seed, leak), u, y, restarts=0 if single else "auto")
        target = level * spread / (2 * len(y))
        began = time.process_time()
        trace = est.run(BUDGET, target=target, progress=False)
        seconds = time.process_time() - began
        reached = trace.nmse[-1] <= level * (1 + 1e-9)
        result.append((len(trace) - 1, seconds) if reached else None)
    return result


def numbers(text: str) -> list[int]:
    """Read "0-4" or "2,4"."""
    if "-" in text:
        first, last = map(int, text.split("-"))
        return list(range(first, last + 1))
    return [int(item) for item in text.split(",")]


def cell(found: list[tuple[int, float]], count: int) -> str:
    """Format how many reached a level, and medians over all draws (infinite where not reached)."""
    padded = found + [(10**9, np.inf)] * (count - len(found))
    iterations, seconds = np.median(np.array(padded, dtype=float), axis=0)
    if not np.isfinite(seconds):
        return f"{len(found)}/{count} | - | -"
    return f"{len(found)}/{count} | {iterations:.0f} | {1e3 * seconds:.2g} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", default="2,4,8,16,32")
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--no-leak", action="store_true")
    arguments = parser.parse_args()
    print("| N | NMSE 1e-4 | iterations | time | NMSE 1e-6 | iterations | time |")
    print("|---" * 7 + "|")
    for units in numbers(arguments.units):
        runs = [
            run(units, seed, arguments.single, not arguments.no_leak)
            for seed in numbers(arguments.seeds)
        ]
        cells = [cell([r[k] for r in runs if r[k] is not None], len(runs)) for k in range(2)]
        print(f"| {units} | {cells[0]} | {cells[1]} |", flush=True)
