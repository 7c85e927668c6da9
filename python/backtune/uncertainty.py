"""What the data say of the weights: standard errors, and which of them they leave undetermined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from ._arrays import as_float
from .errors import ArgumentError, SizeError

# Weights named one by one in a repr, at most.
_NAMED = 6


@dataclass(frozen=True, repr=False)
class Uncertainty:
    """How well the data determine the weights of a network: what `Estimator.uncertainty` reports.

    Attributes
    ----------
    covariance : array of shape (P, P)
        Of the adjustable weights, in the order of ``net.get_weights()``. Finite also for
        undetermined weights, where it is what is left while that which is undetermined stands
        still: a combination c that the data determine has the variance ``c @ covariance @ c``.
    standard_errors : mapping of name to array
        Of each array of ``net.weights``, in its full shape: 0 where a weight is fixed, absent or
        held at a bound, inf where it is undetermined.
    undetermined : mapping of name to array of bool
        The weights that may change, alone or together with others, without any change of the
        observed values: their freedom is above 1e-3.
    held : mapping of name to array of bool
        The weights at a bound that the cost would have them cross; they count as fixed.
    freedom : mapping of name to array
        How undetermined each weight is, 0 to 1: the length of its projection on the combinations
        that the data say nothing of. Of two weights of which only the sum counts, 0.71 each.
    noise : float
        Standard deviation of the noise of a desired value of gain 1, from the errors that remain;
        NaN, with all that follows from it, where there are no more observed values than determined
        combinations of weights. 1 with the criterion "cross-entropy", which contains the noise.
    rank : int
        Number of combinations of weights (and of initial states, with ``initial_states=True``)
        that are determined.
    deviation : array of shape (T, O), or list of such
        Standard deviation of each output at each time that comes from the weights, observed or
        not; a list where the data came as one. inf where an output depends on what is undetermined.
    """

    covariance: np.ndarray
    standard_errors: Mapping[str, np.ndarray]
    undetermined: Mapping[str, np.ndarray]
    held: Mapping[str, np.ndarray]
    freedom: Mapping[str, np.ndarray]
    noise: float
    rank: int
    deviation: np.ndarray | list[np.ndarray]

    def band(
        self, outputs: Any, level: float = 0.95, *, noise: bool = False
    ) -> tuple[Any, Any] | list[tuple[np.ndarray, np.ndarray]]:
        """Return the lower and the upper bound of a band about simulated outputs.

        Parameters
        ----------
        outputs : array of shape (T, O), or list of such
            What the network does with the estimator's inputs.
        level : float
            How often the noise-free output is inside, if it is one that the network can give.
        noise : bool
            Whether the band is for values measured with the noise of the data instead.

        Returns
        -------
        tuple of two arrays, or list of such
            As the data came.

        Raises
        ------
        SizeError
            Outputs of another shape than the data.
        ArgumentError
            A level that is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ArgumentError(f"level: {level} came, expected a number between 0 and 1")
        width = NormalDist().inv_cdf((1 + level) / 2)
        extra = self.noise if noise else 0.0
        if not isinstance(self.deviation, list):
            return _band(outputs, self.deviation, width, extra)
        if not isinstance(outputs, (list, tuple)) or len(outputs) != len(self.deviation):
            raise SizeError(f"outputs: expected a list of {len(self.deviation)} sequences")
        return [_band(y, d, width, extra) for y, d in zip(outputs, self.deviation)]

    def __repr__(self) -> str:
        free, held = _count(self.undetermined), _count(self.held)
        text = f"{self.rank} combinations of {len(self.covariance) - held} weights determined"
        text += f", noise {self.noise:.3g}; "
        text += f"{free} undetermined: {_listed(self.undetermined)}" if free else "all determined"
        if held:
            text += f"; {held} held at a bound: {_listed(self.held)}"
        return f"<Uncertainty: {text}>"


def _band(
    outputs: Any, deviation: np.ndarray, width: float, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    values = as_float(outputs, "outputs")
    if values.ndim == 1 and deviation.shape[1] == 1:
        deviation = deviation[:, 0]
    if values.shape != deviation.shape:
        raise SizeError(f"outputs: shape {values.shape} came, expected {deviation.shape}")
    half = width * np.hypot(deviation, noise)
    return values - half, values + half


def _places(flags: Mapping[str, np.ndarray]) -> list[str]:
    """Name the weights that are marked: whole arrays by their name, others with their index."""
    found = []
    for name, marks in flags.items():
        if marks.size > 1 and marks.all():
            found.append(name)
            continue
        found += [
            f"{name}[{', '.join(map(str, place))}]"
            for place in zip(*(axis.tolist() for axis in np.nonzero(marks)))
        ]
    return found


def _count(flags: Mapping[str, np.ndarray]) -> int:
    return sum(int(np.count_nonzero(marks)) for marks in flags.values())


def _listed(flags: Mapping[str, np.ndarray]) -> str:
    names = _places(flags)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def make_uncertainty(
    fixed: Mapping[str, np.ndarray],
    covariance: np.ndarray,
    errors: np.ndarray,
    freedom: np.ndarray,
    noise: float,
    rank: int,
    deviation: np.ndarray | list[np.ndarray],
) -> Uncertainty:
    """Make an `Uncertainty` of what the engine gives, in the order of the flat weights.

    Parameters
    ----------
    fixed : mapping of name to array of bool
        The weights of each array that are not among the flat ones.
    covariance, errors, freedom, noise, rank, deviation
        As from the engine; a freedom of -1 stands for a weight held at a bound.
    """
    flags, held, shares, deviations = {}, {}, {}, {}
    first = 0
    for name, absent in fixed.items():
        count = absent.size - int(np.count_nonzero(absent))
        part = slice(first, first + count)
        deviations[name] = np.zeros(absent.shape)
        deviations[name][~absent] = errors[part]
        shares[name] = np.zeros(absent.shape)
        shares[name][~absent] = freedom[part]
        held[name] = shares[name] < 0
        shares[name][held[name]] = 0
        flags[name] = np.isinf(deviations[name])
        first += count
    if first != len(errors):
        raise SizeError(f"weights: {first} adjustable ones, the engine gave {len(errors)}")
    return Uncertainty(covariance, deviations, flags, held, shares, noise, rank, deviation)
