"""What several closed forms are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..._engine.arrays import as_float, as_number, as_size
from ..._engine.errors import ArgumentError, SizeError
from ..functions import FunctionLike, upsilon
from ..group import Group
from ..network import Network

#: Largest delay of a step or clock by a threshold: the values below it differ from 1/2 by about
#: 2^-delay, and rounding must not reach that.
LONGEST_DELAY = 48


def threshold(sharpness: float | None) -> FunctionLike:
    """Return Y, or the smooth threshold of that sharpness."""
    if sharpness is None:
        return "step"
    w = as_number(sharpness, "sharpness")
    if not w > 0:
        raise ArgumentError(f"sharpness: {w} came, expected more than 0")
    return upsilon(w)


def as_delay(value: object, what: str = "delay", least: int = 0, most: int = LONGEST_DELAY) -> int:
    """Read a number of time steps that a threshold can wait."""
    delay = as_size(value, what)
    if not least <= delay <= most:
        raise ArgumentError(f"{what}: {delay} came, expected {least} to {most} time steps")
    return delay


def as_values(values: ArrayLike) -> np.ndarray:
    """Read a sequence to generate, of shape (T, outputs)."""
    array = as_float(values, "values")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise SizeError(f"values: shape {array.shape}, expected (time,) or (time, outputs)")
    if not np.all(np.isfinite(array)):
        raise ArgumentError("values: not all finite")
    return array


def step_gain(delay: int) -> float:
    """Return h = 1 / (4 (1 - 2^(1/2 - tau))) of the report, for tau = delay + 1.

    2 h (1 - 2^-t) exceeds 1/2 first at t = tau. From 0.85 at delay 0 it falls towards 1/4.
    """
    return 0.25 / (1 - 2.0 ** (-0.5 - as_delay(delay)))


def add_clock(
    net: Network, delay: int, step: FunctionLike, mark: str = ""
) -> tuple[Group, dict[str, float]]:
    """Add the group c, above 1/2 at t = delay only, and what it needs; with its weights."""
    d, p, q = (net.firmware(1, name + mark) for name in "dpq")
    c = net.learnware(1, "c" + mark)
    d.add(1, d.lag(1)).add(1, (step, c.lag(1)))
    add_reset(p, c, step)
    q.add(1).add(-1, (step, d.lag(0)))
    c.connect(p.lag(0), "g", form="diagonal").connect(q.lag(0), "h", form="diagonal")
    return c, {f"{c.name}.g": 1.0, f"{c.name}.h": step_gain(delay)}


def add_reset(p: Group, s: Group, step: FunctionLike) -> None:
    """Let p be (1 - Y(s(t-1))) s(t-1) / 2: the half of s, or 0 after it was above 1/2."""
    p.add(0.5, s.lag(1)).add(-0.5, (step, s.lag(1)), s.lag(1))


def add_choice(x: Group, gate: tuple, opened: tuple, shut: tuple) -> Group:
    """Let x be the product of `opened` where the gate is 1, that of `shut` where it is 0."""
    return x.add(1, *shut).add(-1, gate, *shut).add(1, gate, *opened)


def observed(net: Network, s: Group, step: FunctionLike) -> Network:
    """Observe y = Y(s)."""
    return net.observe(net.firmware(s.size, "y").add(1, (step, s.lag(0))))
