"""Networks for other programs."""

from __future__ import annotations

import ctypes
import os
from typing import Literal, overload

from .._engine import abi
from .._engine.abi import lib
from .._engine.arrays import as_options, as_path, as_text
from .._engine.errors import ArgumentError
from .nir import write
from .simulation import SimulatingNetwork

# Formats that are text: their exports are str, those of others bytes.
_TEXTS = ("c",)


class ExportingNetwork(SimulatingNetwork):
    """A network that is written in other forms than JSON."""

    @overload
    def export(
        self, path: str | os.PathLike, *, format: str | None = ..., **options: object
    ) -> None: ...
    @overload
    def export(self, path: None = ..., *, format: Literal["c"], **options: object) -> str: ...
    @overload
    def export(
        self, path: None = ..., *, format: Literal["fmu", "onnx", "nir"], **options: object
    ) -> bytes: ...
    @overload
    def export(
        self, path: str | os.PathLike | None = ..., *, format: str | None = ..., **options: object
    ) -> str | bytes | None: ...
    def export(
        self,
        path: str | os.PathLike | None = None,
        *,
        format: str | None = None,
        **options: object,
    ) -> str | bytes | None:
        """Write the network for other programs.

        Parameters
        ----------
        path : str or path, optional
            Of the first file; those beside it have the same name with other suffixes. All are
            written whole, or none is.
        format : str, optional
            "c", "fmu", "onnx" or "nir"; by default the one that the suffix of the path says.
        **options
            Of "c", "fmu" and "onnx": `input_mean` and `input_scale`, arrays of (M,), where the
            network reads (u - mean) / scale of an input u, `output_mean` and `output_scale`, arrays
            of (O,), where it gives an output y as (y - mean) / scale. Of "c", C99: `precision`,
            "double" or "float", and `prefix`, what the names of all functions begin with, by
            default the name of the file. Of "fmu": `version` of FMI, "3.0" or "2.0". Of "onnx":
            `precision`; `form`, "scan", a loop over the time steps, "step", one of them, or "rnn",
            nodes RNN, LSTM and GRU, in float alone; `batch`, whether sequences come side by side,
            (T, B, M) instead of (T, M); `streaming`, whether the state comes and goes with a call.
            Of "nir", networks of integrate-and-fire nodes (it needs the extra ``backtune[nir]``):
            `dt`, seconds of a time step, by default
            `sampling_time`, or 1.

        Returns
        -------
        None, str or bytes
            Without a path the text, or the bytes of a format that is none.

        Raises
        ------
        ArgumentError
            An unknown format or option, a value that an option does not take.
        NetworkError
            What the format cannot say of a network.
        FileError
            A file cannot be written (an OSError).
        ImportError
            What "nir" needs is not installed.

        Examples
        --------
        >>> net = bt.lnl_network(4).randomize(seed=0)
        >>> text = net.export(format="c", prefix="plant")
        >>> "void plant_step(plant_state *state, const double u[], double y[]);" in text
        True
        """
        self._warn_untouched()
        kind = None if format is None else as_text(format, "format")
        given = {key: value for key, value in options.items() if value is not None}
        if kind == b"nir" or (kind is None and _is_nir(path)):
            return write(self, path, **given)
        text = as_options(given, "")
        if path is not None:
            length = ctypes.c_int64()
            lib.bt_network_export(
                *(self._pointer, kind, as_path(path), text, None, 0),
                ctypes.byref(length),
            )
            return None
        if format is None:
            raise ArgumentError("export: neither a path nor a format came")
        found = abi.read_bytes(lib.bt_network_export, self._pointer, kind, None, text)
        return found.decode("utf-8") if format in _TEXTS else found


def _is_nir(path: str | os.PathLike | None) -> bool:
    """Tell whether the suffix of a path says NIR."""
    try:
        return path is not None and os.fsdecode(path).endswith(".nir")
    except (TypeError, ValueError):
        return False
