"""Observables: time means that a network is to reproduce, for `criteria.Observables`.

Outputs are counted from 0, in the order of `Network.observe`; means are pooled over sequences
(appendix E of RR-9100). An observable of one's own is the `mean` of a firmware group that is
observed too.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._engine.errors import ArgumentError

__all__ = [
    "Observable",
    "autocorrelation",
    "mean",
    "mean_at",
    "normalised_autocorrelation",
    "product",
    "standardised_moment",
]


@dataclass(frozen=True)
class Observable:
    """The mean over time of a function omega of the outputs; made by the functions of this module.

    Attributes
    ----------
    kind : str
        Its name in the engine.
    parameters : tuple of float
        In the engine's order.
    desired : float or None
        Desired mean; None for that of the reference series.
    """

    kind: str
    parameters: tuple[float, ...]
    desired: float | None = None


def mean(output: int, desired: float | None = None) -> Observable:
    """Mean of x_k(t), k being the output."""
    return Observable("mean", (output,), desired)


def mean_at(output: int, time: int, desired: float | None = None) -> Observable:
    """Mean of x_k at one time step, over the sequences that are longer."""
    return Observable("mean_at", (output, time), desired)


def product(output: int, other: int, desired: float | None = None) -> Observable:
    """Mean of x_k(t) x_k'(t) of two outputs, or of the square of one."""
    return Observable("product", (output, other), desired)


def autocorrelation(output: int, delay: int, desired: float | None = None) -> Observable:
    """Mean of x_k(t) x_k(t - delay), the delay in time steps."""
    return Observable("autocorrelation", (output, delay), desired)


def normalised_autocorrelation(
    output: int,
    delay: int,
    desired: float | None = None,
    *,
    m: float | None = None,
    s: float | None = None,
) -> Observable:
    """Mean of (x_k(t) - m)(x_k(t - delay) - m)/s^2; m and s of the reference if absent."""
    return Observable("normalised_autocorrelation", (output, delay, *_standard(m, s)), desired)


def standardised_moment(
    output: int,
    power: int,
    desired: float | None = None,
    *,
    m: float | None = None,
    s: float | None = None,
) -> Observable:
    """Mean of ((x_k(t) - m)/s)^power; m and s of the reference if absent.

    Power 3 is skewness, 4 kurtosis.
    """
    return Observable("standardised_moment", (output, power, *_standard(m, s)), desired)


def _standard(m: float | None, s: float | None) -> tuple[float, ...]:
    if (m is None) != (s is None):
        raise ArgumentError("m and s: one came without the other")
    return () if m is None or s is None else (m, s)
