"""Feed-forward layers, and units that join several of them."""

from __future__ import annotations

from collections.abc import Iterable

from .functions import FunctionLike
from .group import Group
from .source import Source
from .units import GrowingNetwork


class LayersMixin(GrowingNetwork):
    """The part of `Network` that adds these units."""

    def dense(
        self,
        size: int,
        name: str | None = None,
        *,
        activation: FunctionLike | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
    ) -> Group:
        """Add a feed-forward layer: x(t) = f(a + B i(t)).

        Groups ``x2`` (what f takes), ``x``; weights ``x2.a``, ``x2.B``, or ``x2.W_unit`` from
        another unit.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        activation, bias
            As in `lnl`.
        sources : list of Source, optional
            What the nodes read, instead of the network input at lag 0: ``[h.lag(0)]``.

        Returns
        -------
        Group
            The output x.

        Raises
        ------
        ArgumentError, SizeError, NetworkError
            As in `lnl`.

        Examples
        --------
        >>> net = bt.Network(inputs=3)
        >>> layer = net.dense(8, activation="tanh")
        >>> net.lnl(4, sources=[bt.SELF.lag(1), layer.lag(0)])
        <Group lnl.x of 4 nodes>
        """
        return self.unit("dense", size, name, activation=activation, bias=bias, sources=sources)

    def conv1d(
        self,
        size: int,
        name: str | None = None,
        *,
        kernel: int | None = None,
        channels: int | None = None,
        activation: FunctionLike | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
    ) -> Group:
        """Add a convolution over the nodes of a source: weights shared by position.

        x_(c,p)(t) = f(a_c + sum over b and j < kernel of k_(c,b,j) s_(b,p+j)(t))

        Nodes stand channel by channel, in the source and in the layer; no padding, stride 1: P
        positions of the source make P - kernel + 1. Groups ``x2`` (what f takes), ``x``; weights
        ``x2.a``, one per channel, and ``x2.B`` (``x2.W_unit`` from another unit), a vector whose
        entry (c channels + b) kernel + j is k_(c,b,j).

        Parameters
        ----------
        size : int
            Number of output channels c.
        name : str, optional
        kernel : int, optional
            Number of positions that a node reads.
        channels : int, optional
            Number of channels b of the source.
        activation, bias
            As in `lnl`.
        sources : list of Source, optional
            What the layer reads, instead of the network input at lag 0.

        Returns
        -------
        Group
            The output x, of size (P - kernel + 1) nodes.

        Raises
        ------
        SizeError
            A source of fewer positions than the kernel, or that the channels do not divide.
        ArgumentError, NetworkError
            As in `lnl`.
        """
        return self.unit(
            "conv1d",
            size,
            name,
            kernel=kernel,
            channels=channels,
            activation=activation,
            bias=bias,
            sources=sources,
        )

    def product(
        self,
        size: int,
        name: str | None = None,
        *,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add products x(t) = u v, node by node; both u and v are a + W x(t-1) + B i(t-1).

        The xor by a product of appendix D of RR-9100; Lotka-Volterra equations. Groups ``u``,
        ``v``, ``x``; weights ``u.a``, ``u.W``, ``u.B``, ``v.a``, ``v.W``, ``v.B``.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        bias, sources, input_lag, initial
            Of both u and v, as in `lnl`, with its errors.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "product", size, name, bias=bias, sources=sources, input_lag=input_lag, initial=initial
        )

    def versatile(
        self,
        size: int,
        name: str | None = None,
        *,
        functions: Iterable[FunctionLike] | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add nodes that choose their nonlinearity: x(t) = sum over k of c_k f_k(v).

        v = a + W x(t-1) + B i(t-1), and each node has its own c_k: where few of them remain, the
        data have chosen. The end of appendix A of RR-9100. Groups ``v``, ``f1``, ``f2`` ..., ``x``;
        weights ``v.a``, ``v.W``, ``v.B``, ``x.c1``, ``x.c2`` ....

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        functions : list of str or Function, optional
            The f_k, such as ``["identity", "tanh", bt.softplus(0.1)]``.
        bias, sources, input_lag, initial
            Of v, as in `lnl`, with its errors.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "versatile",
            size,
            name,
            functions=functions,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            initial=initial,
        )
