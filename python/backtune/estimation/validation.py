"""Early stopping: the error on sequences kept for it, and the weights where it was least."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Optional, Union

import numpy as np

from .._engine.arrays import as_count
from .._engine.data.pairs import Data
from .._engine.data.starts import initial_states
from .._engine.errors import ArgumentError
from .._engine.types import Array, DataLike, Flags, Measured, StateLike
from ..networks.network import Network
from .draws import FilledInputs

#: Values of weight arrays, and which of them are fixed, by name.
Snapshot = dict[str, tuple[Array, Flags]]
_Data = Optional[DataLike]
#: (u, y), (u, y, initial) or (u, y, initial, measured), as `Estimator` takes them.
ValidationLike = Union[
    tuple[_Data, DataLike],
    tuple[_Data, DataLike, Optional[StateLike]],
    tuple[_Data, DataLike, Optional[StateLike], Optional[Measured]],
]


def snapshot(net: Network) -> Snapshot:
    """Return the weights of a network as they are now."""
    return {name: (net.weights[name], net.weights.fixed(name)) for name in net.weights}


def restore(net: Network, weights: Snapshot) -> None:
    """Give a network weights that it had; those taken away since are free again."""
    for name, (values, fixed) in weights.items():
        now = net.weights.fixed(name)
        if (now & ~fixed).any():
            net.weights.constrain(name, fixed=now & fixed)
        net.weights[name] = values


class Validation:
    """Looks at a network as its estimation goes on, and keeps the best weights.

    Parameters
    ----------
    net : Network
    sequences : tuple
        (u, y), (u, y, initial) or (u, y, initial, measured), as `Estimator` takes them.
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
    measured : list of str
        Groups whose measured values the estimation is given: the sequences need them too.
    """

    def __init__(
        self,
        net: Network,
        sequences: ValidationLike,
        patience: int,
        washout: int,
        static: bool,
        horizons: tuple[float, ...] = (np.inf,),
        inputs: FilledInputs | None = None,
        measured: Sequence[str] = (),
    ) -> None:
        if not isinstance(sequences, (tuple, list)) or len(sequences) not in (2, 3, 4):
            raise TypeError(
                "validation: expected (u, y), (u, y, initial) or (u, y, initial, measured)"
            )
        self._patience = as_count(patience, "patience", 1)
        data = Data(net, sequences[0], sequences[1])
        if data.desired is None:
            raise ArgumentError("validation: desired outputs are needed")
        ends = np.cumsum(data.lengths)[:-1]
        self._u = np.split(data.inputs, ends)
        if inputs is not None:
            self._u = inputs.filled(self._u)
        initial, values = (*sequences[2:], None, None)[:2]
        net._measured_values(values, data)  # looks at them
        # By name: another network is asked, which has other groups.
        self._measured = {net._known_group(key).name: item for key, item in (values or {}).items()}
        lacking = ", ".join(name for name in measured if name not in self._measured)
        if lacking:
            raise ArgumentError(
                f"validation: no measured values of {lacking}, which the estimation is given;"
                " expected (u, y, initial, measured)"
            )
        self._predicts = any(
            group["kind"] == "measured" for group in json.loads(net.to_json())["groups"]
        )
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
        self._net, self._copy = net, net
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
        if self._copy is self._net:
            # By now the estimation has taken what inputs and measured groups are before t = 0.
            self._copy = self._net.copy()
        for name, (values, _) in weights.items():
            self._copy.weights[name] = values
        with np.errstate(over="ignore", invalid="ignore"):
            squares = [((self._run(h) - self._y)[self._counts] ** 2).sum() for h in self._horizons]
            error = float(np.mean(squares)) / self._spread
        return error if np.isfinite(error) else np.inf

    def _run(self, horizon: float) -> Array:
        """Return the outputs so many steps ahead."""
        if not self._predicts and horizon == np.inf:
            return np.concatenate(self._copy.simulate(self._u, self._initial))
        runs = self._copy.predict(
            *(self._u, self._known, horizon), initial=self._initial, measured=self._measured
        )
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
    def words(self) -> str:
        """The last error, and the least one."""
        last = list(self.errors.values())[-1:] or [np.nan]
        return f"validation {last[0]:.3g} (least {self.least:.3g} at {self._iteration})"

    @property
    def reason(self) -> str:
        """Why it is time to stop, in words."""
        return f"the validation error has not fallen for {self._patience} iterations"
