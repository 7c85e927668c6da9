"""A long-term computation: "Long term non-linear transform"."""

from __future__ import annotations

from ..network import Network
from ._parts import LONGEST_DELAY, add_choice, add_clock, as_delay, threshold


def long_term_product(delay: int, *, sharpness: float | None = None) -> Network:
    """Make the network that answers i(0) i(1) at t = delay, whatever came between.

    o(t) = (1 - Y(c_T)) i(t) + Y(c_T) x_a(t) x_b(t)
    x_a(t) = (1 - Y(c_0)) x_a(t-1) + Y(c_0) i(t);  x_b(t) = (1 - Y(c_1)) x_b(t-1) + Y(c_1) i(t)

    with clocks c_0, c_1, c_T that strike at t = 0, 1 and delay (`delayed_clock`). At all other
    times the output is the input. Footnote 26 of RR-9100, with Y where the report has Y - 1.

    Parameters
    ----------
    delay : int
        2 to `LONGEST_DELAY`.
    sharpness : float, optional
        Of a smooth threshold; it should be more than 2^delay.

    Returns
    -------
    Network
        The output is o. Groups ``c0``, ``c1``, ``cT`` and those of each clock, ``xa``, ``xb``,
        ``o``.
    """
    delay = as_delay(delay, least=2, most=LONGEST_DELAY)
    step = threshold(sharpness)
    net = Network(1)
    clocks = [add_clock(net, when, step, mark) for when, mark in ((0, "0"), (1, "1"), (delay, "T"))]
    now = (net.input.lag(0),)
    kept = []
    for (clock, _), name in zip(clocks, ("xa", "xb")):
        x = net.firmware(1, name)
        kept.append(add_choice(x, (step, clock.lag(0)), now, (x.lag(1),)).lag(0))
    o = add_choice(net.firmware(1, "o"), (step, clocks[2][0].lag(0)), tuple(kept), now)
    for _, weights in clocks:
        net.weights = weights
    return net.observe(o)
