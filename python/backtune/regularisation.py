"""What weights and activities are to be besides: regularisations for `Estimator`."""

from .estimation.regularisation import *  # noqa: F403
from .estimation.regularisation import __all__ as __all__
