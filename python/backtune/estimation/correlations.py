"""Correlations of errors with themselves and with inputs, and tests of them.

Pairs of time steps never reach from one sequence into the next. But for those of `correlations`,
sequences come as lists of arrays (T,), centred, 0 where not known.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._engine.arrays import as_count
from .._engine.data.scales import unit_of
from .._engine.errors import SizeError
from .._engine.types import Array, Places

#: Level of bounds and tests, and how many deviations that is, on both sides of 0.
LEVEL, BOUND = 0.01, 2.5758293035489004
#: Lags by default, at most.
LAGS = 25
# Directions of lags of less than this part of the largest variance say nothing: smooth inputs.
_LEAST_VARIANCE = 1e-3


class ChiSquare(NamedTuple):
    """A test of the chi-square law.

    Attributes
    ----------
    statistic, freedom : float
        Its value, and its degrees of freedom.
    p : float
        How often it is as large by chance; NaN where there is nothing to test.
    """

    statistic: float
    freedom: float
    p: float


#: Of nothing that could be tested.
NO_TEST = ChiSquare(math.nan, 0.0, math.nan)


class Correlations(NamedTuple):
    """Of O outputs and M inputs, see `identification.Residuals`; bounds are of 99 %."""

    mean: Array
    deviation: Array
    lags: Places
    autocorrelation: Array
    autocorrelation_bound: Array
    cross_lags: Places
    cross_correlation: Array
    cross_correlation_bound: Array
    whiteness: list[ChiSquare]
    independence: list[list[ChiSquare]]


def most_lags(lags: int | None, longest: int) -> int:
    """Return the largest lag that is asked for, of sequences of so many time steps at most.

    By default 25, or a quarter of the longest sequence where that is less. SizeError for one that
    is not below its length, ArgumentError for one below 1.
    """
    most = max(1, min(LAGS, longest // 4)) if lags is None else as_count(lags, "lags", 1)
    if most >= longest:
        raise SizeError(f"lags: {most} came for {longest} time steps, expected fewer")
    return most


def correlations(left: list[Array], given: list[Array], most: int) -> Correlations:
    """Return the correlations of errors, (T, O) and NaN where not known, and inputs, (T, M)."""
    whole, others = np.concatenate(left), np.concatenate(given)
    unit, unit_u = unit_of(whole), unit_of(others)
    left, given = [item / unit for item in left], [item / unit_u for item in given]
    whole, offset = whole / unit, (others / unit_u).mean(axis=0)
    known = np.isfinite(whole)
    count = known.sum(axis=0)
    mean = np.where(known, whole, 0.0).sum(axis=0) / np.maximum(count, 1)
    centred = np.where(known, whole - mean, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / np.maximum(count, 1))
    cuts = np.cumsum([len(item) for item in left])[:-1]
    sequences, masks = np.split(centred, cuts), np.split(known.astype(float), cuts)
    inputs = [item - offset for item in given]
    channels, outputs = len(offset), len(mean)
    errors = [[e[:, o] for e in sequences] for o in range(outputs)]
    marks = [[k[:, o] for k in masks] for o in range(outputs)]
    auto = [own(e, k, most) for e, k in zip(errors, marks)]
    cross = [
        [crossed(e, k, [item[:, m] for item in inputs], most) for m in range(channels)]
        for e, k in zip(errors, marks)
    ]
    shape = (outputs, channels, 2 * most + 1)
    values = np.array([[c.values for c in row] for row in cross]).reshape(shape)
    bounds = np.array([[c.deviations for c in row] for row in cross]).reshape(shape)
    return Correlations(
        mean * unit,
        deviation * unit,
        np.arange(most + 1),
        np.array([pair[0] for pair in auto]).T,
        BOUND * np.array([pair[1] for pair in auto]).T,
        np.arange(-most, most + 1),
        values.transpose(2, 0, 1),
        BOUND * bounds.transpose(2, 0, 1),
        [whiteness(pair[0], pair[1], int(n)) for pair, n in zip(auto, count)],
        [[c.test for c in row] for row in cross],
    )


def sums_at_lags(a: list[Array], b: list[Array], most: int) -> Array:
    """Return the sums of a(t) b(t - lag) at the lags -most to most, (2 most + 1,)."""
    total = np.zeros(2 * most + 1)
    for x, y in zip(a, b):
        size = 1 << (len(x) + most).bit_length()
        found = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(y, size)), size)
        total += np.concatenate([found[size - most :], found[: most + 1]])
    return total


def own(errors: list[Array], known: list[Array], most: int) -> tuple[Array, Array]:
    """Return autocorrelations at the lags 0 to `most`, and their deviations if errors are white."""
    found = sums_at_lags(errors, errors, most)[most:]
    pairs = np.rint(sums_at_lags(known, known, most)[most:])
    if not found[0] > 0:
        return np.full(most + 1, np.nan), np.full(most + 1, np.nan)
    deviations = np.sqrt(pairs) / pairs[0]
    deviations[0] = np.nan
    return found / found[0], deviations


def whiteness(values: Array, deviations: Array, count: int) -> ChiSquare:
    """Return the test of Ljung and Box, of `own`; count is the number of known errors."""
    used = deviations[1:] > 0
    if not used.any():
        return NO_TEST
    squares = (values[1:][used] / deviations[1:][used]) ** 2
    # Of a whole sequence that is n (n + 2) / (n - lag) times the square.
    return chi_square(squares.sum() * (count + 2) / count, used.sum())


class Crossed(NamedTuple):
    """Correlations of errors with an input at lags -L to L, deviations if they are independent."""

    values: Array
    deviations: Array
    test: ChiSquare


def crossed(errors: list[Array], known: list[Array], inputs: list[Array], most: int) -> Crossed:
    """Return the correlations of errors at time t with an input at t - lag.

    If both are independent, the covariance of two of them, of lags that differ by d, is the sum
    over k of the autocorrelations of errors at k and of the input at k + d, over the number of
    errors (Ljung, System Identification, 16.6). Sums go up to a quarter of the record, weighed by a
    triangle. The test takes lags from 0 on: an input does not act before its time.
    """
    nothing = np.full(2 * most + 1, np.nan)
    power = sum(float(item @ item) for item in errors)
    input_power = sum(float(item @ item) for item in inputs)
    count = sum(float(item.sum()) for item in known)
    if not (power > 0 and input_power > 0):
        return Crossed(nothing, nothing, NO_TEST)
    total = sum(map(len, inputs))
    values = sums_at_lags(errors, inputs, most) / math.sqrt(power * input_power * count / total)
    pairs = sums_at_lags(known, [np.ones(len(item)) for item in inputs], most)
    reach = max(most, max(map(len, errors)) // 4)
    of_errors = sums_at_lags(errors, errors, reach) / power
    of_input = sums_at_lags(inputs, inputs, reach + most) / input_power
    weighed = of_errors * (1 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1))
    covariance = np.correlate(of_input, weighed)[most:] / count
    share = np.rint(pairs) / count
    deviations = np.sqrt(np.maximum(covariance[0], 0.0) * share)
    places = np.arange(most + 1)
    matrix = covariance[np.abs(places[:, None] - places)]
    return Crossed(values, deviations, _together(values[most:], matrix))


def _together(values: Array, covariance: Array) -> ChiSquare:
    """Test values of that covariance for 0, in the directions in which they can vary."""
    variances, directions = np.linalg.eigh(covariance)
    used = variances > _LEAST_VARIANCE * variances[-1]
    if not variances[-1] > 0:
        return NO_TEST
    parts = directions[:, used].T @ values
    return chi_square((parts**2 / variances[used]).sum(), used.sum())


def chi_square(statistic: float, freedom: float) -> ChiSquare:
    """Return the test, p by the normal law of the third root (Wilson and Hilferty).

    It is right to 0.01 for one degree of freedom and to 0.001 from 8 on.
    """
    statistic, freedom = float(statistic), float(freedom)
    part = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - part)) / math.sqrt(part)
    return ChiSquare(statistic, freedom, 0.5 * math.erfc(z / math.sqrt(2)))
