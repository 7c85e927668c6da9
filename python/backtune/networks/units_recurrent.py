"""Units of one linear combination of their past and the input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .functions import FunctionLike
from .group import Group
from .source import Source
from .units import GrowingNetwork


class RecurrentUnitsMixin(GrowingNetwork):
    """The part of `Network` that adds these units."""

    def lnl(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike | None = None,
        leak: float | str | None = None,
        time_constant: float | None = None,
        dt: float | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
        feedback: str | None = None,
        initial: str | None = None,
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
        time_constant : float, optional
            Instead of a leak: tau, of g = 1 - dt/tau (footnote 13).
        dt : float, optional
            Duration of a time step, in the unit of tau.
        bias : bool, optional
        sources : list of Source, optional
            What the nodes read, instead of themselves and the network input one time step ago:
            ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked` leaves connections
            out. Each has weights of its own: ``x2.W`` from the unit itself, ``x2.B`` from the
            input, ``x2.W_unit`` from another unit, the lag added where a source stands with
            several.
        input_lag : int, optional
            Lag of the network input, in time steps.
        mask : array of 0 and 1, shape (N, N), optional
            The recurrent connections there are.
        density : float, optional
            Instead of a mask: the part of the recurrent connections that there are, drawn at
            random. Every node has round(density N) of them, one at least where the density is
            above 0, none where it is 0.
        seed : int, optional
            Of that draw, from 0 to 2**64 - 1.
        feedback : {"own", "measured"}, optional
            What the nodes read of their own past: x(t-1) itself, or what was measured of it, see
            `Group.measured`, from a group ``x.m1``.
        initial : {"zero", "learn"}, optional
            Values before t = 0: zero, or adjustable weights ``x.x0``, the same for all sequences.

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
        """
        return self.unit(
            "lnl",
            size,
            name,
            activation=activation,
            leak=leak,
            time_constant=time_constant,
            dt=dt,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
            feedback=feedback,
            initial=initial,
        )

    def sparse_lnl(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike | None = None,
        leak: float | str | None = None,
        time_constant: float | None = None,
        dt: float | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add rectified nodes with few recurrent connections, 1/sqrt(N) of them.

        An `lnl` of another activation ("relu") and density, with its groups and weights. Appendix A
        of RR-9100.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        activation, leak, time_constant, dt, bias, sources, input_lag, mask, density, seed, initial
            As in `lnl`, with its errors.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "sparse_lnl",
            size,
            name,
            activation=activation,
            leak=leak,
            time_constant=time_constant,
            dt=dt,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
            initial=initial,
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
        initial: str | None = None,
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
        bias, sources, input_lag, mask, density, seed, initial
            As in `lnl`, with its errors.

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
            initial=initial,
        )
