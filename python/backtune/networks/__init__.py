"""Networks: groups and their weights, units, simulation and prediction, streams, other forms.

The functions here make whole networks, ready for an `Estimator`.
"""

from .standard import (
    aif_network,
    gru_network,
    linear_network,
    lnl_network,
    lstm_network,
    softmax_network,
    sparse_lnl_network,
    strongly_typed_network,
)

__all__ = [
    "aif_network",
    "gru_network",
    "linear_network",
    "lnl_network",
    "lstm_network",
    "softmax_network",
    "sparse_lnl_network",
    "strongly_typed_network",
]
