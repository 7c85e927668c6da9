"""Units of gates: products of squashed values that keep, let in and let out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .group import Group
from .source import Source
from .units import GrowingNetwork


class GatedUnitsMixin(GrowingNetwork):
    """The part of `Network` that adds these units."""

    def lstm(
        self,
        size: int,
        name: str | None = None,
        *,
        peephole: bool | None = None,
        profile: str | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add long short-term memory, of output, forget and input gates k.

        x(t) = k(yo) tanh(s(t));  s(t) = k(yf) s(t-1) + k(yi) tanh(h);
        h = a + W x(t-1) + B i(t-1);  yo, yf, yi = a + p s(t-1) + W x(t-1) + B i(t-1)

        Equation (8) of RR-9100. Groups ``h``, ``yo``, ``yf``, ``yi``, ``s``, ``x``; weights
        ``h.a``, ``h.W``, ``h.B``, those of the gates alike, and ``yo.p``, ``yf.p``, ``yi.p`` with
        peepholes.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        peephole : bool, optional
            Whether the gates read s, each node its own.
        profile : {"zeta", "logistic"}, optional
            The gates k: zeta01, or 1/(1+exp(-u)) as in other libraries.
        bias, sources, input_lag, initial
            As in `lnl`, with its errors; h and the gates read the same sources.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "lstm",
            size,
            name,
            peephole=peephole,
            profile=profile,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            initial=initial,
        )

    def gru(
        self,
        size: int,
        name: str | None = None,
        *,
        profile: str | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add gated recurrent units, of update and reset gates k.

        x(t) = k(z) x(t-1) + (1 - k(z)) tanh(h);  h = hi + k(r) m;  hi = a + B i(t-1);
        m = b + U x(t-1);  z, r = a + W x(t-1) + B i(t-1)

        Appendix A of RR-9100. Groups ``m``, ``z``, ``r``, ``hi``, ``h``, ``x``; weights ``m.a``
        (b), ``m.U``, ``hi.a``, ``hi.B``, ``z.a``, ``z.W``, ``z.B``, ``r.a``, ``r.W``, ``r.B``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        profile : {"zeta", "logistic"}, optional
            The gates k: zeta01, or 1/(1+exp(-u)) as in other libraries.
        bias, sources, input_lag, initial
            As in `lnl`, with its errors; z and r read all sources, hi all but the unit itself, and
            m the unit itself alone.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "gru",
            size,
            name,
            profile=profile,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            initial=initial,
        )

    def strongly_typed(
        self,
        size: int,
        name: str | None = None,
        *,
        profile: str | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add strongly-typed recurrent units: a gate k that each node sets for itself.

        x(t) = k(f) x(t-1) + (1 - k(f)) z;  f = a + g x(t-1), g diagonal;  z = W x(t-1) + B i(t-1)

        Equation (9) of RR-9100. Groups ``f``, ``z``, ``x``; weights ``f.a``, ``f.g``, ``z.W``,
        ``z.B``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        profile : {"zeta", "logistic"}, optional
            The gate k: zeta01, or 1/(1+exp(-u)) as in other libraries.
        sources, input_lag, mask, density, seed, initial
            Of z, as in `lnl`, with its errors.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "strongly_typed",
            size,
            name,
            profile=profile,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
            initial=initial,
        )

    def gate(
        self,
        size: int,
        name: str | None = None,
        *,
        profile: str | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        value_sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add memory gates: x(t) = (1 - k(c)) x(t-1) + k(c) v.

        Each node keeps its value where its gate k is shut and takes v where it is open.
        Appendix D of RR-9100. Groups ``c`` (a + W x(t-1) + B i(t-1)), ``v`` (a + B i(t)), ``x``;
        weights ``c.a``, ``c.W``, ``c.B``, ``v.a``, ``v.B``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        profile : {"zeta", "logistic"}, optional
            The gate k: zeta01, or 1/(1+exp(-u)) as in other libraries.
        bias, sources, input_lag, initial
            Of c, as in `lnl`, with its errors; the bias is that of v too.
        value_sources : list of Source, optional
            What v reads, instead of the network input at lag 0.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "gate",
            size,
            name,
            profile=profile,
            bias=bias,
            sources=sources,
            value_sources=value_sources,
            input_lag=input_lag,
            initial=initial,
        )
