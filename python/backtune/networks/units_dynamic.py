"""Units with a dynamics of their own: spikes, competition, reservoirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .functions import FunctionLike
from .group import Group
from .source import Source
from .units import GrowingNetwork


class DynamicUnitsMixin(GrowingNetwork):
    """The part of `Network` that adds these units."""

    def aif(
        self,
        size: int,
        name: str | None = None,
        *,
        leak: float | str | None = None,
        time_constant: float | None = None,
        dt: float | None = None,
        sharpness: float | str | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
        feedback: str | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add nodes that approximate leaky integrate-and-fire neurons.

        x(t) = g (1 - z(t)) x(t-1) + a + W z(t) + B i(t-1);  z(t) = zeta01(w (x(t-1) - 1/2))

        z is the spike of the step before, made smooth with the sharpness w; a spike resets the
        value. Equation (10) of RR-9100. Groups ``c`` (x(t-1) - 1/2, only where w is adjusted),
        ``q`` (w c), ``z``, ``p`` (what the spike leaves of x(t-1)), ``x``; weights ``x.g``,
        ``x.a``, ``x.W``, ``x.B``, and ``q.w`` when the sharpness is adjusted. A constant leak is a
        fixed weight.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        leak : float or "adjust", optional
            g; there is one by default.
        sharpness : float or "adjust", optional
            w, a number in [0, 100], or one adjustable weight per node in that range.
        feedback : {"own", "measured", "spikes"}, optional
            What it reads of its own past: x(t-1) itself; what was measured of it, see
            `Group.measured`, from a group ``x.m1``; or x(t-1) itself, but spikes as measured.
            The spikes of the last are those of a group ``s`` in the place of ``z``,
            s(t) = zeta01(w (x(t) - 1/2)) = z(t+1): what was measured of s(t-1), from a group
            ``s.m1``, resets x and is what W takes.
        time_constant, dt, bias, sources, input_lag, mask, density, seed, initial
            As in `lnl`, with its errors; the source ``bt.SELF.lag(1)`` is z(t).

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "aif",
            size,
            name,
            leak=leak,
            time_constant=time_constant,
            dt=dt,
            sharpness=sharpness,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
            feedback=feedback,
            initial=initial,
        )

    def softmax(
        self,
        size: int,
        name: str | None = None,
        *,
        temperature: float | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        mask: Any = None,
        density: float | None = None,
        seed: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add nodes in competition: x = softmax(z / temperature), z = a + W x(t-1) + B i(t-1).

        The values of x are positive and their sum is 1. Equation (11) and footnote 17 of RR-9100.
        Groups ``z``, ``x``; weights ``z.a``, ``z.W``, ``z.B``. `softmax_group` is the function of
        any group.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        temperature : float, optional
            More than 0; the smaller, the nearer to 1 for the largest node and 0 for the others.
        bias, sources, input_lag, mask, density, seed, initial
            As in `lnl`, with its errors.

        Returns
        -------
        Group
            The output x.
        """
        return self.unit(
            "softmax",
            size,
            name,
            temperature=temperature,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            mask=mask,
            density=density,
            seed=seed,
            initial=initial,
        )

    def reservoir(
        self,
        size: int,
        name: str | None = None,
        *,
        outputs: int | None = None,
        spectral_radius: float | None = None,
        density: float | None = None,
        mask: Any = None,
        input_scaling: float | None = None,
        feedback: str | None = None,
        feedback_scaling: float | None = None,
        seed: int | None = None,
        activation: FunctionLike | None = None,
        leak: float | str | None = None,
        time_constant: float | None = None,
        dt: float | None = None,
        bias: bool | None = None,
        sources: Iterable[Source] | None = None,
        input_lag: int | None = None,
        initial: str | None = None,
    ) -> Group:
        """Add an `lnl` of fixed random weights and a linear readout, which alone is adjusted.

        x(t) = g x(t-1) + f(a + W x(t-1) + B i(t-1));  y(t) = a + W x(t)

        Groups ``x2``, ``x1`` (where there is a leak), ``x``, ``y``; weights ``x2.a``, ``x2.W``,
        ``x2.B``, all fixed, ``y.a``, ``y.W``. Appendix A of RR-9100.

        Parameters
        ----------
        size : int
            Number N of nodes.
        name : str, optional
        outputs : int, optional
            Number of nodes of the readout y.
        spectral_radius : float, optional
            Largest modulus of the eigenvalues of W: only 0 where the connections
            form no cycle (a triangular mask, a density of 0). Where the unit reads itself at
            several lags: of the whole recurrence.
        density, mask
            Of W, as in `lnl`.
        input_scaling : float, optional
            B is drawn uniformly in plus or minus that, a in a tenth of it.
        feedback : {"none", "measured"}, optional
            "measured" makes x read K m(t) too, m(t) what was measured of y(t-1), y(t-1) itself
            where nothing was, a group ``y.m1``; weights ``x2.K``, fixed as well. With
            ``horizon=1`` in `Estimator` the readout is then solved at once, and the network runs
            freely in `Network.simulate`.
        feedback_scaling : float, optional
            K is drawn uniformly in plus or minus that.
        seed : int, optional
            Of the connections and the weights.
        activation, leak, time_constant, dt, bias, sources, input_lag, initial
            As in `lnl`, with its errors.

        Returns
        -------
        Group
            The readout y.

        Raises
        ------
        ArgumentError
            A spectral radius that no weights of these connections have.

        Notes
        -----
        One call lets estimation adjust the recurrent weights too, those that there are:
        ``net.weights.free("reservoir.x2.W")``. `Network.randomize` draws free weights anew, fixed
        ones not: call it before.

        Examples
        --------
        >>> net = bt.Network(inputs=1)
        >>> net.reservoir(50, spectral_radius=0.8, seed=1)
        <Group reservoir.y of 1 nodes>
        >>> radius = np.abs(np.linalg.eigvals(net.weights["reservoir.x2.W"])).max()
        >>> f"{radius:.6f}"
        '0.800000'
        >>> net.weights.free("reservoir.x2.W")
        """
        return self.unit(
            "reservoir",
            size,
            name,
            outputs=outputs,
            spectral_radius=spectral_radius,
            density=density,
            mask=mask,
            input_scaling=input_scaling,
            feedback=feedback,
            feedback_scaling=feedback_scaling,
            seed=seed,
            activation=activation,
            leak=leak,
            time_constant=time_constant,
            dt=dt,
            bias=bias,
            sources=sources,
            input_lag=input_lag,
            initial=initial,
        )
