"""Warnings that point at the caller's line, not at ours."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import BacktuneWarning

_thread = threading.local()
# Functions that choose by the kind of an argument are called from there.
_OURS = ("backtune", "functools")


@contextmanager
def quiet() -> Iterator[None]:
    """Say nothing on this thread of what the engine notes of data: they are not the user's own."""
    before = is_quiet()
    _thread.quiet = True
    try:
        yield
    finally:
        _thread.quiet = before


def is_quiet() -> bool:
    """Tell whether this thread is in `quiet`."""
    return getattr(_thread, "quiet", False)


def warn(message: str, kind: type[Warning] = BacktuneWarning) -> None:
    """Warn at the nearest line outside this package."""
    level = 2
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, kind, stacklevel=level)
