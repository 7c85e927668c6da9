"""What outputs are asked to do: criteria for `Estimator`.

With e = x - o, the error of an output, and kappa its gain, the cost is the sum of kappa rho(e),
divided by the sum of the gains. The scale nu follows the errors unless it is given: it is taken
anew at the start of each iteration and never grows (section "Criterion" of RR-9100, appendix C).
`Estimator` takes these objects, or the names of those without parameters: "least-squares", "l1",
"l0", "huber", "biweight", "boolean", "bernoulli", "poisson", "cross-entropy"; "2", "1", "0", "a",
"b", "h" in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .._engine.errors import ArgumentError
from .._engine.types import DataLike
from .observables import Observable

__all__ = [
    "Bernoulli",
    "Biweight",
    "Boolean",
    "Criterion",
    "CrossEntropy",
    "Huber",
    "LeastSquares",
    "Observables",
    "Poisson",
    "Robust",
]


@dataclass(frozen=True)
class Criterion:
    """What all of them have: the engine's name."""

    name: ClassVar[str]


@dataclass(frozen=True)
class LeastSquares(Criterion):
    """rho = e^2 / 2: the best where errors are like normal noise."""

    name: ClassVar[str] = "least-squares"


@dataclass(frozen=True)
class Bernoulli(Criterion):
    """rho = -o log x - (1 - o) log(1 - x) of probabilities x in [0, 1].

    o is 1 (a spike) or 0 (none), or the probability of one. Outputs are those of an "aif" or of
    another unit that stays in [0, 1]; beyond, rho is so steep that no fit stays there. It contains
    the noise: `Estimator.uncertainty` takes Fisher's information.
    """

    name: ClassVar[str] = "bernoulli"


@dataclass(frozen=True)
class Poisson(Criterion):
    """rho = x - o log x of rates x above 0, plus o log o - o: 0 where x = o.

    o is a count, 0 or more. Outputs are those of a unit that stays above 0, such as one of
    ``bt.softplus(eps)`` or "exp"; below, rho is so steep that no fit stays there. It contains the
    noise: `Estimator.uncertainty` takes Fisher's information.
    """

    name: ClassVar[str] = "poisson"


@dataclass(frozen=True)
class CrossEntropy(Criterion):
    """rho = -o log x of softmax outputs; o is 0 or more and need not sum to 1."""

    name: ClassVar[str] = "cross-entropy"


@dataclass(frozen=True)
class Scaled(Criterion):
    """Those with a scale.

    Parameters
    ----------
    nu : float, optional
        A scale that stays, above 0.
    """

    nu: float | None = None


@dataclass(frozen=True)
class Huber(Scaled):
    """rho = e^2 / (2 nu) if |e| < nu, else |e| - nu/2; nu is 1.345 s, s robust deviation of e."""

    name: ClassVar[str] = "huber"


@dataclass(frozen=True)
class Biweight(Scaled):
    """rho = u^6 - 3 u^4 + 3 u^2 if |u| < 1, else 1, with u = e/nu; nu is 4.685 s."""

    name: ClassVar[str] = "biweight"


@dataclass(frozen=True)
class Boolean(Scaled):
    """x on the side of 1/2 where o is, by a margin nu (0.1): half the square of what lacks."""

    name: ClassVar[str] = "boolean"


@dataclass(frozen=True)
class Robust(Criterion):
    """Reweighted L1 or L0: outliers hardly pull.

    Parameters
    ----------
    order : {1, 0}
        1: rho = |e| - nu log(1 + |e|/nu), nu is 1e-3 s, s the robust deviation of e;
        0: rho = 1/2 log(1 + e^2/nu), nu is s^2: far outliers do not count at all.
    nu : float, optional
        A scale that stays, above 0.

    Raises
    ------
    ArgumentError
        Another order.

    Examples
    --------
    >>> import backtune as bt
    >>> u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    >>> net = bt.lnl_network(2).randomize(seed=0)
    >>> bt.Estimator(net, u, y, criterion=bt.criteria.Robust(order=0)).criterion
    'l0'
    """

    order: int = 1
    nu: float | None = None

    def __post_init__(self) -> None:
        if self.order not in (0, 1):
            raise ArgumentError(f"order: {self.order!r} came, expected 1 or 0")

    @property
    def name(self) -> str:  # type: ignore[override]
        """The engine's name."""
        return f"l{int(self.order)}"


@dataclass(frozen=True)
class Observables(Criterion):
    """sum_k |lambda_k| |O_k - desired_k| of time means: outputs adjusted in distribution.

    Equation (12) of RR-9100. `Estimator.observables` reports the means, `Estimator.divergence`
    the KL divergence from what is desired.

    Parameters
    ----------
    observables : list of Observable
        What `backtune.observables` makes.
    reference : array of shape (T, O), or list of such, optional
        Series of the outputs, of any lengths, on which desired means that are not given are
        measured; NaN where missing. Without one it is the `y` of the estimator, if there is any.
    samples : array of shape (T, O), or list of such, optional
        Series over which the Gibbs distribution with the desired means is fitted (footnote 32):
        its parameters are lambda. Without samples every |lambda_k| is 1.
    """

    observables: Sequence[Observable] = ()
    reference: DataLike | None = None
    samples: DataLike | None = None
    name: ClassVar[str] = "observables"

    def __post_init__(self) -> None:
        for item in self.observables:
            if not isinstance(item, Observable):
                raise TypeError(
                    f"observables: {item!r} came, expected what backtune.observables makes"
                )
