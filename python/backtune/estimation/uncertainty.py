"""What the data say of the weights: standard errors, and which of them they leave undetermined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine import shown
from .._engine.abi import lib
from .._engine.callbacks import interruptible
from .._engine.data.sequences import joined, parted, read
from .._engine.data.starts import initial_states
from .._engine.errors import ArgumentError, SizeError
from .._engine.found import Band
from .._engine.types import Array, DataLike, Flags, OneSequence, StateLike
from ..networks.linear.framed import Plain
from ..networks.network import Network
from .draws import FilledInputs, output_deviation
from .linear_uncertainty import ModelUncertainty, of_weights

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
        combinations of weights. 1 with the criteria "cross-entropy", "bernoulli" and "poisson",
        which contain the noise.
    output_noise : array of shape (O,)
        Standard deviation of the errors that remain of each output, of a value of the median gain
        of that output.
    rank : int
        Number of combinations of weights (and of initial states, with ``initial="learn"``)
        that are determined.
    outputs : array of shape (T, O), or list of such
        On the data, at these weights; a list where the data came as one.
    deviation : array of shape (T, O), or list of such
        Standard deviation of each of them that comes from the weights, observed or not. inf where
        an output depends on what is undetermined. Where inputs are missing, what these leave open
        is in it too.
    input_deviation : array of shape (T, O), list of such, or None
        The part of `deviation` that comes from missing inputs; None where none are missing.
    """

    covariance: Array
    standard_errors: Mapping[str, Array]
    undetermined: Mapping[str, Flags]
    held: Mapping[str, Flags]
    freedom: Mapping[str, Array]
    noise: float
    output_noise: Array
    rank: int
    outputs: Array | list[Array]
    deviation: Array | list[Array]
    _net: Network
    _directions: Array
    _deviations: Array
    input_deviation: Array | list[Array] | None = None
    _inputs: FilledInputs | None = None

    @overload
    def band(
        self,
        u: OneSequence,
        level: float = ...,
        *,
        noise: bool = ...,
        initial: StateLike | None = ...,
    ) -> Band: ...
    @overload
    def band(
        self,
        u: DataLike | None = ...,
        level: float = ...,
        *,
        noise: bool = ...,
        initial: StateLike | None = ...,
    ) -> Any: ...
    def band(
        self,
        u: DataLike | None = None,
        level: float = 0.95,
        *,
        noise: bool = False,
        initial: StateLike | None = None,
    ) -> Band | list[Band]:
        """Return the lower and the upper bound of a band about the outputs at some inputs.

        Parameters
        ----------
        u : array of shape (T, M), or list of such, optional
            Inputs, as `Network.simulate` takes them: they are simulated with the weights of this
            report, whatever has become of the network since. NaN, in channels that have missing
            values in the data too, is a missing value: the band widens by what may have been.
            Without them, or where they are `outputs`, the band is about the outputs on the data.
        level : float
            How often the noise-free output is inside, if it is one that the network can give.
        noise : bool
            Whether the band is for values measured with the noise of the data instead, that is
            `output_noise`.
        initial : array of shape (state_size,), or list of such, optional
            The state before the first time step, as `Network.simulate` takes it; it counts as
            known. By default what the network says: zero, or the learnt state that all sequences
            share. States that an estimator learnt for each sequence belong to its data alone.

        Returns
        -------
        Band, or list of such
            The lower and the upper bound, of shape (T, O) each; tables and lists as inputs came.

        Raises
        ------
        SizeError
            Inputs of another number of channels, or initial states that do not fit.
        ArgumentError
            A level that is not between 0 and 1, an input that is not finite, an initial state
            without inputs.
        KeyboardInterrupt
            Ctrl-C, which is answered within a second or so.

        Examples
        --------
        >>> import backtune as bt
        >>> u = bt.random.normal(100)
        >>> net = bt.linear_network(1).randomize(seed=0)
        >>> y = net.simulate(u) + 0.1 * bt.random.normal(100, 1)[:, None]
        >>> est = bt.Estimator(net, u[:50], y[:50])
        >>> _ = est.run(progress=False)
        >>> low, high = est.uncertainty().band(u[50:], noise=True)
        >>> inside = (low <= y[50:]) & (y[50:] <= high)
        >>> low.shape, bool(inside.mean() > 0.85)
        ((50, 1), True)
        """
        width = band_width(level)
        extra = self.output_noise if noise else 0.0
        if u is None or self._are_outputs(u):
            if initial is not None:
                raise ArgumentError("initial: it came without inputs")
            if isinstance(self.outputs, list) or isinstance(self.deviation, list):
                return [_band(x, d, width, extra) for x, d in zip(self.outputs, self.deviation)]
            return _band(self.outputs, self.deviation, width, extra)
        net = self._net
        given = read(u, net.inputs, "inputs", net.input_names)
        if not given.arrays:
            return []
        count = len(given.arrays)
        starts: list[Any] = initial_states(initial, count) if given.is_list else [initial]
        if self._inputs is None:
            runs = self._predict(given.arrays, starts)
        else:
            runs = self._predict(self._inputs.filled(given.arrays), starts)
            spread = output_deviation(net, self._inputs, given.arrays, starts)
            runs = [(x, np.hypot(d, more)) for (x, d), more in zip(runs, spread)]
        names = net._output_names()
        bands = [
            Band(*(given.like(place, part, names) for part in (ends.lower, ends.upper)))
            for place, ends in enumerate(_band(x, d, width, extra) for x, d in runs)
        ]
        return bands if given.is_list else bands[0]

    def linear(
        self,
        at: ArrayLike | None = None,
        *,
        steps: int | None = None,
        frequencies: ArrayLike | None = None,
    ) -> ModelUncertainty:
        """Return how sure poles, gains, step and frequency response of the network are.

        Those of its linear model (`Network.to_state_space`) with the weights of this report, and
        their standard errors by exact derivatives (the delta method). The basis of the states,
        which no data determine, does not matter; what else is `undetermined` is left out of them.

        Parameters
        ----------
        at : array of shape (M,), optional
            The operating point, as in `Network.to_state_space`; the equilibrium moves with the
            weights.
        steps : int, optional
            Of the step response; by default until little changes, 1000 at most.
        frequencies : array of shape (F,), optional
            In Hz where the network has a sampling time, otherwise in cycles per time step; by
            default 200 up to half a cycle per time step.

        Returns
        -------
        ModelUncertainty

        Raises
        ------
        SizeError, ArgumentError, NetworkError
            As of `Network.to_state_space`; steps or frequencies below 0.

        Examples
        --------
        >>> import backtune as bt
        >>> u = bt.random.normal(300)
        >>> net = bt.Network(1)
        >>> x = net.state_space(1, hidden=0, outputs=1)
        >>> net.weights["state_space.x.A"], net.weights["state_space.x.B"] = 0.8, 1
        >>> net.weights["state_space.y.C"] = 0.5
        >>> y = net.simulate(u) + 0.1 * bt.random.normal(300, 1)[:, None]
        >>> est = bt.Estimator(net, u, y)
        >>> _ = est.run(progress=False)
        >>> found = est.uncertainty().linear()
        >>> bool(abs(found.poles[0] - 0.8) < 3 * found.poles_error[0].real < 0.03)
        True
        """
        net = self._net
        point = net.rest if at is None else at
        return of_weights(self, Plain(net), net.sampling_time, None, point, steps, frequencies)

    def _are_outputs(self, u: DataLike) -> bool:
        """Tell whether these are the outputs on the data, to the bit."""
        if not isinstance(self.outputs, list):
            return _is_same(u, self.outputs)
        return (
            isinstance(u, (list, tuple))
            and len(u) == len(self.outputs)
            and all(map(_is_same, u, self.outputs))
        )

    def _predict(
        self, sequences: list[Array], starts: list[ArrayLike | None]
    ) -> list[tuple[Array, Array]]:
        """Return outputs and deviations of sequences."""
        net = self._net
        inputs, start = joined(sequences, net.inputs), net._starts(starts)
        lengths = np.array([len(item) for item in sequences], dtype=np.int64)
        outputs = np.empty((int(lengths.sum()), net.outputs))
        deviation = np.empty_like(outputs)
        interruptible(
            lambda callback, stop: lib.bt_uncertainty_predict(
                *(net._pointer, lengths.size, lengths, inputs, inputs.size),
                *(start, 0 if start is None else start.size),
                *(self._directions, self._directions.size),
                *(self._deviations, self._deviations.size),
                *(outputs, deviation, outputs.size, callback, None, stop),
            )
        )
        return list(zip(parted(outputs, lengths), parted(deviation, lengths)))

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    def __repr__(self) -> str:
        free, held = _count(self.undetermined), _count(self.held)
        text = f"{self.rank} combinations of {len(self.covariance) - held} weights determined"
        text += f", noise {self.noise:.3g}; "
        text += f"{free} undetermined: {_listed(self.undetermined)}" if free else "all determined"
        if held:
            text += f"; {held} held at a bound: {_listed(self.held)}"
        return f"<Uncertainty: {text}>"


