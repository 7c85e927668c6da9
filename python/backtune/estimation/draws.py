"""What missing inputs leave open of the outputs, by draws of what they may have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Protocol

import numpy as np
from numpy.typing import ArrayLike

from .._engine.types import Array
from ..networks.simulation import SimulatingNetwork

# Draws, and time steps that are simulated side by side.
_COUNT, _STEPS = 100, 200_000
_ROUNDS = 50
# Variance of noise beside that of errors, and beside that of what is open, at least.
_LEAST, _LEAST_SHARE = 1e-12, 0.01

#: Outputs of sequences of inputs, (T, O), given the place of the one that they are draws of.
Run = Callable[[list[Array], int], list[Array]]


class FilledInputs(Protocol):
    """What is asked of an `InputModel` by those who take missing inputs: see there."""

    def check(self, arrays: list[Array]) -> None:
        """Refuse what it does not model."""

    def filled(self, arrays: list[Array]) -> list[Array]:
        """Return arrays (T, M) with means in the place of what is missing."""

    def sampler(self, values: Array, seed: int) -> Callable[[int], Array]:
        """Return what draws so many of an array (T, M) at a time, (count, T, M)."""


def output_deviation(
    net: SimulatingNetwork,
    model: FilledInputs,
    arrays: list[Array],
    starts: Sequence[ArrayLike | None],
    run: Run | None = None,
) -> list[Array]:
    """Return the standard deviation of the outputs, (T, O) of each sequence; 0 where none is open.

    Parameters
    ----------
    net : Network
    model : InputModel
    arrays : list of array of shape (T, M)
        Inputs, NaN where missing.
    starts : list of array or None
        The state before the first time step of each.
    run : callable, optional
        What runs the network; `Network.simulate` by default.
    """
    if run is None:

        def run(inputs: list[Array], place: int) -> list[Array]:
            return net.simulate(inputs, [starts[place]] * len(inputs))

    results = []
    for place, values in enumerate(arrays):
        if not np.isnan(values).any():
            results.append(np.zeros((len(values), net.outputs)))
            continue
        middle = run(model.filled([values]), place)[0]
        draw = model.sampler(values, place)
        together = max(1, _STEPS // len(values))
        total = np.zeros_like(middle)
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, _COUNT, together):
                for outputs in run(list(draw(min(together, _COUNT - first))), place):
                    total += (outputs - middle) ** 2
        results.append(np.sqrt(total / _COUNT))
    return results


def noise_beside(errors: Array, deviation: Array) -> float:
    """Return the deviation of noise that is left of errors, (n,), of which a part is explained.

    The square of an error is that of its part, `deviation`, and that of the noise, in the mean; one
    of a large part says little of the noise, and counts by the inverse square of both.
    """
    square, part = errors**2, deviation**2
    if not square.size or not np.isfinite(square).all() or not np.isfinite(part).all():
        return float("nan")
    mean = float(square.mean())
    if mean == 0:
        return 0.0
    square, part, noise = square / mean, part / mean, 1.0
    for _ in range(_ROUNDS):
        weights = 1 / (noise + part + _LEAST) ** 2
        noise = max(float((weights * (square - part)).sum() / weights.sum()), 0.0)
    return float(np.sqrt(noise * mean))


def weights_of(errors: Array, deviation: Array) -> Array | None:
    """Return how much values count, (n,), by what missing inputs leave open of them; None for all.

    By the inverse of the variance of an error, 1 where nothing is open. That of the noise is taken
    as 1 % of the mean of what is open, at least: without noise a few values would count alone.

    Parameters
    ----------
    errors : array of shape (n,)
        NaN where a value is not known.
    deviation : array of shape (n,)
    """
    seen = np.isfinite(errors)
    noise = noise_beside(errors[seen], deviation[seen])
    if not np.isfinite(noise):
        return None
    part = deviation**2
    floor = max(noise**2, _LEAST_SHARE * float(part[seen].mean()))
    return floor / (floor + part) if floor > 0 else None


def weighed_gains(gains: Array, errors: Array, spread: Array) -> Array | None:
    """Return gains by which outputs count the less the more missing inputs leave open of them.

    Parameters
    ----------
    gains : array of shape (T, O)
        0 where a value is not observed; each output is weighed by what its others show.
    errors : array of shape (T, O)
        NaN where a value is not known.
    spread : array of shape (T, O)
        The deviation that missing inputs leave open.

    Returns
    -------
    array of shape (T, O) or None
        None where one of the outputs cannot be weighed: see `weights_of`.
    """
    found = gains.copy()
    for gain, error, part in zip(found.T, errors.T, spread.T):
        weights = weights_of(np.where(gain > 0, error, np.nan), part)
        if weights is None:
            return None
        gain *= weights
    return found


def noises(errors: Array, spread: Array) -> Array:
    """Return the deviation of the noise of each output, (O,), beside what is open; NaN of none.

    Errors and what is open are (T, O), errors NaN where a value is not known.
    """
    seen = np.isfinite(errors)
    return np.array([noise_beside(e[s], d[s]) for e, d, s in zip(errors.T, spread.T, seen.T)])
