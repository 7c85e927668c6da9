"""The sequences of an estimation, checked and laid out as the engine takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._abi import lib
from ._arrays import as_float, as_sequence, as_sequences, is_list_of_sequences, joined
from ._simulation import initial_states
from .errors import ArgumentError, SizeError

if TYPE_CHECKING:
    from .network import Network


class Data:
    """Sequences one after the other: inputs (sum T, M), desired and gains (sum T, O)."""

    def __init__(self, u: Any, y: Any, gains: Any, inputs: int, outputs: int) -> None:
        if y is None:
            self._inputs_only(u, inputs, gains)
            return
        desired = as_sequences(y, outputs, "desired outputs")
        self.is_list = is_list_of_sequences(y, outputs)
        if u is None and inputs == 0:
            given = [np.empty((len(sequence), 0)) for sequence in desired]
        else:
            given = as_sequences(u, inputs, "inputs")
        _check_lengths(given, desired)
        self.lengths = np.array([len(sequence) for sequence in desired], dtype=np.int64)
        self.inputs = joined(given, inputs)
        self.desired: np.ndarray | None = joined(desired, outputs)
        self.gains = None if gains is None else joined(as_gains(gains, desired, outputs), outputs)

    def give_to(self, pointer: int) -> None:
        """Set them in an estimator of the engine."""
        lib.bt_estimator_set_data(
            pointer,
            self.lengths.size,
            self.lengths,
            self.inputs,
            self.inputs.size,
            self.desired,
            0 if self.desired is None else self.desired.size,
            self.gains,
            0 if self.gains is None else self.gains.size,
        )

    def _inputs_only(self, u: Any, inputs: int, gains: Any) -> None:
        if gains is not None:
            raise ArgumentError("gains: they came without desired outputs")
        if u is None:
            raise ArgumentError("u, y: neither inputs nor desired outputs came")
        given = as_sequences(u, inputs, "inputs")
        self.is_list = is_list_of_sequences(u, inputs)
        self.lengths = np.array([len(sequence) for sequence in given], dtype=np.int64)
        self.inputs = joined(given, inputs)
        self.desired = self.gains = None


def _check_lengths(inputs: list[np.ndarray], desired: list[np.ndarray]) -> None:
    if len(inputs) != len(desired):
        raise SizeError(
            f"{len(inputs)} sequences of inputs came, and {len(desired)} of desired outputs"
        )
    for place, (u, y) in enumerate(zip(inputs, desired)):
        if len(u) != len(y):
            raise SizeError(
                f"sequence {place}: {len(u)} time steps of inputs, {len(y)} of desired outputs"
            )


def as_gains(gains: Any, desired: list[np.ndarray], outputs: int) -> list[np.ndarray]:
    """Convert gains, in one of the forms of `Estimator`, to arrays of the shapes of `desired`."""
    if is_list_of_sequences(gains, outputs):
        if len(gains) != len(desired):
            raise SizeError(f"gains: {len(gains)} sequences, expected {len(desired)}")
        values = [as_sequence(item, outputs, f"gains[{place}]") for place, item in enumerate(gains)]
    else:
        array = as_float(gains, "gains")
        if array.shape in ((), (outputs,)) and any(len(y) != 1 for y in desired):
            values = [np.broadcast_to(array, y.shape) for y in desired]
        else:
            values = [as_sequence(array, outputs, "gains")]
    for place, (gain, y) in enumerate(zip(values, desired)):
        if gain.shape != y.shape:
            raise SizeError(f"gains of sequence {place}: shape {gain.shape}, expected {y.shape}")
    if len(values) != len(desired):
        raise SizeError(f"gains: {len(values)} sequences, expected {len(desired)}")
    return [np.ascontiguousarray(gain) for gain in values]


def set_initial(pointer: int, net: Network, data: Data, initial: Any) -> None:
    """Give an estimator the states that its sequences start from; None for the network's."""
    if initial is None:
        return
    states = net._starts(initial_states(initial, data.lengths.size))
    if states is not None:
        lib.bt_estimator_set_initial_states(pointer, states, states.size)
