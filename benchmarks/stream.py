"""Time the steps of streams, from C (stream.c) and from Python.

A network of one input whose N outputs all are observed runs sample by sample; a figure is the best
of many rounds, us a step. From C: one by one, in blocks of 64, and the time below which 99.9 % of
single steps stay, clock included. From Python: an array that is made once, a list, `run` of 64.

usage: python benchmarks/stream.py [KIND,KIND,...] [N,N,...]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import timeit
from pathlib import Path

import backtune as bt
import numpy as np
from backtune._engine import abi

HERE = Path(__file__).resolve().parent
BLOCK = 64


def compiled() -> Path:
    """Compile stream.c against the library that the package uses."""
    library = Path(abi.lib._name).resolve()
    program = Path(tempfile.mkdtemp(prefix="backtune-stream-")) / "stream"
    command = ["gcc", "-std=c99", "-O2", f"-I{HERE.parent / 'include'}", HERE / "stream.c"]
    command += ["-o", program, library, f"-Wl,-rpath,{library.parent}"]
    subprocess.run(command, check=True)
    return program


def best(call, steps: int = 1) -> float:
    """Measure a call: microseconds a step."""
    number = 2000 // steps + 1
    return 1e6 * min(timeit.repeat(call, number=number, repeat=50)) / (number * steps)


def from_python(kind: str, size: int) -> list[float]:
    """Measure an array, a list, and a run."""
    net = bt.Network(1)
    getattr(net, kind)(size)
    stream = net.randomize(1).stream()
    row, values, rows = np.array([0.3]), [0.3], np.full(BLOCK, 0.3)
    calls = ((stream.step, row, 1), (stream.step, values, 1), (stream.run, rows, BLOCK))
    return [best(lambda c=call, u=u: c(u), steps) for call, u, steps in calls]


def main() -> None:
    """Print a table."""
    kinds = sys.argv[1].split(",") if len(sys.argv) > 1 else ["lnl", "lstm", "gru"]
    sizes = [int(text) for text in sys.argv[2].split(",")] if len(sys.argv) > 2 else [8, 16, 32]
    program = compiled()
    print("| unit | N | C step | C block of 64 | C 99.9 % | array | list | run of 64 |")
    print("|---" * 8 + "|")
    for kind in kinds:
        for size in sizes:
            command = [program, kind, "{}", str(size)]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            cells = [float(word) / 1000 for word in text.split()] + from_python(kind, size)
            print(
                f"| {kind} | {size} | {' | '.join(f'{cell:.3f}' for cell in cells)} |", flush=True
            )


if __name__ == "__main__":
    main()
