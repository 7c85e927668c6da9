"""The C interface: one prototype per function of include/backtune.h, and what a status becomes.

A test compares the table with the header and with the symbols of the library.
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_uint64, c_void_p
from typing import Any, Callable

import numpy as np

from . import errors
from .library import load

OK = 0
STOP_NONE = 0
EVENT_POLL = 0
EVENT_ITERATION = 1
INPUT = -1


# Of any size: its address is passed.
_buffer: Callable[[Any], object] = (c_char * 0).from_buffer


def _array(dtype: type) -> type:
    """Make an argument type: a C-contiguous array of that dtype, kept by the caller, or None."""
    kind = np.dtype(dtype)

    class Array:
        @staticmethod
        def from_param(array: np.ndarray | None) -> object:
            if array is None:
                return None
            if array.dtype == kind:
                try:
                    # A fifth of the time of the other way; what cannot be written is refused.
                    return _buffer(array)
                except TypeError:
                    if array.flags.c_contiguous:
                        return c_void_p(array.__array_interface__["data"][0])
            raise TypeError(f"expected a C-contiguous array of {dtype.__name__}")

    return Array


Callback = ctypes.CFUNCTYPE(c_int32, c_void_p, c_int32, c_void_p)
Reduction = ctypes.CFUNCTYPE(c_int32, POINTER(c_double), c_int64, c_int32, c_void_p)
Loader = ctypes.CFUNCTYPE(c_int32, c_int64, *[POINTER(c_double)] * 3, c_void_p)

# What a reduction or a loader of this thread raised, as `error`: nothing can be raised through the
# engine.
callbacks = threading.local()

doubles = _array(np.float64)
integers = _array(np.int64)
flags = _array(np.uint8)
signs = _array(np.int8)
texts = POINTER(c_char_p)
status = c_int32  # of a call that can fail
text = c_char_p
handle = c_void_p
int64_out = POINTER(c_int64)
int32_out = POINTER(c_int32)
double_out = POINTER(c_double)
handle_out = POINTER(c_void_p)

_NAMED_TEXT: list[type] = [text, c_int64, int64_out]  # buffer, capacity, length
_VALUES: list[type] = [doubles, c_int64]  # array, size

FUNCTIONS: dict[str, tuple[type, list[type]]] = {
    # library
    "bt_version": (c_char_p, []),
    "bt_abi_number": (c_int32, []),
    "bt_last_error": (c_int64, [text, c_int64]),
    "bt_status_string": (c_char_p, [c_int32]),
    "bt_stop_string": (c_char_p, [c_int32]),
    "bt_set_poll": (status, [Callback, c_void_p]),
    "bt_set_threads": (status, [c_int64]),
    "bt_get_threads": (status, [int64_out]),
    # network: creation
    "bt_network_create": (status, [c_int64, handle_out]),
    "bt_network_copy": (status, [handle, handle_out]),
    "bt_network_free": (status, [handle]),
    "bt_network_add_unit": (status, [handle, text, text, c_int64, text, int64_out]),
    "bt_unit_options": (status, [text, *_NAMED_TEXT]),
    "bt_network_add_learnware": (status, [handle, text, c_int64, int64_out]),
    "bt_network_add_firmware": (status, [handle, text, c_int64, int64_out]),
    "bt_network_add_softmax": (status, [handle, text, c_int64, c_int64, c_double, int64_out]),
    "bt_network_add_measured": (status, [handle, text, c_int64, c_int64, c_int32, int64_out]),
    "bt_network_add_bias": (status, [handle, c_int64, text, integers, c_int64]),
    "bt_network_connect_dense": (status, [handle, c_int64, c_int64, c_int64, text]),
    "bt_network_connect_diagonal": (status, [handle, c_int64, c_int64, c_int64, text]),
    "bt_network_connect_sparse": (
        status,
        [handle, c_int64, c_int64, c_int64, text, flags, c_int64],
    ),
    "bt_network_connect_shared": (
        status,
        [handle, c_int64, c_int64, c_int64, text, integers, c_int64],
    ),
    "bt_network_add_term": (status, [handle, c_int64, c_double, int64_out]),
    "bt_network_remove_term": (status, [handle, c_int64, c_int64]),
    "bt_network_add_factor": (
        status,
        [handle, c_int64, c_int64, text, doubles, c_int64, c_int64, c_int64],
    ),
    "bt_network_observe": (status, [handle, integers, integers, c_int64]),
    "bt_network_learn_initial_state": (status, [handle, c_int64, c_int64]),
    # network: what it is
    "bt_network_inputs": (status, [handle, int64_out]),
    "bt_network_outputs": (status, [handle, int64_out]),
    "bt_network_range": (status, [handle, int64_out]),
    "bt_network_group_count": (status, [handle, int64_out]),
    "bt_network_group_name": (status, [handle, c_int64, *_NAMED_TEXT]),
    "bt_network_group_size": (status, [handle, c_int64, int64_out]),
    "bt_network_find_group": (status, [handle, text, int64_out]),
    "bt_network_state_size": (status, [handle, int64_out]),
    "bt_network_group_depth": (status, [handle, c_int64, int64_out]),
    # network: the data that it is for
    "bt_network_set_labels": (status, [handle, text, texts, c_int64]),
    "bt_network_label": (status, [handle, text, c_int64, *_NAMED_TEXT]),
    "bt_network_set_sampling_time": (status, [handle, c_double]),
    "bt_network_sampling_time": (status, [handle, double_out]),
    "bt_network_output_node": (status, [handle, c_int64, int64_out, int64_out]),
    "bt_network_version": (status, [handle, int64_out]),
    # weights
    "bt_network_weight_count": (status, [handle, int64_out]),
    "bt_network_get_weights": (status, [handle, doubles, c_int64]),
    "bt_network_set_weights": (status, [handle, doubles, c_int64]),
    "bt_network_array_count": (status, [handle, int64_out]),
    "bt_network_array_name": (status, [handle, c_int64, *_NAMED_TEXT]),
    "bt_network_array_shape": (status, [handle, text, integers]),
    "bt_network_get_array": (status, [handle, text, doubles, c_int64]),
    "bt_network_set_array": (status, [handle, text, doubles, c_int64]),
    "bt_network_get_bounds": (status, [handle, text, doubles, doubles, c_int64]),
    "bt_network_set_bounds": (status, [handle, text, doubles, doubles, c_int64]),
    "bt_network_get_fixed": (status, [handle, text, flags, c_int64]),
    "bt_network_set_fixed": (status, [handle, text, flags, c_int64]),
    "bt_network_set_signs": (status, [handle, text, signs, c_int64]),
    "bt_network_set_mask": (status, [handle, text, flags, c_int64]),
    "bt_network_randomize": (status, [handle, c_uint64]),
    "bt_network_set_rest": (status, [handle, doubles, c_int64]),
    "bt_network_get_rest": (status, [handle, doubles, c_int64]),
    "bt_network_get_origin": (status, [handle, int32_out, POINTER(c_uint64)]),
    # JSON and files
    "bt_network_to_json": (status, [handle, *_NAMED_TEXT]),
    "bt_network_from_json": (status, [text, c_int64, handle_out]),
    "bt_network_save": (status, [handle, text]),
    "bt_network_load": (status, [text, handle_out]),
    "bt_network_export": (status, [handle, text, text, text, *_NAMED_TEXT]),
    # simulation
    "bt_simulate": (
        status,
        # inputs, initial, outputs, states, final
        [handle, c_int64, integers, *_VALUES * 5],
    ),
    "bt_gradient": (
        status,
        # inputs, initial, slopes, gradient, initial gradient
        [handle, c_int64, integers, *_VALUES * 5],
    ),
    "bt_predict": (
        status,
        [
            # inputs, measured
            *(handle, c_int64, integers, *_VALUES * 2, c_double),
            # initial; groups and their values; outputs, final
            *(doubles, c_int64, integers, c_int64, *_VALUES * 3),
            *(Callback, c_void_p, int32_out),
        ],
    ),
    # streams
    "bt_stream_create": (status, [handle, doubles, c_int64, handle_out]),
    "bt_stream_free": (status, [handle]),
    # inputs, measured, outputs
    "bt_stream_step": (status, [handle, *_VALUES * 3]),
    "bt_stream_run": (status, [handle, c_int64, *_VALUES * 3]),
    "bt_stream_set_measured": (status, [handle, c_int64, doubles, c_int64]),
    "bt_stream_get_state": (status, [handle, doubles, c_int64]),
    "bt_stream_set_state": (status, [handle, doubles, c_int64]),
    "bt_stream_reset": (status, [handle]),
    # estimation
    "bt_estimator_create": (status, [handle, handle_out]),
    "bt_estimator_free": (status, [handle]),
    "bt_estimator_set_data": (
        status,
        # lengths, inputs, desired, gains
        [handle, c_int64, integers, *_VALUES * 3],
    ),
    "bt_estimator_set_loader": (
        status,
        # sequences, lengths, has_desired, has_gains, loader, user_data
        [handle, c_int64, integers, c_int32, c_int32, Loader, c_void_p],
    ),
    "bt_estimator_set_initial_states": (status, [handle, doubles, c_int64]),
    "bt_estimator_set_measured": (status, [handle, c_int64, doubles, c_int64]),
    "bt_estimator_set_horizons": (status, [handle, doubles, c_int64]),
    "bt_estimator_set_reduction": (status, [handle, Reduction, c_void_p, c_int64, c_int64]),
    "bt_estimator_set_criterion": (status, [handle, text]),
    "bt_estimator_get_criterion": (status, [handle, *_NAMED_TEXT]),
    "bt_estimator_add_observable": (status, [handle, text, doubles, c_int64, c_double]),
    "bt_estimator_clear_observables": (status, [handle]),
    "bt_estimator_observable_count": (status, [handle, int64_out]),
    "bt_estimator_set_reference": (status, [handle, c_int64, integers, doubles, c_int64]),
    "bt_estimator_set_samples": (status, [handle, c_int64, integers, doubles, c_int64]),
    "bt_estimator_observables": (status, [handle, doubles, doubles, doubles, c_int64]),
    "bt_estimator_divergence": (status, [handle, double_out]),
    "bt_estimator_add_regularisation": (status, [handle, text, text]),
    "bt_estimator_clear_regularisation": (status, [handle]),
    "bt_estimator_set_method": (status, [handle, text]),
    "bt_estimator_get_method": (status, [handle, *_NAMED_TEXT]),
    "bt_estimator_set_option": (status, [handle, text, c_double]),
    "bt_estimator_get_option": (status, [handle, text, double_out]),
    "bt_estimator_step": (status, [handle, Callback, c_void_p, int32_out]),
    "bt_estimator_run": (status, [handle, Callback, c_void_p, int32_out]),
    "bt_estimator_cost": (status, [handle, double_out, double_out]),
    "bt_estimator_output_nmse": (status, [handle, doubles, c_int64]),
    "bt_estimator_get_weights": (status, [handle, doubles, c_int64]),
    "bt_estimator_get_initial_states": (status, [handle, doubles, c_int64]),
    "bt_estimator_removed": (status, [handle, text, flags, c_int64]),
    "bt_estimator_gradient": (status, [handle, double_out, doubles, c_int64]),
    "bt_estimator_uncertainty": (
        status,
        # covariance, errors and freedom, noise, rank
        [handle, doubles, c_int64, doubles, doubles, c_int64, double_out, int64_out],
    ),
    "bt_estimator_find_uncertainty": (status, [handle, Callback, c_void_p, int32_out]),
    "bt_estimator_prediction_deviation": (status, [handle, doubles, c_int64]),
    "bt_estimator_simulate": (status, [handle, doubles, c_int64]),
    "bt_estimator_note_count": (status, [handle, int64_out]),
    "bt_estimator_parting": (status, [handle, double_out, int64_out]),
    "bt_estimator_find_parting": (status, [handle, double_out, int64_out]),
    "bt_estimator_note": (status, [handle, c_int64, int32_out, *_NAMED_TEXT]),
    "bt_estimator_fitted_outputs": (status, [handle, *_VALUES * 2]),
    "bt_estimator_combination_count": (status, [handle, int64_out]),
    "bt_estimator_combinations": (status, [handle, *_VALUES * 2]),
    "bt_uncertainty_predict": (
        status,
        [
            *[handle, c_int64, integers],
            # inputs, initial, directions, deviations
            *_VALUES * 4,
            # outputs and deviation, stop
            *[doubles, doubles, c_int64, Callback, c_void_p, int32_out],
        ],
    ),
    "bt_estimator_trace_length": (status, [handle, int64_out]),
    "bt_estimator_trace": (status, [handle, text, doubles, c_int64]),
    "bt_estimator_restart_count": (status, [handle, int64_out]),
    "bt_estimator_restarts": (status, [handle, doubles, c_int64]),
    "bt_estimator_stop_reason": (status, [handle, int32_out]),
    # tools
    "bt_decay_fit": (status, [doubles, c_int64, c_int64, *[double_out] * 3]),
    "bt_random_normal": (status, [c_uint64, text, doubles, c_int64]),
    "bt_random_uniform": (status, [c_uint64, text, doubles, c_int64]),
}

# Calls that return a number that is not a status.
_PLAIN = frozenset({"bt_version", "bt_abi_number", "bt_last_error", "bt_status_string"}) | {
    "bt_stop_string"
}


def last_error() -> str:
    """Read the message of this thread's last failed call."""
    capacity = 1024
    while True:
        buffer = ctypes.create_string_buffer(capacity)
        length = lib.bt_last_error(buffer, capacity)
        if length < capacity:
            return buffer.value.decode("utf-8", "replace")
        capacity = length + 1


