"""A network as a set of groups: those that there are, what is observed of them, their weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_size, as_text
from .._engine.errors import ArgumentError
from .._engine.labels import LabelledNetwork
from .group import Group
from .weights import Weights

if TYPE_CHECKING:
    from typing_extensions import Self


class GroupedNetwork(LabelledNetwork):
    """A network whose groups and weights are known by name."""

    @property
    def input(self) -> Group:
        """The network input, as a source: ``net.input.lag(1)``."""
        return Group(self, abi.INPUT, "input", self.inputs)

    @property
    def groups(self) -> dict[str, Group]:
        """The node groups by name, in the order of definition."""
        count = abi.read_int(lib.bt_network_group_count, self._pointer)
        groups = (Group.of(self, number) for number in range(count))
        return {group.name: group for group in groups}

    def _known_group(self, key: object) -> Group:
        """Return a group that came itself, or by name."""
        if isinstance(key, str):
            as_text(key, "group")
            found = self.groups.get(key)
            if found is None:
                raise ArgumentError(
                    f"group {key!r}: unknown, expected one of {', '.join(self.groups)}"
                )
            return found
        number = getattr(key, "id", None)
        if getattr(key, "network", None) is not self or number is None:
            raise ArgumentError(f"group {key!r}: expected a group of this network, or its name")
        return Group.of(self, number)

    def observe(
        self, groups: Group | Iterable[Group], count: int | Iterable[int] | None = None
    ) -> Self:
        """Choose the observed outputs.

        Parameters
        ----------
        groups : Group or list of Group
        count : int or list of int, optional
            How many nodes of each, from the first; all of them by default.

        Returns
        -------
        Network
            Itself.
        """
        chosen = [groups] if isinstance(groups, Group) else list(groups)
        for group in chosen:
            if not isinstance(group, Group):
                raise TypeError(f"observe: {group!r} came, expected a group of this network")
            if group.network is not self:
                raise ArgumentError(f"observe: {group.name} belongs to another network")
        if count is None:
            counts = [group.size for group in chosen]
        else:
            given: Any = count
            counts = [given] * len(chosen) if np.ndim(given) == 0 else list(given)
        if len(counts) != len(chosen):
            raise ArgumentError(f"observe: {len(chosen)} groups and {len(counts)} counts came")
        lib.bt_network_observe(
            self._pointer,
            np.array([group.id for group in chosen], dtype=np.int64),
            np.array([as_size(number, "count") for number in counts], dtype=np.int64),
            len(chosen),
        )
        return self

    @property
    def weights(self) -> Weights:
        """The weights by name."""
        return Weights(self)

    @weights.setter
    def weights(self, values: Mapping[str, ArrayLike]) -> None:
        weights = Weights(self)
        for name, array in values.items():
            weights[name] = array

    def randomize(self, seed: int = 0) -> Self:
        """Draw every free weight anew.

        Normal, of deviation 0.5/sqrt(number of sources); leaks uniform in [0, 0.5]. Other weights
        with two finite bounds are drawn uniformly between them. The same seed gives the same bits.
        An estimation that starts from these weights takes them in the units of its data: those of
        an input divided by its deviation, those of an observed linear group multiplied by that of
        what is desired.

        Returns
        -------
        Network
            Itself.
        """
        lib.bt_network_randomize(self._pointer, as_size(seed, "seed", unsigned=True))
        return self
