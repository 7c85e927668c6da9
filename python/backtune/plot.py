"""Figures. matplotlib is imported when one is drawn."""

from .display.plots import *  # noqa: F403
from .display.plots import __all__ as __all__
