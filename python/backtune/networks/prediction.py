"""What a network predicts from what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, overload

import numpy as np

from .._engine.abi import lib
from .._engine.arrays import as_number, sized
from .._engine.callbacks import interruptible
from .._engine.data.pairs import Data, paired, placed
from .._engine.data.sequences import joined, parted, read
from .._engine.data.starts import initial_states
from .._engine.errors import ArgumentError, SizeError
from .._engine.found import Simulated
from .._engine.types import Array, DataLike, Measured, Reals, StateLike
from .simulation import SimulatingNetwork


class PredictingNetwork(SimulatingNetwork):
    """A network that predicts."""

    @overload
    def predict(
        self,
        u: Reals | None,
        y: Reals | None,
        horizon: float | None = ...,
        *,
        initial: StateLike | None = ...,
        measured: Measured | None = ...,
        return_state: Literal[False] = ...,
    ) -> Array: ...
    @overload
    def predict(
        self,
        u: list[Reals],
        y: list[Reals],
        horizon: float | None = ...,
        *,
        initial: StateLike | None = ...,
        measured: Measured | None = ...,
        return_state: Literal[False] = ...,
    ) -> list[Array]: ...
    @overload
    def predict(
        self,
        u: DataLike | None,
        y: DataLike | None,
        horizon: float | None = ...,
        *,
        initial: StateLike | None = ...,
        measured: Measured | None = ...,
        return_state: bool = ...,
    ) -> Any: ...
    def predict(
        self,
        u: DataLike | None,
        y: DataLike | None,
        horizon: float | None = 1,
        *,
        initial: StateLike | None = None,
        measured: Measured | None = None,
        return_state: bool = False,
    ) -> Any:
        """Predict the outputs some steps ahead, of one sequence or of each of a list.

        The value of time t is given what was measured up to t - horizon, and all inputs up to t. A
        filter, given each measurement as soon as it is known, runs once; from each of its times the
        network runs on by itself. The network has to read measurements: see `Group.measured`.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            The inputs, finite, in the forms of `simulate`; None for a network without inputs.
        y : array of shape (T, O), or list of such
            What was measured of the outputs, NaN where it is not known. It may end before u: then
            the last values are those of a free run from there on, however long. None where
            `measured` says all.
        horizon : int or None
            Steps ahead, 1 or more; None or infinity for the free run.
        initial : array of shape (state_size,), or list of such, optional
            The state before the first time step, as `simulate` takes it.
        measured : dict, optional
            What was measured of groups that are no outputs, by group or its name: arrays of shape
            (T, group size), or lists of such, NaN where not known.
        return_state : bool
            Whether to return the state of the filter after the last time step, measurements
            included: the `initial` of what follows.

        Returns
        -------
        outputs : array of shape (T, O)
            The first horizon - 1 values are those of the free run.
        state : array of shape (state_size,)
            Only with ``return_state=True``. For a list of sequences, a list of these results is
            returned instead.

        Raises
        ------
        ArgumentError
            A horizon that is no whole number of 1 or more, a value that is infinite, measurements
            that nothing reads.
        SizeError
            Another number of channels, or a y longer than u.
        KeyboardInterrupt
            Ctrl-C. The work goes as T times the horizon, up to a horizon of T/2.

        Examples
        --------
        >>> import backtune as bt
        >>> net = bt.Network(inputs=1)
        >>> out = net.learnware(1, "out").connect(net.input.lag(0))
        >>> _ = out.connect(out.measured().lag(1), "K")
        >>> net.weights = {"out.B": 1, "out.K": 0.5}
        >>> net.predict([1.0, 0.0, 0.0], [4.0, 2.0, 0.0])[:, 0]
        array([1., 2., 1.])
        """
        self._warn_untouched()
        data = Data(self, u, y)
        count = data.lengths.size
        if count == 0:
            return []
        starts = self._starts(initial_states(initial, count) if data.is_list else [initial])
        groups, values = self._measured_values(measured, data)
        total = int(data.lengths.sum())
        outputs = np.empty((total, self.outputs))
        final = np.empty((count, self.state_size)) if return_state else None
        steps = math.inf if horizon is None else as_number(horizon, "horizon")
        interruptible(
            lambda callback, stop: lib.bt_predict(
                *(self._pointer, count, data.lengths, *sized(data.inputs)),
                *(*sized(data.desired), steps, *sized(starts), *sized(groups), *sized(values)),
                *(*sized(outputs), *sized(final), callback, None, stop),
            )
        )
        parts = parted(outputs, data.lengths)
        form = data.form
        results = [form.like(k, part, self._output_names()) for k, part in enumerate(parts)]
        if final is not None:
            results = [Simulated(*pair) for pair in zip(results, final)]
        elif any(form.forms):
            return form.results(parts, self._output_names())
        return results if data.is_list else results[0]

    def _measured_values(self, measured: Measured | None, data: Data) -> tuple[Array, Array]:
        """Return the numbers of groups, and their values, one block after the other."""
        numbers: list[int] = []
        blocks = [np.empty(0)]
        if measured is not None and not isinstance(measured, Mapping):
            kind = type(measured).__name__
            raise TypeError(f"measured: a {kind} came, expected a dict of groups or names")
        for key, values in (measured or {}).items():
            group = self._known_group(key)
            if group.id in numbers:
                raise ArgumentError(f"measured values of {group.name}: the group is named twice")
            what = f"measured values of {group.name}"
            given = read(values, group.size, what)
            plain = not any(given.forms)
            if plain and [len(item) for item in given.arrays] != data.lengths.tolist():
                lengths = [len(item) for item in given.arrays]
                raise SizeError(f"{what}: lengths {lengths}, expected {data.lengths.tolist()}")
            rows = paired(data.tables[0], given, "inputs", what)
            known = placed(given.arrays, rows, data.lengths, np.nan)
            numbers.append(group.id)
            blocks.append(joined(known, group.size).ravel())
        return np.array(numbers, dtype=np.int64), np.concatenate(blocks)
