"""Fits of a series, such as the costs of an estimation."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..estimation.trace import decay_fit
from .histogram import Histogram


class _Model(NamedTuple):
    mode: str
    gain: float
    decay: float
    bias: float
    error: float


class CurveFit:
    """A constant, affine or exponential model of the values that were added in turn.

    c(t) = beta, or nu t + beta, or nu exp(-t/tau) + beta. The exponential is that of
    `backtune.decay_fit` (footnote 9 of RR-9100) and is taken wherever it is defined, the affine
    model where its mean absolute error is less than nine tenths of the constant's.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all values."""
        self._values: list[float] = []
        self._known: _Model | None = None

    def add(self, c: float) -> None:
        """Add the value of the next time."""
        self._values.append(float(c))
        self._known = None

    @property
    def _model(self) -> _Model:
        if self._known is None:
            self._known = _fitted(np.array(self._values))
        return self._known

    def getCount(self) -> int:
        """Return the number of values."""
        return len(self._values)

    def getDecay(self) -> float:
        """Return the decay time tau, NaN where the model is not exponential."""
        return self._model.decay

    def getGain(self) -> float:
        """Return the gain nu, 0 of a constant."""
        return self._model.gain

    def getBias(self) -> float:
        """Return the bias beta, NaN without values."""
        return self._model.bias

    def getError(self) -> float:
        """Return the mean absolute error of the model."""
        return self._model.error

    def getGamma(self) -> float:
        """Return the factor by which earlier values count less: 0.9 of the weight is on all."""
        return 0.1 ** (1 / len(self._values)) if self._values else math.nan

    def getMode(self) -> str:
        """Return "c" for constant, "a" for affine, "e" for exponential."""
        return self._model.mode

    def getHistogram(self) -> Histogram:
        """Return statistics of the values."""
        histogram = Histogram()
        for value in self._values:
            histogram.add(value)
        return histogram

    def asString(self) -> str:
        """Return what is known, as JSON."""
        return json.dumps(
            {"count": self.getCount(), "gamma": self.getGamma(), **self._model._asdict()}
        )

    def show(self, file: str, show: bool = False) -> None:
        """Write values and model to file.dat and, with matplotlib, to file.png."""
        from ._drawing import save_curves

        times = np.arange(self.getCount())
        curves: dict[str, ArrayLike] = {"value": self._values, "model": _curve(self._model, times)}
        save_curves(file, times, curves, ("number of the value", "value"))


def _curve(model: _Model, times: np.ndarray) -> np.ndarray:
    if model.mode == "e":
        return model.gain * np.exp(-times / model.decay) + model.bias
    return model.gain * times + model.bias


def _fitted(values: np.ndarray) -> _Model:
    if not values.size:
        return _Model("c", 0.0, math.nan, math.nan, math.nan)
    times = np.arange(values.size, dtype=float)

    def scored(mode: str, gain: float, decay: float, bias: float) -> _Model:
        model = _Model(mode, gain, decay, bias, math.nan)
        return model._replace(error=float(np.abs(_curve(model, times) - values).mean()))

    found = decay_fit(values)
    if np.isfinite(found).all():
        return scored("e", found.amplitude, found.time, found.bias)
    constant = scored("c", 0.0, math.nan, float(values.mean()))
    if values.size < 3 or not np.isfinite(values).all():
        return constant
    slope, bias = np.polyfit(times, values, 1)
    affine = scored("a", float(slope), math.nan, float(bias))
    return affine if affine.error < 0.9 * constant.error else constant
