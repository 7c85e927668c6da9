"""How a network grows: units by kind, and groups of one's own."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from ._abi import lib
from ._arrays import as_mask, as_size, as_text
from .errors import ArgumentError
from .functions import Function, FunctionLike
from .group import SELF, Group, Source


class UnitsMixin:
    """The part of `Network` that adds units and groups."""

    _pointer: int

    def unit(self, kind: str, size: int, name: str | None = None, **options: Any) -> Group:
        """Add a unit of any kind that the engine knows.

        Parameters
        ----------
        kind : str
            "linear", "lnl".
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; the kind by default,
            numbered when repeated ("lnl", "lnl2").
        **options
            As the methods of each kind list them. None means the engine's default.

        Returns
        -------
        Group
            The unit's output.
        """
        given = {
            key: self._option(key, value) for key, value in options.items() if value is not None
        }
        try:
            text = json.dumps(given, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"options of unit {kind}: {error}") from None
        number = ctypes.c_int64()
        lib.bt_network_add_unit(
            self._pointer,
            as_text(kind, "kind"),
            None if name is None else as_text(name, "name"),
            as_size(size, "size"),
            as_text(text, "options"),
            ctypes.byref(number),
        )
        return self._group(number.value)

    def _option(self, key: str, value: Any) -> Any:
        if key == "sources":
            return [self._source(source) for source in value]
        if key == "mask":
            return as_mask(value, "mask").tolist()
        if isinstance(value, Function):
            return value.to_option()
        if isinstance(value, (np.generic, np.ndarray)):
            return value.tolist()
        return value

    def _source(self, source: Any) -> dict[str, Any]:
        if not isinstance(source, Source):
            raise TypeError(f"sources: {source!r} came, expected groups at a lag, such as h.lag(1)")
        place = "self" if source.group is SELF else source.number(self)
        return {"source": place, "lag": source.lag}

    def lnl(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike | None = None,
        leak: float | str | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
    ) -> Group:
        """Add leaky nonlinear nodes: x(t) = g x(t-1) + f(a + W x(t-1) + B i(t-1)).

        Groups ``x2`` (what f takes), ``x1`` (the leak, where there is one) and ``x``; weights
        ``x2.a``, ``x2.W``, ``x2.B``, and ``x1.g`` when the leak is adjusted. Equation (7) of
        RR-9100.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        activation : str or Function, optional
            "zeta01", "tanh", "logistic", "relu", "identity", ``bt.zeta(a, b)``,
            ``bt.softplus(eps)`` ...
        leak : float or "adjust", optional
            g: a number in [0, 0.999], or one adjustable weight per node in that range; without it,
            no leak.
        bias : bool, optional
        sources : list of Source, optional
            What the nodes read, instead of themselves and the network input one time step ago:
            ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``.
        input_lag : int, optional
            Lag of the network input, in time steps.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there are, drawn at
            random.
        seed : int, optional
            Of that draw.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed.
        SizeError
            A size below 1, a mask of another shape.
        """
        return self.unit(
            "lnl",
            size,
            name,
            activation=activation,
            leak=leak,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
        )

    def linear(
        self,
        size: int,
        name: str | None = None,
        *,
        range: int | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
    ) -> Group:
        """Add linear nodes: v(t) = a + sum over r = 1..R of W^r x(t-r) + B i(t-1).

        One group ``x``; weights ``x.a``, ``x.W1`` ... ``x.WR``, ``x.B``. Appendix A of RR-9100.
        With the sources ``[h.lag(0)]`` it is a readout of another unit, of weights ``x.a`` and
        ``x.W_lnl``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        range : int, optional
            R, in time steps.
        bias, sources, input_lag, mask, density, seed
            As in `lnl`.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "linear",
            size,
            name,
            range=range,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
        )

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
        group = self._add_group(lib.bt_network_add_learnware, "learnware", size, name)
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
        return self._add_group(lib.bt_network_add_firmware, "firmware", size, name)

    def _add_group(self, call: Any, kind: str, size: int, name: str | None) -> Group:
        if name is None:
            taken, number, name = self.groups, 1, kind
            while name in taken:
                number += 1
                name = f"{kind}{number}"
        group = ctypes.c_int64()
        call(self._pointer, as_text(name, "name"), as_size(size, "size"), ctypes.byref(group))
        return self._group(group.value)
