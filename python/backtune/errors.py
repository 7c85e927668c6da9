"""Exceptions: one base, and a class per kind of failure, each also a built-in exception."""

from ._engine.errors import *  # noqa: F403
from ._engine.errors import __all__ as __all__
