"""Where a constant input holds a network."""

from __future__ import annotations

import numpy as np

from ..simulation import SimulatingNetwork
from ..structure import INPUT, Structure

# Newton steps at most, and the residual, of values of size 1, at which they end.
_STEPS, _TOLERANCE = 50, 1e-12
# A residual up to which it is an equilibrium.
_ACCEPTED = 1e-9
# Time steps of the constant input before the first of them.
_SETTLING = 500


class Balance:
    """The nodes of a network as one vector, and how far it is from standing still.

    Parameters
    ----------
    structure : Structure
    """

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.places, self.size = structure.places, structure.nodes

    def split(self, nodes: np.ndarray, u: np.ndarray) -> dict[str, np.ndarray]:
        """Return the values by group, the input among them."""
        return {INPUT: u} | {name: nodes[place] for name, place in self.places.items()}

    def join(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Return one vector of values by group."""
        return np.concatenate([np.empty(0), *(values[name] for name in self.places)])

    def residual(self, nodes: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Return by how much the nodes would change."""
        return self.join(self.structure.values(self.split(nodes, u))) - nodes

    def step(self, nodes: np.ndarray, u: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Return the step of Newton's method; the least one where there are many."""
        matrix = np.eye(self.size, dtype=residual.dtype)
        for item in self.structure.slopes(self.split(nodes, u)):
            if item.source != INPUT:
                matrix[self.places[item.group], self.places[item.source]] -= item.matrix
        if np.iscomplexobj(residual):  # of which conjugates would spoil the derivatives
            return np.linalg.solve(matrix, residual)
        return np.linalg.lstsq(matrix, residual, rcond=1e-13)[0]


def find(
    net: SimulatingNetwork, structure: Structure, u: np.ndarray, start: np.ndarray | None
) -> tuple[dict[str, np.ndarray], bool]:
    """Return the values of all groups at rest under an input, and whether it is a rest.

    Where it is none, as of most inputs of an integrator, the nearest to one that was found.

    Parameters
    ----------
    net : Network
    structure : Structure
        Of that network.
    u : array of shape (M,)
        In the units of the network.
    start : array of shape (state_size,), or None
        From which the search begins; None: what the network says.
    """
    balance = Balance(structure)
    _, values = net.simulate(np.repeat(u[None], _SETTLING, axis=0), start, states=True)
    # Where the run went far away, its beginning is nearer.
    runs = [balance.join({name: v[row] for name, v in values.items()}) for row in (-1, 0)]
    found = [_newton(balance, run, u) for run in runs if np.isfinite(run).all()]
    if not found:
        found = [_newton(balance, np.zeros(balance.size), u)]
    nodes, size = min(found, key=lambda item: item[1])
    return balance.split(nodes, u), size <= _ACCEPTED


def _newton(balance: Balance, nodes: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, float]:
    residual = balance.residual(nodes, u)
    size = _size(residual, nodes)
    for _ in range(_STEPS):
        if size <= _TOLERANCE:
            break
        step = balance.step(nodes, u, residual)
        for part in 0.5 ** np.arange(12):
            new = nodes + part * step
            with np.errstate(over="ignore", invalid="ignore"):
                left = balance.residual(new, u)
            if _size(left, new) < size:
                break
        else:
            break
        nodes, residual, size = new, left, _size(left, new)
    return nodes, size


def _size(residual: np.ndarray, nodes: np.ndarray) -> float:
    with np.errstate(invalid="ignore"):
        found = np.abs(residual).max(initial=0.0) / (1 + np.abs(nodes).max(initial=0.0))
    return float(found) if np.isfinite(found) else np.inf


def moved(
    structure: Structure, values: dict[str, np.ndarray], u: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the equilibrium of complex weights next to that of their real parts.

    The real part stays, the imaginary one follows to first order.
    """
    balance = Balance(structure)
    nodes = balance.join(values)
    residual = balance.residual(nodes, u)
    step = balance.step(nodes, u, 1j * np.imag(residual))
    return balance.split(nodes + 1j * np.imag(step), u)
