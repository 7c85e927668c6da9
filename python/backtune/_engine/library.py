"""Finds and loads the engine, once, when the package is imported."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

from .cpu import LEVELS, supported_levels

#: BT_ABI_NUMBER of the header that this package was written for.
ABI_NUMBER = 1

_FILE = "libbacktune.so.1"
_VARIABLE = "BACKTUNE_LIBRARY"


def candidates(environment: str | None, folder: Path, levels: Sequence[str]) -> list[Path]:
    """List the paths to try, best first: that of BACKTUNE_LIBRARY, else those in the package."""
    if environment:
        return [Path(environment)]
    return [folder / level / _FILE for level in levels] + [folder / _FILE]


def load() -> ctypes.CDLL:
    """Load the engine.

    Raises
    ------
    ImportError
        No library at any of the paths (the message lists them), or one of another ABI.
    """
    folder = Path(__file__).parent.parent / "lib"
    levels = supported_levels()
    paths = candidates(os.environ.get(_VARIABLE), folder, levels)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        tried = "".join(f"\n  {path}" for path in paths)
        hint = ""
        others = [level for level in LEVELS if (folder / level / _FILE).is_file()]
        if others:
            hint = (
                f"\nThere is a build for {' and '.join(others)}, which this processor does not run:"
                " build a wheel with BACKTUNE_PORTABLE=1."
            )
        raise ImportError(
            f"backtune: the engine was not found. Tried:{tried}{hint}\n"
            f"Install the package with pip, or set {_VARIABLE} to the path of {_FILE}."
        )
    try:
        library = ctypes.CDLL(os.fspath(path))
    except OSError as error:
        raise ImportError(f"backtune: {path} cannot be loaded: {error}") from error
    _check_abi(library, path)
    return library


def _check_abi(library: ctypes.CDLL, path: Path) -> None:
    try:
        function = library.bt_abi_number
    except AttributeError:
        raise ImportError(f"backtune: {path} is not a backtune library") from None
    function.restype = ctypes.c_int32
    function.argtypes = []
    if function() != ABI_NUMBER:
        raise ImportError(
            f"backtune: {path} has ABI number {function()}, this package needs {ABI_NUMBER}:"
            " the library and the Python package are of different versions"
        )
