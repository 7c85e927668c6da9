"""Weights of recurrent networks from input and output sequences.

After "Backward tuning" (report RR-9100): networks are described by units or by groups of one's own
(`Network`), run over sequences (`Network.simulate`), and their weights adjusted until the outputs
come near to desired ones (`Estimator`).
"""

from . import datasets, random
from ._version import __version__
from .errors import (
    ArgumentError,
    BacktuneError,
    BusyError,
    FileError,
    HandleError,
    NetworkError,
    OutOfMemoryError,
    SizeError,
    StateError,
    StoppedError,
)
from .estimator import Estimator
from .functions import Function, softplus, upsilon, zeta
from .group import Group
from .network import Network
from .networks import linear_network, lnl_network
from .source import SELF, Source
from .trace import Decay, Report, Trace, decay_fit
from .weights import Weights

__all__ = [
    "SELF",
    "ArgumentError",
    "BacktuneError",
    "BusyError",
    "Decay",
    "Estimator",
    "FileError",
    "Function",
    "Group",
    "HandleError",
    "Network",
    "NetworkError",
    "OutOfMemoryError",
    "Report",
    "SizeError",
    "Source",
    "StateError",
    "StoppedError",
    "Trace",
    "Weights",
    "__version__",
    "datasets",
    "decay_fit",
    "linear_network",
    "lnl_network",
    "random",
    "softplus",
    "upsilon",
    "zeta",
]
