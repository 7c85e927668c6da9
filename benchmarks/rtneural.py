"""Time an lstm and a gru, one sequence, beside RTNeural's compile-time engine: rtneural.cpp.

All N nodes are observed and one input is read, in double precision, from C++. Times are ns a step,
medians of rounds in which both take turns: sequences of 1,000 and 20,000 steps by `bt_simulate`,
the call included, and step by step. RTNeural is compiled by ``g++ -O3`` for AVX2, for this
processor, and for it with ``-ffast-math``, which takes less exact functions; asked is at most its
time for AVX2.

usage: RTNEURAL_DIR=FOLDER python benchmarks/rtneural.py

FOLDER holds RTNeural's sources, as RTNEURAL_DIR/RTNeural/RTNeural.h. Needs g++ and Eigen
(libeigen3-dev, or RTNEURAL_DIR/modules/Eigen).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from backtune._engine import abi

HERE = Path(__file__).resolve().parent
FLAGS = {
    "AVX2": ["-mavx2", "-mfma"],
    "native": ["-march=native"],
    "fast": ["-march=native", "-ffast-math"],
}
STEPS = (1000, 20_000)


def compiled(sources: Path, folder: Path) -> dict[str, Path]:
    """Compile rtneural.cpp with each set of flags against the library that the package uses."""
    library = Path(abi.lib._name).resolve()
    programs = {}
    for name, flags in FLAGS.items():
        programs[name] = folder / name
        command = ["g++", "-std=c++17", "-O3", *flags, "-DRTNEURAL_USE_EIGEN=1"]
        command += [
            "-DRTNEURAL_DEFAULT_ALIGNMENT=32",
            f"-I{HERE.parent / 'include'}",
            f"-I{sources}",
        ]
        command += [f"-I{sources / 'modules' / 'Eigen'}", "-I/usr/include/eigen3"]
        command += [HERE / "rtneural.cpp", sources / "RTNeural" / "RTNeural.cpp"]
        command += ["-o", programs[name], library, f"-Wl,-rpath,{library.parent}"]
        subprocess.run(command, check=True)
    return programs


def rows(program: Path, steps: int) -> dict[tuple[str, int], list[float]]:
    """Run a program: by unit and size, ns a step of the simulation, the stream and RTNeural."""
    printed = subprocess.run([program, str(steps)], check=True, capture_output=True, text=True)
    words = [line.split() for line in printed.stdout.splitlines()]
    return {(kind, int(size)): [float(time) for time in times] for kind, size, *times in words}


def main() -> None:
    """Print a table."""
    sources = os.environ.get("RTNEURAL_DIR")
    if sources is None or not (Path(sources) / "RTNeural" / "RTNeural.h").exists():
        sys.exit("RTNEURAL_DIR: name the folder of RTNeural's sources")
    print("| unit | N | steps | simulation | stream | RTNeural, AVX2 | native | fast | ratio |")
    print("|---" * 9 + "|")
    with tempfile.TemporaryDirectory() as folder:
        programs = compiled(Path(sources).resolve(), Path(folder))
        for steps in STEPS:
            found = {name: rows(program, steps) for name, program in programs.items()}
            for unit, (simulation, stream, peer) in found["AVX2"].items():
                times = [simulation, stream, *(found[name][unit][2] for name in FLAGS)]
                cells = [
                    *unit,
                    steps,
                    *(f"{time:.0f}" for time in times),
                    f"{simulation / peer:.2f}",
                ]
                print("| " + " | ".join(str(cell) for cell in cells) + " |")


if __name__ == "__main__":
    main()
