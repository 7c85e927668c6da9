"""Inputs: values x_n(t) of N units at T times."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._engine.arrays import as_count, as_float
from .._engine.errors import ArgumentError, FileError, StateError
from .._engine.files import read_whole, write_whole
from ._sequences import sequence, transformed
from .histogram import Histogram

# Bytes of the line "N T", at most.
_FIRST_LINE = 100


class Input:
    """Values of units over time; to be subclassed with a `get` of one's own.

    Parameters
    ----------
    N : int
        Number of units.
    T : int
        Number of time steps.
    """

    def __init__(self, N: int, T: int) -> None:
        self.N, self.T = as_count(N, "N", 0), as_count(int(T), "T", 0)

    def setN(self, N: int) -> None:
        """Set the number of units."""
        self.N = as_count(N, "N", 0)

    def setT(self, T: int) -> None:
        """Set the number of time steps."""
        self.T = as_count(int(T), "T", 0)

    def get(self, n: int, t: float) -> float:
        """Return the value of unit n at time t."""
        raise NotImplementedError("Input.get: to be written by a subclass")

    def _values(self) -> np.ndarray:
        """Return all values, (T, N)."""
        return np.array(
            [[self.get(n, t) for n in range(self.N)] for t in range(int(self.T))], dtype=float
        ).reshape(int(self.T), self.N)

    def _place(self, n: int, t: float) -> int:
        """Return the time as an index, checked; -1 before 0."""
        if not 0 <= n < self.N or not t < self.T:
            raise ArgumentError(
                f"unit {n} at time {t}: expected a unit in 0 .. {self.N - 1}, a time below {self.T}"
            )
        return -1 if t < 0 else int(t)


class BufferedInput(Input):
    """Values that are kept.

    Parameters
    ----------
    *arguments
        One of: another input, then N0 units from n0 on, T0 times from t0 on (0: all there are); an
        input, then "affine", offset, gain, or "noise", probability, deviation; an array (T, N) or
        T times N values, N, T; a file without its ending, and "binary-unit-time" or "csv"; a name,
        N, T and its parameter: "normal" (seed), "sierpinski", "zerone" (period), "ramp", "mean"
        (m), "icorr" (c), "acorr" (c); or N alone, values then being added by `add`.

    Raises
    ------
    ArgumentError
        An unknown name, or parameters that do not fit it.
    FileError
        A file that cannot be read.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._grows = False
        first, rest = arguments[0] if arguments else named.pop("N", None), arguments[1:]
        if isinstance(first, Input):
            name = named.pop("name", rest[0] if rest and isinstance(rest[0], str) else None)
            if name is None:
                buffer = _part(first._values(), *rest, **named)
            else:
                buffer = transformed(first._values(), name, rest[1:])
        elif isinstance(first, str) and len(rest) >= 2:
            units, steps = as_count(rest[0], "N", 0), as_count(int(rest[1]), "T", 0)
            buffer = sequence(first, units, steps, rest[2:])
        elif isinstance(first, str):
            buffer = _loaded(first, *rest, **named)
        elif not rest and not named and np.ndim(first) == 0:
            self._grows = True
            buffer = np.empty((0, as_count(first, "N", 0)))
        else:
            buffer = _shaped(first, *rest, **named)
        super().__init__(buffer.shape[1], len(buffer))
        self._rows = [buffer]

    def get(self, n: int, t: float) -> float:
        """Return the value of unit n at time t, 0 before time 0.

        Raises
        ------
        ArgumentError
            There is no such unit or time.
        """
        place = self._place(n, t)
        return 0.0 if place < 0 else float(self._values()[place, n])

    def add(self, values: ArrayLike) -> None:
        """Add the values of one more time, (N,), where the input was made by N alone."""
        if not self._grows:
            raise StateError("BufferedInput.add: this input has a fixed length")
        self._rows.append(as_float(values, "values").reshape(1, self.N).copy())
        self.T += 1

    def _values(self) -> np.ndarray:
        if len(self._rows) > 1:
            self._rows = [np.concatenate(self._rows)]
        return self._rows[0][: int(self.T), : self.N]

    def save(self, file: str, format: str = "binary-unit-time", show: bool = False) -> None:
        """Write the values.

        Parameters
        ----------
        file : str
            Name without its ending, .csv or .dat; "stdout" prints.
        format : str
            "binary-unit-time" (a line "N T", then doubles), "csv", "ascii-unit-time" (a line a
            time), "gnuplot" (lines n t value) or "gnuimg" (a line a unit).
        show : bool
            Not used: the data can be drawn by any program.

        Raises
        ------
        FileError
            The file cannot be written.
        """
        values = self._values()
        if file == "stdout":
            print(_text(values, " "), end="")
            return
        if format == "binary-unit-time":
            data = f"{self.N} {int(self.T)}\n".encode() + values.astype("<f8").tobytes()
        elif format in ("csv", "ascii-unit-time"):
            data = _text(values, "," if format == "csv" else " ").encode()
        elif format == "gnuplot":
            lines = [f"{n} {t} {float(v)!r}\n" for (t, n), v in np.ndenumerate(values)]
            data = "".join(lines).encode()
        elif format == "gnuimg":
            data = _text(values.T, " ").encode()
        else:
            raise ArgumentError(f"format {format!r}: unknown")
        write_whole(_path(file, format), data)

    def getHistogram(self, what: str = "") -> Histogram:
        """Return statistics of all values, or of the units whose numbers are in `what`."""
        chosen = [int(number) for number in what.split()] or list(range(self.N))
        histogram = Histogram()
        for n in chosen:
            self._place(n, -1)
            for value in self._values()[:, n]:
                histogram.add(value)
        return histogram


