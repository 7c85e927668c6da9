"""Sequences to try estimation on."""

from .lorenz import lorenz
from .mackey_glass import mackey_glass
from .narma10 import narma10
from .reverse_engineering import reverse_engineering
from .sierpinski import sierpinski
from .spiking import spiking
from .sunspots import sunspots

__all__ = [
    "lorenz",
    "mackey_glass",
    "narma10",
    "reverse_engineering",
    "sierpinski",
    "spiking",
    "sunspots",
]
