"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import FileError


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file beside another, which then takes its place.

    Raises
    ------
    FileError
        The file cannot be written (an OSError); an old file of that name is left as it was.
    """
    name = Path(os.fsdecode(path))
    beside = name.with_name(f"{name.name}.{os.getpid()}.new")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, name)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"{name}: cannot be written, {error.strerror}") from error
