"""Numbers from the engine's own generator: the same seed and stream give the same bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .abi import lib
from .arrays import as_size, as_text

__all__ = ["normal", "uniform"]


def _draw(function: Callable[..., int], size: int, seed: int, stream: str) -> np.ndarray:
    values = np.empty(as_size(size, "size"))
    function(as_size(seed, "seed", unsigned=True), as_text(stream, "stream"), values, values.size)
    return values


def normal(size: int, seed: int = 0, stream: str = "numbers") -> np.ndarray:
    """Return normal numbers of mean 0 and deviation 1; streams of other names are independent."""
    return _draw(lib.bt_random_normal, size, seed, stream)


def uniform(size: int, seed: int = 0, stream: str = "numbers") -> np.ndarray:
    """Return numbers uniform in [0, 1); streams of other names are independent."""
    return _draw(lib.bt_random_uniform, size, seed, stream)
