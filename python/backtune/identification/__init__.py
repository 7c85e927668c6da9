"""System identification: from records of inputs and outputs to a fitted model."""

from .member import Member
from .model import IdentifiedModel
from .recipe import identify
from .report import IdentificationReport, Trial

__all__ = ["IdentificationReport", "IdentifiedModel", "Member", "Trial", "identify"]
