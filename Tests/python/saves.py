"""Everything that writes a file, each with two contents."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import backtune as bt
import identified_cases as cases
import numpy as np
from backtune.command import main
from backtune.experiments._store import Store


@dataclass
class Save:
    """Something that writes a file.

    Attributes
    ----------
    write : callable
        Given the path and 0 or 1, which of two contents.
    suffix : str
    """

    write: Callable[[str, int], Any]
    suffix: str = ""


def _networks() -> list[bt.Network]:
    return [bt.lnl_network(24, inputs=1, outputs=1).randomize(seed) for seed in (1, 2)]


def _network() -> Save:
    nets = _networks()
    return Save(lambda path, which: nets[which].save(path))


def _exported(suffix: str, **options: Any) -> Callable[[], Save]:
    def make() -> Save:
        nets = _networks()
        return Save(lambda path, which: nets[which].export(path, **options), suffix)

    return make


def _identified() -> Save:
    models = [cases.model_of([cases.state_space(A), cases.arx(A)] * 8) for A in (0.8, 0.7)]
    return Save(lambda path, which: models[which].save(path))


def _command(folder: Path) -> Save:
    for which, net in enumerate(_networks()):
        net.input_names, net.output_names = ["u"], ["y"]
        net.save(folder / f"model{which}.json")
    rows = "\n".join(map(repr, bt.random.normal(2000, seed=1).tolist()))
    (folder / "data.csv").write_text(f"u\n{rows}\n")

    def write(path: str, which: int) -> None:
        given = [str(folder / f"model{which}.json"), str(folder / "data.csv")]
        if main(["simulate", *given, "--out", path]) != 0:
            raise OSError("the command failed")

    return Save(write)


def _experiment() -> Save:
    def write(path: str, which: int) -> None:
        store = Store(Path(path))
        store._lines.clear()
        store.add({"which": which}, {"values": [which] * 4000}, (1.0, 1.0))

    return Save(write)


def _series() -> Save:
    series = [bt.mnemonas.BufferedInput(np.full((3000, 1), float(k))) for k in (1, 2)]
    return Save(lambda path, which: series[which].save(path.removesuffix(".csv"), "csv"), ".csv")


KINDS: dict[str, Callable[..., Save]] = {
    "network": _network,
    "c": _exported(".c"),
    "fmu": _exported(".fmu"),
    "onnx": _exported(".onnx"),
    "model": _identified,
    "command": _command,
    "experiment": _experiment,
    "series": _series,
}


def make(kind: str, folder: Path) -> tuple[Save, str]:
    """Make what saves, and the path of its file in an empty folder."""
    inside = folder / "files"
    inside.mkdir()
    item = KINDS[kind](folder) if kind == "command" else KINDS[kind]()
    return item, os.fspath(inside / f"kept{item.suffix}")
