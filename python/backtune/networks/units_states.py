"""Linear states with a nonlinear layer."""

from __future__ import annotations

from .functions import FunctionLike
from .group import Group
from .units import GrowingNetwork


class StatesMixin(GrowingNetwork):
    """The part of `Network` that adds this unit."""

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
        measured. Groups ``x``, ``h2`` (what f takes), ``h``, ``y``; weights ``x.A``, ``x.B``,
        ``x.E``, ``h2.a`` (b), ``h2.F``, ``h2.G``, ``y.a`` (c), ``y.C``, ``y.D``, ``y.H``. Not of
        RR-9100.

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
