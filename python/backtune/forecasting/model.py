"""A network that forecasts a series: how it is estimated, and run on."""

from __future__ import annotations

import copy
from typing import Union

import numpy as np

from .._engine.data.scales import Scale
from .._engine.errors import StateError
from ..estimation.estimator import Estimator
from ..estimation.regularisation import Ridge
from .network import INNOVATION, Shape, build

#: Steps ahead that a network is estimated for, several together in a tuple.
Horizon = Union[int, tuple[int, ...]]
# Time steps that a filter runs over before an origin, for hidden states to settle.
_WARM_UP = 50


class Predictor:
    """A network of one shape, and the scales around it.

    Series are arrays (T, O) in the units of the user, NaN where not known; inputs (T, M), finite,
    M may be 0.
    """

    def __init__(self, shape: Shape, u: np.ndarray, y: np.ndarray, seed: int | None = None) -> None:
        self.shape = shape
        self.scale_u = Scale.of([u]) if u.shape[1] else Scale(np.empty(0), np.empty(0))
        self.scale_y = Scale.of([self._plain(y)])
        known = self._known(y)
        changed = known.copy()
        for lag, part in shape.carried.items():
            changed[lag:] -= part * known[:-lag]
        changed = changed[sum(shape.differences) :]
        self.deviation = Scale.of([changed]).deviation
        self.net = build(shape, u.shape[1], self.deviation)
        if shape.hidden:
            self.net.randomize(0 if seed is None else seed)
        else:
            self.net.set_weights(np.zeros_like(self.net.get_weights()))

    def copy(self) -> Predictor:
        """Return one with a network of its own."""
        other = copy.copy(self)
        other.net = self.net.copy()
        return other

    # ---- Units

    def _plain(self, y: np.ndarray) -> np.ndarray:
        return np.log(y) if self.shape.log else y

    def _known(self, y: np.ndarray) -> np.ndarray:
        return self.scale_y.apply(self._plain(y))

    def restored(self, values: np.ndarray) -> np.ndarray:
        """Take outputs of the network to the units of the user."""
        plain = self.scale_y.restore(values)
        with np.errstate(over="ignore"):
            return np.exp(plain) if self.shape.log else plain

    # ---- Estimation

    @property
    def skipped(self) -> int:
        """Time steps at the start of a record that do not count, for want of a past."""
        return self.shape.reach + (5 if self.shape.recurrent else 0)

    def fit(
        self, u: np.ndarray, y: np.ndarray, horizon: Horizon, ridge: float, iterations: int
    ) -> Predictor:
        """Go on from the weights as they are.

        Parameters
        ----------
        horizon : int or tuple
            As `Estimator` takes it.
        ridge : float
            Per known value, errors being in deviations of the differenced series.
        """
        known = self._known(y)
        count = int(np.isfinite(known[self.skipped :]).sum())
        with Estimator(
            self.net,
            self.scale_u.apply(u),
            known,
            1 / self.deviation**2,
            horizon=horizon,
            washout=self.skipped,
            method="gauss-newton",
            restarts=0,
            measured={INNOVATION: np.zeros_like(known)},
            regularisation=Ridge(ridge * count),
        ) as estimator:
            trace = estimator.run(iterations, progress=False)
        if trace.stop == "interrupted":
            raise KeyboardInterrupt
        return self

    # ---- Predictions

    def one_step(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the one-step predictions, (T, O), in deviations: those of `residuals`."""
        return self.net.predict(self.scale_u.apply(u), self._known(y))

    def residuals(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return what was measured less what was predicted one step ahead, in deviations."""
        return self._known(y) - self.one_step(u, y)

    def paths(self, u: np.ndarray, y: np.ndarray, origins: list[int], steps: int) -> np.ndarray:
        """Return the free runs from after each origin, (origins, steps, O).

        An origin is the number of time steps that are known then.
        """
        scaled, known = self.scale_u.apply(u), self._known(y)
        span = self.shape.reach + self.shape.input_lags + _WARM_UP
        begins = [max(0, origin - span) for origin in origins]
        runs = self.net.predict(
            [scaled[first : origin + steps] for first, origin in zip(begins, origins)],
            [known[first:origin] for first, origin in zip(begins, origins)],
        )
        return self.restored(np.stack([run[-steps:] for run in runs]))

    def on(
        self, u: np.ndarray, y: np.ndarray, innovations: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Go on from the end of y by as many steps as u is longer.

        Parameters
        ----------
        innovations : array of shape (lanes, steps, O)
            What is added at each step, and fed back, in deviations.

        Returns
        -------
        path : array of shape (steps, O)
            Without innovations.
        lanes : array of shape (lanes, steps, O)

        Raises
        ------
        StateError
            The run without innovations diverges.
        """
        scaled, end = self.scale_u.apply(u), len(y)
        steps = len(u) - end
        _, state = self.net.predict(scaled[:end], self._known(y), return_state=True)
        ahead = [scaled[end:]] * (1 + len(innovations))
        added = [np.zeros((steps, len(self.deviation))), *innovations]
        nothing = [np.empty((0, len(self.deviation)))] * len(ahead)
        initial = [state] * len(ahead)
        runs = self.net.predict(ahead, nothing, initial=initial, measured={INNOVATION: added})
        runs = self.restored(np.stack(runs))
        if not np.isfinite(runs[0]).all():
            raise StateError("forecast: the free run of the network diverges")
        return runs[0], runs[1:]
