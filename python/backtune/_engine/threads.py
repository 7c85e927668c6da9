"""How many threads the engine works on."""

from __future__ import annotations

from .abi import lib, read_int
from .arrays import as_size


def set_threads(number: int) -> None:
    """Set how many threads the engine works on, the calling one among them.

    It holds for the whole process, from the next call on. Results are the same with any number,
    to the bit.

    Parameters
    ----------
    number
        1 to 1024, or 0 for the default: the environment variable BACKTUNE_NUM_THREADS, else
        OMP_NUM_THREADS, else the processors that this process may use (its affinity, and the CPU
        quota of its control group, as containers have one).

    Raises
    ------
    ArgumentError
        For another number.
    TypeError
        Where it is no integer.

    Examples
    --------
    >>> import backtune as bt
    >>> bt.set_threads(2)
    >>> bt.get_threads()
    2
    >>> bt.set_threads(0)
    """
    lib.bt_set_threads(as_size(number, "number"))


def get_threads() -> int:
    """Return how many threads the engine works on: what was set, else the default."""
    return read_int(lib.bt_get_threads)
