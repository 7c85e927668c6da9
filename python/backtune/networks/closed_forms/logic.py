"""Memory and logic gates: the building blocks of any digital transform."""

from __future__ import annotations

from ..._engine.errors import ArgumentError
from ..functions import FunctionLike
from ..group import Group
from ..network import Network
from ._parts import add_choice, threshold

#: Gates that are one threshold of a sum: name -> (weights of the inputs, bias).
_SUMS = {
    "not": ((-1.0,), 1.0),
    "and": ((1.0, 1.0), -1.0),
    "or": ((1.0, 1.0), 0.0),
    "nand": ((-1.0, -1.0), 2.0),
    "nor": ((-1.0, -1.0), 1.0),
    "implies": ((-1.0, 1.0), 1.0),
}

#: Names of `logic_gate`.
GATES = (*_SUMS, "xor", "xnor")


def logic_gate(kind: str, *, sharpness: float | None = None) -> Network:
    """Make a logic gate of the inputs one time step ago, true above 1/2.

    x(t) = Y(a + sum over inputs j of W_j Y(i_j(t-1)))

    as the "and" of footnote 24 of RR-9100, a = -1 and W = (1, 1); "xor" and "xnor" need two such
    sums, see `xor`.

    Parameters
    ----------
    kind : str
        "not" (one input), "and", "or", "nand", "nor", "implies" (first implies second), "xor",
        "xnor" (two inputs).
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        The output x is 0 or 1. Groups ``y`` (the inputs), ``o`` (the sum), ``x``; with ``w`` for
        "xor" and "xnor".

    Examples
    --------
    >>> u = [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0]]
    >>> bt.closed_forms.logic_gate("nor").simulate(u).ravel()[1:]
    array([1., 0., 0., 0.])
    """
    step = threshold(sharpness)
    if kind == "xor":
        return _parity(step, 0.0)
    if kind == "xnor":
        return _parity(step, 1.0)
    if kind not in _SUMS:
        raise ArgumentError(f"gate: {kind!r} came, expected one of {', '.join(GATES)}")
    weights, bias = _SUMS[kind]
    net = Network(len(weights))
    o = _sum(net, _inputs(net, step, 1), weights, bias)
    return net.observe(net.firmware(1, "x").add(1, (step, o.lag(0))))


def xor(*, sharpness: float | None = None) -> Network:
    """Make the exclusive or of two inputs one time step ago, with thresholds.

    o(t) = Y(i_0(t-1)) + Y(i_1(t-1)) - 1;  x(t) = Y(i_0(t-1)) + Y(i_1(t-1)) - 2 Y(o(t))

    Footnote 24 of RR-9100.

    Parameters
    ----------
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        The output x is 0 or 1. Groups ``y``, ``o``, ``w`` (Y(o)), ``x``.
    """
    return _parity(threshold(sharpness), 0.0)


def xor_product(*, sharpness: float | None = None) -> Network:
    """Make the exclusive or of two inputs one time step ago, with one product.

    x(t) = 1/2 - 2 (Y(i_0(t-1)) - 1/2) (Y(i_1(t-1)) - 1/2) = Y(i_0) + Y(i_1) - 2 Y(i_0) Y(i_1)

    Footnote 24 of RR-9100.

    Parameters
    ----------
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        The output x is 0 or 1. Groups ``a``, ``b`` (the inputs), ``x``.
    """
    step = threshold(sharpness)
    net = Network(2)
    a, b = _split(net, "ab", 1)
    x = net.firmware(1, "x").add(1, (step, a.lag(0))).add(1, (step, b.lag(0)))
    return net.observe(x.add(-2, (step, a.lag(0)), (step, b.lag(0))))


def sr_latch(*, sharpness: float | None = None) -> Network:
    """Make a flip-flop: input 1 sets it, input 0 resets it, neither or both keep it.

    z(t) = Y(z(t-1)) + Y(i_1(t)) - Y(i_0(t)),  x(t) = Y(z(t))

    Footnote 23 of RR-9100.

    Parameters
    ----------
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        The output x is 0 or 1. Groups ``y`` (the inputs), ``m`` (the state before), ``z``, ``x``.
    """
    step = threshold(sharpness)
    net = Network(2)
    y, m = _inputs(net, step, 0), net.firmware(1, "m")
    z = net.learnware(1, "z").connect(m.lag(0)).connect(y.lag(0), "B")
    m.add(1, (step, z.lag(1)))
    net.weights = {"z.W": 1.0, "z.B": [[-1.0, 1.0]]}
    return net.observe(net.firmware(1, "x").add(1, (step, z.lag(0))))


def memory_gate(*, sharpness: float | None = None) -> Network:
    """Make a memory: it takes the value of input 1 where input 0 is above 1/2, and keeps it.

    x(t) = (1 - Y(i_0(t))) x(t-1) + Y(i_0(t)) i_1(t)

    Footnote 26 of RR-9100, with Y where the report has Y - 1; `Network.gate` is the unit of
    adjustable sums.

    Parameters
    ----------
    sharpness : float, optional
        Of a smooth threshold; a smooth gate leaks.

    Returns
    -------
    Network
        The output is x. Groups ``c``, ``v`` (the inputs), ``x``.
    """
    step = threshold(sharpness)
    net = Network(2)
    c, v = _split(net, "cv", 0)
    x = net.firmware(1, "x")
    return net.observe(add_choice(x, (step, c.lag(0)), (v.lag(0),), (x.lag(1),)))


def _inputs(net: Network, step: FunctionLike, lag: int) -> Group:
    """Add the thresholds of all inputs."""
    return net.firmware(net.inputs, "y").add(1, (step, net.input.lag(lag)))


def _split(net: Network, names: str, lag: int) -> list[Group]:
    """Add a group of one node for each input."""
    groups = []
    for place, name in enumerate(names):
        groups.append(net.learnware(1, name).connect(net.input.lag(lag)))
        net.weights[f"{name}.B"] = [[float(channel == place) for channel in range(net.inputs)]]
    return groups


def _sum(net: Network, y: Group, weights: tuple[float, ...], bias: float) -> Group:
    o = net.learnware(1, "o", bias=True).connect(y.lag(0))
    net.weights = {"o.a": bias, "o.W": [weights]}
    return o


def _parity(step: FunctionLike, even: float) -> Network:
    """Make a network of output `even` where the inputs agree, 1 - `even` where they differ."""
    net = Network(2)
    y = _inputs(net, step, 1)
    o = _sum(net, y, *_SUMS["and"])
    w = net.firmware(1, "w").add(1, (step, o.lag(0)))
    x = net.learnware(1, "x", bias=even != 0).connect(y.lag(0), "B").connect(w.lag(0))
    if even:
        net.weights["x.a"] = even
    sign = 1 - 2 * even
    net.weights = {"x.B": [[sign, sign]], "x.W": -2 * sign}
    return net.observe(x)
