"""Masks of connections between nodes in rows or in two-dimensional sheets."""

from .networks.topology import *  # noqa: F403
from .networks.topology import __all__ as __all__
