"""Networks that forecast a series: what they read of it, how they are estimated and run on."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._identify_data import Scale
from .errors import StateError
from .estimator import Estimator
from .network import Network
from .regularisation import Ridge

#: Names of groups: what is observed, what is added to it, what the weights make of the past.
SERIES, INNOVATION, CHANGE, HIDDEN = "y", "innovation", "f", "h"
# Time steps that a filter runs over before an origin, for hidden states to settle.
_WARM_UP = 50


@dataclass(frozen=True)
class Shape:
    """What a network reads of the past of a series.

    Attributes
    ----------
    lags : tuple of int
        Of the (differenced) series.
    differences : tuple of int
        Lags that the series is differenced at, one after the other: (1, 12) is the change within a
        step of the change within twelve.
    hidden : int
        Nodes of the tanh layer; 0: linear.
    recurrent : bool
        Whether that layer reads itself, one step ago.
    log : bool
        Whether it is the logarithm of the series.
    input_lags : int
        Largest lag of known inputs.
    """

    lags: tuple[int, ...]
    differences: tuple[int, ...] = ()
    hidden: int = 0
    recurrent: bool = False
    log: bool = False
    input_lags: int = 1

    @property
    def carried(self) -> dict[int, float]:
        """How much of the series at each lag is carried over: y = that + what the weights make."""
        polynomial = np.ones(1)
        for lag in self.differences:
            factor = np.zeros(lag + 1)
            factor[0], factor[-1] = 1, -1
            polynomial = np.convolve(polynomial, factor)
        return {int(k): -float(polynomial[k]) for k in np.flatnonzero(polynomial) if k}

    @property
    def reach(self) -> int:
        """The largest lag of the series."""
        return max(self.lags) + sum(self.differences)

    def __str__(self) -> str:
        lags = ", ".join(map(str, self.lags))
        parts = [f"lags {lags}"]
        if self.log:
            parts.append("of the logarithm")
        if self.differences:
            parts.append(f"differenced at {', '.join(map(str, self.differences))}")
        layer = "recurrent tanh nodes" if self.recurrent else "tanh nodes"
        parts.append(f"{self.hidden} {layer}" if self.hidden else "linear")
        return ", ".join(parts)


def build(shape: Shape, inputs: int, deviation: np.ndarray) -> Network:
    """Make the network: y = what is carried over + deviation * f(past, inputs) + innovation.

    All that it reads of its outputs is measured where it is known. The group `INNOVATION` stands
    for an input that is 0 unless values are given for it: what a simulation adds to y at each step,
    and feeds back.

    Parameters
    ----------
    deviation : array of shape (O,)
        Of the series differenced.
    """
    count = len(deviation)
    net = Network(inputs)
    change = net.learnware(count, CHANGE, bias=True)
    series = net.learnware(count, SERIES)
    added = net.firmware(count, INNOVATION).add(0.0)
    series.connect(change.lag(0), "scale", form="diagonal")
    source = added.measured(stands_for_input=True).lag(0)
    series.connect(source, "innovation", form="diagonal")
    fixed: dict[str, Any] = {f"{SERIES}.scale": deviation, f"{SERIES}.innovation": 1.0}
    past = {0: 1.0, **{lag: -part for lag, part in shape.carried.items()}}
    for lag, part in shape.carried.items():
        series.connect(series.measured().lag(lag), f"carry{lag}", form="diagonal")
        fixed[f"{SERIES}.carry{lag}"] = part
    readers = [change]
    if shape.hidden:
        before = net.learnware(shape.hidden, f"{HIDDEN}.v", bias=True)
        layer = net.firmware(shape.hidden, HIDDEN).add(1.0, ("tanh", before.lag(0)))
        change.connect(layer.lag(0), "C")
        if shape.recurrent:
            before.connect(layer.lag(1), "W")
        readers.append(before)
    for lag in shape.lags:
        if shape.differences:
            group = net.learnware(count, f"z{lag}")
            for other, part in past.items():
                role = f"m{other}"
                group.connect(series.measured().lag(lag + other), role, form="diagonal")
                fixed[f"z{lag}.{role}"] = part / deviation
            source = group.lag(0)
        else:
            source = series.measured().lag(lag)
        for reader in readers:
            reader.connect(source, f"K{lag}")
    if inputs:
        for lag in range(shape.input_lags + 1):
            for reader in readers:
                reader.connect(net.input.lag(lag), f"B{lag}")
    net.observe(series)
    net.weights = fixed
    for name in fixed:
        net.weights.fix(name)
    return net


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
        self, u: np.ndarray, y: np.ndarray, horizon: Any, ridge: float, iterations: int
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