def _part(values: np.ndarray, N0: int = 0, n0: int = 0, T0: int = 0, t0: int = 0) -> np.ndarray:
    steps, units = values.shape
    end, last = t0 + (T0 or steps - t0), n0 + (N0 or units - n0)
    if min(N0, n0, T0, t0) < 0 or end > steps or last > units:
        raise ArgumentError(
            f"units {n0} to {last}, times {t0} to {end}: there are {units} units, {steps} times"
        )
    return values[t0:end, n0:last].copy()


def _shaped(values: ArrayLike, N: int | None = None, T: int | None = None) -> np.ndarray:
    array = as_float(values, "values")
    units = array.shape[-1] if N is None and array.ndim == 2 else 1 if N is None else int(N)
    steps = array.size // max(units, 1) if T is None else int(T)
    if array.size != units * steps:
        raise ArgumentError(f"values: {array.size} came, expected {steps} times {units} units")
    return array.reshape(steps, units).copy()


def _path(file: str, format: str) -> str:
    return f"{file}.csv" if format == "csv" else f"{file}.dat"


def _loaded(file: str, format: str = "binary-unit-time") -> np.ndarray:
    if format not in ("binary-unit-time", "csv"):
        raise ArgumentError(f"format {format!r}: expected binary-unit-time or csv")
    try:
        if format == "csv":
            lines = read_whole(_path(file, format)).decode().splitlines()
            return np.loadtxt(lines, delimiter=",", ndmin=2)
        with open(_path(file, format), "rb") as source:
            units, steps = (int(word) for word in source.readline(_FIRST_LINE).split())
            rest = os.fstat(source.fileno()).st_size - source.tell()
            data = np.frombuffer(source.read(max(rest, 0)), dtype="<f8")
            return data.reshape(steps, units).copy()
    except (OSError, ValueError) as error:
        raise FileError(f"{_path(file, format)}: {error}") from None


def _text(values: np.ndarray, between: str) -> str:
    return "".join(between.join(map(repr, row)) + "\n" for row in values.tolist())
