"""Print how far exports are from the engine: the largest deviation of every unit, in every format.

Every unit of the engine's table with its defaults and with everything that its table lists, one by
one (Tests/python/export_cases.py), 60 steps of random inputs; absolute up to 1, relative above.
Formats that do not say all of them: of how many it is, before the deviation. It needs the extra
backtune[onnx], and PyTorch.

usage: python benchmarks/export_units.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import backtune as bt
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "python"))
import export_cases
import fmu_cases
import onnx_cases


def in_c(net: bt.Network, folder: Path, **options: Any) -> float:
    """Compile the exported C and run it."""
    u = export_cases.inputs_of(net)
    return export_cases.deviation(export_cases.Program(net, folder, **options)(u), net.simulate(u))


def in_onnx(net: bt.Network, folder: Path, **options: Any) -> float:
    """Run the exported ONNX by onnxruntime."""
    u = export_cases.inputs_of(net)
    return export_cases.deviation(onnx_cases.Model(net, **options)(u), net.simulate(u))


def in_torch(net: bt.Network, folder: Path) -> float:
    """Run the module of torch."""
    import torch

    u = export_cases.inputs_of(net)
    with torch.no_grad():
        found = bt.interop.to_torch_module(net)(torch.tensor(u))
    return export_cases.deviation(np.asarray(found), net.simulate(u))


FORMATS = {
    "C, double": in_c,
    "C, float": lambda net, folder: in_c(net, folder, precision="float"),
    "FMU": fmu_cases.farthest,
    "ONNX, double": in_onnx,
    "ONNX, float": lambda net, folder: in_onnx(net, folder, precision="float"),
    "ONNX, nodes": lambda net, folder: in_onnx(net, folder, form="rnn"),
    "torch": in_torch,
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
            found = []
            for net in nets:
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        found.append(deviate(net, Path(folder) / "made"))
                    except (bt.NetworkError, bt.ArgumentError):  # it does not say that
                        continue
            count = "" if len(found) == len(nets) else f"{len(found)}: "
            cells.append(f"{count}{max(found):.0e}" if found else "")
        print(f"| {kind} | {len(nets)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
