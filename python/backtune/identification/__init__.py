"""System identification: from records of inputs and outputs to a fitted model."""

from .confidence import ModelUncertainty
from .linearisation import LinearSystem
from .member import Member
from .model import IdentifiedModel
from .recipe import identify
from .report import IdentificationReport, Trial
from .responses import FrequencyResponse

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
