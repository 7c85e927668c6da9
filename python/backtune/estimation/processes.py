"""An estimation that several processes share, whatever joins them."""

from __future__ import annotations

import ctypes
from collections.abc import Sized
from typing import Any, Callable

import numpy as np

from .._engine import abi
from .._engine.abi import lib
from .._engine.callbacks import RunGuard
from .._engine.data.pairs import Data
from .._engine.errors import ArgumentError, ProcessesError
from .._engine.types import Array, DataLike
from ..networks.network import Network
from .estimator import Estimator
from .trace import Trace

SUM, MIN, MAX = range(3)

# Bytes of what an exception says to other processes.
_MOST_WORDS = 400


class OtherProcessError(ProcessesError):
    """What was raised in another process."""


class SpreadEstimator(Estimator):
    """One process's part of an estimation over several, each with sequences of its own.

    Parameters
    ----------
    net, u, y, options
        As of `Estimator`; u and y may be empty lists. Of `missing` only "error".
    combine : callable
        Called with an array and SUM, MIN or MAX; it replaces the values by those of all processes,
        the same bits in each, or raises.
    rank, ranks : int
        The number of this process, and how many there are.

    Attributes
    ----------
    rank, ranks : int
    bytes_sent : int
        Bytes that were given to `combine` so far: sums and decisions, no sequences.
    """

    _calls_back = True

    def __init__(
        self,
        net: Network,
        u: DataLike | None,
        y: DataLike | None,
        combine: Callable[[Array, int], None],
        rank: int,
        ranks: int,
        **options: Any,
    ) -> None:
        if options.setdefault("missing", "error") != "error":
            raise ArgumentError(
                f"missing: {options['missing']!r} came, expected 'error' where sequences are spread"
                " over processes: a model of the inputs is of the sequences of one"
            )
        self.rank, self.ranks, self.bytes_sent = rank, ranks, 0
        self._combine = combine
        # Kept here: the engine calls it for as long as this lives.
        self._reduction = abi.Reduction(self._reduce)
        super().__init__(net, u, y, **options)

    def _read(
        self, net: Network, u: DataLike | None, y: DataLike | None, gains: DataLike | None
    ) -> Data:
        if isinstance(u, (list, tuple)) and len(u) == 0:
            if isinstance(y, Sized) and len(y):
                raise ArgumentError(f"u: no sequence came, and {len(y)} of desired outputs")
            return Data.none(net, y is not None)
        return super()._read(net, u, y, gains)

    def _spread(self) -> None:
        lib.bt_estimator_set_reduction(self._pointer, self._reduction, None, self.rank, self.ranks)

    def _reduce(
        self,
        values: ctypes._Pointer[ctypes.c_double],
        count: int,
        operation: int,
        user_data: int | None,
    ) -> int:
        try:
            array = np.ctypeslib.as_array(values, (count,))
            self.bytes_sent += array.nbytes
            self._combine(array, operation)
        except BaseException as error:
            abi.callbacks.error = error
            return 1
        return 0

    def _joined(self, values: list[float], operation: int) -> Array:
        array = np.array(values, dtype=float)
        self.bytes_sent += array.nbytes
        self._combine(array, operation)
        return array

    def _finish(self, guard: RunGuard) -> None:
        """Let all know of Ctrl-C, and of an exception in a callback, which has stopped all."""
        error = guard.error
        failed = 0.0 if error is None else self.rank + 1.0
        interrupted, other = self._joined([float(guard.interrupted), failed], MAX)
        if interrupted:
            guard.interrupt()
        if not other:
            return
        # The last one that failed tells the others why.
        words = b""
        if other == self.rank + 1:
            words = f"{type(error).__name__}: {error}".encode()[:_MOST_WORDS]
        told = self._joined([*words, *[0] * (_MOST_WORDS - len(words))], SUM)
        guard.finish()
        text = bytes(told.astype(np.uint8)).rstrip(b"\0").decode("utf-8", "replace")
        raise OtherProcessError(f"process {int(other) - 1} was stopped by {text}")

    def run(self, *limits: Any, progress: bool = True, **options: Any) -> Trace:
        """Iterate, as `Estimator.run`, together with all other processes.

        Ctrl-C, or a callback, in any of them stops all, with the same best weights. The progress
        bar is that of the first one.

        Raises
        ------
        ArgumentError
            For `validation`: what is best there would be another thing in each process.
        """
        if options.get("validation") is not None:
            raise ArgumentError(
                "validation: it came, expected None where sequences are spread over processes"
            )
        return super().run(*limits, progress=progress and self.rank == 0, **options)

    def _warn(self) -> None:
        if self.rank == 0:
            super()._warn()
