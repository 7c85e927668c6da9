"""Weights of recurrent networks from input and output sequences.

After "Backward tuning" (report RR-9100): networks are described by units or by groups of one's own
(`Network`), run over sequences (`Network.simulate`), and their weights adjusted until the outputs
come near to desired ones (`Estimator`).
"""

from . import (
    closed_forms,
    criteria,
    datasets,
    experiments,
    interop,
    observables,
    random,
    regularisation,
    topology,
)
from ._results import Connections, ObservableMeans
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
)
from .estimator import Estimator
from .functions import Function, softplus, upsilon, zeta
from .group import Group
from .identify import IdentificationReport, IdentifiedModel, Trial, identify
from .network import Network
from .networks import (
    aif_network,
    gru_network,
    linear_network,
    lnl_network,
    lstm_network,
    softmax_network,
    sparse_lnl_network,
    strongly_typed_network,
)
from .source import SELF, Source
from .trace import Decay, Report, Trace, decay_fit
from .uncertainty import Uncertainty
from .weights import Weights

__all__ = [
    "SELF",
    "ArgumentError",
    "BacktuneError",
    "BusyError",
    "Connections",
    "Decay",
    "Estimator",
    "FileError",
    "Function",
    "Group",
    "HandleError",
    "IdentificationReport",
    "IdentifiedModel",
    "Network",
    "NetworkError",
    "ObservableMeans",
    "OutOfMemoryError",
    "Report",
    "SizeError",
    "Source",
    "StateError",
    "Trace",
    "Uncertainty",
    "Trial",
    "Weights",
    "__version__",
    "aif_network",
    "closed_forms",
    "criteria",
    "datasets",
    "decay_fit",
    "experiments",
    "gru_network",
    "identify",
    "interop",
    "linear_network",
    "lnl_network",
    "lstm_network",
    "observables",
    "random",
    "regularisation",
    "softmax_network",
    "softplus",
    "sparse_lnl_network",
    "strongly_typed_network",
    "topology",
    "upsilon",
    "zeta",
]
