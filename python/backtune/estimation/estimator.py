"""Estimation of the weights of a network from sequences."""

from __future__ import annotations

from typing import Callable

from .._engine.data.loaded import LoadedData
from .._engine.data.pairs import Data
from .._engine.errors import ArgumentError
from .._engine.types import Measured, StateLike
from .core import CoreEstimator, Give
from .missing import MissingInputs
from .trace import Trace
from .uncertainty import Uncertainty


class Estimator(CoreEstimator):
    """Adjusts the weights of a network so that its outputs come near to desired ones.

    By Gauss-Newton, or by the method of RR-9100, section "Backward tuning".

    Parameters
    ----------
    net : Network
        Its weights are where estimation starts, and receive the best found; where they were neither
        drawn nor set, they are drawn with seed 0, and a `BacktuneWarning` says so. Its structure
        may not change any more.
    u : array of shape (T, M), or list of such
        Inputs of one sequence or of several, of any lengths; (T,) means one channel. NaN means
        missing, see `missing`. For a network
        without inputs: None, or numbers of time steps. Tables of pandas, xarray or polars too, one
        with a MultiIndex (instance, time) being several sequences: their columns are matched with
        ``net.input_names``, which are learnt from them where there are none.
        A list of `numpy.memmap`, a memory map (B, T, M), or `Recordings` (with y None): sequences
        that are read when they are worked on, for data larger than memory.
    y : array of shape (T, O), or list of such
        Desired outputs; NaN means not observed, masked entries too, and what follows the end of a y
        shorter than u. (T,) means one output. None for `criteria.Observables`. Rows of a table are
        those of u with the same index.
    gains : array of the shape of y, or list of such, or O numbers, or one; optional
        How much each desired value, or each output, counts: 0 or more, 0 = not observed.
        "balanced": errors are taken in deviations of their output, so that outputs of unequal units
        have an equal say; costs and nu are then without unit.
    criterion : str or Criterion, optional
        "least-squares", "l1", "l0", "huber", "biweight", "boolean", "bernoulli", "poisson",
        "cross-entropy", or an object of `backtune.criteria`.
    regularisation : Regularisation or list of such, optional
        Objects of `backtune.regularisation`, in any combination.
    washout : int, optional
        First time steps of every sequence that are not compared.
    static : bool, optional
        Whether only the last time step of every sequence is compared.
    method : str, optional
        "auto", "gauss-newton", or "backward-tuning", the report's own; "auto" is Gauss-Newton
        unless orthogonal activities of many nodes make it dear.
    restarts : int or "auto", optional
        Draws of the weights that Gauss-Newton races besides the first in one round; rounds follow
        each other while all of them are slow, within the limit of iterations. Not with a scale nu
        that follows the errors. "auto": 7 for a network whose weights are as `Network.randomize`
        drew them, none where weights were set. What all draws of all rounds came to is in
        `Trace.draw_costs`.
    initial : array of shape (state_size,), list of such, or "learn"; optional
        The state that each sequence starts from, as `Network.simulate` takes it; what the network
        says (zero, or states learnt for all sequences) by default. "learn": every sequence learns
        its own, which is then in `initial_states`; from given states on with these here and
        ``set_option("initial_states", 1)``.
    guard : bool, optional
        Whether adjoint values are kept from vanishing and exploding, equation (5).
    reestimation : bool, optional
        Whether the second order is tried on re-estimated states too, footnote 7.
    horizon : int, None, tuple or list of such, optional
        Of a network that reads measurements (`Group.measured`): time is cut in blocks of so many
        steps; what a block reads from before its start is measured, y or `measured`, what it reads
        from inside is the network's own. 1 is the one-step predictor, None or infinity the free
        run. A tuple such as (1, None): together, the costs add. A list such as [1, 4, 16, None]:
        one after the other in `run`, which divides its iterations among them (`step` stays at the
        one at hand). Where trajectories part (`Trace.free_horizon`) and a None after others
        spoils the weights, those before it come back, with the initial states that were learnt
        with them.
    measured : dict, optional
        What was measured of groups that are no outputs, by group or its name: arrays of shape
        (T, group size), or lists of such, NaN where not known.
    missing : {"model", "error"}, optional
        What becomes of NaN in u. "model": an `InputModel`, fitted to u, says what the missing
        values may have been; their mean takes their place, and `uncertainty` widens by what it
        leaves open; with least squares and one horizon, half of the iterations of the first `run`
        are followed by others in which outputs count the less the more missing inputs leave open
        of them (`Trace.stages`). "error": it is refused. By default "model", with a warning.

    Attributes
    ----------
    net : Network
    input_model : InputModel or None
        Of missing inputs; None where none are missing.

    Raises
    ------
    SizeError
        Sequences of u and y of unequal number or channels, a y longer than u.
    ArgumentError
        An input that is infinite, or NaN with ``missing="error"`` or in a channel of which fewer
        than 10 values are known; no observed value at all, an unknown criterion or method;
        when it computes, desired values whose squares vanish or overflow, gains that vanish,
        channels for which no weights could be written; columns that are missing or unknown, labels
        of the index of y that u has not.
    TypeError
        Something else than numbers: the message names the dtype, or the column of a table.

    Warns
    -----
    BacktuneWarning
        Inputs are missing, and `missing` was not given: the channels, and how many values.

    Notes
    -----
    Options left at None keep the engine's defaults; `get_option` reads them.

    Examples
    --------
    >>> import backtune as bt
    >>> u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    >>> net = bt.lnl_network(2).randomize(seed=0)
    >>> est = bt.Estimator(net, u, y)
    >>> trace = est.run(max_iterations=50, progress=False)
    >>> bool(est.cost == trace.cost[-1] < trace.cost[0])
    True
    """

    _missing: MissingInputs | None = None

    def _fill(self, data: Data, missing: str | None) -> None:
        if missing == "model" and isinstance(data, LoadedData):
            raise ArgumentError(
                "missing: 'model' came, expected 'error' where sequences are read when they are"
                " wanted: a model of the inputs is of all of them"
            )
        self._missing = MissingInputs.of(self.net, data, missing)
        self.input_model = None if self._missing is None else self._missing.model

    def _keep(
        self, data: Data, initial: StateLike | None, measured: Measured | None, give: Give
    ) -> None:
        if self._missing is not None:
            self._missing.keep(data, initial, measured, give)

    def _iterate(self, iterate: Callable[[], Trace]) -> Trace:
        return iterate() if self._missing is None else self._missing.run(self, iterate)

    def _widened(self, report: Uncertainty) -> Uncertainty:
        """Return a report with what missing inputs leave open."""
        if self._missing is None:
            return report
        learnt = self.initial_states if self.get_option("initial_states") else None
        return self._missing.widened(report, max(self._schedule.stage), learnt)
