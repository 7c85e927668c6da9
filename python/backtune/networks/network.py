"""The network: what it is made of, what it computes, and how it is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Protocol

from .._engine import shown
from .._engine.abi import lib
from .._engine.arrays import as_path, as_size, as_text
from .._engine.errors import BacktuneError
from .._engine.restored import from_json
from .export import ExportingNetwork
from .linear_model import LinearisingNetwork
from .prediction import PredictingNetwork
from .summary import Summary, summary
from .unit_methods import UnitMethods

if TYPE_CHECKING:
    from typing_extensions import Self


class InputModelLike(Protocol):
    """What goes before a network: an `InputModel`."""

    def before(self, net: Network) -> Network:
        """Return a network with this before it."""


class Network(
    UnitMethods,
    PredictingNetwork,
    ExportingNetwork,
    LinearisingNetwork,
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

    # Kinds of networks that are told by their groups.
    _kinds: ClassVar[list[type[Network]]] = []

    def __init_subclass__(cls) -> None:
        Network._kinds.append(cls)

    def __init__(self, inputs: int | list[str] | tuple[str, ...]) -> None:
        names = list(inputs) if isinstance(inputs, (list, tuple)) else []
        named = bool(names) and all(isinstance(name, str) for name in names)
        count = len(names) if named else as_size(inputs, "inputs")
        self._create(lib.bt_network_create, lib.bt_network_free, count)
        if named:
            self.input_names = names

    @classmethod
    def _made_by(cls, create: Callable[..., int], *arguments: object) -> Self:
        network = cls.__new__(cls)
        network._create(create, lib.bt_network_free, *arguments)
        return network

    def with_missing_inputs(self, model: InputModelLike) -> Network:
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
        return model.before(self)

    # ---- Kept

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make a network from the text of `to_json`."""
        encoded = as_text(text, "JSON")
        return cls._recognised(cls._made_by(lib.bt_network_from_json, encoded, len(encoded)))

    @classmethod
    def _recognised(cls, net: Self) -> Self:
        """Return a network that was read as what it is."""
        kinds: list[Any] = cls._kinds if cls is Network else []
        kind = next((kind for kind in kinds if kind._is_one(net)), None)
        if kind is None:
            return net
        with net:
            return kind.from_json(net.to_json())

    @classmethod
    def _is_one(cls, net: Network) -> bool:
        """Tell whether a network is of this kind."""
        return False

    def save(self, path: str | os.PathLike) -> None:
        """Write the JSON text to a file, whole or not at all.

        Raises
        ------
        FileError
            The file cannot be written (an OSError); an old file of that name is left as it was.
        """
        lib.bt_network_save(self._pointer, as_path(path))

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Read the file of `save`."""
        return cls._recognised(cls._made_by(lib.bt_network_load, as_path(path)))

    def copy(self) -> Self:
        """Return an independent copy, weights included."""
        return self._made_by(lib.bt_network_copy, self._pointer)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> Self:
        return self.copy()

    def __reduce__(self) -> tuple:
        return from_json, (type(self), self.to_json())

    # ---- Shown

    def summary(self) -> Summary:
        """Return a table with a row for each unit: nodes, what it reads, weights, outputs.

        It says so where no output reads an input of the same time step.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> h = net.lnl(8, input_lag=0)
        >>> out = net.linear(1, "y", sources=[h.lag(0)])
        >>> net.summary()
        <Network: 1 inputs, 1 outputs, 3 groups, 89 adjustable weights>
        unit  nodes         reads at lag       free  fixed  outputs
        lnl   8 (2 groups)  itself 1; input 0    80      0
        y     1             lnl 0                 9      0        1
        """
        return summary(self, repr(self))

    def to_svg(self) -> str:
        """Return a drawing of the groups, their sizes and the lags between them, as SVG.

        Of more than 40 groups the first 40 are drawn, and none of a network of more than 500,000
        weights; the drawing says so. Notebooks show it.

        Examples
        --------
        >>> bt.lnl_network(4).to_svg()[:5]
        '<svg '
        """
        return shown.svg(self)

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    def __repr__(self) -> str:
        if self.closed:
            return "<Network, closed>"
        try:
            return (
                f"<Network: {self.inputs} inputs, {self.outputs} outputs,"
                f" {len(self.groups)} groups, {self._weight_count} adjustable weights>"
            )
        except BacktuneError as error:
            return f"<Network: {error}>"