def _is_same(values: DataLike, outputs: Array) -> bool:
    shapes = [outputs.shape, outputs.shape[:1]] if outputs.shape[1] == 1 else [outputs.shape]
    if getattr(values, "shape", None) not in shapes:
        return False
    return np.array_equal(np.asarray(values).reshape(outputs.shape), outputs)


def _band(values: Array, deviation: Array, width: float, noise: Array | float) -> Band:
    half = width * np.hypot(deviation, noise)
    return Band(values - half, values + half)


def band_width(level: float) -> float:
    """Return how many deviations wide, on each side, a band of a level is."""
    try:
        inside = 0 < level < 1
    except TypeError:
        inside = False
    if not inside:
        raise ArgumentError(f"level: {level!r} came, expected a number between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)


def _places(flags: Mapping[str, Flags]) -> list[str]:
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


def _count(flags: Mapping[str, Flags]) -> int:
    return sum(int(np.count_nonzero(marks)) for marks in flags.values())


def _listed(flags: Mapping[str, Flags]) -> str:
    names = _places(flags)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def by_array(
    fixed: Mapping[str, Flags], errors: Array, freedom: Array
) -> tuple[dict[str, Array], dict[str, Flags], dict[str, Flags], dict[str, Array]]:
    """Return errors, what is undetermined, what is held and freedom, by the name of each array.

    Parameters
    ----------
    fixed : mapping of name to array of bool
        The weights of each array that are not among the flat ones.
    errors, freedom : array of shape (P,)
        As from the engine; a freedom of -1 stands for a weight held at a bound.
    """
    flags, held, shares, deviations = {}, {}, {}, {}
    first = 0
    for name, absent in fixed.items():
        part = slice(first, first + absent.size - int(np.count_nonzero(absent)))
        deviations[name] = np.zeros(absent.shape)
        deviations[name][~absent] = errors[part]
        shares[name] = np.zeros(absent.shape)
        shares[name][~absent] = freedom[part]
        held[name] = shares[name] < 0
        shares[name][held[name]] = 0
        flags[name] = np.isinf(deviations[name])
        first = part.stop
    if first != len(errors):
        raise SizeError(f"weights: {first} adjustable ones, the engine gave {len(errors)}")
    return deviations, flags, held, shares
