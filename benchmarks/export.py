"""Time the steps of exported C programs beside those of streams, and measure their size.

A network of one input whose N outputs all are observed; a figure is the best of many rounds, ns a
step, one by one: the engine's stream from C (stream.c), the exported C by gcc -O2, by
-O3 -march=native, and with -ffast-math too, in double and float. The size is that of a program for
a Cortex-M4 with its floating-point unit, by arm-none-eabi-gcc -Os: what the network itself takes of
flash and of memory (its state; the stack that a step needs), and with exp and tanh of newlib.

usage: python benchmarks/export.py [KIND,KIND,...] [N,N,...]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import backtune as bt
from stream import compiled

HERE = Path(__file__).resolve().parent
LEVELS = (["-O2"], ["-O3", "-march=native"], ["-O3", "-march=native", "-ffast-math"])
CORTEX = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-Os")

TIMER = """
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "model.h"

enum { STEPS = 1024, ROUNDS = 300 };

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (1e9 * (double)time.tv_sec) + (double)time.tv_nsec;
}

int main(void)
{
  static REAL u[STEPS];
  static REAL y[MODEL_OUTPUTS];
  static model_state state;
  double best = 1e30;
  REAL sum = 0;
  unsigned int seed = 1;
  for (int t = 0; t < STEPS; t++) {
    seed = (1664525u * seed) + 1013904223u;
    u[t] = (REAL)((double)seed / 2147483648.0 - 1.0);
  }
  model_init(&state);
  for (int round = 0; round < ROUNDS; round++) {
    const double began = now();
    for (int t = 0; t < STEPS; t++) {
      model_step(&state, &u[t], y);
      sum += y[0];
    }
    const double singly = (now() - began) / STEPS;
    if (singly < best) { best = singly; }
  }
  printf("%.1f %g\\n", best, (double)sum);
  return 0;
}
"""

# A program that does nothing else.
DEVICE = """
#include "model.h"

static model_state state;
volatile REAL input[MODEL_INPUTS];
volatile REAL output[MODEL_OUTPUTS];

int main(void)
{
  REAL u[MODEL_INPUTS];
  REAL y[MODEL_OUTPUTS];
  model_init(&state);
  for (;;) {
    for (int i = 0; i < MODEL_INPUTS; i++) { u[i] = input[i]; }
    model_step(&state, u, y);
    for (int i = 0; i < MODEL_OUTPUTS; i++) { output[i] = y[i]; }
  }
}
"""


def network(kind: str, size: int) -> bt.Network:
    """Return a unit of one input."""
    net = bt.Network(1)
    getattr(net, kind)(size)
    return net.randomize(1)


def step_time(net: bt.Network, precision: str, flags: list[str]) -> float:
    """Measure the exported C: nanoseconds a step."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        net.export(folder / "model.c", precision=precision)
        (folder / "main.c").write_text(TIMER.replace("REAL", precision))
        gcc, part, program = ["gcc", "-std=c99"], folder / "model.o", folder / "main"
        subprocess.run([*gcc, *flags, "-c", folder / "model.c", "-o", part], check=True)
        # Not with -ffast-math, which would change the arithmetic of the process.
        subprocess.run([*gcc, folder / "main.c", part, "-o", program, "-lm"], check=True)
        text = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    return float(text.split()[0])


def device_size(net: bt.Network, precision: str) -> list[int]:
    """Measure flash and memory of the network alone, its stack, and flash with the C library."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        net.export(folder / "model.c", precision=precision)
        (folder / "main.c").write_text(DEVICE.replace("REAL", precision))
        gcc = ["arm-none-eabi-gcc", "-std=c99", *CORTEX]
        gcc += ["-fstack-usage", "-ffunction-sections", "-fdata-sections", f"-I{folder}"]
        for part in ("model", "main"):
            command = [*gcc, "-c", folder / f"{part}.c", "-o", folder / f"{part}.o"]
            subprocess.run(command, check=True, cwd=folder)
        objects = [folder / "main.o", folder / "model.o"]
        links = ["-Wl,--gc-sections", "--specs=nosys.specs", "-lm", "-o", folder / "main.elf"]
        subprocess.run([*gcc, *objects, *links], check=True, cwd=folder, stderr=subprocess.DEVNULL)
        text, _, _ = sizes(folder / "model.o")
        _, _, state = sizes(folder / "main.o")
        whole, data, _ = sizes(folder / "main.elf")
        usage = (folder / "model.su").read_text()
        stack = max(int(count) for count in re.findall(r"_step\s+(\d+)", usage))
    return [text, state, stack, whole + data]


def sizes(path: Path) -> tuple[int, int, int]:
    """Return text, data and bss of a file."""
    lines = subprocess.run(
        ["arm-none-eabi-size", path], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    text, data, bss = (int(word) for word in lines[1].split()[:3])
    return text, data, bss


def main() -> None:
    """Print two tables."""
    kinds = sys.argv[1].split(",") if len(sys.argv) > 1 else ["lnl", "lstm", "gru"]
    counts = [int(text) for text in sys.argv[2].split(",")] if len(sys.argv) > 2 else [8, 16, 32]
    stream = compiled()
    labels = [f"{kind}, {' '.join(flags)}" for kind in ("double", "float") for flags in LEVELS]
    print(f"| ns a step | N | stream | {' | '.join(labels)} |")
    print("|---" * (3 + len(labels)) + "|")
    for kind in kinds:
        for count in counts:
            command = [stream, kind, "{}", str(count)]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            cells = [float(text.split()[0])]
            for precision in ("double", "float"):
                net = network(kind, count)
                cells += [step_time(net, precision, flags) for flags in LEVELS]
            print(f"| {kind} | {count} | {' | '.join(f'{c:.0f}' for c in cells)} |", flush=True)
    if shutil.which("arm-none-eabi-gcc") is None or shutil.which("arm-none-eabi-size") is None:
        print("\narm-none-eabi-gcc is not installed: no sizes")
        return
    print("\n| bytes, N = 8 | precision | flash | state | stack | flash with exp, tanh and start |")
    print("|---" * 6 + "|")
    for kind in kinds:
        for precision in ("double", "float"):
            cells = device_size(network(kind, 8), precision)
            print(f"| {kind} | {precision} | {' | '.join(str(cell) for cell in cells)} |")


if __name__ == "__main__":
    main()
