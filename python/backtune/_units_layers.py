"""Feed-forward layers, and units that join several of them."""

from __future__ import annotations

from collections.abc import Iterable

from ._units import UnitsMixin
from .functions import FunctionLike
from .group import Group
from .source import Source


class LayersMixin(UnitsMixin):
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

    def state_space(
        self,
        size: int,
        name: str | None = None,
        *,
        hidden: int | None = None,
        outputs: int | None = None,
        input_lag: int | None = None,
        feedback: str | None = None,
        activation: FunctionLike | None = None,
        degree: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add linear states fed by a small layer, of tanh nodes by default.

        x(t) = A x(t-1) + B i(t-1) + E h(t-1);  h(t) = f(b + F x(t) + G i(t))^degree;
        y(t) = c + C x(t) + D i(t) + H h(t)

        With E = H = 0 it is the linear model of control theory, a good start for systems that were
        measured. Groups ``x``, ``h2`` (what f takes), ``h``, ``y``; weights ``x.A``, ``x.B``, ``x.E``,
        ``h2.a`` (b), ``h2.F``, ``h2.G``, ``y.a`` (c), ``y.C``, ``y.D``, ``y.H``. Not of RR-9100.

        Parameters
        ----------
        size : int
            Number of states x.
        name : str, optional
        hidden : int, optional
            Number of nodes h; 0 for the linear model, without h2 and h. By default as many as
            states.
        outputs : int, optional
            Number of nodes of y.
        input_lag : int, optional
            Lag of the input in x; h and y read it at lag 0.
        feedback : {"none", "measured"}, optional
            "measured" makes it the innovations form: x(t) = a + A x(t-1) + B i(t-1) + K m(t) +
            E h(t-1), m(t) what was measured of y(t-1), y(t-1) itself where nothing was, a group
            ``y.m1``. It predicts where y is known and simulates where it is not. K, the gain of
            the Kalman filter, is learnt with the rest, at best with ``horizon=1`` in `Estimator`;
            weights ``x.K`` of shape (size, outputs) and ``x.a``.
        activation : str or Function, optional
            The function f, as in `lnl`; by default "tanh". Outside of the range of the data a
            tanh stays where it is; ``softplus(1)``, whose slope saturates, goes on in straight
            lines.
        degree : int, optional
            The power of f(...) that h is, 1 to 9. ``activation="identity", degree=3`` makes a
            cubic layer: the model is polynomial, and goes on as such.
        initial : {"zero", "learn"}, optional
            As in `lnl`; weights ``x.x0`` and ``h.x0``.

        Returns
        -------
        Group
            The output y.

        Raises
        ------
        ArgumentError, SizeError
            As in `unit`.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.state_space(2, hidden=1, activation="identity", degree=3)  # a Duffing oscillator
        <Group state_space.y of 1 nodes>
        """
        return self.unit(
            "state_space",
            size,
            name,
            hidden=hidden,
            outputs=outputs,
            input_lag=input_lag,
            feedback=feedback,
            activation=activation,
            degree=degree,
            initial=initial,
        )
