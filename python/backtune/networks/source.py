"""Groups at a lag, as sources of other groups."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from .._engine.arrays import as_mask, as_size
from .._engine.errors import ArgumentError, SizeError
from .._engine.network import NetworkHandle


class GroupHandle:
    """A group of a network, as what reads it knows it: see `Group`."""

    __slots__ = ("id", "name", "network", "size")

    def __init__(self, network: NetworkHandle, number: int, name: str, size: int) -> None:
        self.network = network
        self.id = number
        self.name = name
        self.size = size


class Source(NamedTuple):
    """What a node group reads: another group, the network input or itself, `lag` time steps ago.

    Where not every node reads every node of the source, `mask` holds rows of 0 and 1.
    """

    group: GroupHandle | OwnUnit
    lag: int
    mask: tuple[tuple[int, ...], ...] | None = None

    def masked(self, mask: ArrayLike) -> Source:
        """Return the same source with only some of its connections.

        Parameters
        ----------
        mask : array of 0 and 1, shape (nodes, source nodes)
            1 where the node of the row reads the source's node of the column; `backtune.topology`
            makes such masks.

        Raises
        ------
        ArgumentError
            Other entries than 0 and 1.
        SizeError
            Not a matrix, or not one column per node of the source.
        """
        flags = as_mask(mask, f"mask of {self!r}")
        columns = getattr(self.group, "size", None)
        if flags.ndim != 2 or columns not in (None, flags.shape[1]):
            nodes = "source nodes" if columns is None else columns
            raise SizeError(f"mask of {self!r}: shape {flags.shape}, expected (nodes, {nodes})")
        return self._replace(mask=tuple(map(tuple, flags.tolist())))

    def number(self, network: NetworkHandle) -> int:
        """Return the number of the group, after a check that it belongs to that network."""
        if isinstance(self.group, OwnUnit):
            raise ArgumentError(
                "source: bt.SELF stands for a unit being added; name the group here"
            )
        if self.group.network is not network:
            raise ArgumentError(f"source {self.group.name}: it belongs to another network")
        return self.group.id

    def check_whole(self, what: str) -> None:
        """Refuse a mask where none is possible."""
        if self.mask is not None:
            raise ArgumentError(f"{what}: {self!r} has a mask, which only weights can have")

    def __repr__(self) -> str:
        return f"{self.group.name}.lag({self.lag}){'' if self.mask is None else '.masked(...)'}"


class OwnUnit:
    """The unit that is being added, as one of its own sources."""

    name = "SELF"

    def lag(self, steps: int) -> Source:
        """Return this unit, `steps` time steps ago (1 or more), as a source."""
        return Source(self, as_size(steps, "lag"))

    def __reduce__(self) -> str:
        return "SELF"  # copies and pickles are the one object that there is

    def __repr__(self) -> str:
        return "SELF"


#: The unit that is being added: ``net.lnl(4, sources=[bt.SELF.lag(1), h.lag(0)])``.
SELF = OwnUnit()
