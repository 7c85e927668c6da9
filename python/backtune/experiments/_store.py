"""Finished runs on disk: an interrupted experiment goes on where it stopped."""

from __future__ import annotations

import json
import math
from pathlib import Path

from .._engine.errors import FileError
from .._engine.files import read_whole, write_whole
from .._engine.version import __version__
from ._base import Parameters, Record


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there as a whole or not at all; text as UTF-8."""
    write_whole(path, content.encode() if isinstance(content, str) else content)


def make_folder(path: Path) -> Path:
    """Make a folder, and tell clearly where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise FileError(f"{path}: no folder to write to, {error.strerror}") from error
    return path


def plain(value: object) -> object:
    """Turn numpy's numbers into Python's, and those that JSON has not into None."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Store:
    """The finished runs of one experiment: a file of JSON, one line a run.

    A line holds the version of the package, the parameters of the run, what was measured, and the
    seconds it took, by the clock and of the processor. Lines that cannot be read, or of another
    version, are left where they are.

    Parameters
    ----------
    path : Path
        Need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []
        self._runs: dict[str, Record] = {}
        try:
            text = read_whole(path).decode("utf-8") if path.exists() else ""
        except (OSError, ValueError) as error:
            raise FileError(f"{path}: cannot be read, {error}") from error
        for line in text.splitlines():
            self._lines.append(line)
            self._take(line)

    def _take(self, line: str) -> None:
        try:
            run = json.loads(line)
            if run["version"] == __version__:
                self._runs[_key(run["parameters"])] = run
        except (ValueError, KeyError, TypeError, RecursionError):
            pass

    def find(self, parameters: Parameters) -> Record | None:
        """Return a finished run, parameters and measured values together, or None."""
        return self.record(parameters) if _key(parameters) in self._runs else None

    def record(self, parameters: Parameters) -> Record:
        """Return a run that is there."""
        run = self._runs[_key(parameters)]
        return {**run["parameters"], **run["measured"]}

    def seconds(self, parameters: Parameters) -> tuple[float, float]:
        """Return how long a finished run took, by the clock and of the processor."""
        clock, processor = self._runs[_key(parameters)]["seconds"]
        return clock, processor

    def add(self, parameters: Parameters, measured: Record, seconds: tuple[float, float]) -> None:
        """Keep a run; the file is written anew, and holds it when this returns."""
        run = {
            "version": __version__,
            "parameters": plain(parameters),
            "measured": plain(measured),
            "seconds": [round(value, 3) for value in seconds],
        }
        self._lines.append(json.dumps(run))
        self._take(self._lines[-1])
        write_aside(self._path, "".join(f"{line}\n" for line in self._lines))


def _key(parameters: Parameters) -> str:
    return json.dumps(plain(parameters), sort_keys=True)
