"""An estimation that several processes share, whatever joins them."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import _abi
from ._abi import lib
from ._callbacks import RunGuard
from ._data.pairs import Data
from .errors import ArgumentError
from .estimator import Estimator
from .network import Network
from .trace import Trace

SUM, MIN, MAX = range(3)


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

    def __init__(
        self,
        net: Network,
        u: Any,
        y: Any,
        combine: Callable[[np.ndarray, int], None],
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
        self._reduction = _abi.Reduction(self._reduce)
        super().__init__(net, u, y, **options)

    def _read(self, net: Network, u: Any, y: Any, gains: Any) -> Data:
        if isinstance(u, (list, tuple)) and len(u) == 0:
            if y is not None and len(y):
                raise ArgumentError(f"u: no sequence came, and {len(y)} of desired outputs")
            return Data.none(net, y is not None)
        return super()._read(net, u, y, gains)

    def _spread(self) -> None:
        lib.bt_estimator_set_reduction(self._pointer, self._reduction, None, self.rank, self.ranks)

    def _reduce(self, values: Any, count: int, operation: int, user_data: int | None) -> int:
        try:
            array = np.ctypeslib.as_array(values, (count,))
            self.bytes_sent += array.nbytes
            self._combine(array, operation)
        except BaseException as error:
            _abi.reductions.error = error
            return 1
        return 0

    def _any(self, is_so: bool) -> bool:
        """Tell whether it is so in any process."""
        array = np.array([1.0 if is_so else 0.0])
        self.bytes_sent += array.nbytes
        self._combine(array, MAX)
        return bool(array[0])

    def _call(self, function: Any, on_iteration: Callable[[], Any]) -> tuple[RunGuard, int]:
        guard, stop = super()._call(function, on_iteration)
        if self._any(guard.interrupted):
            guard.interrupt()
        return guard, stop

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
