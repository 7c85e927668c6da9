"""Sequences to try estimation on."""

from .reverse_engineering import reverse_engineering
from .sierpinski import sierpinski
from .sunspots import sunspots

__all__ = ["reverse_engineering", "sierpinski", "sunspots"]
