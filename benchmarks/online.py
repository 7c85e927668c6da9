"""Tracking of a root network that drifts, against the length of the window.

python benchmarks/online.py [--units 4] [--samples 6000] [--seeds 3]

The weights of the root network turn slowly between two draws, over and back in `--period` samples;
the learner starts from another draw and sees inputs and one noisy output. The error is that of the
predictions made before each sample is learnt, over the variance of the output without noise, in the
last two thirds of the samples. Milliseconds are of processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time

import backtune as bt
import numpy as np

NOISE = 0.01
WINDOWS = (10, 20, 50, 100, 200, 500, 1000)


def drifting(units: int, samples: int, period: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Run a root network whose weights go from one draw to another and back: inputs and outputs."""
    root = bt.lnl_network(units).randomize(100 + seed)
    ends = [bt.lnl_network(units).randomize(k + seed).get_weights() for k in (100, 200)]
    u = bt.random.normal(samples, seed=seed)
    stream = root.stream()
    y = np.empty(samples)
    for t in range(samples):
        turn = (1 - np.cos(2 * np.pi * t / period)) / 2 if period else 0
        root.set_weights((1 - turn) * ends[0] + turn * ends[1])
        y[t] = stream.step(u[t])[0]
    return u, y


def track(units: int, u: np.ndarray, y: np.ndarray, seed: int, **options) -> tuple[float, ...]:
    """Follow; the error, milliseconds an adjustment and microseconds a sample, divergences."""
    noisy = y + NOISE * y.std() * bt.random.normal(y.size, seed=seed, stream="noise")
    net = bt.lnl_network(units).randomize(300 + seed)
    online = bt.OnlineEstimator(net, **options)
    began = time.process_time()
    predictions = online.update(u, noisy)[:, 0]
    seconds = time.process_time() - began
    tail = slice(y.size // 3, None)
    error = np.mean((predictions[tail] - y[tail]) ** 2) / y[tail].var()
    each = 1e3 * seconds / max(online.adjustments, 1)
    return error, each, 1e6 * seconds / y.size, online.divergences


def table(title: str, seeds: int, data: list, units: int, cases: list[dict]) -> None:
    """Print one line a case: medians over the seeds."""
    print(f"\n{title}\n")
    print("| window | every | iterations | else | error | worst | ms an adjustment | us a sample |")
    print("|---" * 8 + "|")
    for case in cases:
        found = [track(units, *data[seed], seed, **case) for seed in range(seeds)]
        error, each, sample = (statistics.median(column) for column in list(zip(*found))[:3])
        worst = max(row[0] for row in found)
        rest = [f"{k}={v}" for k, v in case.items() if k not in ("window", "every", "iterations")]
        cells = (case["window"], case["every"], case["iterations"], " ".join(rest))
        print(
            f"| {' | '.join(map(str, cells))} | {error:.2g} | {worst:.2g} | {each:.2f} |"
            f" {sample:.0f} |",
            flush=True,
        )


def steps() -> None:
    """Print what a step of a stream takes."""
    print("\n| units | us a step, one by one | us a step, 1000 at once |\n|---|---|---|")
    for units in (2, 8, 32, 128):
        stream = bt.lnl_network(units).randomize(0).stream()
        row, rows = np.zeros(1), np.zeros(1000)
        singly, together = [], []
        for _ in range(15):
            began = time.perf_counter()
            for _ in range(200):
                stream.step(row)
            singly.append((time.perf_counter() - began) / 200)
            began = time.perf_counter()
            stream.run(rows)
            together.append((time.perf_counter() - began) / 1000)
        print(f"| {units} | {1e6 * min(singly):.1f} | {1e6 * min(together):.3f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=4)
    parser.add_argument("--samples", type=int, default=6000)
    parser.add_argument("--period", type=int, default=6000, help="of the drift")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    usual = {"every": 20, "iterations": 2}
    for period in (given.period, 0):
        data = [drifting(given.units, given.samples, period, k) for k in range(given.seeds)]
        title = f"drift of period {period}" if period else "no drift"
        windows = WINDOWS if period else WINDOWS[1::2]
        cases = [{"window": window, **usual} for window in windows]
        table(title, given.seeds, data, given.units, cases)
        if period:
            cases = [
                {"window": 200, "every": e, "iterations": i} for e, i in ((1, 1), (5, 1), (50, 2))
            ]
            cases += [{"window": w, **usual, "initial": "learn"} for w in (20, 50, 200)]
            cases += [{"window": 200, **usual, "method": "backward-tuning"}]
            cases += [{"window": w, **usual, "ridge": 0} for w in (20, 500)]
            table("other settings", given.seeds, data, given.units, cases)
    steps()
