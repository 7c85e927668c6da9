"""Work on several things at once, on as many threads as the engine works on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Callable, TypeVar

from .callbacks import stop_by
from .threads import get_threads

Item = TypeVar("Item")
Result = TypeVar("Result")

# Seconds of a wait: on some systems Ctrl-C is not seen before its end.
_WAIT = 0.1


def at_once(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """Do the work of all items on some threads; yield results in the order of items.

    By default they are `get_threads`.

    No more of them are under way at once than there are threads. Ctrl-C, an error of any, or an
    end of the iteration, stops those under way at the next poll of the engine, and the others do
    not begin.
    """
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(item: Item) -> Result:
        if stop.is_set():
            raise CancelledError
        try:
            return work(item)
        except BaseException as error:
            failures.append(error)
            stop.set()
            raise

    # Also for one thread: Ctrl-C would otherwise end a single run, and not the whole.
    with ThreadPoolExecutor(
        threads or get_threads(), initializer=stop_by, initargs=(stop,)
    ) as pool:
        futures = [pool.submit(run, item) for item in items]
        try:
            for future in futures:
                result = _result(future)
                # It was stopped on the way, perhaps.
                if failures:
                    raise failures[0]
                yield result
        finally:
            stop.set()
            for future in futures:
                future.cancel()


def _result(future: Future[Result]) -> Result:
    while True:
        try:
            return future.result(_WAIT)
        except NotYet:
            # Where the work itself timed out, that is its result.
            if future.done():
                return future.result()
