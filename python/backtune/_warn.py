"""Warnings that point at the caller's line, not at ours."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from .errors import BacktuneWarning


def warn(message: str) -> None:
    """Warn at the nearest line outside this package."""
    level = 2
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("backtune"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, BacktuneWarning, stacklevel=level)
