"""Weights held while others are adjusted."""

from __future__ import annotations

from typing import Any

import numpy as np


def hold_others(transform: Any, net: Any, free: set[tuple[int, int]]) -> None:
    """Fix all weights of a network but those of some nodes and kernels of its transform."""
    keep: dict[str, np.ndarray] = {}
    for n, d in free:
        name, index, _ = transform._slot(n, d)
        keep.setdefault(name, np.ones_like(net.weights[name], dtype=bool))[index] = False
    for name in list(net.weights):
        net.weights.constrain(name, fixed=keep.get(name, True))
