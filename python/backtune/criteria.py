"""What outputs are asked to do: criteria for `Estimator`."""

from .estimation.criteria import *  # noqa: F403
from .estimation.criteria import __all__ as __all__
