"""The networks of the report, in one call each: one unit, of which the first nodes are observed.

Weights are at zero: call `Network.randomize`.
"""

from __future__ import annotations

from typing import Any

from .network import Network


def _network(kind: str, units: int, inputs: int, outputs: int, **options: Any) -> Network:
    net = Network(inputs)
    return net.observe(net.unit(kind, units, **options), count=outputs)


def lnl_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the leaky nonlinear network of RR-9100, section 4: adjusted leaks, no bias.

    Parameters
    ----------
    units : int
        Number N of nodes.
    inputs : int
        Number M of input channels, read one time step later.
    outputs : int
        Number O of observed nodes, from the first.
    **options
        Others of `Network.lnl`.

    Returns
    -------
    Network
        With weights at zero: call `Network.randomize`.

    Examples
    --------
    >>> bt.lnl_network(8).randomize(0)
    <Network: 1 inputs, 1 outputs, 3 groups, 80 adjustable weights>
    """
    return _network("lnl", units, inputs, outputs, **{"leak": "adjust", "bias": False, **options})


def linear_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the linear network of RR-9100, appendix A: `Network.linear`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.linear`, such as the range.

    Returns
    -------
    Network
    """
    return _network("linear", units, inputs, outputs, **options)


def sparse_lnl_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the network of rectified nodes with few connections: `Network.sparse_lnl`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.sparse_lnl`, such as the density and its seed.

    Returns
    -------
    Network
    """
    return _network("sparse_lnl", units, inputs, outputs, **options)


def lstm_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the long short-term memory network of RR-9100, equation (8): `Network.lstm`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.lstm`, such as peepholes.

    Returns
    -------
    Network
    """
    return _network("lstm", units, inputs, outputs, **options)


def gru_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the network of gated recurrent units of RR-9100, appendix A: `Network.gru`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.gru`.

    Returns
    -------
    Network
    """
    return _network("gru", units, inputs, outputs, **options)


def strongly_typed_network(
    units: int, inputs: int = 1, outputs: int = 1, **options: object
) -> Network:
    """Make the strongly-typed network of RR-9100, equation (9): `Network.strongly_typed`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.strongly_typed`.

    Returns
    -------
    Network
    """
    return _network("strongly_typed", units, inputs, outputs, **options)


def aif_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the integrate-and-fire network of RR-9100, equation (10): `Network.aif`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.aif`, such as leak and sharpness.

    Returns
    -------
    Network
    """
    return _network("aif", units, inputs, outputs, **options)


def softmax_network(units: int, inputs: int = 1, outputs: int = 1, **options: object) -> Network:
    """Make the network of competing nodes of RR-9100, equation (11): `Network.softmax`.

    Parameters
    ----------
    units, inputs, outputs
        As in `lnl_network`.
    **options
        Of `Network.softmax`, such as the temperature.

    Returns
    -------
    Network
    """
    return _network("softmax", units, inputs, outputs, **options)
