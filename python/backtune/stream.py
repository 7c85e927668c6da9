"""A network run step by step: outputs as inputs come, the state kept in between."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _abi
from ._abi import lib
from ._arrays import as_flat
from ._data.forms import form_of
from ._data.names import row_order
from ._data.numbers import as_float
from ._data.sequences import read
from .errors import ArgumentError, SizeError, StateError

if TYPE_CHECKING:
    from .network import Network


class Stream:
    """A network run one time step at a time, from what `Network.stream` returns.

    The outputs are those of `Network.simulate` over the whole sequence, to the bit. Weights of the
    network that change count from the next step on; the state stays. Groups, connections or outputs
    that change the sizes of states or outputs are refused at the next step.

    Parameters
    ----------
    net : Network
        Read at every step: it may not be in use by another thread that changes it.
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

    def __init__(self, net: Network, initial: Any = None) -> None:
        self.net = net
        self.steps = 0
        inputs, outputs, size = net.inputs, net.outputs, net.state_size
        # The engine reads and writes these buffers, at addresses that stay: what converting the
        # arguments of each call would cost is several times what a step of a small network does.
        self._input, self._output = np.zeros(inputs), np.zeros(outputs)
        self._state, self._length = np.zeros(size), np.ones(1, dtype=np.int64)
        state, values = self._state.ctypes.data, self._output.ctypes.data
        self._arguments = (
            *(1, self._length.ctypes.data, self._input.ctypes.data, inputs, state, size),
            *(values, outputs, None, 0, state, size),
        )
        self._initial = None if initial is None else as_flat(initial, size, "initial state").copy()
        self.reset()

    def step(self, u: Any = None) -> np.ndarray:
        """Go on by one time step.

        Parameters
        ----------
        u : array of shape (M,)
            The inputs of this step, finite; a number where there is one. None without inputs. A row
            of a table of pandas (``table.iloc[t]``) is matched by the names of the inputs.

        Returns
        -------
        array of shape (O,)
            The outputs of this step.

        Raises
        ------
        ArgumentError
            An input that is not finite.
        SizeError
            Another number of inputs, or a network whose sizes have changed.
        StateError
            The network diverged in the step before.
        """
        given = self._input
        if type(u) is np.ndarray and u.shape == given.shape and u.dtype == np.float64:
            given[...] = u
        else:
            given[...] = self._converted(u)
        try:
            _simulate(self.net._pointer, *self._arguments)
        except ArgumentError:
            self._check(given)
            raise
        self.steps += 1
        return self._output.copy()

    def run(self, u: Any) -> Any:
        """Go on by several time steps at once, faster than one by one.

        Parameters
        ----------
        u : array of shape (T, M)
            (T,) means one channel; a number of time steps when the network has no inputs; a table
            as in `Network.simulate`.

        Returns
        -------
        array of shape (T, O)
            A table where a table came, with its index.

        Raises
        ------
        ArgumentError, SizeError, StateError
            As `step`; nothing has happened then.
        """
        given = read(u, self._input.size, "inputs", self.net.input_names)
        if given.is_list:
            raise SizeError(f"inputs: {len(given.arrays)} sequences came, a stream is one")
        inputs = given.arrays[0]
        self._check(inputs)
        outputs, state = self.net.simulate(inputs, self._state, return_state=True)
        self._state[...] = state
        self.steps += len(inputs)
        return given.results([outputs], self.net._output_names())

    def _converted(self, u: Any) -> np.ndarray:
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

    def _check(self, inputs: np.ndarray) -> None:
        if np.isfinite(inputs).all() and not np.isfinite(self._state).all():
            raise StateError("stream: the network diverged; reset it, or set its state")

    @property
    def state(self) -> np.ndarray:
        """The state before the next time step, (state_size,): a copy. Assigning sets it.

        It is what `Network.simulate` takes as `initial` and returns.
        """
        return self._state.copy()

    @state.setter
    def state(self, value: Any) -> None:
        state = as_flat(value, self._state.size, "state")
        if not np.isfinite(state).all():
            raise ArgumentError("state: expected finite values")
        self._state[...] = state

    def reset(self) -> None:
        """Go back to the initial state; of a network that learns it, to what it is now."""
        initial = self._initial
        if initial is None:
            start = 0 if self._input.size == 0 else np.empty((0, self._input.size))
            initial = self.net.simulate(start, return_state=True)[1]
        self.state = initial
        self.steps = 0

    def copy(self) -> Stream:
        """Return a stream of the same network that goes on from this state, on its own."""
        other = type(self)(self.net, self._initial)
        other._state[...] = self._state
        other.steps = self.steps
        return other

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> Stream:
        net = copy.deepcopy(self.net, memo)
        return _restored(net, self._initial, self._state, self.steps)

    def __reduce__(self) -> tuple:
        return _restored, (self.net, self._initial, self._state, self.steps)

    def __repr__(self) -> str:
        return f"<Stream of {self.net!r}, {self.steps} steps>"


def _restored(net: Network, initial: Any, state: np.ndarray, steps: int) -> Stream:
    stream = Stream(net, initial)
    stream._state[...] = state
    stream.steps = steps
    return stream


# bt_simulate with addresses instead of arrays, for buffers that are checked once.
_simulate = _abi.with_addresses(lib, "bt_simulate")
