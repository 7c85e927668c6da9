"""Statistics of values, one by one."""

from __future__ import annotations

import json
import math

import numpy as np

from .._engine.errors import ArgumentError
from . import _draws
from ._densities import MODELS, Density


class Histogram(Density):
    """Statistics of the values that were added.

    Parameters
    ----------
    samples : int
        Number of boxes between min and max; 0: the square root of the number of values.
    min, max : float
        Of the boxes; NaN: those of the values.
    """

    def __init__(self, samples: int = 0, min: float = math.nan, max: float = math.nan) -> None:
        self._samples, self._min, self._max = int(samples), float(min), float(max)
        self.clear()

    def clear(self) -> None:
        """Forget all values."""
        self._values: list[float] = []

    def add(self, value: float) -> None:
        """Add a value."""
        self._values.append(float(value))

    def _boxes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges and the probability of each box."""
        values = np.array(self._values)
        if not values.size:
            return np.array([0.0, 1.0]), np.array([np.nan])
        low = values.min() if math.isnan(self._min) else self._min
        high = values.max() if math.isnan(self._max) else self._max
        count = self._samples or max(int(math.sqrt(values.size)), 1)
        counts, edges = np.histogram(values, bins=count, range=(low, high))
        return edges, counts / max(counts.sum(), 1)

    def get(self, value: str, v: float = math.nan) -> float:
        """Return a statistic by name.

        Parameters
        ----------
        value : str
            "count", "min", "max", "mean", "stdev" (unbiased), "skew", "kurt", "gamma-degree",
            "gamma-rate", "uniform-entropy", "gaussian-entropy", "hsize", "density" (at v), "mode",
            "quantile" (at v), "entropy" (bits), "uniform-divergence", "gaussian-divergence",
            "gamma-divergence" (the inverse one if v < 0), "best-model" (1 gaussian, 2 gamma, 0
            uniform).
        v : float
            What some of them need.

        Returns
        -------
        float
            NaN where it is undefined.

        Raises
        ------
        ArgumentError
            An unknown name.
        """
        if value in _MOMENTS:
            return _MOMENTS[value](np.array(self._values))
        model, _, what = value.rpartition("-")
        if model in MODELS and what == "divergence":
            return self.getDivergence(self.getDensityModel(model), bool(v < 0))
        if model in MODELS and what == "entropy":
            return self.getDensityModel(model).entropy()
        if value == "best-model":
            return float(("uniform", "gaussian", "gamma").index(self._best()))
        if value == "quantile":
            return float(np.quantile(self._values, v)) if self._values else math.nan
        edges, parts = self._boxes()
        if value == "hsize":
            return float(parts.size)
        if value == "mode":
            k = int(np.argmax(parts))
            return float(edges[k] + edges[k + 1]) / 2
        if value == "entropy":
            width = edges[1] - edges[0]
            some = parts[parts > 0]
            return float(-(some * np.log2(some)).sum() + math.log2(width)) if width else math.nan
        if value == "density":
            width, k = edges[1] - edges[0], int(np.searchsorted(edges, v, side="right")) - 1
            k -= v == edges[-1]
            return float(parts[k] / width) if 0 <= k < parts.size and width else 0.0
        raise ArgumentError(f"statistic {value!r}: unknown")

    def p(self, x: float) -> float:
        """Return the density at x."""
        return self.get("density", x)

    def draw(self) -> float:
        """Draw a number of this distribution."""
        edges, parts = self._boxes()
        first, second = _draws.uniform(2)
        k = min(int(np.searchsorted(np.cumsum(parts), first, side="right")), parts.size - 1)
        return float(edges[k] + second * (edges[k + 1] - edges[k]))

    def getDivergence(self, density: Density, inverse: bool = False) -> float:
        """Return the Kullback-Leibler divergence from another density, in bits.

        Parameters
        ----------
        density : Histogram or what `getDensityModel` returns
            The q of the sum of p log2(p / q), p being this distribution.
        inverse : bool
            Whether the two change places.
        """
        edges, parts = self._boxes()
        middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        other = np.array([density.p(x) for x in middle]) * width
        p, q = (other, parts) if inverse else (parts, other)
        some = p > 0
        with np.errstate(divide="ignore"):
            return float((p[some] * np.log2(p[some] / q[some])).sum())

    def getDensityModel(self, model: str = "automatic") -> Density:
        """Return the "uniform", "gaussian" or "gamma" density of the same mean and deviation."""
        name = self._best() if model == "automatic" else model
        if name not in MODELS:
            raise ArgumentError(f"model {model!r}: expected automatic or one of {sorted(MODELS)}")
        return MODELS[name](self.get("mean"), self.get("stdev"))

    def _best(self) -> str:
        found = {name: self.get(f"{name}-divergence") for name in ("gaussian", "gamma", "uniform")}
        known = {name: value for name, value in found.items() if np.isfinite(value)}
        return min(known, key=lambda name: known[name]) if known else "uniform"

    def asString(self, what: str = "", oneline: bool = False) -> str:
        """Return statistics as JSON, those whose names are in `what`, or all."""
        names = what.split() or [*_MOMENTS, "hsize", "mode", "entropy"]
        return json.dumps({name: self.get(name) for name in names}, indent=None if oneline else 1)

    def plot(self, file: str, model: str = "", show: bool = False) -> None:
        """Write the boxes to file.dat (middle, density, model's) and, with matplotlib, file.png."""
        from ._drawing import save_curves

        edges, _ = self._boxes()
        middle = (edges[1:] + edges[:-1]) / 2
        curves = {"density": [self.p(x) for x in middle]}
        if model:
            density = self.getDensityModel(model)
            curves["model"] = [density.p(x) for x in middle]
        save_curves(file, middle, curves, ("value", "density"))


def _deviation(x: np.ndarray) -> float:
    if x.size < 2:
        return math.nan
    deviation = float(x.std(ddof=1))
    return deviation if deviation > 1e-15 else 0.0


def _moment(x: np.ndarray, power: int) -> float:
    """Return sum ((x - m)/s)^power, NaN where there are too few values or no spread."""
    deviation = _deviation(x)
    if x.size < power or not deviation > 0:
        return math.nan
    return float((((x - x.mean()) / deviation) ** power).sum())


def _skewness(x: np.ndarray) -> float:
    n = x.size
    return n / ((n - 1) * (n - 2)) * _moment(x, 3) if n > 2 else math.nan


def _kurtosis(x: np.ndarray) -> float:
    n = x.size
    if n < 4:
        return math.nan
    scale = (n - 1) * (n - 2) * (n - 3)
    return n * (n + 1) / scale * _moment(x, 4) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def _gamma_degree(x: np.ndarray) -> float:
    deviation = _deviation(x)
    return float((x.mean() / deviation) ** 2) if x.size and deviation > 0 and x.mean() > 0 else 0.0


def _gamma_rate(x: np.ndarray) -> float:
    return float(_deviation(x) ** 2 / x.mean()) if x.size and x.mean() > 0 else 0.0


_MOMENTS = {
    "count": lambda x: float(x.size),
    "min": lambda x: float(x.min()) if x.size else math.nan,
    "max": lambda x: float(x.max()) if x.size else math.nan,
    "mean": lambda x: float(x.mean()) if x.size else math.nan,
    "stdev": _deviation,
    "skew": _skewness,
    "kurt": _kurtosis,
    "gamma-degree": _gamma_degree,
    "gamma-rate": _gamma_rate,
}
