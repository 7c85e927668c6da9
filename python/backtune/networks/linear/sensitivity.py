"""Derivatives of linear models, and of what is said of them, by the weights of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..structure import Structure
from .equilibrium import moved
from .framed import Framed
from .operating import point_of
from .responses import delayed, resolvents
from .system import LinearSystem, scaled

# Imaginary part by which derivatives are taken: its square vanishes beside 1.
_H = 1e-30
# Product of the left and right vectors of a pole below which several poles are one.
_COINCIDENT = 1e-7


def derivatives(member: Framed, at: ArrayLike | None) -> tuple[np.ndarray, ...]:
    """Return those of A, B, C and D, in the user's units, by each weight: (P, ...)."""
    structure = Structure(member.net)
    point = point_of(member, structure, at)
    weights = structure.vector()
    found = []
    for place in range(len(weights)):
        changed = weights.astype(complex)
        changed[place] += 1j * _H
        structure.set_vector(changed)
        values = point.values
        if point.rests and not structure.is_linear:
            u = member.front.u.apply(point.u0)
            values = moved(structure, point.values, u)
        parts = scaled(member, structure, point._replace(values=values))[:4]
        found.append([np.imag(part) / _H for part in parts])
    return tuple(np.stack(group) for group in zip(*found))


def of_poles(A: np.ndarray, poles: np.ndarray, dA: np.ndarray) -> np.ndarray:
    """Return the derivatives of poles, (P, n), by those of A; NaN where several are one."""
    found = np.empty((len(dA), len(poles)), dtype=complex)
    for k, pole in enumerate(poles):
        left, _, right = np.linalg.svd(A - pole * np.eye(len(A)))
        w, v = left[:, -1].conj(), right[-1].conj()
        overlap = w @ v
        single = abs(overlap) > _COINCIDENT
        found[:, k] = (dA @ v) @ w / overlap if single else np.nan
    return found


def of_gains(system: LinearSystem, slopes: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the derivatives of gains, (P, O, M), by those of A, B, C and D."""
    dA, dB, dC, dD = slopes
    try:
        inverse = np.linalg.inv(np.eye(len(system.A)) - system.A)
    except np.linalg.LinAlgError:
        return np.full(dD.shape, np.nan)
    held = inverse @ system.B
    return dC @ held + system.C @ inverse @ (dA @ held + dB) + dD


def of_steps(system: LinearSystem, slopes: tuple[np.ndarray, ...], steps: int) -> np.ndarray:
    """Return the derivatives of step responses, (P, steps, O, M), by those of A, B, C and D."""
    dA, dB, dC, dD = slopes
    state, moving = np.zeros_like(system.B), np.zeros_like(dB)
    found = np.empty((steps, *dD.shape))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            found[t] = dC @ state + system.C @ moving + dD
            moving = dA @ state + system.A @ moving + dB
            state = system.A @ state + system.B
    return np.moveaxis(delayed(found, system.delays), 1, 0)


def of_frequencies(
    system: LinearSystem, slopes: tuple[np.ndarray, ...], frequencies: np.ndarray
) -> np.ndarray:
    """Return the derivatives of frequency responses, (P, F, O, M), by those of A, B, C and D."""
    dA, dB, dC, dD = slopes
    inverse, late = resolvents(system, frequencies)
    held, seen = inverse @ system.B, system.C @ inverse
    # [weight, frequency, output, input]
    found = dC[:, None] @ held + seen @ (dA[:, None] @ held + dB[:, None]) + dD[:, None]
    return found * late
