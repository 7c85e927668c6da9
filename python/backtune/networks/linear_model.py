"""The linear model of a network about an operating point."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .linear.framed import Plain
from .linear.system import LinearSystem, linearised
from .simulation import SimulatingNetwork


class LinearisingNetwork(SimulatingNetwork):
    """A network that tells of its linear model."""

    def to_state_space(self, at: ArrayLike | None = None) -> LinearSystem:
        """Return the linear model of the network about an operating point, in free run.

        Exact for linear networks; of others the derivatives at the equilibrium of the inputs.
        What is measured (`Group.measured`) is the group itself.

        Parameters
        ----------
        at : array of shape (M,), optional
            Constant inputs; `rest` by default.

        Returns
        -------
        LinearSystem
            A, B, C, D, the operating point, and `start`, the state in which the network starts.
            Its states are what each group gets from sources of the past, one time step after the
            other: of the unit "state_space" its x, of a source of lag l as many as l times the
            nodes of its reader. ``.to_scipy()`` and ``.to_control()`` make other objects of it,
            ``.poles()``, ``.gains()``, ``.step()`` and ``.bode()`` tell of it; their standard
            errors: `Uncertainty.linear`.

        Raises
        ------
        SizeError
            Inputs of another number.
        ArgumentError
            Inputs that are not finite, or under which a nonlinear network does not rest.
        NetworkError
            A network without groups.

        Examples
        --------
        >>> net = bt.Network(1)
        >>> x = net.state_space(2, hidden=0, outputs=1)
        >>> net.weights["state_space.x.A"] = [[1.5, -0.7], [1.0, 0.0]]
        >>> net.weights["state_space.x.B"], net.weights["state_space.y.C"] = [[1], [0]], [[1, 0.5]]
        >>> system = net.to_state_space()
        >>> system.poles()
        array([0.75+0.37080992j, 0.75-0.37080992j])
        >>> system.gains()
        array([[7.5]])
        """
        self._warn_untouched()
        return linearised(Plain(self), self.sampling_time, self.rest if at is None else at)
