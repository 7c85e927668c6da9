"""Networks as members: in units of their own, on their own clock, without dead times."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine.data.scales import Scale
from ..networks.network import Network
from .confidence import ModelUncertainty, of_weights
from .front import Front
from .linearisation import LinearSystem, linearised
from .member import Member
from .report import Trial


def member_of(net: Network) -> Member:
    """Return a network as a member that starts as the network does."""
    front = Front(_own(net.inputs), _own(net.outputs), np.zeros(net.inputs, dtype=int))
    trial = Trial(*(0, 0, 0, 0.0, 0, np.nan, None, 0.0))
    return Member(net, "output error", front, [None], None, None, False, np.full(4, np.nan), trial)


def _own(channels: int) -> Scale:
    return Scale(np.zeros(channels), np.ones(channels))


def linear_system(net: Network, at: Any) -> LinearSystem:
    """Return the linear model of a network, see `Network.to_state_space`."""
    return linearised(member_of(net), net.sampling_time, net.rest if at is None else at)


def linear_uncertainty(
    report: Any, net: Network, at: Any, steps: int | None, frequencies: Any
) -> ModelUncertainty:
    """Return what that of its weights leaves open of it, see `Uncertainty.linear`."""
    point = net.rest if at is None else at
    return of_weights(report, member_of(net), net.sampling_time, None, point, steps, frequencies)
