"""Networks whose weights are known in closed form: appendix D of the report RR-9100.

Each function returns a network with its weights set, written with learnware and firmware, whose
simulation is the stated signal; estimation may go on from there. Y is the threshold: 0 below 1/2,
1/2 at 1/2, 1 above. With a `sharpness` w every Y becomes the smooth threshold of slope w,
zeta01(w (u - 1/2)), footnote 25; where values come near to 1/2 it takes a large w. Networks that
generate a signal have no input: ``net.simulate(number of time steps)``. Times are counted from
t = 0, and values before are 0: the s(0) = 0 of the report is s(-1) here, its delay tau is
``delay + 1``.

Examples
--------
>>> bt.closed_forms.delayed_step(3).simulate(6).ravel()
array([0., 0., 0., 1., 1., 1.])
>>> bt.closed_forms.xor().simulate([[1, 0], [1, 1], [0, 0]]).ravel()  # one time step later
array([0., 1., 0.])
"""

from .logic import GATES, logic_gate, memory_gate, sr_latch, xor, xor_product
from .product import long_term_product
from .sequences import periodic_sequence, sequence_delay_line, sequence_ramp, sequence_recurrence
from .signals import (
    LONGEST_DELAY,
    delayed_clock,
    delayed_step,
    pulse_train,
    reset_step,
    smooth_threshold_range,
    step_gain,
)

__all__ = [
    "GATES",
    "LONGEST_DELAY",
    "delayed_clock",
    "delayed_step",
    "logic_gate",
    "long_term_product",
    "memory_gate",
    "periodic_sequence",
    "pulse_train",
    "reset_step",
    "sequence_delay_line",
    "sequence_ramp",
    "sequence_recurrence",
    "smooth_threshold_range",
    "sr_latch",
    "step_gain",
    "xor",
    "xor_product",
]
