"""Runs that go where the record has not been."""

from __future__ import annotations

import numpy as np

from .._engine.warn import warn
from .member import Member
from .networks import UNIT

#: A state this many times as far from the middle of its range as any of the record is outside.
FAR = 3.0
# States that move less than that, or than that part of the one that moves most, stand still.
_STILL = 1e-6


def range_of(member: Member, u: list[np.ndarray]) -> np.ndarray | None:
    """Return the least and the largest value of each state over runs of the record, (2, states).

    `u` are inputs on the clock of the member. None for one without states.
    """
    found = _states(member, u, member.starts)
    if found is None:
        return None
    both = np.concatenate(found)
    both = both[np.isfinite(both).all(axis=1)]
    return np.stack([both.min(axis=0), both.max(axis=0)]) if len(both) else None


def warn_of_far_states(
    member: Member, u: list[np.ndarray], starts: list[np.ndarray | None]
) -> None:
    """Warn where runs of inputs in the user's units leave the range of the record's states."""
    if member.reach is None:
        return
    low, high = member.reach
    middle, half = (low + high) / 2, (high - low) / 2
    half = np.maximum(half, max(_STILL, _STILL * half.max(initial=0.0)))
    inputs = [member.front.inputs(item) for item in u]
    for place, states in enumerate(_states(member, inputs, starts) or []):
        with np.errstate(over="ignore", invalid="ignore"):
            ratios = np.abs(states - middle) / half
        ratios[~np.isfinite(ratios)] = np.inf
        if ratios.size and ratios.max() > FAR:
            most, when = ratios.max(), int((ratios > FAR).any(axis=1).argmax())
            says = "diverges" if np.isinf(most) else f"goes {most:.1f} times as far as the record"
            first = when * member.front.factor
            warn(
                f"the state of the best member {says}, in sequence {place} from time step"
                f" {first} on more than {FAR:g} times: the record says little of that"
            )
            return


def _states(
    member: Member, inputs: list[np.ndarray], starts: list[np.ndarray | None]
) -> list[np.ndarray] | None:
    """Return the states (T, n) of free runs; None where there are none."""
    if f"{UNIT}.x" not in member.net.groups or not inputs:
        return None
    begins = [member.resting(i) if s is None else s for i, s in zip(inputs, starts)]
    runs = member.net.simulate(inputs, begins, states=True)
    return [states[f"{UNIT}.x"] for _, states in runs]
