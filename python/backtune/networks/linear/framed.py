"""A network in units and on a clock of its own: what linear models are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..._engine.data.front import Front
from ..._engine.data.scales import Scale
from ..simulation import SimulatingNetwork


class Framed(Protocol):
    """A network, what stands between it and its user, and where it rests."""

    @property
    def net(self) -> SimulatingNetwork:
        """The network, in deviations and on the clock of `front`."""

    @property
    def front(self) -> Front:
        """The units and the clock of the user."""

    @property
    def rest(self) -> np.ndarray | None:
        """The state of which nothing is known; None: what the network itself says."""

    def resting(self, inputs: np.ndarray) -> np.ndarray | None:
        """Return the state of a run of inputs (T, M), of the network, without known outputs."""


@dataclass(frozen=True)
class Plain:
    """A network as it is, which starts by itself."""

    net: SimulatingNetwork
    rest: None = None

    @property
    def front(self) -> Front:
        """Units and clock of the network."""
        u, y = (Scale(np.zeros(n), np.ones(n)) for n in (self.net.inputs, self.net.outputs))
        return Front(u, y, np.zeros(self.net.inputs, dtype=int))

    def resting(self, inputs: np.ndarray) -> None:
        """Return nothing: the network says where it starts."""
