"""Print how far exports are from the engine: the largest deviation of every unit, in every format.

Every unit of the engine's table with its defaults and with everything that its table lists, one by
one (Tests/python/export_cases.py), 60 steps of random inputs; absolute up to 1, relative above.

usage: python benchmarks/export_units.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import backtune as bt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "python"))
import export_cases


def in_c(net: bt.Network, folder: Path, **options: Any) -> float:
    """Compile the exported C and run it."""
    u = export_cases.inputs_of(net)
    return export_cases.deviation(export_cases.Program(net, folder, **options)(u), net.simulate(u))


FORMATS = {
    "C, double": in_c,
    "C, float": lambda net, folder: in_c(net, folder, precision="float"),
}


def networks(kind: str) -> Iterator[bt.Network]:
    """All networks of a unit."""
    for options in export_cases.variants(kind):
        net = export_cases.unit(kind, options)
        if net is not None:
            yield net


def main() -> None:
    """Print a table."""
    print(f"| unit | networks | {' | '.join(FORMATS)} |")
    print("|---" * (2 + len(FORMATS)) + "|")
    for kind in export_cases.KINDS:
        nets = list(networks(kind))
        cells = []
        for deviate in FORMATS.values():
            with tempfile.TemporaryDirectory() as folder:
                cells.append(max(deviate(net, Path(folder) / "made") for net in nets))
        print(f"| {kind} | {len(nets)} | {' | '.join(f'{c:.0e}' for c in cells)} |", flush=True)


if __name__ == "__main__":
    main()
