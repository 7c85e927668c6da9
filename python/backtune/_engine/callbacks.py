"""What Python does while the engine runs: the user's callback, exceptions, Ctrl-C."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Callable

from . import abi
from .errors import StateError

# Of a thread: `event`, by which it is asked to stop, `guard`, of its innermost run, and `poll`,
# what the engine asks in calls that take no callback.
_thread = threading.local()
_NOTHING = abi.Callback()


def stop_by(event: threading.Event) -> None:
    """Let an event stop the runs of this thread, as Ctrl-C stops those of the main one."""
    _thread.event = event


@contextmanager
def user_code() -> Iterator[None]:
    """Let Ctrl-C raise in code of the user's that the engine calls, also one that came before."""
    guard = getattr(_thread, "guard", None)
    if guard is None:
        yield
        return
    if guard.interrupted:
        raise KeyboardInterrupt
    before, guard._in_user_code = guard._in_user_code, True
    try:
        yield
    finally:
        guard._in_user_code = before


class RunGuard:
    """Carries the callback of one run across the C border, and what happened there back.

    An exception cannot pass through the engine: it is stored, the engine is told to stop, and
    `finish` raises it again. Ctrl-C sets a mark that the next poll (at most 50 ms later) sees. Its
    handler is replaced during the run because Python would raise at the first instruction of the C
    callback, outside of any ``try``; while code of the user's runs (`user_code`), it raises as
    usual.

    Parameters
    ----------
    on_iteration : callable
        Called without arguments after each iteration; true stops the run.
    """

    def __init__(self, on_iteration: Callable[[], object]) -> None:
        self._on_iteration = on_iteration
        self._in_user_code = False
        self._old_handler: Callable[[int, FrameType | None], object] | None = None
        self._error: BaseException | None = None
        self._interrupted = False
        self._outer: RunGuard | None = None
        self._event: threading.Event | None = getattr(_thread, "event", None)
        # Kept here: a callback object that is collected during the run would be called all the
        # same.
        self.callback = abi.Callback(self._call)

    def _call(self, estimator: int | None, event: int, user_data: int | None) -> int:
        try:
            if self.stopped:
                return 1
            if event == abi.EVENT_ITERATION:
                with user_code():
                    stop = self._on_iteration()
                return 1 if stop or self.stopped else 0
            return 0
        except BaseException as error:
            if not (self.interrupted and isinstance(error, KeyboardInterrupt)):
                self._error = error
            return 1

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C came, or what stands for it on this thread."""
        return self._interrupted or (self._event is not None and self._event.is_set())

    def interrupt(self) -> None:
        """Take note of a Ctrl-C that came elsewhere."""
        self._interrupted = True

    @property
    def error(self) -> BaseException | None:
        """What the callback raised."""
        return self._error

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C came or the callback raised."""
        return self.interrupted or self._error is not None

    def _handle_signal(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True
        if self._old_handler is None:
            return
        try:
            self._old_handler(number, frame)
        except BaseException as error:
            if self._in_user_code:
                raise
            if not isinstance(error, KeyboardInterrupt):
                self._error = error

    def __enter__(self) -> RunGuard:
        self._outer, _thread.guard = getattr(_thread, "guard", None), self
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):
                self._old_handler = handler
                try:
                    signal.signal(signal.SIGINT, self._handle_signal)
                except ValueError:  # not the main interpreter: Ctrl-C does not come here
                    self._old_handler = None
        return self

    def __exit__(self, *raised: object) -> None:
        _thread.guard = self._outer
        if self._old_handler is not None:
            signal.signal(signal.SIGINT, self._old_handler)

    def finish(self) -> None:
        """Raise again what the callback raised."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error


@contextmanager
def _guarding(by_event: bool) -> Iterator[RunGuard]:
    """Guard calls that are no runs; Ctrl-C, and what was raised meanwhile, come out of here.

    It is answered by KeyboardInterrupt, or by what the user's own handler raises.

    Parameters
    ----------
    by_event : bool
        Whether what stands for Ctrl-C on this thread ends them too: it stops runs, and is asked
        for what they found then.
    """
    with RunGuard(lambda: False) as guard:
        if not by_event:
            guard._event = None
        yield guard
    guard.finish()
    if guard.interrupted:
        raise KeyboardInterrupt


@contextmanager
def _polled(callback: object) -> Iterator[None]:
    """Let the engine ask a callback in calls of this thread that take none."""
    outer = getattr(_thread, "poll", _NOTHING)
    _thread.poll = callback
    abi.lib.bt_set_poll(callback, None)
    try:
        yield
    finally:
        abi.lib.bt_set_poll(outer, None)
        _thread.poll = outer


def ended(call: Callable[[], object], by_event: bool = True) -> None:
    """Make calls of the engine that take long and no callback; Ctrl-C ends them.

    Parameters
    ----------
    by_event : bool
        See `_guarding`.
    """
    with _guarding(by_event) as guard, _polled(guard.callback):
        try:
            call()
        except StateError:
            if not guard.stopped:
                raise


@contextmanager
def calling_back() -> Iterator[None]:
    """Make calls of the engine that may call Python, apart from runs; Ctrl-C comes out of here.

    Where Python raised it at the first instruction of what is called, the engine would read an
    answer that nobody gave.
    """
    with _guarding(by_event=False):
        yield


def interruptible(call: Callable[[object, object], object]) -> None:
    """Make a call of the engine, of a callback and a pointer for why it stopped; Ctrl-C ends it."""
    stop = ctypes.c_int32()
    with _guarding(by_event=True) as guard:
        call(guard.callback, ctypes.byref(stop))
