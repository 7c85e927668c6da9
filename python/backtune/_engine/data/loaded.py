"""Sequences that are read when they are wanted: memory maps, recordings of the user's."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import abi
from ..abi import lib
from ..arrays import as_index
from ..callbacks import user_code
from ..errors import ArgumentError, SizeError
from ..labels import LabelledNetwork
from ..types import DataLike, ManySequences
from .pairs import Data
from .sequences import Sequences, is_list_of_sequences

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

    Doubles = ctypes._Pointer[ctypes.c_double]


def is_mapped(values: object) -> bool:
    """Tell whether these are several sequences of which some are memory maps."""
    if isinstance(values, np.memmap):
        return values.ndim == 3
    if not isinstance(values, (list, tuple)):
        return False
    return any(isinstance(item, np.memmap) for item in values)


def _has_numbers(source: object) -> TypeGuard[ManySequences]:
    return hasattr(source, "__len__") and hasattr(source, "__getitem__")


class Recordings:
    """Recordings that are read when they are wanted, for data that are larger than memory.

    In place of u and y: ``bt.Estimator(net, bt.Recordings(source))``. Each is read in every pass
    over the data, and let go then. Lists of `numpy.memmap`, and memory maps of three axes, need
    none of this.

    Parameters
    ----------
    source : sequence or iterable
        Of recordings (u, y), or (u, y, gains), or u alone: arrays (T, M) and (T, O), tables, or
        whatever `numpy.asarray` reads: arrays of zarr or h5py, lazy ones of xarray. With ``len``
        and ``[]``, or an iterable that begins anew whenever it is asked, with the same recordings
        in the same order (an object with ``__iter__``, no generator). An iterable is gone through
        up to once for each change of length: sort it by length, or give a sequence.
    lengths : array of int, optional
        Time steps of each; else they are found by reading all once.

    Raises
    ------
    TypeError
        An iterator, which can be gone through only once.
    SizeError
        Lengths of another number than recordings.
    ArgumentError
        Lengths that are no whole numbers.

    Notes
    -----
    `Estimator` raises what reading a recording raises, SizeError where there is none, or where one
    has another length than before.

    Examples
    --------
    >>> import backtune as bt
    >>> class Days:
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, day):  # reads a file
    ...         return bt.datasets.reverse_engineering(units=2, seed=day, length=200)
    >>> net = bt.lnl_network(2).randomize(seed=0)
    >>> est = bt.Estimator(net, bt.Recordings(Days()))
    >>> trace = est.run(3, progress=False)
    """

    def __init__(
        self, source: ManySequences | Iterable[object], lengths: ArrayLike | None = None
    ) -> None:
        if isinstance(source, Iterator):
            raise TypeError(
                f"source: a {type(source).__name__} came, which can be gone through only once;"
                " expected a sequence, or an object whose __iter__ begins anew"
            )
        # One of the two.
        self._indexed: ManySequences | None = None
        self._iterable: Iterable[object] = ()
        if _has_numbers(source):
            self._indexed = source
        elif isinstance(source, Iterable):
            self._iterable = source
        else:
            raise TypeError(f"source: {source!r} came, expected recordings")
        self._iterator: Iterator[object] | None = None
        self._next = 0
        self._lengths = None if lengths is None else as_index(lengths, "lengths").reshape(-1)
        count = None if self._indexed is None else len(self._indexed)
        if self._lengths is not None and count not in (None, self._lengths.size):
            raise SizeError(
                f"lengths: {self._lengths.size} came, expected {count}, one a recording"
            )

    def lengths(self, net: LabelledNetwork) -> np.ndarray:
        """Return the time steps of each, int64, (recordings,); SizeError where there is none."""
        if self._lengths is None:
            found = []
            for place, recording in enumerate(self._all()):
                found.append(_paired(net, recording, place).lengths.sum())
            self._lengths = np.array(found, dtype=np.int64)
        if self._lengths.size == 0:
            raise SizeError("source: no recording came, expected at least one")
        return self._lengths

    def _all(self) -> Iterator[object]:
        if self._indexed is None:
            yield from self._iterable
        else:
            for place in range(len(self._indexed)):
                yield self._indexed[place]

    def read(self, place: int) -> object:
        """Return a recording, by its number from 0 on, as the source gives it."""
        if self._indexed is not None:
            return self._indexed[place]
        if self._iterator is None or place < self._next:
            self._iterator, self._next = iter(self._iterable), 0
        recording = None
        try:
            while self._next <= place:
                self._next += 1
                recording = next(self._iterator)
        except BaseException as error:
            came, self._iterator = self._next - 1, None
            if isinstance(error, StopIteration):
                raise SizeError(
                    f"source: {came} recordings came, expected as many as before: {place + 1} or"
                    " more"
                ) from None
            raise
        return recording


class _Maps:
    """Lists of arrays, some of them memory maps, by their shapes; forms are those of `Data`."""

    def __init__(
        self, net: LabelledNetwork, u: DataLike | None, y: DataLike | None, gains: DataLike | None
    ) -> None:
        self._u = None if u is None else _listed(u, net.inputs)
        self._y = None if y is None else _listed(y, net.outputs)
        self._gains = gains
        # Those of each sequence; else one form stands for all.
        self._apart = gains if is_list_of_sequences(gains, net.outputs) else None
        # As in memory: where no inputs came, outputs alone say how long it takes.
        self._first = next(item for item in (self._u, self._y) if item is not None)
        for name, item in (("desired outputs", self._y), ("gains", self._apart)):
            if item is not None and len(item) != len(self._first):
                raise SizeError(
                    f"{len(self._first)} sequences of inputs came, and {len(item)} of {name}"
                )

    def lengths(self, net: LabelledNetwork) -> np.ndarray:
        return np.array([_steps(item) for item in self._first], dtype=np.int64)

    def read(self, place: int) -> object:
        gains = self._gains if self._apart is None else self._apart[place]
        u, y = (None if item is None else item[place] for item in (self._u, self._y))
        return u, y, gains


def _listed(values: DataLike, channels: int) -> Sequence[Any]:
    return values if is_list_of_sequences(values, channels) else [values]


def _steps(values: ArrayLike) -> int:
    """Return the time steps of one sequence; of what is none 0, which is told when it is read."""
    if isinstance(values, (int, np.integer)):
        return int(values)
    shape = np.shape(values)
    return shape[0] if shape else 0


class LoadedData(Data):
    """Sequences as `Data` has them, of which none is in memory.

    Attributes
    ----------
    source : Recordings or _Maps
    """

    def __init__(
        self, net: LabelledNetwork, u: DataLike | None, y: DataLike | None, gains: DataLike | None
    ) -> None:
        if isinstance(u, Recordings):
            if y is not None or gains is not None:
                raise ArgumentError("y, gains: they came beside Recordings, which have them")
            self.source: Recordings | _Maps = u
        else:
            self.source = _Maps(net, u, y, gains)
        self._net = net
        self.lengths = self.source.lengths(net)
        first = _paired(net, self.source.read(0), 0)
        self._has_desired, self._has_gains = first.desired is not None, first.gains is not None
        self.is_list = True
        # Labels are those of the first; the forms of all are not known.
        given, desired = first.tables
        self.tables = (_labels(given), None if desired is None else _labels(desired))
        self.inputs = np.empty((0, net.inputs))
        self.desired = self.gains = None
        # Kept here: the engine calls it for as long as this lives.
        self._loader = abi.Loader(self._load)

    def give_to(self, pointer: int) -> None:
        """Set them in an estimator of the engine, which asks for all of them."""
        lib.bt_estimator_set_loader(
            *(pointer, self.lengths.size, self.lengths),
            *(self._has_desired, self._has_gains, self._loader, None),
        )

    def _load(
        self, place: int, inputs: Doubles, desired: Doubles, gains: Doubles, user_data: int | None
    ) -> int:
        try:
            with user_code():
                recording = self.source.read(place)
                data = _paired(self._net, recording, place)
            steps = int(self.lengths[place])
            if data.lengths.sum() != steps:
                raise SizeError(
                    f"recording {place}: {data.lengths.sum()} time steps came, and {steps} before"
                )
            _copy(data.inputs, inputs, place, "inputs")
            _copy(data.desired, desired, place, "desired outputs")
            _copy(data.gains, gains, place, "gains")
            _let_go(recording)
        except BaseException as error:
            abi.callbacks.error = error
            return 1
        return 0


def _paired(net: LabelledNetwork, recording: object, place: int) -> Data:
    parts = recording if isinstance(recording, tuple) else (recording,)
    if not 1 <= len(parts) <= 3:
        raise SizeError(f"recording {place}: {len(parts)} parts came, expected (u, y, gains)")
    u, y, gains = (*parts, None, None)[:3]
    data = Data(net, _array(u), _array(y), _array(gains))
    if data.lengths.size != 1:
        raise SizeError(
            f"recording {place}: {data.lengths.size} sequences came, expected one, or a tuple"
            " (u, y) or (u, y, gains)"
        )
    return data


def _array(values: Any) -> Any:
    """Return arrays that are read when they are indexed, as those of zarr and h5py, as arrays."""
    if hasattr(values, "chunks") and not hasattr(values, "dims"):
        return np.asarray(values[...])
    return values


def _labels(given: Sequences) -> Sequences:
    return Sequences([], [], True, given.names, given.units)


def _copy(values: np.ndarray | None, target: Doubles, place: int, what: str) -> None:
    if bool(target) != (values is not None):
        came, expected = ("no", "some") if values is None else ("some", "none")
        raise ArgumentError(
            f"recording {place}: {came} {what} came, expected {expected}, as before"
        )
    if values is not None and values.size:
        np.ctypeslib.as_array(target, values.shape)[...] = values


def _let_go(recording: object) -> None:
    """Let the pages of memory maps go: the system counts them as memory of the process."""
    for item in recording if isinstance(recording, tuple) else (recording,):
        if not isinstance(item, np.memmap) or item.mode == "c" or item.size == 0:
            continue
        whole = item._mmap  # type: ignore[attr-defined]
        if whole is None or not hasattr(mmap, "MADV_DONTNEED"):
            continue
        start = np.frombuffer(whole, np.uint8).__array_interface__["data"][0]
        first = item.__array_interface__["data"][0] - start
        last = first + item.itemsize + sum((n - 1) * s for n, s in zip(item.shape, item.strides))
        if first < 0 or last <= first or any(stride < 0 for stride in item.strides):
            continue
        first -= first % mmap.PAGESIZE
        whole.madvise(mmap.MADV_DONTNEED, first, last - first)
