"""Steps, clocks and pulses by a threshold unit: "Generating long term sequential signals"."""

from __future__ import annotations

from typing import NamedTuple

from ..._engine.arrays import as_number
from ..network import Network
from ._parts import LONGEST_DELAY, add_clock, add_reset, as_delay, observed, step_gain, threshold

__all__ = [
    "LONGEST_DELAY",
    "delayed_clock",
    "delayed_step",
    "pulse_train",
    "reset_step",
    "smooth_threshold_range",
    "step_gain",
]


def delayed_step(delay: int, *, sharpness: float | None = None) -> Network:
    """Make a step: 0 before t = delay, 1 from then on.

    s(t) = s(t-1)/2 + h,  y(t) = Y(s(t)),  h = `step_gain`

    so that s(t) = 2 h (1 - 2^-(t+1)); footnote 21 of RR-9100. The report's formula with the reset
    (1 - Y(s(t-1))) s(t-1)/2 + h returns below 1/2 after each step and is periodic: that one is
    `pulse_train`.

    Parameters
    ----------
    delay : int
        0 to `LONGEST_DELAY`; s needs a precision of 2^-delay.
    sharpness : float, optional
        Of a smooth threshold; it should be more than 2^delay.

    Returns
    -------
    Network
        Without input; the output is y. Groups ``p``, ``s``, ``y``.
    """
    step = threshold(sharpness)
    net = Network(0)
    p = net.firmware(1, "p")
    s = net.learnware(1, "s", bias=True).connect(p.lag(0), "g", form="diagonal")
    p.add(0.5, s.lag(1))
    net.weights = {"s.g": 1.0, "s.a": step_gain(delay)}
    return observed(net, s, step)


def delayed_clock(delay: int, *, sharpness: float | None = None) -> Network:
    """Make a clock that strikes once: 1 at t = delay, 0 before and after.

    c(t) = (1 - Y(c(t-1))) c(t-1)/2 + h (1 - Y(d(t)));  d(t) = d(t-1) + Y(c(t-1));  y(t) = Y(c(t))

    d remembers that it has struck. Footnote 22 of RR-9100, with d(t) where the report has d(t-1),
    which leaves c(delay + 1) = h and strikes twice for delay 0.

    Parameters
    ----------
    delay : int
        0 to `LONGEST_DELAY`.
    sharpness : float, optional
        Of a smooth threshold; it should be more than 2^delay.

    Returns
    -------
    Network
        Without input; the output is y. Groups ``d``, ``p``, ``q``, ``c``, ``y``.
    """
    step = threshold(sharpness)
    net = Network(0)
    c, weights = add_clock(net, delay, step)
    net.weights = weights
    return observed(net, c, step)


def reset_step(h: float, *, sharpness: float | None = None) -> Network:
    """Make the unit of the report's delayed step as it is printed, with reset.

    s(t) = (1 - Y(s(t-1))) s(t-1)/2 + h,  y(t) = Y(s(t))

    With Y itself it is periodic, see `pulse_train`. With a smooth threshold of sharpness up to 1,
    s rises to a fixed point, which is above 1/2 for h in `smooth_threshold_range`: a delayed step.
    Between, it swings before it settles.

    Parameters
    ----------
    h : float
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        Without input; the output is y. Groups ``p``, ``s``, ``y``.
    """
    step = threshold(sharpness)
    net = Network(0)
    p = net.firmware(1, "p")
    s = net.learnware(1, "s", bias=True).connect(p.lag(0), "g", form="diagonal")
    add_reset(p, s, step)
    net.weights = {"s.g": 1.0, "s.a": as_number(h, "h")}
    return observed(net, s, step)


def pulse_train(period: int, *, sharpness: float | None = None) -> Network:
    """Make a periodic signal: 1 at t = period - 1 and every `period` time steps, 0 between.

    It is `reset_step` with h = `step_gain` of delay period - 1.

    Parameters
    ----------
    period : int
        1 to ``LONGEST_DELAY + 1``.
    sharpness : float, optional
        Of a smooth threshold; it should be more than 2^period.

    Returns
    -------
    Network
        Without input; the output is y. Groups ``p``, ``s``, ``y``.
    """
    period = as_delay(period, "period", 1, LONGEST_DELAY + 1)
    return reset_step(step_gain(period - 1), sharpness=sharpness)


class GainRange(NamedTuple):
    """Bounds of the gain h of a step."""

    lower: float
    upper: float


def smooth_threshold_range() -> GainRange:
    """Return the bounds of h between which `reset_step` with a smooth threshold is a delayed step.

    At the lower one 1/2 is a fixed point, (1 - Y(1/2)) / 4 + h = 1/2, reached never; at the upper
    one s is 1/2 at once. Both hold for any sharpness, Y(1/2) being 1/2: 3/8 and 1/2. Footnote 25
    of RR-9100, which prints 0.376.
    """
    return GainRange(0.375, 0.5)
