"""A network as all who only ask it know it: a handle, counts, weights as a vector, JSON."""

from __future__ import annotations

import ctypes
import warnings

import numpy as np
from numpy.typing import ArrayLike

from . import abi
from .abi import lib
from .arrays import as_flat
from .data.numbers import as_float
from .errors import BacktuneWarning
from .handle import Owner
from .types import Array

# BT_WEIGHTS_* of include/backtune.h, in their order.
_ORIGINS = ("untouched", "drawn", "set")


class NetworkHandle(Owner):
    """Owns a network of the engine."""

    @property
    def inputs(self) -> int:
        """Number M of input channels."""
        return abi.read_int(lib.bt_network_inputs, self._pointer)

    @property
    def outputs(self) -> int:
        """Number O of observed nodes."""
        return abi.read_int(lib.bt_network_outputs, self._pointer)

    @property
    def range(self) -> int:
        """The largest lag R."""
        return abi.read_int(lib.bt_network_range, self._pointer)

    @property
    def state_size(self) -> int:
        """Number of values of a state, as `simulate` takes and returns it."""
        return abi.read_int(lib.bt_network_state_size, self._pointer)

    @property
    def _weight_count(self) -> int:
        return abi.read_int(lib.bt_network_weight_count, self._pointer)

    def _group_facts(self, number: int) -> tuple[str, int]:
        """Return the name of a group, and how many nodes it has."""
        return (
            abi.read_text(lib.bt_network_group_name, self._pointer, number),
            abi.read_int(lib.bt_network_group_size, self._pointer, number),
        )

    def get_weights(self) -> Array:
        """Return all adjustable weights as one vector: array after array, row-major."""
        values = np.empty(self._weight_count)
        lib.bt_network_get_weights(self._pointer, values, values.size)
        return values

    def set_weights(self, values: ArrayLike) -> None:
        """Set all adjustable weights from a vector such as `get_weights` returns."""
        given = as_float(values, "weights")
        # One call to the engine, which knows how many there are: loops of optimisers come here.
        if given.ndim != 1:
            as_flat(given, self._weight_count, "weights")
        lib.bt_network_set_weights(self._pointer, given, given.size)

    @property
    def rest(self) -> Array:
        """What inputs are taken to be before t = 0 where no state is given, (M,), in their units.

        0 unless set; assigning sets it, None unsets it. An estimation that starts from weights as
        `randomize` drew them sets it, where it was not, to the mean of every input whose values are
        all above or all below 0. It takes the same of observed groups of which measurements are
        read (`Group.measured`), which is kept with it; a rest that is set has 0 for them.
        """
        values = np.empty(self.inputs)
        lib.bt_network_get_rest(self._pointer, values, values.size)
        return values

    @rest.setter
    def rest(self, values: ArrayLike) -> None:
        if values is None:
            lib.bt_network_set_rest(self._pointer, None, 0)
            return
        given = as_flat(np.broadcast_to(values, self.inputs), self.inputs, "rest")
        lib.bt_network_set_rest(self._pointer, given, given.size)

    @property
    def origin(self) -> str:
        """Where the free weights come from; copies, pickles and files keep it.

        "untouched": neither drawn nor set, all as they were made, mostly zero. "drawn": all as
        `randomize` drew them; weights set to what they are stay so. "set": set, some or all of
        them, or found by an estimation.
        """
        return self._origin()[0]

    @property
    def seed(self) -> int | None:
        """Seed of the draw where `origin` is "drawn", otherwise None."""
        return self._origin()[1]

    def _warn_untouched(self) -> bool:
        """Warn that weights which nobody drew nor set are computed with, and return whether."""
        untouched = self.origin == "untouched"
        if untouched:
            warnings.warn(
                "the weights of this network were neither drawn nor set, and most are 0: call"
                " randomize, or set them",
                BacktuneWarning,
                stacklevel=3,
            )
        return untouched

    def _origin(self) -> tuple[str, int | None]:
        number, seed = ctypes.c_int32(), ctypes.c_uint64()
        lib.bt_network_get_origin(self._pointer, ctypes.byref(number), ctypes.byref(seed))
        origin = _ORIGINS[number.value]
        return origin, seed.value if origin == "drawn" else None

    def to_json(self) -> str:
        """Return the network, weights included, as JSON text that reads back to the same bits."""
        return abi.read_text(lib.bt_network_to_json, self._pointer)
