"""Modules of torch that compute what networks do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def module(
    kind: str,
    options: Mapping[str, object],
    state: dict[str, np.ndarray],
    readout: dict[str, np.ndarray] | None,
    starts: dict[str, np.ndarray],
) -> torch.nn.Module:
    """Return the module of a layer, see `interop.to_torch_module`.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    options : dict
        Of the unit.
    state : dict of str to array
        State dict of the layer.
    readout : dict of str to array, or None
        That of a torch.nn.Linear.
    starts : dict of str to array
        What the input ("u"), the nodes ("h") and the cell ("c") were before t = 0: rows, the latest
        first, as many of the input as it comes late.

    Raises
    ------
    ImportError
        torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("to_torch_module needs PyTorch: pip install torch") from error

    def tensor(values: np.ndarray) -> torch.Tensor:
        return torch.tensor(np.asarray(values, dtype=float))

    class Module(torch.nn.Module):
        """A recurrent layer, its initial state, and what reads it."""

        def __init__(self) -> None:
            super().__init__()
            inputs, size = state["weight_ih_l0"].shape[1], state["weight_hh_l0"].shape[1]
            more = {"nonlinearity": options["activation"]} if kind == "RNN" else {}
            has_bias = "bias_ih_l0" in state
            self.rnn = getattr(torch.nn, kind)(
                inputs, size, bias=has_bias, dtype=torch.float64, **more
            )
            self.rnn.load_state_dict({key: tensor(values) for key, values in state.items()})
            self.readout = None
            if readout is not None:
                outputs, width = readout["weight"].shape
                linear = torch.nn.Linear(
                    width, outputs, bias="bias" in readout, dtype=torch.float64
                )
                linear.load_state_dict({key: tensor(values) for key, values in readout.items()})
                self.readout = linear
            self.h0 = torch.nn.Parameter(tensor(starts["h"][0]))
            if kind == "LSTM":
                self.c0 = torch.nn.Parameter(tensor(starts["c"][0]))
            # The earliest first.
            self.register_buffer("before", tensor(starts["u"][::-1].copy()))

        def forward(self, u: torch.Tensor) -> torch.Tensor:
            """Return outputs (T, O) or (T, B, O) of inputs (T, M) or (T, B, M)."""
            if u.dim() == 2:
                return self.forward(u[:, None])[:, 0]
            count = u.shape[1]
            late = torch.cat([self.before[:, None].expand(-1, count, -1), u])[: len(u)]
            names = ("h0", "c0") if kind == "LSTM" else ("h0",)
            first = [getattr(self, name).expand(1, count, -1).contiguous() for name in names]
            found = self.rnn(late, tuple(first) if kind == "LSTM" else first[0])[0]
            return found if self.readout is None else self.readout(found)

    return Module()
