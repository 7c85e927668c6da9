"""The networks of the report, in one call."""

from __future__ import annotations

from .network import Network


def lnl_network(units: int, inputs: int = 1, outputs: int = 1) -> Network:
    """Make the leaky nonlinear network of RR-9100, section 4: adjusted leaks, no bias.

    Parameters
    ----------
    units : int
        Number N of nodes.
    inputs : int
        Number M of input channels, read one time step later.
    outputs : int
        Number O of observed nodes, from the first.

    Returns
    -------
    Network
        With weights at zero: call `Network.randomize`.
    """
    net = Network(inputs)
    return net.observe(net.lnl(units, leak="adjust", bias=False), count=outputs)


def linear_network(
    units: int, inputs: int = 1, outputs: int = 1, range: int | None = None
) -> Network:
    """Make the linear network of RR-9100, appendix A.

    Parameters
    ----------
    units : int
        Number N of nodes.
    inputs : int
        Number M of input channels, read one time step later.
    outputs : int
        Number O of observed nodes, from the first.
    range : int, optional
        The largest lag R of the recurrent connections, in time steps.

    Returns
    -------
    Network
        With weights at zero: call `Network.randomize`.
    """
    net = Network(inputs)
    return net.observe(net.linear(units, range=range), count=outputs)
