"""Weights of recurrent networks from input and output sequences.

After "Backward tuning" (report RR-9100): networks are described by units or by groups of one's own
(`Network`), run over sequences (`Network.simulate`), and their weights adjusted until the outputs
come near to desired ones (`Estimator`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from . import (
    closed_forms,
    criteria,
    datasets,
    errors,
    interop,
    observables,
    plot,
    random,
    regularisation,
    topology,
)
from . import display as _display  # noqa: F401  (it shows networks and traces)
from ._engine.data.loaded import Recordings
from ._engine.earlier import install as _install
from ._engine.errors import (
    ArgumentError,
    BacktuneError,
    BacktuneWarning,
    BusyError,
    FileError,
    HandleError,
    LoaderError,
    NetworkError,
    OutOfMemoryError,
    ProcessesError,
    SizeError,
    StateError,
)
from ._engine.threads import get_threads, set_threads
from ._engine.version import __version__
from .estimation.estimator import Estimator
from .estimation.input_model import InputModel
from .estimation.online import OnlineEstimator
from .estimation.results import Connections, ObservableMeans
from .estimation.trace import Decay, Report, Trace, decay_fit
from .estimation.uncertainty import Uncertainty
from .networks.functions import Function, softplus, upsilon, zeta
from .networks.group import Group
from .networks.modelled import ModelledNetwork
from .networks.network import Network
from .networks.source import SELF, Source
from .networks.standard import (
    aif_network,
    gru_network,
    linear_network,
    lnl_network,
    lstm_network,
    softmax_network,
    sparse_lnl_network,
    strongly_typed_network,
)
from .networks.stream import Stream
from .networks.unit_options import unit_options
from .networks.weights import Weights

_install()

if TYPE_CHECKING:
    from . import experiments as experiments
    from . import identification as identification
    from . import mnemonas as mnemonas
    from . import mpi as mpi
    from .forecasting.forecast import Forecast as Forecast
    from .forecasting.forecast import ForecastErrors as ForecastErrors
    from .forecasting.forecast import forecast as forecast
    from .identification import IdentificationReport as IdentificationReport
    from .identification import IdentifiedModel as IdentifiedModel
    from .identification import Trial as Trial
    from .identification import identify as identify
    from .sklearn import RecurrentClassifier as RecurrentClassifier
    from .sklearn import RecurrentForecaster as RecurrentForecaster
    from .sklearn import RecurrentRegressor as RecurrentRegressor

__all__ = [
    "SELF",
    "ArgumentError",
    "BacktuneError",
    "BacktuneWarning",
    "BusyError",
    "Connections",
    "Decay",
    "Estimator",
    "FileError",
    "Forecast",
    "ForecastErrors",
    "Function",
    "Group",
    "HandleError",
    "IdentificationReport",
    "IdentifiedModel",
    "InputModel",
    "LoaderError",
    "ModelledNetwork",
    "Network",
    "NetworkError",
    "ObservableMeans",
    "OnlineEstimator",
    "OutOfMemoryError",
    "ProcessesError",
    "Recordings",
    "Report",
    "SizeError",
    "Source",
    "StateError",
    "Stream",
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
    "errors",
    "experiments",
    "forecast",
    "get_threads",
    "gru_network",
    "identify",
    "interop",
    "linear_network",
    "lnl_network",
    "lstm_network",
    "mnemonas",
    "mpi",
    "observables",
    "plot",
    "random",
    "regularisation",
    "set_threads",
    "softmax_network",
    "softplus",
    "sparse_lnl_network",
    "strongly_typed_network",
    "topology",
    "unit_options",
    "upsilon",
    "zeta",
]

# Loaded when they are asked for, to be quick: few programs use all, and some need scikit-learn.
_LATER = {
    "experiments": "experiments",
    "identification": "identification",
    "mnemonas": "mnemonas",
    "mpi": "mpi",
    "Forecast": "forecasting.forecast",
    "ForecastErrors": "forecasting.forecast",
    "forecast": "forecasting.forecast",
    "IdentificationReport": "identification",
    "IdentifiedModel": "identification",
    "Trial": "identification",
    "identify": "identification",
    "RecurrentClassifier": "sklearn",
    "RecurrentForecaster": "sklearn",
    "RecurrentRegressor": "sklearn",
}


if not TYPE_CHECKING:  # a checker knows the names above, and tells which there are not

    def __getattr__(name: str) -> object:
        if name in _LATER:
            module = importlib.import_module(f".{_LATER[name]}", __name__)
            return module if name == _LATER[name] else getattr(module, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_LATER})
