"""Weights from and to other libraries."""

from .networks.interop import *  # noqa: F403
from .networks.interop import __all__ as __all__
