"""The network: what it is made of, what it computes, and how it is kept."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _abi
from ._abi import lib
from ._arrays import as_flat, as_path, as_size, as_text
from ._drawing import escaped, network_svg
from ._export import ExportMixin
from ._handle import Owner
from ._linear import LinearMixin
from ._prediction import PredictionMixin
from ._restored import from_json
from ._simulation import SimulationMixin
from ._units_generated import UnitMethods
from .errors import ArgumentError, BacktuneError, BacktuneWarning
from .group import Group
from .weights import Weights

if TYPE_CHECKING:
    from ._modelled import ModelledNetwork
    from .missing_inputs import InputModel

# BT_WEIGHTS_* of include/backtune.h, in their order.
_ORIGINS = ("untouched", "drawn", "set")


class Network(
    UnitMethods,
    PredictionMixin,
    SimulationMixin,
    ExportMixin,
    LinearMixin,
    Owner,
):
    """A recurrent network: node groups and their weights. Equation (1) of the report RR-9100.

    Parameters
    ----------
    inputs : int, or list of str
        Number M of input channels, 0 or more; or their names, see `input_names`.

    Attributes
    ----------
    weights : Weights
        Mapping from names such as "lnl.x2.W" to arrays.
    input_names, output_names, input_units, output_units : list of str or None
        Of the channels, where known; columns of tables are matched with the names.
    sampling_time : float or None
        Seconds of a time step, where known.

    Notes
    -----
    All nodes of the unit added last are observed, unless `observe` says otherwise. The weights
    start at zero: call `randomize`. Where nobody did, an estimator does so, with seed 0, and
    `simulate` warns. Networks can be copied, pickled, saved as JSON, and closed by `close` or
    `with`.

    Examples
    --------
    >>> net = bt.Network(inputs=1)
    >>> h = net.lnl(8, leak="adjust")
    >>> out = net.linear(1, sources=[h.lag(0)])
    >>> net.randomize(seed=0).simulate(np.zeros(20)).shape
    (20, 1)
    """

    def __init__(self, inputs: int | list[str] | tuple[str, ...]) -> None:
        names: list[Any] = list(inputs) if isinstance(inputs, (list, tuple)) else []
        named = bool(names) and all(isinstance(name, str) for name in names)
        count = len(names) if named else as_size(inputs, "inputs")
        self._create(lib.bt_network_create, lib.bt_network_free, count)
        if named:
            self.input_names = names

    @classmethod
    def _made_by(cls, create: Any, *arguments: Any) -> Network:
        network = cls.__new__(cls)
        network._create(create, lib.bt_network_free, *arguments)
        return network

    # ---- What it is

    @property
    def inputs(self) -> int:
        """Number M of input channels."""
        return _abi.read_int(lib.bt_network_inputs, self._pointer)

    @property
    def outputs(self) -> int:
        """Number O of observed nodes."""
        return _abi.read_int(lib.bt_network_outputs, self._pointer)

    @property
    def range(self) -> int:
        """The largest lag R."""
        return _abi.read_int(lib.bt_network_range, self._pointer)

    @property
    def input(self) -> Group:
        """The network input, as a source: ``net.input.lag(1)``."""
        return Group(self, _abi.INPUT, "input", self.inputs)

    @property
    def groups(self) -> dict[str, Group]:
        """The node groups by name, in the order of definition."""
        count = _abi.read_int(lib.bt_network_group_count, self._pointer)
        groups = (self._group(number) for number in range(count))
        return {group.name: group for group in groups}

    def _group(self, number: int) -> Group:
        return Group(
            self,
            number,
            _abi.read_text(lib.bt_network_group_name, self._pointer, number),
            _abi.read_int(lib.bt_network_group_size, self._pointer, number),
        )

    def observe(
        self, groups: Group | Iterable[Group], count: int | Iterable[int] | None = None
    ) -> Network:
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

    # ---- Weights

    @property
    def weights(self) -> Weights:
        """The weights by name."""
        return Weights(self)

    @weights.setter
    def weights(self, values: Mapping[str, Any]) -> None:
        weights = Weights(self)
        for name, array in values.items():
            weights[name] = array

    def get_weights(self) -> np.ndarray:
        """Return all adjustable weights as one vector: array after array, row-major."""
        values = np.empty(_abi.read_int(lib.bt_network_weight_count, self._pointer))
        lib.bt_network_get_weights(self._pointer, values, values.size)
        return values

    def set_weights(self, values: Any) -> None:
        """Set all adjustable weights from a vector such as `get_weights` returns."""
        count = _abi.read_int(lib.bt_network_weight_count, self._pointer)
        lib.bt_network_set_weights(self._pointer, as_flat(values, count, "weights"), count)

    def randomize(self, seed: int = 0) -> Network:
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

    @property
    def rest(self) -> np.ndarray:
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
    def rest(self, values: Any) -> None:
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

    def _warn_untouched(self) -> None:
        """Warn that weights which nobody drew nor set are computed with."""
        if self.origin == "untouched":
            warnings.warn(
                "the weights of this network were neither drawn nor set, and most are 0: call"
                " randomize, or set them",
                BacktuneWarning,
                stacklevel=3,
            )

    def _origin(self) -> tuple[str, int | None]:
        number, seed = ctypes.c_int32(), ctypes.c_uint64()
        lib.bt_network_get_origin(self._pointer, ctypes.byref(number), ctypes.byref(seed))
        origin = _ORIGINS[number.value]
        return origin, seed.value if origin == "drawn" else None

    def with_missing_inputs(self, model: InputModel) -> ModelledNetwork:
        """Return a network that does the same, and takes NaN for inputs that are not known.

        A learnware group, ``missing.x``, predicts the modelled channels as the network of the
        model does; where they are known they take its place (`Group.measured`), and a group
        ``inputs`` of all channels, of fixed weights, is read in place of the input. Arrays of
        weights keep their names, and all others are fixed.

        Parameters
        ----------
        model : InputModel
            Of inputs of this network, such as `Estimator.input_model`.

        Returns
        -------
        ModelledNetwork
            An independent network; its states are not those of this one.

        Raises
        ------
        SizeError
            A model of another number of channels.
        NetworkError
            A network that has groups of these names already.

        Examples
        --------
        >>> import backtune as bt, numpy as np
        >>> u = bt.random.normal(100)
        >>> u[20:24] = np.nan
        >>> net = bt.linear_network(1).randomize(seed=0)
        >>> stream = net.with_missing_inputs(bt.InputModel(u)).stream()
        >>> bool(np.isfinite([stream.step(value) for value in u]).all())
        True
        """
        from ._modelled import joined  # which makes networks itself

        return joined(self, model)

    # ---- Kept

    def to_json(self) -> str:
        """Return the network, weights included, as JSON text that reads back to the same bits."""
        return _abi.read_text(lib.bt_network_to_json, self._pointer)

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Make a network from the text of `to_json`."""
        encoded = as_text(text, "JSON")
        return cls._recognised(cls._made_by(lib.bt_network_from_json, encoded, len(encoded)))

    @classmethod
    def _recognised(cls, net: Network) -> Network:
        from ._modelled import recognised  # which makes networks itself

        return recognised(net) if cls is Network else net

    def save(self, path: str | os.PathLike) -> None:
        """Write the JSON text to a file, whole or not at all.

        Raises
        ------
        FileError
            The file cannot be written (an OSError); an old file of that name is left as it was.
        """
        lib.bt_network_save(self._pointer, as_path(path))

    @classmethod
    def load(cls, path: str | os.PathLike) -> Network:
        """Read the file of `save`."""
        return cls._recognised(cls._made_by(lib.bt_network_load, as_path(path)))

    def copy(self) -> Network:
        """Return an independent copy, weights included."""
        return self._made_by(lib.bt_network_copy, self._pointer)

    def __copy__(self) -> Network:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> Network:
        return self.copy()

    def __reduce__(self) -> tuple:
        return from_json, (type(self), self.to_json())

    # ---- Shown

    def to_svg(self) -> str:
        """Return a drawing of the groups, their sizes and the lags between them, as SVG.

        Of more than 40 groups the first 40 are drawn, and none of a network of more than 500,000
        weights; the drawing says so. Notebooks show it.

        Examples
        --------
        >>> bt.lnl_network(4).to_svg()[:5]
        '<svg '
        """
        return network_svg(self)

    def _repr_html_(self) -> str:
        try:
            drawing = "" if self.closed else self.to_svg()
        except BacktuneError:
            drawing = ""
        return f"<div><div>{escaped(repr(self)[1:-1])}</div>{drawing}</div>"

    def __repr__(self) -> str:
        if self.closed:
            return "<Network, closed>"
        try:
            return (
                f"<Network: {self.inputs} inputs, {self.outputs} outputs,"
                f" {len(self.groups)} groups, {self.get_weights().size} adjustable weights>"
            )
        except BacktuneError as error:
            return f"<Network: {error}>"
