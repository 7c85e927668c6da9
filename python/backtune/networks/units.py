"""How a network grows: units of any kind, and groups of one's own."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from .._engine.abi import lib
from .._engine.arrays import as_mask, as_number, as_options, as_size, as_text
from .functions import Function, as_function
from .group import Group
from .grouped import GroupedNetwork
from .source import SELF, Source


class GrowingNetwork(GroupedNetwork):
    """A network that grows by units of any kind, and single groups."""

    def unit(self, kind: str, size: int, name: str | None = None, **options: object) -> Group:
        """Add a unit of any kind that the engine knows.

        Parameters
        ----------
        kind : str
            "linear", "lnl", "lstm" ...: `unit_options` lists them, and the method of that name says
            what each is.
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; the kind by default,
            numbered when repeated ("lnl", "lnl2").
        **options
            As the method of that name lists them. None means the engine's default, which
            `unit_options` tells.

        Returns
        -------
        Group
            The unit's output.

        Raises
        ------
        ArgumentError
            An unknown kind or option (the message lists those that there are), a value outside
            what is allowed, a source of another network. The network is unchanged then.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        A layer that recurrent nodes read, beside themselves:

        >>> net = bt.Network(inputs=3)
        >>> layer = net.unit("dense", 8, activation="tanh")
        >>> net.unit("lnl", 4, sources=[bt.SELF.lag(1), layer.lag(0)])
        <Group lnl.x of 4 nodes>

        A reservoir, and the call that lets estimation adjust its recurrent weights too:

        >>> net = bt.Network(inputs=1)
        >>> net.unit("reservoir", 50, spectral_radius=0.8, seed=1)
        <Group reservoir.y of 1 nodes>
        >>> radius = np.abs(np.linalg.eigvals(net.weights["reservoir.x2.W"])).max()
        >>> f"{radius:.6f}"
        '0.800000'
        >>> net.weights.constrain("reservoir.x2.W", fixed=False)
        """
        given = {
            key: self._option(key, value) for key, value in options.items() if value is not None
        }
        number = ctypes.c_int64()
        lib.bt_network_add_unit(
            self._pointer,
            as_text(kind, "kind"),
            None if name is None else as_text(name, "name"),
            as_size(size, "size"),
            as_options(given, f" of unit {kind}"),
            ctypes.byref(number),
        )
        return Group.of(self, number.value)

    def _add_unit(self, method: Callable[..., Group], values: dict[str, Any]) -> Group:
        """Add the unit of a method, `values` being its arguments by name.

        What is as usual is not said: it may be what another option excludes, as a leak of 0 beside
        a time constant.
        """
        usual = method.__kwdefaults__ or {}
        options = {key: values[key] for key in usual if not _equal(values[key], usual[key])}
        return self.unit(method.__name__, values["size"], values["name"], **options)

    def _option(self, key: str, value: object) -> object:
        if key in ("sources", "value_sources"):
            return [self._source(key, source) for source in _listed(key, value)]
        if key == "mask":
            return as_mask(value, "mask").tolist()
        if key == "functions":
            return [_function(function) for function in _listed(key, value)]
        if isinstance(value, Function):
            return value.to_option()
        if callable(value):
            raise TypeError(
                f"{key}: {value!r} came, expected a name such as 'tanh', or bt.zeta(a, b)"
            )
        return value

    def _source(self, key: str, source: object) -> dict[str, object]:
        if not isinstance(source, Source):
            raise TypeError(f"{key}: {source!r} came, expected groups at a lag, such as h.lag(1)")
        place = "self" if source.group is SELF else source.number(self)
        option: dict[str, object] = {"source": place, "lag": source.lag}
        return option if source.mask is None else {**option, "mask": source.mask}

    def learnware(self, size: int, name: str | None = None, *, bias: bool = False) -> Group:
        """Add a group of linear combinations with adjustable weights; see `Group.connect`.

        v_i(t) = a_i + sum over connections k and nodes j of W^k_ij s^k_j(t - l_k)

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            "learnware" by default, numbered when repeated.
        bias : bool
            Whether it has the bias a, one weight per node; `Group.bias` adds a shared one.

        Returns
        -------
        Group

        Examples
        --------
        >>> net = bt.Network(inputs=2)
        >>> v = net.learnware(4, "v", bias=True).connect(net.input.lag(1))
        >>> x = net.firmware(4, "x").add(1, ("tanh", v.lag(0)))
        >>> v.connect(x.lag(1))
        <Group v of 4 nodes>
        """
        name = self._free_name("learnware", name)
        group = self._add_group(lib.bt_network_add_learnware, name, as_size(size, "size"))
        return group.bias() if bias else group

    def firmware(self, size: int, name: str | None = None) -> Group:
        """Add a group of sums of products of functions, without weights; see `Group.add`.

        x_i(t) = sum over terms j of c_j prod over factors m of f_jm(s_jm,i(t - l_jm))

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            "firmware" by default, numbered when repeated.

        Returns
        -------
        Group
        """
        name = self._free_name("firmware", name)
        return self._add_group(lib.bt_network_add_firmware, name, as_size(size, "size"))

    def softmax_group(
        self, source: Source, name: str | None = None, *, temperature: float = 1.0
    ) -> Group:
        """Add the softmax of a group: x_i = exp(s_i / c) / sum_j exp(s_j / c), c the temperature.

        Equation (11) and footnote 17 of RR-9100; `softmax` is the whole recurrent unit.

        Parameters
        ----------
        source : Source
            What it is of, such as ``z.lag(0)``; the group has as many nodes.
        name : str, optional
            "softmax_group" by default, numbered when repeated.
        temperature : float
            More than 0; the smaller, the nearer to 1 for the largest node and 0 for the others.

        Returns
        -------
        Group
        """
        if not isinstance(source, Source):
            raise TypeError(f"source: {source!r} came, expected a group at a lag, such as z.lag(0)")
        source.check_whole("softmax_group")
        number = source.number(self)
        place = (number, source.lag, as_number(temperature, "temperature"))
        name = self._free_name("softmax_group", name)
        return self._add_group(lib.bt_network_add_softmax, name, *place)

    def _free_name(self, kind: str, name: str | None) -> str:
        if name is not None:
            return name
        taken, number, name = self.groups, 1, kind
        while name in taken:
            number += 1
            name = f"{kind}{number}"
        return name

    def _add_group(self, call: Callable[..., int], name: str, *arguments: object) -> Group:
        group = ctypes.c_int64()
        call(self._pointer, as_text(name, "name"), *arguments, ctypes.byref(group))
        return Group.of(self, group.value)


def _equal(value: object, usual: object) -> bool:
    """Whether a value is the usual one; True is not 1, which the engine refuses for a boolean."""
    if value is usual or isinstance(value, bool) or isinstance(usual, bool):
        return value is usual
    return isinstance(value, (int, float, str)) and bool(value == usual)


def _listed(key: str, value: Any) -> list[object]:
    """Read an option that is a list, one entry standing for itself."""
    if isinstance(value, (Source, str, Function)):
        return [value]
    try:
        return list(value)
    except TypeError:
        raise TypeError(f"{key}: {value!r} came, expected a list") from None


def _function(function: object) -> object:
    return (
        function if isinstance(function, dict) else as_function(function, "functions").to_option()
    )
