"""Node groups of a network."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
from numpy.typing import ArrayLike

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_index, as_mask, as_size, as_text, sized
from .._engine.errors import ArgumentError, BacktuneError, SizeError
from .._engine.network import NetworkHandle
from .functions import FunctionLike, as_function
from .source import GroupHandle, Source
from .weights import Weights


class Group(GroupHandle):
    """A node group of a network, made by the network's own calls and not by hand.

    Attributes
    ----------
    network : Network
    id : int
        Its place among the groups; -1 for the network input.
    name : str
        As in "lnl.x".
    size : int
        Number of nodes.
    """

    __slots__ = ()

    @classmethod
    def of(cls, network: NetworkHandle, number: int) -> Group:
        """Return a group of a network by its number."""
        return cls(network, number, *network._group_facts(number))

    def __repr__(self) -> str:
        return f"<Group {self.name} of {self.size} nodes>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and other.network is self.network and other.id == self.id

    def __hash__(self) -> int:
        return hash((id(self.network), self.id))

    def lag(self, steps: int) -> Source:
        """Return this group, `steps` time steps ago, as a source; 0 is the same time step."""
        return Source(self, as_size(steps, "lag"))

    def measured(self, *, stands_for_input: bool = False) -> Measured:
        """Return what is read of this group where measurements take its place.

        ``out.measured().lag(1)`` is, as a source, what was measured of the group one step ago
        where that is known and the horizon lets it in, else its own value: a network that reads
        its outputs so is a predictor where outputs are known (``Estimator(..., horizon=1)``,
        `Network.predict`, ``stream.step(u, y)``), and a simulator where they are not. No derivative
        flows back through a measured value.

        Parameters
        ----------
        stands_for_input : bool
            Whether the group stands for an input channel: what is known of it counts whatever the
            horizon, and a lag of 0 is allowed.

        Returns
        -------
        Measured

        Examples
        --------
        >>> import backtune as bt
        >>> net = bt.Network(inputs=1)
        >>> out = net.learnware(1, "out", bias=True).connect(net.input.lag(1))
        >>> _ = net.observe(out)
        >>> out.connect(out.measured().lag(1), "K")
        <Group out of 1 nodes>
        """
        return Measured(self, stands_for_input)

    def bias(self, role: str | None = None, index: ArrayLike | None = None) -> Group:
        """Give a learnware group the weights ``name.role``, added to its nodes.

        Parameters
        ----------
        role : str, optional
        index : array of int, shape (size,), optional
            Which weight each node takes, when they share some; one each by default.

        Returns
        -------
        Group
            Itself, so that calls may follow each other.
        """
        slots = None if index is None else as_index(index, "bias index")
        lib.bt_network_add_bias(
            self.network._pointer,
            self.id,
            None if role is None else as_text(role, "role"),
            *sized(slots),
        )
        return self

    def learn_initial_state(self, depth: int = 1) -> Group:
        """Make the values before the first time step weights, the same for all sequences.

        Parameters
        ----------
        depth : int
            How many time steps back: the largest lag at which the group is read.

        Returns
        -------
        Group
            Itself. The weights are ``name.x0``, of shape (size,), or (depth, size) with the most
            recent time first; they start at 0.

        Raises
        ------
        ArgumentError
            The initial state of the group is learnt already, or a depth below 1.
        """
        lib.bt_network_learn_initial_state(self.network._pointer, self.id, as_size(depth, "depth"))
        return self

    def connect(
        self,
        source: Source,
        role: str | None = None,
        *,
        form: str = "dense",
        mask: ArrayLike | None = None,
        index: ArrayLike | None = None,
    ) -> Group:
        """Let a learnware group read a source through the weights ``name.role``.

        Parameters
        ----------
        source : Source
            Such as ``x.lag(1)`` or ``net.input.lag(0)``, masked or not. Groups that read each
            other at lag 0 may form no cycle.
        role : str, optional
            By default "B" for the network input, "W" for every other source; where that is taken,
            the first of "W2", "W3" ... that is not.
        form : {"dense", "diagonal"}
            A matrix, or one weight per node between groups of equal size.
        mask : array of 0 and 1, shape (size, source size), optional
            Which connections there are.
        index : array of int, shape (size, source size), optional
            Which weight each connection takes, when they share some; -1 for no connection.

        Returns
        -------
        Group
            Itself.

        Raises
        ------
        NetworkError
            The connection would close a cycle at lag 0.
        ArgumentError
            A source of another network, or a role that is taken.
        """
        if not isinstance(source, Source):
            raise TypeError(f"source: {source!r} came, expected a group at a lag, such as x.lag(1)")
        number = source.number(self.network)
        if role is None:
            role = self._next_role("B" if number == abi.INPUT else "W")
        if form not in ("dense", "diagonal"):
            raise ArgumentError(f"form: {form!r} came, expected 'dense' or 'diagonal'")
        if source.mask is not None:
            if mask is not None:
                raise ArgumentError(f"connect: {source!r} has a mask, and another one came")
            mask = source.mask
        if (mask is not None) + (index is not None) + (form == "diagonal") > 1:
            raise ArgumentError("connect: expected one of form='diagonal', mask and index")
        place = (self.network._pointer, self.id, number, source.lag, as_text(role, "role"))
        if mask is not None:
            flags = self._matrix(as_mask(mask, "mask"), source, "mask")
            lib.bt_network_connect_sparse(*place, flags, flags.size)
        elif index is not None:
            slots = self._matrix(as_index(index, "index"), source, "index")
            lib.bt_network_connect_shared(*place, slots, slots.size)
        elif form == "diagonal":
            lib.bt_network_connect_diagonal(*place)
        else:
            lib.bt_network_connect_dense(*place)
        return self

    def _next_role(self, role: str) -> str:
        """Return a role, with a number where weights of that name are there already."""
        taken = set(Weights(self.network))
        names = (role if number == 1 else f"{role}{number}" for number in itertools.count(1))
        return next(name for name in names if f"{self.name}.{name}" not in taken)

    def _matrix(self, array: np.ndarray, source: Source, what: str) -> np.ndarray:
        nodes = getattr(source.group, "size", None)  # bt.SELF has none
        expected = (self.size, nodes)
        if array.shape != expected:
            raise SizeError(
                f"{what}: shape {array.shape}, expected {expected} (nodes, source nodes)"
            )
        return array

    def add(self, coefficient: float, *factors: Source | tuple[FunctionLike, Source]) -> Group:
        """Add a term to a firmware group: a coefficient times a product of functions of sources.

        Parameters
        ----------
        coefficient : float
            Alone, it is a constant term.
        *factors
            Each a pair (function, source), such as ``("tanh", v.lag(0))`` or ``(bt.zeta(0, 2),
            v.lag(1))``, or a source as it is. A source of one node is read by all nodes of the
            group.

        Returns
        -------
        Group
            Itself.
        """
        read = [self._factor(factor) for factor in factors]
        term = abi.read_int(
            lib.bt_network_add_term, self.network._pointer, self.id, float(coefficient)
        )
        place = (self.network._pointer, self.id, term)
        try:
            for function, parameters, number, lag in read:
                lib.bt_network_add_factor(*place, function, *sized(parameters), number, lag)
        except BacktuneError:
            lib.bt_network_remove_term(*place)
            raise
        return self

    def _factor(self, factor: object) -> tuple[bytes, np.ndarray | None, int, int]:
        if isinstance(factor, Source):
            factor = ("identity", factor)
        if not (isinstance(factor, tuple) and len(factor) == 2 and isinstance(factor[1], Source)):
            raise TypeError(
                f"factor: {factor!r} came, expected a source or a pair (function, source)"
            )
        function, source = as_function(factor[0], "factor"), factor[1]
        source.check_whole("factor")
        parameters = (
            np.array([value for _, value in function.parameters], dtype=float)
            if function.parameters
            else None
        )
        return (
            as_text(function.name, "function"),
            parameters,
            source.number(self.network),
            source.lag,
        )


class Measured:
    """What is read of a group where measurements take its place, from `Group.measured`.

    Parameters
    ----------
    group : Group
    stands_for_input : bool
        Whether it stands for an input channel.
    """

    __slots__ = ("group", "stands_for_input")

    def __init__(self, group: Group, stands_for_input: bool) -> None:
        self.group = group
        self.stands_for_input = stands_for_input

    def lag(self, steps: int) -> Source:
        """Return what was measured `steps` time steps ago as a source.

        It is a group of its own, ``name.m1`` for a lag of 1, which is added at the first call.

        Parameters
        ----------
        steps : int
            1 or more; 0 too where the group stands for an input.

        Raises
        ------
        ArgumentError
            A lag that is not allowed, or a group that is measured itself.
        NetworkError
            Groups would form a cycle at lag 0.
        """
        lag = as_size(steps, "lag")
        network, number = self.group.network, ctypes.c_int64()
        lib.bt_network_add_measured(
            *(network._pointer, None, self.group.id, lag, int(self.stands_for_input)),
            ctypes.byref(number),
        )
        return Group.of(network, number.value).lag(0)

    def __repr__(self) -> str:
        return f"<{self.group.name} as measured>"
