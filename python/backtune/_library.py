"""Finds and loads the engine, once, when the package is imported."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from ._cpu import V3_FOLDER, supports_v3

#: BT_ABI_NUMBER of the header that this package was written for.
ABI_NUMBER = 1

_FILE = "libbacktune.so.1"
_VARIABLE = "BACKTUNE_LIBRARY"


def candidates(environment: str | None, folder: Path, v3: bool) -> list[Path]:
    """List the paths to try, best first: that of BACKTUNE_LIBRARY, else those in the package."""
    if environment:
        return [Path(environment)]
    return ([folder / V3_FOLDER / _FILE] if v3 else []) + [folder / _FILE]


def load() -> ctypes.CDLL:
    """Load the engine.

    Raises
    ------
    ImportError
        No library at any of the paths (the message lists them), or one of another ABI.
    """
    folder = Path(__file__).parent / "lib"
    paths = candidates(os.environ.get(_VARIABLE), folder, supports_v3())
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        tried = "".join(f"\n  {path}" for path in paths)
        hint = ""
        if not supports_v3() and (folder / V3_FOLDER / _FILE).is_file():
            hint = (
                "\nThe build for processors with AVX2 and FMA is there, but this one lacks them:"
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
