"""Units: a method of `Network` for each kind.

Written by ``python tools/generate_units.py`` from what the engine says of its units: change that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from numpy.typing import ArrayLike

from .functions import FunctionLike
from .group import Group
from .source import Source
from .units import GrowingNetwork


class UnitMethods(GrowingNetwork):
    """A network with a method for each kind of unit. An option of None is one of its default."""

    def linear(
        self,
        size: int,
        name: str | None = None,
        *,
        range: int = 1,
        input_lag: int = 1,
        bias: bool = True,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add linear nodes.

        ::

            x = a + sum_{r=1..R} W^r x(t-r) + B i(t-1)

        One group ``x``; weights ``x.a``, ``x.W1`` ... ``x.WR``, ``x.B``. Appendix A of RR-9100.
        With one source, the output of another unit at lag 0, it is the readout of that unit, of
        weights ``x.a`` and, of an `lnl`, ``x.W_lnl``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "linear" by default,
            numbered when repeated ("linear2").
        range : int, default 1
            R, in time steps. In [1, 1048576].
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        sources : list of Source, optional
            What it reads, instead of itself 1 to R time steps ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            all by default. Every node has round(density N) of them, one at least where the density
            is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        A filter of second order:

        >>> net = bt.Network(inputs=1)
        >>> net.linear(1, sources=[net.input.lag(0), bt.SELF.lag(1), bt.SELF.lag(2)])
        <Group linear.x of 1 nodes>
        """
        return self._add_unit(UnitMethods.linear, locals())

    def lnl(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike = "zeta01",
        leak: float | Literal["adjust"] = 0.0,
        time_constant: float | None = None,
        dt: float = 1.0,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        feedback: Literal["own", "measured"] = "own",
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add leaky nonlinear nodes.

        ::

            x = x1 + f(x2)
            x1 = g x(t-1)
            x2 = a + W x(t-1) + B i(t-1)

        Equation (7) of RR-9100. Groups ``x2``, ``x1`` (the leak, where there is one) and ``x``;
        weights ``x2.a``, ``x2.W``, ``x2.B``, and ``x1.g`` when the leak is adjusted.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "lnl" by default,
            numbered when repeated ("lnl2").
        activation : str or Function, default "zeta01"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        leak : float or "adjust", default 0.0
            The g of the leak, 0 for none, or "adjust": one weight a node in that range. In
            [0, 0.999].
        time_constant : float, optional
            Instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau (footnote 13 of RR-9100).
        dt : float, default 1.0
            Duration of a time step, more than 0, in the unit of ``time_constant``, with which it
            comes.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            all by default. Every node has round(density N) of them, one at least where the density
            is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        feedback : {"own", "measured"}, default "own"
            What it reads of its own past: x(t-1) itself, or what was measured of it, a group
            ``x.m1``. See `Group.measured`, and the horizon of `Estimator`.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.lnl(8, activation="tanh", leak="adjust")
        <Group lnl.x of 8 nodes>
        """
        return self._add_unit(UnitMethods.lnl, locals())

    def sparse_lnl(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike = "relu",
        leak: float | Literal["adjust"] = 0.0,
        time_constant: float | None = None,
        dt: float = 1.0,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add rectified nodes with few recurrent connections, 1/sqrt(N) of them.

        ::

            x = x1 + f(x2)
            x1 = g x(t-1)
            x2 = a + W x(t-1) + B i(t-1)

        An `lnl` of another activation and density, with its groups and weights. Appendix A of
        RR-9100.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "sparse_lnl" by default,
            numbered when repeated ("sparse_lnl2").
        activation : str or Function, default "relu"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        leak : float or "adjust", default 0.0
            The g of the leak, 0 for none, or "adjust": one weight a node in that range. In
            [0, 0.999].
        time_constant : float, optional
            Instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau (footnote 13 of RR-9100).
        dt : float, default 1.0
            Duration of a time step, more than 0, in the unit of ``time_constant``, with which it
            comes.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            1/sqrt(size) by default. Every node has round(density N) of them, one at least where the
            density is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.sparse_lnl(100, leak=0.5, seed=1)
        <Group sparse_lnl.x of 100 nodes>
        """
        return self._add_unit(UnitMethods.sparse_lnl, locals())

    def lstm(
        self,
        size: int,
        name: str | None = None,
        *,
        peephole: bool = False,
        bias: bool = True,
        profile: Literal["zeta", "logistic"] = "zeta",
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add long short-term memory, of output, forget and input gates k.

        ::

            x = k(yo) tanh(s)
            s = k(yf) s(t-1) + k(yi) tanh(h)
            h = a + W x(t-1) + B i(t-1)
            yo, yf, yi = a + p s(t-1) + W x(t-1) + B i(t-1)

        Equation (8) of RR-9100. Groups ``h``, ``yo``, ``yf``, ``yi``, ``s``, ``x``; weights
        ``h.a``, ``h.W``, ``h.B``, those of the gates alike, and ``yo.p``, ``yf.p``, ``yi.p`` with
        peepholes. h and the gates read the same sources.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "lstm" by default,
            numbered when repeated ("lstm2").
        peephole : bool, default False
            Whether the gates read s, each node its own.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        profile : {"zeta", "logistic"}, default "zeta"
            The function k of gates: zeta01(u) = 1/(1+exp(-4u)), or 1/(1+exp(-u)) as in other
            libraries.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.lstm(8, profile="logistic")
        <Group lstm.x of 8 nodes>
        """
        return self._add_unit(UnitMethods.lstm, locals())

    def gru(
        self,
        size: int,
        name: str | None = None,
        *,
        bias: bool = True,
        profile: Literal["zeta", "logistic"] = "zeta",
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add gated recurrent units, of update and reset gates k.

        ::

            x = k(z) x(t-1) + (1 - k(z)) tanh(h)
            h = hi + k(r) m
            hi = a + B i(t-1)
            m = b + U x(t-1)
            z, r = a + W x(t-1) + B i(t-1)

        Appendix A of RR-9100, after Cho et al. 2014. Groups ``m``, ``z``, ``r``, ``hi``, ``h``,
        ``x``; weights ``m.a`` (b), ``m.U``, ``hi.a``, ``hi.B``, ``z.a``, ``z.W``, ``z.B``, ``r.a``,
        ``r.W``, ``r.B``. z and r read all sources, hi all but the unit itself, and m the unit
        itself alone.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "gru" by default,
            numbered when repeated ("gru2").
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        profile : {"zeta", "logistic"}, default "zeta"
            The function k of gates: zeta01(u) = 1/(1+exp(-4u)), or 1/(1+exp(-u)) as in other
            libraries.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.gru(8, profile="logistic")
        <Group gru.x of 8 nodes>
        """
        return self._add_unit(UnitMethods.gru, locals())

    def strongly_typed(
        self,
        size: int,
        name: str | None = None,
        *,
        profile: Literal["zeta", "logistic"] = "zeta",
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add strongly-typed recurrent units: a gate k that each node sets for itself.

        ::

            x = k(f) x(t-1) + (1 - k(f)) z
            f = a + g x(t-1)
            z = W x(t-1) + B i(t-1)

        Equation (9) of RR-9100, g diagonal. Groups ``f``, ``z``, ``x``; weights ``f.a``, ``f.g``,
        ``z.W``, ``z.B``. z reads the sources.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "strongly_typed" by
            default, numbered when repeated ("strongly_typed2").
        profile : {"zeta", "logistic"}, default "zeta"
            The function k of gates: zeta01(u) = 1/(1+exp(-4u)), or 1/(1+exp(-u)) as in other
            libraries.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            all by default. Every node has round(density N) of them, one at least where the density
            is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.strongly_typed(8)
        <Group strongly_typed.x of 8 nodes>
        """
        return self._add_unit(UnitMethods.strongly_typed, locals())

    def aif(
        self,
        size: int,
        name: str | None = None,
        *,
        leak: float | Literal["adjust"] = 0.5,
        time_constant: float | None = None,
        dt: float = 1.0,
        sharpness: float | Literal["adjust"] = 5.0,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        feedback: Literal["own", "measured", "spikes"] = "own",
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add nodes that approximate leaky integrate-and-fire neurons.

        ::

            x = g p + a + W z + B i(t-1)
            p = (1 - z) x(t-1)
            z = zeta01(w (x(t-1) - 1/2))

        Equation (10) of RR-9100. z is the spike of the step before, made smooth with the sharpness
        w; a spike resets the value. Groups ``c`` (x(t-1) - 1/2, only where w is adjusted), ``q`` (w
        c), ``z``, ``p`` (what the spike leaves of x(t-1)), ``x``; weights ``x.g``, ``x.a``,
        ``x.W``, ``x.B``, and ``q.w`` when the sharpness is adjusted. A constant leak is a fixed
        weight. As a source the unit itself one time step ago is z(t).

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "aif" by default,
            numbered when repeated ("aif2").
        leak : float or "adjust", default 0.5
            The g of the leak, 0 for none, or "adjust": one weight a node in that range. In
            [0, 0.999].
        time_constant : float, optional
            Instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau (footnote 13 of RR-9100).
        dt : float, default 1.0
            Duration of a time step, more than 0, in the unit of ``time_constant``, with which it
            comes.
        sharpness : float or "adjust", default 5.0
            The slope w of the spikes, or "adjust": one weight a node in that range. In [0, 100].
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            all by default. Every node has round(density N) of them, one at least where the density
            is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        feedback : {"own", "measured", "spikes"}, default "own"
            What it reads of its own past: x(t-1) itself; or what was measured of it, a group
            ``x.m1``; or x(t-1) itself, but spikes as measured. The spikes of the last are those of
            a group ``s`` in the place of ``z``, s(t) = zeta01(w (x(t) - 1/2)) = z(t+1): what was
            measured of s(t-1), a group ``s.m1``, resets x and is what W takes. See
            `Group.measured`, and the horizon of `Estimator`.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.aif(20, leak=0.9, sharpness="adjust")
        <Group aif.x of 20 nodes>
        """
        return self._add_unit(UnitMethods.aif, locals())

    def softmax(
        self,
        size: int,
        name: str | None = None,
        *,
        temperature: float = 1.0,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float | None = None,
        seed: int = 0,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add nodes in competition: their values are positive, and have the sum 1.

        ::

            x = softmax(z / temperature)
            z = a + W x(t-1) + B i(t-1)

        Equation (11) and footnote 17 of RR-9100: x_i is exp(z_i / temperature), divided by the sum
        of these over all nodes. Groups ``z``, ``x``; weights ``z.a``, ``z.W``, ``z.B``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "softmax" by default,
            numbered when repeated ("softmax2").
        temperature : float, default 1.0
            The smaller, the nearer to 1 for the largest node and 0 for the others. In
            [1e-100, 1e+100]. `softmax_group` is the softmax of any group.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there is, drawn at random;
            all by default. Every node has round(density N) of them, one at least where the density
            is above 0, none where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections, up to 2^64 - 1. 0 or more.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.softmax(5, temperature=0.5)
        <Group softmax.x of 5 nodes>
        """
        return self._add_unit(UnitMethods.softmax, locals())

    def reservoir(
        self,
        size: int,
        name: str | None = None,
        *,
        outputs: int = 1,
        lr: float | None = None,
        sr: float | None = None,
        spectral_radius: float = 0.9,
        input_scaling: float = 1.0,
        feedback: Literal["none", "measured"] = "none",
        feedback_scaling: float = 1.0,
        activation: FunctionLike = "tanh",
        leak: float | Literal["adjust"] = 0.0,
        time_constant: float | None = None,
        dt: float = 1.0,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        mask: ArrayLike | None = None,
        density: float = 0.1,
        seed: int = 0,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add an `lnl` of fixed random weights and a linear readout, which alone is adjusted.

        ::

            x = x1 + f(x2)
            x1 = g x(t-1)
            x2 = a + W x(t-1) + B i(t-1)
            y = a + W x

        Appendix A of RR-9100. Groups ``x2``, ``x1`` (where there is a leak), ``x``, ``y``; weights
        ``x2.a``, ``x2.W``, ``x2.B``, all fixed, and ``y.a``, ``y.W``. Freeing ``x2.W`` lets
        estimation adjust the recurrent weights too, those that there are. Drawing the weights of a
        network draws free ones anew, fixed ones not: do it before. They are freed by
        ``net.weights.constrain("reservoir.x2.W", fixed=False)``, drawn by `Network.randomize`.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "reservoir" by default,
            numbered when repeated ("reservoir2").
        outputs : int, default 1
            Number of nodes of the readout y. 1 or more.
        lr : float, optional
            Instead of a leak: the leaking rate of x(t) = (1 - lr) x(t-1) + lr f(a + W x(t-1) + B
            i(t-1)). The leak is 1 - lr, and nodes have the values of that x divided by lr. In
            [0.001, 1].
        sr : float, optional
            Instead of ``spectral_radius``: that of the W which stands at ``lr``, 1 without it. In
            [0, 1000000].
        spectral_radius : float, default 0.9
            Largest modulus of the eigenvalues of W: only 0 where the connections form no cycle (a
            triangular mask, a density of 0), any other one is refused then. Where the unit reads
            itself at several lags: of the whole recurrence. In [0, 1000000].
        input_scaling : float, default 1.0
            B is drawn uniformly in plus or minus that, a in a tenth of it. In [0, 1000000].
        feedback : {"none", "measured"}, default "none"
            With "measured" x2 reads K m(t) too, m(t) what was measured of y(t-1), y(t-1) itself
            where nothing was, a group ``y.m1``; weights ``x2.K``, fixed as well. Estimated with a
            horizon of 1 the readout is one least-squares problem, solved at once, and the network
            runs freely where it is simulated. See `Group.measured`, and the horizon of `Estimator`.
        feedback_scaling : float, default 1.0
            K is drawn uniformly in plus or minus that. In [0, 1000000].
        activation : str or Function, default "tanh"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        leak : float or "adjust", default 0.0
            The g of the leak, 0 for none, or "adjust": one weight a node in that range. In
            [0, 0.999].
        time_constant : float, optional
            Instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau (footnote 13 of RR-9100).
        dt : float, default 1.0
            Duration of a time step, more than 0, in the unit of ``time_constant``, with which it
            comes.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are: N rows of N values 0 or 1.
        density : float, default 0.1
            Instead of a mask: the part of the recurrent connections that there is, drawn at random.
            Every node has round(density N) of them, one at least where the density is above 0, none
            where it is 0. In [0, 1].
        seed : int, default 0
            Of the draw of connections and weights, up to 2^64 - 1. 0 or more.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The readout y.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1, a mask of another shape.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.reservoir(50, spectral_radius=0.8, seed=1)
        <Group reservoir.y of 1 nodes>
        """
        return self._add_unit(UnitMethods.reservoir, locals())

    def state_space(
        self,
        size: int,
        name: str | None = None,
        *,
        hidden: int | None = None,
        outputs: int = 1,
        input_lag: int = 1,
        feedback: Literal["none", "measured"] = "none",
        activation: FunctionLike = "tanh",
        degree: int = 1,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add linear states fed by a small layer, of tanh nodes by default.

        ::

            x = A x(t-1) + B i(t-1) + E h(t-1)
            h = f(b + F x + G i)^degree
            y = c + C x + D i + H h

        With E = H = 0 it is the linear model of control theory, a good start for systems that were
        measured. Outside of the range of the data a tanh stays where it is; a softplus of eps 1,
        whose slope saturates, goes on in straight lines; the identity and a degree of 3 make a
        cubic layer: the model is polynomial, and goes on as such. Groups ``x``, ``h2`` (what f
        takes), ``h``, ``y``; weights ``x.A``, ``x.B``, ``x.E``, ``h2.a`` (b), ``h2.F``, ``h2.G``,
        ``y.a`` (c), ``y.C``, ``y.D``, ``y.H``. Not of RR-9100.

        Parameters
        ----------
        size : int
            Number of states x.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "state_space" by
            default, numbered when repeated ("state_space2").
        hidden : int, optional
            Number of nodes h, by default as many as states; 0 for the linear model, without h2 and
            h. 0 or more.
        outputs : int, default 1
            Number of nodes of y. 1 or more.
        input_lag : int, default 1
            Lag of the input in x, in time steps; h and y read it at lag 0. In [0, 1048576].
        feedback : {"none", "measured"}, default "none"
            With "measured" it is the innovations form, x(t) = a + A x(t-1) + B i(t-1) + K m(t) + E
            h(t-1), m(t) what was measured of y(t-1), y(t-1) itself where nothing was, a group
            ``y.m1``. It predicts where y is known and simulates where it is not. K, the gain of the
            Kalman filter, is learnt with the rest, at best with a horizon of 1; weights ``x.K`` of
            shape (size, outputs) and ``x.a``. See `Group.measured`, and the horizon of `Estimator`.
        activation : str or Function, default "tanh"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        degree : int, default 1
            The power of f(...) that h is. In [1, 9].
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output y.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.

        Examples
        --------
        A Duffing oscillator:

        >>> net = bt.Network(inputs=1)
        >>> net.state_space(2, hidden=1, activation="identity", degree=3)
        <Group state_space.y of 1 nodes>
        """
        return self._add_unit(UnitMethods.state_space, locals())

    def dense(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike = "zeta01",
        bias: bool = True,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add a feed-forward layer.

        ::

            x = f(x2)
            x2 = a + B i

        Groups ``x2`` (what f takes), ``x``; weights ``x2.a``, ``x2.B``, or ``x2.W_unit`` from
        another unit.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "dense" by default,
            numbered when repeated ("dense2").
        activation : str or Function, default "zeta01"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        sources : list of Source, optional
            What it reads, instead of the network input at lag 0. Each source has weights of its
            own: W from the unit itself, B from the input, ``W_unit`` from another unit, the lag
            added where a source stands with several. Groups at a lag, ``[bt.SELF.lag(1), h.lag(0),
            net.input.lag(1)]``; `Source.masked` leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=3)
        >>> net.dense(8, activation="tanh")
        <Group dense.x of 8 nodes>
        """
        return self._add_unit(UnitMethods.dense, locals())

    def conv1d(
        self,
        size: int,
        name: str | None = None,
        *,
        kernel: int = 3,
        channels: int = 1,
        activation: FunctionLike = "zeta01",
        bias: bool = True,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add a convolution over the nodes of a source: weights shared by position.

        ::

            x_(c,p) = f(a_c + sum_(b,j) k_(c,b,j) s_(b,p+j)), j < kernel

        Nodes stand channel by channel, in the source and in the layer; no padding, stride 1: P
        positions of the source make P - kernel + 1. A source of fewer positions than the kernel, or
        that the channels do not divide, is of a wrong size. Groups ``x2`` (what f takes), ``x``;
        weights ``x2.a``, one a channel, and ``x2.B`` (``x2.W_unit`` from another unit), a vector
        whose entry (c channels + b) kernel + j is k_(c,b,j).

        Parameters
        ----------
        size : int
            Number of output channels c.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "conv1d" by default,
            numbered when repeated ("conv1d2").
        kernel : int, default 3
            Number of positions that a node reads. 1 or more.
        channels : int, default 1
            Number of channels b of the source. 1 or more.
        activation : str or Function, default "zeta01"
            The function f. One of "tanh", "zeta01", "identity", "logistic", "relu", "exp", "log",
            "reciprocal", "square", "step", or ``bt.zeta(a, b)``, ``bt.softplus(eps)``,
            ``bt.upsilon(w)``.
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        sources : list of Source, optional
            What it reads, instead of the network input at lag 0. Each source has weights of its
            own: W from the unit itself, B from the input, ``W_unit`` from another unit, the lag
            added where a source stands with several. Groups at a lag, ``[bt.SELF.lag(1), h.lag(0),
            net.input.lag(1)]``; `Source.masked` leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x, of size (P - kernel + 1) nodes.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        Ten positions make six, of two channels:

        >>> net = bt.Network(inputs=10)
        >>> net.conv1d(2, kernel=5, activation="relu")
        <Group conv1d.x of 12 nodes>
        """
        return self._add_unit(UnitMethods.conv1d, locals())

    def gate(
        self,
        size: int,
        name: str | None = None,
        *,
        bias: bool = True,
        profile: Literal["zeta", "logistic"] = "zeta",
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        value_sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add memory gates: each node keeps its value, or takes v where its gate k is open.

        ::

            x = (1 - k(c)) x(t-1) + k(c) v
            c = a + W x(t-1) + B i(t-1)
            v = a + B i

        Appendix D of RR-9100. Groups ``c``, ``v``, ``x``; weights ``c.a``, ``c.W``, ``c.B``,
        ``v.a``, ``v.B``. c reads the sources; the bias is that of c and v.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "gate" by default,
            numbered when repeated ("gate2").
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        profile : {"zeta", "logistic"}, default "zeta"
            The function k of gates: zeta01(u) = 1/(1+exp(-4u)), or 1/(1+exp(-u)) as in other
            libraries.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        value_sources : list of Source, optional
            What it reads, instead of the network input at lag 0, in v. Each source has weights of
            its own: W from the unit itself, B from the input, ``W_unit`` from another unit, the lag
            added where a source stands with several. Groups at a lag, ``[bt.SELF.lag(1), h.lag(0),
            net.input.lag(1)]``; `Source.masked` leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=2)
        >>> net.gate(4)
        <Group gate.x of 4 nodes>
        """
        return self._add_unit(UnitMethods.gate, locals())

    def product(
        self,
        size: int,
        name: str | None = None,
        *,
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add products, node by node, of two linear combinations.

        ::

            x = u v
            u, v = a + W x(t-1) + B i(t-1)

        The xor by a product of appendix D of RR-9100; Lotka-Volterra equations. Groups ``u``,
        ``v``, ``x``; weights ``u.a``, ``u.W``, ``u.B``, ``v.a``, ``v.W``, ``v.B``. u and v read the
        same sources.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "product" by default,
            numbered when repeated ("product2").
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        It can learn the xor:

        >>> net = bt.Network(inputs=2)
        >>> net.product(1)
        <Group product.x of 1 nodes>
        """
        return self._add_unit(UnitMethods.product, locals())

    def versatile(
        self,
        size: int,
        name: str | None = None,
        *,
        functions: Iterable[FunctionLike] = ("identity", "tanh", "zeta01", "relu"),
        bias: bool = True,
        input_lag: int = 1,
        sources: Iterable[Source] | None = None,
        initial: Literal["zero", "learn"] = "zero",
    ) -> Group:
        """Add nodes that choose their nonlinearity.

        ::

            x = sum_k c_k f_k(v)
            v = a + W x(t-1) + B i(t-1)

        The end of appendix A of RR-9100. Each node has its own c_k: where few of them remain, the
        data have chosen. Groups ``v``, ``f1``, ``f2`` ..., ``x``; weights ``v.a``, ``v.W``,
        ``v.B``, ``x.c1``, ``x.c2`` ....

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
            Its groups are ``name.group``, its weights ``name.group.role``; "versatile" by default,
            numbered when repeated ("versatile2").
        functions : list of str or Function, default ("identity", "tanh", "zeta01", "relu")
            The f_k, one or more. As activations elsewhere: ``["identity", "tanh",
            bt.softplus(0.1)]``; names are "tanh", "zeta01", "identity", "logistic", "relu", "exp",
            "log", "reciprocal", "square", "step".
        bias : bool, default True
            Whether linear combinations have a bias a, one weight a node.
        input_lag : int, default 1
            Lag of the network input, in time steps. In [0, 1048576].
        sources : list of Source, optional
            What it reads, instead of itself one time step ago and the network input at
            ``input_lag``. Each source has weights of its own: W from the unit itself, B from the
            input, ``W_unit`` from another unit, the lag added where a source stands with several.
            Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked`
            leaves connections out.
        initial : {"zero", "learn"}, default "zero"
            Values before t = 0: zero, or "learn": adjustable weights ``group.x0`` of all groups of
            the unit that are read at a past time, the same for all sequences. A unit that reads no
            past has none.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError
            An option outside what is allowed, a source of another network.
        SizeError
            A size below 1.
        NetworkError
            Sources that would close a cycle at lag 0.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.versatile(6, functions=["identity", "tanh", bt.softplus(0.1)])
        <Group versatile.x of 6 nodes>
        """
        return self._add_unit(UnitMethods.versatile, locals())
