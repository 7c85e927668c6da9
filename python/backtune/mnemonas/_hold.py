"""Weights held while others are adjusted."""

from __future__ import annotations

import numpy as np

from ..networks.network import Network
from .kernel_transform import KernelTransform


def hold_others(transform: KernelTransform, net: Network, free: set[tuple[int, int]]) -> None:
    """Fix all weights of a network but those of some nodes and kernels of its transform."""
    keep: dict[str, np.ndarray] = {}
    for n, d in free:
        name, index, _ = transform._slot(n, d)
        keep.setdefault(name, np.ones_like(net.weights[name], dtype=bool))[index] = False
    for name in list(net.weights):
        net.weights.constrain(name, fixed=keep.get(name, True))
