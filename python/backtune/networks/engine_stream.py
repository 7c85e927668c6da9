"""The engine's stream of a network: one handle, and calls of its functions."""

from __future__ import annotations

import ctypes

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import sized
from .._engine.handle import Owner
from .._engine.network import NetworkHandle

# bt_stream_step for arguments that are made once: converting them in each call would cost several
# times what a step of a small network does. It returns the status.
step = abi.quick("bt_stream_step")


class EngineStream(Owner):
    """Owns a handle; states may hold anything."""

    def __init__(self, net: NetworkHandle, initial: np.ndarray | None) -> None:
        self.state_size = net.state_size
        create, free = lib.bt_stream_create, lib.bt_stream_free
        self._create(create, free, net._pointer, *sized(initial))

    def step_arguments(
        self, inputs: np.ndarray, outputs: np.ndarray, measured: np.ndarray | None = None
    ) -> tuple[object, ...]:
        """Return the arguments of `step` for these buffers, which the caller keeps."""
        return (
            ctypes.c_void_p(self._pointer),
            *_buffer(inputs),
            *((None, ctypes.c_int64(0)) if measured is None else _buffer(measured)),
            *_buffer(outputs),
        )

    def run(
        self, inputs: np.ndarray, outputs: np.ndarray, measured: np.ndarray | None = None
    ) -> None:
        """Go on by as many steps as there are rows."""
        lib.bt_stream_run(
            *(self._pointer, len(outputs)), *sized(inputs), *sized(measured), *sized(outputs)
        )

    def set_measured(self, group: int, values: np.ndarray) -> None:
        """Give what is measured of a group at the next step."""
        lib.bt_stream_set_measured(self._pointer, group, values, values.size)

    @property
    def state(self) -> np.ndarray:
        """A copy of the flat state; assigning sets it."""
        state = np.empty(self.state_size)
        lib.bt_stream_get_state(self._pointer, state, state.size)
        return state

    @state.setter
    def state(self, state: np.ndarray) -> None:
        lib.bt_stream_set_state(self._pointer, state, state.size)


def _buffer(array: np.ndarray) -> tuple[ctypes.c_void_p, ctypes.c_int64]:
    return ctypes.c_void_p(array.ctypes.data), ctypes.c_int64(array.size)
