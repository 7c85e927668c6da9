"""Estimation over several processes, on one machine or many, by MPI.

A program that ``mpirun -n 4 python program.py`` starts four times::

    import backtune as bt
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    u, y = read_recordings(part=comm.rank, of=comm.size)  # each process its own
    net = bt.lnl_network(16).randomize(seed=0)
    est = bt.mpi.Estimator(net, u, y, comm)
    est.run(100)
    if comm.rank == 0:
        net.save("net.json")

Needs mpi4py (``pip install backtune[mpi]``) and an MPI.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from ._engine.types import DataLike
from .estimation.processes import MAX, MIN, SUM, OtherProcessError, SpreadEstimator
from .networks.network import Network

if TYPE_CHECKING:
    from mpi4py import MPI

__all__ = ["Estimator"]

# Values of one message at most: MPI counts in 32 bits.
_MOST = 1 << 28

_hooked = False
_world: MPI.Intracomm | None = None


class Estimator(SpreadEstimator):
    """An `Estimator` whose sequences are spread over the processes of a communicator.

    Every process makes one, for the same network with the same weights and with the same options,
    and makes the same calls; sequences stay where they are. All come to the same weights: those of
    one process with all sequences, but for rounding. `simulate`, `prediction_std` and the like
    are of a process's own sequences.

    Ctrl-C (SIGINT) in one of them stops the run of all, with the best weights; so does an exception
    in a callback, which the others tell as a `ProcessesError`. An exception that nobody catches
    in one of them ends all, with its message.

    What is computed is computed by all: `output_nmse`, `gradient`, `uncertainty` and `observables`
    are asked for in every process, and `cost` before the first run. What was found (`trace`, `cost`
    after a run, weights) may be asked for in one.

    Parameters
    ----------
    net, u, y, options
        As of `backtune.Estimator`. u and y are those of this process, empty lists where it has
        none. Not with ``missing="model"``.
    comm : mpi4py.MPI.Comm, optional
        MPI.COMM_WORLD by default. A copy of it is used, so that other messages do not matter; of
        another communicator than the default every estimator makes one.

    Attributes
    ----------
    rank, ranks : int
    bytes_sent : int
        Bytes of the sums and decisions that this process has given away.

    Raises
    ------
    ImportError
        There is no mpi4py.
    ProcessesError
        The networks, weights or options are not the same in all processes.
    """

    def __init__(
        self,
        net: Network,
        u: DataLike | None,
        y: DataLike | None = None,
        comm: MPI.Intracomm | None = None,
        **options: Any,
    ) -> None:
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise ImportError("backtune.mpi: it needs mpi4py: pip install backtune[mpi]") from error
        comm = _own(MPI.COMM_WORLD, comm)
        operations = {SUM: MPI.SUM, MIN: MPI.MIN, MAX: MPI.MAX}

        def combine(values: np.ndarray, operation: int) -> None:
            for first in range(0, values.size, _MOST):
                part = values[first : first + _MOST]
                comm.Allreduce(MPI.IN_PLACE, part, op=operations[operation])

        if comm.size > 1:
            _end_all_with_one(MPI.COMM_WORLD)
        super().__init__(net, u, y, combine, comm.rank, comm.size, **options)


def _own(world: MPI.Intracomm, comm: MPI.Intracomm | None) -> MPI.Intracomm:
    """Return a communicator for these processes that nobody else uses."""
    global _world
    if comm is not None and comm != world:
        return comm.Dup()
    # One for all estimators, which come one after the other: an MPI has only so many.
    if _world is None:
        _world = world.Dup()
    return _world


def _end_all_with_one(world: MPI.Intracomm) -> None:
    """Let an exception that nobody catches end all processes: others would wait for ever."""
    global _hooked
    if _hooked:
        return
    _hooked = True
    told = sys.excepthook

    def tell(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, OtherProcessError):
                # The process that it came from tells more.
                time.sleep(1)
            told(kind, error, traceback)
            print(f"backtune.mpi: process {world.rank} of {world.size} ended all", file=sys.stderr)
            sys.stderr.flush()
            sys.stdout.flush()
        finally:
            world.Abort(1)

    sys.excepthook = tell
