"""Networks that forecast a series: what they read of it, and how they are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..networks.network import Network

#: Names of groups: what is observed, what is added to it, what the weights make of the past.
SERIES, INNOVATION, CHANGE, HIDDEN = "y", "innovation", "f", "h"


@dataclass(frozen=True)
class Shape:
    """What a network reads of the past of a series.

    Attributes
    ----------
    lags : tuple of int
        Of the (differenced) series.
    differences : tuple of int
        Lags that the series is differenced at, one after the other: (1, 12) is the change within a
        step of the change within twelve.
    hidden : int
        Nodes of the tanh layer; 0: linear.
    recurrent : bool
        Whether that layer reads itself, one step ago.
    log : bool
        Whether it is the logarithm of the series.
    input_lags : int
        Largest lag of known inputs.
    """

    lags: tuple[int, ...]
    differences: tuple[int, ...] = ()
    hidden: int = 0
    recurrent: bool = False
    log: bool = False
    input_lags: int = 1

    @property
    def carried(self) -> dict[int, float]:
        """How much of the series at each lag is carried over: y = that + what the weights make."""
        polynomial = np.ones(1)
        for lag in self.differences:
            factor = np.zeros(lag + 1)
            factor[0], factor[-1] = 1, -1
            polynomial = np.convolve(polynomial, factor)
        return {int(k): -float(polynomial[k]) for k in np.flatnonzero(polynomial) if k}

    @property
    def reach(self) -> int:
        """The largest lag of the series."""
        return max(self.lags) + sum(self.differences)

    def __str__(self) -> str:
        lags = ", ".join(map(str, self.lags))
        parts = [f"lags {lags}"]
        if self.log:
            parts.append("of the logarithm")
        if self.differences:
            parts.append(f"differenced at {', '.join(map(str, self.differences))}")
        layer = "recurrent tanh nodes" if self.recurrent else "tanh nodes"
        parts.append(f"{self.hidden} {layer}" if self.hidden else "linear")
        return ", ".join(parts)


def build(shape: Shape, inputs: int, deviation: np.ndarray) -> Network:
    """Make the network: y = what is carried over + deviation * f(past, inputs) + innovation.

    All that it reads of its outputs is measured where it is known. The group `INNOVATION` stands
    for an input that is 0 unless values are given for it: what a simulation adds to y at each step,
    and feeds back.

    Parameters
    ----------
    deviation : array of shape (O,)
        Of the series differenced.
    """
    count = len(deviation)
    net = Network(inputs)
    change = net.learnware(count, CHANGE, bias=True)
    series = net.learnware(count, SERIES)
    added = net.firmware(count, INNOVATION).add(0.0)
    series.connect(change.lag(0), "scale", form="diagonal")
    source = added.measured(stands_for_input=True).lag(0)
    series.connect(source, "innovation", form="diagonal")
    fixed: dict[str, ArrayLike] = {f"{SERIES}.scale": deviation, f"{SERIES}.innovation": 1.0}
    past = {0: 1.0, **{lag: -part for lag, part in shape.carried.items()}}
    for lag, part in shape.carried.items():
        series.connect(series.measured().lag(lag), f"carry{lag}", form="diagonal")
        fixed[f"{SERIES}.carry{lag}"] = part
    readers = [change]
    if shape.hidden:
        before = net.learnware(shape.hidden, f"{HIDDEN}.v", bias=True)
        layer = net.firmware(shape.hidden, HIDDEN).add(1.0, ("tanh", before.lag(0)))
        change.connect(layer.lag(0), "C")
        if shape.recurrent:
            before.connect(layer.lag(1), "W")
        readers.append(before)
    for lag in shape.lags:
        if shape.differences:
            group = net.learnware(count, f"z{lag}")
            for other, part in past.items():
                role = f"m{other}"
                group.connect(series.measured().lag(lag + other), role, form="diagonal")
                fixed[f"z{lag}.{role}"] = part / deviation
            source = group.lag(0)
        else:
            source = series.measured().lag(lag)
        for reader in readers:
            reader.connect(source, f"K{lag}")
    if inputs:
        for lag in range(shape.input_lags + 1):
            for reader in readers:
                reader.connect(net.input.lag(lag), f"B{lag}")
    net.observe(series)
    net.weights = fixed
    for name in fixed:
        net.weights.constrain(name, fixed=True)
    return net