def check(result: int, function: object = None, arguments: tuple = ()) -> int:
    """Raise what the status of a call of this thread means."""
    if result != OK:
        error, callbacks.error = getattr(callbacks, "error", None), None
        if error is not None:
            raise error
        kind = errors.STATUS.get(result, errors.BacktuneError)
        message = last_error() or lib.bt_status_string(result).decode()
        raise kind(message)
    return result


def read_text(function: Callable[..., int], *arguments: object) -> str:
    """Call a function that ends with a buffer, its capacity and the length of the text."""
    return read_bytes(function, *arguments).decode("utf-8")


def read_bytes(function: Callable[..., int], *arguments: object) -> bytes:
    """Do the same for bytes that may be zero."""
    length = c_int64()
    function(*arguments, None, 0, ctypes.byref(length))
    buffer = ctypes.create_string_buffer(length.value + 1)
    function(*arguments, buffer, len(buffer), ctypes.byref(length))
    return buffer.raw[: length.value]


def read_int(function: Callable[..., int], *arguments: object) -> int:
    """Call a function that ends with one integer to write."""
    value = c_int64()
    function(*arguments, ctypes.byref(value))
    return value.value


def _prepare(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, (restype, argtypes) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"backtune: the library {library._name} lacks {name}") from None
        function.restype = restype
        function.argtypes = argtypes
        if name not in _PLAIN:
            function.errcheck = check
    return library


lib = _prepare(load())


def quick(name: str) -> Callable[..., int]:
    """Make another function of that name, for calls that are repeated: it takes ctypes objects.

    Nothing is converted and the status is returned; `check` is for one that is not OK.
    """
    function = lib[name]
    function.restype = status
    return function
