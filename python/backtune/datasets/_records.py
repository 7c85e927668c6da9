"""What the data sets are: tuples whose parts have names."""

from __future__ import annotations

from typing import NamedTuple

from .._engine.types import Array
from ..networks.network import Network


class Record(NamedTuple):
    """Inputs (T, M) and outputs (T, O)."""

    u: Array
    y: Array


class RecordOfNetwork(NamedTuple):
    """Inputs (T, M), outputs (T, O), and the network that made them."""

    u: Array
    y: Array
    network: Network


class Spikes(NamedTuple):
    """Inputs (T, M), values of nodes (T, N) and their spikes (T, N)."""

    u: Array
    x: Array
    s: Array


class SpikesOfNetwork(NamedTuple):
    """Inputs (T, M), values of nodes (T, N), their spikes (T, N), and the network of both."""

    u: Array
    x: Array
    s: Array
    network: Network
