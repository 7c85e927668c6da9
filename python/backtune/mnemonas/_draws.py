"""Random numbers as the original asks for them: by seed, from the clock, or going on."""

from __future__ import annotations

import itertools
import time

import numpy as np

from .._engine import random

_following = itertools.count()


def next_seed(seed: int | None = None) -> int:
    """Return the seed itself; -1: from the clock; None: the next of this program."""
    if seed is None:
        return next(_following)
    return time.time_ns() if seed == -1 else seed


def normal(size: int, seed: int | None = None) -> np.ndarray:
    """Return normal numbers of mean 0 and deviation 1."""
    return random.normal(size, seed=next_seed(seed), stream="mnemonas")


def uniform(size: int, seed: int | None = None) -> np.ndarray:
    """Return numbers uniform in [0, 1)."""
    return random.uniform(size, seed=next_seed(seed), stream="mnemonas")
