"""Files of CSV: recordings in, outputs back."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .._engine.errors import ArgumentError
from .._engine.files import read_whole, write_whole

# What stands for a value that is missing.
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})


@dataclass
class Table:
    """A file: names of its columns, and its rows as texts."""

    path: str
    names: list[str]
    rows: list[list[str]]
    #: Of the first row, counted from 1.
    line: int

    def place(self, name: str) -> int:
        """Return the number of a column."""
        if name not in self.names:
            raise ArgumentError(
                f"{self.path}: there is no column '{name}', there are {', '.join(self.names)}"
            )
        return self.names.index(name)

    def values(self, names: Sequence[str]) -> np.ndarray:
        """Return columns, (rows, names), NaN where a value is missing."""
        places = [self.place(name) for name in names]
        found = np.empty((len(self.rows), len(names)))
        for number, row in enumerate(self.rows):
            for k, place in enumerate(places):
                found[number, k] = self._number(number, place, row)
        return found

    def _number(self, number: int, place: int, row: list[str]) -> float:
        text = row[place].strip() if place < len(row) else ""
        if text.lower() in _MISSING:
            return np.nan
        try:
            return float(text)
        except ValueError:
            raise ArgumentError(
                f"{self.path}, line {self.line + number}, column {self.names[place]}: '{text}'"
                " came, expected a number"
            ) from None


def read(path: str) -> Table:
    """Read a file, or what comes in for "-".

    Its first line names the columns, or they are called 1, 2 and so on where that holds numbers.
    """
    try:
        text = sys.stdin.read() if path == "-" else read_whole(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ArgumentError(f"{path}: no text in UTF-8") from None
    lines = text.splitlines()
    if not lines:
        raise ArgumentError(f"{path}: there is nothing in it")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise ArgumentError(f"{path}: no table, {error}") from None
    first = [name.strip() for name in rows[0]]
    if not first:
        raise ArgumentError(f"{path}: its first line is empty, expected names or numbers")
    has_names = not all(_is_number(name) for name in first)
    names = first if has_names else [str(k + 1) for k in range(len(first))]
    if len(set(names)) < len(names):
        raise ArgumentError(f"{path}: two columns have one name: {', '.join(names)}")
    # Lines without anything stand at the end of many a file.
    kept = [row for row in rows[has_names:] if row]
    # Rows may end early; but a short file makes no large table.
    there, expected = sum(map(len, kept)), len(kept) * len(names)
    if expected > 2 * there + 1000:
        raise ArgumentError(
            f"{path}: rows of {len(names)} columns have {there} values in all, expected {expected}"
        )
    return Table(path, names, kept, 1 + has_names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.lower() in _MISSING
    return True


class Recordings:
    """What files say of some channels, recording by recording.

    Parameters
    ----------
    paths : list of str
    sequence : str or None
        The column whose values tell recordings of a file apart: rows in turn that have the same.
    """

    def __init__(self, paths: Iterable[str], sequence: str | None) -> None:
        self._parts: list[tuple[Table, slice]] = []
        #: What recordings are called.
        self.labels: list[str] = []
        for path in paths:
            table = read(path)
            if sequence is None:
                self._add(table, slice(0, len(table.rows)), path)
                continue
            place, first = table.place(sequence), 0
            labels = [row[place] if place < len(row) else "" for row in table.rows]
            for label, rows in itertools.groupby(labels):
                count = len(list(rows))
                self._add(table, slice(first, first + count), label)
                first += count

    def _add(self, table: Table, rows: slice, label: str) -> None:
        self._parts.append((table, rows))
        self.labels.append(label)

    def channels(self, names: Sequence[str]) -> list[np.ndarray]:
        """Return the values of channels, (T, names) a recording."""
        values = {id(table): table.values(names) for table, _ in self._parts}
        return [values[id(table)][rows] for table, rows in self._parts]

    def write(self, path: str, names: Sequence[str], outputs: list[np.ndarray]) -> None:
        """Write values of channels, (T, names) a recording, whole or not at all."""
        several = len(outputs) > 1
        rows: list[list[str]] = [[*(["sequence"] if several else []), *names]]
        for label, values in zip(self.labels, outputs):
            rows += [[*([label] if several else []), *map(repr, row)] for row in values.tolist()]
        if path == "-":
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        write_whole(path, text.getvalue().encode())
