"""What a network keeps of the data that it is for: names, units, sampling time."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass

from . import abi
from .abi import lib
from .arrays import as_number, as_text
from .errors import ArgumentError
from .network import NetworkHandle

# Asked at every simulation.
_version = abi.quick("bt_network_version")


@dataclass
class Facts:
    """What was read of the engine, and at which version of the network."""

    version: int
    input_names: list[str] | None
    output_names: list[str] | None
    columns: list[str]
    inputs: int
    outputs: int
    weights: int
    state_size: int
    sampling_time: float | None
    #: Whether free weights are known to have been drawn or set.
    touched: bool = False
    #: Sizes of the groups by name, once they were asked for.
    groups: dict[str, int] | None = None


class LabelledNetwork(NetworkHandle):
    """A network that knows its channels by name."""

    _known_facts: Facts | None = None

    @property
    def input_names(self) -> list[str] | None:
        """Names of the input channels, None where none were given.

        Columns of a table (pandas, xarray, polars) are matched with them wherever one comes in. An
        `Estimator` learns them from the first table that it is given; assigning sets them, None
        takes them away. Kept in JSON, files and copies, like all that follows here.
        """
        names = self._facts().input_names
        return None if names is None else list(names)

    @input_names.setter
    def input_names(self, names: Iterable[str] | None) -> None:
        self._set_texts(b"input names", names)

    @property
    def output_names(self) -> list[str] | None:
        """Names of the observed outputs, None where none were given: the columns of results.

        They are lost when other nodes are observed.
        """
        names = self._facts().output_names
        return None if names is None else list(names)

    @output_names.setter
    def output_names(self, names: Iterable[str] | None) -> None:
        self._set_texts(b"output names", names)

    @property
    def input_units(self) -> list[str] | None:
        """Units of the input channels, such as "V", None where none were given."""
        return self._texts(b"input units", self.inputs)

    @input_units.setter
    def input_units(self, units: Iterable[str] | None) -> None:
        self._set_texts(b"input units", units)

    @property
    def output_units(self) -> list[str] | None:
        """Units of the observed outputs, None where none were given."""
        return self._texts(b"output units", self.outputs)

    @output_units.setter
    def output_units(self, units: Iterable[str] | None) -> None:
        self._set_texts(b"output units", units)

    @property
    def sampling_time(self) -> float | None:
        """Seconds of a time step, None where unknown.

        Learnt by an `Estimator` from an index of dates or durations.
        """
        value = ctypes.c_double()
        lib.bt_network_sampling_time(self._pointer, ctypes.byref(value))
        return value.value or None

    @sampling_time.setter
    def sampling_time(self, seconds: float | None) -> None:
        value = 0.0 if seconds is None else as_number(seconds, "sampling_time")
        if seconds is not None and value == 0:  # to the engine it means none
            raise ArgumentError("sampling_time: 0 came, expected a number above 0, or None")
        lib.bt_network_set_sampling_time(self._pointer, value)

    # ---- Inside

    @property
    def _weight_count(self) -> int:
        # Names of a million channels are not read for it.
        known, _ = self._known()
        return super()._weight_count if known is None else known.weights

    def _output_names(self) -> list[str]:
        """Return the columns of results: names of the outputs, or else of the observed nodes."""
        return self._facts().columns

    def _facts(self) -> Facts:
        """Return what stands as long as the version does."""
        known, version = self._known()
        if known is not None:
            return known
        outputs = self._texts(b"output names", self.outputs)
        found = self._known_facts = Facts(
            version=version,
            input_names=self._texts(b"input names", self.inputs),
            output_names=outputs,
            columns=self._nodes() if outputs is None else outputs,
            inputs=self.inputs,
            outputs=self.outputs,
            weights=super()._weight_count,
            state_size=self.state_size,
            sampling_time=self.sampling_time,
        )
        return found

    def _known(self) -> tuple[Facts | None, int]:
        """Return what was read of this version, None where nothing was, and the version."""
        version = ctypes.c_int64()
        abi.check(_version(ctypes.c_void_p(self._pointer), ctypes.byref(version)))
        known = self._known_facts
        is_known = known is not None and known.version == version.value
        return known if is_known else None, version.value

    def _group_sizes(self) -> dict[str, int]:
        """Return how many nodes each group has, by name."""
        known = self._facts()
        if known.groups is None:
            count = abi.read_int(lib.bt_network_group_count, self._pointer)
            known.groups = dict(map(self._group_facts, range(count)))
        return known.groups

    def _nodes(self) -> list[str]:
        """Return the observed nodes: "linear.x", or "lnl.x[0]"."""
        names = []
        group, node = ctypes.c_int64(), ctypes.c_int64()
        for output in range(self.outputs):
            lib.bt_network_output_node(
                self._pointer, output, ctypes.byref(group), ctypes.byref(node)
            )
            name, size = self._group_facts(group.value)
            names.append(name if size == 1 else f"{name}[{node.value}]")
        return names

    def _texts(self, kind: bytes, count: int) -> list[str] | None:
        texts = [
            abi.read_text(lib.bt_network_label, self._pointer, kind, channel)
            for channel in range(count)
        ]
        return texts if any(texts) else None

    def _set_texts(self, kind: bytes, texts: Iterable[str] | None) -> None:
        what = kind.decode().replace(" ", "_")
        if isinstance(texts, str):
            raise TypeError(f"{what}: {texts!r} came, expected a list of texts")
        encoded = [as_text(text, what) for text in texts or ()]
        array = (ctypes.c_char_p * len(encoded))(*encoded)
        lib.bt_network_set_labels(self._pointer, kind, array, len(encoded))
