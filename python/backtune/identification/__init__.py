"""System identification: from records of inputs and outputs to a fitted model."""

from ..estimation.linear_uncertainty import ModelUncertainty
from ..networks.linear.responses import FrequencyResponse
from ..networks.linear.system import LinearSystem
from . import shown as _shown  # noqa: F401  (it shows models and reports)
from .member import Member
from .model import IdentifiedModel
from .recipe import identify
from .report import IdentificationReport, Trial

__all__ = [
    "FrequencyResponse",
    "IdentificationReport",
    "IdentifiedModel",
    "LinearSystem",
    "Member",
    "ModelUncertainty",
    "Trial",
    "identify",
]
