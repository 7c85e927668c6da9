"""Files that are written whole or not at all, and read without trust in what they are."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from .errors import ArgumentError, FileError

# Bytes of what has no size: pipes, devices.
_MOST = 1 << 30
_PART = 1 << 20


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file beside another, which then takes its place, as the engine does.

    A link is followed; a device or a pipe, which nothing can take the place of, is written to. The
    permissions of an old file are kept.

    Raises
    ------
    FileError
        The file cannot be written (an OSError); an old file of that name is left as it was.
    """
    name = os.fsdecode(path)
    try:
        target = os.path.realpath(name)
        mode = _mode(target)
        if mode is None or stat.S_ISREG(mode):
            _replace(target, content, mode)
        else:
            with open(target, "wb") as file:
                file.write(content)
    except (OSError, ValueError) as error:
        raise FileError(f"{name}: cannot be written, {_reason(error)}") from error


def read_whole(
    path: str | os.PathLike, what: str = "text", refused: Mapping[bytes, str] | None = None
) -> bytes:
    """Read a file that holds text: no more than it had when it was opened, 1 GiB of a pipe.

    Files that begin as one of those `refused` are told in its words.

    Raises
    ------
    FileError
        It cannot be read (an OSError), or became shorter meanwhile.
    ArgumentError
        A zero byte, which no text has and a device may have without end; or a pipe without end.
    """
    name = os.fsdecode(path)
    try:
        with open(name, "rb") as file:
            found = os.fstat(file.fileno())
            is_file = stat.S_ISREG(found.st_mode)
            # Files of /proc say 0.
            size = found.st_size if is_file and found.st_size else _MOST
            content = _read(file, size, name, what, refused or {})
            if is_file and found.st_size > len(content):
                raise FileError(
                    f"{name}: cannot be read, it became shorter meanwhile: {len(content)} of"
                    f" {found.st_size} bytes came"
                )
            if not is_file and len(content) == size and file.read(1):
                raise ArgumentError(f"{name}: more than {_MOST} bytes came, and it did not end")
            return content
    except (OSError, ValueError) as error:
        if isinstance(error, (FileError, ArgumentError)):
            raise
        raise FileError(f"{name}: cannot be read, {_reason(error)}") from error


def _read(file: BinaryIO, size: int, name: str, what: str, refused: Mapping[bytes, str]) -> bytes:
    parts: list[bytes] = []
    while size > 0:
        part = file.read(min(size, _PART))
        if not part:
            break
        for beginning, words in refused.items():
            if not parts and part.startswith(beginning):
                raise ArgumentError(f"{name}: {words}")
        if b"\0" in part:
            raise ArgumentError(f"{name}: no {what}, it holds zero bytes")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _replace(target: str, content: bytes, mode: int | None) -> None:
    beside = _neighbour(target)
    try:
        with open(beside, "xb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(file.fileno(), mode & 0o777)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _neighbour(target: str) -> Path:
    """Return a free name in the folder of a file: a short one, whatever the length of its own."""
    folder = Path(target).parent
    own = f".backtune-{os.getpid()}-{threading.get_ident()}"
    for number in range(100):
        name = folder / f"{own}-{number}"
        if not os.path.lexists(name):
            break
    return name


def _mode(path: str) -> int | None:
    """Return the mode of what is there, None for nothing."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
