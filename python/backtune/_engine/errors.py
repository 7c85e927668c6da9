"""Exceptions: one base, and a class per kind of failure, each also a built-in exception."""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BacktuneError",
    "BacktuneWarning",
    "BusyError",
    "FileError",
    "HandleError",
    "LoaderError",
    "NetworkError",
    "OutOfMemoryError",
    "ProcessesError",
    "SizeError",
    "StateError",
]


class BacktuneError(Exception):
    """Base of everything that the engine refuses; the message is the engine's own."""


class ArgumentError(BacktuneError, ValueError):
    """A value outside what is allowed: NaN, an unknown name, a negative lag."""


class SizeError(ArgumentError):
    """Sizes or shapes that do not fit each other."""


class NetworkError(ArgumentError):
    """A network that cannot be run: a cycle at lag 0, nothing to observe."""


class OutOfMemoryError(BacktuneError, MemoryError):
    """More memory than the engine's budget, or than there is."""


class HandleError(BacktuneError, RuntimeError):
    """An object that was closed."""


class BusyError(BacktuneError, RuntimeError):
    """An object in use by another thread, or by the run whose callback is running."""


class StateError(BacktuneError, RuntimeError):
    """A call that is not possible now."""


class FileError(BacktuneError, OSError):
    """A file that cannot be read or written."""


class ProcessesError(BacktuneError, RuntimeError):
    """Processes that share an estimation could not be joined, or do not do the same."""


class LoaderError(BacktuneError, RuntimeError):
    """A sequence that could not be read when it was wanted."""


class BacktuneWarning(UserWarning):
    """Something computed that is hardly what was meant, or that a user should know of."""


# By status; names and numbers of include/backtune.h.
STATUS: dict[int, type[BacktuneError]] = {
    -1: ArgumentError,  # BT_ERROR_ARGUMENT
    -2: ArgumentError,  # BT_ERROR_NULL
    -3: SizeError,  # BT_ERROR_SIZE
    -4: HandleError,  # BT_ERROR_HANDLE
    -5: BusyError,  # BT_ERROR_BUSY
    -6: StateError,  # BT_ERROR_STATE
    -7: NetworkError,  # BT_ERROR_NETWORK
    -8: OutOfMemoryError,  # BT_ERROR_MEMORY
    -9: FileError,  # BT_ERROR_FILE
    -10: ProcessesError,  # BT_ERROR_PROCESSES
    -11: LoaderError,  # BT_ERROR_LOADER
}
