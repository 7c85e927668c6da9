"""What weights and activities are to be besides: regularisations for `Estimator`.

Each is added, with its strength, to the sum that the criterion makes over all observed values; any
number of them may be combined (section "Criterion" of RR-9100, appendix C). Parameters left at None
keep the engine's defaults, which `include/backtune.h` lists.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Union

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError
from ..networks.group import Group

__all__ = [
    "ActivityBound",
    "OrthogonalActivity",
    "Regularisation",
    "Ridge",
    "SparseActivity",
    "SparseWeights",
]

Groups = Union[Sequence[Union[str, Group]], None]


@dataclass(frozen=True)
class Regularisation:
    """What all of them have: a strength of 0 or more."""

    name: ClassVar[str]
    strength: float

    def _options(self) -> str:
        """Return the parameters that were given, as the engine's JSON."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(
            {key: self._plain(key, value) for key, value in given.items() if value is not None}
        )

    def _plain(self, key: str, value: object) -> object:
        what = f"{key} of regularisation {self.name}"
        if key in ("groups", "weights"):
            items: Iterable[object] = [value]
            if isinstance(value, Iterable) and not isinstance(value, (str, Group)):
                items = value
            names = [item.name if isinstance(item, Group) else item for item in items]
            if not all(isinstance(name, str) for name in names):
                raise ArgumentError(f"{what}: {value!r} came, expected names or groups")
            return names
        if isinstance(value, bool) or key == "units":
            return value
        number = as_number(value, what)
        if not math.isfinite(number):
            raise ArgumentError(f"{what}: {number} came, expected a finite number")
        return number


@dataclass(frozen=True)
class SparseWeights(Regularisation):
    """2 s sum (|W| - eps log(1 + |W|/eps)): few weights that are not zero.

    At the end of a run weights near zero are taken away and the others re-estimated, if the cost
    hardly grows by it; `Estimator.connections` reports what remains.

    Parameters
    ----------
    strength : float
        s.
    eps : float, optional
        Size below which a weight counts as near zero for the penalty.
    weights : list of str, optional
        Names of weight arrays; all connections between different nodes by default.
    remove : bool, optional
        Whether weights are taken away at the end.
    units : str, optional
        "weights", or "data": each weight times the deviation of what it reads, over that of what it
        feeds, so that units of the data do not matter.

    Examples
    --------
    >>> import backtune as bt
    >>> u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    >>> net = bt.lnl_network(4).randomize(seed=0)
    >>> est = bt.Estimator(net, u, y, regularisation=bt.regularisation.SparseWeights(0.01))
    >>> _ = est.run(progress=False)
    >>> [connections.name for connections in est.connections()]
    ['lnl.x2.W', 'lnl.x2.B', 'lnl.x1.g']
    """

    name: ClassVar[str] = "sparse-weights"
    eps: float | None = None
    weights: Sequence[str] | str | None = None
    remove: bool | None = None
    units: str | None = None


@dataclass(frozen=True)
class Ridge(Regularisation):
    """s sum W^2: small weights, against divergence on inputs that were not seen.

    Parameters
    ----------
    strength : float
        s.
    weights : list of str, optional
        Names of weight arrays; all connections between different nodes by default.
    units : str, optional
        As of `SparseWeights`.
    """

    name: ClassVar[str] = "ridge"
    weights: Sequence[str] | str | None = None
    units: str | None = None


@dataclass(frozen=True)
class SparseActivity(Regularisation):
    """2 s sum (|x| - eps log(1 + |x|/eps)): few nodes that are active at a time.

    Parameters
    ----------
    strength : float
        s.
    eps : float, optional
        Size below which a node counts as silent.
    groups : list of Group or str, optional
        Those read at a lag of 1 or more by default.
    """

    name: ClassVar[str] = "sparse-activity"
    eps: float | None = None
    groups: Groups = None


@dataclass(frozen=True)
class OrthogonalActivity(Regularisation):
    """s/2 sum over pairs n, n' of (sum_t x_n x_n')^2: nodes that do different things.

    Parameters
    ----------
    strength : float
        s.
    groups : list of Group or str, optional
        Taken together; those read at a lag of 1 or more by default.
    """

    name: ClassVar[str] = "orthogonal-activity"
    groups: Groups = None


@dataclass(frozen=True)
class ActivityBound(Regularisation):
    """s sum exp(k (x - b)): a soft upper bound, or a lower one where k < 0.

    Parameters
    ----------
    strength : float
        s.
    bound : float, optional
        b.
    steepness : float, optional
        k.
    groups : list of Group or str, optional
        Those read at a lag of 1 or more by default.
    """

    name: ClassVar[str] = "activity-bound"
    bound: float | None = None
    steepness: float | None = None
    groups: Groups = None
