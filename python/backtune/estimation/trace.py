"""The course of an estimation: one report per iteration, and what the whole of them shows."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Callable, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine import shown
from .._engine.abi import lib
from .._engine.arrays import as_float, as_size
from .._engine.types import Array, Axes
from .._engine.warn import warn

# Words for the engine's numbers of the column "order".
_ORDERS = {3: "removal", 2: "second", 1: "first", 0: "none", -1: "rescue"}


@dataclass(frozen=True)
class Report:
    """One iteration.

    Attributes
    ----------
    iteration : int
        0 is the start, before any.
    cost, nmse : float
        Criterion, and normalised mean square error (NaN for constant outputs), of the best weights
        so far.
    penalty : float
        The part of the regularisation in the cost.
    nu : float
        Scale of the criterion (0 where it has none): costs are comparable under one.
    first_cost : float
        Cost of the start under this nu.
    order : str
        What found them: "second", "first", "none" (the start, or nothing better was found),
        "rescue" of a start that diverges, "removal" of weights near zero.
    variant : int
        Second order: 1, 2 or 3, how the equation was weighted, 4 for Gauss-Newton; first order: the
        momentum k.
    step : float
        Part of the proposed change that the line search took.
    raised, saturated : float
        Parts of the adjoint values that the guard raised, saturated.
    simulations : int
        Run in this iteration.
    seconds : float
        Of computing, since the start.
    stop : str or None
        Why no further iteration can help; None otherwise.
    """

    iteration: int
    cost: float
    nmse: float
    penalty: float
    nu: float
    first_cost: float
    order: str
    variant: int
    step: float
    raised: float
    saturated: float
    simulations: int
    seconds: float
    stop: str | None = None

    def _repr_html_(self) -> str | None:
        return shown.html(self)


#: Columns of a trace, as the engine names them.
COLUMNS = tuple(part.name for part in fields(Report))[1:-1]
_KINDS: dict[str, Callable[[float], Any]] = {
    "order": lambda number: _ORDERS.get(int(number), str(number)),
    "variant": int,
    "simulations": int,
}


def make_report(iteration: int, row: Mapping[str, float], stop: str | None = None) -> Report:
    """Make a report of one row of a trace."""
    values = {name: _KINDS.get(name, float)(row[name]) for name in COLUMNS}
    return Report(iteration, stop=stop, **values)


class Decay(NamedTuple):
    """Fit of costs by amplitude exp(-t/time) + bias, NaN where undefined: footnote 9 of RR-9100."""

    time: float
    bias: float
    amplitude: float

    def _repr_html_(self) -> str | None:
        return shown.html(self)


def decay_fit(costs: ArrayLike, window: int = 0) -> Decay:
    """Fit an exponential decay to costs, one per iteration.

    Parameters
    ----------
    costs : array of shape (iterations,)
        Values that are not finite are skipped.
    window : int
        The last iterations count most: 90 % of the weight lies on this many; 0 means all of them.

    Examples
    --------
    >>> import backtune as bt
    >>> decay = bt.decay_fit([2.0 * 0.5**k + 0.1 for k in range(20)])
    >>> f"{decay.amplitude:.3f} exp(-t / {decay.time:.3f}) + {decay.bias:.3f}"
    '2.000 exp(-t / 1.443) + 0.100'
    """
    values = as_float(costs, "costs").reshape(-1)
    fitted = [ctypes.c_double() for _ in Decay._fields]
    lib.bt_decay_fit(values, values.size, as_size(window, "window"), *map(ctypes.byref, fitted))
    return Decay(*(value.value for value in fitted))


class Stage(NamedTuple):
    """A part of an estimation that came before others: what it is called, and what it did."""

    name: str
    trace: Trace


class Trace(Sequence[Report]):
    """What a run did: entry 0 is the start, entry k the end of iteration k.

    Attributes
    ----------
    cost, nmse, penalty, nu, first_cost : array
    order, variant, step, raised, saturated, simulations, seconds : array
        One value per entry, see `Report`; order as a number, 3 to -1.
    stop : str
        Why the run stopped, in one word: "tolerance", "target", "stalled", "iterations",
        "callback", "diverged", "nothing" (to adjust), "converged", "saddle",
        "parting" (of trajectories: see `free_horizon`), "validation", "interrupted", or "none" (not
        stopped).
    stop_reason : str
        The same in a sentence.
    draw_costs : array
        How far the draws of the weights that were raced spread: the cost at which each of them
        stands, of all rounds, best first; inf of one that diverges. The first draw alone where it
        was good enough, empty without a race (see `restarts` of `Estimator`).
    output_nmse : array of shape (O,)
        NMSE of each output at the end; `nmse` pools them, so that outputs of large units hide what
        becomes of small ones. Their mean is `mean_nmse`.
    start : str
        The initial states that costs and errors belong to: "network" (what ``net.simulate(u)``
        starts from), "given", or "learnt" for each sequence (`Estimator.simulate` starts from
        these).
    validation : array
        NMSE on the sequences kept for early stopping (the mean square error where outputs are
        constant, inf of a network that diverges), one per entry, NaN before the run that was
        given them; empty without such.
    stages : list of Stage
        What came before, one after the other, as (name, trace): the horizons of a list, with
        what was done at each, or "before outputs were weighed" where inputs are missing (see
        `missing` of `Estimator`). Empty otherwise.
    hint : str
        What may be meant otherwise where `nmse` ends above 0.5; mostly nothing.
    free_horizon : int
        Where the free run (horizon None) cannot stay with the data since trajectories part, as
        those of chaotic systems do: the number of steps ahead for which the error of predictions,
        the root of the mean square over many starts, stays within half a deviation. `nmse` says
        nothing of such a network. 0 otherwise, and without measured groups.
    one_step_nmse : float
        NMSE of the predictions one step ahead, in deviations of each output, where `free_horizon`
        is above 0; NaN otherwise.
    """

    cost: Array
    nmse: Array
    penalty: Array
    nu: Array
    first_cost: Array
    order: Array
    variant: Array
    step: Array
    raised: Array
    saturated: Array
    simulations: Array
    seconds: Array

    def __init__(
        self,
        columns: Mapping[str, Array],
        stop_reason: str,
        stop: str = "none",
        draw_costs: ArrayLike = (),
        validation: ArrayLike = (),
        output_nmse: ArrayLike = (),
        start: str = "network",
    ) -> None:
        for name in COLUMNS:
            setattr(self, name, columns[name])
        self.stop_reason = stop_reason
        self.stop = stop
        self.draw_costs = np.array(draw_costs, dtype=float)
        self.validation = np.array(validation, dtype=float)
        self.output_nmse = np.array(output_nmse, dtype=float)
        self.start = start
        self.stages: list[Stage] = []
        self.hint = ""
        self.free_horizon = 0
        self.one_step_nmse = float("nan")

    def __len__(self) -> int:
        return len(self.cost)

    @overload
    def __getitem__(self, index: int) -> Report: ...
    @overload
    def __getitem__(self, index: slice) -> list[Report]: ...
    def __getitem__(self, index: int | slice) -> Report | list[Report]:
        """Return the report of an entry, or a list of them."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return make_report(place, {name: getattr(self, name)[place] for name in COLUMNS})

    def __iter__(self) -> Iterator[Report]:
        return (self[place] for place in range(len(self)))

    @property
    def mean_nmse(self) -> float:
        """Mean of `output_nmse`, constant outputs left out; NaN of none."""
        known = self.output_nmse[~np.isnan(self.output_nmse)]
        return float(known.mean()) if known.size else float("nan")

    @property
    def restarts(self) -> Array:
        """Costs of the draws: an earlier spelling of `draw_costs`."""
        warn("trace.restarts: say trace.draw_costs", DeprecationWarning)
        return self.draw_costs

    @property
    def decay(self) -> Decay:
        """Decay time of the cost, in iterations, and its final bias."""
        return decay_fit(self.cost)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        of: Literal["nmse", "cost"] | None = None,
        decay: bool = False,
        orders: bool = False,
    ) -> Axes:
        """Draw the error by iteration, that of validation, and the best iteration.

        Needs matplotlib. Options are those of `backtune.plot.traces`: ``decay=True`` draws the
        exponential of `decay`, ``orders=True`` which order found each step.
        """
        return shown.figure(self, ax, of=of, decay=decay, orders=orders)

    def __repr__(self) -> str:
        if not len(self):
            return f"<Trace, empty: {self.stop_reason}>"
        last = self.nmse[-1]
        nmse = "undefined" if np.isnan(last) else f"{last:.3g}"
        started = "" if self.start == "network" else f" from {self.start} initial states"
        return (
            f"<Trace of {len(self) - 1} iterations, cost {self.cost[0]:.3g} -> {self.cost[-1]:.3g},"
            f" NMSE {nmse}{self._outputs()}{started}{self._spread()}: {self.stop_reason}"
            f"{'; ' * bool(self.hint)}{self.hint}>"
        )

    def _outputs(self) -> str:
        """Say how well each output is met; nothing of one."""
        errors = self.output_nmse
        if errors.size < 2:
            return ""
        shown = ", ".join(f"{error:.2g}" for error in errors[:8])
        more = ", ..." if errors.size > 8 else ""
        return f" (of each output {shown}{more}; mean {self.mean_nmse:.3g})"

    def _spread(self) -> str:
        """Say how far the draws of a race spread; nothing of one."""
        costs = self.draw_costs
        if costs.size < 2:
            return ""
        return (
            f", {costs.size} draws, costs {costs[0]:.2g} (best), {np.median(costs):.2g} (median),"
            f" {costs[-1]:.2g} (worst)"
        )

    def _repr_html_(self) -> str | None:
        return shown.html(self)
