"""Observables: time means that a network is to reproduce, for `criteria.Observables`."""

from .estimation.observables import *  # noqa: F403
from .estimation.observables import __all__ as __all__
