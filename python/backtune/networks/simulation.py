"""What a network computes: outputs, states and derivatives of sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine.abi import lib
from .._engine.arrays import as_flat, sized
from .._engine.callbacks import ended
from .._engine.data.sequences import Sequences, parted, read
from .._engine.data.starts import initial_states
from .._engine.data.times import check_sampling
from .._engine.errors import SizeError
from .._engine.found import Gradients, Run, Simulated, SimulatedStates, simulated
from .._engine.labels import Facts
from .._engine.types import Array, DataLike, OneSequence, Reals, StateLike
from .grouped import GroupedNetwork
from .stream import Stream

# Time steps x weights of a run that Ctrl-C can end: 15 ms of 16,384 weights, 120 ms of 64.
_LONG = 200_000_000
# Time steps of which nothing is asked.
_SHORT = 1000
# Time steps that are copied in some milliseconds.
_PART = 1 << 16


class SimulatingNetwork(GroupedNetwork):
    """A network that runs."""

    @overload
    def simulate(
        self,
        u: OneSequence,
        initial: StateLike | None = ...,
        *,
        states: Literal[False] = ...,
        return_state: Literal[False] = ...,
    ) -> Array: ...
    @overload
    def simulate(
        self,
        u: list[Reals],
        initial: StateLike | None = ...,
        *,
        states: Literal[False] = ...,
        return_state: Literal[False] = ...,
    ) -> list[Array]: ...
    @overload
    def simulate(
        self,
        u: OneSequence,
        initial: StateLike | None = ...,
        *,
        states: Literal[True],
        return_state: Literal[False] = ...,
    ) -> SimulatedStates: ...
    @overload
    def simulate(
        self,
        u: OneSequence,
        initial: StateLike | None = ...,
        *,
        states: Literal[False] = ...,
        return_state: Literal[True],
    ) -> Simulated: ...
    @overload
    def simulate(
        self,
        u: DataLike,
        initial: StateLike | None = ...,
        *,
        states: bool = ...,
        return_state: bool = ...,
    ) -> Any: ...
    def simulate(
        self,
        u: DataLike,
        initial: StateLike | None = None,
        *,
        states: bool = False,
        return_state: bool = False,
    ) -> Any:
        """Run the network over one sequence, or over each of a list: equation (1) of RR-9100.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            The inputs, finite; (T,) means one channel. A number of time steps when the network has
            no inputs. A table of pandas, xarray or polars gives tables of the same kind, with the
            same index; its columns are matched with `input_names`. A table with a MultiIndex
            (instance, time) is a list of sequences, and gives one table.
        initial : array of shape (state_size,), optional
            The state before the first time step, from `return_state`; by default the learnt one
            of the network, zero without, its inputs at rest. For a list
            of sequences, a list of states, or one for all.
        states : bool
            Whether to return the values of every group too.
        return_state : bool
            Whether to return the state after the last time step: the `initial` of the time steps
            that follow.

        Returns
        -------
        outputs : array of shape (T, O)
            The observed nodes. Values may be infinite or NaN where the network diverges.
        states : dict of arrays of shape (T, group size)
            By the name of the group; only with ``states=True``.
        state : array of shape (state_size,)
            Only with ``return_state=True``. For a list of sequences, a list of these results is
            returned instead.

        Raises
        ------
        ArgumentError
            An input that is NaN or infinite.
        SizeError
            Another number of channels, or state of another size.
        TypeError
            Something else than numbers: the message names the dtype, or the column of a table.
        KeyboardInterrupt
            Ctrl-C.

        Warns
        -----
        BacktuneWarning
            The free weights were neither drawn nor set. Not with ``states=True`` where others are
            fixed: a reservoir has states before it has a readout.

        Examples
        --------
        >>> import backtune as bt
        >>> net = bt.lnl_network(2).randomize(seed=0)
        >>> u = [0.5, -0.5, 1.0]
        >>> whole = net.simulate(u)
        >>> first, state = net.simulate(u[:2], return_state=True)
        >>> bool((net.simulate(u[2:], state) == whole[2:]).all())
        True
        """
        known = self._facts()
        if not (known.touched or (states and self._has_fixed_weights())):
            known.touched = not self._warn_untouched()
        given = read(u, known.inputs, "inputs", known.input_names)
        check_sampling(known.sampling_time, given.forms)
        if not given.arrays:
            return []
        results = self._simulate(given, initial, known, states, return_state)
        if not any(given.forms):
            return results if given.is_list else results[0]
        if not states and not return_state:
            return given.results(results, self._output_names())
        labelled = [self._labelled(given, k, result) for k, result in enumerate(results)]
        return labelled if given.is_list else labelled[0]

    def _has_fixed_weights(self) -> bool:
        return any(self.weights.fixed(name).any() for name in self.weights)

    def _labelled(self, given: Sequences, place: int, result: Array | Run) -> object:
        """Give the results of one sequence the index that its inputs have."""
        if isinstance(result, np.ndarray):
            return given.like(place, result, self._output_names())
        changed = {"outputs": given.like(place, result.outputs, self._output_names())}
        if not isinstance(result, Simulated):
            changed["states"] = {
                name: given.like(place, values, node_names(name, values.shape[1]))
                for name, values in result.states.items()
            }
        return result._replace(**changed)

    def _simulate(
        self,
        given: Sequences,
        initial: StateLike | None,
        known: Facts,
        states: bool,
        return_state: bool,
    ) -> list[Any]:
        """Run sequences side by side; the result of each, as `simulated` makes it."""
        lengths, inputs = given.lengths, given.joined(known.inputs)
        count, total = lengths.size, len(inputs)
        start = None
        if initial is not None:
            starts = initial_states(initial, count) if given.is_list else [initial]
            start = self._starts(starts)
        outputs = np.empty((total, known.outputs))
        groups = self._group_sizes() if states else {}
        values = np.empty((total, sum(groups.values()))) if states else None
        final = np.empty((count, known.state_size)) if return_state else None
        arguments = (
            *(self._pointer, count, lengths, *sized(inputs), *sized(start)),
            *(*sized(outputs), *sized(values), *sized(final)),
        )
        if self._takes_long(total):
            ended(lambda: lib.bt_simulate(*arguments))
        else:
            lib.bt_simulate(*arguments)
        parts = parted(outputs, lengths)
        if values is None and final is None:
            return parts
        named = [None] * count if values is None else _by_group(groups, values, lengths)
        ends = [None] * count if final is None else list(final)
        return [simulated(*result) for result in zip(parts, named, ends)]

    def _takes_long(self, steps: int) -> bool:
        """Tell whether a run takes more than a moment."""
        if steps <= _SHORT:
            return False
        known = self._facts()
        # Weights that are fixed, as those of a reservoir, are not counted: so many may be.
        return steps * max(known.weights, known.state_size**2) > _LONG

    def _starts(self, starts: Sequence[object]) -> Array | None:
        """Return the initial states of all sequences, None where all are the network's own."""
        given = [start for start in starts if start is not None]
        if not given:
            return None
        size = self._facts().state_size
        own = None if len(given) == len(starts) else self._own_start()
        return np.concatenate(
            [own if start is None else as_flat(start, size, "initial state") for start in starts]
        )

    def _own_start(self) -> Array:
        """Return the state from which the network starts by itself: that after no step."""
        state = np.empty(self._facts().state_size)
        none = np.empty(0)
        lib.bt_simulate(
            *(self._pointer, 1, np.zeros(1, dtype=np.int64), none, 0, None, 0),
            *(none, 0, None, 0, state, state.size),
        )
        return state

    def stream(self, initial: ArrayLike | None = None) -> Stream:
        """Return the network as it runs step by step: for control loops, or data as they come.

        Parameters
        ----------
        initial : array of shape (state_size,), optional
            The state before the first time step; that of the network by default.

        Returns
        -------
        Stream

        Examples
        --------
        >>> import backtune as bt
        >>> net = bt.lnl_network(2).randomize(seed=0)
        >>> stream = net.stream()
        >>> for u in (0.5, -0.5):
        ...     y = stream.step(u)
        """
        self._warn_untouched()
        return Stream(self, initial)

    @overload
    def gradient(
        self,
        u: DataLike,
        slopes: DataLike,
        initial: ArrayLike | None = ...,
        *,
        return_initial: Literal[False] = ...,
    ) -> Array: ...
    @overload
    def gradient(
        self,
        u: DataLike,
        slopes: DataLike,
        initial: ArrayLike | None = ...,
        *,
        return_initial: Literal[True],
    ) -> Gradients: ...
    def gradient(
        self,
        u: DataLike,
        slopes: DataLike,
        initial: ArrayLike | None = None,
        *,
        return_initial: bool = False,
    ) -> Array | Gradients:
        """Return the derivative of a weighted sum of the outputs by every adjustable weight.

        The sum is that of slopes(t, k) outputs(t, k) over t and k; the derivative comes by the
        adjoint, without the guard of backward tuning (section "Backward tuning" of RR-9100).

        Parameters
        ----------
        u : array of shape (T, M)
            The inputs; (T,) means one channel. A number of time steps when the network has no
            inputs.
        slopes : array of shape (T, O)
            (T,) means one output.
        initial : array of shape (state_size,), optional
            The state before the first time step; the network's own by default.
        return_initial : bool
            Whether to return the derivative by the initial state too.

        Returns
        -------
        gradient : array of shape (weights,)
            In the order of `get_weights`.
        by_initial : array of shape (state_size,)
            0 for the part of the inputs and, without `initial`, for that of what was measured: it
            is then what groups are themselves. Only with ``return_initial=True``.

        Raises
        ------
        ArgumentError
            An input or a slope that is NaN or infinite.
        SizeError
            Another number of channels or time steps, a list of sequences, or a state of another
            size.
        KeyboardInterrupt
            Ctrl-C.
        """
        known = self._facts()
        given = read(u, known.inputs, "inputs", known.input_names)
        if given.is_list:
            raise SizeError(f"inputs: {len(given.arrays)} sequences came, expected one")
        inputs = given.arrays[0]
        weights = read([slopes], known.outputs, "slopes", known.output_names).arrays[0]
        if weights.shape[0] != inputs.shape[0]:
            raise SizeError(
                f"slopes: {weights.shape[0]} time steps, expected {inputs.shape[0]} as inputs"
            )
        start = None if initial is None else as_flat(initial, known.state_size, "initial state")
        gradient = np.empty(known.weights)
        by_initial = np.empty(known.state_size) if return_initial else None
        arguments = (
            *(self._pointer, 1, given.lengths, *sized(inputs), *sized(start), *sized(weights)),
            *(*sized(gradient), *sized(by_initial)),
        )
        if self._takes_long(inputs.shape[0]):
            ended(lambda: lib.bt_gradient(*arguments))
        else:
            lib.bt_gradient(*arguments)
        return gradient if by_initial is None else Gradients(gradient, by_initial)


def node_names(name: str, size: int) -> list[str]:
    """Return the names of the nodes of a group: "linear.x", or "lnl.x[0]" and so on."""
    return [name] if size == 1 else [f"{name}[{node}]" for node in range(size)]


def _by_group(groups: Mapping[str, int], values: Array, lengths: Array) -> list[dict[str, Array]]:
    """Split the values of all groups, side by side, by sequence and the names of the groups."""
    ends = accumulate(groups.values())
    columns = [
        parted(_copy(values[:, end - size : end]), lengths)
        for end, size in zip(ends, groups.values())
    ]
    return [dict(zip(groups, parts)) for parts in zip(*columns)]


def _copy(values: Array) -> Array:
    """Copy rows, part by part: Ctrl-C comes in between."""
    if len(values) <= _PART:
        return values.copy()
    result = np.empty(values.shape)
    for first in range(0, len(values), _PART):
        result[first : first + _PART] = values[first : first + _PART]
    return result
