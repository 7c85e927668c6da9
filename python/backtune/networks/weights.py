"""The weights of a network by name, as a mapping of arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._engine import abi, shown
from .._engine.abi import lib
from .._engine.arrays import as_float, as_full, as_mask, as_text
from .._engine.errors import ArgumentError, SizeError
from .._engine.network import NetworkHandle
from .._engine.types import Array, Flags
from .._engine.warn import warn


class Bounds(NamedTuple):
    """What weights may be: arrays of their shape."""

    lower: Array
    upper: Array


class Weights(Mapping[str, Array]):
    """Named weight arrays ("lnl.x2.W"): reading gives a copy, assigning sets the network's own.

    A matrix is [target nodes, source nodes]; entries without a connection are 0 and stay so.
    Assigning one number sets the whole array. A weight must be finite and inside its bounds, else
    ValueError.
    """

    def __init__(self, network: NetworkHandle) -> None:
        self._network = network

    def __iter__(self) -> Iterator[str]:
        pointer = self._network._pointer
        for index in range(abi.read_int(lib.bt_network_array_count, pointer)):
            yield abi.read_text(lib.bt_network_array_name, pointer, index)

    def __len__(self) -> int:
        return abi.read_int(lib.bt_network_array_count, self._network._pointer)

    def _shape(self, name: str) -> tuple[bytes, tuple[int, ...]]:
        shape = np.zeros(2, dtype=np.int64)
        pointer = self._network._pointer
        try:
            # The engine looks names up; to read all of them here takes long where there are many.
            text = as_text(name, "name of weights")
            lib.bt_network_array_shape(pointer, text, shape)
        except (TypeError, ArgumentError):
            there = ", ".join(self) or "none"
            raise KeyError(f"{name!r}: no such weights, there are {there}") from None
        rows, columns = (int(size) for size in shape)
        return text, (rows, columns) if columns else (rows,)

    def __getitem__(self, name: str) -> Array:
        text, shape = self._shape(name)
        values = np.empty(shape)
        lib.bt_network_get_array(self._network._pointer, text, values, values.size)
        # It is a copy: writing to it would change nothing.
        values.flags.writeable = False
        return values

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        text, shape = self._shape(name)
        array = as_full(values, shape, f"weights {name}")
        lib.bt_network_set_array(self._network._pointer, text, array, array.size)

    def bounds(self, name: str) -> Bounds:
        """Return the lower and the upper bounds, infinite where there is none."""
        text, shape = self._shape(name)
        lower, upper = np.empty(shape), np.empty(shape)
        lib.bt_network_get_bounds(self._network._pointer, text, lower, upper, lower.size)
        return Bounds(lower, upper)

    def fixed(self, name: str) -> Flags:
        """Return which weights are fixed, as booleans."""
        text, shape = self._shape(name)
        flags = np.empty(shape, dtype=np.uint8)
        lib.bt_network_get_fixed(self._network._pointer, text, flags, flags.size)
        return flags.astype(bool)

    def constrain(
        self,
        name: str,
        *,
        lower: ArrayLike | None = None,
        upper: ArrayLike | None = None,
        sign: ArrayLike | None = None,
        mask: ArrayLike | None = None,
        fixed: ArrayLike | None = None,
    ) -> None:
        """Bound, fix or free weights, or take some away, for `randomize` and every estimation.

        Every argument is one value or an array that NumPy broadcasts to the weights' shape: a
        row (source nodes,) says what holds for all weights of a source, a column (nodes, 1) what
        holds for those of a target.

        Parameters
        ----------
        name : str
            Of the weights, as in this mapping.
        lower, upper : float or array, optional
            Bounds; weights outside move to the nearest.
        sign : "excitatory", "inhibitory", or array of 1, -1, 0, optional
            0 or more, 0 or less, any.
        mask : array of bool, optional
            Where there is a connection; elsewhere the weight is 0, with 0 for bounds, for good.
        fixed : bool or array of bool, optional
            Which weights estimation leaves as they are; False frees all.

        Raises
        ------
        ArgumentError
            Bounds that leave nothing, a sign other than those; the constraints before it hold.
        SizeError
            An array that does not broadcast.

        Examples
        --------
        >>> import backtune as bt
        >>> net = bt.Network(inputs=1)
        >>> x = net.lnl(3)
        >>> others = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
        >>> net.weights.constrain("lnl.x2.W", sign=[1, 1, -1], mask=others)
        >>> _ = net.randomize(seed=0)
        >>> bool((net.weights["lnl.x2.W"][:, :2] >= 0).all())
        True
        """
        text, shape = self._shape(name)
        if lower is not None or upper is not None:
            low, high = (
                before if value is None else _broadcast(as_float(value, what), shape, what)
                for value, before, what in zip(
                    (lower, upper),
                    self.bounds(name),
                    (f"lower bounds of {name}", f"upper bounds of {name}"),
                )
            )
            lib.bt_network_set_bounds(self._network._pointer, text, low, high, low.size)
        if sign is not None:
            signs = _broadcast(_signs(sign, name), shape, f"signs of {name}").astype(np.int8)
            lib.bt_network_set_signs(self._network._pointer, text, signs, signs.size)
        there = None
        if mask is not None:
            there = _broadcast(as_mask(mask, f"mask of {name}"), shape, f"mask of {name}")
            lib.bt_network_set_mask(self._network._pointer, text, there, there.size)
        if fixed is not None:
            flags = as_mask(fixed, f"fixed weights of {name}")
            flags = _broadcast(flags, shape, f"fixed weights of {name}")
            if there is not None:
                flags = flags | (1 - there)
            lib.bt_network_set_fixed(self._network._pointer, text, flags, flags.size)

    def fix(self, name: str, where: ArrayLike | None = None) -> None:
        """Fix weights: an earlier spelling of `constrain`."""
        warn("weights.fix: say constrain(name, fixed=True)", DeprecationWarning)
        self.constrain(name, fixed=self._flags(name, where) | self.fixed(name))

    def free(self, name: str, where: ArrayLike | None = None) -> None:
        """Free weights: an earlier spelling of `constrain`."""
        warn("weights.free: say constrain(name, fixed=False)", DeprecationWarning)
        self.constrain(name, fixed=~self._flags(name, where) & self.fixed(name))

    def set_bounds(
        self, name: str, lower: ArrayLike | None = None, upper: ArrayLike | None = None
    ) -> None:
        """Bound weights: an earlier spelling of `constrain`."""
        warn("weights.set_bounds: say constrain(name, lower=..., upper=...)", DeprecationWarning)
        self.constrain(name, lower=lower, upper=upper)

    def _flags(self, name: str, where: ArrayLike | None) -> Flags:
        shape = self._shape(name)[1]
        return as_mask(as_full(True if where is None else where, shape, "where"), "where") != 0

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    def __repr__(self) -> str:
        rows = [f"  {name}: {' x '.join(map(str, self._shape(name)[1]))}" for name in self]
        total = sum(math.prod(self._shape(name)[1]) for name in self)
        return "\n".join([f"<Weights, {total} values>", *rows])


def _broadcast(values: np.ndarray, shape: tuple[int, ...], what: str) -> np.ndarray:
    try:
        return np.ascontiguousarray(np.broadcast_to(values, shape))
    except ValueError:
        raise SizeError(
            f"{what}: shape {values.shape} came, expected {shape} or one that broadcasts"
        ) from None


def _signs(sign: ArrayLike, name: str) -> Array:
    if isinstance(sign, str):
        if sign not in _SIGNS:
            raise ArgumentError(f"sign of {name}: {sign!r} came, expected {' or '.join(_SIGNS)}")
        return np.array(_SIGNS[sign])
    signs = as_float(sign, f"signs of {name}")
    if not np.isin(signs, (-1, 0, 1)).all():
        raise ArgumentError(f"signs of {name}: expected 1, -1 or 0, or {' or '.join(_SIGNS)}")
    return signs


_SIGNS = {"excitatory": 1, "inhibitory": -1}
