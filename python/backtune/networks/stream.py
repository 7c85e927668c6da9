"""A network run step by step: outputs as inputs come, the state kept in between."""

from __future__ import annotations

import copy
from typing import Any, Callable, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine.abi import check
from .._engine.arrays import as_flat
from .._engine.data.forms import form_of
from .._engine.data.names import row_order
from .._engine.data.numbers import as_float
from .._engine.data.pairs import paired, placed
from .._engine.data.sequences import Sequences, read
from .._engine.errors import ArgumentError, NetworkError, SizeError
from .._engine.types import Array, DataLike, OneSequence
from .engine_stream import EngineStream, step
from .grouped import GroupedNetwork
from .source import GroupHandle

# What a list of numbers holds that needs no conversion.
_NUMBERS = frozenset((float, int, np.float64))


class Stream:
    """A network run one time step at a time, from what `Network.stream` returns.

    The outputs are those of `Network.simulate` over the whole sequence, to the bit. Weights of the
    network that change count from the next step on, those that an estimation in another thread
    finds too; the state stays. Groups, connections or outputs that change the sizes of states or
    outputs are refused at the next step.

    Parameters
    ----------
    net : Network
        Its weights are followed until it is closed; then steps are refused.
    initial : array of shape (state_size,), optional
        The state before the first time step; that of the network (zero, or learnt) by default.

    Attributes
    ----------
    net : Network
    steps : int
        Time steps since the start or the last `reset`.

    Notes
    -----
    A network that diverges gives the outputs that are infinite or NaN once; the next step is
    refused, until `reset` or a new `state`. A stream is for one thread.

    Examples
    --------
    >>> import backtune as bt
    >>> net = bt.lnl_network(2).randomize(seed=0)
    >>> stream = net.stream()
    >>> stream.step(0.5).shape
    (1,)
    """

    def __init__(self, net: GroupedNetwork, initial: ArrayLike | None = None) -> None:
        self.net = net
        self.steps = 0
        size = net.state_size
        self._initial = None if initial is None else as_flat(initial, size, "initial state").copy()
        # The engine reads and writes these buffers, at addresses that stay.
        self._input, self._output = np.zeros(net.inputs), np.zeros(net.outputs)
        self._engine = EngineStream(net, self._initial)
        self._make_arguments()

    def _make_arguments(self) -> None:
        """Make those of a step, and of one with measured outputs."""
        buffers = self._input, self._output
        self._arguments = self._engine.step_arguments(*buffers)
        self._measured = np.zeros(self._output.size)
        self._filtering = self._engine.step_arguments(*buffers, self._measured)

    def step(self, u: ArrayLike | None = None, y: ArrayLike | None = None) -> Array:
        """Go on by one time step.

        Parameters
        ----------
        u : array of shape (M,)
            The inputs of this step, finite; a number where there is one. None without inputs. A row
            of a table of pandas (``table.iloc[t]``) is matched by the names of the inputs. Fastest
            are an array of float64, a list of numbers, a float.
        y : array of shape (O,), optional
            What is measured of the outputs at this step, NaN where it is not known; a number where
            there is one. Groups that read measurements (`Group.measured`) read it from the next
            step on; at once where it stands for an input and is read at lag 0.

        Returns
        -------
        array of shape (O,)
            The outputs of this step: what was predicted, not what was measured.

        Raises
        ------
        ArgumentError
            An input that is not finite, a measured output that is infinite or that nothing reads.
        SizeError
            Another number of inputs or outputs, or a network whose sizes have changed.
        StateError
            The network diverged in the step before.
        """
        given = self._input
        if type(u) is np.ndarray:
            fits = u.shape == given.shape and u.dtype == np.float64
        elif type(u) is list:
            fits = len(u) == given.size and _NUMBERS.issuperset(map(type, u))
        else:
            fits = type(u) is float and given.size == 1
        given[...] = u if fits else self._converted(u)
        if y is not None:
            return self._filter(y)
        if self.net._handle is None or step(*self._arguments):
            self._going_on(lambda: check(step(*self._arguments)))
        self.steps += 1
        return self._output.copy()

    def _filter(self, y: ArrayLike) -> Array:
        """Go on by the inputs in place, with what is measured of the outputs."""
        values = as_float(y, "measured outputs")
        size = self._measured.size
        if values.shape != (size,) and not (values.ndim == 0 and size == 1):
            raise SizeError(f"measured outputs: shape {values.shape}, expected ({size},)")
        self._measured[...] = values
        if self.net._handle is None or step(*self._filtering):
            self._going_on(lambda: check(step(*self._filtering)))
        self.steps += 1
        return self._output.copy()

    def set_measured(self, group: GroupHandle | str, values: ArrayLike) -> None:
        """Give what is measured, at the next step, of a group: a value goes before that in `y`.

        Parameters
        ----------
        group : Group or str
        values : array of shape (group size,)
            NaN where not known.

        Raises
        ------
        ArgumentError
            A group of which measurements are not read, an infinite value.
        SizeError
            Another number of values.
        """
        known = self.net._known_group(group)
        given = as_float(values, f"measured values of {known.name}").reshape(-1)
        self._going_on(lambda: self._engine.set_measured(known.id, given))

    @overload
    def run(self, u: OneSequence, y: DataLike | None = ...) -> Array: ...
    @overload
    def run(self, u: DataLike, y: DataLike | None = ...) -> Any: ...
    def run(self, u: DataLike, y: DataLike | None = None) -> Any:
        """Go on by several time steps at once, faster than one by one.

        Parameters
        ----------
        u : array of shape (T, M)
            (T,) means one channel; a number of time steps when the network has no inputs; a table
            as in `Network.simulate`.
        y : array of shape (T, O), optional
            What is measured of the outputs, as of `step`.

        Returns
        -------
        array of shape (T, O)
            A table where a table came, with its index.

        Raises
        ------
        ArgumentError, SizeError, StateError
            As `step`; nothing has happened then.
        """
        given, inputs, known = self._read_run(u, y)
        outputs = np.empty((len(inputs), self._output.size))
        self._going_on(lambda: self._engine.run(inputs, outputs, known))
        self.steps += len(inputs)
        return given.results([outputs], self.net._output_names())

    def _read_run(self, u: DataLike, y: DataLike | None) -> tuple[Sequences, Array, Array | None]:
        """Return what came as inputs of a run, these, (T, M), and measured outputs, (T, O)."""
        given = read(u, self._input.size, "inputs", self.net.input_names)
        if given.is_list:
            raise SizeError(f"inputs: {len(given.arrays)} sequences came, a stream is one")
        inputs = given.arrays[0]
        if y is None:
            return given, inputs, None
        what = "measured outputs"
        measured = read(y, self._output.size, what, self.net.output_names)
        if not any(measured.forms) and len(measured.arrays[0]) != len(inputs):
            raise SizeError(
                f"{what}: {len(measured.arrays[0])} time steps, expected {len(inputs)} as inputs"
            )
        rows = paired(given, measured, "inputs", what)
        return given, inputs, placed(measured.arrays, rows, given.lengths, np.nan)[0]

    def _going_on(self, call: Callable[[], object]) -> None:
        """Call the engine; once more where only the structure of the network has changed."""
        _ = self.net._pointer  # raises where it was closed
        try:
            call()
        except NetworkError:
            state = self._engine.state
            self._begin()
            self._engine.state = state
            call()

    def _begin(self) -> None:
        """Make the engine's stream anew, at the initial state."""
        net, engine = self.net, EngineStream(self.net, self._initial)
        for name, found, expected in (
            ("inputs", net.inputs, self._input.size),
            ("outputs", net.outputs, self._output.size),
            ("values of the state", engine.state_size, self._engine.state_size),
        ):
            if found != expected:
                raise SizeError(f"stream: its network has now {found} {name}, expected {expected}")
        self._engine = engine
        self._make_arguments()

    def _converted(self, u: object) -> Array:
        if u is None and self._input.size == 0:
            return self._input
        values = as_float(u, "inputs")
        form = form_of(u)
        if form is not None and values.shape == self._input.shape:
            values = values[row_order(form, self.net.input_names, "inputs")]
        if values.ndim == 0 and self._input.size == 1:
            return values
        if values.shape != self._input.shape:
            raise SizeError(
                f"inputs: shape {values.shape}, expected ({self._input.size},), those of one step"
            )
        return values

    @property
    def state(self) -> Array:
        """The state before the next time step, (state_size,): a copy. Assigning sets it.

        It is what `Network.simulate` takes as `initial` and returns.
        """
        return self._engine.state

    @state.setter
    def state(self, value: ArrayLike) -> None:
        state = as_flat(value, self._engine.state_size, "state")
        if not np.isfinite(state).all():
            raise ArgumentError("state: expected finite values")
        self._engine.state = state

    def reset(self) -> None:
        """Go back to the initial state; of a network that learns it, to what it is now."""
        self._begin()
        self.steps = 0

    def copy(self) -> Stream:
        """Return a stream of the same network that goes on from this state, on its own."""
        other = type(self)(self.net, self._initial)
        other._engine.state, other.steps = self.state, self.steps
        return other

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> Stream:
        net = copy.deepcopy(self.net, memo)
        return _restored(net, self._initial, self.state, self.steps, type(self))

    def __reduce__(self) -> tuple:
        return _restored, (self.net, self._initial, self.state, self.steps, type(self))

    def __repr__(self) -> str:
        return f"<Stream of {self.net!r}, {self.steps} steps>"


# Earlier releases pickled no kind.
def _restored(
    net: GroupedNetwork,
    initial: Array | None,
    state: Array,
    steps: int,
    kind: type[Stream] = Stream,
) -> Stream:
    stream = kind(net, initial)
    # One that is not finite, too: a network that diverged.
    stream._engine.state = state
    stream.steps = steps
    return stream
