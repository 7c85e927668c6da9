"""Inputs and outputs that belong together, laid out as the engine takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Optional

import numpy as np

from ..abi import lib
from ..arrays import sized
from ..errors import ArgumentError, SizeError
from ..labels import LabelledNetwork
from ..types import DataLike
from ..warn import warn
from .names import learnable, listed
from .numbers import as_float
from .sequences import Sequences, is_list_of_sequences, joined, read
from .times import check_sampling, is_plain_beside, rows_of, sampling_time

#: Which time steps of u the rows of y are; None: the first ones.
Rows = list[Optional[np.ndarray]]


class Data:
    """Sequences one after the other: inputs (sum T, M), desired and gains (sum T, O).

    Columns are matched with the names that the network has. Desired outputs may be shorter than
    inputs: what follows is not observed.

    Attributes
    ----------
    lengths : array of int64
    is_list : bool
        Whether they came as a list.
    inputs, desired, gains : array
        Desired outputs and gains may be None.
    tables : tuple of Sequences
        Inputs, and desired outputs or None, as they were read.
    """

    def __init__(
        self,
        net: LabelledNetwork,
        u: DataLike | None,
        y: DataLike | None,
        gains: DataLike | None = None,
    ) -> None:
        inputs, outputs = net.inputs, net.outputs
        desired = None
        if y is not None:
            desired = read(y, outputs, "desired outputs", net.output_names)
        elif gains is not None:
            raise ArgumentError("gains: they came without desired outputs")
        elif u is None:
            raise ArgumentError("u, y: neither inputs nor desired outputs came")
        if u is None and inputs == 0 and desired is not None:
            blank = [np.empty((len(array), 0)) for array in desired.arrays]
            given = Sequences(blank, desired.forms, desired.is_list)
        else:
            given = read(u, inputs, "inputs", net.input_names)
        self.is_list = given.is_list if desired is None else desired.is_list
        self.lengths = given.lengths
        self.inputs = joined(given.arrays, inputs)
        self.tables = (given, desired)
        self.desired: np.ndarray | None = None
        self.gains: np.ndarray | None = None
        if desired is not None:
            rows = paired(given, desired, "inputs", "desired outputs")
            if gains is not None:
                weights = as_gains(gains, desired, net.output_names)
                self.gains = joined(placed(weights, rows, self.lengths, 0.0), outputs)
            self.desired = joined(placed(desired.arrays, rows, self.lengths, np.nan), outputs)
        check_sampling(net.sampling_time, given.forms)

    @classmethod
    def none(cls, net: LabelledNetwork, has_desired: bool) -> Data:
        """No sequence, of a process that has none."""
        data = cls.__new__(cls)
        nothing = Sequences([], [], True)
        data.is_list, data.lengths = True, nothing.lengths
        data.inputs = np.empty((0, net.inputs))
        data.tables = (nothing, nothing if has_desired else None)
        data.desired = np.empty((0, net.outputs)) if has_desired else None
        data.gains = None
        return data

    @property
    def form(self) -> Sequences:
        """How results over these data are to look: the tables that came, without their values."""
        given, desired = self.tables
        source = desired if desired is not None and not any(given.forms) else given
        return replace(source, arrays=[], is_list=self.is_list)

    def give_to(self, pointer: int) -> None:
        """Set them in an estimator of the engine."""
        lib.bt_estimator_set_data(
            *(pointer, self.lengths.size, self.lengths, *sized(self.inputs)),
            *(*sized(self.desired), *sized(self.gains)),
        )


def paired(u: Sequences, y: Sequences, base: str, what: str) -> Rows:
    """Return which time steps of u the rows of y are, a list of arrays; None for the first ones.

    Sequences of two panels are matched by instance, rows of two tables by their index: y is put in
    the order of u.

    Raises
    ------
    SizeError
        Another number of sequences, or more time steps of y than of u.
    ArgumentError
        An index of y with labels that that of u has not.
    """
    _match_panels(u, y, base, what)
    if len(u.arrays) != len(y.arrays):
        raise SizeError(f"{len(u.arrays)} sequences of {base} came, and {len(y.arrays)} of {what}")
    result: Rows = []
    told = False
    for place, (given, desired) in enumerate(zip(u.arrays, y.arrays)):
        where = f"sequence {place}: " if len(u.arrays) > 1 or u.is_list else ""
        a, b = (item.forms[place] for item in (u, y))
        rows = None
        if a is not None and b is not None and a.times is not None and b.times is not None:
            if is_plain_beside(a.times, b.times):
                if not told and (len(given) > 1 or len(desired) > 1):
                    warn(
                        f"{where}only one of {base} and {what} has an index that says more than"
                        " the place of a row: they are paired by place"
                    )
                told = True
            else:
                rows = rows_of(a.times, b.times, f"{where}{what}", base)
        if rows is None and len(desired) > len(given):
            raise SizeError(
                f"sequence {place}: {len(given)} time steps of {base}, {len(desired)} of {what}"
            )
        result.append(rows)
    return result


def _match_panels(u: Sequences, y: Sequences, base: str, what: str) -> None:
    """Put the instances of y in the order of those of u, where both are panels."""
    if u.panel is None or y.panel is None or u.panel.keys == y.panel.keys:
        return
    places = {key: place for place, key in enumerate(y.panel.keys)}
    absent = [str(key) for key in u.panel.keys if key not in places]
    unknown = [str(key) for key in y.panel.keys if key not in set(u.panel.keys)]
    if absent or unknown:
        side, names = (what, absent) if absent else (base, unknown)
        raise ArgumentError(f"{side}: no rows of instances {listed(names)}, which the other has")
    order = [places[key] for key in u.panel.keys]
    y.arrays, y.forms = [y.arrays[k] for k in order], [y.forms[k] for k in order]
    y.panel.keys, y.panel.rows = u.panel.keys, [y.panel.rows[k] for k in order]


def placed(
    arrays: list[np.ndarray], rows: Rows, lengths: Iterable[int], missing: float
) -> list[np.ndarray]:
    """Return the values at the time steps that they belong to, `missing` at all others."""
    result = []
    for array, where, length in zip(arrays, rows, lengths):
        if where is not None or len(array) != length:
            whole = np.full((length, *array.shape[1:]), missing)
            whole[slice(len(array)) if where is None else where] = array
            array = whole
        result.append(array)
    return result


def as_gains(
    gains: DataLike, desired: Sequences, names: list[str] | None = None
) -> list[np.ndarray]:
    """Convert gains, in one of the forms of `Estimator`, to arrays of the shapes of `desired`.

    Of tables they are matched with those of the desired outputs, by index and column.
    """
    arrays = desired.arrays
    outputs = arrays[0].shape[1]
    if not is_list_of_sequences(gains, outputs):
        array = as_float(gains, "gains")
        if array.shape in ((), (outputs,)) and any(len(y) != 1 for y in arrays):
            return [np.ascontiguousarray(np.broadcast_to(array, y.shape)) for y in arrays]
    given = read(gains, outputs, "gains", desired.names or names)
    if len(given.arrays) != len(arrays):
        raise SizeError(f"gains: {len(given.arrays)} sequences, expected {len(arrays)}")
    rows = paired(desired, given, "desired outputs", "gains")
    for place, (gain, y) in enumerate(zip(given.arrays, arrays)):
        if gain.shape != y.shape:
            raise SizeError(f"gains of sequence {place}: shape {gain.shape}, expected {y.shape}")
    values = placed(given.arrays, rows, [len(y) for y in arrays], 0.0)
    return [np.ascontiguousarray(gain) for gain in values]


def learn_labels(net: LabelledNetwork, u: Sequences, y: Sequences | None) -> None:
    """Give a network the names, units and sampling time of tables, where it has none."""
    for given, names, units, count in (
        (u, "input_names", "input_units", net.inputs),
        (y, "output_names", "output_units", net.outputs),
    ):
        found = None if given is None else learnable(given.names, count)
        if given is None or found is None:
            continue
        if getattr(net, names) is None:
            setattr(net, names, found)
        if given.units is not None and getattr(net, units) is None and getattr(net, names) == found:
            setattr(net, units, given.units)
    if net.sampling_time is None:
        times = [sampling_time(form) for form in u.forms]
        first = times[0] if times else None
        if first is not None and all(t is not None and abs(t / first - 1) < 1e-3 for t in times):
            net.sampling_time = first
