"""What an experiment is: runs that are planned, measured one by one, and reported together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, TypeVar

from .._engine.arrays import as_size
from .._engine.errors import ArgumentError
from .._engine.types import Figure

#: Methods of estimation that can stand side by side.
METHODS = ("gauss-newton", "backward-tuning")
#: When a fit stops, besides at its limit of iterations; see `_fits.limits`.
STOPS = ("sample", "relative", "nmse", "none")

Parameters = dict[str, Any]
Record = dict[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Settings:
    """What is asked of all experiments.

    Attributes
    ----------
    methods : tuple of str
        Of `METHODS`, in the order of the tables.
    stop : str
        "sample": cost below 1e-6, the rule of RR-9100; "relative": cost below 1e-6 of the first
        one; "nmse": NMSE below 1e-6; "none": until no step helps.
    iterations : int
        Limit of a fit, where an experiment has none of its own.
    sizes : tuple of int or None
        Numbers of units N, instead of those of the report.
    draws : int or None
        How many sequences and starts are drawn, instead of what each experiment takes.
    seed : int
        First seed of the draws.
    quick : bool
        Small sizes and few draws: minutes become seconds.
    """

    methods: tuple[str, ...] = METHODS
    stop: str = "sample"
    iterations: int = 100
    sizes: tuple[int, ...] | None = None
    draws: int | None = None
    seed: int = 0
    quick: bool = False

    def __post_init__(self) -> None:
        if not self.methods:
            raise ArgumentError(f"methods: none came, expected some of {', '.join(METHODS)}")
        for method in self.methods:
            _one_of(method, METHODS, "methods")
        _one_of(self.stop, STOPS, "stop")
        _at_least(self.iterations, 1, "iterations")
        for size in self.sizes or ():
            _at_least(size, 1, "sizes")
        if self.draws is not None:
            _at_least(self.draws, 1, "draws")
        _at_least(self.seed, 0, "seed")

    def choose(self, usual: Value, quick: Value) -> Value:
        """Return one of two values, the second for a quick run."""
        return quick if self.quick else usual

    def drawn(self, usual: int, quick: int = 1) -> range:
        """Return the seeds of the draws, of which there are so many if no number was given."""
        count = self.draws if self.draws is not None else self.choose(usual, quick)
        return range(self.seed, self.seed + count)

    def fit(self) -> Parameters:
        """Return what of this belongs to a run that fits under the rule chosen."""
        return {"stop": self.stop, "iterations": self.iterations}


def _one_of(value: object, names: Sequence[str], what: str) -> None:
    if value not in names:
        raise ArgumentError(f"{what}: {value!r} came, expected one of {', '.join(names)}")


def _at_least(value: int, least: int, what: str) -> None:
    if as_size(value, what) < least:
        raise ArgumentError(f"{what}: {value} came, expected {least} or more")


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns, and rows of numbers, words or None."""

    columns: Sequence[object]
    rows: Sequence[Sequence[object]]
    caption: str = ""


@dataclass(frozen=True)
class Report:
    """What an experiment shows.

    Attributes
    ----------
    tables : list of Table
        In the shape of the report RR-9100, its numbers beside.
    notes : list of str
        What the tables say, and why where they differ from the report.
    data : Table
        All values, for a CSV file.
    draw : callable or None
        Draws the picture on a matplotlib figure.
    """

    tables: Sequence[Table]
    notes: Sequence[str]
    data: Table
    draw: Callable[[Figure], None] | None = None


@dataclass(frozen=True)
class Experiment:
    """One figure, table or test.

    Attributes
    ----------
    name : str
        One word, for the command line and the files.
    title, source : str
        A heading, and where it is from.
    plan : callable
        Settings -> the parameters of all runs: plain values that tell a run from any other one of
        this experiment.
    measure : callable
        The parameters of a run -> what was measured, plain values again; the same parameters give
        the same values, times apart.
    report : callable
        All runs, parameters and measured values together -> `Report`.
    """

    name: str
    title: str
    source: str
    plan: Callable[[Settings], list[Parameters]]
    measure: Callable[[Parameters], Record]
    report: Callable[[list[Record]], Report]


@dataclass(frozen=True)
class Chosen:
    """Records of one kind, in their order, with the values that they share."""

    values: Parameters
    records: list[Record] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        """Return one value of each record."""
        return [record[name] for record in self.records]

    def numbers(self, name: str) -> list[float]:
        """Return one number of each record, infinite where there was none: a fit that diverged."""
        return [math.inf if value is None else value for value in self.column(name)]


def grouped(records: Sequence[Record], *names: str) -> list[Chosen]:
    """Put records of equal values of these names together, in the order of their first."""
    groups: dict[tuple, Chosen] = {}
    for record in records:
        key = tuple(record[name] for name in names)
        groups.setdefault(key, Chosen(dict(zip(names, key)))).records.append(record)
    return list(groups.values())


def data_table(records: Sequence[Record]) -> Table:
    """Return all records as a table, without what is a list."""
    columns = list(
        dict.fromkeys(
            name for record in records for name, value in record.items() if _is_plain(value)
        )
    )
    return Table(columns, [[record.get(name) for name in columns] for record in records])


def _is_plain(value: object) -> bool:
    return not isinstance(value, (list, dict))
