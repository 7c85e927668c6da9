"""Densities of known form, by mean and deviation."""

from __future__ import annotations

import math


class Density:
    """A probability density."""

    def p(self, x: float) -> float:
        """Return the density at x."""
        raise NotImplementedError

    def entropy(self) -> float:
        """Return the entropy in bits."""
        raise NotImplementedError


class Uniform(Density):
    """Between mean - sqrt(3) deviation and mean + sqrt(3) deviation."""

    def __init__(self, mean: float, deviation: float) -> None:
        self._mean, self._half = mean, math.sqrt(3) * deviation

    def p(self, x: float) -> float:
        """Return the density at x."""
        inside = abs(x - self._mean) <= self._half and self._half > 0
        return 1 / (2 * self._half) if inside else 0.0

    def entropy(self) -> float:
        """Return the entropy in bits."""
        return math.log2(2 * self._half) if self._half > 0 else math.nan


class Gaussian(Density):
    """The normal density."""

    def __init__(self, mean: float, deviation: float) -> None:
        self._mean, self._deviation = mean, deviation

    def p(self, x: float) -> float:
        """Return the density at x."""
        if not self._deviation > 0:
            return 0.0
        z = (x - self._mean) / self._deviation
        return math.exp(-z * z / 2) / (self._deviation * math.sqrt(2 * math.pi))

    def entropy(self) -> float:
        """Return the entropy in bits."""
        if not self._deviation > 0:
            return math.nan
        return math.log2(self._deviation * math.sqrt(2 * math.pi * math.e))


class Gamma(Density):
    """The gamma density; 0 everywhere where the mean is not above 0."""

    def __init__(self, mean: float, deviation: float) -> None:
        known = mean > 0 and deviation > 0
        self._degree = (mean / deviation) ** 2 if known else 0.0
        self._rate = deviation**2 / mean if known else 0.0

    def p(self, x: float) -> float:
        """Return the density at x."""
        k, rate = self._degree, self._rate
        if not (x > 0 and k > 0):
            return 0.0
        return math.exp((k - 1) * math.log(x / rate) - x / rate - math.lgamma(k)) / rate

    def entropy(self) -> float:
        """NaN: not needed by anything here."""
        return math.nan


MODELS = {"uniform": Uniform, "gaussian": Gaussian, "gamma": Gamma}
