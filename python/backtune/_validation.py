"""Early stopping: the error on sequences kept for it, and the weights where it was least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import as_size
from ._data.pairs import Data
from ._simulation import initial_states
from .errors import ArgumentError
from .network import Network

if TYPE_CHECKING:
    from .missing_inputs import InputModel

#: Values of weight arrays, and which of them are fixed, by name.
Snapshot = dict[str, tuple[np.ndarray, np.ndarray]]


def snapshot(net: Network) -> Snapshot:
    """Return the weights of a network as they are now."""
    return {name: (net.weights[name], net.weights.fixed(name)) for name in net.weights}


def restore(net: Network, weights: Snapshot) -> None:
    """Give a network weights that it had; those taken away since are free again."""
    for name, (values, fixed) in weights.items():
        taken = net.weights.fixed(name) & ~fixed
        if taken.any():
            net.weights.free(name, taken)
        net.weights[name] = values


class Validation:
    """Looks at a network as its estimation goes on, and keeps the best weights.

    Parameters
    ----------
    net : Network
    sequences : tuple
        (u, y) or (u, y, initial), as `Estimator` takes them.
    patience : int
        Looks without a lower error after which it is time to stop.
    washout : int
        First time steps of every sequence that do not count.
    static : bool
        Whether the last time step of every sequence alone counts.
    horizons : tuple of float
        Steps ahead that outputs are predicted, infinity for the free run; the mean of the errors of
        several.
    inputs : InputModel, optional
        Says what inputs may have been where they are missing.
    """

    def __init__(
        self,
        net: Network,
        sequences: Any,
        patience: int,
        washout: int,
        static: bool,
        horizons: tuple[float, ...] = (np.inf,),
        inputs: InputModel | None = None,
    ) -> None:
        if not isinstance(sequences, (tuple, list)) or len(sequences) not in (2, 3):
            raise TypeError("validation: expected (u, y) or (u, y, initial)")
        self._patience = as_size(patience, "patience")
        if self._patience < 1:
            raise ArgumentError(f"patience: {patience} came, expected 1 or more")
        data = Data(net, sequences[0], sequences[1])
        if data.desired is None:
            raise ArgumentError("validation: desired outputs are needed")
        ends = np.cumsum(data.lengths)[:-1]
        self._u: list[Any] = np.split(data.inputs, ends)
        if inputs is not None:
            self._u = inputs.filled(self._u)
        initial = sequences[2] if len(sequences) == 3 else None
        self._initial = initial_states(initial, len(self._u))
        self._y = data.desired
        self._known = np.split(data.desired, ends)
        self._horizons = horizons
        counted = [np.ones(length, dtype=bool) for length in data.lengths]
        for steps in counted:
            steps[: len(steps) - 1 if static else washout] = False
        self._counts = np.isfinite(self._y) & np.concatenate(counted)[:, None]
        if not self._counts.any():
            raise ArgumentError("validation: no observed value")
        self._spread = self._spread_of_outputs()
        self._copy = net.copy()
        self.errors: dict[int, float] = {}
        self.least = np.inf
        self._weights: Snapshot = {}
        self._iteration: int | None = None
        self.stopped = False

    def _spread_of_outputs(self) -> float:
        """Return what the squares are divided by: NMSE, or the mean square of constant outputs."""
        spread = 0.0
        for column, counts in zip(self._y.T, self._counts.T):
            if counts.any():
                spread += float(((column[counts] - column[counts].mean()) ** 2).sum())
        return spread if spread > 0 else float(self._counts.sum())

    def error(self, weights: Snapshot) -> float:
        """Return the NMSE at these weights, infinite where the network diverges.

        The mean square error where the outputs are constant.
        """
        for name, (values, _) in weights.items():
            self._copy.weights[name] = values
        with np.errstate(over="ignore", invalid="ignore"):
            squares = [((self._run(h) - self._y)[self._counts] ** 2).sum() for h in self._horizons]
            error = float(np.mean(squares)) / self._spread
        return error if np.isfinite(error) else np.inf

    def _run(self, horizon: float) -> np.ndarray:
        """Return the outputs so many steps ahead."""
        if horizon == np.inf:
            return np.concatenate(self._copy.simulate(self._u, self._initial))
        runs = self._copy.predict(self._u, self._known, horizon, initial=self._initial)
        return np.concatenate(runs)

    def look(self, iteration: int, weights: Snapshot) -> bool:
        """Take note of the weights after an iteration; tell whether it is time to stop."""
        error = self.error(weights)
        self.errors[iteration] = error
        if self._iteration is None or error < self.least:
            self.least, self._weights, self._iteration = error, weights, iteration
        self.stopped = iteration - self._iteration >= self._patience
        return self.stopped

    def restore(self, net: Network) -> None:
        """Give the network of the run the best weights."""
        restore(net, self._weights)

    @property
    def reason(self) -> str:
        """Why it is time to stop, in words."""
        return f"the validation error has not fallen for {self._patience} iterations"
