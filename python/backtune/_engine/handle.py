"""Ownership of an object of the engine."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Callable

from .errors import BusyError, HandleError

if TYPE_CHECKING:
    from typing_extensions import Self


class Owner:
    """Base of the objects that hold one handle: closed by `close`, by `with`, or when collected."""

    _handle: int | None = None
    _free: Callable[[int], int]

    def _create(
        self, create: Callable[..., int], free: Callable[[int], int], *arguments: object
    ) -> None:
        value = ctypes.c_void_p()
        create(*arguments, ctypes.byref(value))
        self._free = free
        self._handle = value.value

    @property
    def _pointer(self) -> int:
        if self._handle is None:
            raise HandleError(f"this {type(self).__name__} is closed")
        return self._handle

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._handle is None

    def close(self) -> None:
        """Give the memory back. Later calls raise, except `close` itself, which may be repeated."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            self._free(handle)
        except BusyError:
            self._handle = handle
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __del__(self) -> None:
        # The interpreter may be half gone: nothing here may raise.
        try:
            self.close()
        except Exception:
            pass
