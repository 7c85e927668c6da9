"""Channels by name and unit."""

from __future__ import annotations

from .network import Network


def channel_names(net: Network) -> tuple[list[str], list[str]]:
    """Return names of outputs and inputs: "y0", "u0" and so on where they have none."""
    outputs = net.output_names or [f"y{k}" for k in range(net.outputs)]
    return outputs, net.input_names or [f"u{k}" for k in range(net.inputs)]


def labels(names: list[str], units: list[str] | None) -> list[str]:
    """Return names with their units in brackets, where they have some."""
    found = units or [""] * len(names)
    return [f"{name} [{unit}]" if unit else name for name, unit in zip(names, found)]
