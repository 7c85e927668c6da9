"""Estimators for scikit-learn, which is needed here: ``pip install backtune[sklearn]``.

`RecurrentRegressor`, `RecurrentClassifier` and `RecurrentForecaster` are
``backtune.RecurrentRegressor`` ... too. The rows of X are time steps in their order; a list of
arrays (T, M) is a list of sequences.
"""

from __future__ import annotations

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the estimators for scikit-learn need it: pip install backtune[sklearn]"
    ) from error

from ._checks import EXPECTED_FAILED_CHECKS
from ._classifier import RecurrentClassifier
from ._forecaster import RecurrentForecaster
from ._regressor import RecurrentRegressor

__all__ = [
    "EXPECTED_FAILED_CHECKS",
    "RecurrentClassifier",
    "RecurrentForecaster",
    "RecurrentRegressor",
]
