"""Inputs that are missing here and there: a linear model that says what they may have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from .._engine import shown
from .._engine.arrays import as_count, as_size
from .._engine.data.missing import (
    channel_name,
    check_finite_or_missing,
    missing_counts,
    missing_words,
)
from .._engine.data.names import learnable
from .._engine.data.scales import Scale
from .._engine.data.sequences import read
from .._engine.errors import ArgumentError
from .._engine.types import Array, DataLike, Reals
from ..networks.modelled import ModelledNetwork, joined
from ..networks.network import Network
from .gaps import Gaps
from .input_fit import best_fit, constant_part

__all__ = ["InputModel"]

# Known values of a channel, at least.
_LEAST_KNOWN = 10


class InputModel:
    """Says what missing values of inputs may have been, from what is known of all inputs.

    A linear network, fitted by `Estimator`, predicts every channel that has missing values, from
    the last few values of these channels, as measured where they are known and its own where they
    are not, and from the present and last values of all others. From it come the means and draws of
    missing values, given those that are known before and after.

    Parameters
    ----------
    u : array of shape (T, M), or list of such
        Inputs, NaN where missing, in the forms that `Estimator` takes.
    order : int, optional
        How many values back the model reads, 0 or more; chosen by default, from 0, 1, 2, 4 and 8.
    names : list of str, optional
        Of the channels.

    Attributes
    ----------
    net : Network
        The linear network, in deviations from the means; see `mean` and `scale`.
    channels : array of int
        Those that it models: all that have missing values.
    order : int
        How many values back it reads.
    missing : array of int, shape (M,)
        How many values of each channel are missing.
    mean, scale : array of shape (M,)
        Of each channel, over what is known.

    Raises
    ------
    ArgumentError
        A value that is infinite, a channel of which fewer than 10 values are known: the message
        names it. Inputs of which nothing is missing.
    SizeError
        Sequences of different numbers of channels.

    Examples
    --------
    >>> import backtune as bt, numpy as np
    >>> u = np.sin(np.arange(200) / 5)
    >>> holes = u.copy()
    >>> holes[60:70] = np.nan
    >>> filled = bt.InputModel(holes).fill(holes)
    >>> bool(abs(filled[:, 0] - u).max() < 0.01)
    True
    """

    def __init__(self, u: DataLike, order: int | None = None, names: Sequence[str] | None = None):
        given = read(u, None, "inputs", names)
        channels = given.arrays[0].shape[1] if given.arrays else 0
        found = given.names if names is None else names
        self.names = learnable(found, channels)
        check_finite_or_missing(given.arrays, self.names)
        self.missing = missing_counts(given.arrays, channels)
        self.channels = np.flatnonzero(self.missing)
        if not self.channels.size:
            raise ArgumentError("inputs: nothing is missing, expected at least one NaN")
        total = sum(map(len, given.arrays))
        for channel in self.channels.tolist():
            known = total - int(self.missing[channel])
            if known < _LEAST_KNOWN:
                raise ArgumentError(
                    f"inputs: {known} of {total} values of {channel_name(self.names, channel)} are"
                    f" known, expected {_LEAST_KNOWN} or more"
                )
        self._units = Scale.of(given.arrays)
        self.mean, self.scale = self._units.mean, self._units.deviation
        scaled = [self._units.apply(item) for item in given.arrays]
        asked = None if order is None else as_size(order, "order")
        self.net, self.order, self._model = best_fit(scaled, self.channels, asked)

    @property
    def size(self) -> int:
        """Number M of channels."""
        return len(self.mean)

    @property
    def deviation(self) -> Array:
        """Standard deviation of the errors one step ahead of each modelled channel."""
        return np.sqrt(np.diag(self._model.covariance)) * self.scale[self.channels]

    @overload
    def fill(self, u: Reals) -> Array: ...
    @overload
    def fill(self, u: list[Reals]) -> list[Array]: ...
    @overload
    def fill(self, u: DataLike) -> Any: ...
    def fill(self, u: DataLike) -> Any:
        """Return inputs with the mean of what the missing values may have been in their place.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            NaN where missing, in the modelled channels alone.

        Returns
        -------
        array of shape (T, M), or list of such
            As the inputs came, tables with their index. What is known is as it came, to the bit.

        Raises
        ------
        ArgumentError
            A value that is infinite, or missing in a channel that is not modelled.
        """
        given = read(u, self.size, "inputs", self.names)
        names = self.names or [str(k) for k in range(self.size)]
        return given.results(self.filled(given.arrays), names)

    @overload
    def draws(self, u: Reals, count: int = ..., seed: int = ...) -> Array: ...
    @overload
    def draws(self, u: DataLike, count: int = ..., seed: int = ...) -> Array | list[Array]: ...
    def draws(self, u: DataLike, count: int = 100, seed: int = 0) -> Array | list[Array]:
        """Return inputs with draws of what the missing values may have been in their place.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            As of `fill`.
        count : int
            How many.
        seed : int
            The same seed gives the same draws.

        Returns
        -------
        array of shape (count, T, M), or list of such
            One of each sequence where a list came.
        """
        given = read(u, self.size, "inputs", self.names)
        seed = as_size(seed, "seed", unsigned=True)
        found = self.drawn(given.arrays, as_count(count, "count", 1), seed)
        return found if given.is_list else found[0]

    def filled(self, arrays: list[Array]) -> list[Array]:
        """Return arrays (T, M) with means in the place of what is missing."""
        pairs = ((values, self._gaps(values)) for values in arrays)
        return [v if gaps is None else self._restored(v, gaps.filled()) for v, gaps in pairs]

    def drawn(self, arrays: list[Array], count: int, seed: int) -> list[Array]:
        """Return arrays (count, T, M) with draws in the place of what is missing."""
        return [self.sampler(values, seed + place)(count) for place, values in enumerate(arrays)]

    def sampler(self, values: Array, seed: int) -> Callable[[int], Array]:
        """Return what draws so many of an array (T, M) at a time, (count, T, M)."""
        gaps, random = self._gaps(values), np.random.default_rng(seed)

        def draw(count: int) -> Array:
            if gaps is None:
                return np.repeat(values[None], count, axis=0)
            return self._restored(values, gaps.draws(count, random))

        return draw

    def _gaps(self, values: Array) -> Gaps | None:
        self.check([values])
        if not np.isnan(values).any():
            return None
        scaled = self._units.apply(values)
        constant = constant_part(self.net, self.channels, scaled)
        return Gaps(self._model, scaled[:, self.channels], constant)

    def _restored(self, values: Array, found: Array) -> Array:
        """Return the values, those of modelled channels that are missing from `found`."""
        whole = np.broadcast_to(values, (*found.shape[:-1], self.size)).copy()
        own = found * self.scale[self.channels] + self.mean[self.channels]
        part = whole[..., self.channels]
        whole[..., self.channels] = np.where(np.isnan(part), own, part)
        return whole

    def before(self, net: Network) -> ModelledNetwork:
        """Return a network with this before it, see `Network.with_missing_inputs`."""
        return joined(net, self)

    def check(self, arrays: list[Array]) -> None:
        """Refuse what is infinite, and what is missing of a channel that is not modelled."""
        check_finite_or_missing(arrays, self.names)
        counts = missing_counts(arrays, self.size)
        counts[self.channels] = 0
        if counts.any():
            raise ArgumentError(
                f"inputs: {missing_words(counts, self.names)}; expected missing ones in modelled"
                f" channels alone: {self._named}"
            )

    @property
    def _named(self) -> str:
        return ", ".join(channel_name(self.names, k) for k in self.channels.tolist())

    def __repr__(self) -> str:
        return f"<InputModel of {self._named}: order {self.order}>"

    def _repr_html_(self) -> str | None:
        return shown.html(self)
